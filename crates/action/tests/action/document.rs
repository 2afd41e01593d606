//! The action document: its exact bytes, its digest, its strict reader.

use std::collections::BTreeMap;

use action::{Action, Kind, Subject};
use evidence::Digest;
use proptest::prelude::*;

fn digest(text: &str) -> Digest {
    Digest::sha256(text.as_bytes())
}

fn action() -> Action {
    Action {
        origin: "countersign/log/aa".to_owned(),
        tenant_uid: "tenant".to_owned(),
        agent_uid: "agent".to_owned(),
        request_uid: "request".to_owned(),
        kind: Kind::ModelCall,
        subject_c: digest("subject"),
        tool_schema_sha256: None,
        policy_sha256: digest("policy"),
        risk_sha256: None,
        contents: BTreeMap::from([
            ("request".to_owned(), digest("body")),
            ("headers".to_owned(), digest("headers")),
        ]),
    }
}

#[test]
fn the_document_is_these_bytes() {
    let (headers, body) = (digest("headers"), digest("body"));
    let (subject, policy) = (digest("subject"), digest("policy"));
    let wanted = format!(
        "{{\"agent_uid\":\"agent\",\"contents\":[{{\"c\":\"{headers}\",\"slot\":\"headers\"}},\
         {{\"c\":\"{body}\",\"slot\":\"request\"}}],\"kind\":\"model_call\",\"origin\":\"countersign/log/aa\",\
         \"policy_sha256\":\"{policy}\",\"request_uid\":\"request\",\"risk_sha256\":null,\"subject_c\":\"{subject}\",\
         \"tenant_uid\":\"tenant\",\"tool_schema_sha256\":null,\"v\":1}}"
    );
    assert_eq!(String::from_utf8(action().document()).unwrap(), wanted);
    let hashed = [b"countersign/action/v1\0".as_slice(), wanted.as_bytes()].concat();
    assert_eq!(action().digest(), Digest::sha256(&hashed));
}

#[test]
fn only_a_documents_own_bytes_are_read() {
    let text = String::from_utf8(action().document()).unwrap();
    let (headers, body) = (digest("headers"), digest("body"));
    let one = format!("{{\"c\":\"{headers}\",\"slot\":\"headers\"}}");
    let two = format!("{{\"c\":\"{body}\",\"slot\":\"request\"}}");
    for (attack, altered) in [
        (
            "contents_out_of_order",
            text.replace(&format!("{one},{two}"), &format!("{two},{one}")),
        ),
        (
            "slot_named_twice",
            text.replace(&format!("{one},{two}"), &format!("{one},{one},{two}")),
        ),
        ("absent_digest_left_out", text.replace("\"risk_sha256\":null,", "")),
        (
            "digest_in_capitals",
            text.replace(&body.to_string(), &body.to_string().to_uppercase()),
        ),
        ("another_version", text.replace("\"v\":1", "\"v\":2")),
        ("unknown_kind", text.replace("model_call", "teleport")),
        ("field_more", text.replace("\"v\":1", "\"v\":1,\"w\":1")),
        ("trailing_newline", format!("{text}\n")),
        ("key_twice", text.replace("\"v\":1", "\"v\":1,\"v\":1")),
    ] {
        assert_ne!(altered, text, "{attack}");
        assert!(Action::parse(altered.as_bytes()).is_err(), "{attack}");
    }
}

#[test]
fn another_destination_is_another_subject() {
    let body = br#"{"model":"m","messages":[]}"#;
    let call = action::model_call::read(action::model_call::Format::OpenAiChat, None, body).unwrap();
    let subject = call.subject("openai", "https://api.openai.com/v1");
    assert_eq!(
        String::from_utf8(subject.to_bytes()).unwrap(),
        r#"{"base_url":"https://api.openai.com/v1","model":"m","operation":"chat.completions","path":"chat/completions","upstream":"openai","v":1}"#
    );
    assert_ne!(subject.to_bytes(), call.subject("openai", "https://evil/v1").to_bytes());
    assert_eq!(Subject::from_bytes(&subject.to_bytes()).unwrap(), subject);
    assert!(Subject::from_bytes(b"{}").is_err());
}

#[test]
fn only_a_subjects_own_bytes_are_a_subject() {
    let subject = Subject {
        v: 1,
        operation: "chat.completions".into(),
        upstream: "openai".into(),
        base_url: "https://api.openai.com/v1".into(),
        path: "chat/completions".into(),
        model: "m".into(),
    };
    let text = String::from_utf8(subject.to_bytes()).unwrap();
    for (attack, altered) in [
        ("white space", format!("{text} ")),
        ("a field more", text.replace("\"v\":1", "\"v\":1,\"w\":1")),
        ("a field less", text.replace("\"model\":\"m\",", "")),
        ("a field twice", text.replace("\"v\":1", "\"v\":1,\"v\":1")),
        ("another version", text.replace("\"v\":1", "\"v\":2")),
        (
            "its values as a list, which serde reads, too",
            r#"[1,"chat.completions","openai","https://api.openai.com/v1","chat/completions","m"]"#.to_owned(),
        ),
    ] {
        assert_ne!(altered, text, "{attack}");
        assert!(Subject::from_bytes(altered.as_bytes()).is_err(), "{attack}");
    }
}

fn digests() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest::new)
}

fn actions() -> impl Strategy<Value = Action> {
    let texts = any::<[String; 4]>();
    let optional = (proptest::option::of(digests()), proptest::option::of(digests()));
    let kinds = proptest::sample::select(vec![Kind::ModelCall, Kind::ProposedAction]);
    let contents = proptest::collection::btree_map(any::<String>(), digests(), 0..4);
    (texts, digests(), digests(), optional, contents, kinds).prop_map(
        |(texts, subject_c, policy_sha256, optional, contents, kind)| {
            let [origin, tenant_uid, agent_uid, request_uid] = texts;
            let (tool_schema_sha256, risk_sha256) = optional;
            Action {
                origin,
                tenant_uid,
                agent_uid,
                request_uid,
                kind,
                subject_c,
                tool_schema_sha256,
                policy_sha256,
                risk_sha256,
                contents,
            }
        },
    )
}

proptest! {
    #[test]
    fn parse_is_the_inverse_of_document(action in actions()) {
        prop_assert_eq!(Action::parse(&action.document()).unwrap(), action);
    }

    #[test]
    fn different_actions_have_different_digests(one in actions(), two in actions()) {
        prop_assert_eq!(one.digest() == two.digest(), one == two);
    }
}
