//! Components of one valid file put into another: one, and every two together.

use evidence::verifier::{Pins, Verdict};

use crate::fixture::Log;
use crate::tamper::{Files, open, remanifest, report};

/// The files that stand for one thing, and are swapped together.
fn components(files: &Files) -> Vec<(String, Vec<String>)> {
    let mut components: Vec<(String, Vec<String>)> = Vec::new();
    for name in files.keys() {
        let component = match name.as_str() {
            "records.jsonl" | "proofs/inclusion.jsonl" => "records with their proofs",
            "proofs/range.json" | "proofs/skeleton.bin" => "skeleton",
            "manifest.json" | "attestation.dsse.json" => "manifest with the attestation",
            _ => name.split('.').next().unwrap_or(name),
        };
        match components.iter_mut().find(|(known, _)| known == component) {
            Some((_, names)) => names.push(name.clone()),
            None => components.push((component.to_owned(), vec![name.clone()])),
        }
    }
    components
}

/// This file with the other's component in place of its own.
fn swapped(mut files: Files, other: &Files, names: &[String]) -> Files {
    for name in names {
        files.remove(name);
        files.extend(other.get(name).map(|bytes| (name.clone(), bytes.clone())));
    }
    files
}

fn refused(files: &Files, pins: &Pins, what: &str) {
    let verdict = report(files, pins).verdict;
    assert_eq!(verdict, Verdict::Failed, "{what}");
}

/// Every component, and every two of them, from another file of the same log and from one of another log; as they are,
/// and with a manifest made anew.
#[test]
fn every_two_components_swapped_for_those_of_another_case_file() {
    let mut log = Log::scripted(1);
    let first = open(&log.case().unwrap());
    let own = open(&log.case().unwrap());
    let strange = open(&Log::scripted(9).case().unwrap());
    let pins = log.pins();
    let mut tried = 0;
    for other in [&first, &strange] {
        let parts = components(&own);
        for (at, (one, names)) in parts.iter().enumerate() {
            let once = swapped(own.clone(), other, names);
            for (two, more) in &parts[at..] {
                let files = swapped(once.clone(), other, more);
                if files == own || files == *other {
                    continue;
                }
                refused(&files, &pins, &format!("{one} and {two}"));
                tried += 1;
                if one == two {
                    let mut again = files;
                    remanifest(&mut again);
                    refused(&again, &pins, &format!("{one}, the manifest made anew"));
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 100, "{tried} swaps");
}
