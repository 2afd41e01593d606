//! Opens case files, changes them, and packs and signs them again.

use std::collections::BTreeMap;

use evidence::casefile::{
    InclusionLine, KeysFile, Manifest, PackedFile, RangeFile, Rotated, pack, sigstore_bundle, unpack,
};
use evidence::envelope::{Envelope, IN_TOTO};
use evidence::statement::CaseStatement;
use evidence::tree::LogEntry;
use evidence::verifier::{Pins, Report, verify};
use evidence::{Digest, Record, SignedCheckpoint, SigningKey};

use crate::export::Collected;
use crate::fixture::{Log, POLICY};

/// The two files of the attestation, which isn't about itself.
pub(crate) const ATTESTATIONS: [&str; 2] = ["attestation.dsse.json", "attestation.sigstore.json"];

/// Puts the attestation in, in both its forms.
pub(crate) fn attest(files: &mut Files, envelope: &Envelope) {
    files.insert(ATTESTATIONS[0].into(), envelope.to_bytes().unwrap());
    files.insert(ATTESTATIONS[1].into(), sigstore_bundle(envelope).unwrap());
}

/// The files of a case file, by name.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// The case file's entries.
pub(crate) fn open(zip: &[u8]) -> Files {
    unpack(zip).unwrap().into_iter().collect()
}

/// The entries as a zip of the strict profile.
pub(crate) fn close(files: &Files) -> Vec<u8> {
    pack(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))).unwrap()
}

/// Writes the manifest's list of files anew: what anybody can do who repacks a case file.
pub(crate) fn remanifest(files: &mut Files) {
    let mut manifest = Manifest::parse(&files["manifest.json"]).unwrap();
    manifest.files = files
        .iter()
        .filter(|(name, _)| *name != "manifest.json" && !ATTESTATIONS.contains(&name.as_str()))
        .map(|(name, bytes)| PackedFile {
            name: name.clone(),
            bytes: bytes.len() as u64,
            sha256: Digest::sha256(bytes),
        })
        .collect();
    manifest.records = lines(files, "records.jsonl").len() as u64;
    files.insert("manifest.json".into(), manifest.to_bytes().unwrap());
}

/// Signs the files as they are now: what only the holder of the case key can do.
pub(crate) fn resign(files: &mut Files, key: &SigningKey) {
    remanifest(files);
    let old = Envelope::parse(&files["attestation.dsse.json"]).unwrap();
    let mut statement = CaseStatement::parse(old.unverified_payload()).unwrap();
    let own = |name: &String| ATTESTATIONS.contains(&name.as_str());
    statement.subjects = files
        .iter()
        .filter(|(name, _)| !own(name))
        .map(|(name, bytes)| (name.clone(), Digest::sha256(bytes)))
        .collect();
    statement.manifest_sha256 = Digest::sha256(&files["manifest.json"]);
    statement.checkpoint_sha256 = Digest::sha256(&files["checkpoint.txt"]);
    let text = String::from_utf8(files["checkpoint.txt"].clone()).unwrap();
    if let Ok(checkpoint) = SignedCheckpoint::parse(&text) {
        (statement.tree_size, statement.root) = (checkpoint.claimed().size, checkpoint.claimed().root);
    }
    let envelope = Envelope::sign(IN_TOTO, &statement.to_bytes().unwrap(), key);
    attest(files, &envelope);
}

/// As [`resign`], for a case file of another log than the one that the attestation was about.
pub(crate) fn resign_for(files: &mut Files, key: &SigningKey, export_fp: Digest) {
    let old = Envelope::parse(&files["attestation.dsse.json"]).unwrap();
    let mut statement = CaseStatement::parse(old.unverified_payload()).unwrap();
    statement.export_fp = export_fp;
    let envelope = Envelope::sign(IN_TOTO, &statement.to_bytes().unwrap(), key);
    attest(files, &envelope);
    resign(files, key);
}

/// The files of a case file without manifest and attestation, written by hand: the writer would refuse a dishonest one.
pub(crate) fn unsigned(input: &Collected) -> Files {
    let mut files = Files::new();
    let mut records: Vec<&Record> = input.records.iter().collect();
    records.sort_by_key(|record| record.sequence());
    records.dedup_by_key(|record| record.sequence());
    let text: Vec<Vec<u8>> = records.iter().map(|record| record.bytes().to_vec()).collect();
    put_lines(&mut files, "records.jsonl", &text);
    let proofs: Vec<Vec<u8>> = records
        .iter()
        .map(|record| {
            let (sequence, path) = (record.sequence(), input.inclusion[&record.sequence()].clone());
            InclusionLine { sequence, path }.to_bytes().unwrap()
        })
        .collect();
    put_lines(&mut files, "proofs/inclusion.jsonl", &proofs);
    files.insert("checkpoint.txt".into(), input.checkpoint.to_string().into_bytes());
    files.insert("keys.json".into(), KeysFile { keys: vec![] }.to_bytes().unwrap());
    files.insert("README.txt".into(), b"".to_vec());
    files.insert(
        format!("policies/{}.cedar", Digest::sha256(POLICY.as_bytes())),
        POLICY.into(),
    );
    for (sequence, envelope) in &input.approvals {
        files.insert(format!("approvals/{sequence}.dsse.json"), envelope.clone());
    }
    for (sequence, Rotated { by_old, by_new }) in &input.rotations {
        files.insert(format!("rotations/{sequence}.old.dsse.json"), by_old.clone());
        files.insert(format!("rotations/{sequence}.new.dsse.json"), by_new.clone());
    }
    files
}

/// Puts a skeleton of the whole log in.
pub(crate) fn put_leaves(files: &mut Files, log: &Log) {
    let range = RangeFile {
        first: 0,
        size: log.entries.len() as u64,
        left: vec![],
    };
    files.insert("proofs/range.json".into(), range.to_bytes().unwrap());
    let leaves: Vec<[u8; 48]> = log.entries.iter().map(LogEntry::to_bytes).collect();
    files.insert("proofs/skeleton.bin".into(), leaves.concat());
}

/// The lines of a file.
pub(crate) fn lines(files: &Files, name: &str) -> Vec<Vec<u8>> {
    let text = &files[name];
    text.strip_suffix(b"\n")
        .unwrap_or(text)
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

/// Puts lines back.
pub(crate) fn put_lines(files: &mut Files, name: &str, lines: &[Vec<u8>]) {
    let mut bytes = lines.join(&b'\n');
    bytes.push(b'\n');
    files.insert(name.into(), bytes);
}

/// Changes the record of this sequence; `refresh` makes its fingerprint anew, as a careful forger would.
pub(crate) fn edit_record(files: &mut Files, sequence: u64, refresh: bool, change: impl Fn(&mut serde_json::Value)) {
    let mut all = lines(files, "records.jsonl");
    for line in &mut all {
        let mut event: serde_json::Value = serde_json::from_slice(line).unwrap();
        if event["metadata"]["sequence"] == sequence {
            change(&mut event);
            if refresh {
                self::refresh(&mut event);
            }
            *line = evidence::json::canonical_value(&event).unwrap();
        }
    }
    put_lines(files, "records.jsonl", &all);
}

/// Makes an event's fingerprint anew.
pub(crate) fn refresh(event: &mut serde_json::Value) {
    let mut hashed = event.clone();
    hashed["attestation_list"][0]
        .as_object_mut()
        .unwrap()
        .remove("fingerprint");
    let d = Digest::sha256(&evidence::json::canonical_value(&hashed).unwrap());
    event["attestation_list"][0]["fingerprint"]["value"] = d.to_string().into();
}

/// A report's verdict and findings, for a failing test's message.
pub(crate) fn brief(report: &Report) -> String {
    let findings = report
        .findings
        .iter()
        .map(|f| format!("\n  {:?} {}: {} {:?}", f.status, f.id, f.sentence, f.detail));
    format!(
        "{:?}: {}. {}{}",
        report.verdict,
        report.headline,
        report.sentence,
        findings.collect::<String>()
    )
}

/// The report on these files under these pins.
pub(crate) fn report(files: &Files, pins: &Pins) -> Report {
    verify(&close(files), "fixture.case.zip", pins)
}
