//! Traffic: the calls that agents make, and what came of each.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{Decision, Reason, Row, StoryStep};

/// A part of the calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TrafficPage {
    /// Newest first. Which calls there are is as of `size`; how each stands is as of now.
    pub calls: Vec<Call>,
    /// The log's size that was looked at: the query's, or the log's.
    #[ts(type = "number")]
    pub size: u64,
    /// How many calls match the filter in all.
    #[ts(type = "number")]
    pub matching: u64,
    /// How many records the search knows. Less than `size` while it catches up: then there may be newer calls.
    #[ts(type = "number")]
    pub searched: u64,
}

/// How a call stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CallState {
    /// A person has to countersign it.
    Waiting,
    /// It was let through and isn't answered yet.
    UnderWay,
    /// It was answered.
    Answered,
    /// It was refused: by policy, by a person, for want of a decision in time, by a halt.
    Refused,
    /// It was let through and failed.
    Failed,
}

/// One call: what the records of its story say together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Call {
    /// The record that asked for it.
    #[ts(type = "number")]
    pub sequence: u64,
    /// Its story: the correlation id of its records.
    pub request_uid: String,
    /// When it was asked for, ms UTC.
    #[ts(type = "number")]
    pub asked_ms: i64,
    /// The agent's name.
    pub agent: String,
    /// `chat.completions`.
    pub operation: String,
    /// The model, where one is known.
    pub model: Option<String>,
    /// Where it goes, where that is known.
    pub upstream: Option<String>,
    /// How it was decided: by policy, or by a person where it was held.
    pub decision: Decision,
    /// How it stands.
    pub state: CallState,
    /// The same in words: `answered`, `denied by Ada Novak`, `upstream too slow`.
    pub says: String,
    /// The upstream's HTTP status.
    pub http_status: Option<u32>,
    /// Tokens in, as the upstream says.
    #[ts(type = "number | null")]
    pub tokens_in: Option<u64>,
    /// Tokens out, as the upstream says.
    #[ts(type = "number | null")]
    pub tokens_out: Option<u64>,
    /// When it ended, ms UTC.
    #[ts(type = "number | null")]
    pub ended_ms: Option<i64>,
    /// How long it took in all, µs, where that was measured.
    #[ts(type = "number | null")]
    pub total_us: Option<u64>,
    /// Where the time went, in order.
    pub steps: Vec<CallTime>,
}

/// How long one step of a call took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CallTime {
    /// Which.
    pub step: CallPart,
    /// µs.
    #[ts(type = "number")]
    pub us: u64,
}

/// The steps of a call that take time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum CallPart {
    /// The gateway read it and decided.
    Decide,
    /// Its records were written to disk.
    Record,
    /// It waited for a person.
    Hold,
    /// The upstream began to answer.
    FirstByte,
    /// The rest of the answer came.
    Answer,
}

/// One call, opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CallDetail {
    /// The line in the list.
    pub call: Call,
    /// One sentence that says how it stands.
    pub sentence: String,
    /// Every rule that decided.
    pub reasons: Vec<Reason>,
    /// What its records say, each thing once, with the filter that selects what says the same.
    pub fields: Vec<Row>,
    /// Its records, oldest first.
    pub story: Vec<StoryStep>,
}
