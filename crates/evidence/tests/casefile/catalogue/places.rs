//! Records edited, dropped, doubled, reordered, put in; proofs for another place, size or root.

use evidence::casefile::InclusionLine;
use evidence::verifier::ids;
use evidence::{Digest, Stream};
use serde_json::{Value, json};

use super::{Attack, Honest};
use crate::attackers::*;
use crate::fixture::Log;
use crate::tamper::*;

/// Changes lines of the records and, alike, of their proofs.
fn both(files: &mut Files, change: impl Fn(&mut Vec<Vec<u8>>)) {
    for name in ["records.jsonl", "proofs/inclusion.jsonl"] {
        let mut all = lines(files, name);
        change(&mut all);
        put_lines(files, name, &all);
    }
}

fn records(honest: &Honest) -> Vec<Attack> {
    let by =
        |who, name: &str, finding, words, change: &dyn Fn(&mut Files)| honest.by(who, name, finding, words, change);
    let (nobody, repacker, operator) = (Who::Nobody, Who::Repacker, Who::Operator);
    let uid = |event: &mut Value| event["metadata"]["uid"] = json!("00000000-0000-4000-8000-000000000000");
    vec![
        by(nobody, "record_edited", ids::FINGERPRINT, "hashes to", &|f| {
            edit_record(f, ANSWER, false, edit)
        }),
        by(
            repacker,
            "record_edited_and_listed_anew",
            ids::FINGERPRINT,
            "hashes to",
            &|f| {
                edit_record(f, ANSWER, false, edit);
            },
        ),
        by(
            operator,
            "record_edited_and_signed_anew",
            ids::FINGERPRINT,
            "hashes to",
            &|f| {
                edit_record(f, ANSWER, false, edit);
            },
        ),
        by(
            operator,
            "record_edited_with_its_fingerprint",
            ids::FINGERPRINT,
            "signed was",
            &|f| {
                edit_record(f, ANSWER, true, edit);
            },
        ),
        by(
            operator,
            "record_edited_where_there_is_no_skeleton",
            ids::FINGERPRINT,
            "signed was",
            &|f| {
                edit_record(f, ANSWER, true, edit);
                without_skeleton(f);
            },
        ),
        by(
            operator,
            "record_given_another_uid",
            ids::FINGERPRINT,
            "hashes to",
            &|f| {
                edit_record(f, ANSWER, true, uid);
            },
        ),
        by(
            operator,
            "record_given_anothers_sequence",
            ids::FINGERPRINT,
            "sequence 10",
            &|f| {
                edit_record(f, ANSWER, true, |event| event["metadata"]["sequence"] = json!(9));
            },
        ),
        by(
            operator,
            "fingerprint_edited_alone",
            ids::FINGERPRINT,
            "says that its fingerprint is",
            &|f| {
                edit_record(f, ANSWER, false, |event| {
                    event["attestation_list"][0]["fingerprint"]["value"] = json!("0".repeat(64));
                });
            },
        ),
        by(
            operator,
            "record_dropped",
            ids::COMPLETE,
            "at sequence 10, and the file doesn't",
            &|f| {
                drop_line(f, ANSWER);
            },
        ),
        by(
            operator,
            "record_dropped_with_the_skeleton",
            ids::COMPLETE,
            "can't be found here",
            &|f| {
                drop_line(f, ANSWER);
                without_skeleton(f);
            },
        ),
        by(
            operator,
            "last_record_dropped_with_the_skeleton",
            ids::COMPLETE,
            "end here at number",
            &|f| {
                drop_line(f, 15);
                without_skeleton(f);
            },
        ),
        by(
            operator,
            "first_record_of_the_stream_dropped",
            ids::INCLUSION,
            "isn't here",
            &|f| {
                drop_line(f, 4);
                without_skeleton(f);
            },
        ),
        by(operator, "record_0_dropped", ids::CHECKPOINT, "Record 0", &|f| {
            drop_line(f, 0)
        }),
        by(
            operator,
            "key_record_dropped",
            ids::SIGNATURE,
            "which no record here registers",
            &|f| drop_line(f, 1),
        ),
        by(
            operator,
            "reviewers_key_record_dropped",
            ids::APPROVALS,
            "as a reviewer's",
            &|f| drop_line(f, 2),
        ),
        by(
            operator,
            "held_call_dropped",
            ids::APPROVALS,
            "that held the item isn't here",
            &|f| drop_line(f, 6),
        ),
        by(
            operator,
            "export_record_dropped",
            ids::EXPORT,
            "isn't here as the record of this export",
            &|f| {
                drop_line(f, 16);
            },
        ),
        by(operator, "record_doubled", ids::ORDER, "stands here twice", &|f| {
            both(f, |all| all.insert(9, all[8].clone()))
        }),
        by(
            operator,
            "records_swapped",
            ids::ORDER,
            "stands after sequence 10",
            &|f| both(f, |all| all.swap(7, 8)),
        ),
        by(
            operator,
            "records_backwards",
            ids::ORDER,
            "stands after sequence",
            &|f| both(f, |all| all.reverse()),
        ),
        by(
            operator,
            "records_without_their_last_line_feed",
            ids::FINGERPRINT,
            "isn't ended by a line feed",
            &|f| {
                f.get_mut("records.jsonl").unwrap().pop();
            },
        ),
        by(
            operator,
            "empty_line_among_the_records",
            ids::FINGERPRINT,
            "can't be read as a record",
            &|f| {
                both(f, |all| all.insert(5, Vec::new()));
            },
        ),
        by(operator, "no_records", ids::FINGERPRINT, "There is no record", &|f| {
            f.insert("records.jsonl".into(), Vec::new());
            f.insert("proofs/inclusion.jsonl".into(), Vec::new());
        }),
        by(
            operator,
            "record_inserted_in_anothers_place",
            ids::FINGERPRINT,
            "sequence 7",
            &|f| inserted(f, 7),
        ),
        by(
            operator,
            "record_inserted_beyond_the_end",
            ids::FINGERPRINT,
            "sequence 17",
            &|f| inserted(f, 17),
        ),
    ]
}

/// Puts in a record of the forger's own, with the proof of the line that stands before it.
fn inserted(files: &mut Files, sequence: u64) {
    let mut proofs = lines(files, "proofs/inclusion.jsonl");
    let places: Vec<u64> = proofs
        .iter()
        .map(|line| InclusionLine::parse(line).unwrap().sequence)
        .collect();
    let at = places.iter().filter(|place| **place < sequence).count();
    let mut records = lines(files, "records.jsonl");
    let mut event: Value = serde_json::from_slice(&records[8]).unwrap();
    event["metadata"]["sequence"] = json!(sequence);
    refresh(&mut event);
    records.insert(at, evidence::json::canonical_value(&event).unwrap());
    let path = InclusionLine::parse(&proofs[at - 1]).unwrap().path;
    proofs.insert(at, InclusionLine { sequence, path }.to_bytes().unwrap());
    put_lines(files, "records.jsonl", &records);
    put_lines(files, "proofs/inclusion.jsonl", &proofs);
}

fn proofs(honest: &Honest) -> Vec<Attack> {
    let on_line = |name: &str, words, change: &dyn Fn(&mut InclusionLine)| {
        honest.by(Who::Operator, name, ids::INCLUSION, words, |files| {
            let mut all = lines(files, "proofs/inclusion.jsonl");
            let mut line = InclusionLine::parse(&all[8]).unwrap();
            change(&mut line);
            all[8] = line.to_bytes().unwrap();
            put_lines(files, "proofs/inclusion.jsonl", &all);
        })
    };
    let other = InclusionLine::parse(&lines(&honest.files, "proofs/inclusion.jsonl")[7]).unwrap();
    // The same record in the same log, one export later: a tree of another size.
    let mut log = Log::scripted(1);
    log.case().unwrap();
    let later = open(&log.case().unwrap());
    let later = InclusionLine::parse(&lines(&later, "proofs/inclusion.jsonl")[8]).unwrap();
    vec![
        on_line("proof_of_another_index", "about place 9, not about its own", &|line| {
            *line = other.clone()
        }),
        on_line(
            "proof_of_another_index_under_its_number",
            "leads to another root",
            &|line| {
                line.path = other.path.clone();
            },
        ),
        on_line("proof_of_another_size", "leads to another root", &|line| {
            line.path = later.path.clone()
        }),
        on_line("proof_with_a_hash_flipped", "leads to another root", &|line| {
            line.path[0] = Digest::new([0; 32])
        }),
        on_line("proof_with_a_hash_too_few", "hashes where", &|line| {
            line.path.pop();
        }),
        on_line("proof_with_a_hash_too_many", "hashes where", &|line| {
            line.path.push(Digest::new([0; 32]))
        }),
        on_line("proof_of_nothing", "hashes where", &|line| line.path.clear()),
        honest.by(
            Who::Operator,
            "proofs_swapped",
            ids::INCLUSION,
            "not about its own",
            |files| {
                let mut all = lines(files, "proofs/inclusion.jsonl");
                all.swap(7, 8);
                put_lines(files, "proofs/inclusion.jsonl", &all);
            },
        ),
        honest.by(
            Who::Operator,
            "no_proofs",
            ids::INCLUSION,
            "there is no proof for it",
            |files| {
                files.insert("proofs/inclusion.jsonl".into(), Vec::new());
            },
        ),
        honest.by(
            Who::Operator,
            "a_proof_too_many",
            ids::FORMAT,
            "more proofs than there are records",
            |files| {
                let mut all = lines(files, "proofs/inclusion.jsonl");
                all.push(all[3].clone());
                put_lines(files, "proofs/inclusion.jsonl", &all);
            },
        ),
        honest.by(
            Who::Operator,
            "skeleton_with_a_leaf_changed",
            ids::FORMAT,
            "don't lead to the checkpoint's root",
            |f| {
                f.get_mut("proofs/skeleton.bin").unwrap()[60] ^= 1;
            },
        ),
        honest.by(Who::Operator, "skeleton_cut", ids::FORMAT, "it ends at", |files| {
            files.get_mut("proofs/skeleton.bin").unwrap().truncate(48 * 3);
        }),
        honest.by(
            Who::Operator,
            "skeleton_with_a_byte_more",
            ids::FORMAT,
            "isn't a multiple of 48",
            |files| {
                files.get_mut("proofs/skeleton.bin").unwrap().push(1);
            },
        ),
        honest.by(
            Who::Operator,
            "skeleton_without_its_range",
            ids::FORMAT,
            "nly one of the skeleton's two files",
            |f| {
                f.remove("proofs/range.json");
            },
        ),
    ]
}

/// A second chain under the same stream: a record that the operator filed and left out.
fn second_chain() -> Attack {
    let mut log = Log::scripted(1);
    let hidden = log
        .decide("req-9", crate::fixture::bot(), evidence::ocsf::Effect::Allow)
        .0;
    let mut files = open(&log.case().unwrap());
    drop_line(&mut files, hidden);
    resign(&mut files, &log.keys.case);
    let pinned = (log.origin, log.keys.case.public());
    Attack {
        name: "second_chain_under_the_same_stream".into(),
        zip: close(&files),
        pinned,
        seen: None,
        finding: ids::COMPLETE,
        words: "The log has 1 record of “support-bot” at sequence 16",
        verdict: evidence::verifier::Verdict::Failed,
    }
}

/// Another agent's record, put in as if it belonged to this one's file.
fn anothers_record(honest: &Honest) -> Attack {
    let log = Log::scripted(1);
    let theirs = log
        .records
        .iter()
        .find(|record| *record.stream() == Stream::agent("agent-other").unwrap());
    let theirs = theirs.unwrap().clone();
    honest.by(
        Who::Operator,
        "another_agents_record_put_in",
        ids::INCLUSION,
        "isn't in the log as sealed",
        |files| {
            let mut records = lines(files, "records.jsonl");
            records.insert(5, theirs.bytes().to_vec());
            put_lines(files, "records.jsonl", &records);
            let mut proofs = lines(files, "proofs/inclusion.jsonl");
            let (sequence, path) = (theirs.sequence(), Vec::new());
            proofs.insert(5, InclusionLine { sequence, path }.to_bytes().unwrap());
            put_lines(files, "proofs/inclusion.jsonl", &proofs);
        },
    )
}

/// All of these.
pub(super) fn attacks(honest: &Honest) -> Vec<Attack> {
    let mut attacks = records(honest);
    attacks.append(&mut proofs(honest));
    attacks.extend([second_chain(), anothers_record(honest)]);
    attacks
}
