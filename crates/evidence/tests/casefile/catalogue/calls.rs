//! Attacks by an operator with every key: records that contradict themselves or their story, or don't say what they must.

use evidence::Digest;
use evidence::ocsf::{ActionDocument, CallDecided, ContentRef, Effect, Expiry, ItemExpired};
use evidence::statement::Choice;
use evidence::verifier::{Status, Verdict, ids};
use evidence::{Role, Stream};
use serde_json::{Value, json};

use super::{Attack, told};
use crate::attackers::{approved, exported};
use crate::fixture::*;
use crate::tamper::brief;

/// A lie's name, what it changes in what was held, and a part of the sentence that names it.
type AboutTheCall = (&'static str, Box<dyn Fn(&mut CallDecided)>, &'static str);

/// A lie's name, the kind of records that it changes, how, and a part of the sentence that names it.
type AboutTheStory = (&'static str, &'static str, Box<dyn Fn(&mut Value)>, &'static str);

pub(super) fn zeros() -> Digest {
    Digest::new([0; 32])
}

/// A log in which a call is held, countersigned, released and answered, after `lie` changed what was held.
fn held_otherwise(lie: &dyn Fn(&mut CallDecided)) -> Log {
    let mut log = Log::begun(Keys::of(1));
    let mut held = log.decision("req-1", bot(), Effect::Hold);
    lie(&mut held);
    log.record_decision(&held);
    let statement = log.statement(&held, Choice::Approve);
    log.countersign(&held, &statement, &key(Role::Reviewer, 3));
    log.release(&held, vec![Digest::sha256(&statement.to_bytes().unwrap())], "jti-1");
    log.finish(&held);
    log
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
    let report = exported(held_otherwise(&|_| {}));
    assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
    for id in [ids::CALLS, ids::FACTS, ids::RELEASES, ids::APPROVALS] {
        assert_eq!(report.finding(id).unwrap().status, Status::Pass, "{}", brief(&report));
    }
}

/// Actions that are about something else than their record.
fn actions() -> Vec<Attack> {
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
            "isn't an action's document",
        ),
        (
            "action_over_something_else_beside_the_request",
            Box::new(member(
                "contents",
                json!([{"slot": "request", "c": zeros()}, {"slot": "response", "c": zeros()}]),
            )),
            "isn't an action's document",
        ),
        (
            "action_of_another_kind",
            Box::new(member("kind", json!("bank_transfer"))),
            "isn't an action's document",
        ),
        (
            "action_with_a_schema_that_its_kind_has_not",
            Box::new(member("tool_schema_sha256", digest.clone())),
            "isn't an action's document",
        ),
        (
            "action_without_the_schema_that_its_kind_has",
            Box::new(member("kind", json!("proposed_action"))),
            "isn't an action's document",
        ),
        (
            "action_with_a_risk_that_nobody_assesses",
            Box::new(member("risk_sha256", digest.clone())),
            "isn't an action's document",
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
    let attack = |(name, lie, words): AboutTheCall| told(name, ids::CALLS, words, held_otherwise(&lie));
    lies.into_iter().map(attack).collect()
}

/// The scripted run after an operator changed every event of this kind.
pub(super) fn changed(of: &'static str, lie: impl Fn(&mut Value) + 'static) -> Log {
    Log::told_otherwise(1, move |event| {
        if kind(event) == of {
            lie(event);
        }
    })
}

/// Records that contradict their story.
fn stories() -> Vec<Attack> {
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
    let attack = |(name, kind, lie, words): AboutTheStory| told(name, ids::CALLS, words, changed(kind, lie));
    lies.into_iter().map(attack).collect()
}

/// A log that this story is told in.
fn log(story: impl FnOnce(&mut Log)) -> Log {
    let mut log = Log::begun(Keys::of(1));
    story(&mut log);
    log
}

pub(super) fn expire(log: &mut Log, held: &CallDecided, action_digest: Digest) {
    let event = ItemExpired {
        context: log.now(),
        call: log.call(&held.call.request_uid, held.call.agent.clone()),
        item_uid: held.item_uid.clone().unwrap_or_else(|| "item-8".into()),
        expiry: Expiry::Lapsed,
        action_digest,
    };
    log.append(Stream::agent(&bot().uid).unwrap(), event.event());
}

/// Requests and items that were used twice, or after their end.
fn again() -> Vec<Attack> {
    const TWICE: &str = "its request has another record of this kind before it";
    const ENDED: &str = "had been denied, or had run out";
    vec![
        told(
            "call_let_go_without_an_action",
            ids::CALLS,
            "lets a call go that was read as no action",
            log(|log| {
                let mut allowed = log.decision("req-1", bot(), Effect::Allow);
                (allowed.action, allowed.action_digest) = (None, None);
                log.record_decision(&allowed);
            }),
        ),
        told(
            "one_request_decided_on_twice",
            ids::CALLS,
            TWICE,
            log(|log| {
                log.decide("req-1", bot(), Effect::Deny);
                let (_, again) = log.decide("req-1", bot(), Effect::Allow);
                log.finish(&again);
            }),
        ),
        told(
            "one_release_with_two_outcomes",
            ids::CALLS,
            TWICE,
            log(|log| {
                let (held, payload) = approved(log);
                log.release(&held, vec![payload], "jti-1");
                log.finish(&held);
                log.finish(&held);
            }),
        ),
        told(
            "released_after_it_was_denied",
            ids::RELEASES,
            ENDED,
            log(|log| {
                let (held, payload) = approved(log);
                let denial = log.statement(&held, Choice::Deny);
                log.countersign(&held, &denial, &key(Role::Reviewer, 3));
                log.release(&held, vec![payload], "jti-1");
            }),
        ),
        told(
            "released_after_it_had_run_out",
            ids::RELEASES,
            ENDED,
            log(|log| {
                let (held, payload) = approved(log);
                expire(log, &held, held.action_digest.unwrap());
                log.release(&held, vec![payload], "jti-1");
            }),
        ),
        told(
            "item_that_ran_out_over_another_action",
            ids::CALLS,
            "another action than the one that was decided on",
            log(|log| {
                let (_, held) = log.decide("req-1", bot(), Effect::Hold);
                expire(log, &held, zeros());
            }),
        ),
        told(
            "one_content_committed_to_in_two_ways",
            ids::CONTENTS,
            "commits to it otherwise than an earlier one",
            log(|log| {
                let (_, one) = log.decide("req-1", bot(), Effect::Allow);
                let mut other = log.decision("req-2", bot(), Effect::Allow);
                // The request that is disclosed for the first call would be read as the second's, too.
                other.contents[1].content_uid = one.contents[1].content_uid.clone();
                log.record_decision(&other);
            }),
        ),
    ]
}

#[test]
fn an_item_that_ran_out_verifies() {
    let report = exported(log(|log| {
        let (_, held) = log.decide("req-1", bot(), Effect::Hold);
        expire(log, &held, held.action_digest.unwrap());
    }));
    assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
}

/// Who is barred from approving approves all the same.
fn barred() -> Vec<Attack> {
    let not_alone = |event: &mut Value| facts(event)["sole_operator"] = json!(false);
    let authored = move |event: &mut Value| match kind(event) {
        "call_decided" => {
            facts(event)["policy_author"] = json!(ada().uid);
            facts(event)["sponsor"]["uid"] = json!("op-else");
        }
        "item_decided" => not_alone(event),
        _ => {}
    };
    vec![
        told(
            "approval_by_the_agents_sponsor_who_is_not_the_sole_operator",
            ids::APPROVALS,
            "its reviewer answers for the agent",
            changed("item_decided", not_alone),
        ),
        told(
            "approval_by_the_policys_author_who_is_not_the_sole_operator",
            ids::APPROVALS,
            "its reviewer published the policy",
            Log::told_otherwise(1, authored),
        ),
    ]
}

/// All of these.
pub(super) fn attacks() -> Vec<Attack> {
    [actions(), stories(), again(), barred()]
        .into_iter()
        .flatten()
        .collect()
}
