//! Proposed actions: what an agent asks leave to do itself, of a kind that the administrator registered.
//!
//! ```text
//! {"kind":"payment.create","parameters":{"amount":"48200.00","currency":"EUR"},
//!  "reason":"Invoice 4711 is due.","evidence":[{"kind":"invoice","reference":"https://…","sha256":"<64 hex>"}]}
//! ```
//! [`Definition`] is the kind as registered, [`Proposal`] what the agent sent, [`Subject`] what an approval binds the
//! one to the other with, and [`ExecutionReport`] what the agent says came of it.

mod definition;
mod error;
mod render;
mod report;
mod subject;
mod wire;

use serde::Deserialize;
use serde_json::{Map, Value};

pub use definition::{Category, Definition};
pub use error::{DefinitionError, ProposalError};
pub use render::Parties;
pub use report::{ExecutionReport, ExecutionStatus};
pub use subject::Subject;

use crate::view::View;

/// The operation of a proposal, as records name it.
pub const OPERATION: &str = "actions.propose";

/// The operation of a report about an execution, where one is refused.
pub const REPORT_OPERATION: &str = "actions.report";

/// The largest proposal, and the largest report, in bytes.
pub const LARGEST: usize = 256 * 1024;

/// How deep parameters may nest.
const DEEPEST: usize = 16;

/// How many values parameters may have, at every depth together: each is a line on a reviewer's screen.
const MOST_VALUES: usize = 1000;

/// How many references to evidence.
const MOST_EVIDENCE: usize = 32;

/// The longest name of a kind of reference, in characters.
const LONGEST_REFERENCE_KIND: usize = 64;

/// The longest reference, in characters.
const LONGEST_REFERENCE: usize = 2048;

/// The longest reason, in characters.
const LONGEST_REASON: usize = 4000;

/// A proposal as read. Its strings are the agent's own: show them only through [`crate::visible`].
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    kind: String,
    parameters: Map<String, Value>,
    reason: Option<String>,
    evidence: Vec<Evidence>,
    exact: String,
}

/// What the agent refers to for its proposal. Its claim: nothing of it is fetched or checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// What kind of reference it is, `invoice`.
    pub kind: String,
    /// A URI or an id.
    pub reference: String,
    /// SHA-256 of what is referred to, 64 lowercase hex digits.
    pub sha256: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    kind: String,
    parameters: Map<String, Value>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    evidence: Vec<wire::ObjectOf<SentEvidence>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentEvidence {
    kind: String,
    reference: String,
    #[serde(default)]
    sha256: Option<String>,
}

impl Proposal {
    /// Reads a proposal's exact bytes.
    ///
    /// # Errors
    /// [`ProposalError`] where the bytes aren't strict JSON (duplicate keys, lone surrogates, trailing bytes …), a field is
    /// missing, unknown or of the wrong type, something is longer, deeper or more than is taken, or a number has more
    /// digits than every reader keeps.
    pub fn read(bytes: &[u8]) -> Result<Self, ProposalError> {
        let (sent, exact): (Sent, _) = wire::read(bytes)?;
        if !definition::is_name(&sent.kind) {
            return Err(ProposalError::Value {
                path: "kind".to_owned(),
                wanted: "1 to 64 characters of a-z, 0-9, `.`, `_` and `-`",
            });
        }
        wire::bounded(&sent.parameters, DEEPEST, MOST_VALUES)?;
        if sent
            .reason
            .as_ref()
            .is_some_and(|reason| reason.chars().count() > LONGEST_REASON)
        {
            return Err(ProposalError::Value {
                path: "reason".to_owned(),
                wanted: "4,000 characters at most",
            });
        }
        if sent.evidence.len() > MOST_EVIDENCE {
            return Err(ProposalError::Value {
                path: "evidence".to_owned(),
                wanted: "32 references at most",
            });
        }
        let evidence = sent.evidence.into_iter().enumerate();
        Ok(Self {
            kind: sent.kind,
            parameters: sent.parameters,
            reason: sent.reason,
            evidence: evidence.map(checked).collect::<Result<_, _>>()?,
            exact,
        })
    }

    /// The kind that it names, which may be registered or not.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// Its parameters.
    #[must_use]
    pub const fn parameters(&self) -> &Map<String, Value> {
        &self.parameters
    }

    /// Why the agent says that it proposes this.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// What the agent refers to.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
    }

    /// The exact text that was read, byte for byte.
    #[must_use]
    pub fn exact(&self) -> &str {
        &self.exact
    }

    /// How it reads to a person: complete, nothing truncated, invisible characters made visible.
    #[must_use]
    pub fn view(&self, definition: &Definition, who: &Parties) -> View {
        render::view(self, definition, who)
    }
}

fn checked((index, sent): (usize, wire::ObjectOf<SentEvidence>)) -> Result<Evidence, ProposalError> {
    let SentEvidence {
        kind,
        reference,
        sha256,
    } = sent.0;
    let wrong = |field: &str, wanted| ProposalError::Value {
        path: format!("evidence[{index}].{field}"),
        wanted,
    };
    if !(1..=LONGEST_REFERENCE_KIND).contains(&kind.chars().count()) {
        return Err(wrong("kind", "1 to 64 characters"));
    }
    if !(1..=LONGEST_REFERENCE).contains(&reference.chars().count()) {
        return Err(wrong("reference", "1 to 2,048 characters"));
    }
    if sha256.as_deref().is_some_and(|digest| !wire::is_digest(digest)) {
        return Err(wrong("sha256", "64 digits of 0-9 and a-f"));
    }
    Ok(Evidence {
        kind,
        reference,
        sha256,
    })
}
