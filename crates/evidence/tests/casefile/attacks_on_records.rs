//! Attacks on the records and their order.

use evidence::Digest;
use evidence::casefile::InclusionLine;
use evidence::ocsf::Effect;
use evidence::verifier::{Status, Verdict, ids};
use serde_json::json;

use crate::attackers::*;
use crate::fixture::*;
use crate::tamper::*;

#[test]
fn record_edited() {
    for who in EVERYBODY {
        let report = attacked(who, |files| edit_record(files, ANSWER, false, edit));
        fails(&report, ids::FINGERPRINT, "hashes to");
        assert_eq!(report.headline, "Altered after it was signed");
        assert_eq!(report.finding(ids::FINGERPRINT).unwrap().records, [ANSWER]);
        let number = 9;
        assert!(report.sentence.starts_with(&format!("Record {number} of 14 is not the record that was signed. The other 13 are intact. Nothing of “support-bot” is missing from its number 0 to number 8.")), "{}", report.sentence);
        let entry = report.timeline.iter().find(|entry| entry.sequence == ANSWER).unwrap();
        assert_eq!(entry.status, Status::Fail);
        assert_eq!(report.finding(ids::ORDER).unwrap().status, Status::Pass);
        assert_eq!(report.finding(ids::COMPLETE).unwrap().status, Status::Pass);
    }
}

#[test]
fn record_edited_and_its_fingerprint_made_anew() {
    for skeleton in [true, false] {
        for who in EVERYBODY {
            let report = attacked(who, |files| {
                edit_record(files, ANSWER, true, edit);
                if !skeleton {
                    without_skeleton(files);
                }
            });
            fails(&report, ids::FINGERPRINT, "signed was");
            assert_eq!(report.headline, "Altered after it was signed");
            assert_eq!(
                report.finding(ids::FINGERPRINT).unwrap().records,
                [ANSWER],
                "skeleton: {skeleton}"
            );
            assert_eq!(
                report.finding(ids::ORDER).unwrap().status,
                Status::Pass,
                "{}",
                brief(&report)
            );
        }
    }
}

#[test]
fn sequence_edited_to_that_of_another() {
    for refresh in [true, false] {
        let report = attacked(Who::Operator, |files| {
            edit_record(files, ANSWER, refresh, |event| event["metadata"]["sequence"] = json!(9));
        });
        fails(&report, ids::FINGERPRINT, "Record 9 of 14 (sequence 10");
        assert_eq!(report.finding(ids::FINGERPRINT).unwrap().records, [ANSWER]);
        assert_eq!(
            report.finding(ids::COMPLETE).unwrap().status,
            Status::Pass,
            "{}",
            brief(&report)
        );
    }
}

#[test]
fn only_the_fingerprint_in_a_record_edited() {
    let report = attacked(Who::Operator, |files| {
        edit_record(files, ANSWER, false, |event| {
            event["attestation_list"][0]["fingerprint"]["value"] = json!("0".repeat(64));
        });
    });
    fails(&report, ids::FINGERPRINT, "says that its fingerprint is 0000·0000…");
}

#[test]
fn record_made_unreadable() {
    let report = attacked(Who::Operator, |files| {
        let mut all = lines(files, "records.jsonl");
        all[8] = [b" ".to_vec(), all[8].clone()].concat();
        put_lines(files, "records.jsonl", &all);
    });
    fails(
        &report,
        ids::FINGERPRINT,
        "Record 9 of 14 (sequence 10) can't be read as a record",
    );
    assert!(
        report
            .sentence
            .contains("Record 9 of 14 is not the record that was signed"),
        "{}",
        report.sentence
    );
}

#[test]
fn a_word_swapped_for_an_equally_valid_one_in_any_record() {
    // Whatever member of whatever record changes, that record is named.
    let mut log = Log::scripted(1);
    let files = open(&log.case().unwrap());
    for line in lines(&files, "records.jsonl") {
        let event: serde_json::Value = serde_json::from_slice(&line).unwrap();
        let sequence = event["metadata"]["sequence"].as_u64().unwrap();
        let mut changed = files.clone();
        edit_record(&mut changed, sequence, true, |event| {
            event["time"] = json!(event["time"].as_i64().unwrap() + 1)
        });
        resign(&mut changed, &log.keys.case);
        let report = report(&changed, &log.pins());
        fails(&report, ids::FINGERPRINT, "hashes to");
        assert_eq!(report.finding(ids::FINGERPRINT).unwrap().records, [sequence]);
    }
}

#[test]
fn record_dropped() {
    for who in EVERYBODY {
        let report = attacked(who, |files| drop_line(files, ANSWER));
        fails(
            &report,
            ids::COMPLETE,
            "The log has 1 record of “support-bot” at sequence 10, and the file doesn't.",
        );
        assert_eq!(report.headline, "Something is missing");
        assert_eq!(report.finding(ids::COMPLETE).unwrap().records, [ANSWER]);
    }
}

#[test]
fn record_dropped_and_the_skeleton_too() {
    let report = attacked(Who::Operator, |files| {
        drop_line(files, ANSWER);
        without_skeleton(files);
    });
    fails(
        &report,
        ids::COMPLETE,
        "Between number 3 and number 5 of “support-bot” 1 record can't be found here.",
    );
}

#[test]
fn last_record_dropped_and_the_skeleton_too() {
    let report = attacked(Who::Operator, |files| {
        drop_line(files, 15);
        without_skeleton(files);
    });
    fails(&report, ids::COMPLETE, "end here at number");
}

#[test]
fn record_that_opens_the_stream_dropped() {
    let report = attacked(Who::Operator, |files| drop_line(files, 4));
    assert_eq!(report.verdict, Verdict::Failed);
    let report = attacked(Who::Operator, |files| {
        drop_line(files, 4);
        without_skeleton(files);
    });
    fails(
        &report,
        ids::INCLUSION,
        "the record that opens the stream `agent-support` isn't here",
    );
}

#[test]
fn record_zero_dropped() {
    let report = attacked(Who::Operator, |files| drop_line(files, 0));
    fails(
        &report,
        ids::CHECKPOINT,
        "Record 0, which carries the log's key, isn't here",
    );
}

#[test]
fn export_record_dropped() {
    let report = attacked(Who::Operator, |files| drop_line(files, 16));
    fails(&report, ids::EXPORT, "isn't here as the record of this export");
}

#[test]
fn record_duplicated() {
    let report = attacked(Who::Operator, |files| {
        for name in ["records.jsonl", "proofs/inclusion.jsonl"] {
            let mut all = lines(files, name);
            all.insert(9, all[8].clone());
            put_lines(files, name, &all);
        }
    });
    fails(&report, ids::ORDER, "stands here twice");
}

#[test]
fn records_reordered() {
    let report = attacked(Who::Operator, |files| {
        for name in ["records.jsonl", "proofs/inclusion.jsonl"] {
            let mut all = lines(files, name);
            all.swap(7, 8);
            put_lines(files, name, &all);
        }
    });
    fails(&report, ids::ORDER, "stands after sequence 10");
    assert_eq!(report.finding(ids::ORDER).unwrap().records, [9]);
}

#[test]
fn record_inserted_in_anothers_place() {
    let report = attacked(Who::Operator, |files| {
        // Place 7 is another agent's; the forger fills it with a record of this one.
        let mut records = lines(files, "records.jsonl");
        let mut event: serde_json::Value = serde_json::from_slice(&records[8]).unwrap();
        event["metadata"]["sequence"] = json!(7);
        let mut hashed = event.clone();
        hashed["attestation_list"][0]
            .as_object_mut()
            .unwrap()
            .remove("fingerprint");
        let d = Digest::sha256(&evidence::json::canonical_value(&hashed).unwrap());
        event["attestation_list"][0]["fingerprint"]["value"] = json!(d);
        records.insert(6, evidence::json::canonical_value(&event).unwrap());
        put_lines(files, "records.jsonl", &records);
        let mut proofs = lines(files, "proofs/inclusion.jsonl");
        let path = InclusionLine::parse(&proofs[6]).unwrap().path;
        proofs.insert(6, InclusionLine { sequence: 7, path }.to_bytes().unwrap());
        put_lines(files, "proofs/inclusion.jsonl", &proofs);
    });
    fails(&report, ids::FINGERPRINT, "Record 7 of 15 (sequence 7");
    assert_eq!(report.finding(ids::FINGERPRINT).unwrap().records, [7]);
}

#[test]
fn another_agents_record_put_in() {
    let mut log = Log::scripted(1);
    let theirs = log.records[7].clone();
    let mut files = open(&log.case().unwrap());
    let mut records = lines(&files, "records.jsonl");
    records.insert(6, theirs.bytes().to_vec());
    put_lines(&mut files, "records.jsonl", &records);
    let mut proofs = lines(&files, "proofs/inclusion.jsonl");
    proofs.insert(
        6,
        InclusionLine {
            sequence: 7,
            path: vec![],
        }
        .to_bytes()
        .unwrap(),
    );
    put_lines(&mut files, "proofs/inclusion.jsonl", &proofs);
    resign(&mut files, &log.keys.case);
    fails(
        &report(&files, &log.pins()),
        ids::INCLUSION,
        "isn't in the log as sealed",
    );
}

#[test]
fn proof_of_another_index() {
    let report = attacked(Who::Operator, |files| {
        let mut all = lines(files, "proofs/inclusion.jsonl");
        all.swap(7, 8);
        put_lines(files, "proofs/inclusion.jsonl", &all);
    });
    fails(
        &report,
        ids::INCLUSION,
        "its proof is about place 10, not about its own",
    );
}

#[test]
fn proof_of_another_index_under_the_right_number() {
    let report = attacked(Who::Operator, |files| {
        let mut all = lines(files, "proofs/inclusion.jsonl");
        let other = InclusionLine::parse(&all[7]).unwrap().path;
        let own = InclusionLine::parse(&all[8]).unwrap().sequence;
        all[8] = InclusionLine {
            sequence: own,
            path: other,
        }
        .to_bytes()
        .unwrap();
        put_lines(files, "proofs/inclusion.jsonl", &all);
    });
    fails(&report, ids::INCLUSION, "the proof leads to another root");
}

#[test]
fn proofs_missing_or_too_many() {
    let report = attacked(Who::Operator, |files| {
        files.insert("proofs/inclusion.jsonl".into(), Vec::new());
    });
    fails(&report, ids::INCLUSION, "there is no proof for it");
    let report = attacked(Who::Operator, |files| {
        let mut all = lines(files, "proofs/inclusion.jsonl");
        all.push(all[3].clone());
        put_lines(files, "proofs/inclusion.jsonl", &all);
    });
    fails(&report, ids::FORMAT, "more proofs than there are records");
}

#[test]
fn a_second_chain_under_the_same_stream() {
    // The operator files a record in the agent's stream and exports as if it had never been.
    let mut log = Log::scripted(1);
    let hidden = log.decide("req-9", bot(), Effect::Allow).0;
    let mut files = open(&log.case().unwrap());
    drop_line(&mut files, hidden);
    resign(&mut files, &log.keys.case);
    let report = report(&files, &log.pins());
    fails(
        &report,
        ids::COMPLETE,
        "The log has 1 record of “support-bot” at sequence 16",
    );
}
