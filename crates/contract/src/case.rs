//! Case files, from the side that makes them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What goes into a case file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CaseRequest {
    /// The agent's uid or name.
    pub agent: String,
    /// From this time on, ms UTC; from the beginning when absent.
    #[ts(type = "number | null")]
    #[serde(default)]
    pub from_ms: Option<i64>,
    /// To before this time, ms UTC; to now when absent.
    #[ts(type = "number | null")]
    #[serde(default)]
    pub to_ms: Option<i64>,
    /// Whether the contents (prompts, answers, reasons, views) are disclosed with their salts; withheld otherwise.
    #[serde(default)]
    pub disclose_contents: bool,
}

/// A case file that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CaseFile {
    /// A file name to offer, `support-bot-2026-11-20.case.zip`.
    pub name: String,
    /// The zip, standard base64.
    pub zip: String,
    /// Its SHA-256, hex.
    pub sha256: String,
    /// How many records of the agent are in it.
    #[ts(type = "number")]
    pub records: u64,
    /// The sequence of the record of this export.
    #[ts(type = "number")]
    pub export_record: u64,
}
