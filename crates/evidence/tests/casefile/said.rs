//! What the verifier says, word for word, of intact files and of every attack: `said.txt` beside this.
//!
//! `COUNTERSIGN_SAID=1 cargo test --workspace --test casefile said` writes it anew. Whoever changes a word looks at what
//! changes with it; and whoever changes a condition that no attack is made for is noticed by the sentence that it alters.

use std::collections::BTreeSet;

use evidence::Digest;
use evidence::verifier::{Finding, Pins, Report, Status, verify};

use crate::catalogue::attacks;
use crate::mutations::bases;

const SAID: &str = include_str!("said.txt");

fn line(finding: &Finding) -> String {
    let status = match finding.status {
        Status::Pass => "pass",
        Status::Fail => "fail",
        Status::NotEstablished => "not established",
    };
    let detail = finding.detail.as_deref().unwrap_or_default();
    let indented: String = detail.lines().map(|line| format!("      {line}\n")).collect();
    let count = finding.count.map(|count| format!(", {}/{}", count.passed, count.of));
    let records = match &finding.records[..] {
        [] => String::new(),
        records => format!(", records {records:?}"),
    };
    let file = finding.file.as_ref().map(|file| format!(", in {file}"));
    format!(
        "{} {status}{}{records}{}: {}\n{indented}",
        finding.id,
        count.unwrap_or_default(),
        file.unwrap_or_default(),
        finding.sentence
    )
}

/// Digests by their first eight digits: enough to see that one is another.
fn shortened(text: &str) -> String {
    let is_hex = |letter: char| letter.is_ascii_hexdigit();
    let mut short = String::new();
    for part in text.split_inclusive(|letter| !is_hex(letter)) {
        let digits = part.trim_end_matches(|letter| !is_hex(letter));
        match digits.len() {
            32.. => short.extend([&digits[..8], "…", &part[digits.len()..]]),
            _ => short += part,
        }
    }
    short
}

/// A report, less the findings that are as in the one it is held against.
fn told(name: &str, report: &Report, known: &BTreeSet<String>) -> String {
    let timeline = Digest::sha256(format!("{:?}", report.timeline).as_bytes()).to_string();
    let mut text = format!(
        "\n{name}: {}. {}\n  {} of the timeline, {} of {:?}, {:?}\n",
        report.headline,
        report.sentence,
        report.timeline.len(),
        timeline.get(..16).unwrap_or_default(),
        report.subject,
        report.key_id,
    );
    for line in report.findings.iter().map(line).filter(|line| !known.contains(line)) {
        text += &format!("  {line}");
    }
    text
}

fn said() -> String {
    let (mut text, nothing) = (
        String::from("What the verifier says of the test's files.\n"),
        BTreeSet::new(),
    );
    let mut known = BTreeSet::new();
    for (base, name) in bases().iter().zip(["a whole stream", "an interval", "a rotated key"]) {
        let report = verify(&base.zip, name, &base.pins);
        text += &told(name, &report, &nothing);
        known.extend(report.findings.iter().map(line));
        let unpinned = verify(&base.zip, name, &Pins::default());
        text += &told(&format!("{name}, nobody pinned"), &unpinned, &known);
    }
    for attack in attacks() {
        let report = verify(&attack.zip, &attack.name, &attack.pins());
        text += &told(&attack.name, &report, &known);
    }
    shortened(&text)
}

#[test]
fn every_word_of_every_report_is_as_it_was() {
    let said = said();
    if std::env::var_os("COUNTERSIGN_SAID").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/casefile/said.txt"), &said).unwrap();
    }
    let differs = said.lines().zip(SAID.lines()).find(|(now, before)| now != before);
    assert!(
        said == SAID,
        "a report says something else now (COUNTERSIGN_SAID=1 writes said.txt anew):\n{differs:#?}"
    );
}
