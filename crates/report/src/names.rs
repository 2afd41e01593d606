//! Verdicts and findings by name, for tests and styles, and by the colour that they mean.

use contract::{FindingStatus, Verdict};

/// A verdict's name, as in the report's JSON.
#[must_use]
pub fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Verified => "verified",
        Verdict::Failed => "failed",
        Verdict::NotACaseFile => "not_a_case_file",
        Verdict::SignerNotEstablished => "signer_not_established",
    }
}

/// A finding's status by name, as in the report's JSON.
#[must_use]
pub fn status_name(status: FindingStatus) -> &'static str {
    match status {
        FindingStatus::Pass => "pass",
        FindingStatus::Fail => "fail",
        FindingStatus::NotEstablished => "not_established",
    }
}

/// The colour that a verdict means.
#[must_use]
pub fn ground(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Verified => "proved",
        Verdict::SignerNotEstablished => "waiting",
        Verdict::Failed | Verdict::NotACaseFile => "refused",
    }
}
