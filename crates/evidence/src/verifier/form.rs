//! The finding about form: the zip profile, which files there are, and what can't be read as what it is called.

use super::case::{Case, finding};
use super::ids;
use super::report::{Finding, Status};
use super::words;
use crate::casefile::{Breach, name};
use crate::hash::Digest;

/// The files without which it isn't a whole case file.
pub(super) const NEEDED: [&str; 7] = [
    name::README,
    name::MANIFEST,
    name::RECORDS,
    name::INCLUSION,
    name::CHECKPOINT,
    name::KEYS,
    name::ATTESTATION,
];

/// Further files with a fixed name.
const FIXED: [&str; 5] = [name::RANGE, name::SKELETON, name::PEM, name::SINCE, name::CONSISTENCY];
/// The pages for people, which are attested and not checked.
pub(super) const PAGES: [&str; 3] = [name::README, name::REPORT, name::VERIFIER];

/// Whether a zip with this entry could be meant as a case file.
pub(super) fn is_telling(name: &str) -> bool {
    [name::MANIFEST, name::RECORDS, name::ATTESTATION].contains(&name)
}

/// What an entry is, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// One of the files with a fixed name.
    Fixed,
    /// A reviewer's statement, by the deciding record's sequence.
    Approval(u64),
    /// The statement of a rotation, by its record's sequence; whether it is the one that the new key signed.
    Rotation(u64, bool),
    /// A single proof in the form of other tools, by its record's sequence.
    TlogProof(u64),
    /// A policy's text, by its digest.
    Policy(Digest),
    /// A disclosed content's header and salt, by its uid.
    Opening(String),
    /// A disclosed content's bytes, by its uid.
    Content(String),
    /// Nothing that belongs in a case file.
    Strange,
}

impl Kind {
    pub(super) fn of(entry: &str) -> Self {
        if NEEDED.contains(&entry) || FIXED.contains(&entry) || PAGES.contains(&entry) || entry == name::BUNDLE {
            return Self::Fixed;
        }
        let within = |folder: &str, end: &str| entry.strip_prefix(folder)?.strip_suffix(end);
        if let Some(sequence) = within("approvals/", ".dsse.json").and_then(|text| text.parse().ok()) {
            // One file, one name: no leading zeros or signs.
            return if name::approval(sequence) == entry {
                Self::Approval(sequence)
            } else {
                Self::Strange
            };
        }
        for (by_new, end) in [(false, ".old.dsse.json"), (true, ".new.dsse.json")] {
            let sequence = within("rotations/", end).and_then(|text| text.parse().ok());
            if let Some(sequence) = sequence.filter(|sequence| name::rotation(*sequence, by_new) == entry) {
                return Self::Rotation(sequence, by_new);
            }
        }
        let proved = within("proofs/", ".tlog-proof").and_then(|text| text.parse().ok());
        if let Some(sequence) = proved.filter(|sequence| name::tlog_proof(*sequence) == entry) {
            return Self::TlogProof(sequence);
        }
        if let Some(digest) = within("policies/", ".cedar").and_then(|text| text.parse().ok()) {
            return Self::Policy(digest);
        }
        let plain = |uid: &&str| !uid.contains('/');
        if let Some(uid) = within("contents/", ".json").filter(plain) {
            return Self::Opening(uid.to_owned());
        }
        if let Some(uid) = within("contents/", ".bin").filter(plain) {
            return Self::Content(uid.to_owned());
        }
        Self::Strange
    }
}

/// "The file keeps to the form of a case file."
pub(super) fn form(case: &Case, breaches: &[Breach], more: u64, readable: bool) -> Finding {
    const TITLE: &str = "The file keeps to the strict form of a case file";
    let mut problems: Vec<(Option<String>, String)> = Vec::new();
    // What ends the reading says most, so it is said first.
    let (ending, going): (Vec<&Breach>, Vec<&Breach>) = breaches.iter().partition(|breach| breach.ends_reading());
    problems.extend(ending.into_iter().map(|breach| (None, breach.to_string())));
    problems.extend(
        case.faults
            .iter()
            .map(|(file, why)| (Some(file.clone()), format!("{file} can't be read: {why}"))),
    );
    if readable {
        for needed in NEEDED.iter().filter(|needed| !case.files.contains_key(**needed)) {
            problems.push((Some((*needed).to_owned()), format!("{needed} is missing")));
        }
        let second = case
            .manifest
            .as_ref()
            .is_some_and(|manifest| manifest.disclosure.is_some());
        if second && !case.files.contains_key(name::BUNDLE) {
            problems.push((Some(name::BUNDLE.to_owned()), format!("{} is missing", name::BUNDLE)));
        }
        if case.files.contains_key(name::RANGE) != case.files.contains_key(name::SKELETON) {
            problems.push((None, "only one of the skeleton's two files is here".to_owned()));
        }
        for strange in case.files.keys().filter(|file| Kind::of(file) == Kind::Strange) {
            problems.push((
                Some(strange.clone()),
                format!("{strange} doesn't belong in a case file"),
            ));
        }
    }
    problems.extend(going.into_iter().map(|breach| (None, breach.to_string())));
    let count = (problems.len() as u64).saturating_add(more);
    let detail: Vec<String> = problems.iter().take(50).map(|(_, problem)| problem.clone()).collect();
    let Some((file, first)) = problems.into_iter().next() else {
        let sentence = format!(
            "{} files, and every byte of the archive is accounted for.",
            words::number(case.files.len() as u64)
        );
        return finding(ids::FORMAT, TITLE, Status::Pass, sentence);
    };
    let mut sentence = capitalised(&first);
    if count > 1 {
        sentence = format!("{sentence}; {} in all", words::count(count, "departure", "departures"));
    }
    if readable && !breaches.is_empty() {
        sentence
            .push_str(". It was packed again by something else than its signer; its records were checked all the same");
    }
    let mut finding = finding(ids::FORMAT, TITLE, Status::Fail, format!("{sentence}."));
    finding.file = file;
    finding.detailed(detail.join("\n"))
}

/// With its first letter large, unless it begins with a file's name.
pub(super) fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    // A file's name keeps its letters.
    match chars.next() {
        Some(first) if text.split(' ').next().is_some_and(|word| !word.contains('.')) => {
            first.to_uppercase().chain(chars).collect()
        }
        _ => text.to_owned(),
    }
}
