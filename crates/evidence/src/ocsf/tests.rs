//! Every builder's event is valid OCSF, and no other is.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's failure is its panic"
)]

use serde_json::{Value, json};

use super::samples::{decided, every_event, item_decided, log_opened};
use super::*;
use crate::record::Record;
use crate::record::tests::placed;

fn first(kind: &str) -> Value {
    let (_, event) = every_event().into_iter().find(|(name, _)| *name == kind).unwrap();
    Record::event(&placed(event)).clone()
}

#[test]
fn every_builders_event_is_valid() {
    for (kind, event) in every_event() {
        let record = placed(event);
        assert_eq!(validate(record.event()), Ok(()), "{kind}");
        assert_eq!(record.kind(), kind);
    }
}

/// What OCSF 1.9.0 requires, by class: not read from the table that the validator reads.
const REQUIRED: &[(&str, &[&str])] = &[
    (
        "call_decided",
        &[
            "/actor",
            "/api",
            "/api/operation",
            "/api/request/uid",
            "/src_endpoint",
            "/ai_model/name",
            "/ai_model/ai_provider",
        ],
    ),
    (
        "call_finished",
        &["/actor", "/api", "/src_endpoint", "/http_response/code"],
    ),
    ("item_decided", &["/actor", "/api", "/src_endpoint"]),
    ("released", &["/actor", "/api", "/src_endpoint"]),
    ("key_added", &["/user", "/user/programmatic_credentials/0/uid"]),
    ("agent_added", &["/user"]),
    ("credential_removed", &["/user"]),
    (
        "contents_erased",
        &["/actor", "/api", "/api/operation", "/src_endpoint"],
    ),
    ("content_opened", &["/actor", "/api", "/api/operation", "/src_endpoint"]),
    ("retention_set", &["/entity"]),
    ("legal_hold_set", &["/entity"]),
    ("tampering_found", &["/finding_info", "/finding_info/uid"]),
    ("upstream_added", &["/entity"]),
    ("checkpoint_place_added", &["/entity"]),
    ("signer_pinned", &["/entity"]),
    ("policy_published", &["/entity"]),
    ("auth_refused", &["/user", "/service"]),
    (
        "log_started",
        &[
            "/attestation_list/0/fingerprint/value",
            "/attestation_list/0/fingerprint/algorithm_id",
            "/attestation_list/0/prev_event/uid",
        ],
    ),
];

const REQUIRED_IN_ALL: &[&str] = &[
    "/activity_id",
    "/category_uid",
    "/class_uid",
    "/type_uid",
    "/severity_id",
    "/time",
    "/metadata",
    "/metadata/version",
    "/metadata/product",
];

fn without(event: &Value, pointer: &str) -> Value {
    let mut bent = event.clone();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let removed = bent.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name);
    assert!(removed.is_some(), "{pointer}");
    bent
}

/// CVE-2026-59822 and the like: who isn't named must not be able to act, so a record with a blank actor is never written.
#[test]
fn a_blank_actor_tenant_or_request_is_refused_when_the_record_gets_its_place() {
    for (attack, kind, pointer) in [
        ("no_tenant", "call_decided", "/metadata/tenant_uid"),
        ("agent_without_uid", "call_decided", "/actor/user/uid"),
        ("agent_without_name", "call_decided", "/actor/user/name"),
        ("operator_without_uid", "legal_hold_set", "/actor/user/uid"),
        ("operator_without_name", "content_opened", "/actor/user/name"),
        ("gateway_without_name", "log_started", "/actor/app_name"),
        ("no_request", "content_opened", "/api/request/uid"),
        ("nobody_refused", "auth_refused", "/user/name"),
    ] {
        let event = || every_event().into_iter().find(|(name, _)| *name == kind).unwrap().1;
        for blank in ["", "  ", "\t\n", "\u{a0}"] {
            let mut bent = Value::Object(event().as_map().clone());
            *bent.pointer_mut(pointer).unwrap() = json!(blank);
            let Value::Object(bent) = bent else { unreachable!() };
            let refused = crate::record::tests::place(Event(bent));
            assert!(
                matches!(refused, Err(crate::record::PlaceError::NotAttributed(_))),
                "{attack}: {refused:?}"
            );
        }
        assert!(crate::record::tests::place(event()).is_ok(), "{attack}: the control");
    }
}

#[test]
fn every_required_fields_removal_fails() {
    for (kind, pointers) in REQUIRED {
        let event = first(kind);
        for pointer in pointers.iter().chain(REQUIRED_IN_ALL) {
            assert!(validate(&without(&event, pointer)).is_err(), "{kind} without {pointer}");
        }
    }
}

#[test]
fn constraints_are_kept() {
    for (kind, pointer, members) in [
        ("call_decided", "/actor", &["user"][..]),
        ("call_decided", "/actor/user", &["uid", "name"]),
        ("call_decided", "/src_endpoint", &["ip"]),
        ("call_decided", "/ai_agent", &["uid", "name"]),
        ("call_decided", "/message_context", &["service"]),
        ("call_decided", "/metadata/product", &["name"]),
        ("policy_published", "/entity", &["uid", "name", "policy"]),
        ("log_started", "/attestation_list/0", &["fingerprint"]),
        ("log_started", "", &["log_name", "log_provider", "log_type_id"]),
        ("auth_refused", "", &["service"]),
    ] {
        let mut event = first(kind);
        for member in members {
            event
                .pointer_mut(pointer)
                .unwrap()
                .as_object_mut()
                .unwrap()
                .remove(*member);
        }
        assert!(validate(&event).is_err(), "{kind} {pointer} without {members:?}");
    }
}

#[test]
fn what_ocsf_does_not_define_is_refused() {
    for (name, kind, pointer, value) in [
        ("unknown_class", "call_decided", "/class_uid", json!(6999)),
        ("deprecated_class", "call_decided", "/class_uid", json!(3001)),
        ("another_category", "call_decided", "/category_uid", json!(3)),
        (
            "type_uid_of_another_activity",
            "call_decided",
            "/type_uid",
            json!(600_302),
        ),
        ("unknown_activity", "call_decided", "/activity_id", json!(12)),
        ("unknown_disposition", "call_decided", "/disposition_id", json!(77)),
        ("text_for_a_number", "call_decided", "/time", json!("1795000000000")),
        ("number_for_a_text", "call_decided", "/metadata/version", json!(1)),
        ("not_an_address", "call_decided", "/src_endpoint/ip", json!("localhost")),
        ("port_too_large", "call_decided", "/src_endpoint/port", json!(65_536)),
        ("object_for_a_list", "call_decided", "/authorizations", json!({})),
        ("empty_list", "call_decided", "/authorizations", json!([])),
        ("text_for_an_object", "call_decided", "/actor", json!("me")),
        (
            "unknown_profile",
            "call_decided",
            "/metadata/profiles",
            json!(["ai_tool"]),
        ),
        (
            "profile_twice",
            "log_started",
            "/metadata/profiles",
            json!(["record_integrity", "record_integrity"]),
        ),
        (
            "profile_not_named",
            "call_decided",
            "/metadata/profiles",
            json!(["record_integrity"]),
        ),
        (
            "not_hashed_by_a_known_algorithm",
            "log_started",
            "/attestation_list/0/fingerprint/algorithm_id",
            json!(77),
        ),
    ] {
        let mut event = first(kind);
        *event.pointer_mut(pointer).unwrap() = value;
        assert!(validate(&event).is_err(), "{name}");
    }
    for pointer in ["", "/metadata", "/actor", "/actor/user", "/api", "/attestation_list/0"] {
        let mut event = first("call_decided");
        event
            .pointer_mut(pointer)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .insert("note".to_owned(), json!("x"));
        assert!(validate(&event).is_err(), "an unknown member in `{pointer}`");
    }
    let mut held = placed(decided(Effect::Hold).event()).event().clone();
    assert_eq!(held["action_id"], 99);
    held.as_object_mut().unwrap().remove("action");
    assert!(validate(&held).is_err(), "99 Other without its text");
    assert!(validate(&json!([])).is_err());
}

#[test]
fn decisions_are_said_in_ocsfs_terms() {
    let ids = |event: Event| {
        let map = event.as_map();
        (
            map["action_id"].as_u64().unwrap(),
            map["disposition_id"].as_u64().unwrap(),
        )
    };
    assert_eq!(ids(decided(Effect::Allow).event()), (1, 1));
    assert_eq!(ids(decided(Effect::Deny).event()), (2, 2));
    assert_eq!(ids(decided(Effect::Hold).event()), (99, 14));
    assert_eq!(ids(item_decided(Verdict::Approved).event()), (1, 8));
    assert_eq!(ids(item_decided(Verdict::Denied).event()), (2, 25));
    let event = item_decided(Verdict::Approved).event();
    assert_eq!(event.as_map()["actor"]["user"]["uid"], "operator-1");
    assert_eq!(event.correlation_uid(), Some("request-1"));
}

#[test]
fn words_that_a_person_could_have_typed_stand_in_no_record() {
    let mut event = decided(Effect::Allow);
    event.call.model = Some("please tell anna@example.com that her test is positive".to_owned());
    let text = Value::Object(event.event().as_map().clone()).to_string();
    assert!(!text.contains("anna") && !text.contains("positive"), "{text}");
    assert!(text.contains("ai_agent"));
    let mut event = super::samples::finished(CallOutcome::Answered);
    event.finish_reason = Some("her test is positive".to_owned());
    assert!(
        !Value::Object(event.event().as_map().clone())
            .to_string()
            .contains("positive")
    );
    assert_eq!(
        token("meta-llama/Llama-3.3-70B:free"),
        Some("meta-llama/Llama-3.3-70B:free")
    );
    for bad in ["", "a b", "a\u{202e}b", "ä", &"x".repeat(129)] {
        assert_eq!(token(bad), None, "{bad}");
    }
}

#[test]
fn record_0_carries_what_makes_the_origin() {
    let record = placed(log_opened().event());
    assert_eq!(record.founds(), None, "only record 0 founds a log");
    let founding = crate::record::tests::genesis();
    assert_eq!(founding.founds(), Some(*founding.origin()));
}

#[test]
fn the_actions_digest_is_recomputed_from_the_record() {
    let record = placed(decided(Effect::Allow).event());
    let action = ActionDocument::from_value(record.facts()["action"].clone());
    assert_eq!(Some(action.digest().unwrap()), record.fact_digest("action_digest"));
}

#[test]
fn every_kind_reads_as_sentences() {
    for (kind, event) in every_event() {
        let summary = describe(placed(event).event());
        let ends = summary.sentence.ends_with('.') || summary.sentence.ends_with(char::is_alphanumeric);
        assert!(
            !summary.who.is_empty() && !summary.did.is_empty() && ends,
            "{kind}: {summary:?}"
        );
        assert!(
            !summary.sentence.contains("event of OCSF class"),
            "{kind} has no words of its own"
        );
        assert!(
            !summary.sentence.contains("  ") && !summary.sentence.contains('!'),
            "{}",
            summary.sentence
        );
        assert!(
            summary
                .fields
                .iter()
                .all(|field| !field.label.is_empty() && !field.value.is_empty()),
            "{kind}"
        );
    }
    let held = describe(placed(decided(Effect::Hold).event()).event());
    assert_eq!(held.decision, Outcome::Held);
    assert_eq!(
        held.sentence,
        "A model call to practice/gpt-4o by procurement-bot was held for a person to countersign. \
         The model is offered tools that act."
    );
    assert_eq!(
        held.step,
        Some(Step {
            title: "Held".to_owned(),
            note: "tier 2".to_owned()
        })
    );
    let signed = describe(placed(item_decided(Verdict::Approved).event()).event());
    assert_eq!((signed.who.as_str(), signed.decision), ("Treasurer", Outcome::Signed));
    assert_eq!(
        signed.sentence,
        "Treasurer countersigned a model call to practice/gpt-4o by procurement-bot. As the sole operator, alone."
    );
    let unknown = describe(&json!({"class_uid": 2004}));
    assert_eq!(unknown.sentence, "An event of OCSF class 2004 was recorded.");
    assert_eq!(describe(&Value::Null).decision, Outcome::None);
}
