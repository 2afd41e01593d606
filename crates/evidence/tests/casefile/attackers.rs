//! Who attacks, and how a report must name it.
//!
//! One repacks the file with valid checksums, perhaps with a manifest made anew; one signs with a key of his own; and one
//! is the operator, who holds the case key and signs whatever he likes.

use evidence::casefile::{InclusionLine, Manifest};
use evidence::ocsf::{CallDecided, Effect};
use evidence::statement::Choice;
use evidence::verifier::{Pins, Report, Status, Verdict};
use evidence::{Digest, Role};
use serde_json::json;

use crate::export::Collected;
use crate::fixture::{Keys, Log, bot, key};
use crate::tamper::{Files, brief, lines, open, put_lines, remanifest, report, resign, resign_for, unsigned};

/// Holds a call and has it approved. Gives the call, and the digest of what was signed.
pub(crate) fn approved(log: &mut Log) -> (CallDecided, Digest) {
    let (_, held) = log.decide("req-1", bot(), Effect::Hold);
    let statement = log.statement(&held, Choice::Approve);
    log.countersign(&held, &statement, &key(Role::Reviewer, 3));
    (held, Digest::sha256(&statement.to_bytes().unwrap()))
}

/// Who repacks the file after the change.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Who {
    /// Nobody writes anything anew but the zip.
    Nobody,
    /// The manifest is made to fit.
    Repacker,
    /// The manifest is made to fit and the case key signs it all.
    Operator,
}

/// The report on a case file that somebody changed.
pub(crate) fn attacked(who: Who, change: impl Fn(&mut Files)) -> Report {
    let mut log = Log::scripted(1);
    let mut files = open(&log.case().unwrap());
    change(&mut files);
    match who {
        Who::Nobody => {}
        Who::Repacker => remanifest(&mut files),
        Who::Operator => resign(&mut files, &log.keys.case),
    }
    report(&files, &log.pins())
}

/// The report on a log in which the operator wrote whatever he liked: everything in it is sealed and signed.
pub(crate) fn dishonest(story: impl Fn(&mut Log)) -> Report {
    let mut log = Log::begun(Keys::of(1));
    story(&mut log);
    exported(log)
}

/// The report on a case file of this log.
pub(crate) fn exported(log: Log) -> Report {
    let (files, pins) = dishonest_file(log);
    report(&files, &pins)
}

/// The files of a case file of this log, and the pins that it is to be verified with. The writer refuses to sign a
/// dishonest one, so it is signed as a program without that check would.
pub(crate) fn dishonest_file(mut log: Log) -> (Files, Pins) {
    let input = log.export(&bot(), None, None);
    dishonest_export(&log, &input)
}

/// The same of what was collected for any selection.
pub(crate) fn dishonest_export(log: &Log, input: &Collected) -> (Files, Pins) {
    let honest = open(&Log::scripted(1).case().unwrap());
    let mut files = unsigned(input);
    files.insert("attestation.dsse.json".into(), honest["attestation.dsse.json"].clone());
    let mut manifest = Manifest::parse(&honest["manifest.json"]).unwrap();
    let checkpoint = *input.checkpoint.claimed();
    (manifest.size, manifest.root, manifest.export_record) = (checkpoint.size, checkpoint.root, checkpoint.size - 1);
    manifest.selection = input.selection.clone();
    files.insert("manifest.json".into(), manifest.to_bytes().unwrap());
    let export = *log.records.last().unwrap().fingerprint();
    resign_for(&mut files, &log.keys.case, export);
    let pins = log.pins();
    (files, pins)
}

/// Asserts that the report fails, in this finding among others, whose sentence has `words`.
#[track_caller]
pub(crate) fn fails(report: &Report, id: &str, words: &str) {
    assert_eq!(report.verdict, Verdict::Failed, "{}", brief(report));
    let finding = report
        .finding(id)
        .unwrap_or_else(|| panic!("no {id} in {}", brief(report)));
    assert_eq!(finding.status, Status::Fail, "{}", brief(report));
    assert!(finding.sentence.contains(words), "{}", finding.sentence);
}

/// A small lie: the answer was an error.
pub(crate) fn edit(event: &mut serde_json::Value) {
    event["http_response"]["code"] = json!(500);
}

/// Takes the skeleton out.
pub(crate) fn without_skeleton(files: &mut Files) {
    files.remove("proofs/skeleton.bin");
    files.remove("proofs/range.json");
}

/// All three attackers.
pub(crate) const EVERYBODY: [Who; 3] = [Who::Nobody, Who::Repacker, Who::Operator];

/// The sequence of the answer to the held call, and its number in the file.
pub(crate) const ANSWER: u64 = 10;

/// Takes a record out, with its proof.
pub(crate) fn drop_line(files: &mut Files, sequence: u64) {
    let mut records = lines(files, "records.jsonl");
    let mut proofs = lines(files, "proofs/inclusion.jsonl");
    let at = proofs
        .iter()
        .position(|line| InclusionLine::parse(line).unwrap().sequence == sequence)
        .unwrap();
    records.remove(at);
    proofs.remove(at);
    put_lines(files, "records.jsonl", &records);
    put_lines(files, "proofs/inclusion.jsonl", &proofs);
}
