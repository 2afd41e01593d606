//! The log, as an operator reads it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which part of the log, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogQuery {
    /// Which records, in the language of [`Query`](crate::query::Query); every record when empty.
    #[serde(default)]
    pub filter: String,
    /// How many matching records to pass over, counted from the newest.
    #[ts(type = "number")]
    #[serde(default)]
    pub at: u64,
    /// At most this many (1 to 1,000; 0 means 100).
    #[serde(default)]
    pub limit: u32,
    /// The log as it was when it had this many records, so that a list keeps still while the log grows; as it is when
    /// absent.
    #[ts(type = "number | null")]
    #[serde(default)]
    pub size: Option<u64>,
}

/// A part of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogPage {
    /// Newest first.
    pub rows: Vec<LogRow>,
    /// The size that was looked at: the query's, or the log's.
    #[ts(type = "number")]
    pub size: u64,
    /// How many records match the filter in all.
    #[ts(type = "number")]
    pub matching: u64,
    /// How many records the search knows. Less than `size` while it catches up: then newer ones may match too.
    #[ts(type = "number")]
    pub searched: u64,
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

impl Decision {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Allowed,
        Self::Refused,
        Self::Held,
        Self::Signed,
        Self::Failed,
        Self::None,
    ];

    /// Its name in queries.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
            Self::Held => "held",
            Self::Signed => "signed",
            Self::Failed => "failed",
            Self::None => "none",
        }
    }

    /// What it means.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Allowed => "allowed by policy, or answered",
            Self::Refused => "refused by policy or by a person",
            Self::Held => "waits for a person",
            Self::Signed => "countersigned by a person",
            Self::Failed => "an error",
            Self::None => "nothing was decided",
        }
    }

    /// The decision of a name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|decision| decision.name().eq_ignore_ascii_case(name))
    }
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
    /// The filter that selects what the same one did.
    pub who_filter: String,
    /// The filter that selects records of the same kind.
    pub did_filter: String,
    /// How it was decided.
    pub decision: Decision,
    /// OCSF class.
    pub class_uid: u32,
    /// The stream: an agent's uid, or `sys`.
    pub stream: String,
    /// The story it belongs to.
    pub correlation_uid: Option<String>,
    /// When a checkpoint of the log up to this record was signed, ms UTC, where one was.
    #[ts(type = "number | null")]
    pub checkpoint_ms: Option<i64>,
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
    /// The filter that selects the records which say the same.
    pub filter: String,
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
    /// The fingerprint of the record before it, hex; none at the first.
    pub follows: Option<String>,
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
