//! What proposals and reports have in common on the wire: strict JSON, objects that are objects, bounded values.

use evidence::json::{MAX_INTEGER, parse_content};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::{LARGEST, ProposalError};
use crate::visible::visible;

/// An object, and nothing that serde would also take for one: a list of its fields' values.
pub(super) struct ObjectOf<T>(pub(super) T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for ObjectOf<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let map = Map::<String, Value>::deserialize(deserializer)?;
        serde_json::from_value(Value::Object(map))
            .map(Self)
            .map_err(D::Error::custom)
    }
}

/// Reads strict JSON of a shape whose every field is known; and the exact text.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, String), ProposalError> {
    if bytes.len() > LARGEST {
        return Err(ProposalError::TooLarge(LARGEST));
    }
    let value = parse_content(bytes)?;
    let read: ObjectOf<T> =
        serde_json::from_value(value).map_err(|error| ProposalError::Shape(visible(&error.to_string())))?;
    let exact = std::str::from_utf8(bytes).map_err(|error| ProposalError::Shape(error.to_string()))?;
    Ok((read.0, exact.to_owned()))
}

/// That values are neither too deep nor too many, and no number is one that a reader would round.
pub(super) fn bounded(parameters: &Map<String, Value>, deepest: usize, most: usize) -> Result<(), ProposalError> {
    let mut left = most;
    for (name, value) in parameters {
        walk(name, value, deepest, deepest, &mut left).map_err(|error| match error {
            ProposalError::TooMany(_) => ProposalError::TooMany(most),
            other => other,
        })?;
    }
    Ok(())
}

fn walk(path: &str, value: &Value, depth: usize, deepest: usize, left: &mut usize) -> Result<(), ProposalError> {
    *left = left.checked_sub(1).ok_or(ProposalError::TooMany(0))?;
    let deeper = depth.checked_sub(1).ok_or(ProposalError::TooDeep(deepest));
    match value {
        Value::Number(number) if !is_exact(number) => Err(ProposalError::Number(visible(path))),
        Value::Array(elements) => {
            let deeper = deeper?;
            elements
                .iter()
                .enumerate()
                .try_for_each(|(index, element)| walk(&format!("{path}[{index}]"), element, deeper, deepest, left))
        }
        Value::Object(members) => {
            let deeper = deeper?;
            members
                .iter()
                .try_for_each(|(name, member)| walk(&format!("{path}.{name}"), member, deeper, deepest, left))
        }
        _ => Ok(()),
    }
}

/// Whether every reader keeps all of its digits: JavaScript's and Go's numbers are doubles.
fn is_exact(number: &serde_json::Number) -> bool {
    let limit = MAX_INTEGER as f64;
    number.as_f64().is_some_and(|double| double.abs() <= limit)
}

/// 64 lowercase hex digits.
pub(super) fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
