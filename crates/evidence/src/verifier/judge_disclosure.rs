//! The finding about what the record of the export says of contents: each disclosed or withheld as it says.

use std::collections::BTreeSet;

use super::case::{Case, finding};
use super::ids;
use super::report::{Finding, Status};
use super::words;
use crate::casefile::name;

/// "Each content is disclosed or withheld as the log says"; nothing in files of the first version, whose records don't say.
pub(super) fn disclosure(case: &Case) -> Option<Finding> {
    const TITLE: &str = "Each content is disclosed or withheld as the record of the export says";
    case.selection()?;
    case.manifest.as_ref()?.disclosure.as_ref()?;
    let here: BTreeSet<&str> = case
        .opened
        .iter()
        .chain(case.unopened.iter().map(|(uid, _)| uid))
        .map(String::as_str)
        .collect();
    let (mut disclosed, mut withheld) = (0u64, case.commitments.withheld());
    let (mut told, mut absent) = (Vec::new(), Vec::new());
    for (uid, committed) in case.commitments.here() {
        match (committed.meant, here.contains(uid)) {
            (true, true) => disclosed += 1,
            (false, true) => told.push((committed.record, Some(uid.to_owned()))),
            // An entry that the archive keeps from being read.
            (true, false) => absent.push((committed.record, Some(uid.to_owned()))),
            (false, false) => withheld += 1,
        }
    }
    let (lacking, in_all) = case.commitments.lacking();
    absent.extend(lacking.iter().filter_map(|lacking| {
        let record = case.records.get(lacking.at)?.place?;
        Some((record, lacking.uid.clone()))
    }));
    told.sort_unstable();
    absent.sort_unstable();
    let named = |(record, uid): &(u64, Option<String>)| {
        let uid = uid.as_deref().map(|uid| format!(" {uid}")).unwrap_or_default();
        format!("content{uid} of the record at sequence {}", words::number(*record))
    };
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
    let unnamed = in_all.saturating_sub(lacking.len() as u64);
    let wrong: Vec<(u64, Option<String>)> = told.into_iter().chain(absent).collect();
    let of = passed.saturating_add(wrong.len() as u64).saturating_add(unnamed);
    let finding = || {
        let made = finding(ids::DISCLOSURE, TITLE, status, sentence)
            .counted(passed, of)
            .naming_places(wrong.iter().map(|(record, _)| *record));
        match wrong.first().filter(|_| status == Status::Fail) {
            Some((_, Some(uid))) => made.about(name::opening(uid)),
            _ => made,
        }
    };
    (of > 0).then(finding)
}
