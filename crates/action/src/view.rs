//! What a screen renders of an action: plain data, nothing truncated, every invisible character made visible.
//!
//! Its JCS bytes are a content with slot `view`, and the reviewer's signature covers their commitment: it proves
//! what the renderer was given.

use evidence::json::{self, JsonError};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The version of the shape that this program writes and reads.
pub const VERSION: u32 = 1;

/// The renderer that this program is, as views name it.
pub const RENDERER: &str = "countersign/1";

/// Why bytes aren't a view.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ViewError {
    /// Not canonical JSON.
    #[error("the view isn't canonical JSON: {0}")]
    Json(#[from] JsonError),
    /// A field is missing, unknown or of the wrong type.
    #[error("the view has a wrong shape: {0}")]
    Shape(#[source] serde_json::Error),
    /// It says the same in another form than views are written in: a list for an object, say.
    #[error("the view isn't written in its one form")]
    Form,
    /// Its version isn't 1.
    #[error("the view has version {0}; this program reads version 1: update it")]
    Version(u32),
}

/// One action, ready to be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The shape's version: 1.
    pub v: u32,
    /// Which renderer made it, `countersign/1`.
    pub renderer: String,
    /// BCP 47.
    pub locale: String,
    /// One sentence that says what is asked.
    pub title: String,
    /// Who asks what of whom: at most six.
    pub facts: Vec<Fact>,
    /// The whole of it, in reading order.
    pub sections: Vec<Section>,
}

/// A label and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// What it is.
    pub label: String,
    /// Its value.
    pub value: String,
}

/// A part of the action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields, rename_all = "snake_case", tag = "kind")]
pub enum Section {
    /// Labelled values.
    Facts {
        /// The heading.
        heading: String,
        /// The values.
        facts: Vec<Fact>,
    },
    /// A conversation.
    Messages {
        /// The heading.
        heading: String,
        /// In their order.
        messages: Vec<Message>,
    },
    /// Tools that the model is offered.
    Tools {
        /// The heading.
        heading: String,
        /// In their order.
        tools: Vec<Tool>,
    },
    /// Exact bytes, as text.
    Raw {
        /// The heading.
        heading: String,
        /// RFC 6838 media type.
        media_type: String,
        /// The text.
        text: String,
    },
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// `system`, `user`, `assistant`, `tool` …
    pub role: String,
    /// The whole text.
    pub text: String,
}

/// One tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What the agent says it does: claimed, never trusted.
    pub description: String,
    /// Its parameters' schema, as text.
    pub parameters: String,
}

impl View {
    /// Its JCS bytes (RFC 8785): the content with slot `view` that a reviewer's signature covers.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "strings and one 32-bit integer always have a canonical form"
    )]
    pub fn to_bytes(&self) -> Vec<u8> {
        json::canonical(self).expect("a view has a canonical form")
    }

    /// Reads them back. The exact inverse of [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    /// Anything but the bytes that `to_bytes` would write.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ViewError> {
        let view: Self = serde_json::from_value(json::parse_canonical(bytes)?).map_err(ViewError::Shape)?;
        match view.v {
            // serde reads more than one form of the same; what is shown must be the bytes that were committed to.
            VERSION if view.to_bytes() == bytes => Ok(view),
            VERSION => Err(ViewError::Form),
            other => Err(ViewError::Version(other)),
        }
    }
}
