//! Contents: what was typed and sent, how long it is kept, and how it is erased.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which contents, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ContentQuery {
    /// Only this agent's (name or uid).
    #[serde(default)]
    pub agent: Option<String>,
    /// Only those of one story: the records with this correlation id.
    #[serde(default)]
    pub correlation_uid: Option<String>,
    /// Only those that aren't erased.
    #[serde(default)]
    pub unerased: bool,
    /// Only those before this one: a page's last `id`.
    #[ts(type = "number | null")]
    #[serde(default)]
    pub before: Option<u64>,
    /// At most this many (1 to 500; 0 means 100).
    #[serde(default)]
    pub limit: u32,
}

/// A page of contents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ContentPage {
    /// Newest first.
    pub contents: Vec<ContentLine>,
}

/// One content, unopened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ContentLine {
    /// Its place among all contents.
    #[ts(type = "number")]
    pub id: u64,
    /// Its uid.
    pub content_uid: String,
    /// What it is: `request`, `view`, `response`, `reason`.
    pub slot: String,
    /// RFC 6838 media type.
    pub media_type: String,
    /// Its length in bytes; nothing of an erased one.
    #[ts(type = "number | null")]
    pub bytes: Option<u64>,
    /// The record that it came with.
    #[ts(type = "number")]
    pub record: u64,
    /// When, ms UTC.
    #[ts(type = "number")]
    pub logged_ms: i64,
    /// The stream: an agent's uid, or `sys`.
    pub stream: String,
    /// The record that says that it was erased.
    #[ts(type = "number | null")]
    pub erased_by: Option<u64>,
    /// Why it couldn't be erased now, in words.
    pub kept_because: Option<String>,
}

/// Names a content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ContentRef {
    /// Its uid.
    pub content_uid: String,
}

/// A content, opened. That it was is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct OpenedContent {
    /// Its uid.
    pub content_uid: String,
    /// What it is.
    pub slot: String,
    /// RFC 6838 media type.
    pub media_type: String,
    /// The record that it came with.
    #[ts(type = "number")]
    pub record: u64,
    /// Its text; nothing where it isn't UTF-8.
    pub text: Option<String>,
    /// Its bytes in base64 where it isn't UTF-8.
    pub base64: Option<String>,
    /// The commitment that stands in the record, hex.
    pub commitment: String,
    /// The record that says that it was opened.
    #[ts(type = "number")]
    pub opened_by: u64,
}

/// What is to be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum ErasureScope {
    /// One content, by its uid.
    Content {
        /// Its uid.
        content_uid: String,
    },
    /// Every content of an agent, by its name or uid.
    Agent {
        /// The agent.
        agent: String,
    },
    /// Every content in which this text stands, in whatever case of letters.
    Text {
        /// The text. It is kept nowhere.
        text: String,
    },
}

/// Asks for contents to be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ErasureRequest {
    /// Which.
    pub scope: ErasureScope,
    /// Why. Sealed like any content.
    #[serde(default)]
    pub reason: String,
    /// Says what would be done, and does nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// Only if exactly the contents of this plan would be erased: the `plan` of a dry run.
    #[serde(default)]
    pub plan: Option<String>,
}

/// What an erasure does, or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Erasure {
    /// Whether nothing was done.
    pub dry_run: bool,
    /// How many contents are erased.
    #[ts(type = "number")]
    pub contents: u64,
    /// How many bytes they have.
    #[ts(type = "number")]
    pub bytes: u64,
    /// When the oldest of them was recorded, ms UTC.
    #[ts(type = "number | null")]
    pub oldest_ms: Option<i64>,
    /// When the newest of them was recorded, ms UTC.
    #[ts(type = "number | null")]
    pub newest_ms: Option<i64>,
    /// What is kept although it was meant, and why.
    pub kept: Vec<KeptBack>,
    /// Names exactly these contents: an erasure that gives it back erases these or nothing.
    pub plan: String,
    /// The records that say so; none of a dry run.
    #[ts(type = "number[]")]
    pub records: Vec<u64>,
    /// What was or would be done, in a sentence.
    pub sentence: String,
}

/// Contents that are kept although they were meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct KeptBack {
    /// How many.
    #[ts(type = "number")]
    pub contents: u64,
    /// Why, in words.
    pub because: String,
}

/// How long contents are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Retention {
    /// Contents are erased when they are older than so many days.
    pub days: u32,
    /// No fewer days can be set. This itself can only be raised.
    pub minimum_days: u32,
    /// What was never set holds by default.
    pub is_default: bool,
}

/// Changes how long contents are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RetentionChange {
    /// From now on so many days; as before when absent.
    #[serde(default)]
    pub days: Option<u32>,
    /// From now on at least so many days; as before when absent.
    #[serde(default)]
    pub minimum_days: Option<u32>,
}

/// Applies the retention now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RetentionRun {
    /// Says what would be done, and does nothing.
    #[serde(default)]
    pub dry_run: bool,
    /// What would be done if contents were kept for so many days; only in a dry run.
    #[serde(default)]
    pub days: Option<u32>,
}

/// What a legal hold keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum HoldScope {
    /// Every content.
    All,
    /// Every content of an agent, by its name or uid.
    Agent {
        /// The agent.
        agent: String,
    },
    /// Every content of one story.
    Request {
        /// The correlation id of its records.
        correlation_uid: String,
    },
    /// One content.
    Content {
        /// Its uid.
        content_uid: String,
    },
}

/// Sets a legal hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NewLegalHold {
    /// What it keeps.
    pub scope: HoldScope,
    /// Why. Sealed like any content.
    pub reason: String,
}

/// A legal hold: what it keeps is neither erased nor ended by retention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LegalHold {
    /// Its uid.
    pub uid: String,
    /// What it keeps.
    pub scope: HoldScope,
    /// The same in words.
    pub keeps: String,
    /// The content that says why.
    pub reason_content: String,
    /// Who set it.
    pub set_by: String,
    /// When, ms UTC.
    #[ts(type = "number")]
    pub set_ms: i64,
}

/// The legal holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LegalHolds {
    /// Oldest first.
    pub holds: Vec<LegalHold>,
}

/// Lifts a legal hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LegalHoldLift {
    /// Which.
    pub uid: String,
    /// Why. Sealed like any content.
    pub reason: String,
}
