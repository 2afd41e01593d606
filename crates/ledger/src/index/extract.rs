//! What the index takes from a record: a pure function of its bytes.

use evidence::Digest;
use evidence::ocsf::{self, Outcome, Selects};
use serde_json::Value;

use super::sums::CallStep;

/// How many digits of a hexadecimal id are kept: a whole UUID, and of a digest what none has in common by chance.
const KEPT: usize = 32;
/// The shortest hexadecimal text that is taken for the beginning of an id.
const SHORTEST: usize = 8;

/// What the index says of a record.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Extract {
    pub(super) logged: i64,
    pub(super) decision: u8,
    pub(super) class: u32,
    /// Uid and name of what it is about, in the order of [`Named::COLUMNS`](super::Named::COLUMNS).
    pub(super) named: [Option<(String, String)>; 6],
    pub(super) words: String,
    pub(super) ids: String,
    pub(super) story: String,
    /// The fingerprint that stands in it, hex.
    pub(super) fingerprint: String,
    /// What it is in a call's story, where it is part of one.
    pub(super) call: Option<CallStep>,
}

/// A decision's number in the index.
pub(super) const fn decision_number(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::None => 0,
        Outcome::Allowed => 1,
        Outcome::Refused => 2,
        Outcome::Held => 3,
        Outcome::Signed => 4,
        Outcome::Failed => 5,
    }
}

impl Extract {
    /// From a record's stored bytes. Bytes that aren't JSON are a record that says nothing: the chain's verification
    /// is what reports it.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let event: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let summary = ocsf::describe(&event);
        let mut words = format!(
            "record {} {} {} {}",
            event
                .pointer("/metadata/sequence")
                .and_then(Value::as_u64)
                .unwrap_or_default(),
            summary.who,
            summary.did,
            summary.sentence,
        );
        let correlation = text("/metadata/correlation_uid");
        let fingerprint = text("/attestation_list/0/fingerprint/value");
        let mut ids: Vec<String> = [text("/metadata/uid"), fingerprint, correlation]
            .into_iter()
            .filter_map(id_token)
            .collect();
        for field in &summary.fields {
            match field.selects {
                Selects::Words => {
                    words.push(' ');
                    words.push_str(&field.words());
                }
                _ => ids.extend(id_token(&field.value)),
            }
        }
        let contents = event
            .pointer("/unmapped/countersign/facts/contents")
            .and_then(Value::as_array);
        for content in contents.into_iter().flatten() {
            ids.extend(content.get("content_uid").and_then(Value::as_str).and_then(id_token));
        }
        ids.sort_unstable();
        ids.dedup();
        Self {
            logged: event
                .pointer("/metadata/logged_time")
                .and_then(Value::as_i64)
                .unwrap_or_default(),
            decision: decision_number(summary.decision),
            class: event
                .get("class_uid")
                .and_then(Value::as_u64)
                .and_then(|class| class.try_into().ok())
                .unwrap_or_default(),
            named: named(&event),
            words,
            ids: ids.join(" "),
            story: id_token(correlation).unwrap_or_default(),
            fingerprint: fingerprint.to_owned(),
            call: CallStep::of(&event, summary.decision),
        }
    }
}

fn named(event: &Value) -> [Option<(String, String)>; 6] {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let some = |uid: &str, name: &str| (!uid.is_empty()).then(|| (uid.to_owned(), name.to_owned()));
    let stream = text("/unmapped/countersign/stream");
    let agent = match text("/ai_agent/name") {
        "" if stream != "sys" && text("/user/uid") == stream => text("/user/name"),
        name => name,
    };
    let person = event.pointer("/actor/user/type_id").and_then(Value::as_u64) == Some(1);
    let operator = if person {
        some(text("/actor/user/uid"), text("/actor/user/name"))
    } else {
        None
    };
    // Where a person or the gateway acts on a call, the call's own operation stands among the facts.
    let operation = match text("/unmapped/countersign/facts/operation") {
        "" => text("/api/operation"),
        operation => operation,
    };
    let upstream = match text("/api/service/name") {
        "" => text("/unmapped/countersign/facts/upstream"),
        upstream => upstream,
    };
    [
        some(stream, if stream == "sys" { "" } else { agent }),
        operator,
        some(text("/unmapped/countersign/kind"), ""),
        some(text("/ai_model/name"), ""),
        some(operation, ""),
        some(upstream, ""),
    ]
}

/// An id as one word of the index: hexadecimal ones (also UUIDs) by their first digits, others by a digest.
pub(super) fn id_token(id: &str) -> Option<String> {
    match hexadecimal(id) {
        Some(digits) => Some(digits.chars().take(KEPT).collect()),
        None if id.trim().is_empty() => None,
        None => {
            let digest = Digest::sha256(id.trim().as_bytes()).to_string();
            Some(format!("x{}", digest.get(..KEPT)?))
        }
    }
}

/// The word to look for, and whether what begins so is meant.
pub(super) fn id_wanted(id: &str) -> Option<(String, bool)> {
    let token = id_token(id)?;
    let cut_short = !token.starts_with('x') && token.len() < KEPT;
    Some((token, cut_short))
}

/// The digits of a digest, fingerprint or UUID, also as they are shown in groups, from eight of them on.
fn hexadecimal(id: &str) -> Option<String> {
    let digits: String = id
        .chars()
        .filter(|c| !matches!(c, '-' | ' ' | '·' | '\u{a0}' | '\u{202f}'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    (digits.len() >= SHORTEST && digits.bytes().all(|b| b.is_ascii_hexdigit())).then_some(digits)
}
