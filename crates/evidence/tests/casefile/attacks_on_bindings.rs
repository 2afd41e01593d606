//! Attacks on what binds the parts: valid proofs and signatures of the wrong object.

use evidence::casefile::{KeysFile, Manifest};
use evidence::ocsf::AgentName;
use evidence::verifier::{Pin, Pins, Status, Verdict, ids, verify};
use evidence::{Checkpoint, Role};

use crate::attackers::*;
use crate::export::of_agent_in;
use crate::fixture::*;
use crate::tamper::*;

#[test]
fn checkpoint_of_another_log() {
    let other = Log::scripted(9).checkpoint().to_string();
    let report = attacked(Who::Operator, |files| {
        files.insert("checkpoint.txt".into(), other.clone().into_bytes());
    });
    fails(&report, ids::INCLUSION, "isn't in the log as sealed");
    fails(
        &report,
        ids::CHECKPOINT,
        "Record 0, which carries the log's key, isn't here as it was signed",
    );
}

#[test]
fn checkpoint_signed_by_another_key() {
    let report = attacked(Who::Operator, |files| {
        let text = String::from_utf8(files["checkpoint.txt"].clone()).unwrap();
        let checkpoint: Checkpoint = *evidence::SignedCheckpoint::parse(&text).unwrap().claimed();
        let forged = checkpoint.sign(&key(Role::Log, 77)).unwrap();
        files.insert("checkpoint.txt".into(), forged.to_string().into_bytes());
    });
    fails(
        &report,
        ids::CHECKPOINT,
        "isn't signed by the key that the log began with",
    );
}

#[test]
fn skeleton_with_a_leaf_changed_or_cut() {
    for change in [
        |bytes: &mut Vec<u8>| bytes[60] ^= 1,
        |bytes: &mut Vec<u8>| bytes.truncate(48 * 3),
        |bytes: &mut Vec<u8>| bytes.push(1),
    ] {
        let report = attacked(Who::Operator, |files| {
            change(files.get_mut("proofs/skeleton.bin").unwrap())
        });
        fails(&report, ids::FORMAT, "proofs/skeleton.bin can't be read");
    }
    let report = attacked(Who::Operator, |files| {
        files.remove("proofs/range.json");
    });
    fails(&report, ids::FORMAT, "nly one of the skeleton's two files is here");
}

#[test]
fn without_a_skeleton_a_second_chain_is_not_excluded_and_the_finding_says_so() {
    let report = attacked(Who::Operator, without_skeleton);
    assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
    assert!(
        report
            .finding(ids::COMPLETE)
            .unwrap()
            .sentence
            .contains("doesn't exclude a second chain")
    );
}

#[test]
fn attestation_removed() {
    let report = attacked(Who::Repacker, |files| {
        files.remove("attestation.dsse.json");
    });
    fails(&report, ids::SIGNATURE, "nobody signed it");
    fails(&report, ids::FORMAT, "attestation.dsse.json is missing");
    let report = attacked(Who::Repacker, |files| {
        edit_record(files, ANSWER, true, edit);
        files.remove("attestation.dsse.json");
    });
    fails(&report, ids::FINGERPRINT, "signed was");
    assert_eq!(report.headline, "Altered after it was signed");
}

#[test]
fn attestation_by_a_key_that_no_record_registers() {
    let mut log = Log::scripted(1);
    let mut files = open(&log.case().unwrap());
    resign(&mut files, &key(Role::Case, 99));
    fails(
        &report(&files, &log.pins()),
        ids::SIGNATURE,
        "which no record here registers as a key for case files",
    );
    // The reviewer's key is registered, but not for this.
    let mut files = open(&log.case().unwrap());
    resign(&mut files, &log.keys.ada);
    fails(
        &report(&files, &log.pins()),
        ids::SIGNATURE,
        "which no record here registers as a key for case files",
    );
}

#[test]
fn attestation_of_another_case_file_by_the_same_key() {
    let mut log = Log::scripted(1);
    let first = open(&log.case().unwrap());
    let mut second = open(&log.case().unwrap());
    second.insert("attestation.dsse.json".into(), first["attestation.dsse.json"].clone());
    let report = report(&second, &log.pins());
    fails(&report, ids::SIGNATURE, "is about something else");
    fails(&report, ids::FILES, "is not the file that was signed");
}

#[test]
fn every_single_file_swapped_for_that_of_another_case_file() {
    let mut log = Log::scripted(1);
    let first = open(&log.case().unwrap());
    let second = open(&log.case().unwrap());
    let strange = open(&Log::scripted(9).case().unwrap());
    for (name, bytes) in &second {
        for other in [first.get(name), strange.get(name)]
            .into_iter()
            .flatten()
            .filter(|other| *other != bytes)
        {
            let mut files = second.clone();
            files.insert(name.clone(), other.clone());
            assert_eq!(report(&files, &log.pins()).verdict, Verdict::Failed, "{name}");
            if name != "attestation.dsse.json" {
                remanifest(&mut files);
                assert_eq!(
                    report(&files, &log.pins()).verdict,
                    Verdict::Failed,
                    "{name}, manifest anew"
                );
            }
        }
    }
}

#[test]
fn every_two_files_swapped_with_each_other() {
    let mut log = Log::scripted(1);
    let files = open(&log.case().unwrap());
    let names: Vec<&String> = files.keys().collect();
    for (index, one) in names.iter().enumerate() {
        for other in &names[index + 1..] {
            let mut swapped = files.clone();
            swapped.insert((*one).clone(), files[*other].clone());
            swapped.insert((*other).clone(), files[*one].clone());
            if swapped != files {
                assert_eq!(
                    report(&swapped, &log.pins()).verdict,
                    Verdict::Failed,
                    "{one} and {other}"
                );
            }
        }
    }
}

#[test]
fn every_single_file_removed() {
    let mut log = Log::scripted(1);
    let files = open(&log.case().unwrap());
    for name in files.keys() {
        let mut less = files.clone();
        less.remove(name);
        assert_eq!(report(&less, &log.pins()).verdict, Verdict::Failed, "{name}");
    }
}

#[test]
fn a_file_put_in() {
    let report = attacked(Who::Operator, |files| {
        files.insert("contents/readme.html".into(), b"<script>".to_vec());
    });
    fails(
        &report,
        ids::FORMAT,
        "contents/readme.html doesn't belong in a case file",
    );
    let report = attacked(Who::Repacker, |files| {
        files.insert("policies/x.txt".into(), b"x".to_vec());
    });
    fails(&report, ids::FILES, "policies/x.txt was not in it when it was signed");
}

/// The agent under another name.
fn harmless_bot() -> AgentName {
    AgentName {
        name: "harmless-bot".into(),
        ..bot()
    }
}

#[test]
fn manifest_tells_another_story() {
    type Lie = (&'static str, fn(&mut Manifest), &'static str);
    let lies: [Lie; 5] = [
        ("another tenant", |m| m.tenant.uid = "x".into(), ids::MANIFEST),
        (
            "another agent",
            |m| m.selection = of_agent_in(&other_bot(), None, None),
            ids::EXPORT,
        ),
        (
            "another name for the agent",
            |m| m.selection = of_agent_in(&harmless_bot(), None, None),
            ids::EXPORT,
        ),
        (
            "another interval",
            |m| m.selection = of_agent_in(&bot(), Some(START_MS + 9000), None),
            ids::EXPORT,
        ),
        ("another size", |m| m.size += 1, ids::MANIFEST),
    ];
    for (name, lie, id) in lies {
        let mut log = Log::scripted(1);
        let mut files = open(&log.case().unwrap());
        let mut manifest = Manifest::parse(&files["manifest.json"]).unwrap();
        lie(&mut manifest);
        files.insert("manifest.json".into(), manifest.to_bytes().unwrap());
        resign(&mut files, &log.keys.case);
        let report = report(&files, &log.pins());
        assert_eq!(report.verdict, Verdict::Failed, "{name}");
        assert_eq!(
            report.finding(id).unwrap().status,
            Status::Fail,
            "{name}: {}",
            brief(&report)
        );
    }
}

#[test]
fn key_list_names_another_key() {
    let report = attacked(Who::Operator, |files| {
        let mut keys = KeysFile::parse(&files["keys.json"]).unwrap();
        keys.keys[1] = evidence::casefile::KeyEntry::new(Role::Case, &key(Role::Case, 50).public(), None, 1);
        files.insert("keys.json".into(), keys.to_bytes().unwrap());
    });
    fails(&report, ids::MANIFEST, "which no record here registers so");
}

#[test]
fn another_key_was_pinned_for_this_log() {
    let mut log = Log::scripted(1);
    let zip = log.case().unwrap();
    let pins = Pins::new(vec![Pin {
        origin: log.origin,
        role: Role::Case,
        key: key(Role::Case, 60).public(),
        name: "Norwind".into(),
    }]);
    let report = verify(&zip, "x", &pins);
    fails(&report, ids::SIGNER, "For this log you pinned another");
    assert_eq!(report.headline, "Signed by somebody else");
}
