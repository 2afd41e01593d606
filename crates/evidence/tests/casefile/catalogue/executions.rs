//! Attacks by an operator with every key: what an agent is said to have told of an action that it was let do.

use evidence::ocsf::{CallDecided, CallFinished, CallOutcome, Effect, ExecutionReported};
use evidence::statement::Choice;
use evidence::verifier::{Status, Verdict, ids};
use evidence::{Digest, Role, Stream};

use super::calls::zeros;
use super::{Attack, told};
use crate::attackers::exported;
use crate::fixture::*;
use crate::tamper::brief;

/// A log in which an action was held, countersigned and, if `released`, released.
fn let_go(released: bool) -> (Log, CallDecided) {
    let mut log = Log::begun(Keys::of(1));
    let held = log.decision("req-1", bot(), Effect::Hold);
    log.record_decision(&held);
    let statement = log.statement(&held, Choice::Approve);
    log.countersign(&held, &statement, &key(Role::Reviewer, 3));
    if released {
        log.release(&held, vec![Digest::sha256(&statement.to_bytes().unwrap())], "jti-1");
    }
    (log, held)
}

fn report(log: &mut Log, of: &CallDecided, late: bool, lie: impl Fn(&mut ExecutionReported)) {
    let mut reported = ExecutionReported {
        context: log.now(),
        call: log.call("req-1", bot()),
        succeeded: true,
        late,
        claimed_ms: Some(311),
        action_digest: of.action_digest,
        contents: vec![log.content("execution", "{\"status\":\"success\"}")],
    };
    lie(&mut reported);
    log.append(Stream::agent(&bot().uid).unwrap(), reported.event());
}

fn count_as_unknown(log: &mut Log, of: &CallDecided) {
    let finished = CallFinished {
        context: log.now(),
        call: log.call("req-1", bot()),
        outcome: CallOutcome::Unknown,
        http_status: None,
        prompt_tokens: None,
        completion_tokens: None,
        total_tokens: None,
        finish_reason: None,
        tool_calls: 0,
        tools_asked: Vec::new(),
        duration_ms: None,
        latency_us: Vec::new(),
        action_digest: of.action_digest,
        contents: Vec::new(),
    };
    log.append(Stream::agent(&bot().uid).unwrap(), finished.event());
}

#[test]
fn executions_that_are_told_in_time_and_late_verify() {
    for late in [false, true] {
        let (mut log, held) = let_go(true);
        if late {
            count_as_unknown(&mut log, &held);
        }
        report(&mut log, &held, late, |_| {});
        let report = exported(log);
        assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
        for id in [ids::CALLS, ids::FACTS, ids::RELEASES] {
            assert_eq!(report.finding(id).unwrap().status, Status::Pass, "{}", brief(&report));
        }
    }
}

pub(super) fn attacks() -> Vec<Attack> {
    let (mut another, held) = let_go(true);
    report(&mut another, &held, false, |reported| {
        reported.action_digest = Some(zeros())
    });
    let (mut twice, held) = let_go(true);
    report(&mut twice, &held, false, |_| {});
    report(&mut twice, &held, false, |reported| reported.succeeded = false);
    let (mut in_time, held) = let_go(true);
    count_as_unknown(&mut in_time, &held);
    report(&mut in_time, &held, false, |_| {});
    let (mut unreleased, held) = let_go(false);
    report(&mut unreleased, &held, false, |_| {});
    let (mut nameless, held) = let_go(true);
    report(&mut nameless, &held, false, |reported| reported.action_digest = None);
    vec![
        told(
            "execution_of_another_action",
            ids::CALLS,
            "names another action",
            another,
        ),
        told("execution_told_twice", ids::CALLS, "another record of this kind", twice),
        told(
            "execution_in_time_after_its_outcome_counted_as_unknown",
            ids::CALLS,
            "told in time, it says",
            in_time,
        ),
        told(
            "execution_of_what_was_not_released",
            ids::RELEASES,
            "without having been released",
            unreleased,
        ),
        told(
            "execution_of_no_action",
            ids::FACTS,
            "doesn't say what a record",
            nameless,
        ),
    ]
}
