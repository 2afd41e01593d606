//! Findings about texts: the policies that decided, what was disclosed, and the time that nobody else confirms.

use std::collections::BTreeSet;

use super::case::{Case, finding};
use super::facts::Fact;
use super::ids;
use super::report::{Finding, Status};
use super::words;
use crate::hash::Digest;

/// "The texts of the policies that decided are here."
pub(super) fn policies(case: &Case) -> Option<Finding> {
    const TITLE: &str = "The policies that decided are here, word for word";
    let named: BTreeSet<Digest> = case
        .proved()
        .filter(|(_, body)| case.is_within(body))
        .filter_map(|(_, body)| match &body.fact {
            Fact::CallDecided(call) => Some(call.policy_sha256),
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
    let of = case
        .commitments
        .keys()
        .chain(&case.opened)
        .chain(case.unopened.iter().map(|(uid, _)| uid));
    let of = of.collect::<BTreeSet<_>>().len() as u64;
    let passed = case.opened.len() as u64;
    let withheld = of - (passed + case.unopened.len() as u64).min(of);
    let held_back = match withheld {
        0 => String::new(),
        withheld => format!(
            " {} withheld; the commitments to them stand.",
            words::count(withheld, "content is", "contents are")
        ),
    };
    let detail: Vec<String> = case
        .unopened
        .iter()
        .take(50)
        .map(|(uid, why)| format!("{uid}: {why}"))
        .collect();
    let (status, sentence) = match (case.unopened.first(), passed) {
        (Some((uid, why)), _) => (
            Status::Fail,
            format!("The content {uid} isn't what was recorded: {why}."),
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
    (of > 0).then(|| {
        finding(ids::CONTENTS, TITLE, status, sentence)
            .counted(passed, of)
            .detailed(detail.join("\n"))
    })
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
