//! The log's key gives way to another: what a case file shows of it, whom a pin establishes, and each attack.

use evidence::casefile::{KeysFile, Rotated};
use evidence::envelope::{Envelope, IN_TOTO};
use evidence::statement::{CaseStatement, RotationStatement};
use evidence::verifier::{Pin, Pins, Report, Status, Verdict, ids, verify};
use evidence::{Checkpoint, Digest, Origin, Role, SignedCheckpoint, SigningKey};

use crate::attackers::*;
use crate::fixture::*;
use crate::tamper::*;

const FIRST: u8 = 1;
const SECOND: u8 = 40;
const THIRD: u8 = 50;

/// The scripted run, a rotation, another call, another rotation, and the export.
fn rotated_twice() -> (Log, Vec<u8>) {
    let mut log = Log::scripted(FIRST);
    log.rotate(SECOND);
    let (_, call) = log.decide("req-9", bot(), evidence::ocsf::Effect::Allow);
    log.finish(&call);
    log.rotate(THIRD);
    let zip = log.case().unwrap();
    (log, zip)
}

fn pins(log: &Log, seed: u8) -> Pins {
    Pins::new(vec![Pin {
        origin: log.origin,
        role: Role::Log,
        key: key(Role::Log, seed).public(),
        name: "Norwind".into(),
    }])
}

fn sentence(report: &Report, id: &str) -> (Status, String) {
    let finding = report
        .finding(id)
        .unwrap_or_else(|| panic!("no {id} in {}", brief(report)));
    (finding.status, finding.sentence.clone())
}

#[test]
fn each_key_of_the_history_establishes_those_that_follow() {
    let (log, zip) = rotated_twice();
    for (pinned, leads) in [
        (FIRST, "2 rotations lead"),
        (SECOND, "1 rotation leads"),
        (THIRD, "registers the key"),
    ] {
        let report = verify(&zip, "x", &pins(&log, pinned));
        assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
        let (_, said) = sentence(&report, ids::SIGNER);
        assert!(said.contains(leads), "{said}");
        let (status, said) = sentence(&report, ids::ROTATION);
        assert_eq!(status, Status::Pass);
        assert!(said.contains("2 rotations lead to the key in use"), "{said}");
        let (_, said) = sentence(&report, ids::CHECKPOINT);
        assert!(
            said.contains("The key in use at its size, to which 2 rotations lead"),
            "{said}"
        );
    }
}

#[test]
fn a_key_that_came_later_establishes_nothing_of_before() {
    let mut log = Log::scripted(FIRST);
    let before = log.case().unwrap();
    log.rotate(SECOND);
    let report = verify(&before, "x", &pins(&log, SECOND));
    assert_eq!(report.verdict, Verdict::SignerNotEstablished, "{}", brief(&report));
    let (status, said) = sentence(&report, ids::SIGNER);
    assert_eq!(status, Status::NotEstablished);
    assert!(said.contains("Trust runs forward only"), "{said}");
    assert!(report.finding(ids::ROTATION).is_none());
    let report = verify(&before, "x", &pins(&log, FIRST));
    assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
}

/// The case file of a log whose rotation is recorded as this statement says it, with these envelopes: written by hand
/// and signed by the case key, for the writer would refuse it.
fn dishonest(of: &RotationStatement, log: &mut Log, envelopes: Rotated, sealed_by: SigningKey) -> Report {
    log.record_rotation(of, envelopes);
    log.keys.log = sealed_by;
    let input = log.export(&bot(), None, None);
    // Its manifest and attestation are those of an honest file, made to fit.
    let honest = open(&Log::scripted(FIRST).case().unwrap());
    let mut files = unsigned(&input);
    let claimed = *input.checkpoint.claimed();
    let mut manifest = evidence::casefile::Manifest::parse(&honest["manifest.json"]).unwrap();
    (manifest.size, manifest.root, manifest.export_record) = (claimed.size, claimed.root, claimed.size - 1);
    files.insert("manifest.json".into(), manifest.to_bytes().unwrap());
    files.insert("attestation.dsse.json".into(), honest["attestation.dsse.json"].clone());
    let export_fp = *input
        .records
        .iter()
        .max_by_key(|record| record.sequence())
        .unwrap()
        .fingerprint();
    for (uid, opening) in input
        .contents
        .iter()
        .map(|opening| (&opening.header.content_uid, opening))
    {
        let file = evidence::casefile::OpeningFile::new(&opening.header, &opening.salt);
        files.insert(format!("contents/{uid}.json"), file.to_bytes().unwrap());
        files.insert(format!("contents/{uid}.bin"), opening.bytes.clone());
    }
    resign_for(&mut files, &log.keys.case, export_fp);
    report(&files, &pins(log, FIRST))
}

type Bend = fn(&mut RotationStatement);

#[test]
fn rotations_that_are_not_what_both_keys_signed() {
    let (old, new) = (key(Role::Log, FIRST), key(Role::Log, SECOND));
    let good: Bend = |_| {};
    let cases: [(&str, &SigningKey, &SigningKey, Bend, &str); 7] = [
        ("signed_by_the_old_key_only", &old, &old, good, "the new key's envelope"),
        ("signed_by_the_new_key_only", &new, &new, good, "the old key's envelope"),
        ("envelopes_swapped", &new, &old, good, "the old key's envelope"),
        ("from_size_lied", &old, &new, |said| said.from_size = 3, "another size"),
        (
            "other_origin",
            &old,
            &new,
            |said| said.origin = Origin::new(b"other", &[1; 16]),
            "another log",
        ),
        ("other_role", &old, &new, |said| said.role = Role::Case, "another role"),
        (
            "other_key",
            &old,
            &new,
            |said| said.new = key(Role::Log, THIRD).public(),
            "another new key",
        ),
    ];
    for (attack, by_old, by_new, bend, found) in cases {
        let mut log = Log::scripted(FIRST);
        let said = log.rotation(&new, log.records.len() as u64 + 1);
        let mut signed = said.clone();
        bend(&mut signed);
        let (by_old, by_new) = (envelope(&signed, by_old), envelope(&signed, by_new));
        let report = dishonest(&said, &mut log, Rotated { by_old, by_new }, key(Role::Log, SECOND));
        fails(&report, ids::ROTATION, found);
        assert_eq!(report.headline, "A rotation of the log's key doesn't hold", "{attack}");
        fails(
            &report,
            ids::CHECKPOINT,
            "isn't signed by the key that the log began with",
        );
    }
}

/// The record itself lies, and both keys signed the lie: it holds from elsewhere on than its place.
#[test]
fn a_record_that_rotates_from_another_place() {
    let (old, new) = (key(Role::Log, FIRST), key(Role::Log, SECOND));
    for from_size in [3, 900] {
        let mut log = Log::scripted(FIRST);
        let said = log.rotation(&new, from_size);
        let (by_old, by_new) = (envelope(&said, &old), envelope(&said, &new));
        let report = dishonest(&said, &mut log, Rotated { by_old, by_new }, key(Role::Log, FIRST));
        fails(&report, ids::ROTATION, "its record makes that");
    }
}

#[test]
fn a_rotation_of_another_role() {
    let (old, new) = (key(Role::Case, 2), key(Role::Case, SECOND));
    let mut log = Log::scripted(FIRST);
    let said = RotationStatement {
        role: Role::Case,
        old: old.public(),
        new: new.public(),
        ..log.rotation(&new, log.records.len() as u64 + 1)
    };
    let (by_old, by_new) = (envelope(&said, &old), envelope(&said, &new));
    let report = dishonest(&said, &mut log, Rotated { by_old, by_new }, key(Role::Log, FIRST));
    fails(&report, ids::ROTATION, "only a log's key is rotated");
}

/// The twice rotated log's case file, changed and signed again by the operator.
fn changed(change: impl Fn(&mut Files)) -> Report {
    let (log, zip) = rotated_twice();
    let mut files = open(&zip);
    change(&mut files);
    resign(&mut files, &log.keys.case);
    report(&files, &pins(&log, FIRST))
}

fn seal(files: &mut Files, by: &SigningKey) {
    let text = String::from_utf8(files["checkpoint.txt"].clone()).unwrap();
    let claimed: Checkpoint = *SignedCheckpoint::parse(&text).unwrap().claimed();
    files.insert(
        "checkpoint.txt".into(),
        claimed.sign(by).unwrap().to_string().into_bytes(),
    );
}

#[test]
fn a_retired_key_signs_beyond_its_size() {
    for (retired, from) in [(FIRST, 17), (SECOND, 20)] {
        let report = changed(|files| seal(files, &key(Role::Log, retired)));
        fails(&report, ids::CHECKPOINT, &format!("retired from size {from} on"));
    }
    // Nor beside the key that took its place.
    let report = changed(|files| {
        let text = String::from_utf8(files["checkpoint.txt"].clone()).unwrap();
        let claimed: Checkpoint = *SignedCheckpoint::parse(&text).unwrap().claimed();
        let both = claimed
            .hand_over(&key(Role::Log, SECOND), &key(Role::Log, THIRD))
            .unwrap();
        files.insert("checkpoint.txt".into(), both.to_string().into_bytes());
    });
    fails(&report, ids::CHECKPOINT, "retired from size 20 on");
}

#[test]
fn a_rotation_record_dropped() {
    let places = |files: &Files| -> Vec<u64> {
        let olds = files.keys().filter(|name| name.ends_with(".old.dsse.json"));
        let mut places: Vec<u64> = olds.map(|name| name[10..name.len() - 14].parse().unwrap()).collect();
        places.sort_unstable();
        places
    };
    let drop_it = |files: &mut Files, at: u64, envelopes: bool| {
        drop_line(files, at);
        if envelopes {
            files.retain(|name, _| !name.starts_with(&format!("rotations/{at}.")));
        }
        let mut keys = KeysFile::parse(&files["keys.json"]).unwrap();
        keys.keys.retain(|key| key.record != at);
        files.insert("keys.json".into(), keys.to_bytes().unwrap());
    };
    for which in [0, 1] {
        let report = changed(|files| drop_it(files, places(files)[which], false));
        assert_eq!(report.verdict, Verdict::Failed, "{}", brief(&report));
        fails(&report, ids::CHECKPOINT, "isn't signed by");
        assert_eq!(sentence(&report, ids::ROTATION).0, Status::Fail);
        let report = changed(|files| drop_it(files, places(files)[which], true));
        fails(&report, ids::CHECKPOINT, "isn't signed by");
    }
    // The first one gone, the second retires a key that was never in use.
    let report = changed(|files| drop_it(files, places(files)[0], true));
    fails(&report, ids::ROTATION, "isn't the key that was in use");
}

#[test]
fn envelopes_dropped_swapped_or_of_no_record() {
    let report = changed(|files| {
        let name = files
            .keys()
            .find(|name| name.ends_with(".new.dsse.json"))
            .unwrap()
            .clone();
        files.remove(&name);
    });
    fails(&report, ids::ROTATION, ".new.dsse.json isn't here");
    let report = changed(|files| {
        let names: Vec<String> = files
            .keys()
            .filter(|name| name.starts_with("rotations/"))
            .cloned()
            .collect();
        let (one, other) = (files[&names[0]].clone(), files[&names[2]].clone());
        files.insert(names[0].clone(), other);
        files.insert(names[2].clone(), one);
    });
    fails(&report, ids::ROTATION, "envelope");
    let report = changed(|files| {
        files.insert("rotations/2.old.dsse.json".into(), b"{}".to_vec());
    });
    fails(
        &report,
        ids::ROTATION,
        "no record as signed rotates a key at that place",
    );
    let report = changed(|files| {
        files.insert("rotations/02.old.dsse.json".into(), b"{}".to_vec());
    });
    fails(&report, ids::FORMAT, "doesn't belong in a case file");
}

/// Two rotations whose records stand in the other order: the first retires a key that isn't in use yet.
#[test]
fn two_rotations_swapped() {
    let (first, second, third) = (key(Role::Log, FIRST), key(Role::Log, SECOND), key(Role::Log, THIRD));
    let mut log = Log::scripted(FIRST);
    let at = log.records.len() as u64 + 1;
    let later = RotationStatement {
        old: second.public(),
        ..log.rotation(&third, at)
    };
    let earlier = log.rotation(&second, at + 1);
    let signed = |said: &RotationStatement, old, new| Rotated {
        by_old: envelope(said, old),
        by_new: envelope(said, new),
    };
    log.record_rotation(&later, signed(&later, &second, &third));
    let report = dishonest(
        &earlier,
        &mut log,
        signed(&earlier, &first, &second),
        key(Role::Log, THIRD),
    );
    fails(&report, ids::ROTATION, "isn't the key that was in use");
}

/// A stranger forges a rotation to a key of his own: he has no signature of the old key.
#[test]
fn a_rotation_forged_by_a_stranger() {
    let thief = key(Role::Log, 90);
    let mut log = Log::scripted(FIRST);
    let said = log.rotation(&thief, log.records.len() as u64 + 1);
    let (by_old, by_new) = (envelope(&said, &thief), envelope(&said, &thief));
    let report = dishonest(&said, &mut log, Rotated { by_old, by_new }, key(Role::Log, 90));
    fails(&report, ids::ROTATION, "the old key's envelope");
    let (status, said) = sentence(&report, ids::SIGNER);
    assert_eq!(status, Status::NotEstablished);
    assert!(said.contains("no rotation that holds leads from it"), "{said}");
}

#[test]
fn the_case_statement_of_a_rotated_log_is_read_back() {
    let (_, zip) = rotated_twice();
    let files = open(&zip);
    let envelope = Envelope::parse(&files["attestation.dsse.json"]).unwrap();
    let statement = CaseStatement::parse(envelope.unverified_payload()).unwrap();
    assert_eq!(envelope.payload_type(), IN_TOTO);
    let rotations = statement
        .subjects
        .iter()
        .filter(|(name, _)| name.starts_with("rotations/"));
    for (name, digest) in rotations.clone() {
        assert_eq!(Digest::sha256(&files[name]), *digest);
    }
    assert_eq!(rotations.count(), 4);
    let keys = KeysFile::parse(&files["keys.json"]).unwrap();
    assert_eq!(keys.keys.iter().filter(|key| key.role == Role::Log).count(), 3);
}
