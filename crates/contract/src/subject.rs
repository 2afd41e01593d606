//! Everything about one person, for that person to have (a data subject's access request).

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Whom it is about, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SubjectRequest {
    /// A text that stands for the person, a name or an address: looked for as an erasure looks for it.
    pub text: String,
    /// Why it is exported; recorded.
    pub reason: String,
}

/// What was found, as a signed document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SubjectExport {
    /// A file name to offer, `about-a-person-2026-11-20.json`.
    pub name: String,
    /// The document: canonical JSON, the records and contents in which the text stands.
    pub document: String,
    /// Its SHA-256, hex.
    pub sha256: String,
    /// The signed statement (DSSE) over it.
    pub attestation: String,
    /// How many records have a content that was found.
    #[ts(type = "number")]
    pub records: u64,
    /// How many contents were found.
    #[ts(type = "number")]
    pub found: u64,
    /// The sequence of the record of this export.
    #[ts(type = "number")]
    pub export_record: u64,
}
