//! Records that say what only another record, or one at another place, may say.

use evidence::ocsf::{Actor, Effect, KeyAdded, Person};
use evidence::statement::Choice;
use evidence::verifier::{Verdict, ids};
use evidence::{Digest, Role, SigningKey, Stream};

use super::{Attack, told};
use crate::attackers::dishonest_export;
use crate::export::{everything, of_agent_in};
use crate::fixture::{Keys, Log, ada, bot, key, other_bot};
use crate::selections::range;
use crate::tamper::close;

/// An agent's stream registers a key.
fn register(log: &mut Log, role: Role, key: &SigningKey, owner: Option<Person>) {
    let event = KeyAdded {
        context: log.now(),
        actor: Actor::Gateway,
        role,
        key: key.public(),
        owner,
        possession_sha256: None,
    };
    log.append(Stream::agent(&bot().uid).unwrap(), event.event());
}

/// An agent registers a reviewer's key, and its own call is approved with it.
fn agents_reviewer() -> Attack {
    let mut log = Log::begun(Keys::of(1));
    let forged = key(Role::Reviewer, 9);
    register(&mut log, Role::Reviewer, &forged, Some(ada()));
    let (_, held) = log.decide("req-1", bot(), Effect::Hold);
    let statement = log.statement(&held, Choice::Approve);
    log.countersign(&held, &statement, &forged);
    log.release(&held, vec![Digest::sha256(&statement.to_bytes().unwrap())], "jti-1");
    told(
        "reviewers_key_registered_by_the_agent",
        ids::APPROVALS,
        "no record here registers the key that signed it",
        log,
    )
}

/// An agent registers a key for case files, and the file is signed with it and pins it.
fn agents_case_key() -> Attack {
    let mut log = Log::begun(Keys::of(1));
    let forged = key(Role::Case, 9);
    register(&mut log, Role::Case, &forged, None);
    log.keys.case = forged;
    told(
        "case_key_registered_by_the_agent",
        ids::SIGNATURE,
        "which no record here registers as a key for case files",
        log,
    )
}

/// The log went on after the export, and the checkpoint is of later: what came after the export isn't claimed to be here.
fn export_before_the_end(name: &str, is_agents: bool) -> Attack {
    let mut log = Log::scripted(1);
    let asked = match is_agents {
        true => of_agent_in(&bot(), None, None),
        false => range(None, None),
    };
    let selected = log.selected(&asked);
    log.record_export(&asked, &everything(), None, &selected);
    let export = log.records.last().unwrap().clone();
    log.decide("req-9", other_bot(), Effect::Allow);
    let mut input = log.collect(asked, everything(), &[selected, vec![export.clone()]].concat());
    input.records.retain(|record| record.sequence() <= export.sequence());
    let (mut files, _) = dishonest_export(&log, &input);
    crate::tamper::resign_for(&mut files, &log.keys.case, *export.fingerprint());
    Attack {
        name: name.to_owned(),
        zip: close(&files),
        pinned: (log.origin, log.keys.case.public()),
        seen: None,
        finding: ids::COMPLETE,
        words: "The record of this export isn't here",
        verdict: Verdict::Failed,
    }
}

/// All of these.
pub(super) fn attacks() -> Vec<Attack> {
    vec![
        agents_reviewer(),
        agents_case_key(),
        export_before_the_end("export_of_an_agent_that_isnt_the_last_leaf", true),
        export_before_the_end("export_of_a_range_that_isnt_the_last_leaf", false),
    ]
}
