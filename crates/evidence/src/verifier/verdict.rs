//! One verdict from all findings: the only exit.

use super::case::Case;
use super::ids;
use super::judge_selection;
use super::report::{Finding, Report, Status, Verdict};
use super::words;
use crate::casefile::Selection;

/// The verdict in a few words and in a sentence.
pub(super) struct Said {
    pub(super) verdict: Verdict,
    pub(super) headline: &'static str,
    pub(super) sentence: String,
}

fn find<'a>(findings: &'a [Finding], id: &str) -> Option<&'a Finding> {
    findings.iter().find(|finding| finding.id == id)
}

fn failed<'a>(findings: &'a [Finding], id: &str) -> Option<&'a Finding> {
    find(findings, id).filter(|finding| finding.status == Status::Fail)
}

/// What a case file is, by its findings. Verified wants a pass in everything required, and a pinned signer.
pub(super) fn of(case: &Case, findings: &[Finding]) -> Said {
    if let Some((headline, sentence)) = worst(case, findings) {
        return Said {
            verdict: Verdict::Failed,
            headline,
            sentence,
        };
    }
    let passed = |id: &str| find(findings, id).is_some_and(|finding| finding.status == Status::Pass);
    // What is required and couldn't be checked isn't a pass.
    if let Some(id) = ids::REQUIRED.iter().find(|id| is_required(case, id) && !passed(id)) {
        let sentence = find(findings, id)
            .map(|finding| finding.sentence.clone())
            .unwrap_or_default();
        return Said {
            verdict: Verdict::Failed,
            headline: "Not shown to be intact",
            sentence,
        };
    }
    let intact = intact(case, findings);
    if passed(ids::SIGNER) {
        let signer = find(findings, ids::SIGNER)
            .map(|finding| finding.sentence.clone())
            .unwrap_or_default();
        return Said {
            verdict: Verdict::Verified,
            headline: "Verified",
            sentence: format!("{intact} {signer}"),
        };
    }
    let sentence = format!("{intact} Whose key signed it isn't known here: pin the signer's key to find out.");
    Said {
        verdict: Verdict::SignerNotEstablished,
        headline: "Intact, signer not established",
        sentence,
    }
}

/// Of records that were picked nothing is claimed that isn't here, so it can't be required.
fn is_required(case: &Case, id: &str) -> bool {
    id != ids::COMPLETE || case.selection().is_none_or(Selection::claims_completeness)
}

fn intact(case: &Case, findings: &[Finding]) -> String {
    let records = words::count(case.total(), "record is", "records are");
    let Some(claim) = judge_selection::claim(case) else {
        return format!("{records} as signed and in order. Nothing is claimed of records that aren't in the file.");
    };
    let bounds = match find(findings, ids::BOUNDARY).map(|finding| finding.status) {
        Some(Status::Pass) => "",
        _ => " Where the interval begins or ends isn't established.",
    };
    format!("{records} as signed, in order, and {claim}.{bounds}")
}

/// The failure that says most, in a few words and in a sentence.
fn worst(case: &Case, findings: &[Finding]) -> Option<(&'static str, String)> {
    if let Some(finding) = failed(findings, ids::FINGERPRINT) {
        return Some(("Altered after it was signed", altered(case, findings, finding)));
    }
    let order: [(&str, &'static str); 19] = [
        (ids::SIGNER, "Signed by somebody else"),
        (ids::MEMORY, "Not the log that you saw before"),
        (ids::COMPLETE, "Something is missing"),
        (ids::ORDER, "Not in the order in which it was signed"),
        (ids::ROTATION, "A rotation of the log's key doesn't hold"),
        (ids::CHECKPOINT, "Not sealed by this log"),
        (ids::INCLUSION, "Not all of it is from the sealed log"),
        (ids::APPROVALS, "An approval doesn't hold"),
        (ids::CALLS, "It contradicts itself"),
        (ids::FACTS, "A record doesn't say what it must"),
        (ids::RELEASES, "Released without a valid approval"),
        (ids::CONSISTENCY, "Not the log that was seen before"),
        (ids::EXPORT, "Not what the log says was exported"),
        (ids::DISCLOSURE, "Not what the log says was disclosed"),
        (ids::CONTENTS, "Altered after it was signed"),
        (ids::SIGNATURE, "Not signed as a case file must be"),
        (ids::FILES, "Altered after it was signed"),
        (ids::MANIFEST, "It contradicts itself"),
        (ids::COPIES, "A copy for other tools says something else"),
    ];
    let named = order
        .iter()
        .find_map(|(id, headline)| Some((*headline, failed(findings, id)?.sentence.clone())));
    let format =
        || failed(findings, ids::FORMAT).map(|finding| ("Not in the form that was signed", finding.sentence.clone()));
    let any = || findings.iter().find(|finding| finding.status == Status::Fail);
    named
        .or_else(format)
        .or_else(|| any().map(|finding| ("It doesn't hold", finding.sentence.clone())))
}

/// "Record 17 of 43 is not the record that was signed. The other 42 are intact. Nothing of “support-bot” is missing from its
/// number 0 to number 30."
fn altered(case: &Case, findings: &[Finding], finding: &Finding) -> String {
    let of = case.total();
    let altered: Vec<String> = case
        .records
        .odd()
        .filter(super::seen::Seen::is_altered)
        .map(|seen| words::number(seen.number))
        .collect();
    let first = match altered.as_slice() {
        [] => finding.sentence.clone(),
        [one] => format!(
            "Record {one} of {} is not the record that was signed.",
            words::number(of)
        ),
        many => format!(
            "Records {} of {} are not the records that were signed.",
            words::list(many, 8),
            words::number(of)
        ),
    };
    let intact = finding.count.map_or(0, |count| count.passed);
    let others = match intact {
        0 => String::new(),
        1 => " The other one is intact.".to_owned(),
        n if n + altered.len() as u64 == of => format!(" The other {} are intact.", words::number(n)),
        n => format!(" {} are intact.", words::number(n)),
    };
    let whole = match find(findings, ids::COMPLETE).map(|finding| finding.status) {
        Some(Status::Pass) => find(findings, ids::COMPLETE)
            .map(|finding| format!(" {}.", finding.title))
            .unwrap_or_default(),
        Some(Status::Fail) => find(findings, ids::COMPLETE)
            .map(|finding| format!(" {}", finding.sentence))
            .unwrap_or_default(),
        _ => String::new(),
    };
    format!("{first}{others}{whole}")
}

/// The report on a file that is no case file.
pub(super) fn not_a_case_file(file: &str, bytes: u64, sha256: String, sentence: &str) -> Report {
    Report {
        file: file.to_owned(),
        bytes,
        sha256,
        verdict: Verdict::NotACaseFile,
        headline: "Not a case file".to_owned(),
        sentence: sentence.to_owned(),
        findings: Vec::new(),
        timeline: Vec::new(),
        next: None,
        origin: None,
        key_id: None,
        signer: None,
        subject: None,
        sealed: None,
    }
}
