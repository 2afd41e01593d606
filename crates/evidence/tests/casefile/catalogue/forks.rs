//! Two histories under one log's name: shown to one who saw the other before, and to a reviewer.

use evidence::ocsf::Effect;
use evidence::statement::Choice;
use evidence::verifier::{Verdict, ids};
use evidence::{Checkpoint, Digest, Role};

use super::Attack;
use crate::attackers::dishonest_export;
use crate::export::{Collected, everything, signed};
use crate::fixture::{Keys, Log, bot, key, other_bot};
use crate::selections::{going_on, picked, range};
use crate::tamper::{close, put_leaves, resign};

const FORKED: &str = "two histories of one log";

/// The scripted log as another was shown it: it begins alike, and has another agent's call in the place of one of ours.
fn other_history() -> Log {
    let mut log = Log::begun(Keys::of(1));
    for request in 0..10 {
        let (_, allowed) = log.decide(&format!("req-{request}"), other_bot(), Effect::Allow);
        log.finish(&allowed);
    }
    log
}

/// A file of the scripted log, before one who saw the other history at this size.
fn forked(name: &str, size: u64, file: impl Fn(&mut Log) -> Collected) -> Attack {
    let mut log = Log::scripted(1);
    let other = other_history();
    assert_eq!(log.origin, other.origin);
    let pinned = (log.origin, log.keys.case.public());
    let input = file(&mut log);
    let seen: Checkpoint = *other.checkpoint_at(size).claimed();
    assert_ne!(seen, *log.checkpoint_at(size).claimed());
    Attack {
        name: name.to_owned(),
        zip: signed(input, &log.keys.case).unwrap(),
        pinned,
        seen: Some(seen),
        finding: ids::MEMORY,
        words: FORKED,
        verdict: Verdict::Failed,
    }
}

/// A reviewer signed under another history of the log than the one that was sealed.
fn shown_to_a_reviewer() -> Attack {
    let mut log = Log::begun(Keys::of(1));
    let (_, held) = log.decide("req-1", bot(), Effect::Hold);
    let mut statement = log.statement(&held, Choice::Approve);
    statement.seen_checkpoint.root = other_history()
        .checkpoint_at(statement.seen_checkpoint.size)
        .claimed()
        .root;
    log.countersign(&held, &statement, &key(Role::Reviewer, 3));
    log.release(&held, vec![Digest::sha256(&statement.to_bytes().unwrap())], "jti-1");
    log.finish(&held);
    let input = log.export(&bot(), None, None);
    let (mut files, _) = dishonest_export(&log, &input);
    put_leaves(&mut files, &log);
    resign(&mut files, &log.keys.case);
    Attack {
        name: "approval_by_one_who_was_shown_another_history".to_owned(),
        zip: close(&files),
        pinned: (log.origin, log.keys.case.public()),
        seen: None,
        finding: ids::APPROVALS,
        words: "isn't its beginning",
        verdict: Verdict::Failed,
    }
}

/// All of these.
pub(super) fn attacks() -> Vec<Attack> {
    let whole = |log: &mut Log| log.export(&bot(), None, None);
    let size = Log::scripted(1).records.len() as u64 + 1;
    let one_record = |log: &mut Log| log.export_as(picked(&[6]), everything());
    let without_leaves = |log: &mut Log| {
        let mut input = going_on(log, 9, picked(&[6]));
        input.input.skeleton = None;
        input
    };
    let all = |log: &mut Log| log.export_as(range(None, None), everything());
    let before = size - 1;
    vec![
        forked("fork_seen_within_the_records_of_the_whole_log", 9, all),
        forked("fork_seen_just_before_the_export", before, one_record),
        forked("fork_seen_at_the_size_of_the_file", size, whole),
        forked("fork_seen_within_the_skeleton", 12, whole),
        forked("fork_seen_by_one_to_whom_the_log_goes_on", 9, without_leaves),
        shown_to_a_reviewer(),
    ]
}
