//! Case files before judges that others wrote: Sigstore's verifier, and the commands that README.txt in each file gives for
//! openssl and Python, run as they stand there.
#![expect(clippy::indexing_slicing, reason = "a report that lacks something fails the test")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use evidence::casefile::unpack;
use product_tests::{Cli, Home, KeyStore, Node, Sdk};
use serde_json::Value;

/// An unpacked case file, in a folder of its own.
struct Unpacked {
    _home: Home,
    folder: PathBuf,
}

impl Unpacked {
    fn new(name: &str) -> Result<Self> {
        let home = Home::new(name)?;
        let samples = home.path().join("samples");
        let made = Cli::new(&home, KeyStore::SealedFile)?.run(&["samples", &samples.display().to_string()])?;
        ensure!(made.code == 0, "{}", made.stderr);
        let folder = home.path().join("unpacked");
        for (name, bytes) in unpack(&fs::read(samples.join("intact.case.zip"))?)? {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().context("a file has a folder")?)?;
            fs::write(path, bytes)?;
        }
        Ok(Self { _home: home, folder })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn alter(&self, name: &str, from: &str, to: &str) -> Result<()> {
        let text = fs::read_to_string(self.path(name))?;
        let altered = text.replacen(from, to, 1);
        ensure!(altered != text, "{name} has no `{from}`");
        Ok(fs::write(self.path(name), altered)?)
    }

    /// Runs the commands that README.txt gives under this heading, as a person would paste them.
    fn commands(&self, heading: &str) -> Result<Output> {
        let readme = fs::read_to_string(self.path("README.txt"))?;
        let (_, rest) = readme.split_once(heading).context("no such heading")?;
        let lines = rest.lines().skip_while(|line| !line.starts_with("    "));
        let commands: Vec<&str> = lines.map_while(|line| line.strip_prefix("    ")).collect();
        ensure!(commands.len() > 3, "no commands under `{heading}`");
        // The system's Python may lack the package that the commands name; the tests' own has it.
        let path = format!(
            "{}:{}",
            Sdk::ready()?.programs().display(),
            std::env::var("PATH").unwrap_or_default()
        );
        Ok(Command::new("sh")
            .args(["-c", &commands.join("\n")])
            .current_dir(&self.folder)
            .env("PATH", path)
            .output()?)
    }
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

const OPENSSL: &str = "With openssl and a shell";
const PYTHON: &str = "With Python 3";

#[test]
fn the_commands_in_the_readme_take_an_intact_file_and_refuse_an_altered_one() -> Result<()> {
    let case = Unpacked::new("case-judges-readme")?;
    for heading in [OPENSSL, PYTHON] {
        let output = case.commands(heading)?;
        ensure!(
            output.status.success() && said(&output).contains("All files are as signed"),
            "{heading}: {}",
            said(&output)
        );
    }
    let openssl = said(&case.commands(OPENSSL)?);
    ensure!(openssl.contains("Verified OK"), "{openssl}");

    case.alter("records.jsonl", "\"disposition_id\":25", "\"disposition_id\":8")?;
    for heading in [OPENSSL, PYTHON] {
        let output = case.commands(heading)?;
        ensure!(!output.status.success(), "{heading}: {}", said(&output));
        ensure!(said(&output).contains("records.jsonl"), "{heading}: {}", said(&output));
    }
    Ok(())
}

#[test]
fn the_commands_in_the_readme_refuse_another_signature() -> Result<()> {
    let case = Unpacked::new("case-judges-signature")?;
    let envelope = fs::read_to_string(case.path("attestation.dsse.json"))?;
    let (_, signature) = envelope
        .split_once("\"sig\":\"")
        .context("an envelope has a signature")?;
    // Another digit within s: still DER, another number.
    let old = signature.get(70..74).context("a signature is longer")?;
    let new = if old == "AAAA" { "BBBB" } else { "AAAA" };
    case.alter(
        "attestation.dsse.json",
        &signature[..74],
        &format!("{}{new}", &signature[..70]),
    )?;
    for heading in [OPENSSL, PYTHON] {
        let output = case.commands(heading)?;
        ensure!(!output.status.success(), "{heading}: {}", said(&output));
    }
    Ok(())
}

/// A list of digests that was made to fit an altered file says that all is well; the signature over it doesn't.
#[test]
fn the_commands_in_the_readme_refuse_digests_that_were_made_to_fit() -> Result<()> {
    let case = Unpacked::new("case-judges-fitted")?;
    let digest =
        |name: &str| -> Result<String> { Ok(evidence::Digest::sha256(&fs::read(case.path(name))?).to_string()) };
    let old = digest("records.jsonl")?;
    case.alter("records.jsonl", "\"disposition_id\":25", "\"disposition_id\":8")?;
    let new = digest("records.jsonl")?;
    let envelope: Value = serde_json::from_str(&fs::read_to_string(case.path("attestation.dsse.json"))?)?;
    let payload = envelope
        .get("payload")
        .and_then(Value::as_str)
        .context("an envelope has a payload")?;
    let fitted = String::from_utf8(STANDARD.decode(payload)?)?.replace(&old, &new);
    case.alter("attestation.dsse.json", payload, &STANDARD.encode(fitted))?;
    for heading in [OPENSSL, PYTHON] {
        let output = case.commands(heading)?;
        ensure!(!output.status.success(), "{heading}: {}", said(&output));
        ensure!(
            !said(&output).contains("All files are as signed"),
            "{heading}: {}",
            said(&output)
        );
    }
    Ok(())
}

#[test]
fn sigstores_verifier_takes_the_bundle_and_refuses_a_tampered_one() -> Result<()> {
    let case = Unpacked::new("case-judges-sigstore")?;
    let sigstore = Node::with("tests/programs/sigstore")?;
    let judge = |bundle: &Path, key: &Path| sigstore.command("verify.mjs").args([bundle, key]).output();
    let (bundle, key) = (case.path("attestation.sigstore.json"), case.path("case-key.pem"));
    let judged = judge(&bundle, &key)?;
    ensure!(judged.status.success(), "{}", said(&judged));
    ensure!(said(&judged).contains("  records.jsonl"), "{}", said(&judged));

    let refused = |bundle: &Path, key: &Path, why: &str| -> Result<()> {
        let judged = judge(bundle, key)?;
        ensure!(!judged.status.success(), "{why} was taken");
        ensure!(said(&judged).contains("SIGNATURE_ERROR"), "{why}: {}", said(&judged));
        Ok(())
    };
    let other = Unpacked::new("case-judges-other")?;
    refused(&bundle, &other.path("case-key.pem"), "another key")?;
    // One letter of the payload.
    let text = fs::read_to_string(&bundle)?;
    let (start, payload) = text.split_once("\"payload\":\"").context("a bundle has a payload")?;
    let changed = if payload.get(40..41) == Some("A") { "B" } else { "A" };
    let tampered = format!("{start}\"payload\":\"{}{changed}{}", &payload[..40], &payload[41..]);
    fs::write(&bundle, tampered)?;
    refused(&bundle, &key, "a tampered payload")
}

/// The findings of a report, by their ids.
fn findings(report: &Value) -> Result<BTreeMap<String, String>> {
    let listed = report["findings"].as_array().context("a report has findings")?;
    let said = |name: &str, one: &Value| one[name].as_str().unwrap_or_default().to_owned();
    Ok(listed
        .iter()
        .map(|one| (said("id", one), said("status", one)))
        .collect())
}

#[tokio::test]
async fn the_verifier_written_from_the_document_says_the_same_of_every_kind_of_selection() -> Result<()> {
    let home = Home::new("case-judges-kinds")?;
    let cli = Cli::new(&home, KeyStore::SealedFile)?;
    cli.init()?;
    let mut serving = cli.serve().await?;
    let done = |arguments: &[&str]| -> Result<()> {
        let ran = cli.run(arguments)?;
        ensure!(ran.code == 0, "{arguments:?}: {}", ran.stderr);
        Ok(())
    };
    let call: Value = cli.json(&["practice", "call"])?;
    let item = call["item_uid"].as_str().context("the call is held")?.to_owned();
    done(&["inbox", "approve", &item, "--reason", "For the test."])?;
    let contents: Value = cli.json(&["content", "list"])?;
    let record = contents["contents"][0]["record"].to_string();
    let proof: Value = cli.json(&["log", "prove", "3"])?;
    let seen = home.path().join("seen.txt");
    fs::write(&seen, proof["checkpoint"].as_str().context("a proof has a checkpoint")?)?;
    let seen = seen.display().to_string();
    let pins = home.path().join("pins.json").display().to_string();
    done(&["export-pin", "--out", &pins])?;

    let disclose = ["--disclose", "view,reason", "--reason", "For the test."];
    let kinds: [&[&str]; 5] = [
        &["--agent", "practice-agent"],
        &["--all", "--since", &seen],
        &["--to", "2199-01-01"],
        &["--approval", &item],
        &["--records", &record],
    ];
    let python = Sdk::ready()?.programs().join("python");
    let second = product_tests::root().join("tests/independent/verify_case.py");
    for (number, kind) in kinds.into_iter().enumerate() {
        let out = home.path().join(format!("{number}.case.zip")).display().to_string();
        done(&[&["case", "export", "--out", &out], kind, &disclose].concat())?;
        // Both know what was seen of the log by the files before this one.
        let before = home.path().join("before.json");
        let remembered = fs::read(home.data().join("seen.json")).unwrap_or_else(|_| b"[]".to_vec());
        fs::write(&before, remembered)?;
        let ours: Value = cli.json(&["verify", &out, "--pin", &pins])?;
        let theirs = Command::new(&python)
            .arg("-B")
            .arg(&second)
            .args([&out, "--json", "--pin", &pins, "--seen"])
            .arg(&before)
            .output()?;
        let theirs: Value = serde_json::from_slice(&theirs.stdout).with_context(|| said(&theirs))?;
        assert_eq!(ours["verdict"], "verified", "{kind:?} {ours}");
        assert_eq!(ours["verdict"], theirs["verdict"], "{kind:?} {theirs}");
        assert_eq!(findings(&ours)?, findings(&theirs)?, "{kind:?}");
    }
    serving.process.ask_to_end();
    serving.process.end().await?;
    Ok(())
}
