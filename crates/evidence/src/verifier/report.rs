//! What verification found: the domain's own types, converted at the boundary.

use crate::checkpoint::Checkpoint;
use crate::hash::Digest;
use crate::key::PublicKey;
use crate::tree::Tag;

/// The verdict on a file.
#[must_use]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Intact, and signed by a pinned key. Exit code 0.
    Verified,
    /// Something is not as it was signed, or breaks the format's profile. Exit code 1.
    Failed,
    /// Not a case file at all. Exit code 2.
    NotACaseFile,
    /// Intact, but nobody pinned the signer's key. Exit code 3.
    SignerNotEstablished,
}

/// How one check ended. Absence is never a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Proved.
    Pass,
    /// Disproved.
    Fail,
    /// Couldn't be checked with what is here.
    NotEstablished,
}

/// One result of verification.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Stable id, `record.fingerprint`; the list is [`super::ids`].
    pub id: &'static str,
    /// What was asked, as a statement: "Every record is the one that was signed".
    pub title: String,
    /// How it ended.
    pub status: Status,
    /// What was found, in a sentence a lawyer can read; it names the record or file.
    pub sentence: String,
    /// The technical detail: digests, indexes, keys; one matter a line.
    pub detail: Option<String>,
    /// How many passed, of how many.
    pub count: Option<Count>,
    /// The records that failed, by sequence; at most [`super::Limits::named`] of them.
    pub records: Vec<u64>,
    /// The file within the case file that it is about.
    pub file: Option<String>,
}

/// How many passed, of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How many passed.
    pub passed: u64,
    /// Of how many.
    pub of: u64,
}

/// One record on the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineEntry {
    /// Its place in the log.
    pub sequence: u64,
    /// ms UTC, as the record claims it.
    pub logged_ms: i64,
    /// What it says, in words.
    pub text: String,
    /// Whether it is the record that was signed.
    pub status: Status,
    /// The record as found.
    pub ocsf: String,
    /// Where the checkpoint has it; nothing where there is no checkpoint to prove it against.
    pub proof: Option<RecordProof>,
}

/// All that it takes to check one record by hand: what its bytes give, and how that leads to the sealed root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordProof {
    /// The fingerprint that stands in the record.
    pub claimed: Option<Digest>,
    /// SHA-256 of the record's bytes without its fingerprint.
    pub recomputed: Option<Digest>,
    /// The fingerprint that was signed at its place, where that is known.
    pub signed: Option<Digest>,
    /// The tag of its stream.
    pub tag: Option<Tag>,
    /// `SHA-256(00 ‖ tag ‖ fingerprint)`, of the signed fingerprint where it is known, else of the recomputed one.
    pub leaf: Option<Digest>,
    /// The audit path, nearest sibling first (RFC 6962 §2.1.1).
    pub path: Vec<Digest>,
    /// How many leaves the checkpoint seals.
    pub size: u64,
    /// The root that it seals.
    pub root: Digest,
    /// Why the record's own bytes don't lead to the root, where they don't.
    pub fault: Option<String>,
}

/// The whole result for one file.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The file's name, as the caller gave it.
    pub file: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256, lowercase hex.
    pub sha256: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The verdict in a few words: "Altered after it was signed".
    pub headline: String,
    /// The verdict in a sentence.
    pub sentence: String,
    /// Finding by finding.
    pub findings: Vec<Finding>,
    /// What happened, record by record; at most [`super::Limits::timeline`] of them, altered ones first served.
    pub timeline: Vec<TimelineEntry>,
    /// The first record, by its line in the file, that there was no room for on it.
    pub next: Option<u64>,
    /// The log's origin, where the file says it.
    pub origin: Option<String>,
    /// The id of the key that signed the case file, where its signature verifies.
    pub key_id: Option<String>,
    /// That key itself. It stands in the file, so by itself it says nothing about whose it is.
    pub signer: Option<PublicKey>,
    /// The agent and interval that the file is about, in words.
    pub subject: Option<String>,
    /// What the log's own key sealed, where its signature verifies: what is to be remembered of the log.
    pub sealed: Option<Checkpoint>,
}

impl Report {
    /// The finding with this id, where the check was made.
    #[must_use]
    pub fn finding(&self, id: &str) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.id == id)
    }
}
