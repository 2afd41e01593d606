//! Domain types into the contract's: the one place where evidence meets what consoles read.

use evidence::verifier;

use crate::{Finding, FindingStatus, Report, TimelineEntry, Verdict, VerifyProgress};

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
        }
    }
}

/// `elapsed_ms` is 0: evidence has no clock, so whoever ran the verification fills it in.
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
            origin: report.origin,
            key_id: report.key_id,
            subject: report.subject,
            elapsed_ms: 0,
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
