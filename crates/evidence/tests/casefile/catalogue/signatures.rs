//! Signatures that aren't in their one form, and envelopes that aren't what they seem.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::envelope::{Envelope, IN_TOTO, pae};
use evidence::statement::CaseStatement;
use evidence::verifier::ids;
use evidence::{Digest, Role, SignedCheckpoint, SigningKey};
use p256::ecdsa::Signature;
use serde_json::{Value, json};

use super::{Attack, Honest};
use crate::attackers::Who;
use crate::fixture::{Log, key};
use crate::tamper::Files;

const ATTESTATION: &str = "attestation.dsse.json";
const APPROVAL: &str = "approvals/8.dsse.json";

/// The curve's order (SEC 2, secp256r1).
const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

fn integer(value: &[u8]) -> Vec<u8> {
    let zeros = value.iter().take_while(|byte| **byte == 0).count().min(value.len() - 1);
    let mut out = value[zeros..].to_vec();
    if out[0] & 0x80 != 0 {
        out.insert(0, 0);
    }
    out
}

fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let part = |value: &[u8]| [&[2, value.len() as u8][..], value].concat();
    let both = [part(r), part(s)].concat();
    [&[0x30, both.len() as u8][..], &both].concat()
}

fn parts(signature: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (r, s) = Signature::from_der(signature).unwrap().split_bytes();
    (integer(&r), integer(&s))
}

/// How a signature's bytes are bent.
type Bend = fn(&[u8]) -> Vec<u8>;

const BENDS: [(&str, Bend); 10] = [
    ("r_and_s_of_zero", |_| der(&[0], &[0])),
    ("r_and_s_of_the_order", |_| {
        let n = integer(&hex::decode(ORDER).unwrap());
        der(&n, &n)
    }),
    ("s_of_zero", |sig| der(&parts(sig).0, &[0])),
    ("a_high_s", |sig| {
        let signature = Signature::from_der(sig).unwrap();
        let (r, s) = signature.split_scalars();
        let high = Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).unwrap();
        high.to_der().as_bytes().to_vec()
    }),
    ("a_needless_zero_before_r", |sig| {
        let (r, s) = parts(sig);
        der(&[&[0][..], &r].concat(), &s)
    }),
    ("a_negative_r", |sig| {
        let (r, s) = parts(sig);
        let bare = r.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
        der(&[&[0xff][..], &bare].concat(), &s)
    }),
    ("a_length_in_long_form", |sig| {
        [&[0x30, 0x81, sig[1]][..], &sig[2..]].concat()
    }),
    ("a_byte_after_it", |sig| [sig, &[0]].concat()),
    ("raw_r_and_s", |sig| {
        Signature::from_der(sig).unwrap().to_bytes().to_vec()
    }),
    ("no_bytes", |_| Vec::new()),
];

/// Changes an envelope as JSON.
fn bent(files: &mut Files, name: &str, change: impl FnOnce(&mut Value)) {
    let mut envelope: Value = serde_json::from_slice(&files[name]).unwrap();
    change(&mut envelope);
    files.insert(name.into(), evidence::json::canonical_value(&envelope).unwrap());
}

fn resigned(files: &mut Files, name: &str, bend: Bend) {
    bent(files, name, |envelope| {
        let signature = &mut envelope["signatures"][0]["sig"];
        let bytes = STANDARD.decode(signature.as_str().unwrap()).unwrap();
        *signature = json!(STANDARD.encode(bend(&bytes)));
    });
}

fn strict_forms(honest: &Honest) -> Vec<Attack> {
    const STRICT: &str = "isn't in its one strict form";
    let mut attacks = Vec::new();
    for (how, bend) in BENDS {
        let name = format!("attestation_with_{how}");
        attacks.push(honest.by(Who::Nobody, &name, ids::SIGNATURE, STRICT, |files| {
            resigned(files, ATTESTATION, bend);
        }));
        let name = format!("approval_with_{how}");
        attacks.push(honest.by(Who::Operator, &name, ids::APPROVALS, STRICT, |files| {
            resigned(files, APPROVAL, bend);
        }));
        // A note's line has a signature of at least one byte, or isn't one.
        if how != "no_bytes" {
            let name = format!("checkpoint_with_{how}");
            attacks.push(honest.by(Who::Operator, &name, ids::CHECKPOINT, STRICT, |files| {
                let text = String::from_utf8(files["checkpoint.txt"].clone()).unwrap();
                let (before, line) = text.trim_end().rsplit_once(' ').unwrap();
                let signed = STANDARD.decode(line).unwrap();
                let again = STANDARD.encode([&signed[..4], &bend(&signed[4..])].concat());
                files.insert("checkpoint.txt".into(), format!("{before} {again}\n").into_bytes());
            }));
        }
    }
    attacks
}

fn envelopes(honest: &Honest) -> Vec<Attack> {
    let statement = CaseStatement::parse(
        Envelope::parse(&honest.files[ATTESTATION])
            .unwrap()
            .unverified_payload(),
    );
    let payload = statement.unwrap().to_bytes().unwrap();
    let change = |name: &str, finding, words, change: &dyn Fn(&mut Value)| {
        honest.by(Who::Nobody, name, finding, words, |files| {
            bent(files, ATTESTATION, change)
        })
    };
    let signed = |name: &str, words, by: &SigningKey, typed: &'static str, payload: &[u8]| {
        let envelope = Envelope::sign(typed, payload, by).to_bytes().unwrap();
        honest.by(Who::Nobody, name, ids::SIGNATURE, words, |files| {
            files.insert(ATTESTATION.into(), envelope);
        })
    };
    let id = |seed| key(Role::Case, seed).public().key_id().to_string();
    let plain = String::from_utf8(payload.clone()).unwrap();
    vec![
        change(
            "payload_type_of_another_kind",
            ids::SIGNATURE,
            "payload type is `application/json`",
            &|e| e["payloadType"] = json!("application/json"),
        ),
        change("payload_type_of_nothing", ids::SIGNATURE, "payload type is ``", &|e| {
            e["payloadType"] = json!("");
        }),
        change("payload_type_in_capitals", ids::SIGNATURE, "payload type is", &|e| {
            e["payloadType"] = json!(IN_TOTO.to_uppercase())
        }),
        change(
            "payload_type_with_a_parameter",
            ids::SIGNATURE,
            "payload type is",
            &|e| e["payloadType"] = json!(format!("{IN_TOTO};charset=utf-8")),
        ),
        signed(
            "payload_signed_under_another_type",
            "payload type is `text/plain`",
            &honest.key,
            "text/plain",
            &payload,
        ),
        change(
            "keyid_of_another_key",
            ids::SIGNATURE,
            "which no record here registers",
            &|e| e["signatures"][0]["keyid"] = json!(id(99)),
        ),
        change("keyid_of_nothing", ids::FORMAT, "attestation.dsse.json", &|e| {
            e["signatures"][0]["keyid"] = json!("");
        }),
        change("keyid_left_out", ids::FORMAT, "attestation.dsse.json", &|e| {
            e["signatures"][0].as_object_mut().unwrap().remove("keyid");
        }),
        change("keyid_with_padding", ids::FORMAT, "attestation.dsse.json", &|e| {
            e["signatures"][0]["keyid"] = json!(format!("{}=", id(2)));
        }),
        change("keyid_in_hex", ids::FORMAT, "attestation.dsse.json", &|e| {
            e["signatures"][0]["keyid"] = json!(Digest::sha256(b"x"));
        }),
        honest.by(
            Who::Nobody,
            "anothers_signature_under_the_case_keys_id",
            ids::SIGNATURE,
            "isn't this key's over these bytes",
            |files| {
                let other = Envelope::sign(IN_TOTO, &payload, &key(Role::Case, 99));
                files.insert(ATTESTATION.into(), other.to_bytes().unwrap());
                bent(files, ATTESTATION, |e| e["signatures"][0]["keyid"] = json!(id(2)));
            },
        ),
        signed(
            "attestation_by_the_reviewer",
            "which no record here registers as a key for case files",
            &key(Role::Reviewer, 3),
            IN_TOTO,
            &payload,
        ),
        signed(
            "attestation_by_the_logs_key",
            "which no record here registers as a key for case files",
            &key(Role::Log, 1),
            IN_TOTO,
            &payload,
        ),
        change("no_signature", ids::FORMAT, "attestation.dsse.json", &|e| {
            e["signatures"] = json!([]);
        }),
        change("two_signatures", ids::FORMAT, "attestation.dsse.json", &|e| {
            let one = e["signatures"][0].clone();
            e["signatures"].as_array_mut().unwrap().push(one);
        }),
        change(
            "payload_in_url_safe_base64",
            ids::FORMAT,
            "attestation.dsse.json",
            &|e| {
                let text = e["payload"].as_str().unwrap().replace('=', "");
                e["payload"] = json!(format!("{text}-_"));
            },
        ),
        change(
            "signature_over_the_bare_payload",
            ids::SIGNATURE,
            "isn't this key's",
            &|e| {
                e["signatures"][0]["sig"] = json!(STANDARD.encode(honest.key.sign_der(&payload)));
            },
        ),
        change(
            "signature_over_a_shifted_pae",
            ids::SIGNATURE,
            "isn't this key's",
            &|e| {
                // One byte moves from the payload's length to the payload.
                let moved = [pae(IN_TOTO, &payload), b" ".to_vec()].concat();
                e["signatures"][0]["sig"] = json!(STANDARD.encode(honest.key.sign_der(&moved)));
            },
        ),
        signed(
            "approval_as_an_attestation",
            "isn't the statement of a case file",
            &honest.key,
            IN_TOTO,
            Envelope::parse(&honest.files[APPROVAL]).unwrap().unverified_payload(),
        ),
        signed(
            "statement_of_another_predicate",
            "isn't the statement of a case file",
            &honest.key,
            IN_TOTO,
            plain
                .replace("urn:countersign:case:v1", "urn:countersign:case:v2")
                .as_bytes(),
        ),
        signed(
            "statement_of_another_type",
            "isn't the statement of a case file",
            &honest.key,
            IN_TOTO,
            plain
                .replace("in-toto.io/Statement/v1", "in-toto.io/Statement/v0.1")
                .as_bytes(),
        ),
        signed(
            "statement_with_a_further_member",
            "isn't the statement of a case file",
            &honest.key,
            IN_TOTO,
            plain.replacen("{\"_type\"", "{\"!\":1,\"_type\"", 1).as_bytes(),
        ),
        signed(
            "statement_with_a_duplicate_key",
            "isn't the statement of a case file",
            &honest.key,
            IN_TOTO,
            plain
                .replacen("\"predicateType\"", "\"predicateType\":\"x\",\"predicateType\"", 1)
                .as_bytes(),
        ),
    ]
}

fn checkpoints(honest: &Honest) -> Vec<Attack> {
    let text = |log: &Log| log.checkpoint().to_string();
    let own = String::from_utf8(honest.files["checkpoint.txt"].clone()).unwrap();
    let claimed = *SignedCheckpoint::parse(&own).unwrap().claimed();
    let put = |name: &str, finding, words, text: String| {
        honest.by(Who::Operator, name, finding, words, |files| {
            files.insert("checkpoint.txt".into(), text.into_bytes());
        })
    };
    let log_key = key(Role::Log, 1);
    let signed = |name: &str, finding, words, change: &dyn Fn(&mut evidence::Checkpoint), by: &SigningKey| {
        let mut checkpoint = claimed;
        change(&mut checkpoint);
        put(name, finding, words, checkpoint.sign(by).unwrap().to_string())
    };
    vec![
        put(
            "checkpoint_of_another_log",
            ids::INCLUSION,
            "isn't in the log as sealed",
            text(&Log::scripted(9)),
        ),
        signed(
            "checkpoint_of_another_size",
            ids::INCLUSION,
            "isn't in the log as sealed",
            &|c| c.size -= 1,
            &log_key,
        ),
        signed(
            "checkpoint_of_another_root",
            ids::INCLUSION,
            "the proof leads to another root",
            &|c| c.root = Digest::new([0; 32]),
            &log_key,
        ),
        signed(
            "checkpoint_by_another_key",
            ids::CHECKPOINT,
            "isn't signed by the key that the log began with",
            &|_| {},
            &key(Role::Log, 77),
        ),
        put(
            "checkpoint_with_an_extension_line",
            ids::FORMAT,
            "checkpoint.txt can't be read",
            own.replacen("\n\n", "\nextension\n\n", 1),
        ),
        put(
            "checkpoint_with_carriage_returns",
            ids::FORMAT,
            "checkpoint.txt can't be read",
            own.replace('\n', "\r\n"),
        ),
        put(
            "checkpoint_with_a_leading_zero",
            ids::FORMAT,
            "checkpoint.txt can't be read",
            own.replacen("\n17\n", "\n017\n", 1),
        ),
        put(
            "checkpoint_with_a_plus_before_its_size",
            ids::FORMAT,
            "checkpoint.txt can't be read",
            own.replacen("\n17\n", "\n+17\n", 1),
        ),
        put(
            "checkpoint_with_a_hyphen_for_the_dash",
            ids::FORMAT,
            "checkpoint.txt can't be read",
            own.replace('\u{2014}', "-"),
        ),
        put(
            "checkpoint_without_a_signature",
            ids::FORMAT,
            "checkpoint.txt can't be read",
            format!("{}\n\n", own.split("\n\n").next().unwrap()),
        ),
        put(
            "checkpoint_signed_under_another_name",
            ids::CHECKPOINT,
            "carries no signature under this key",
            own.replace(&format!("\u{2014} {}", claimed.origin), "\u{2014} example.com/log"),
        ),
    ]
}

/// All of these.
pub(super) fn attacks(honest: &Honest) -> Vec<Attack> {
    [strict_forms(honest), envelopes(honest), checkpoints(honest)]
        .into_iter()
        .flatten()
        .collect()
}
