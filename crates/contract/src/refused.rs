//! A log that isn't opened.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Why a log isn't opened, how far it is good, and since when that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RefusedLog {
    /// `countersign/log/…`
    pub origin: String,
    /// What is wrong, in a sentence.
    pub sentence: String,
    /// The first record that is wrong; absent where it is something beside the records, or what is missing at their end.
    #[ts(type = "number | null")]
    pub broken_at: Option<u64>,
    /// How many records are good, from the first on.
    #[ts(type = "number")]
    pub good: u64,
    /// When the last of these was logged, ms UTC.
    #[ts(type = "number | null")]
    pub good_until_ms: Option<i64>,
    /// When it was found first, ms UTC.
    #[ts(type = "number | null")]
    pub found_ms: Option<i64>,
    /// The size of the last good head, which a new log's record 0 names.
    #[ts(type = "number")]
    pub head_size: u64,
    /// Its root, hex.
    pub head_root: String,
}

/// What verifies of a log that isn't opened, copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RescuedLog {
    /// How many records.
    #[ts(type = "number")]
    pub count: u64,
    /// The tree's root over them, hex.
    pub root: String,
    /// The SHA-256 of the lines, hex.
    pub sha256: String,
    /// The attestation over the lines (DSSE).
    pub attestation: String,
}
