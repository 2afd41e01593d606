//! What the practice upstream says, and how it counts.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// How much of the last message is repeated.
const REPEATED: usize = 200;

/// The answer: that nobody answered, and what was last said to it.
pub(super) fn answer(last: &str) -> String {
    let intro = "This is Countersign's practice upstream. No model was asked.";
    if last.is_empty() {
        return format!("{intro} The call held no text.");
    }
    let more = if last.chars().nth(REPEATED).is_some() {
        "…"
    } else {
        ""
    };
    let repeated: String = last.chars().take(REPEATED).collect();
    format!("{intro} The last message was: \"{repeated}{more}\"")
}

/// The answer in the pieces that a stream sends.
pub(super) fn pieces(answer: &str) -> impl Iterator<Item = &str> {
    answer.split_inclusive(' ')
}

/// The name that answers carry: never that of a model.
pub(super) fn model(request: &Value) -> String {
    format!(
        "practice/{}",
        request.get("model").and_then(Value::as_str).unwrap_or("unnamed")
    )
}

/// A message's text, whether it is a string or a list of parts.
pub(super) fn text_of(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(parts)) => {
            let texts: Vec<_> = parts.iter().filter_map(|part| part.get("text")?.as_str()).collect();
            texts.join("\n")
        }
        _ => String::new(),
    }
}

/// A stand-in for tokens: a quarter of the characters, at least one.
pub(super) fn tokens(text: &str) -> u64 {
    u64::try_from(text.chars().count().div_ceil(4))
        .unwrap_or(u64::MAX)
        .max(1)
}

/// Eight numbers between -1 and 1 that stand for a text: parts of its SHA-256, and no meaning.
pub(super) fn vector(text: &str) -> Vec<f32> {
    let digest = Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(8)
        .map(|byte| f32::from(*byte) / 127.5 - 1.0)
        .collect()
}

/// An id that says where it is from.
pub(super) fn id(kind: &str) -> String {
    format!("{kind}-practice-{}", uuid::Uuid::new_v4().simple())
}

/// Now, in seconds since 1970.
pub(super) fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
