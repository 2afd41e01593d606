//! The finding about what the record of the export says of contents: each disclosed or withheld as it says.

use std::collections::BTreeSet;

use super::case::{Case, finding};
use super::ids;
use super::judge_contents;
use super::report::{Finding, Status};
use super::words;
use crate::casefile::{Disclosure, Selection, name};

/// "Each content is disclosed or withheld as the log says"; nothing in files of the first version, whose records don't say.
pub(super) fn disclosure(case: &Case) -> Option<Finding> {
    const TITLE: &str = "Each content is disclosed or withheld as the record of the export says";
    let selection = case.selection()?;
    let rule = case.manifest.as_ref()?.disclosure.as_ref()?;
    let export = case.export().map(|(body, _)| body.sequence);
    let here: BTreeSet<&str> = case
        .opened
        .iter()
        .chain(case.unopened.iter().map(|(uid, _)| uid))
        .map(String::as_str)
        .collect();
    let gone = judge_contents::erased(case);
    let (mut disclosed, mut withheld) = (0u64, 0u64);
    let (mut told, mut absent) = (Vec::new(), Vec::new());
    for (uid, (slot, _, record)) in &case.commitments {
        let meant = match export == Some(*record) {
            // Why contents are disclosed or withheld is always in the file.
            true => [Disclosure::WHY_DISCLOSED, Disclosure::WHY_WITHHELD].contains(&slot.as_str()),
            false => is_selected(case, selection, *record) && rule.discloses(uid, slot),
        };
        match (meant, here.contains(uid.as_str())) {
            (true, true) => disclosed += 1,
            (false, false) => withheld += 1,
            (true, false) if gone.contains_key(uid.as_str()) => {}
            (true, false) => absent.push((*record, uid)),
            (false, true) => told.push((*record, uid)),
        }
    }
    told.sort_unstable();
    absent.sort_unstable();
    let named =
        |(record, uid): &(u64, &String)| format!("content {uid} of the record at sequence {}", words::number(*record));
    let (status, sentence) = match (told.first(), absent.first()) {
        (Some(first), _) => (
            Status::Fail,
            format!("The {} is to be withheld, and is here.", named(first)),
        ),
        (None, Some(first)) => (
            Status::NotEstablished,
            format!(
                "The {} is to be disclosed and isn't here, and no record here says that it was erased.",
                named(first)
            ),
        ),
        (None, None) => (
            Status::Pass,
            format!(
                "{} disclosed and {} withheld.",
                words::count(disclosed, "content is", "contents are"),
                words::number(withheld)
            ),
        ),
    };
    let passed = disclosed.saturating_add(withheld);
    let wrong: Vec<(u64, &String)> = told.into_iter().chain(absent).collect();
    let of = passed.saturating_add(wrong.len() as u64);
    let finding = || {
        let made = finding(ids::DISCLOSURE, TITLE, status, sentence)
            .counted(passed, of)
            .naming_places(wrong.iter().map(|(record, _)| *record));
        match wrong.first().filter(|_| status == Status::Fail) {
            Some((_, uid)) => made.about(name::opening(uid)),
            None => made,
        }
    };
    (of > 0).then(finding)
}

/// Whether the record at this place is one that the file is about, and doesn't only support.
fn is_selected(case: &Case, selection: &Selection, sequence: u64) -> bool {
    let index = case.records.binary_search_by_key(&Some(sequence), |seen| seen.place);
    let body = index.ok().and_then(|index| case.body(index));
    body.is_some_and(|body| selection.selects(&body.stream, body.sequence, body.logged_ms, body.correlation.as_deref()))
}
