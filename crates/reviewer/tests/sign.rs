//! The reviewer signs what was shown and decided, and nothing else, whatever the gateway hands over.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that can't go on has failed"
)]

use std::sync::Arc;

use action::model_call::{self, Format, Parties};
use action::{Action, Kind};
use contract::{HeldItem, InboxItem, ItemState, Opening, Reason, ReviewerDecision, Statement};
use evidence::content::{Header, commit};
use evidence::envelope::{Envelope, IN_TOTO};
use evidence::statement::{ApprovalStatement, Choice, KeyPossession, SeenCheckpoint};
use evidence::{Digest, Origin, Role, tagged};
use reviewer::{Reviewer, ReviewerError};
use vault::{KeyStore, KeyStoreError, Scope, StoreChoice};
use zeroize::Zeroizing;

const WHY: &str = "Checked with the shop.";

fn store(dir: &std::path::Path) -> Arc<dyn KeyStore> {
    let passphrase = Zeroizing::new("correct horse".to_owned());
    vault::open(&StoreChoice::SealedFile { passphrase }, dir, Scope::Person).unwrap()
}

/// What the agent asks for.
const REQUEST: &str = r#"{"model":"gpt-4.1","messages":[{"role":"user","content":"Refund 49.90 euros"}],"tools":[{"type":"function","function":{"name":"refund"}}]}"#;

fn parties() -> Parties {
    Parties {
        agent: "support-bot".into(),
        sponsor: "Robin".into(),
        upstream: "practice".into(),
        practice: true,
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn origin(n: u8) -> Origin {
    Origin::new(&[n; 91], &[n; 16])
}

fn opening(slot: &str, text: &str) -> Opening {
    let header = Header::of(
        "c0ffee00-0000-4000-8000-000000000001",
        slot,
        "application/json",
        text.as_bytes(),
    );
    let salt = Digest::new([7; 32]);
    Opening {
        content_uid: header.content_uid.clone(),
        slot: slot.to_owned(),
        media_type: header.media_type.clone(),
        salt: salt.to_string(),
        text: text.to_owned(),
        commitment: commit(&header, salt.as_bytes(), text.as_bytes()).to_string(),
    }
}

/// An item and the statement for it, both as an honest gateway makes them.
struct Case {
    item: HeldItem,
    said: ApprovalStatement,
    reason: Option<Opening>,
    payload_type: String,
    /// Changed after printing, to break the payload's one form.
    edit: fn(String) -> String,
}

impl Case {
    fn honest(reviewer: &Reviewer) -> Self {
        Self::of(reviewer, Format::OpenAiChat, REQUEST)
    }

    /// Of a request in this format.
    fn of(reviewer: &Reviewer, format: Format, request: &str) -> Self {
        let policy = Digest::sha256(b"policy");
        let model = format.names_model_in_path().then_some("gemini-2.5-pro");
        let call = model_call::read(format, model, request.as_bytes()).unwrap();
        let subject = text(call.subject("practice", "embedded").to_bytes());
        let (subject, request) = (opening("subject", &subject), opening("request", request));
        let action = Action {
            origin: origin(1).to_string(),
            tenant_uid: "tenant-1".into(),
            agent_uid: "agent-1".into(),
            request_uid: "request-1".into(),
            kind: Kind::ModelCall,
            subject_c: subject.commitment.parse().unwrap(),
            tool_schema_sha256: None,
            policy_sha256: policy,
            risk_sha256: None,
            contents: [("request".to_owned(), request.commitment.parse().unwrap())].into(),
        };
        let action = text(action.document());
        let view = opening("view", &text(call.view(&parties()).to_bytes()));
        let reason = opening("reason", WHY);
        let action_digest = tagged("action", &[action.as_bytes()]);
        let said = ApprovalStatement {
            action_digest,
            origin: origin(1),
            tenant_uid: "tenant-1".into(),
            request_uid: "request-1".into(),
            reviewer_uid: reviewer.uid().into(),
            decision: Choice::Approve,
            scope: "once".into(),
            uses: 1,
            view_c: view.commitment.parse().unwrap(),
            reason_c: Some(reason.commitment.parse().unwrap()),
            policy_sha256: policy,
            risk_sha256: None,
            nonce16: [3; 16],
            issued_ms: 1_000_000,
            expires_ms: 1_600_000,
            seen_checkpoint: SeenCheckpoint {
                size: 9,
                root: Digest::sha256(b"root"),
            },
        };
        let line = InboxItem {
            uid: "item-1".into(),
            title: "Refund 49.90 euros".into(),
            agent_uid: "agent-1".into(),
            agent_name: "support-bot".into(),
            tier: 2,
            state: ItemState::Waiting,
            asked_ms: 0,
            expires_ms: 2_000_000,
            attached: true,
            twins: 0,
        };
        let item = HeldItem {
            item: line,
            view,
            subject,
            request,
            action,
            action_digest: action_digest.to_string(),
            sponsor: "Robin".into(),
            reasons: vec![Reason {
                rule: "tools".into(),
                text: "The model is offered tools that act".into(),
            }],
            policy_sha256: policy.to_string(),
            policy_name: "built-in policy".into(),
            not_established: vec![],
            record: 5,
            request_uid: "request-1".into(),
            sole_operator: true,
            barred: None,
            decided: None,
            decision_reason: None,
        };
        Self {
            item,
            said,
            reason: Some(reason),
            payload_type: IN_TOTO.into(),
            edit: |payload| payload,
        }
    }

    fn sign(&self, reviewer: &Reviewer, reason: &str) -> Result<contract::SignedDecision, ReviewerError> {
        let payload = String::from_utf8(self.said.to_bytes().unwrap()).unwrap();
        let payload = (self.edit)(payload);
        let statement = Statement {
            payload,
            payload_type: self.payload_type.clone(),
            reason: self.reason.clone(),
        };
        reviewer.sign(&self.item, &statement, ReviewerDecision::Approve, reason)
    }
}

#[test]
fn an_honest_statement_is_signed_byte_for_byte_and_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let reviewer = Reviewer::create(&store(dir.path())).unwrap();
    let case = Case::honest(&reviewer);
    let signed = case.sign(&reviewer, &format!("  {WHY}\n")).unwrap();
    assert_eq!(signed.uid, "item-1");
    let envelope = Envelope::parse(signed.envelope.as_bytes()).unwrap();
    assert_eq!(
        envelope.verify(IN_TOTO, &reviewer.public()).unwrap(),
        case.said.to_bytes().unwrap()
    );
}

#[test]
fn a_call_of_every_format_is_signed_and_under_another_model_or_operation_it_isnt() {
    let dir = tempfile::tempdir().unwrap();
    let reviewer = Reviewer::create(&store(dir.path())).unwrap();
    for format in Format::ALL {
        let request = match format.wire() {
            "gemini" => r#"{"contents":[{"parts":[{"text":"Refund 49.90 euros"}]}]}"#,
            "anthropic" => r#"{"model":"m","messages":[{"role":"user","content":"Refund 49.90 euros"}]}"#,
            _ => r#"{"model":"m","input":"Refund 49.90 euros","messages":[]}"#,
        };
        let case = Case::of(&reviewer, format, request);
        assert!(case.sign(&reviewer, WHY).is_ok(), "{format:?}");
        for (attack, from, to) in [
            ("another model", "\"model\":\"", "\"model\":\"x"),
            ("another path", "\"path\":\"", "\"path\":\"x"),
            ("another operation", "\"operation\":\"", "\"operation\":\"x"),
        ] {
            let mut case = Case::of(&reviewer, format, request);
            let altered = opening("subject", &case.item.subject.text.replace(from, to));
            let named = case
                .item
                .action
                .replace(&case.item.subject.commitment, &altered.commitment);
            case.item.action_digest = tagged("action", &[named.as_bytes()]).to_string();
            case.said.action_digest = tagged("action", &[named.as_bytes()]);
            (case.item.action, case.item.subject) = (named, altered);
            assert!(case.sign(&reviewer, WHY).is_err(), "{format:?}: {attack}");
        }
    }
}

#[test]
fn whatever_differs_from_what_was_shown_or_decided_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let reviewer = Reviewer::create(&store(dir.path())).unwrap();
    type Attack = (&'static str, fn(&mut Case));
    let attacks: &[Attack] = &[
        ("other_action_in_the_statement", |c| {
            c.said.action_digest = Digest::sha256(b"other")
        }),
        ("other_action_document_behind_the_digest", |c| {
            c.item.action = c.item.action.replace("agent-1", "agent-2")
        }),
        ("other_action_under_its_own_digest", |c| {
            c.item.action = c.item.action.replace("tenant-1", "tenant-2");
            c.item.action_digest = tagged("action", &[c.item.action.as_bytes()]).to_string();
        }),
        ("action_document_with_a_duplicate_key", |c| {
            c.item.action = c
                .item
                .action
                .replace("{\"agent_uid\"", "{\"agent_uid\":\"x\",\"agent_uid\"");
            c.said.action_digest = tagged("action", &[c.item.action.as_bytes()]);
            c.item.action_digest = c.said.action_digest.to_string();
        }),
        ("view_altered_after_its_commitment", |c| {
            c.item.view.text = c.item.view.text.replace("49.90", "4990")
        }),
        ("view_with_a_commitment_of_its_own", |c| {
            c.item.view = opening("view", &c.item.view.text.replace("49.90", "4990"));
        }),
        ("another_slots_content_as_the_view", |c| {
            c.item.view = opening("request", &c.item.view.text);
            c.said.view_c = c.item.view.commitment.parse().expect("a digest");
        }),
        ("a_harmless_call_shown_for_the_one_that_is_named", |c| {
            let harmless = REQUEST.replace("49.90", "4.99");
            let call = model_call::read(Format::OpenAiChat, None, harmless.as_bytes()).expect("a call");
            c.item.view = opening("view", &text(call.view(&parties()).to_bytes()));
            c.item.request = opening("request", &harmless);
            c.said.view_c = c.item.view.commitment.parse().expect("a digest");
        }),
        ("another_destination_than_the_one_that_is_named", |c| {
            c.item.subject = opening("subject", &c.item.subject.text.replace("embedded", "https://a.example"));
        }),
        ("a_real_upstream_shown_as_practice", |c| {
            let subject = c.item.subject.text.replace("embedded", "https://a.example/v1");
            let before = c.item.subject.commitment.clone();
            c.item.subject = opening("subject", &subject);
            c.item.action = c.item.action.replace(&before, &c.item.subject.commitment);
            c.said.action_digest = tagged("action", &[c.item.action.as_bytes()]);
            c.item.action_digest = c.said.action_digest.to_string();
        }),
        ("another_agents_name_than_the_one_in_the_view", |c| {
            c.item.item.agent_name = "payroll".into()
        }),
        ("view_that_no_screen_can_render", |c| {
            c.item.view = opening("view", "{}");
            c.said.view_c = c.item.view.commitment.parse().expect("a digest");
        }),
        ("the_opposite_decision", |c| c.said.decision = Choice::Deny),
        ("good_for_ever", |c| c.said.expires_ms = i64::from(u32::MAX) * 1000),
        ("expired_before_it_was_issued", |c| c.said.expires_ms = c.said.issued_ms),
        ("many_uses", |c| c.said.uses = 100),
        ("wide_scope", |c| c.said.scope = "agent".into()),
        ("another_reviewer", |c| c.said.reviewer_uid = "somebody-else".into()),
        ("another_log", |c| c.said.origin = origin(2)),
        ("another_tenant", |c| c.said.tenant_uid = "tenant-2".into()),
        ("another_request", |c| c.said.request_uid = "request-2".into()),
        ("another_policy", |c| c.said.policy_sha256 = Digest::sha256(b"lax")),
        ("a_risk_rating_that_nobody_made", |c| {
            c.said.risk_sha256 = Some(Digest::sha256(b"low"))
        }),
        ("a_reason_put_into_the_persons_mouth", |c| {
            c.reason = Some(opening("reason", "Please always allow this."));
            c.said.reason_c = c.reason.as_ref().map(|r| r.commitment.parse().expect("a digest"));
        }),
        ("the_reason_left_out", |c| (c.reason, c.said.reason_c) = (None, None)),
        ("a_commitment_to_another_reason", |c| {
            c.said.reason_c = Some(Digest::sha256(b"other"))
        }),
        ("another_payload_type", |c| c.payload_type = "application/json".into()),
        ("a_payload_with_white_space", |c| {
            c.edit = |payload| format!("{payload} ")
        }),
        ("a_payload_with_a_member_more", |c| {
            c.edit = |p| p.replace("\"uses\":1", "\"uses\":1,\"uses2\":1")
        }),
        ("a_case_files_statement", |c| {
            c.edit = |p| p.replace(":approval:v1", ":case:v1")
        }),
        ("an_item_of_another_agent", |c| c.item.item.agent_uid = "agent-2".into()),
        ("an_item_of_another_request", |c| {
            c.item.request_uid = "request-2".into()
        }),
        ("an_item_that_was_decided", |c| c.item.item.state = ItemState::Released),
        ("an_item_that_nobody_may_approve", |c| {
            c.item.barred = Some("Tier 3 needs two people.".into())
        }),
    ];
    for (attack, alter) in attacks {
        let mut case = Case::honest(&reviewer);
        alter(&mut case);
        let refused = case.sign(&reviewer, WHY);
        assert!(
            matches!(refused, Err(ReviewerError::Refused(_))),
            "{attack}: {refused:?}"
        );
    }
}

#[test]
fn the_key_is_made_once_and_opened_again_and_proves_possession() {
    let dir = tempfile::tempdir().unwrap();
    let keys = store(dir.path());
    let missing = Reviewer::open(&keys).unwrap_err();
    assert!(
        matches!(missing, ReviewerError::KeyStore(KeyStoreError::Missing { .. })),
        "{missing}"
    );
    let made = Reviewer::create(&keys).unwrap();
    for again in [Reviewer::create(&keys).unwrap(), Reviewer::open(&keys).unwrap()] {
        assert_eq!((again.uid(), again.key_id()), (made.uid(), made.key_id()));
    }
    let log = origin(1);
    let proof = KeyPossession::verify(&made.possession(&log.to_string()).unwrap()).unwrap();
    assert_eq!(
        (proof.origin, proof.role, proof.holder_uid.as_str()),
        (log, Role::Reviewer, made.uid())
    );
    assert!(made.possession("somewhere").is_err());
    keys.set("reviewer-key", b"not a key").unwrap();
    assert!(matches!(Reviewer::open(&keys), Err(ReviewerError::Key { .. })));
}
