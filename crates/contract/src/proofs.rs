//! What the log proves of itself: inclusion, consistency, receipts, and exports with their attestation.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A record to prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InclusionQuery {
    /// The record.
    #[ts(type = "number")]
    pub sequence: u64,
    /// The size of the checkpoint to prove it to; the first one that covers it when absent.
    #[ts(type = "number | null")]
    #[serde(default)]
    pub size: Option<u64>,
}

/// That a record is in the log which a signed checkpoint describes (RFC 6962, section 2.1.1).
///
/// `SHA-256(00 ‖ tag ‖ fingerprint)` is the leaf; with the path it gives the checkpoint's root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InclusionProof {
    /// `countersign/inclusion/v1`.
    pub format: String,
    /// `countersign/log/…`
    pub origin: String,
    /// The record's place: its leaf's index.
    #[ts(type = "number")]
    pub sequence: u64,
    /// The record as stored (OCSF, JCS).
    pub record: String,
    /// Its fingerprint, hex.
    pub fingerprint: String,
    /// The tag of its stream's leaves, hex.
    pub tag: String,
    /// The tree's size.
    #[ts(type = "number")]
    pub size: u64,
    /// The tree's root, hex.
    pub root: String,
    /// The audit path from the leaf up, hex.
    pub path: Vec<String>,
    /// The signed checkpoint (C2SP tlog-checkpoint), with its line feeds.
    pub checkpoint: String,
    /// The rotations of the log's key up to that size, oldest first: whoever knows an earlier key follows them.
    pub rotations: Vec<SignedRotation>,
}

/// The statement that one key takes another's place, as each of the two signed it: DSSE envelopes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SignedRotation {
    /// Signed by the key that retired.
    pub by_old: String,
    /// Signed by the key that took its place.
    pub by_new: String,
}

/// The format that [`InclusionProof::format`] names.
pub const INCLUSION_FORMAT: &str = "countersign/inclusion/v1";
/// The format that [`ConsistencyProof::format`] names.
pub const CONSISTENCY_FORMAT: &str = "countersign/consistency/v1";

/// Two sizes of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConsistencyQuery {
    /// The earlier size.
    #[ts(type = "number")]
    pub from: u64,
    /// The later size; the log's when absent.
    #[ts(type = "number | null")]
    #[serde(default)]
    pub to: Option<u64>,
}

/// That one size of the log is the beginning of another (RFC 6962, section 2.1.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ConsistencyProof {
    /// `countersign/consistency/v1`.
    pub format: String,
    /// `countersign/log/…`
    pub origin: String,
    /// The earlier size.
    #[ts(type = "number")]
    pub from: u64,
    /// The root at that size, hex.
    pub from_root: String,
    /// The later size.
    #[ts(type = "number")]
    pub to: u64,
    /// The root at that size, hex.
    pub to_root: String,
    /// The proof, hex.
    pub path: Vec<String>,
    /// The signed checkpoint of the later size, where there is one.
    pub checkpoint: Option<String>,
    /// The rotations of the log's key up to that size, oldest first.
    pub rotations: Vec<SignedRotation>,
}

/// A receipt, as the header `countersign-receipt` of an answer carries it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Receipt {
    /// `countersign/log/…`
    pub origin: String,
    /// The record's place.
    #[ts(type = "number")]
    pub sequence: u64,
    /// The record's fingerprint, hex.
    pub fingerprint: String,
}

/// Whether this log holds what a receipt says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ReceiptCheck {
    /// How it ended.
    pub state: ReceiptState,
    /// What was found, in a sentence.
    pub sentence: String,
}

/// How a receipt's check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptState {
    /// The log holds exactly that record there.
    Held,
    /// The log has another record there: it isn't the log that gave the receipt.
    Differs,
    /// The log ends before that place: it was cut off, or put back from an older copy.
    Missing,
    /// The receipt is another log's.
    OtherLog,
}

/// Records to export.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogExportRequest {
    /// Which records, in the language of [`Query`](crate::query::Query); every record when empty.
    #[serde(default)]
    pub filter: String,
}

/// An export that was made and recorded: its lines are fetched with [`LogLinesQuery`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogExport {
    /// The sequence of the record of this export.
    #[ts(type = "number")]
    pub export_record: u64,
    /// The log's size when the records were selected.
    #[ts(type = "number")]
    pub tree_size: u64,
    /// The tree's root at that size, hex.
    pub root: String,
    /// The filter, as it is attested.
    pub filter: String,
    /// How many records.
    #[ts(type = "number")]
    pub count: u64,
    /// The first of them.
    #[ts(type = "number | null")]
    pub first: Option<u64>,
    /// The last of them.
    #[ts(type = "number | null")]
    pub last: Option<u64>,
    /// SHA-256 of all the lines, each with its line feed, hex.
    pub sha256: String,
    /// The attestation: a DSSE envelope (JSON) over an in-toto statement of type `urn:countersign:log-export:v1`.
    pub attestation: String,
}

/// Lines of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogLinesQuery {
    /// The export's record.
    #[ts(type = "number")]
    pub export_record: u64,
    /// How many of its lines to pass over.
    #[ts(type = "number")]
    #[serde(default)]
    pub at: u64,
}

/// Lines of an export, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogLines {
    /// The events exactly as they are stored (OCSF, JCS), without line feeds; none after the last.
    pub lines: Vec<String>,
}
