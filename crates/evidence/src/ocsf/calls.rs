//! Builders: calls, decisions on them, releases, outcomes.

use super::event::{ActionDocument, AgentName, ContentRef, Context, Person, RuleReason, Source, UpstreamName};
use super::proposed::ProposedKind;
use crate::hash::Digest;
use crate::key::KeyId;

/// What the policy decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It may go.
    Allow,
    /// It is refused.
    Deny,
    /// A person must countersign it.
    Hold,
}

/// What the records of one call have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The request's id: the `correlation_uid` of every record of its story.
    pub request_uid: String,
    /// The agent.
    pub agent: AgentName,
    /// `chat.completions`, `actions.propose`.
    pub operation: String,
    /// The model asked for. Recorded only if it looks like a model's name (see [`token`](super::token)); the exact
    /// text is in the request's content in any case.
    pub model: Option<String>,
    /// Where the call goes.
    pub upstream: Option<UpstreamName>,
    /// What an action is that the agent proposes to do itself; nothing for a call of a model.
    pub proposed: Option<ProposedKind>,
    /// Where it came from.
    pub source: Source,
}

/// A call was read and decided on: 6003, activity 1, profiles `security_control` and `ai_operation`.
#[derive(Debug, Clone, PartialEq)]
pub struct CallDecided {
    /// When, and for which tenant.
    pub context: Context,
    /// The call.
    pub call: Call,
    /// The decision.
    pub effect: Effect,
    /// Every rule that decided.
    pub reasons: Vec<RuleReason>,
    /// Who answers for the agent.
    pub sponsor: Person,
    /// SHA-256 of the policy's text.
    pub policy_sha256: Digest,
    /// The operator who published that policy; nothing where it is the built-in one.
    pub policy_author: Option<String>,
    /// How much review it needs.
    pub tier: u8,
    /// The action's document; nothing where the call couldn't be read as an action.
    pub action: Option<ActionDocument>,
    /// The action's digest.
    pub action_digest: Option<Digest>,
    /// The contents sealed with this record.
    pub contents: Vec<ContentRef>,
    /// What this product didn't establish: `privacy`, `rate`, `risk`.
    pub not_established: Vec<String>,
    /// The approval's id, where it is held.
    pub item_uid: Option<String>,
    /// When a held item is denied unless countersigned, ms UTC.
    pub expires_ms: Option<i64>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// The upstream answered with success, and the whole answer was passed on.
    Answered,
    /// The upstream answered with an error of its own.
    UpstreamError,
    /// The answer broke off.
    Cut,
    /// The upstream couldn't be reached; nothing was answered.
    Unreachable,
    /// The upstream didn't answer in time.
    TimedOut,
    /// The agent went away before the end of the answer.
    ClientGone,
    /// What came isn't what the wire format says: an event that can't be read, a stream without its end.
    Malformed,
    /// The agent was halted, and the answer cut.
    Halted,
    /// The upstream failed so often that nothing is sent to it for a while.
    CircuitOpen,
    /// No credential could be put on it, so it was never sent.
    NotSent,
    /// The gateway stopped between the decision and the outcome.
    Unknown,
}

/// A released call ended: 6003, activity 1, profile `ai_operation`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallFinished {
    /// When it ended, and for which tenant.
    pub context: Context,
    /// The call.
    pub call: Call,
    /// How it ended.
    pub outcome: CallOutcome,
    /// The upstream's HTTP status.
    pub http_status: Option<u16>,
    /// Tokens in, as the upstream says.
    pub prompt_tokens: Option<u64>,
    /// Tokens out, as the upstream says.
    pub completion_tokens: Option<u64>,
    /// Tokens in all, as the upstream says.
    pub total_tokens: Option<u64>,
    /// Why the model stopped, as the upstream says; recorded only if it is a plain token.
    pub finish_reason: Option<String>,
    /// How many calls of tools the model asked for.
    pub tool_calls: u64,
    /// The tools that it asked for, each once; recorded only where the name is a plain token.
    pub tools_asked: Vec<String>,
    /// From release to end, ms.
    pub duration_ms: Option<u64>,
    /// How long each step took, µs: `read`, `decide`, `record`, `hold`, `first_byte`.
    pub latency_us: Vec<(&'static str, u64)>,
    /// The action's digest.
    pub action_digest: Option<Digest>,
    /// The contents sealed with this record: the response.
    pub contents: Vec<ContentRef>,
}

/// What a person decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Countersigned.
    Approved,
    /// Refused.
    Denied,
}

/// A person decided on a held item: 6003, activity 3, `actor.user` the reviewer, disposition 8 or 25.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemDecided {
    /// When, and for which tenant.
    pub context: Context,
    /// The call that was held.
    pub call: Call,
    /// The reviewer.
    pub reviewer: Person,
    /// What was decided.
    pub verdict: Verdict,
    /// The approval's id.
    pub item_uid: String,
    /// SHA-256 of the signed statement (the DSSE payload).
    pub payload_sha256: Digest,
    /// The key that signed it.
    pub key_id: KeyId,
    /// Whether the reviewer is the only operator there is.
    pub sole_operator: bool,
    /// How much review it needed.
    pub tier: u8,
    /// The action's digest.
    pub action_digest: Digest,
    /// The commitment to what was shown.
    pub view_c: Digest,
    /// The commitment to the reason that was given.
    pub reason_c: Option<Digest>,
    /// The policy that the statement names.
    pub policy_sha256: Digest,
    /// The contents sealed with this record: the reason.
    pub contents: Vec<ContentRef>,
}

/// Why an item ended without a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Nobody decided in time: denied.
    Undecided,
    /// It was countersigned, but the agent didn't come for it in time.
    Lapsed,
    /// It was countersigned, but something isn't any more as it was then: another policy is in force, another upstream in
    /// use.
    Void,
}

/// A held item ran out: 6003, activity 3, disposition 2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemExpired {
    /// When, and for which tenant.
    pub context: Context,
    /// The call that was held.
    pub call: Call,
    /// The approval's id.
    pub item_uid: String,
    /// How it ran out.
    pub expiry: Expiry,
    /// The action's digest.
    pub action_digest: Digest,
}

/// An approved action was released, once: 6003, activity 3, disposition 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// When, and for which tenant.
    pub context: Context,
    /// The call.
    pub call: Call,
    /// The approval's id.
    pub item_uid: String,
    /// The release's id; the token itself never stands in a record.
    pub jti: String,
    /// The action's digest.
    pub action_digest: Digest,
    /// SHA-256 of each approval's signed statement.
    pub approvals: Vec<Digest>,
}
