//! Finding the way in the log: its density, one record among many, what a filter's fields may say.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How the matching records lie in time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DensityQuery {
    /// Which records, in the language of [`Query`](crate::query::Query).
    #[serde(default)]
    pub filter: String,
    /// The log as it was when it had this many records; as it is when absent.
    #[ts(type = "number | null")]
    #[serde(default)]
    pub size: Option<u64>,
    /// From this time on, ms UTC; from the log's first record when absent.
    #[ts(type = "number | null")]
    #[serde(default)]
    pub from_ms: Option<i64>,
    /// To before this time, ms UTC; to after the log's last record when absent.
    #[ts(type = "number | null")]
    #[serde(default)]
    pub to_ms: Option<i64>,
    /// How many slots of equal time (1 to 1,000).
    pub slots: u32,
}

/// How the matching records lie in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Density {
    /// Where the first slot begins, ms UTC.
    #[ts(type = "number")]
    pub from_ms: i64,
    /// Where the last slot ends, ms UTC.
    #[ts(type = "number")]
    pub to_ms: i64,
    /// The slots, oldest first; none where there is nothing to lay out.
    pub slots: Vec<DensitySlot>,
    /// How many records the search knows.
    #[ts(type = "number")]
    pub searched: u64,
}

/// The matching records of one slot of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DensitySlot {
    /// How many.
    pub records: u32,
    /// How many of them are refusals or failures.
    pub refused: u32,
    /// How many of them wait for a person.
    pub held: u32,
    /// How many matching records are newer than this slot: where its newest stands in the list.
    #[ts(type = "number")]
    pub at: u64,
}

/// A record to find.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FindQuery {
    /// What somebody pasted: a record's number, or any hash, uid, fingerprint or key id that stands in one.
    pub wanted: String,
    /// The list in which to find its place, in the language of [`Query`](crate::query::Query).
    #[serde(default)]
    pub filter: String,
    /// The log as it was when it had this many records; as it is when absent.
    #[ts(type = "number | null")]
    #[serde(default)]
    pub size: Option<u64>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Found {
    /// The records that have it, newest first, at most 100.
    #[ts(type = "number[]")]
    pub records: Vec<u64>,
    /// How many have it in all.
    #[ts(type = "number")]
    pub of: u64,
    /// Where the first of them stands in the filtered list, counted from the newest; absent where it isn't in it.
    #[ts(type = "number | null")]
    pub at: Option<u64>,
    /// The filter that selects all of them.
    pub filter: String,
}

/// A value that is being typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CompletionQuery {
    /// The field's name.
    pub field: String,
    /// What its value begins with.
    pub prefix: String,
}

/// Values that the log has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Completions {
    /// At most 20, in their order.
    pub values: Vec<Completion>,
}

/// A value that the log has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Completion {
    /// What to write.
    pub value: String,
    /// What else is known of it: an agent's uid.
    pub note: String,
}
