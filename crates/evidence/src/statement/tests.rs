//! Statements: exact inverses, and nothing beside.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's failure is its panic"
)]

use serde_json::Value;

use super::*;
use crate::envelope::{Envelope, IN_TOTO};
use crate::key::Role;
use crate::key::tests::key;
use crate::origin::Origin;

fn approval() -> ApprovalStatement {
    ApprovalStatement {
        action_digest: Digest::sha256(b"action"),
        origin: Origin::new(b"spki", &[1; 16]),
        tenant_uid: "tenant".to_owned(),
        request_uid: "request".to_owned(),
        reviewer_uid: "reviewer".to_owned(),
        decision: Choice::Approve,
        scope: "once".to_owned(),
        uses: 1,
        view_c: Digest::sha256(b"view"),
        reason_c: Some(Digest::sha256(b"reason")),
        policy_sha256: Digest::sha256(b"policy"),
        risk_sha256: None,
        nonce16: [3; 16],
        issued_ms: 1_795_000_000_000,
        expires_ms: 1_795_000_300_000,
        seen_checkpoint: SeenCheckpoint {
            size: 7,
            root: Digest::sha256(b"root"),
        },
    }
}

fn case() -> CaseStatement {
    CaseStatement {
        subjects: vec![
            ("a".to_owned(), Digest::sha256(b"a")),
            ("b".to_owned(), Digest::sha256(b"b")),
        ],
        origin: Origin::new(b"spki", &[1; 16]),
        tenant_uid: "tenant".to_owned(),
        tree_size: 8,
        root: Digest::sha256(b"root"),
        checkpoint_sha256: Digest::sha256(b"checkpoint"),
        export_fp: Digest::sha256(b"export"),
        manifest_sha256: Digest::sha256(b"manifest"),
    }
}

#[test]
fn an_approval_says_exactly_this() {
    let text = String::from_utf8(approval().to_bytes().unwrap()).unwrap();
    let d = |text: &str| Digest::sha256(text.as_bytes());
    let expected = format!(
        "{{\"_type\":\"https://in-toto.io/Statement/v1\",\"predicate\":{{\"decision\":\"approve\",\
         \"expires_ms\":1795000300000,\"issued_ms\":1795000000000,\"nonce16\":\"{}\",\"origin\":\"{}\",\
         \"policy_sha256\":\"{}\",\"reason_c\":\"{}\",\"request_uid\":\"request\",\"reviewer_uid\":\"reviewer\",\
         \"risk_sha256\":null,\"scope\":\"once\",\"seen_checkpoint\":{{\"root\":\"{}\",\"size\":7}},\
         \"tenant_uid\":\"tenant\",\"uses\":1,\"view_c\":\"{}\"}},\"predicateType\":\"urn:countersign:approval:v1\",\
         \"subject\":[{{\"digest\":{{\"sha256\":\"{}\"}},\"name\":\"action\"}}]}}",
        "03".repeat(16),
        Origin::new(b"spki", &[1; 16]),
        d("policy"),
        d("reason"),
        d("root"),
        d("view"),
        d("action"),
    );
    assert_eq!(text, expected);
    assert_eq!(ApprovalStatement::parse(text.as_bytes()).unwrap(), approval());
    let denied = ApprovalStatement {
        decision: Choice::Deny,
        reason_c: None,
        ..approval()
    };
    assert_eq!(ApprovalStatement::parse(&denied.to_bytes().unwrap()).unwrap(), denied);
}

#[test]
fn an_export_about_a_person_reads_back_and_contradicts_nothing() {
    let good = SubjectExportStatement {
        document_sha256: Digest::sha256(b"document"),
        origin: Origin::new(b"spki", &[1; 16]),
        tenant_uid: "tenant".to_owned(),
        tree_size: 40,
        root: Digest::sha256(b"root"),
        records: 2,
        found: 3,
    };
    assert_eq!(SubjectExportStatement::parse(&good.to_bytes().unwrap()).unwrap(), good);
    for (records, found) in [(4, 3), (41, 41)] {
        let wrong = SubjectExportStatement {
            records,
            found,
            ..good.clone()
        };
        assert!(SubjectExportStatement::parse(&wrong.to_bytes().unwrap()).is_err());
    }
}

fn log_export() -> LogExportStatement {
    LogExportStatement {
        lines_sha256: Digest::sha256(b"lines"),
        origin: case().origin,
        tenant_uid: "tenant-1".to_owned(),
        tree_size: 40,
        root: Digest::sha256(b"root"),
        filter: "agent:support-bot".to_owned(),
        count: 5,
        first_and_last: Some((3, 39)),
    }
}

#[test]
fn a_log_export_statement_is_its_own_inverse_and_doesnt_contradict_itself() {
    let empty = LogExportStatement {
        count: 0,
        first_and_last: None,
        ..log_export()
    };
    for good in [log_export(), empty] {
        assert_eq!(LogExportStatement::parse(&good.to_bytes().unwrap()).unwrap(), good);
    }
    let with = |count, first_and_last| LogExportStatement {
        count,
        first_and_last,
        ..log_export()
    };
    for bad in [
        with(1, None),
        with(0, Some((3, 4))),
        with(3, Some((3, 4))),
        with(1, Some((4, 3))),
        with(1, Some((40, 40))),
    ] {
        assert!(LogExportStatement::parse(&bad.to_bytes().unwrap()).is_err(), "{bad:?}");
    }
    assert!(LogExportStatement::parse(&case().to_bytes().unwrap()).is_err());
}

#[test]
fn a_case_statement_is_its_own_inverse_and_sorted() {
    let bytes = case().to_bytes().unwrap();
    assert_eq!(CaseStatement::parse(&bytes).unwrap(), case());
    for subjects in [
        Vec::new(),
        vec![case().subjects[1].clone(), case().subjects[0].clone()],
        vec![case().subjects[0].clone(), case().subjects[0].clone()],
        vec![case().subjects[0].clone(), ("a".to_owned(), Digest::sha256(b"other"))],
    ] {
        let bent = CaseStatement { subjects, ..case() }.to_bytes().unwrap();
        // The same name with two digests may sort, and must still be refused.
        assert!(CaseStatement::parse(&bent).is_err());
    }
}

/// Every member absent, of another type, or joined by another is an error.
fn check_every_member(bytes: &[u8], parse: impl Fn(&[u8]) -> bool) {
    assert!(parse(bytes));
    let value: Value = serde_json::from_slice(bytes).unwrap();
    let mut pointers = vec![String::new()];
    collect(&value, "", &mut pointers);
    for pointer in &pointers {
        if let Some(Value::Object(members)) = value.pointer(pointer) {
            for name in members.keys() {
                let mut bent = value.clone();
                let object = bent.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
                object.remove(name);
                assert!(
                    !parse(&json::canonical_value(&bent).unwrap()),
                    "{pointer}/{name} absent"
                );
                let mut bent = value.clone();
                let object = bent.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
                object.insert(name.clone(), serde_json::json!([true]));
                assert!(
                    !parse(&json::canonical_value(&bent).unwrap()),
                    "{pointer}/{name} of another type"
                );
            }
            let mut bent = value.clone();
            bent.pointer_mut(pointer)
                .unwrap()
                .as_object_mut()
                .unwrap()
                .insert("zz".to_owned(), Value::Null);
            assert!(!parse(&json::canonical_value(&bent).unwrap()), "{pointer}/zz added");
        }
    }
    assert!(!parse(&[bytes, b"\n"].concat()));
}

fn collect(value: &Value, at: &str, out: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                let pointer = format!("{at}/{}", name.replace('/', "~1"));
                out.push(pointer.clone());
                collect(inner, &pointer, out);
            }
        }
        Value::Array(items) => {
            for (index, inner) in items.iter().enumerate() {
                let pointer = format!("{at}/{index}");
                out.push(pointer.clone());
                collect(inner, &pointer, out);
            }
        }
        _ => {}
    }
}

#[test]
fn every_member_of_every_statement_is_wanted_and_no_other() {
    check_every_member(&approval().to_bytes().unwrap(), |bytes| {
        ApprovalStatement::parse(bytes).is_ok()
    });
    check_every_member(&case().to_bytes().unwrap(), |bytes| CaseStatement::parse(bytes).is_ok());
    let envelope = KeyPossession::sign(approval().origin, "holder", &key(Role::Reviewer, 1)).unwrap();
    check_every_member(envelope.unverified_payload(), |bytes| {
        KeyPossession::parse(bytes).is_ok()
    });
}

#[test]
fn one_kind_never_passes_for_another() {
    let bytes = case().to_bytes().unwrap();
    assert_eq!(
        ApprovalStatement::parse(&bytes),
        Err(StatementError::WrongKind {
            wanted: ApprovalStatement::KIND
        })
    );
    let text = String::from_utf8(approval().to_bytes().unwrap()).unwrap();
    let relabelled = text.replace("approval:v1", "case:v1");
    assert!(CaseStatement::parse(relabelled.as_bytes()).is_err());
    let v2 = text.replace("approval:v1", "approval:v2");
    assert!(ApprovalStatement::parse(v2.as_bytes()).is_err());
}

#[test]
fn possession_is_proved_by_the_key_itself() {
    let origin = approval().origin;
    let envelope = KeyPossession::sign(origin, "holder", &key(Role::Reviewer, 1)).unwrap();
    let statement = KeyPossession::verify(&envelope).unwrap();
    assert_eq!(statement.key, key(Role::Reviewer, 1).public());
    assert_eq!(
        (statement.role, statement.holder_uid.as_str()),
        (Role::Reviewer, "holder")
    );
    // Another's key under my signature.
    let stolen = KeyPossession {
        key: key(Role::Reviewer, 2).public(),
        ..statement
    };
    let envelope = Envelope::sign(IN_TOTO, &stolen.to_bytes().unwrap(), &key(Role::Reviewer, 1));
    assert!(matches!(
        KeyPossession::verify(&envelope),
        Err(PossessionError::Envelope(_))
    ));
}
