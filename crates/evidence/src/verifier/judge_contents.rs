//! Findings about texts: the policies that decided, what was disclosed, and the time that nobody else confirms.

use std::collections::BTreeSet;

use super::case::{Case, finding};
use super::commitments::Erased;
use super::ids;
use super::report::{Finding, Status};
use super::seen::Said;
use super::words;
use crate::hash::Digest;

/// How many contents a finding speaks of one by one.
const NAMED: usize = 1000;

/// "The texts of the policies that decided are here."
pub(super) fn policies(case: &Case) -> Option<Finding> {
    const TITLE: &str = "The policies that decided are here, word for word";
    let named: BTreeSet<Digest> = case
        .proved()
        .filter(|(_, body)| case.is_within(body))
        .filter_map(|(_, body)| match body.said {
            Said::Call(call) => Some(call.policy_sha256),
            _ => None,
        })
        .collect();
    let absent: Vec<String> = named
        .iter()
        .filter(|d| !case.policies.contains(d))
        .map(words::short)
        .collect();
    let of = named.len() as u64;
    let passed = of - (absent.len() as u64).min(of);
    let (status, sentence) = match absent.is_empty() {
        true => (
            Status::Pass,
            "Each text has the SHA-256 that the decisions name.".to_owned(),
        ),
        false => (
            Status::NotEstablished,
            format!("The text of policy {} isn't in the file.", words::list(&absent, 4)),
        ),
    };
    (of > 0).then(|| finding(ids::POLICIES, TITLE, status, sentence).counted(passed, of))
}

/// "What was disclosed is what the records commit to."
pub(super) fn contents(case: &Case) -> Option<Finding> {
    const TITLE: &str = "What was disclosed is what the records commit to";
    let uncommitted = case
        .unopened
        .iter()
        .filter(|(uid, _)| case.commitments.to(uid).is_none());
    let uncommitted: BTreeSet<&str> = uncommitted.map(|(uid, _)| uid.as_str()).collect();
    let of = case.commitments.distinct().saturating_add(uncommitted.len() as u64);
    let passed = case.opened.len() as u64;
    let erased = case.commitments.erased();
    let withheld = of - (passed + case.unopened.len() as u64 + erased.count).min(of);
    let held_back = held_back(case, erased, withheld);
    let unopened = case.unopened.iter().cloned();
    let twofold = case.commitments.twofold().iter().map(|twofold| {
        let at = sequence(case, twofold.other);
        (
            format!("of the record at sequence {}", sequence(case, twofold.first)),
            format!("the record at sequence {at} commits to it otherwise than an earlier one"),
        )
    });
    let faults: Vec<(String, String)> = unopened.chain(twofold.take(NAMED)).collect();
    let (status, sentence) = match (faults.first(), passed) {
        (Some((what, why)), _) => (
            Status::Fail,
            format!("The content {what} isn't what was recorded: {why}."),
        ),
        (None, 0) => (Status::NotEstablished, format!("Nothing was disclosed.{held_back}")),
        (None, _) => (
            Status::Pass,
            format!(
                "{} to the recorded commitments.{held_back}",
                words::count(passed, "content opens", "contents open")
            ),
        ),
    };
    let gone = erased
        .named
        .iter()
        .map(|(uid, at)| format!("{uid}: erased by record {}", sequence(case, *at)));
    let wrong = faults.iter().map(|(what, why)| format!("{what}: {why}"));
    let detail: Vec<String> = wrong.take(50).chain(gone.take(50)).collect();
    (of > 0).then(|| {
        finding(ids::CONTENTS, TITLE, status, sentence)
            .counted(passed, of)
            .detailed(detail.join("\n"))
    })
}

/// The sequence of the record in a line, in words.
fn sequence(case: &Case, at: usize) -> String {
    let place = case.records.get(at).and_then(|seen| seen.place);
    place.map(words::number).unwrap_or_default()
}

/// What of the contents isn't here, and why, after the finding's own sentence.
fn held_back(case: &Case, erased: &Erased, withheld: u64) -> String {
    let mut parts = Vec::new();
    if erased.count > 0 {
        let word = if erased.records.len() == 1 { "record" } else { "records" };
        let names: Vec<String> = erased.records.iter().map(|at| sequence(case, *at)).collect();
        parts.push(format!(
            "{} erased, as {word} {} says",
            words::count(erased.count, "content was", "contents were"),
            words::list(&names, 4)
        ));
    }
    if withheld > 0 {
        parts.push(format!(
            "{} withheld",
            words::count(withheld, "content is", "contents are")
        ));
    }
    match parts.is_empty() {
        true => String::new(),
        false => format!(" {}; the commitments to them stand.", parts.join(", and ")),
    }
}

/// "The time is confirmed by an outsider": never, in this version of the format.
pub(super) fn time() -> Finding {
    let sentence =
        "Not established: the file carries no timestamp or witness signature, so times are the operator's claim.";
    finding(
        ids::TIME,
        "The time is confirmed by an outsider",
        Status::NotEstablished,
        sentence,
    )
}
