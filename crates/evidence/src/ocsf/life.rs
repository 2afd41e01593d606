//! Builders: the log itself, keys, agents, credentials, upstreams, policies, refused authentication.

use std::net::IpAddr;

use super::event::{Actor, AgentName, ContentRef, Context, Person, UpstreamName};
use crate::casefile::{Disclosure, Selection, Since};
use crate::hash::Digest;
use crate::key::{PublicKey, Role};
use crate::origin::Origin;

/// The log that a new one goes on from, after a restored backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EarlierLog {
    /// Its origin.
    pub origin: Origin,
    /// The size of its final checkpoint.
    pub size: u64,
    /// The root of its final checkpoint.
    pub root: Digest,
}

/// Record 0: 1008, activity 6 Start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOpened {
    /// When, and for which tenant.
    pub context: Context,
    /// The log's first key.
    pub key: PublicKey,
    /// 16 random bytes; with the key they make the origin.
    pub nonce: [u8; 16],
    /// The log that this one goes on from.
    pub earlier: Option<EarlierLog>,
}

/// The gateway began to serve: 1008, activity 6 Start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogStarted {
    /// When, and for which tenant.
    pub context: Context,
    /// How many records were verified before it began.
    pub verified: u64,
    /// How many records stand before those: an earlier process verified them, and the head that it kept was found.
    pub from: u64,
}

/// The gateway stopped in good order: 1008, activity 7 Stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogStopped {
    /// When, and for which tenant.
    pub context: Context,
}

/// The head of a selected stream when a case file was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamHead {
    /// The stream.
    pub stream: String,
    /// The number of its last record within the stream.
    pub stream_seq: u64,
    /// That record's fingerprint.
    pub fp: Digest,
}

/// A case file is made: 1008, activity 3 Export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// When, and for which tenant.
    pub context: Context,
    /// Who asked for it.
    pub actor: Actor,
    /// Which records were selected.
    pub filter: Selection,
    /// Which of their contents are disclosed.
    pub disclosure: Disclosure,
    /// The checkpoint that the file shows the log to go on from.
    pub since: Option<Since>,
    /// Why contents are disclosed, and why the others are withheld, as far as somebody typed it.
    pub contents: Vec<ContentRef>,
    /// The heads of the selected streams, and of no other.
    pub heads: Vec<StreamHead>,
    /// The log's size before this record: N.
    pub size: u64,
    /// How many records were selected.
    pub selected: u64,
    /// `H("selection", d…)` over the selected records' fingerprints, in their order.
    pub selection: Digest,
}

/// A key was registered: 3007, activity 18.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyAdded {
    /// When, and for which tenant.
    pub context: Context,
    /// Who registered it.
    pub actor: Actor,
    /// What it may sign.
    pub role: Role,
    /// The key.
    pub key: PublicKey,
    /// Whose it is; the gateway's own where there is no person.
    pub owner: Option<Person>,
    /// SHA-256 of the signed statement that proves possession (the DSSE payload).
    pub possession_sha256: Option<Digest>,
}

/// An operator was registered: 3007, activity 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorAdded {
    /// When, and for which tenant.
    pub context: Context,
    /// Who registered the operator.
    pub actor: Actor,
    /// The operator.
    pub operator: Person,
    /// `reviewer`, `administrator`, `auditor`.
    pub roles: Vec<String>,
}

/// An agent was registered: 3007, activity 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentAdded {
    /// When, and for which tenant.
    pub context: Context,
    /// Who registered it.
    pub actor: Actor,
    /// The agent.
    pub agent: AgentName,
    /// Who answers for it.
    pub sponsor: Person,
}

/// A runtime key was issued to an agent: 3007, activity 18.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentKeyIssued {
    /// When, and for which tenant.
    pub context: Context,
    /// Who issued it.
    pub actor: Actor,
    /// The agent.
    pub agent: AgentName,
    /// The key's public name; neither the key nor its hash stands in a record.
    pub credential_uid: String,
}

/// An agent was halted, or may call again: 3007, activity 5 or 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentSwitched {
    /// When, and for which tenant.
    pub context: Context,
    /// Who did it.
    pub actor: Actor,
    /// The agent.
    pub agent: AgentName,
    /// Whether its key is accepted from now on.
    pub enabled: bool,
}

/// A credential for an upstream was sealed: 3007, activity 18, the user being the upstream as a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialSet {
    /// When, and for which tenant.
    pub context: Context,
    /// Who set it.
    pub actor: Actor,
    /// The upstream.
    pub upstream: UpstreamName,
    /// Tells one credential from another without giving it away (an HMAC's first digits, or a random id).
    pub credential_uid: String,
}

/// A credential was removed: 3007, activity 19.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRemoved {
    /// When, and for which tenant.
    pub context: Context,
    /// Who removed it.
    pub actor: Actor,
    /// The upstream.
    pub upstream: UpstreamName,
    /// As when it was set.
    pub credential_uid: String,
}

/// An upstream was configured: 3004, activity 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamAdded {
    /// When, and for which tenant.
    pub context: Context,
    /// Who configured it.
    pub actor: Actor,
    /// The upstream.
    pub upstream: UpstreamName,
    /// `openai`, `anthropic` or `gemini`.
    pub format: String,
    /// Where it is; `embedded` for the practice upstream.
    pub base_url: String,
    /// What is permitted of it that otherwise isn't: `private_network`, `plaintext`, `long_silence`.
    pub exceptions: Vec<String>,
    /// The contents sealed with this record: slot `justification`, for the exceptions.
    pub contents: Vec<ContentRef>,
}

/// A wire format's route was pointed at an upstream: 3004, activity 10 Activate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamUsed {
    /// When, and for which tenant.
    pub context: Context,
    /// Who switched.
    pub actor: Actor,
    /// The upstream.
    pub upstream: UpstreamName,
    /// `openai`, `anthropic` or `gemini`.
    pub format: String,
}

/// A policy came into force: 3004, activity 10 Activate, the entity being the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyPublished {
    /// When, and for which tenant.
    pub context: Context,
    /// Who published it; the gateway for the built-in one.
    pub actor: Actor,
    /// SHA-256 of its text.
    pub policy_sha256: Digest,
    /// Its name in words: `built-in`, `published`.
    pub name: String,
    /// How many rules it has.
    pub rules: u64,
    /// The policy that it replaces.
    pub replaces: Option<Digest>,
}

/// Authentication was refused: 3002, activity 1, status Failure, counted per source and minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthRefused {
    /// When the count was closed, and for which tenant.
    pub context: Context,
    /// Where the attempts came from.
    pub source: IpAddr,
    /// How many there were.
    pub count: u64,
    /// The first of them, ms UTC.
    pub first_ms: i64,
    /// The last of them, ms UTC.
    pub last_ms: i64,
    /// `unknown_key`, `disabled`, `missing`, `malformed`.
    pub reason: String,
}
