//! What verifying a case file found.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// The verdict on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Intact, and signed by a key that was pinned. Exit code 0.
    Verified,
    /// Something is not as it was signed, or breaks the format's profile. Exit code 1.
    Failed,
    /// Not a case file at all. Exit code 2.
    NotACaseFile,
    /// Intact, but nobody pinned the signer's key. Exit code 3.
    SignerNotEstablished,
}

impl Verdict {
    /// The exit code of `countersign verify`.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Verified => 0,
            Self::Failed => 1,
            Self::NotACaseFile => 2,
            Self::SignerNotEstablished => 3,
        }
    }
}

/// How one check ended. Absence is never a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FindingStatus {
    /// Proved.
    Pass,
    /// Disproved.
    Fail,
    /// Couldn't be checked with what is here.
    NotEstablished,
}

/// One result of verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Finding {
    /// Stable id, `record.fingerprint`.
    pub id: String,
    /// What was asked, as a statement: "Every record is the one that was signed".
    pub title: String,
    /// How it ended.
    pub status: FindingStatus,
    /// What was found, in a sentence a lawyer can read; it names the record or file.
    pub sentence: String,
    /// The technical detail: digests, indexes, keys.
    pub detail: Option<String>,
    /// How many passed.
    #[ts(type = "number | null")]
    pub passed: Option<u64>,
    /// Of how many.
    #[ts(type = "number | null")]
    pub of: Option<u64>,
    /// The records that failed, by sequence.
    #[ts(type = "number[]")]
    pub records: Vec<u64>,
    /// The file within the case file that it is about.
    pub file: Option<String>,
}

/// One record on the timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TimelineEntry {
    /// Its place in the log.
    #[ts(type = "number")]
    pub sequence: u64,
    /// ms UTC, as the record claims it.
    #[ts(type = "number")]
    pub logged_ms: i64,
    /// What it says, in words.
    pub text: String,
    /// Whether it is the record that was signed.
    pub status: FindingStatus,
    /// The record as found.
    pub ocsf: String,
    /// Where the checkpoint has it; nothing where there is no checkpoint to prove it against.
    pub proof: Option<RecordProof>,
}

/// All that it takes to check one record by hand. Digests are lowercase hex.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RecordProof {
    /// The fingerprint that stands in the record.
    pub claimed: Option<String>,
    /// SHA-256 of the record's bytes without its fingerprint.
    pub recomputed: Option<String>,
    /// The fingerprint that was signed at its place, where that is known.
    pub signed: Option<String>,
    /// The tag of its stream, 16 bytes in hex.
    pub tag: Option<String>,
    /// The leaf's hash, `SHA-256(00 ‖ tag ‖ fingerprint)`.
    pub leaf: Option<String>,
    /// The audit path, nearest sibling first.
    pub path: Vec<String>,
    /// How many leaves the checkpoint seals.
    #[ts(type = "number")]
    pub size: u64,
    /// The root that it seals.
    pub root: String,
    /// Why the record's own bytes don't lead to the root, where they don't.
    pub fault: Option<String>,
}

/// The whole result for one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Report {
    /// The file's name.
    pub file: String,
    /// Its size in bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Its SHA-256, hex.
    pub sha256: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The verdict in a few words: "Altered after it was signed".
    pub headline: String,
    /// The verdict in a sentence.
    pub sentence: String,
    /// Finding by finding.
    pub findings: Vec<Finding>,
    /// What happened, record by record.
    pub timeline: Vec<TimelineEntry>,
    /// The first record, by its line in the file, that what happened is told from.
    #[ts(type = "number")]
    pub told_from: u64,
    /// The first record after that that there was no room for.
    #[ts(type = "number | null")]
    pub next: Option<u64>,
    /// The log's origin, where the file says it.
    pub origin: Option<String>,
    /// What the log's own key sealed, where that holds.
    pub sealed: Option<SealedLog>,
    /// The id of the key that signed the case file.
    pub key_id: Option<String>,
    /// That key itself, SubjectPublicKeyInfo in standard base64. It stands in the file, so by itself it says nothing
    /// about whose it is.
    pub signer: Option<String>,
    /// The agent and interval that the file is about, in words.
    pub subject: Option<String>,
    /// How long it took, ms.
    #[ts(type = "number")]
    pub elapsed_ms: u64,
    /// When it was found out, ms UTC, by the clock of the machine that verified.
    #[ts(type = "number")]
    pub verified_ms: i64,
}

/// A log as its key sealed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct SealedLog {
    /// How many records it has.
    #[ts(type = "number")]
    pub size: u64,
    /// Its root, hex.
    pub root: String,
}

/// What happened, record by record, is nearly all of a report; so many bytes of it are kept of all files together.
const MOST: usize = 32 << 20;

impl Report {
    /// All but what happened, record by record.
    #[must_use]
    pub fn without_timeline(&self) -> Self {
        Self {
            timeline: Vec::new(),
            ..self.clone()
        }
    }

    /// For each of these reports whether it has to go without what happened, so that all together keep within memory:
    /// those furthest down the list go first. The open one's stays, whatever it takes.
    pub fn beyond_memory<'a>(reports: impl IntoIterator<Item = &'a Self>, open: usize) -> Vec<bool> {
        let sizes: Vec<_> = reports.into_iter().map(Self::timeline_bytes).collect();
        let mut left = MOST.saturating_sub(sizes.get(open).copied().unwrap_or_default());
        let mut is_beyond = |(at, size): (usize, &usize)| match left.checked_sub(*size) {
            _ if at == open => false,
            Some(rest) => {
                left = rest;
                false
            }
            None => true,
        };
        sizes.iter().enumerate().map(&mut is_beyond).collect()
    }

    /// About how many bytes of memory what happened takes.
    fn timeline_bytes(&self) -> usize {
        let of = |entry: &TimelineEntry| {
            let path = entry.proof.as_ref().map_or(0, |proof| proof.path.len());
            // A digest in hex, with what a string takes beside its letters; and the proof's other digests.
            entry.ocsf.len() + entry.text.len() + (path + 8) * 88
        };
        self.timeline.iter().map(of).sum()
    }
}

/// How far a verification has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct VerifyProgress {
    /// The file's name.
    pub file: String,
    /// What is being done.
    pub stage: String,
    /// Steps done.
    #[ts(type = "number")]
    pub done: u64,
    /// Steps in all.
    #[ts(type = "number")]
    pub of: u64,
}

/// What verifying several files came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Checked {
    /// The files that could be read, in the order they were named.
    pub reports: Vec<Report>,
    /// For each that couldn't: which, why, and what to do.
    pub unread: Vec<String>,
}

/// One line of the history of what was verified.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Verified {
    /// The file's name.
    pub file: String,
    /// Its size in bytes.
    #[ts(type = "number")]
    pub bytes: u64,
    /// Its SHA-256, hex.
    pub sha256: String,
    /// The verdict then, under the pins of then.
    pub verdict: Verdict,
    /// The verdict in a few words.
    pub headline: String,
    /// The id of the key that signed the case file.
    pub key_id: Option<String>,
    /// When, ms UTC.
    #[ts(type = "number")]
    pub verified_ms: i64,
}

impl From<&Report> for Verified {
    fn from(report: &Report) -> Self {
        Self {
            file: report.file.clone(),
            bytes: report.bytes,
            sha256: report.sha256.clone(),
            verdict: report.verdict,
            headline: report.headline.clone(),
            key_id: report.key_id.clone(),
            verified_ms: report.verified_ms,
        }
    }
}

/// What there is to record about a pin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PinNote {
    /// The pin. Log, role and key are recorded; whose it is and where it came from are not.
    pub pin: PinnedKey,
    /// Whether it was pinned; else it is trusted no longer.
    pub pinned: bool,
}

/// A key that this machine trusts for a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PinnedKey {
    /// `countersign/log/…`
    pub origin: String,
    /// `log` or `case`.
    pub role: String,
    /// SubjectPublicKeyInfo, DER, standard base64.
    pub spki: String,
    /// Whose it is.
    pub name: String,
    /// Where it came from.
    pub source: String,
    /// When it was pinned, ms UTC.
    #[ts(type = "number")]
    pub pinned_ms: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A report in which one thing happened, told in so many megabytes.
    fn report(megabytes: usize) -> Report {
        let entry = TimelineEntry {
            sequence: 0,
            logged_ms: 0,
            text: String::new(),
            status: FindingStatus::Pass,
            ocsf: "x".repeat(megabytes << 20),
            proof: None,
        };
        Report {
            timeline: vec![entry],
            ..Report::of_nothing()
        }
    }

    impl Report {
        /// One in which nothing stands.
        pub(crate) fn of_nothing() -> Self {
            Self {
                file: String::new(),
                bytes: 0,
                sha256: String::new(),
                verdict: Verdict::Verified,
                headline: String::new(),
                sentence: String::new(),
                findings: Vec::new(),
                timeline: Vec::new(),
                told_from: 1,
                next: None,
                origin: None,
                sealed: None,
                key_id: None,
                signer: None,
                subject: None,
                elapsed_ms: 0,
                verified_ms: 0,
            }
        }
    }

    #[test]
    fn what_happened_in_many_files_keeps_within_memory_and_the_open_ones_stays() {
        let beyond = |sizes: &[usize], open| {
            let reports: Vec<Report> = sizes.iter().map(|size| report(*size)).collect();
            Report::beyond_memory(&reports, open)
        };
        assert_eq!(beyond(&[15, 15], 0), [false, false]);
        assert_eq!(beyond(&[15, 17, 10], 0), [false, true, false]);
        assert_eq!(beyond(&[33, 1], 0), [false, true]);
        assert_eq!(beyond(&[15, 15, 15], 2), [false, true, false]);
        assert_eq!(beyond(&[], 0), [false; 0]);
        assert!(report(1).without_timeline().timeline.is_empty());
    }
}
