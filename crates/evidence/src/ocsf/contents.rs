//! Builders: contents opened and erased, how long they are kept, legal holds, tampering found.

use super::event::{Actor, AgentName, ContentRef, Context};
use crate::hash::Digest;

/// Why contents were erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErasureCause {
    /// Somebody named this content.
    Content,
    /// Somebody asked for everything of an agent.
    Agent,
    /// A text was searched for, on a person's behalf. The text itself stands in no record.
    Search,
    /// The time that contents are kept was over.
    Retention,
}

/// A content that is no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasedContent {
    /// Its uid.
    pub content_uid: String,
    /// The commitment to it, which stays.
    pub c: Digest,
    /// The record that carries the commitment.
    pub record: u64,
}

/// Contents were erased, keys and salts with them: 6003, activity 4 Delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentsErased {
    /// When, and for which tenant.
    pub context: Context,
    /// Who erased them; the gateway where their time was over.
    pub actor: Actor,
    /// Names the erasure, which may take several records.
    pub erasure_uid: String,
    /// Why.
    pub cause: ErasureCause,
    /// The stream that they are of.
    pub stream: String,
    /// What is gone.
    pub erased: Vec<ErasedContent>,
    /// The commitment to the reason that was given.
    pub reason_c: Option<Digest>,
    /// The contents sealed with this record: the reason, in the erasure's first.
    pub contents: Vec<ContentRef>,
}

/// An operator opened a content: 6003, activity 2 Read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentOpened {
    /// When, and for which tenant.
    pub context: Context,
    /// Who read it.
    pub actor: Actor,
    /// The operator's request.
    pub request_uid: String,
    /// What was read.
    pub content: ContentRef,
    /// The record that it came with.
    pub record: u64,
    /// The story that it belongs to.
    pub correlation_uid: Option<String>,
    /// The held item as a part of which it was shown.
    pub item_uid: Option<String>,
}

/// How long contents are kept, in days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keeping {
    /// Contents older than this are erased.
    pub days: u64,
    /// No fewer days can be set; it only ever rises.
    pub minimum_days: u64,
}

/// The time that contents are kept was set: 3004, activity 3 Update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionSet {
    /// When, and for which tenant.
    pub context: Context,
    /// Who set it.
    pub actor: Actor,
    /// The operator's request.
    pub request_uid: String,
    /// What holds from now on.
    pub now: Keeping,
    /// What held before.
    pub before: Keeping,
}

/// What a legal hold keeps from being erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldScope {
    /// Every content.
    All,
    /// Everything of this agent.
    Agent(AgentName),
    /// One story, by its request's id.
    Request(String),
    /// One content, by its uid.
    Content(String),
}

/// A legal hold was set, 3004 activity 1 Create, or lifted, activity 4 Delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LegalHoldChanged {
    /// When, and for which tenant.
    pub context: Context,
    /// Who did it.
    pub actor: Actor,
    /// The operator's request.
    pub request_uid: String,
    /// The hold.
    pub hold_uid: String,
    /// What it keeps.
    pub scope: HoldScope,
    /// Whether it holds from now on, or no longer.
    pub holds: bool,
    /// The commitment to the reason that was given.
    pub reason_c: Digest,
    /// The contents sealed with this record: the reason.
    pub contents: Vec<ContentRef>,
}

/// When tampering was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundWhile {
    /// At a start, when the log didn't verify; this record stands in the log that opened next.
    Starting,
    /// When a person had the running log verified.
    Verifying,
}

/// The log wasn't what was written: 2004, activity 1 Create.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TamperingFound {
    /// When it was recorded, and for which tenant.
    pub context: Context,
    /// Names the finding.
    pub finding_uid: String,
    /// When it was found, ms UTC.
    pub found_ms: i64,
    /// How it was found.
    pub found: FoundWhile,
    /// The first record that is wrong; nothing where it is something beside the chain.
    pub sequence: Option<u64>,
    /// What is wrong, in words.
    pub what: String,
}
