//! Attacks on approvals and releases, mostly by an operator who wrote and signed a dishonest log.

use evidence::envelope::{Envelope, IN_TOTO};
use evidence::ocsf::Effect;
use evidence::statement::Choice;
use evidence::verifier::{Verdict, ids};
use evidence::{Digest, Role};
use serde_json::json;

use crate::attackers::*;
use crate::fixture::*;
use crate::tamper::*;

const APPROVAL: &str = "approvals/8.dsse.json";

#[test]
fn approval_removed_or_exchanged() {
    let report = attacked(Who::Operator, |files| {
        files.remove(APPROVAL);
    });
    fails(
        &report,
        ids::APPROVALS,
        "The signed statement whose digest the record at sequence 8 holds isn't here",
    );
    fails(&report, ids::RELEASES, "rightly signed");
    let report = attacked(Who::Operator, |files| {
        let other = files["approvals/15.dsse.json"].clone();
        files.insert(APPROVAL.into(), other);
    });
    fails(
        &report,
        ids::APPROVALS,
        "it isn't the statement whose digest and key the record holds",
    );
}

#[test]
fn approval_signed_by_another_under_the_reviewers_name() {
    let report = attacked(Who::Operator, |files| {
        let payload = Envelope::parse(&files[APPROVAL]).unwrap().unverified_payload().to_vec();
        let text = String::from_utf8(
            Envelope::sign(IN_TOTO, &payload, &key(Role::Reviewer, 80))
                .to_bytes()
                .unwrap(),
        )
        .unwrap();
        let forged = text.replace(
            &key(Role::Reviewer, 80).public().key_id().to_string(),
            &key(Role::Reviewer, 3).public().key_id().to_string(),
        );
        files.insert(APPROVAL.into(), forged.into_bytes());
    });
    fails(
        &report,
        ids::APPROVALS,
        "the signature isn't this key's over these bytes",
    );
}

#[test]
fn the_dishonest_operators_tool_makes_files_that_verify_when_the_story_does() {
    let report = dishonest(|log| {
        let (_, held) = log.decide("req-1", bot(), Effect::Hold);
        let statement = log.statement(&held, Choice::Approve);
        log.countersign(&held, &statement, &key(Role::Reviewer, 3));
    });
    assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
}

#[test]
fn approval_that_is_about_something_else() {
    type Lie = (&'static str, fn(&mut evidence::ApprovalStatement), &'static str);
    let lies: [Lie; 11] = [
        (
            "action",
            |s| s.action_digest = Digest::sha256(b"other"),
            "it is about another action",
        ),
        (
            "log",
            |s| s.origin = Log::new(Keys::of(9)).origin,
            "it was given for another log",
        ),
        (
            "tenant",
            |s| s.tenant_uid = "x".into(),
            "it was given for another tenant",
        ),
        (
            "request",
            |s| s.request_uid = "req-9".into(),
            "it was given for another request",
        ),
        (
            "reviewer",
            |s| s.reviewer_uid = "op-eve".into(),
            "it names another reviewer",
        ),
        (
            "policy",
            |s| s.policy_sha256 = Digest::sha256(b"p"),
            "it names another policy",
        ),
        ("view", |s| s.view_c = Digest::sha256(b"v"), "it is about another view"),
        (
            "scope",
            |s| s.scope = "session".into(),
            "it reaches further than one release",
        ),
        (
            "checkpoint",
            |s| s.seen_checkpoint.size = 1 << 20,
            "it names a checkpoint that this log didn't have yet",
        ),
        ("uses", |s| s.uses = 2, "it reaches further than one release"),
        ("time", |s| s.expires_ms = START_MS, "it had run out"),
    ];
    for (name, lie, words) in lies {
        let report = dishonest(|log| {
            let (_, held) = log.decide("req-1", bot(), Effect::Hold);
            let mut statement = log.statement(&held, Choice::Approve);
            lie(&mut statement);
            log.countersign(&held, &statement, &key(Role::Reviewer, 3));
        });
        fails(&report, ids::APPROVALS, words);
        assert_eq!(report.headline, "An approval doesn't hold", "{name}");
    }
}

#[test]
fn approval_by_a_key_registered_only_later() {
    let report = dishonest(|log| {
        let late = key(Role::Reviewer, 42);
        let (_, held) = log.decide("req-1", bot(), Effect::Hold);
        let statement = log.statement(&held, Choice::Approve);
        log.countersign(&held, &statement, &late);
        log.add_key(Role::Reviewer, &late, Some(ada()));
    });
    fails(&report, ids::APPROVALS, "its key was registered only later");
}

#[test]
fn approval_by_a_key_that_is_another_persons_or_for_another_role() {
    let report = dishonest(|log| {
        let eve = key(Role::Reviewer, 42);
        log.add_key(
            Role::Reviewer,
            &eve,
            Some(evidence::ocsf::Person {
                uid: "op-eve".into(),
                name: "Eve".into(),
            }),
        );
        let (_, held) = log.decide("req-1", bot(), Effect::Hold);
        let statement = log.statement(&held, Choice::Approve);
        log.countersign(&held, &statement, &eve);
    });
    fails(
        &report,
        ids::APPROVALS,
        "its key is registered as that of “Eve” (“op-eve”), not of “Ada Byron” (“op-ada”)",
    );
    let report = dishonest(|log| {
        let (_, held) = log.decide("req-1", bot(), Effect::Hold);
        let statement = log.statement(&held, Choice::Approve);
        let case = key(Role::Case, 2);
        log.countersign(&held, &statement, &case);
    });
    fails(
        &report,
        ids::APPROVALS,
        "no record here registers the key that signed it as a reviewer's",
    );
}

#[test]
fn one_approval_released_twice() {
    let report = dishonest(|log| {
        let (_, held) = log.decide("req-1", bot(), Effect::Hold);
        let statement = log.statement(&held, Choice::Approve);
        log.countersign(&held, &statement, &key(Role::Reviewer, 3));
        let payload = Digest::sha256(&statement.to_bytes().unwrap());
        log.release(&held, vec![payload], "jti-1");
        log.release(&held, vec![payload], "jti-2");
    });
    fails(&report, ids::RELEASES, "its approval had been used already");
}

#[test]
fn released_by_a_denial_or_by_another_items_approval() {
    let report = dishonest(|log| {
        let (_, held) = log.decide("req-1", bot(), Effect::Hold);
        let statement = log.statement(&held, Choice::Deny);
        log.countersign(&held, &statement, &key(Role::Reviewer, 3));
        log.release(&held, vec![Digest::sha256(&statement.to_bytes().unwrap())], "jti-1");
    });
    fails(
        &report,
        ids::RELEASES,
        "what it released had been denied, or had run out",
    );
    let report = dishonest(|log| {
        let (_, held) = log.decide("req-1", bot(), Effect::Hold);
        let (_, other) = log.decide("req-2", bot(), Effect::Hold);
        let statement = log.statement(&held, Choice::Approve);
        log.countersign(&held, &statement, &key(Role::Reviewer, 3));
        log.release(&other, vec![Digest::sha256(&statement.to_bytes().unwrap())], "jti-1");
    });
    fails(
        &report,
        ids::RELEASES,
        "an approval of this action that it names isn't here",
    );
}

#[test]
fn a_held_or_denied_call_that_ended_without_release() {
    for effect in [Effect::Hold, Effect::Deny] {
        let report = dishonest(|log| {
            let (_, call) = log.decide("req-1", bot(), effect);
            log.finish(&call);
        });
        fails(&report, ids::RELEASES, "stands without approval");
    }
}

/// Who answers for the agent, or published the policy, may approve only as the sole operator.
#[test]
fn approval_by_one_who_is_barred() {
    let by = |sponsor: Option<&'static str>, author: Option<&'static str>, alone: bool| {
        let lie = move |event: &mut serde_json::Value| match kind(event) {
            "call_decided" => {
                let said = facts(event);
                said["sponsor"]["uid"] = json!(sponsor.unwrap_or("op-else"));
                said["policy_author"] = json!(author.unwrap_or("op-else"));
            }
            "item_decided" => facts(event)["sole_operator"] = json!(alone),
            _ => {}
        };
        exported(Log::told_otherwise(1, lie))
    };
    let me = Some("op-ada");
    fails(&by(me, None, false), ids::APPROVALS, "answers for the agent, and isn't");
    fails(
        &by(None, me, false),
        ids::APPROVALS,
        "published the policy that held the call",
    );
    for (sponsor, author, alone) in [(me, me, true), (None, None, false)] {
        let report = by(sponsor, author, alone);
        assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
    }
}
