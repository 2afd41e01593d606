//! A log that doesn't go on from the checkpoint that was seen before, and is made to look so.

use evidence::casefile::{ConsistencyFile, Manifest, Since};
use evidence::verifier::ids;
use evidence::{Checkpoint, Digest, Role, SignedCheckpoint};

use super::{Attack, Honest};
use crate::attackers::Who;
use crate::export::signed;
use crate::fixture::{Log, key};
use crate::selections::{going_on, range};
use crate::tamper::Files;

const NOTE: &str = "proofs/since.txt";
const PROOF: &str = "proofs/consistency.json";

/// How many records the earlier checkpoint seals.
const EARLIER: u64 = 9;

const OTHERS: &str = "the proof doesn't hold";
const NOT_NAMED: &str = "isn't the one that the manifest names, or is of another log";

/// An attack's name, what it changes in the proof, and a part of the sentence that names it.
type OnProof = (&'static str, fn(&mut ConsistencyFile), &'static str);

fn proofs(honest: &Honest) -> Vec<Attack> {
    let bends: [OnProof; 8] = [
        (
            "consistency_proof_altered",
            |proof| proof.path[1] = Digest::new([0; 32]),
            OTHERS,
        ),
        (
            "consistency_proof_with_two_digests_exchanged",
            |proof| proof.path.swap(0, 1),
            OTHERS,
        ),
        (
            "consistency_proof_cut_short",
            |proof| {
                proof.path.pop();
            },
            OTHERS,
        ),
        ("consistency_proof_of_nothing", |proof| proof.path.clear(), OTHERS),
        (
            "consistency_proof_with_a_further_digest",
            |proof| proof.path.push(Digest::new([0; 32])),
            OTHERS,
        ),
        (
            "consistency_proof_from_another_size",
            |proof| proof.from = 8,
            "about other sizes",
        ),
        (
            "consistency_proof_to_another_size",
            |proof| proof.size -= 1,
            "about other sizes",
        ),
        (
            "consistency_proof_backwards",
            |proof| (proof.from, proof.size) = (proof.size, proof.from),
            "about other sizes",
        ),
    ];
    let bent = bends.map(|(name, bend, words)| {
        honest.by(Who::Operator, name, ids::CONSISTENCY, words, |files| {
            let mut proof = ConsistencyFile::parse(&files[PROOF]).unwrap();
            bend(&mut proof);
            files.insert(PROOF.into(), proof.to_bytes().unwrap());
        })
    });
    bent.into_iter().collect()
}

fn notes(log: &Log, honest: &Honest) -> Vec<Attack> {
    let put = |name: &str, words, note: SignedCheckpoint, change: &dyn Fn(&mut Manifest)| {
        honest.by(Who::Operator, name, ids::CONSISTENCY, words, |files| {
            files.insert(NOTE.into(), note.to_string().into_bytes());
            let mut manifest = Manifest::parse(&files["manifest.json"]).unwrap();
            change(&mut manifest);
            files.insert("manifest.json".into(), manifest.to_bytes().unwrap());
        })
    };
    let claimed = *log.checkpoint_at(EARLIER).claimed();
    let sealed = |change: &dyn Fn(&mut Checkpoint), by: u8| {
        let mut checkpoint = claimed;
        change(&mut checkpoint);
        checkpoint.sign(&key(Role::Log, by)).unwrap()
    };
    let history = Digest::sha256(b"another history");
    let empty = Digest::sha256(b"");
    let elsewhere = Log::scripted(9);
    let since = |size, root| move |manifest: &mut Manifest| manifest.since = Some(Since { size, root });
    let alone = |_: &mut Manifest| {};
    vec![
        put(
            "earlier_checkpoint_of_another_log",
            NOT_NAMED,
            elsewhere.checkpoint_at(EARLIER),
            &alone,
        ),
        put(
            "earlier_checkpoint_under_another_logs_name",
            NOT_NAMED,
            sealed(&|note| note.origin = elsewhere.origin, 1),
            &alone,
        ),
        put(
            "earlier_checkpoint_of_another_size",
            NOT_NAMED,
            log.checkpoint_at(8),
            &alone,
        ),
        put(
            "earlier_checkpoint_of_another_root",
            NOT_NAMED,
            sealed(&|note| note.root = history, 1),
            &alone,
        ),
        put(
            "earlier_checkpoint_of_another_history",
            OTHERS,
            sealed(&|note| note.root = history, 1),
            &since(EARLIER, history),
        ),
        put(
            "earlier_checkpoint_by_another_key",
            "isn't signed by the log's key of its time",
            sealed(&|_| {}, 90),
            &alone,
        ),
        put(
            "earlier_checkpoint_of_an_empty_log",
            "is of an empty log, from which any log goes on",
            sealed(&|note| (note.size, note.root) = (0, empty), 1),
            &since(0, empty),
        ),
        put(
            "earlier_checkpoint_that_the_manifest_does_not_name",
            "one isn't here",
            sealed(&|_| {}, 1),
            &|manifest| manifest.since = None,
        ),
    ]
}

fn left_out(honest: &Honest) -> Vec<Attack> {
    let words = "one isn't here, or can't be read";
    let by = |name: &str, change: &dyn Fn(&mut Files)| honest.by(Who::Operator, name, ids::CONSISTENCY, words, change);
    vec![
        by("earlier_checkpoint_left_out", &|files| {
            files.remove(NOTE);
        }),
        by("consistency_proof_left_out", &|files| {
            files.remove(PROOF);
        }),
        by("earlier_checkpoint_and_proof_left_out", &|files| {
            files.retain(|name, _| name != NOTE && name != PROOF);
        }),
        by("earlier_checkpoint_that_is_no_note", &|files| {
            files.insert(NOTE.into(), b"seen".to_vec());
        }),
    ]
}

/// A log whose key was given up: the earlier checkpoint has to be by the key of its time.
fn rotated() -> Vec<Attack> {
    let mut log = Log::scripted(1);
    log.rotate(40);
    let mut input = going_on(&mut log, EARLIER, range(None, None));
    let mut since = input.since.take().unwrap();
    since.checkpoint = since.checkpoint.claimed().sign(&key(Role::Log, 1)).unwrap();
    let later = since.checkpoint.claimed().sign(&key(Role::Log, 40)).unwrap();
    input.since = Some(since);
    let zip = signed(input, &log.keys.case).unwrap();
    let honest = Honest::of(&log, zip);
    vec![honest.by(
        Who::Operator,
        "earlier_checkpoint_by_the_key_that_came_later",
        ids::CONSISTENCY,
        "isn't signed by the log's key of its time",
        |files| {
            files.insert(NOTE.into(), later.to_string().into_bytes());
        },
    )]
}

/// All of these.
pub(super) fn attacks() -> Vec<Attack> {
    let mut log = Log::scripted(1);
    let zip = signed(going_on(&mut log, EARLIER, range(None, None)), &log.keys.case).unwrap();
    let honest = Honest::of(&log, zip);
    [proofs(&honest), notes(&log, &honest), left_out(&honest), rotated()]
        .into_iter()
        .flatten()
        .collect()
}
