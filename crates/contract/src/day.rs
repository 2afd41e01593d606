//! A day in sums.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which day.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DayQuery {
    /// `2026-11-22`; today when empty.
    #[serde(default)]
    pub date: String,
    /// How far the clock that the day is meant by is ahead of UTC, in minutes: a multiple of 15, from -720 to 840.
    #[serde(default)]
    pub offset_min: i32,
}

/// What happened, counted. Each record counts where it was logged: a call that ends after midnight is asked for on one
/// day and answered on the next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DaySums {
    /// Calls asked for.
    #[ts(type = "number")]
    pub calls: u64,
    /// Calls that began to wait for a person.
    #[ts(type = "number")]
    pub held: u64,
    /// Refusals: by policy, by a person, for want of a decision in time, by a halt.
    #[ts(type = "number")]
    pub refused: u64,
    /// Calls that were let through and failed.
    #[ts(type = "number")]
    pub failed: u64,
    /// Calls that were answered.
    #[ts(type = "number")]
    pub answered: u64,
    /// Tokens in, as the upstreams say.
    #[ts(type = "number")]
    pub tokens_in: u64,
    /// Tokens out, as the upstreams say.
    #[ts(type = "number")]
    pub tokens_out: u64,
}

/// What half and nineteen twentieths of the measured calls didn't exceed, to within four hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DayTime {
    /// Half of them, µs.
    #[ts(type = "number")]
    pub p50_us: u64,
    /// Nineteen of twenty, µs.
    #[ts(type = "number")]
    pub p95_us: u64,
    /// How many calls were measured: those to which an upstream began to answer.
    #[ts(type = "number")]
    pub calls: u64,
}

/// An hour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DayHour {
    /// When it begins, ms UTC.
    #[ts(type = "number")]
    pub from_ms: i64,
    /// What happened.
    pub sums: DaySums,
    /// The time that the gateway itself took, before anything was sent; nothing where no call was measured.
    pub own: Option<DayTime>,
    /// The time that upstreams took until they began to answer.
    pub upstream: Option<DayTime>,
}

/// What belongs to an agent, or to a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DayPart {
    /// Its name; empty where calls named no model that can be shown.
    pub name: String,
    /// The filter that selects its calls of that day; empty where there is none.
    pub filter: String,
    /// What happened.
    pub sums: DaySums,
}

/// A day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Day {
    /// `2026-11-22`.
    pub date: String,
    /// When it begins, ms UTC.
    #[ts(type = "number")]
    pub from_ms: i64,
    /// When it ends, ms UTC.
    #[ts(type = "number")]
    pub to_ms: i64,
    /// The whole day.
    pub sums: DaySums,
    /// The whole day's times of the gateway itself.
    pub own: Option<DayTime>,
    /// The whole day's times of the upstreams.
    pub upstream: Option<DayTime>,
    /// Its 24 hours.
    pub hours: Vec<DayHour>,
    /// By agent, most calls first.
    pub agents: Vec<DayPart>,
    /// By model, most calls first.
    pub models: Vec<DayPart>,
    /// When the log's first record was written, ms UTC: there is no day before.
    #[ts(type = "number | null")]
    pub first_ms: Option<i64>,
    /// The newest record that is counted, ms UTC.
    #[ts(type = "number | null")]
    pub upto_ms: Option<i64>,
    /// How many records are counted.
    #[ts(type = "number")]
    pub searched: u64,
    /// How many the log has.
    #[ts(type = "number")]
    pub size: u64,
}
