//! The log, as an operator reads it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which records, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogQuery {
    /// Only records before this sequence; from the head when absent.
    #[ts(type = "number | null")]
    #[serde(default)]
    pub before: Option<u64>,
    /// Only this agent's stream.
    #[serde(default)]
    pub agent_uid: Option<String>,
    /// Only one story: the records with this correlation id.
    #[serde(default)]
    pub correlation_uid: Option<String>,
    /// At most this many (1 to 1,000; 0 means 100).
    #[serde(default)]
    pub limit: u32,
}

/// A page of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogPage {
    /// Newest first.
    pub rows: Vec<LogRow>,
    /// The log's size when the page was read.
    #[ts(type = "number")]
    pub size: u64,
    /// How many records match the query in all.
    #[ts(type = "number")]
    pub matching: u64,
}

/// How a record's matter was decided, for a list's last column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Allowed by policy.
    Allowed,
    /// Refused by policy or by a person.
    Refused,
    /// Waits for a person.
    Held,
    /// Countersigned by a person.
    Signed,
    /// An error.
    Failed,
    /// Nothing was decided.
    None,
}

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogRow {
    /// 0-based place in the log.
    #[ts(type = "number")]
    pub sequence: u64,
    /// ms UTC; never falls from one record to the next.
    #[ts(type = "number")]
    pub logged_ms: i64,
    /// Who acted.
    pub who: String,
    /// What they did, in words.
    pub did: String,
    /// How it was decided.
    pub decision: Decision,
    /// OCSF class.
    pub class_uid: u32,
    /// The stream: an agent's uid, or `sys`.
    pub stream: String,
    /// The story it belongs to.
    pub correlation_uid: Option<String>,
}

/// Names a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RecordRef {
    /// 0-based place in the log.
    #[ts(type = "number")]
    pub sequence: u64,
}

/// A label and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Row {
    /// What it is.
    pub label: String,
    /// Its value.
    pub value: String,
    /// Whether the value is an identifier, a digest or code.
    pub mono: bool,
}

/// One step of a record's story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StoryStep {
    /// The record's sequence.
    #[ts(type = "number")]
    pub sequence: u64,
    /// `Asked`, `Held`, `Signed`, `Released`, `Answered`.
    pub title: String,
    /// Who or how.
    pub note: String,
    /// ms UTC.
    #[ts(type = "number")]
    pub logged_ms: i64,
    /// How it was decided.
    pub decision: Decision,
}

/// One record, opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RecordDetail {
    /// The line in the list.
    pub row: LogRow,
    /// One sentence that says what happened.
    pub sentence: String,
    /// What it says, readable.
    pub fields: Vec<Row>,
    /// The records of the same request, oldest first; empty where it stands alone.
    pub story: Vec<StoryStep>,
    /// The OCSF event as stored (JCS).
    pub ocsf: String,
    /// The bytes that were hashed: the event without its own fingerprint (JCS).
    pub hashed: String,
    /// The fingerprint that stands in the record, hex.
    pub fingerprint: String,
    /// The fingerprint that these bytes give now, hex.
    pub recomputed: String,
    /// The size of the first checkpoint that covers it, where there is one.
    #[ts(type = "number | null")]
    pub sealed_in: Option<u64>,
}

/// Where a verification of the whole chain stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct Verification {
    /// Its state.
    pub state: VerificationState,
    /// Records verified so far, or in all.
    #[ts(type = "number")]
    pub verified: u64,
    /// Records to verify.
    #[ts(type = "number")]
    pub of: u64,
    /// When it ended, ms UTC.
    #[ts(type = "number | null")]
    pub ended_ms: Option<i64>,
    /// Where the chain breaks.
    #[ts(type = "number | null")]
    pub broken_at: Option<u64>,
    /// What was found, in a sentence.
    pub sentence: String,
}

/// The states of a verification.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum VerificationState {
    /// Not run yet.
    #[default]
    NotRun,
    /// Under way.
    Running,
    /// Every record verified.
    Verified,
    /// The chain breaks.
    Broken,
}
