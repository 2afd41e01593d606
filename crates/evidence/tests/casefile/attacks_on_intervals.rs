//! What an operator leaves out before and after, or says of, an interval or a choice of records.

use evidence::casefile::Selection;
use evidence::ocsf::{CallDecided, Effect};
use evidence::statement::Choice;
use evidence::verifier::{Count, Pin, Pins, Report, Status, Verdict, ids, verify};
use evidence::{Digest, Record, Role};
use serde_json::json;

use crate::attackers::{Who, approved, attacked, dishonest, dishonest_export, exported, fails};
use crate::export::{Collected, everything, of_agent_in};
use crate::fixture::{Keys, Log, START_MS, bot, facts, key, kind};
use crate::tamper::{brief, report};

/// A case file of a story of which the operator keeps what he likes.
fn told(story: impl Fn(&mut Log), asked: Selection, keep: impl Fn(&Record) -> bool) -> Report {
    let mut log = Log::begun(Keys::of(1));
    story(&mut log);
    let mut selected = log.selected(&asked);
    selected.retain(&keep);
    log.record_export(&asked, &everything(), None, &selected);
    let mut input = log.collect(asked, everything(), &selected);
    // Keys and the agent's first record support the rest.
    input
        .records
        .retain(|record| keep(record) || record.stream().is_sys() || record.stream_seq() == 0);
    let Collected { input: of, records, .. } = &mut input;
    of.approvals
        .retain(|at, _| records.iter().any(|record| record.sequence() == *at));
    of.contents.clear();
    let (files, pins) = dishonest_export(&log, &input);
    report(&files, &pins)
}

fn from(at: i64) -> Selection {
    of_agent_in(&bot(), Some(START_MS + at), None)
}

fn every(_: &Record) -> bool {
    true
}

fn not_established(report: &Report, id: &str, words: &str) {
    let finding = report.finding(id).unwrap();
    assert_eq!(finding.status, Status::NotEstablished, "{}", brief(report));
    assert!(finding.sentence.contains(words), "{}", finding.sentence);
}

#[test]
fn every_record_of_the_agent_is_withheld_from_a_bounded_interval() {
    let asked = of_agent_in(&bot(), Some(START_MS + 5500), Some(START_MS + 900_000));
    let story = |log: &mut Log| {
        approved(log);
    };
    let report = told(story, asked, |_| false);
    assert_eq!(report.verdict, Verdict::Failed, "{}", brief(&report));
    not_established(
        &report,
        ids::COMPLETE,
        "nothing shows that it has none in this interval",
    );
}

#[test]
fn the_end_of_a_bounded_interval_is_withheld_and_not_claimed() {
    let asked = of_agent_in(&bot(), Some(START_MS + 5500), Some(START_MS + 900_000));
    let story = |log: &mut Log| {
        let (held, payload) = approved(log);
        log.release(&held, vec![payload], "jti-1");
        log.finish(&held);
    };
    let report = told(story, asked, |record| record.sequence() < 8);
    let complete = report.finding(ids::COMPLETE).unwrap();
    assert_eq!(complete.status, Status::Pass, "{}", brief(&report));
    assert_eq!(
        complete.title,
        "Nothing of “support-bot” is missing from its number 1 to number 2"
    );
    assert!(!complete.sentence.contains("That is its head"), "{}", complete.sentence);
    not_established(&report, ids::BOUNDARY, "The boundary at its end");
}

#[test]
fn released_by_an_approval_that_nobody_gave_in_an_interval_that_begins_with_the_first_record() {
    let story = |log: &mut Log| {
        let (_, held) = log.decide("req-1", bot(), Effect::Hold);
        log.release(&held, vec![Digest::sha256(b"nobody's")], "jti-1");
    };
    let range = Selection::Range {
        from_ms: Some(0),
        to_ms: None,
    };
    for asked in [from(0), range] {
        fails(&told(story, asked, every), ids::RELEASES, "rightly signed");
    }
}

#[test]
fn an_approval_that_would_have_to_lie_in_the_interval_is_not_there() {
    let report = told(
        |log| {
            let (_, first) = log.decide("req-0", bot(), Effect::Allow);
            log.finish(&first);
            let (_, held) = log.decide("req-1", bot(), Effect::Hold);
            log.release(&held, vec![Digest::sha256(b"nobody's")], "jti-1");
        },
        from(7500),
        every,
    );
    fails(&report, ids::RELEASES, "rightly signed");
}

#[test]
fn an_approval_was_used_before_the_interval() {
    let report = told(
        |log| {
            let (held, payload) = approved(log);
            log.release(&held, vec![payload], "jti-1");
            log.release(&held, vec![payload], "jti-2");
        },
        from(8500),
        every,
    );
    fails(&report, ids::RELEASES, "its approval had been used already");
}

/// Of a call that was held, approved and released before the interval, and ended in it; the release as the operator has it.
fn answered_in_the_interval(release: impl Fn(&mut Log, &CallDecided, Digest), keep: fn(&Record) -> bool) -> Report {
    let story = |log: &mut Log| {
        let (held, payload) = approved(log);
        release(log, &held, payload);
        log.finish(&held);
    };
    // The agent's first record, its release and its answer are the places 6, 8 and 9.
    told(story, from(8500), keep)
}

#[test]
fn what_an_outcome_in_the_interval_rests_on_is_judged_wherever_it_lies() {
    let honest = |log: &mut Log, held: &CallDecided, payload| {
        log.release(held, vec![payload], "jti-1");
    };
    let report = answered_in_the_interval(honest, every);
    let passed = report.finding(ids::RELEASES);
    assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
    assert!(passed.is_none(), "nothing in the interval is a release: {passed:?}");

    let by_nobody = |log: &mut Log, held: &CallDecided, _| {
        log.release(held, vec![], "jti-1");
    };
    let report = answered_in_the_interval(by_nobody, every);
    fails(
        &report,
        ids::RELEASES,
        "The record at sequence 8 stands without approval: it names no approval",
    );

    let of_another_item = |log: &mut Log, held: &CallDecided, _| {
        let mut other = held.clone();
        other.item_uid = Some("another".into());
        let statement = log.statement(&other, Choice::Approve);
        log.countersign(&other, &statement, &key(Role::Reviewer, 3));
        log.release(held, vec![Digest::sha256(&statement.to_bytes().unwrap())], "jti-1");
    };
    let report = answered_in_the_interval(of_another_item, every);
    fails(&report, ids::RELEASES, "isn't here, earlier, and rightly signed");

    // An approval that isn't here may have been one; a pass would claim that it was.
    let without_the_approval = |record: &Record| record.sequence() != 7;
    let report = answered_in_the_interval(honest, without_the_approval);
    not_established(&report, ids::RELEASES, "What a release or an outcome rests on");
    assert_eq!(
        report.finding(ids::RELEASES).unwrap().count,
        Some(Count { passed: 0, of: 1 })
    );
}

#[test]
fn a_release_that_two_outcomes_rest_on_is_told_of_once() {
    let story = |log: &mut Log| {
        let (held, _) = approved(log);
        log.release(&held, vec![], "jti-1");
        log.finish(&held);
        log.finish(&held);
    };
    let report = told(story, from(8500), every);
    let releases = report.finding(ids::RELEASES).unwrap();
    assert_eq!(releases.count, Some(Count { passed: 0, of: 1 }), "{}", brief(&report));
}

#[test]
fn a_call_that_was_denied_ended_and_its_release_was_not_picked() {
    let picked = |sequences: &[u64]| Selection::Records {
        sequences: sequences.to_vec(),
    };
    let report = told(
        |log| {
            let (_, held) = log.decide("req-1", bot(), Effect::Hold);
            let statement = log.statement(&held, Choice::Deny);
            log.countersign(&held, &statement, &key(Role::Reviewer, 3));
            log.finish(&held);
        },
        picked(&[6, 7, 8]),
        every,
    );
    fails(&report, ids::RELEASES, "and yet it ended");
    // Whoever picks a held call and its answer alone says nothing of a release.
    let report = told(
        |log| {
            let (held, payload) = approved(log);
            log.release(&held, vec![payload], "jti-1");
            log.finish(&held);
        },
        picked(&[6, 9]),
        |record| [6, 9].contains(&record.sequence()),
    );
    assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
    not_established(&report, ids::RELEASES, "isn't among the records that were picked");
}

#[test]
fn released_after_its_approval_had_run_out() {
    let run_out = |calls: u32| {
        dishonest(|log| {
            let (_, held) = log.decide("req-1", bot(), Effect::Hold);
            let mut statement = log.statement(&held, Choice::Approve);
            statement.expires_ms = log.now().time_ms + 1;
            log.countersign(&held, &statement, &key(Role::Reviewer, 3));
            for call in 0..calls {
                log.decide(&format!("req-of-others-{call}"), bot(), Effect::Allow);
            }
            log.release(&held, vec![Digest::sha256(&statement.to_bytes().unwrap())], "jti-1");
        })
    };
    // A record may come a minute after its approval was checked.
    assert_eq!(run_out(58).finding(ids::RELEASES).unwrap().status, Status::Pass);
    fails(&run_out(62), ids::RELEASES, "had run out");
}

#[test]
fn a_decision_names_another_person_than_the_register_does() {
    let report = exported(Log::told_otherwise(1, |event| {
        if kind(event) == "item_decided" {
            event["actor"]["user"]["name"] = json!("The Chief Financial Officer");
        }
    }));
    fails(&report, ids::APPROVALS, "not of “The Chief Financial Officer”");
}

#[test]
fn an_item_is_decided_on_for_another_request_than_it_was_held_for() {
    let asked = from(5500);
    let report = told(
        |log| {
            log.decide("req-0", bot(), Effect::Allow);
            let (_, mut held) = log.decide("req-1", bot(), Effect::Hold);
            held.call.request_uid = "req-2".into();
            let statement = log.statement(&held, Choice::Approve);
            log.countersign(&held, &statement, &key(Role::Reviewer, 3));
        },
        asked,
        every,
    );
    fails(&report, ids::CALLS, "its item was held for another request");
    fails(&report, ids::APPROVALS, "is of another request");
}

#[test]
fn documents_of_more_values_than_fit_into_memory_are_not_read() {
    let many = format!("[{}0]", "0,".repeat(400_000)).into_bytes();
    let report = attacked(Who::Operator, |files| {
        files.insert("keys.json".into(), many.clone());
    });
    fails(&report, ids::FORMAT, "more than 400\u{202f}000 values");
    let large = vec![b'-'; 16_385];
    let report = attacked(Who::Operator, |files| {
        files.insert("proofs/10.tlog-proof".into(), large.clone());
    });
    fails(&report, ids::FORMAT, "tlog-proof");
}

#[test]
fn an_export_is_told_in_another_than_its_one_form() {
    for (name, value) in [
        ("from_ms", json!({"kind": "agent"})),
        ("list", json!(["support-bot", bot().uid])),
    ] {
        let report = exported(Log::told_otherwise(1, move |event| {
            if kind(event) == "exported" {
                match name {
                    "from_ms" => {
                        facts(event)["filter"].as_object_mut().unwrap().remove("from_ms");
                    }
                    _ => facts(event)["filter"]["agent"] = value.clone(),
                }
            }
        }));
        fails(&report, ids::EXPORT, "isn't here");
    }
}

#[test]
fn a_pinned_key_of_the_log_that_the_file_does_not_lead_to_is_said() {
    let mut log = Log::scripted(1);
    let zip = log.case().unwrap();
    let pin = |role, key| Pin {
        origin: log.origin,
        role,
        key,
        name: "Norwind".into(),
    };
    let pins = Pins::new(vec![
        pin(Role::Case, log.keys.case.public()),
        pin(Role::Log, Keys::of(9).log.public()),
    ]);
    let report = verify(&zip, "x", &pins);
    assert_eq!(report.verdict, Verdict::Verified);
    let signer = report.finding(ids::SIGNER).unwrap();
    assert!(
        signer.sentence.contains("nothing in this file leads to it"),
        "{}",
        signer.sentence
    );
}

#[test]
fn a_file_is_about_another_name_than_its_records_say() {
    let mut other = bot();
    other.name = "payments-bot".into();
    let report = told(
        |log| {
            approved(log);
        },
        of_agent_in(&other, None, None),
        every,
    );
    fails(&report, ids::MANIFEST, "names the agent otherwise than it does");
}
