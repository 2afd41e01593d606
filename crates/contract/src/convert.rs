//! Domain types into the contract's: the one place where evidence meets what consoles read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::verifier;

use crate::{Finding, FindingStatus, RecordProof, Report, SealedLog, TimelineEntry, Verdict, VerifyProgress};

impl From<verifier::Verdict> for Verdict {
    fn from(verdict: verifier::Verdict) -> Self {
        match verdict {
            verifier::Verdict::Verified => Self::Verified,
            verifier::Verdict::Failed => Self::Failed,
            verifier::Verdict::NotACaseFile => Self::NotACaseFile,
            verifier::Verdict::SignerNotEstablished => Self::SignerNotEstablished,
        }
    }
}

impl From<verifier::Status> for FindingStatus {
    fn from(status: verifier::Status) -> Self {
        match status {
            verifier::Status::Pass => Self::Pass,
            verifier::Status::Fail => Self::Fail,
            verifier::Status::NotEstablished => Self::NotEstablished,
        }
    }
}

impl From<verifier::Finding> for Finding {
    fn from(finding: verifier::Finding) -> Self {
        Self {
            id: finding.id.to_owned(),
            title: finding.title,
            status: finding.status.into(),
            sentence: finding.sentence,
            detail: finding.detail,
            passed: finding.count.map(|count| count.passed),
            of: finding.count.map(|count| count.of),
            records: finding.records,
            file: finding.file,
        }
    }
}

impl From<verifier::TimelineEntry> for TimelineEntry {
    fn from(entry: verifier::TimelineEntry) -> Self {
        Self {
            sequence: entry.sequence,
            logged_ms: entry.logged_ms,
            text: entry.text,
            status: entry.status.into(),
            ocsf: entry.ocsf,
            proof: entry.proof.map(Into::into),
        }
    }
}

impl From<verifier::RecordProof> for RecordProof {
    fn from(proof: verifier::RecordProof) -> Self {
        let hex = |digest: Option<evidence::Digest>| digest.map(|digest| digest.to_string());
        Self {
            claimed: hex(proof.claimed),
            recomputed: hex(proof.recomputed),
            signed: hex(proof.signed),
            tag: proof.tag.map(|tag| tag.to_string()),
            leaf: hex(proof.leaf),
            path: proof.path.iter().map(ToString::to_string).collect(),
            size: proof.size,
            root: proof.root.to_string(),
            fault: proof.fault,
        }
    }
}

impl TimelineEntry {
    /// The bytes that the record's fingerprint is made over: its canonical form without the fingerprint. Nothing where
    /// what was found can't be read as a record.
    #[must_use]
    pub fn hashed(&self) -> Option<String> {
        let record = evidence::Record::parse(self.ocsf.as_bytes()).ok()?;
        String::from_utf8(record.hashed_bytes().ok()?).ok()
    }
}

/// `elapsed_ms` and `verified_ms` are 0, and `told_from` 1: evidence has no clock and tells from the beginning, so whoever ran
/// the verification otherwise fills them in.
impl From<verifier::Report> for Report {
    fn from(report: verifier::Report) -> Self {
        Self {
            file: report.file,
            bytes: report.bytes,
            sha256: report.sha256,
            verdict: report.verdict.into(),
            headline: report.headline,
            sentence: report.sentence,
            findings: report.findings.into_iter().map(Into::into).collect(),
            timeline: report.timeline.into_iter().map(Into::into).collect(),
            told_from: 1,
            next: report.next,
            origin: report.origin,
            sealed: report.sealed.map(|sealed| SealedLog {
                size: sealed.size,
                root: sealed.root.to_string(),
            }),
            key_id: report.key_id,
            signer: report.signer.map(|key| STANDARD.encode(key.spki_der())),
            subject: report.subject,
            elapsed_ms: 0,
            verified_ms: 0,
        }
    }
}

impl VerifyProgress {
    /// How far the verification of `file` has come.
    #[must_use]
    pub fn of(file: &str, progress: verifier::Progress) -> Self {
        Self {
            file: file.to_owned(),
            stage: progress.stage.to_owned(),
            done: progress.done,
            of: progress.of,
        }
    }
}
