//! Records that don't say what one of their kind must, sealed and signed by an operator with every key.

use evidence::ocsf::Effect;
use evidence::verifier::ids;
use serde_json::{Value, json};

use super::calls::{changed, expire, zeros};
use super::{Attack, told};
use crate::fixture::*;

/// What each kind must say: without it, or with it in another form, the record is named.
const WANTED: [(&str, &[&str]); 9] = [
    ("log_opened", &["spki", "nonce16"]),
    ("key_added", &["role", "spki", "key_id"]),
    ("policy_published", &["policy_sha256"]),
    ("call_decided", &["effect", "policy_sha256", "tier", "sponsor"]),
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

/// Records that don't say what they must.
fn malformed() -> Vec<Attack> {
    let mut attacks = Vec::new();
    for (of, names) in WANTED {
        for name in names {
            for (how, value) in [("without", None), ("with_a_malformed", Some(json!({"x": 1})))] {
                let lie = move |event: &mut Value| {
                    if kind(event) == of {
                        let said = facts(event).as_object_mut().unwrap();
                        said.remove(*name);
                        said.extend(value.clone().map(|value| ((*name).to_owned(), value)));
                    }
                };
                let mut log = Log::told_otherwise(1, lie);
                let (_, held) = log.decide("req-8", bot(), Effect::Hold);
                expire(&mut log, &held, held.action_digest.unwrap());
                attacks.push(told(&format!("{of}_{how}_{name}"), ids::FACTS, of_kind(of), log));
            }
        }
    }
    attacks
}

/// How a finding names a record of this kind.
fn of_kind(of: &'static str) -> &'static str {
    of.split('_').next_back().unwrap_or(of)
}

/// Records whose OCSF says otherwise than their facts, or whose commitments are none.
fn in_two_minds() -> Vec<Attack> {
    const WORDS: &str = "doesn't say what a record of its kind must";
    let mut attacks = Vec::new();
    for of in ["call_decided", "item_decided", "released"] {
        for name in ["action_id", "disposition_id"] {
            // 3 Observed, 3 Quarantined: valid OCSF, and never what happened here.
            let log = changed(of, move |event| event[name] = json!(3));
            attacks.push(told(
                &format!("{of}_whose_{name}_says_otherwise"),
                ids::FACTS,
                WORDS,
                log,
            ));
        }
    }
    let lists = [
        ("that_is_an_object", json!({})),
        (
            "that_is_no_digest",
            json!([{"slot": "request", "content_uid": "x", "c": "x"}]),
        ),
        ("without_its_content", json!([{"slot": "request", "c": zeros()}])),
        (
            "with_a_further_member",
            json!([{"slot": "request", "content_uid": "x", "c": zeros(), "length": 1}]),
        ),
    ];
    for (name, list) in lists {
        let log = changed("call_finished", move |event| facts(event)["contents"] = list.clone());
        attacks.push(told(&format!("commitment_{name}"), ids::FACTS, WORDS, log));
    }
    attacks
}

/// All of these.
pub(super) fn attacks() -> Vec<Attack> {
    [malformed(), in_two_minds()].into_iter().flatten().collect()
}
