//! Case files, from the side that makes them.

use evidence::casefile::PAGE_BYTES;
use evidence::verifier::Limits;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The slots whose contents a case file can disclose.
pub const DISCLOSABLE: [&str; 7] = [
    "request",
    "subject",
    "view",
    "reason",
    "response",
    "execution",
    "filter",
];

/// Which records a case file is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CaseSelection {
    /// All that is recorded of one agent in an interval. That nothing of it is missing can be verified.
    Agent {
        /// The agent's uid or name.
        agent: String,
        /// From this time on, ms UTC; from the beginning when absent.
        #[ts(type = "number | null")]
        #[serde(default)]
        from_ms: Option<i64>,
        /// To before this time, ms UTC; to now when absent.
        #[ts(type = "number | null")]
        #[serde(default)]
        to_ms: Option<i64>,
    },
    /// Every record of the log in an interval. That every record is there can be verified.
    Range {
        /// From this time on, ms UTC; from the beginning when absent.
        #[ts(type = "number | null")]
        #[serde(default)]
        from_ms: Option<i64>,
        /// To before this time, ms UTC; to now when absent.
        #[ts(type = "number | null")]
        #[serde(default)]
        to_ms: Option<i64>,
    },
    /// The records of one request. Nothing is claimed of others.
    Correlation {
        /// The request's uid.
        correlation_uid: String,
    },
    /// The records of the request whose held item a person decided. Nothing is claimed of others.
    Approval {
        /// The item's uid.
        item_uid: String,
    },
    /// Records that are picked one by one. Nothing is claimed of others.
    Records {
        /// Their sequences.
        #[ts(type = "Array<number>")]
        sequences: Vec<u64>,
    },
}

/// Which contents of the selected records are disclosed, and why. Everything else is withheld.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CaseDisclosure {
    /// Every content of these slots: `request`, `response`, `reason`, `view`.
    #[serde(default)]
    pub slots: Vec<String>,
    /// These contents, by their uids, whatever their slot.
    #[serde(default)]
    pub disclosed: Vec<String>,
    /// Not these, by their uids, though their slot is disclosed.
    #[serde(default)]
    pub withheld: Vec<String>,
    /// Why contents are disclosed; needed where any are.
    #[serde(default)]
    pub reason: Option<String>,
    /// Why the others are withheld; by default, because nobody chose to disclose them.
    #[serde(default)]
    pub withholding_reason: Option<String>,
}

/// What goes into a case file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CaseRequest {
    /// Which records.
    pub selection: CaseSelection,
    /// Which of their contents.
    #[serde(default)]
    pub disclosure: CaseDisclosure,
    /// A checkpoint (signed note) that somebody saw before: the file shows that the log goes on from it.
    #[serde(default)]
    pub since: Option<String>,
}

/// What a case file would have in it. Nothing is recorded by asking for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CasePreview {
    /// What it would be about, in words.
    pub about: String,
    /// How many records it would be about, without those that they rest on.
    #[ts(type = "number")]
    pub records: u64,
    /// The first of them: its sequence.
    #[ts(type = "number")]
    pub first: u64,
    /// When that was logged, ms UTC.
    #[ts(type = "number")]
    pub first_ms: i64,
    /// The last of them: its sequence.
    #[ts(type = "number")]
    pub last: u64,
    /// When that was logged, ms UTC.
    #[ts(type = "number")]
    pub last_ms: i64,
    /// Their contents by slot.
    pub slots: Vec<CaseSlot>,
    /// Their contents one by one, the first 500.
    pub contents: Vec<CaseContent>,
    /// How many contents there are in all.
    #[ts(type = "number")]
    pub contents_in_all: u64,
    /// How large the file will be, about, in bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// What a verifier will be able to say of what isn't in the file, in a sentence.
    pub claim: String,
}

impl CasePreview {
    /// Whether the page `verifier.html` would read the file, as far as is known before it is made.
    #[must_use]
    pub fn is_for_the_page(&self) -> bool {
        self.bytes <= PAGE_BYTES && self.records <= page_records()
    }
}

/// The most records of a case file that the page `verifier.html` reads; of bytes it reads [`PAGE_BYTES`].
#[must_use]
pub fn page_records() -> u64 {
    Limits::page().records
}

/// The contents of one slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CaseSlot {
    /// `request`, `response`, `reason`, `view`.
    pub slot: String,
    /// How many.
    #[ts(type = "number")]
    pub contents: u64,
    /// How many of them are disclosed.
    #[ts(type = "number")]
    pub disclosed: u64,
    /// How many bytes those have.
    #[ts(type = "number")]
    pub disclosed_bytes: u64,
    /// How many were erased.
    #[ts(type = "number")]
    pub erased: u64,
}

/// One content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CaseContent {
    /// Its uid.
    pub content_uid: String,
    /// What it is.
    pub slot: String,
    /// RFC 6838 media type.
    pub media_type: String,
    /// Its length; nothing of an erased one.
    #[ts(type = "number | null")]
    pub bytes: Option<u64>,
    /// The record that it came with.
    #[ts(type = "number")]
    pub record: u64,
    /// Whether the file will disclose it.
    pub disclosed: bool,
}

/// A case file that was made; its bytes are fetched in parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CaseFile {
    /// A file name to offer, `support-bot-2026-11-20.case.zip`.
    pub name: String,
    /// How many bytes it has.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Its SHA-256, hex.
    pub sha256: String,
    /// How many records it is about.
    #[ts(type = "number")]
    pub records: u64,
    /// The sequence of the record of this export.
    #[ts(type = "number")]
    pub export_record: u64,
}

/// Which part of a case file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CasePartQuery {
    /// The sequence of the record of the export.
    #[ts(type = "number")]
    pub export_record: u64,
    /// From this byte on.
    #[ts(type = "number")]
    pub at: u64,
}

/// A part of a case file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CasePart {
    /// The bytes, standard base64; none at the file's end.
    pub bytes: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn previewed(bytes: u64, records: u64) -> CasePreview {
        CasePreview {
            about: String::new(),
            records,
            first: 0,
            first_ms: 0,
            last: 0,
            last_ms: 0,
            slots: Vec::new(),
            contents: Vec::new(),
            contents_in_all: 0,
            bytes,
            claim: String::new(),
        }
    }

    #[test]
    fn a_file_of_more_bytes_or_records_than_the_page_reads_is_not_for_it() {
        assert!(previewed(PAGE_BYTES, page_records()).is_for_the_page());
        assert!(!previewed(PAGE_BYTES + 1, 1).is_for_the_page());
        assert!(!previewed(1, page_records() + 1).is_for_the_page());
    }
}
