//! What one record says twice: of its agent, its request, its action and its contents. Both must be the same.
//!
//! An operator who holds every key can seal and sign a record that contradicts itself: a screen would then show the
//! request that was disclosed beside an approval of another one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::facts::{CallDecided, Fact, ItemDecided};
use crate::hash::Digest;
use crate::ocsf::ActionDocument;
use crate::record::Record;

/// What a record that is about a call says otherwise than it says elsewhere; nothing where it agrees, or is about none.
pub(super) fn contradiction(record: &Record, fact: &Fact) -> Option<&'static str> {
    match fact {
        Fact::CallDecided(call) => misfiled(record).or_else(|| of_call(record, call)),
        Fact::ItemDecided(decided) => misfiled(record).or_else(|| of_decision(record, decided)),
        Fact::Released(_) | Fact::ItemEnded(_) | Fact::CallFinished(_) | Fact::Reported(_) => misfiled(record),
        _ => None,
    }
}

/// Filed under another agent or request than it names.
fn misfiled(record: &Record) -> Option<&'static str> {
    let text = |pointer: &str| record.event().pointer(pointer).and_then(Value::as_str);
    first_difference([
        (
            text("/ai_agent/uid") == Some(record.stream().as_str()),
            "it is filed under another agent than it names",
        ),
        (
            record.correlation_uid().is_some() && text("/api/request/uid") == record.correlation_uid(),
            "it is filed under another request than it names",
        ),
    ])
}

/// `facts.action`, member by member (section 10 of the format); anything else isn't an action's document.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    v: u32,
    origin: String,
    tenant_uid: String,
    agent_uid: String,
    request_uid: String,
    kind: String,
    subject_c: Digest,
    tool_schema_sha256: Option<Digest>,
    policy_sha256: Digest,
    risk_sha256: Option<Digest>,
    contents: Vec<Content>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    c: Digest,
    slot: String,
}

impl Document {
    fn read(value: &Value) -> Option<Self> {
        let document: Self = serde_json::from_value(value.clone()).ok()?;
        // serde also reads a list for an object, and an absent member for null: there is one form.
        let is_exact = serde_json::to_value(&document).is_ok_and(|again| again == *value);
        (is_exact && document.v == 1 && document.is_of_its_kind()).then_some(document)
    }

    /// What each kind of action has, and nothing else.
    fn is_of_its_kind(&self) -> bool {
        let has_request = matches!(self.contents.as_slice(), [content] if content.slot == "request");
        let has_schema = match self.kind.as_str() {
            "model_call" => false,
            "proposed_action" => true,
            _ => return false,
        };
        has_request && self.tool_schema_sha256.is_some() == has_schema && self.risk_sha256.is_none()
    }
}

fn of_call(record: &Record, call: &CallDecided) -> Option<&'static str> {
    let Some(value) = record.facts().get("action") else {
        return first_difference([
            (
                call.action_digest.is_none(),
                "it names an action's digest and carries no action",
            ),
            (call.effect == "deny", "it lets a call go that was read as no action"),
        ]);
    };
    let Some(document) = Document::read(value) else {
        return Some("its action isn't an action's document");
    };
    let computed = ActionDocument::from_value(value.clone()).digest().ok();
    let tenant = record.event().pointer("/metadata/tenant_uid").and_then(Value::as_str);
    first_difference([
        (
            call.action_digest.is_some() && call.action_digest == computed,
            "its action doesn't give the digest that it names",
        ),
        (
            document.origin == record.origin().to_string(),
            "its action is of another log",
        ),
        (
            Some(document.tenant_uid.as_str()) == tenant,
            "its action is of another tenant",
        ),
        (
            document.agent_uid == record.stream().as_str(),
            "its action is another agent's",
        ),
        (
            Some(document.request_uid.as_str()) == record.correlation_uid(),
            "its action is of another request",
        ),
        (
            document.policy_sha256 == call.policy_sha256,
            "its action names another policy than the one that decided",
        ),
    ])
    .or_else(|| of_contents(&document, call))
}

/// The contents that stand beside an action are those that it is over, and where it is held the view.
fn of_contents(document: &Document, call: &CallDecided) -> Option<&'static str> {
    let Some(here) = by_slot(&call.contents) else {
        return Some("it carries two contents in one slot");
    };
    let held = call.effect == "hold";
    let mut meant: BTreeMap<&str, Digest> = BTreeMap::from([("subject", document.subject_c)]);
    let named = document.contents.iter();
    let twice = named.filter(|content| meant.insert(&content.slot, content.c).is_some());
    if twice.count() > 0 {
        return Some("its action names one slot twice");
    }
    if held != here.contains_key("view") {
        return Some("it is held without a view, or carries one and isn't held");
    }
    let others: BTreeMap<&str, Digest> = here.into_iter().filter(|(slot, _)| *slot != "view").collect();
    (others != meant).then_some("its action is over other contents than it carries")
}

fn of_decision(record: &Record, decided: &ItemDecided) -> Option<&'static str> {
    let contents = super::facts::commitments(record).unwrap_or_default();
    let here: Option<Vec<_>> = by_slot(&contents).map(|here| here.into_iter().collect());
    match (here.as_deref(), decided.reason_c) {
        (Some([]), None) => None,
        (Some([("reason", c)]), Some(reason_c)) if *c == reason_c => None,
        _ => Some("it names another reason than it carries"),
    }
}

/// Commitments by slot, where no slot stands twice.
fn by_slot(contents: &[(String, String, Digest)]) -> Option<BTreeMap<&str, Digest>> {
    let by_slot: BTreeMap<&str, Digest> = contents.iter().map(|(_, slot, c)| (slot.as_str(), *c)).collect();
    (by_slot.len() == contents.len()).then_some(by_slot)
}

/// The first of these that doesn't hold.
pub(super) fn first_difference<const N: usize>(compared: [(bool, &'static str); N]) -> Option<&'static str> {
    compared
        .into_iter()
        .find(|(same, _)| !same)
        .map(|(_, difference)| difference)
}
