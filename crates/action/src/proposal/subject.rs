//! On what a proposed action is done: its kind, as registered when it was proposed.
//!
//! ```text
//! {"definition":{"category":"move_money",…,"v":1},"operation":"actions.propose","v":1}
//! ```
//!
//! It is the content with slot `subject`, to which the action's `subject_c` commits; the action's `tool_schema_sha256` is
//! the definition's digest. So an approval binds to the category and schema in force, and whoever signs has both at hand.

use evidence::json;
use serde::{Deserialize, Serialize};

use super::definition::{Definition, Document};
use super::{DefinitionError, OPERATION};

/// The subject of a proposed action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The kind.
    pub definition: Definition,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SubjectDocument {
    v: u32,
    operation: String,
    definition: Document,
}

impl Subject {
    /// Canonical JSON (RFC 8785): the bytes that are committed to.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "strings and 32-bit integers always have a canonical form"
    )]
    pub fn to_bytes(&self) -> Vec<u8> {
        let document = SubjectDocument {
            v: 1,
            operation: OPERATION.to_owned(),
            definition: self.definition.document(),
        };
        json::canonical(&document).expect("a subject has a canonical form")
    }

    /// Reads them back. The exact inverse of [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    /// Anything but the bytes that `to_bytes` would print.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DefinitionError> {
        let document: SubjectDocument = serde_json::from_value(json::parse_canonical(bytes)?)
            .map_err(|error| DefinitionError::Shape(error.to_string()))?;
        let subject = Self {
            definition: Definition::of(document.definition)?,
        };
        match subject.to_bytes() == bytes {
            true => Ok(subject),
            false => Err(DefinitionError::NotCanonical),
        }
    }
}
