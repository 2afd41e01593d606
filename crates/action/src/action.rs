//! The action document and its digest.
//!
//! ```text
//! {"agent_uid":"…","contents":[{"c":"<64 hex>","slot":"request"}],"kind":"model_call","origin":"countersign/log/…",
//!  "policy_sha256":"<64 hex>","request_uid":"…","risk_sha256":null,"subject_c":"<64 hex>","tenant_uid":"…",
//!  "tool_schema_sha256":null,"v":1}
//! ```
//!
//! It holds commitments, never bare arguments: those could be guessed after their erasure.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use evidence::json::{self, JsonError};
use evidence::{Digest, tagged};
use serde::{Deserialize, Serialize};

/// What an agent does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Calls a model. In the document: `model_call`.
    ModelCall,
    /// Does something itself, of a kind that is registered. In the document: `proposed_action`.
    ProposedAction,
}

impl Kind {
    /// The name in the action document.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ModelCall => "model_call",
            Self::ProposedAction => "proposed_action",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = ActionError;

    fn from_str(text: &str) -> Result<Self, ActionError> {
        match text {
            "model_call" => Ok(Self::ModelCall),
            "proposed_action" => Ok(Self::ProposedAction),
            other => Err(ActionError::UnknownKind(other.to_owned())),
        }
    }
}

/// What an agent wants to do, in one canonical form. Its [`digest`](Self::digest) is what an approval names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The log's origin, `countersign/log/…`.
    pub origin: String,
    /// The tenant.
    pub tenant_uid: String,
    /// The agent that asks.
    pub agent_uid: String,
    /// This one request.
    pub request_uid: String,
    /// What is done.
    pub kind: Kind,
    /// The commitment to the [`Subject`]: on what it is done.
    pub subject_c: Digest,
    /// The pinned definition of the kind that is proposed; absent for a model call, whose offered tools are in its bytes.
    pub tool_schema_sha256: Option<Digest>,
    /// The policy that decided.
    pub policy_sha256: Digest,
    /// The risk tree's result, where one was made.
    pub risk_sha256: Option<Digest>,
    /// The commitments to the exact bytes that will be sent, by slot.
    pub contents: BTreeMap<String, Digest>,
}

/// Why bytes aren't an action document, or a subject.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActionError {
    /// Not canonical JSON.
    #[error("not canonical JSON: {0}")]
    Json(#[from] JsonError),
    /// A field is missing, unknown or of the wrong type.
    #[error("a field is missing, unknown or of the wrong type: {0}")]
    Shape(#[source] serde_json::Error),
    /// Its version isn't 1.
    #[error("it has version {0}; this program reads version 1")]
    Version(u32),
    /// Its kind isn't known.
    #[error("`{0}` is no kind of action that this program knows")]
    UnknownKind(String),
    /// It parses, but prints as other bytes: contents out of order, a slot named twice, a list for an object.
    #[error("the document isn't in its one form (an action's contents are sorted by slot, each slot once)")]
    NotCanonical,
}

impl Action {
    /// The document: canonical JSON (RFC 8785), every field present, absent digests `null`.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "strings, nulls and the integer 1 always have a canonical form"
    )]
    pub fn document(&self) -> Vec<u8> {
        let contents = self
            .contents
            .iter()
            .map(|(slot, &c)| ContentDocument { c, slot: slot.clone() })
            .collect();
        let document = Document {
            v: VERSION,
            origin: self.origin.clone(),
            tenant_uid: self.tenant_uid.clone(),
            agent_uid: self.agent_uid.clone(),
            request_uid: self.request_uid.clone(),
            kind: self.kind.as_str().to_owned(),
            subject_c: self.subject_c,
            tool_schema_sha256: self.tool_schema_sha256,
            policy_sha256: self.policy_sha256,
            risk_sha256: self.risk_sha256,
            contents,
        };
        json::canonical(&document).expect("an action document has a canonical form")
    }

    /// `H("action", document)`: what an approval's subject and a release's `act` name.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.document_and_digest().1
    }

    /// Both, made once.
    #[must_use]
    pub fn document_and_digest(&self) -> (Vec<u8>, Digest) {
        let document = self.document();
        let digest = tagged("action", &[&document]);
        (document, digest)
    }

    /// Reads a document. The exact inverse of [`document`](Self::document).
    ///
    /// # Errors
    /// Anything but the bytes that `document` would print.
    pub fn parse(document: &[u8]) -> Result<Self, ActionError> {
        let read: Document = serde_json::from_value(json::parse_canonical(document)?).map_err(ActionError::Shape)?;
        if read.v != VERSION {
            return Err(ActionError::Version(read.v));
        }
        let action = Self {
            origin: read.origin,
            tenant_uid: read.tenant_uid,
            agent_uid: read.agent_uid,
            request_uid: read.request_uid,
            kind: read.kind.parse()?,
            subject_c: read.subject_c,
            tool_schema_sha256: read.tool_schema_sha256,
            policy_sha256: read.policy_sha256,
            risk_sha256: read.risk_sha256,
            contents: read
                .contents
                .into_iter()
                .map(|content| (content.slot, content.c))
                .collect(),
        };
        if action.document() == document {
            Ok(action)
        } else {
            Err(ActionError::NotCanonical)
        }
    }
}

/// The document's version that this program writes and reads.
const VERSION: u32 = 1;

/// The wire format. Digests that are absent are `null`, never left out.
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
    contents: Vec<ContentDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContentDocument {
    c: Digest,
    slot: String,
}

/// On what a model call is done: the content with slot `subject`, to which the action's `subject_c` commits. (A proposed
/// action has a [form of its own](crate::proposal::Subject).)
///
/// It binds an approval to its destination: the same bytes to another upstream or address are another action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The shape's version: 1.
    pub v: u32,
    /// The operation, `chat.completions`.
    pub operation: String,
    /// The upstream's name.
    pub upstream: String,
    /// Where it is, `https://api.openai.com/v1`; [`EMBEDDED`](Self::EMBEDDED) for the practice upstream.
    pub base_url: String,
    /// The path under it, `chat/completions`.
    pub path: String,
    /// The model.
    pub model: String,
}

impl Subject {
    /// What stands for the address of the practice upstream, which is drawn anew at each start.
    pub const EMBEDDED: &str = "embedded";

    /// Whether it is the embedded practice upstream, behind which there is no model.
    #[must_use]
    pub fn is_practice(&self) -> bool {
        self.base_url == Self::EMBEDDED
    }

    /// Canonical JSON (RFC 8785): the bytes that are committed to.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "strings and the integer 1 always have a canonical form"
    )]
    pub fn to_bytes(&self) -> Vec<u8> {
        json::canonical(self).expect("a subject has a canonical form")
    }

    /// Reads them back. The exact inverse of [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    /// Anything but the bytes that `to_bytes` would print.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ActionError> {
        let subject: Self = serde_json::from_value(json::parse_canonical(bytes)?).map_err(ActionError::Shape)?;
        match subject.v {
            // serde also reads a list for an object: there is one form.
            VERSION if subject.to_bytes() == bytes => Ok(subject),
            VERSION => Err(ActionError::NotCanonical),
            other => Err(ActionError::Version(other)),
        }
    }
}
