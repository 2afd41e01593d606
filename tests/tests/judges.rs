//! What our evidence is to programs that others wrote, and to the verifier that was written from the document alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::casefile::{KeysFile, unpack};
use evidence::release::{Claims, ReleaseRecord, mint};
use evidence::{Digest, Origin, Role, SigningKey};
use product_tests::{Python, Sdk, program, root, target};
use serde_json::{Value, json};

fn second_verifier() -> Result<Python> {
    Python::with("tests/independent/requirements.txt", "independent")
}

/// The attacks of `tests/independent`, by whoever has no key and by an operator who has all, are refused by both verifiers,
/// and finding by finding for the same reasons.
#[test]
fn the_second_verifier_and_ours_say_the_same_of_its_attacks() -> Result<()> {
    let against = [Path::new("--against").to_path_buf(), program("countersign")?];
    let arguments: Vec<&Path> = against.iter().map(PathBuf::as_path).collect();
    let said = second_verifier()?.run("tests/independent/mutate.py", &arguments, "")?;
    ensure!(
        said.contains("0 not refused as they should be, 0 differences"),
        "{said}"
    );
    Ok(())
}

/// Every attack that the tests of `evidence` make, with what ours says of it.
#[test]
fn the_second_verifier_says_the_same_of_ours() -> Result<()> {
    let folder = target()?.join("attacks");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let test = "catalogue::each_attack_is_refused_by_the_finding_that_names_it";
    let cargo = std::env::var_os("CARGO").context("tests are run by cargo")?;
    let made = Command::new(cargo)
        .current_dir(root())
        .args(["test", "--workspace", "--test", "casefile", "--", "--exact", test])
        .env("COUNTERSIGN_ATTACKS", &folder)
        .status()?;
    ensure!(made.success(), "the attacks couldn't be made");
    let said = second_verifier()?.run("tests/independent/fixtures.py", &[folder.as_path()], "")?;
    ensure!(said.contains(" files, 0 differences"), "{said}");
    Ok(())
}

/// The computed parts of the document, its worked example among them, are what the second verifier makes of the samples.
#[test]
fn the_document_is_up_to_date() -> Result<()> {
    second_verifier()?.run("tests/independent/document.py", &[], "")?;
    Ok(())
}

/// One line of JSON for a judge.
fn asked(name: &str, text: &str, spki: &str) -> String {
    format!("{}\n", json!({name: text, "spki": spki}))
}

#[test]
fn securesystemslib_takes_our_envelopes_and_refuses_tampered_ones() -> Result<()> {
    let zip = fs::read(root().join("assets/samples/intact.case.zip"))?;
    let files: std::collections::BTreeMap<_, _> = unpack(&zip)?.into_iter().collect();
    let file = |name: &str| files.get(name).with_context(|| format!("{name} isn't in the sample"));
    let keys = KeysFile::parse(file("keys.json")?)?;
    let spki = |role: Role| {
        keys.keys
            .iter()
            .find(|key| key.role == role)
            .map(|key| key.spki.clone())
    };
    let (case, reviewer) = (spki(Role::Case), spki(Role::Reviewer));
    let (case, reviewer) = (case.context("no case key")?, reviewer.context("no reviewer's key")?);
    let attestation = String::from_utf8(file("attestation.dsse.json")?.clone())?;
    let approval = files.iter().find(|(name, _)| name.starts_with("approvals/"));
    let approval = String::from_utf8(approval.context("no approval in the sample")?.1.clone())?;
    let mut questions = asked("envelope", &attestation, &case) + &asked("envelope", &approval, &reviewer);
    let tampered = tampered_envelopes(&attestation)?;
    for envelope in &tampered {
        questions += &asked("envelope", envelope, &case);
    }
    questions += &asked("envelope", &attestation, &reviewer);
    let said = Sdk::ready()?.run_program("judge_dsse.py", &questions)?;
    let said: Vec<&str> = said.lines().collect();
    ensure!(said.len() == tampered.len() + 3, "it answered otherwise: {said:?}");
    ensure!(said.iter().take(2).all(|line| *line == "signed"), "{said:?}");
    ensure!(said.iter().skip(2).all(|line| line.starts_with("refused")), "{said:?}");
    Ok(())
}

/// The envelope with another payload, another payload type, and another signature.
fn tampered_envelopes(envelope: &str) -> Result<Vec<String>> {
    let mut tampered = Vec::new();
    let read: Value = serde_json::from_str(envelope)?;
    let bytes = |value: &Value| anyhow::Ok(STANDARD.decode(value.as_str().context("no text")?)?);
    let flipped = |value: &Value| {
        let mut bytes = bytes(value)?;
        let last = bytes.last_mut().context("nothing there")?;
        *last ^= 1;
        anyhow::Ok(json!(STANDARD.encode(bytes)))
    };
    for (pointer, value) in [
        ("/payload", flipped(read.pointer("/payload").context("no payload")?)?),
        ("/payloadType", json!("application/json")),
        (
            "/signatures/0/sig",
            flipped(read.pointer("/signatures/0/sig").context("no signature")?)?,
        ),
    ] {
        let mut changed = read.clone();
        *changed.pointer_mut(pointer).context("no such member")? = value;
        tampered.push(changed.to_string());
    }
    Ok(tampered)
}

#[test]
fn jwcrypto_takes_our_releases_and_refuses_tampered_ones() -> Result<()> {
    let key = SigningKey::generate(Role::Release, &mut |bytes: &mut [u8]| bytes.fill(7))?;
    let now = 1_795_000_000;
    let claims = Claims {
        origin: Origin::new(b"spki", &[1; 16]),
        agent_uid: "agent".to_owned(),
        audience: "bank-api".to_owned(),
        jti: "jti".to_owned(),
        issued: now,
        not_before: now,
        expires: now + 300,
        tenant_uid: "tenant".to_owned(),
        action_digest: Digest::sha256(b"action"),
        approvals: vec![Digest::sha256(b"payload")],
        record: ReleaseRecord {
            seq: 17,
            fp: Digest::sha256(b"record"),
        },
    };
    let jws = mint(&claims, &key)?;
    let spki = STANDARD.encode(key.public().spki_der());
    let other = SigningKey::generate(Role::Release, &mut |bytes: &mut [u8]| bytes.fill(8))?;
    let other = STANDARD.encode(other.public().spki_der());
    let (head, signature) = jws.rsplit_once('.').context("no signature")?;
    let (header, payload) = head.split_once('.').context("no payload")?;
    let swapped = |text: &str| text.replacen(['A', 'Q', 'g', 'w'], "x", 1);
    let questions = [
        asked("jws", &jws, &spki),
        asked("jws", &jws, &other),
        asked("jws", &format!("{header}.{}.{signature}", swapped(payload)), &spki),
        asked("jws", &format!("{head}.{}", swapped(signature)), &spki),
    ];
    let said = Sdk::ready()?.run_program("judge_jws.py", &questions.concat())?;
    let said: Vec<&str> = said.lines().collect();
    let [first, refused @ ..] = said.as_slice() else {
        anyhow::bail!("it answered nothing");
    };
    let read: Value = serde_json::from_str(first.strip_prefix("signed ").context("it refused a release")?)?;
    ensure!(
        read.get("jti") == Some(&json!("jti")) && read.get("act") == Some(&json!(claims.action_digest)),
        "{read}"
    );
    ensure!(
        refused.len() == 3 && refused.iter().all(|line| line.starts_with("refused")),
        "{refused:?}"
    );
    Ok(())
}
