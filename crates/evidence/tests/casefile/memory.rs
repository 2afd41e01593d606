//! What the one who verifies, and each reviewer, saw of a log before: it has to be the beginning of what a file is of.

use std::collections::BTreeSet;

use evidence::ocsf::Effect;
use evidence::statement::Choice;
use evidence::verifier::{Remembered, Report, Status, Verdict, ids, verify};
use evidence::{Checkpoint, Digest, Record, Role, Stream};

use crate::attackers::{dishonest_export, fails};
use crate::export::{Collected, everything, signed};
use crate::fixture::{Keys, Log, START_MS, bot, key, other_bot};
use crate::selections::{going_on, picked, range};
use crate::tamper::{brief, put_leaves, report, resign};

/// A file of the scripted log, before one who saw the log at this size, as it was or, in a fork, wasn't.
fn before_one_who_saw(size: u64, is_fork: bool, file: impl Fn(&mut Log) -> Collected) -> Report {
    let mut log = Log::scripted(1);
    let input = file(&mut log);
    // What is seen may be of later than the file.
    log.decide("req-9", bot(), Effect::Allow);
    let mut checkpoint: Checkpoint = *log.checkpoint_at(size).claimed();
    if is_fork {
        checkpoint.root = Digest::sha256(b"another history");
    }
    let seen_ms = START_MS;
    let pins = log.pins().remembering(vec![Remembered { checkpoint, seen_ms }]);
    verify(&signed(input, &log.keys.case).unwrap(), "x", &pins)
}

fn whole(log: &mut Log) -> Collected {
    log.export(&bot(), None, None)
}

/// A file without a skeleton.
fn one_record(log: &mut Log) -> Collected {
    log.export_as(picked(&[6]), everything())
}

#[track_caller]
fn remembers(report: &Report, status: Status, words: &str) {
    let finding = report.finding(ids::MEMORY).unwrap();
    assert_eq!(finding.status, status, "{}", brief(report));
    assert!(finding.sentence.contains(words), "{}", finding.sentence);
    let verdict = match status {
        Status::Fail => Verdict::Failed,
        _ => Verdict::Verified,
    };
    assert_eq!(report.verdict, verdict, "{}", brief(report));
}

#[test]
fn the_log_goes_on_from_every_size_that_its_skeleton_covers() {
    let mut log = Log::scripted(1);
    let sealed = {
        let input = whole(&mut log);
        *input.checkpoint.claimed()
    };
    for size in 6..sealed.size {
        let report = before_one_who_saw(size, false, whole);
        remembers(&report, Status::Pass, "are the beginning of this log");
        assert_eq!(report.sealed, Some(sealed));
    }
    let report = before_one_who_saw(sealed.size, false, whole);
    remembers(&report, Status::Pass, "It is the log of");
}

#[test]
fn a_fork_of_the_log_is_refused_at_every_size_that_its_skeleton_covers() {
    let size = Log::scripted(1).records.len() as u64 + 1;
    for size in 6..=size {
        let report = before_one_who_saw(size, true, whole);
        remembers(&report, Status::Fail, "there are two histories of one log");
        assert_eq!(report.headline, "Not the log that you saw before");
    }
}

#[test]
fn without_a_skeleton_only_the_earlier_checkpoint_that_the_file_goes_on_from_is_shown() {
    let report = before_one_who_saw(9, false, one_record);
    remembers(&report, Status::NotEstablished, "Ask the signer to export it again");
    let since = |log: &mut Log| {
        let mut input = going_on(log, 9, picked(&[6]));
        input.input.skeleton = None;
        input
    };
    remembers(
        &before_one_who_saw(9, false, since),
        Status::Pass,
        "are the beginning of this log",
    );
    remembers(&before_one_who_saw(9, true, since), Status::Fail, "two histories");
    remembers(
        &before_one_who_saw(8, false, since),
        Status::NotEstablished,
        "nothing here shows",
    );
}

/// Every record from this place on, and no skeleton.
fn all_from(place: Option<u64>) -> impl Fn(&mut Log) -> Collected {
    move |log| log.export_as(range(place, None), everything())
}

/// The place from which on the file has every record.
fn first_of_the_last(file: &Collected) -> u64 {
    let places: BTreeSet<u64> = file.records.iter().map(Record::sequence).collect();
    let last = *places.last().unwrap();
    (0..=last)
        .rev()
        .take_while(|place| places.contains(place))
        .last()
        .unwrap()
}

#[test]
fn a_file_with_every_record_from_some_place_on_shows_the_log_since_then() {
    let size = Log::scripted(1).records.len() as u64 + 1;
    for from in [None, Some(9), Some(13), Some(15)] {
        let first = first_of_the_last(&all_from(from)(&mut Log::scripted(1)));
        assert_eq!(first == 0, from < Some(13), "{from:?}: from {first}");
        for seen in 1..size {
            let report = before_one_who_saw(seen, false, all_from(from));
            let fork = before_one_who_saw(seen, true, all_from(from));
            if seen < first {
                remembers(&report, Status::NotEstablished, "Ask the signer");
                remembers(&fork, Status::NotEstablished, "Ask the signer");
            } else {
                remembers(&report, Status::Pass, "are the beginning of this log");
                remembers(&fork, Status::Fail, "two histories");
            }
        }
    }
}

#[test]
fn any_file_shows_what_the_log_was_before_its_export() {
    let before = Log::scripted(1).records.len() as u64;
    let report = before_one_who_saw(before, false, one_record);
    remembers(&report, Status::Pass, "are the beginning of this log");
    let report = before_one_who_saw(before, true, one_record);
    remembers(&report, Status::Fail, "two histories");
}

#[test]
fn leaves_that_dont_lead_to_the_sealed_root_show_nothing_of_what_was_seen() {
    let mut log = Log::scripted(1);
    let event = log.decision("req-8", bot(), Effect::Allow).event();
    log.append_opening(Stream::agent(&bot().uid).unwrap(), event);
    let input = all_from(None)(&mut log);
    let (checkpoint, seen_ms) = (*log.checkpoint_at(9).claimed(), START_MS);
    let (files, pins) = dishonest_export(&log, &input);
    let pins = pins.remembering(vec![Remembered { checkpoint, seen_ms }]);
    let report = report(&files, &pins);
    fails(&report, ids::ORDER, "has a number in the stream");
    let finding = report.finding(ids::MEMORY).unwrap();
    assert_eq!(finding.status, Status::NotEstablished, "{}", brief(&report));
}

#[test]
fn a_file_that_is_older_than_what_was_seen_says_so() {
    let size = Log::scripted(1).records.len() as u64 + 2;
    let report = before_one_who_saw(size, false, whole);
    remembers(&report, Status::NotEstablished, "ask for a new export");
}

#[test]
fn what_was_seen_of_another_log_says_nothing() {
    let mut log = Log::scripted(1);
    let zip = log.case().unwrap();
    let checkpoint = *Log::scripted(9).checkpoint().claimed();
    let pins = log.pins().remembering(vec![Remembered { checkpoint, seen_ms: 0 }]);
    let report = verify(&zip, "x", &pins);
    assert_eq!(report.finding(ids::MEMORY), None);
    assert_eq!(report.verdict, Verdict::Verified);
}

/// A file of a log whose operator showed a reviewer this root before he signed; with the log's leaves, or without.
fn with_an_approval(root: Option<Digest>, with_leaves: bool) -> Report {
    let mut log = Log::begun(Keys::of(1));
    let (_, held) = log.decide("req-1", bot(), Effect::Hold);
    let mut statement = log.statement(&held, Choice::Approve);
    statement.seen_checkpoint.root = root.unwrap_or(statement.seen_checkpoint.root);
    log.countersign(&held, &statement, &key(Role::Reviewer, 3));
    // Another agent's record, which isn't in the file: those after it say nothing of the log before.
    log.decide("req-2", other_bot(), Effect::Allow);
    let input = whole(&mut log);
    let (mut files, pins) = dishonest_export(&log, &input);
    if with_leaves {
        put_leaves(&mut files, &log);
        resign(&mut files, &log.keys.case);
    }
    report(&files, &pins)
}

#[test]
fn an_approval_by_one_who_saw_another_history() {
    let other = Some(Digest::sha256(b"another history"));
    let report = with_an_approval(other, true);
    fails(&report, ids::APPROVALS, "to have seen of the log isn't its beginning");
    assert_eq!(report.headline, "An approval doesn't hold");

    let saw = |report: &Report| {
        let finding = report.finding(ids::APPROVALS).unwrap();
        assert_eq!(finding.status, Status::Pass, "{}", brief(report));
        finding.sentence.clone()
    };
    assert!(saw(&with_an_approval(None, true)).contains("seen of the log is its beginning. Who"));
    // Without the log's leaves it can't be known, and isn't claimed.
    for root in [None, other] {
        assert!(saw(&with_an_approval(root, false)).contains("isn't shown here"));
    }
}
