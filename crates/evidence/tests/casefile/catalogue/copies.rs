//! Copies for other tools that say otherwise than the file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::casefile::{InclusionLine, public_key_pem, sigstore_bundle, tlog_proof};
use evidence::envelope::{Envelope, IN_TOTO};
use evidence::verifier::ids;
use evidence::{Digest, Role, SignedCheckpoint};
use serde_json::{Value, json};

use super::{Attack, Honest};
use crate::attackers::Who;
use crate::fixture::{Log, key};
use crate::tamper::{ATTESTATIONS, Files, lines, open};

const BUNDLE: &str = ATTESTATIONS[1];
const PEM: &str = "case-key.pem";
/// A decision's own proof, and the one of the export.
const PROOF: &str = "proofs/8.tlog-proof";
const NEXT: &str = "proofs/15.tlog-proof";

/// The bundle, which nothing lists: whoever packs the file can change it.
fn bundles(honest: &Honest, other: &Files) -> Vec<Attack> {
    let words = "another payload, signature or key";
    let put = |name: &str, bundle: Vec<u8>| {
        honest.by(Who::Nobody, name, ids::COPIES, words, |files| {
            files.insert(BUNDLE.into(), bundle);
        })
    };
    let bent = |name: &str, pointer: &str, value: Value| {
        let mut bundle: Value = serde_json::from_slice(&honest.files[BUNDLE]).unwrap();
        *bundle.pointer_mut(pointer).unwrap() = value;
        put(name, evidence::json::canonical_value(&bundle).unwrap())
    };
    let own = Envelope::parse(&honest.files[ATTESTATIONS[0]]).unwrap();
    let stranger = key(Role::Case, 90);
    let again = Envelope::sign(IN_TOTO, own.unverified_payload(), &stranger);
    let text = String::from_utf8(honest.files[BUNDLE].clone()).unwrap();
    vec![
        put("bundle_of_another_file", other[BUNDLE].clone()),
        bent(
            "bundle_with_another_payload",
            "/dsseEnvelope/payload",
            json!(STANDARD.encode("{}")),
        ),
        bent(
            "bundle_with_another_payload_type",
            "/dsseEnvelope/payloadType",
            json!("text/plain"),
        ),
        bent(
            "bundle_with_another_signature",
            "/dsseEnvelope/signatures/0/sig",
            json!(STANDARD.encode(honest.key.sign_der(b"something else"))),
        ),
        put("bundle_signed_by_a_stranger", sigstore_bundle(&again).unwrap()),
        bent(
            "bundle_with_a_strangers_hint",
            "/verificationMaterial/publicKey/hint",
            json!(stranger.public().key_id()),
        ),
        bent(
            "bundle_of_another_version",
            "/mediaType",
            json!("application/vnd.dev.sigstore.bundle+json;version=0.1"),
        ),
        put("bundle_with_white_space", text.replacen(':', ": ", 1).into_bytes()),
        put("bundle_that_is_no_json", b"bundle".to_vec()),
        honest.by(
            Who::Nobody,
            "bundle_left_out",
            ids::FORMAT,
            "attestation.sigstore.json is missing",
            |files| {
                files.remove(BUNDLE);
            },
        ),
    ]
}

fn pems(honest: &Honest, other: &Files) -> Vec<Attack> {
    let put = |name: &str, pem: Vec<u8>| {
        honest.by(Who::Operator, name, ids::COPIES, "isn't the key that signed", |files| {
            files.insert(PEM.into(), pem);
        })
    };
    let own = String::from_utf8(honest.files[PEM].clone()).unwrap();
    vec![
        put("key_in_pem_of_another_log", other[PEM].clone()),
        put(
            "key_in_pem_of_the_logs",
            public_key_pem(&key(Role::Log, 1).public()).into_bytes(),
        ),
        put(
            "key_in_pem_of_the_reviewers",
            public_key_pem(&key(Role::Reviewer, 3).public()).into_bytes(),
        ),
        put(
            "key_in_pem_with_another_before_it",
            [&other[PEM], own.as_bytes()].concat(),
        ),
        put(
            "key_in_pem_with_another_after_it",
            [own.as_bytes(), &other[PEM]].concat(),
        ),
        put(
            "key_in_pem_with_carriage_returns",
            own.replace('\n', "\r\n").into_bytes(),
        ),
    ]
}

fn single_proofs(honest: &Honest, other: &Files) -> Vec<Attack> {
    let put = |name: &str, words, bytes: Vec<u8>| {
        honest.by(Who::Operator, name, ids::COPIES, words, |files| {
            files.insert(PROOF.into(), bytes);
        })
    };
    let elsewhere = "it isn't a proof for that place";
    let own = String::from_utf8(honest.files[PROOF].clone()).unwrap();
    let note = String::from_utf8(honest.files["checkpoint.txt"].clone()).unwrap();
    let checkpoint = SignedCheckpoint::parse(&note).unwrap();
    let path = |sequence: u64| {
        let proofs = lines(&honest.files, "proofs/inclusion.jsonl");
        let mut proofs = proofs.iter().map(|line| InclusionLine::parse(line).unwrap());
        proofs.find(|proof| proof.sequence == sequence).unwrap().path
    };
    let mut altered = path(8);
    altered[0] = Digest::new([0; 32]);
    let shorter = path(8)[1..].to_vec();
    let longer = [path(8), vec![Digest::new([0; 32])]].concat();
    let of = |path: &[Digest]| tlog_proof(8, path, &checkpoint).into_bytes();
    let not_to_the_root = "doesn't lead from the record to the sealed root";
    vec![
        put("single_proof_of_another_record", elsewhere, honest.files[NEXT].clone()),
        put("single_proof_with_another_records_path", not_to_the_root, of(&path(15))),
        put(
            "single_proof_of_another_log",
            "another checkpoint",
            other[PROOF].clone(),
        ),
        put("single_proof_altered", not_to_the_root, of(&altered)),
        put("single_proof_cut_short", not_to_the_root, of(&shorter)),
        put("single_proof_with_a_further_digest", not_to_the_root, of(&longer)),
        put(
            "single_proof_of_another_index",
            elsewhere,
            own.replacen("index 8", "index 9", 1).into_bytes(),
        ),
        put(
            "single_proof_of_a_padded_index",
            elsewhere,
            own.replacen("index 8", "index 08", 1).into_bytes(),
        ),
        put(
            "single_proof_of_another_version",
            elsewhere,
            own.replacen("@v1", "@v2", 1).into_bytes(),
        ),
        put(
            "single_proof_with_carriage_returns",
            elsewhere,
            own.replace('\n', "\r\n").into_bytes(),
        ),
        put(
            "single_proof_with_something_after_it",
            "one form",
            format!("{own}\n").into_bytes(),
        ),
        put(
            "single_proof_without_its_checkpoint",
            "another checkpoint",
            own.replacen(&note, "", 1).into_bytes(),
        ),
        honest.by(
            Who::Operator,
            "single_proof_of_a_record_that_is_not_here",
            ids::COPIES,
            "no record here, as it was signed, stands at that place",
            |files| {
                let proof = tlog_proof(7, &path(8), &checkpoint);
                files.insert("proofs/7.tlog-proof".into(), proof.into_bytes());
            },
        ),
    ]
}

/// All of these.
pub(super) fn attacks(honest: &Honest) -> Vec<Attack> {
    let mut other = Log::scripted(9);
    let other = open(&other.case().unwrap());
    [
        bundles(honest, &other),
        pems(honest, &other),
        single_proofs(honest, &other),
    ]
    .into_iter()
    .flatten()
    .collect()
}
