//! Findings about texts: the policies that decided, what was disclosed, and the time that nobody else confirms.

use std::collections::{BTreeMap, BTreeSet};

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
    let erased = erased(case);
    let withheld = of - (passed + case.unopened.len() as u64 + erased.len() as u64).min(of);
    let held_back = held_back(&erased, withheld);
    let twofold = case.twofold.iter().map(|(uid, at)| {
        let at = words::number(*at);
        (
            uid.clone(),
            format!("the record at sequence {at} commits to it otherwise than an earlier one"),
        )
    });
    let faults: Vec<(String, String)> = case.unopened.iter().cloned().chain(twofold).collect();
    let (status, sentence) = match (faults.first(), passed) {
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
    let gone = erased
        .iter()
        .map(|(uid, record)| format!("{uid}: erased by record {record}"));
    let wrong = faults.iter().map(|(uid, why)| format!("{uid}: {why}"));
    let detail: Vec<String> = wrong.take(50).chain(gone.take(50)).collect();
    (of > 0).then(|| {
        finding(ids::CONTENTS, TITLE, status, sentence)
            .counted(passed, of)
            .detailed(detail.join("\n"))
    })
}

/// The contents that aren't here because a record that is as signed says that they were erased, with that record. It has
/// to name the commitment that the content's own record carries; anything else is withheld.
pub(super) fn erased(case: &Case) -> BTreeMap<&str, u64> {
    let unopened: BTreeSet<&String> = case.unopened.iter().map(|(uid, _)| uid).collect();
    let mut gone = BTreeMap::new();
    for (_, body) in case.proved() {
        let Fact::ContentsErased(list) = &body.fact else {
            continue;
        };
        for (uid, c) in list {
            let committed = case.commitments.get(uid);
            let is_it = committed.is_some_and(|(_, recorded, at)| recorded == c && *at < body.sequence);
            let here = case.opened.contains(uid) || unopened.contains(uid);
            if is_it && !here {
                gone.entry(uid.as_str()).or_insert(body.sequence);
            }
        }
    }
    gone
}

/// What of the contents isn't here, and why, after the finding's own sentence.
fn held_back(erased: &BTreeMap<&str, u64>, withheld: u64) -> String {
    let mut parts = Vec::new();
    if !erased.is_empty() {
        let records: BTreeSet<u64> = erased.values().copied().collect();
        let word = if records.len() == 1 { "record" } else { "records" };
        let names: Vec<String> = records.into_iter().map(words::number).collect();
        parts.push(format!(
            "{} erased, as {word} {} says",
            words::count(erased.len() as u64, "content was", "contents were"),
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
