//! Attacks by an operator with every key: records that contradict themselves or their story, or don't say what they must.

use evidence::Digest;
use evidence::ocsf::{ActionDocument, CallDecided, ContentRef, Effect, Expiry, ItemExpired};
use evidence::statement::Choice;
use evidence::verifier::{Report, Status, Verdict, ids};
use evidence::{Role, Stream};
use serde_json::{Value, json};

use crate::attackers::*;
use crate::fixture::*;
use crate::tamper::brief;

/// A lie's name, what it changes in what was held, and a part of the sentence that names it.
type AboutTheCall = (&'static str, Box<dyn Fn(&mut CallDecided)>, &'static str);

/// A lie's name, the kind of records that it changes, how, and a part of the sentence that names it.
type AboutTheStory = (&'static str, &'static str, Box<dyn Fn(&mut Value)>, &'static str);

fn zeros() -> Digest {
    Digest::new([0; 32])
}

/// The report on a log in which a call is held, countersigned, released and answered, after `lie` changed what was held.
fn held_otherwise(lie: &dyn Fn(&mut CallDecided)) -> Report {
    dishonest(|log| {
        let mut held = log.decision("req-1", bot(), Effect::Hold);
        lie(&mut held);
        log.record_decision(&held);
        let statement = log.statement(&held, Choice::Approve);
        log.countersign(&held, &statement, &key(Role::Reviewer, 3));
        log.release(&held, vec![Digest::sha256(&statement.to_bytes().unwrap())], "jti-1");
        log.finish(&held);
    })
}

/// Changes the action's document, and its digest with it, as a careful liar would.
fn action(decided: &mut CallDecided, lie: impl Fn(&mut Value)) {
    let mut document = decided.action.as_ref().unwrap().as_value().clone();
    lie(&mut document);
    let document = ActionDocument::from_value(document);
    decided.action_digest = Some(document.digest().unwrap());
    decided.action = Some(document);
}

/// A member of the action's document that says something else.
fn member(name: &'static str, value: Value) -> impl Fn(&mut CallDecided) {
    move |decided| action(decided, |document| document[name] = value.clone())
}

#[test]
fn the_story_without_a_lie_verifies() {
    let report = held_otherwise(&|_| {});
    assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
    for id in [ids::CALLS, ids::FACTS, ids::RELEASES, ids::APPROVALS] {
        assert_eq!(report.finding(id).unwrap().status, Status::Pass, "{}", brief(&report));
    }
}

#[test]
fn an_action_that_is_about_something_else_than_its_record() {
    let origin = Log::new(Keys::of(9)).origin;
    let over = |c: Value| json!([{"slot": "request", "c": c}]);
    let digest = json!(zeros());
    let lies: Vec<AboutTheCall> = vec![
        (
            "action_over_another_request",
            Box::new(member("contents", over(digest.clone()))),
            "over other contents than it carries",
        ),
        (
            "action_on_another_subject",
            Box::new(member("subject_c", digest.clone())),
            "over other contents than it carries",
        ),
        (
            "action_over_nothing",
            Box::new(member("contents", json!([]))),
            "over other contents than it carries",
        ),
        (
            "action_of_another_agent",
            Box::new(member("agent_uid", json!("agent-other"))),
            "is another agent's",
        ),
        (
            "action_of_another_request",
            Box::new(member("request_uid", json!("req-2"))),
            "is of another request",
        ),
        (
            "action_of_another_tenant",
            Box::new(member("tenant_uid", json!("x"))),
            "is of another tenant",
        ),
        (
            "action_under_another_policy",
            Box::new(member("policy_sha256", digest.clone())),
            "names another policy",
        ),
        (
            "action_of_another_log",
            Box::new(member("origin", json!(origin))),
            "is of another log",
        ),
        (
            "action_with_a_further_member",
            Box::new(member("amount", json!(1))),
            "isn't an action's document",
        ),
        (
            "action_of_another_version",
            Box::new(member("v", json!(2))),
            "isn't an action's document",
        ),
        (
            "action_that_leaves_out_what_is_null",
            Box::new(|d| {
                action(d, |document| {
                    document.as_object_mut().unwrap().remove("risk_sha256");
                })
            }),
            "isn't an action's document",
        ),
        (
            "action_as_a_list",
            Box::new(|d| {
                action(d, |document| {
                    *document = json!(document.as_object().unwrap().values().collect::<Vec<_>>())
                })
            }),
            "isn't an action's document",
        ),
        (
            "action_with_one_slot_twice",
            Box::new(|d| {
                action(d, |document| {
                    let one = document["contents"][0].clone();
                    document["contents"].as_array_mut().unwrap().push(one);
                })
            }),
            "isn't an action's document",
        ),
        (
            "action_digest_of_another_document",
            Box::new(|d| d.action_digest = Some(zeros())),
            "doesn't give the digest that it names",
        ),
        (
            "held_without_an_action",
            Box::new(|d| d.action = None),
            "carries no action",
        ),
        (
            "held_without_a_view",
            Box::new(|d| {
                // The statement names a view that the call wasn't held with.
                d.contents[2].slot = "prompt".into();
            }),
            "held without a view",
        ),
        (
            "two_contents_in_one_slot",
            Box::new(|d| {
                let (content_uid, slot) = ("00000000-0000-4000-8000-000000000000".into(), "request".into());
                d.contents.push(ContentRef {
                    content_uid,
                    slot,
                    c: zeros(),
                });
            }),
            "two contents in one slot",
        ),
        (
            "content_that_the_action_is_not_over",
            Box::new(|d| {
                let (content_uid, slot) = ("00000000-0000-4000-8000-000000000000".into(), "attachment".into());
                d.contents.push(ContentRef {
                    content_uid,
                    slot,
                    c: zeros(),
                });
            }),
            "over other contents than it carries",
        ),
    ];
    for (name, lie, words) in lies {
        let report = held_otherwise(&lie);
        fails(&report, ids::CALLS, words);
        assert_eq!(report.finding(ids::CALLS).unwrap().records[0], 6, "{name}");
    }
}

#[test]
fn a_call_that_was_let_go_without_an_action() {
    let report = dishonest(|log| {
        let mut allowed = log.decision("req-1", bot(), Effect::Allow);
        (allowed.action, allowed.action_digest) = (None, None);
        log.record_decision(&allowed);
    });
    fails(&report, ids::CALLS, "lets a call go that was read as no action");
}

/// The report on the scripted run after an operator changed every event of this kind.
fn told(of: &'static str, lie: impl Fn(&mut Value) + 'static) -> Report {
    exported(Log::told_otherwise(1, move |event| {
        if kind(event) == of {
            lie(event);
        }
    }))
}

#[test]
fn a_record_that_contradicts_its_story() {
    let digest = json!(zeros());
    let fact = |name: &'static str, value: Value| move |event: &mut Value| facts(event)[name] = value.clone();
    let lies: Vec<AboutTheStory> = vec![
        (
            "decision_over_another_action",
            "item_decided",
            Box::new(fact("action_digest", digest.clone())),
            "another action than the one that was decided on",
        ),
        (
            "decision_on_a_view_that_is_not_the_one_held_with_the_call",
            "item_decided",
            Box::new(fact("view_c", digest.clone())),
            "another view than the one that the call was held with",
        ),
        (
            "decision_under_another_policy",
            "item_decided",
            Box::new(fact("policy_sha256", digest.clone())),
            "another policy than the one that held the call",
        ),
        (
            "decision_at_a_lower_tier_than_the_call_was_held_at",
            "item_decided",
            Box::new(fact("tier", json!(1))),
            "another tier",
        ),
        (
            "decision_with_a_reason_that_it_does_not_carry",
            "item_decided",
            Box::new(fact("reason_c", digest.clone())),
            "another reason than it carries",
        ),
        (
            "decision_on_an_item_that_was_never_held",
            "item_decided",
            Box::new(fact("item_uid", json!("item-9"))),
            "held its item before",
        ),
        (
            "release_of_another_action",
            "released",
            Box::new(fact("action_digest", digest.clone())),
            "another action than the one that was decided on",
        ),
        (
            "outcome_of_another_action",
            "call_finished",
            Box::new(fact("action_digest", digest.clone())),
            "another action than the one that was decided on",
        ),
        (
            "outcome_of_no_action",
            "call_finished",
            Box::new(|event| {
                facts(event).as_object_mut().unwrap().remove("action_digest");
            }),
            "another action than the one that was decided on",
        ),
        (
            "outcome_of_another_request",
            "call_finished",
            Box::new(|event| event["metadata"]["correlation_uid"] = json!("req-9")),
            "filed under another request than it names",
        ),
        (
            "outcome_without_a_decision",
            "call_finished",
            Box::new(|event| {
                event["metadata"]["correlation_uid"] = json!("req-9");
                event["api"]["request"]["uid"] = json!("req-9");
            }),
            "decided on its call before",
        ),
        (
            "call_filed_under_another_agent",
            "call_decided",
            Box::new(|event| event["ai_agent"]["uid"] = json!("agent-other")),
            "filed under another agent than it names",
        ),
        (
            "release_filed_under_another_agent",
            "released",
            Box::new(|event| event["ai_agent"]["uid"] = json!("agent-other")),
            "filed under another agent than it names",
        ),
    ];
    for (name, kind, lie, words) in lies {
        let report = told(kind, lie);
        let finding = report.finding(ids::CALLS).unwrap();
        assert_eq!(finding.status, Status::Fail, "{name}: {}", brief(&report));
        assert!(finding.sentence.contains(words), "{name}: {}", finding.sentence);
        assert_eq!(report.verdict, Verdict::Failed, "{name}");
    }
}

#[test]
fn one_request_decided_on_twice() {
    let report = dishonest(|log| {
        log.decide("req-1", bot(), Effect::Deny);
        let (_, again) = log.decide("req-1", bot(), Effect::Allow);
        log.finish(&again);
    });
    fails(
        &report,
        ids::CALLS,
        "its request has another record of this kind before it",
    );
}

#[test]
fn one_release_with_two_outcomes() {
    let report = dishonest(|log| {
        let (_, held) = log.decide("req-1", bot(), Effect::Hold);
        let statement = log.statement(&held, Choice::Approve);
        log.countersign(&held, &statement, &key(Role::Reviewer, 3));
        log.release(&held, vec![Digest::sha256(&statement.to_bytes().unwrap())], "jti-1");
        log.finish(&held);
        log.finish(&held);
    });
    fails(
        &report,
        ids::CALLS,
        "its request has another record of this kind before it",
    );
}

fn expired(log: &Log, held: &CallDecided, action_digest: Digest) -> ItemExpired {
    ItemExpired {
        context: log.now(),
        call: log.call(&held.call.request_uid, held.call.agent.clone()),
        item_uid: held.item_uid.clone().unwrap(),
        expiry: Expiry::Lapsed,
        action_digest,
    }
}

#[test]
fn released_after_it_was_denied_or_had_run_out() {
    for denied in [true, false] {
        let report = dishonest(|log| {
            let (_, held) = log.decide("req-1", bot(), Effect::Hold);
            let reviewer = key(Role::Reviewer, 3);
            if denied {
                let denial = log.statement(&held, Choice::Deny);
                log.countersign(&held, &denial, &reviewer);
            }
            let statement = log.statement(&held, Choice::Approve);
            log.countersign(&held, &statement, &reviewer);
            if !denied {
                let event = expired(log, &held, held.action_digest.unwrap()).event();
                log.append(Stream::agent(&bot().uid).unwrap(), event);
            }
            log.release(&held, vec![Digest::sha256(&statement.to_bytes().unwrap())], "jti-1");
        });
        fails(&report, ids::RELEASES, "had been denied, or had run out");
    }
}

#[test]
fn an_item_that_ran_out_over_another_action() {
    for (digest, verdict) in [(None, Verdict::Verified), (Some(zeros()), Verdict::Failed)] {
        let report = dishonest(|log| {
            let (_, held) = log.decide("req-1", bot(), Effect::Hold);
            let event = expired(log, &held, digest.or(held.action_digest).unwrap()).event();
            log.append(Stream::agent(&bot().uid).unwrap(), event);
        });
        assert_eq!(report.verdict, verdict, "{}", brief(&report));
        if digest.is_some() {
            fails(&report, ids::CALLS, "another action than the one that was decided on");
        }
    }
}

#[test]
fn one_content_committed_to_in_two_ways() {
    let report = dishonest(|log| {
        let (_, one) = log.decide("req-1", bot(), Effect::Allow);
        let mut other = log.decision("req-2", bot(), Effect::Allow);
        // The request that is disclosed for the first call would be read as the second's, too.
        other.contents[1].content_uid = one.contents[1].content_uid.clone();
        log.record_decision(&other);
    });
    fails(&report, ids::CONTENTS, "commits to it otherwise than an earlier one");
}

/// What each kind must say: without it, or with it in another form, the record is named.
const WANTED: [(&str, &[&str]); 9] = [
    ("log_opened", &["spki", "nonce16"]),
    ("key_added", &["role", "spki", "key_id"]),
    ("policy_published", &["policy_sha256"]),
    ("call_decided", &["effect", "policy_sha256", "tier"]),
    (
        "item_decided",
        &[
            "decision",
            "item_uid",
            "payload_sha256",
            "key_id",
            "sole_operator",
            "tier",
            "action_digest",
            "view_c",
            "policy_sha256",
        ],
    ),
    ("released", &["item_uid", "jti", "action_digest", "approvals"]),
    ("item_expired", &["item_uid", "expiry", "action_digest"]),
    ("call_finished", &["outcome"]),
    ("exported", &["filter", "heads", "size", "selected", "selection"]),
];

#[test]
fn a_record_that_does_not_say_what_it_must() {
    for (of, names) in WANTED {
        for name in names {
            for value in [None, Some(json!({})), Some(json!("x"))] {
                if (value == Some(json!("x"))) && ["jti", "item_uid"].contains(name) {
                    continue;
                }
                let given = value.clone();
                let lie = move |event: &mut Value| {
                    if kind(event) == of {
                        let said = facts(event).as_object_mut().unwrap();
                        said.remove(*name);
                        said.extend(given.clone().map(|value| ((*name).to_owned(), value)));
                    }
                };
                let mut log = Log::told_otherwise(1, lie);
                let (_, held) = log.decide("req-8", bot(), Effect::Hold);
                let event = expired(&log, &held, held.action_digest.unwrap_or(zeros())).event();
                log.append(Stream::agent(&bot().uid).unwrap(), event);
                let report = exported(log);
                assert_eq!(report.verdict, Verdict::Failed, "{of} {name} {value:?}");
                let finding = report.finding(ids::FACTS).unwrap();
                assert_eq!(
                    finding.status,
                    Status::Fail,
                    "{of} {name} {value:?}: {}",
                    brief(&report)
                );
                let named = of.replace('_', " ");
                assert!(finding.sentence.contains(&named), "{}", finding.sentence);
            }
        }
    }
}

#[test]
fn a_record_whose_ocsf_says_otherwise_than_its_facts() {
    for of in ["call_decided", "item_decided", "released"] {
        for name in ["action_id", "disposition_id"] {
            // 3 Observed, 3 Quarantined: valid OCSF, and never what happened here.
            let report = told(of, move |event| event[name] = json!(3));
            fails(&report, ids::FACTS, "doesn't say what a record of its kind must");
        }
    }
}

#[test]
fn commitments_that_are_none() {
    let lists = [
        json!({}),
        json!([{"slot": "request", "content_uid": "x", "c": "x"}]),
        json!([{"slot": "request", "c": zeros()}]),
        json!([{"slot": "request", "content_uid": "x", "c": zeros(), "length": 1}]),
    ];
    for list in lists {
        let report = told("call_finished", move |event| facts(event)["contents"] = list.clone());
        fails(&report, ids::FACTS, "doesn't say what a record of its kind must");
    }
}
