//! What the builders yield, and the people, agents and places that stand in it.

use std::net::IpAddr;

use serde_json::{Map, Value};

use crate::hash::{Digest, tagged};
use crate::json::{self, JsonError};

/// An OCSF event that has no place in a log yet: everything but `metadata.uid`, `sequence`, `logged_time`, the
/// stream's own numbers and the attestation, which [`Draft::place`](crate::Draft::place) puts on.
///
/// Only this module's builders make one, so its required fields, enums and profiles are right by construction.
#[derive(Debug, Clone, PartialEq)]
pub struct Event(pub(crate) Map<String, Value>);

impl Event {
    /// The event as JSON.
    #[must_use]
    pub const fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The request that it belongs to.
    #[must_use]
    pub fn correlation_uid(&self) -> Option<&str> {
        self.0.get("metadata")?.get("correlation_uid")?.as_str()
    }
}

/// When and for whom something happened: every builder wants one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// When it happened by this machine's clock, ms UTC.
    pub time_ms: i64,
    /// The tenant.
    pub tenant_uid: String,
}

/// An operator: a person. The name is the one given when the operator was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The operator's uid.
    pub uid: String,
    /// The operator's name.
    pub name: String,
}

/// An agent as registered. Names chosen by operators at registration stand in records, for records are to be read;
/// whatever an agent or a person types later is a content and stands there as a commitment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentName {
    /// The agent's uid, which is its stream's name.
    pub uid: String,
    /// The agent's name.
    pub name: String,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// An operator.
    Person(Person),
    /// An agent.
    Agent(AgentName),
    /// The gateway itself.
    Gateway,
}

/// An upstream as the administrator configured it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamName {
    /// Its name in the configuration.
    pub name: String,
    /// Who runs it, as OCSF's `ai_provider` wants it: `openai`, `anthropic`, `practice`.
    pub provider: String,
}

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A network peer.
    Network(IpAddr, u16),
    /// A network peer whose port doesn't matter, for counts.
    Address(IpAddr),
    /// The operators' socket or the console on this machine.
    Operators,
    /// The gateway itself.
    Gateway,
}

/// A commitment to a content, as records carry it: never the content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentRef {
    /// The content's uid.
    pub content_uid: String,
    /// What it is: `request`, `view`, `response`, `reason`.
    pub slot: String,
    /// The commitment.
    pub c: Digest,
}

/// The canonical document of an action: commitments and digests only, so it may stand in a record.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionDocument(Value);

impl ActionDocument {
    /// Reads the document that an action made.
    ///
    /// # Errors
    /// Says what keeps the bytes from being signed JSON in canonical form.
    pub fn parse(bytes: &[u8]) -> Result<Self, JsonError> {
        json::parse_canonical(bytes).map(Self)
    }

    /// Takes a value that stands in a record.
    #[must_use]
    pub const fn from_value(value: Value) -> Self {
        Self(value)
    }

    /// The document as JSON.
    #[must_use]
    pub const fn as_value(&self) -> &Value {
        &self.0
    }

    /// The action's digest: `H("action", JCS(document))`.
    ///
    /// # Errors
    /// A number that signed JSON doesn't allow (only after [`from_value`](Self::from_value)).
    pub fn digest(&self) -> Result<Digest, JsonError> {
        Ok(tagged("action", &[&json::canonical_value(&self.0)?]))
    }
}

/// A rule that decided, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleReason {
    /// The rule's id in the policy.
    pub rule: String,
    /// Its text in the policy, for a person.
    pub text: String,
}
