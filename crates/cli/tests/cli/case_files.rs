//! `verify` and the pins: any machine, no set-up, and the four exit codes.

use std::path::PathBuf;

use serde_json::Value;

use crate::place::Place;

/// The samples, made once for all tests here.
fn samples() -> &'static (Place, PathBuf) {
    static SAMPLES: std::sync::OnceLock<(Place, PathBuf)> = std::sync::OnceLock::new();
    SAMPLES.get_or_init(|| {
        let place = Place::empty();
        let dir = place.path("samples");
        place.ok(&["samples", dir.to_str().unwrap()]);
        (place, dir)
    })
}

fn sample(name: &str) -> String {
    samples().1.join(name).to_str().unwrap().to_owned()
}

#[test]
fn an_intact_file_is_verified_once_its_signer_is_pinned() {
    let place = Place::empty();
    let intact = sample("intact.case.zip");
    let ran = place.run(&["verify", "--no-memory", &intact, "--json"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["verdict"], "signer_not_established");
    assert!(!place.data().exists(), "verifying so leaves nothing");

    place.ok(&["verify", &intact, "--pin", &sample("sample-pins.json")]);
    assert_eq!(place.run(&["verify", &intact]).code, 3, "a --pin is for one run");
    place.ok(&["pin", "add", &sample("sample-pins.json")]);
    let said = place.ok(&["verify", &intact, "--timeline"]);
    assert!(!said.contains("FAIL"), "{said}");

    let pins = place.json(&["pin", "list"]);
    assert_eq!(pins["pins"].as_array().unwrap().len(), 2);
    place.ok(&["pin", "remove", pins["pins"][0]["origin"].as_str().unwrap()]);
    assert_eq!(place.run(&["verify", &intact]).code, 3);
}

/// The same log with another history: what a second file of a forked log reads like to one who saw the first.
#[test]
fn a_file_is_held_against_what_was_seen_of_its_log() {
    let place = Place::empty();
    let intact = sample("intact.case.zip");
    let status = |report: &Value| {
        let findings = report["findings"].as_array().unwrap();
        let memory = findings.iter().find(|finding| finding["id"] == "log.memory");
        memory.map(|finding| finding["status"].clone())
    };
    assert_eq!(status(&place.json_of(3, &["verify", &intact])), None);
    assert_eq!(status(&place.json_of(3, &["verify", &intact])), Some("pass".into()));

    let seen = place.data().join("seen.json");
    let text = std::fs::read_to_string(&seen).unwrap();
    let logs: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(logs.as_array().unwrap().len(), 1, "{logs}");
    let root = logs[0]["root"].as_str().unwrap();
    std::fs::write(&seen, text.replace(root, &"0".repeat(64))).unwrap();
    assert_eq!(status(&place.json_of(1, &["verify", &intact])), Some("fail".into()));
    assert_eq!(status(&place.json_of(3, &["verify", "--no-memory", &intact])), None);

    // What can't be read isn't taken for nothing.
    std::fs::write(&seen, "[").unwrap();
    assert!(place.fails(2, &["verify", &intact]).contains("seen.json"));

    // Two files of one log in one run are held against each other, too.
    let other = Place::empty();
    let reports = other.json_of(1, &["verify", &intact, &sample("altered.case.zip")]);
    assert_eq!((status(&reports[0]), status(&reports[1])), (None, Some("pass".into())));
}

#[test]
fn where_there_is_a_log_it_records_whom_its_people_trust() {
    let place = Place::set_up();
    place.ok(&["pin", "add", &sample("sample-pins.json")]);
    place.ok(&["pin", "add", &sample("sample-pins.json")]);
    let recorded = |kind: &str| place.json(&["log", "list", &format!("kind:{kind}")])["matching"].clone();
    assert_eq!(recorded("signer_pinned"), 2, "each once");

    let pins = place.json(&["pin", "list"]);
    let theirs = pins["pins"].as_array().unwrap().last().unwrap()["origin"].clone();
    place.ok(&["pin", "remove", theirs.as_str().unwrap()]);
    assert_eq!(recorded("signer_unpinned"), 2);
    let last = place.json(&["log", "list", "kind:signer_unpinned"])["rows"][0]["sequence"].to_string();
    let said = place.ok(&["log", "show", &last]);
    assert!(said.contains("trusts this key no longer"), "{said}");
}

#[test]
fn an_edited_record_fails_and_is_named_whoever_is_pinned() {
    let place = Place::empty();
    let altered = sample("altered.case.zip");
    for pins in [&[][..], &["--pin", &sample("sample-pins.json")]] {
        let ran = place.run(&[&["verify", &altered, "--json"], pins].concat());
        assert_eq!(ran.code, 1, "{ran:?}");
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let failed = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|finding| finding["status"] == "fail");
        let named = failed
            .clone()
            .any(|finding| !finding["records"].as_array().unwrap().is_empty());
        assert!(named, "{report}");
    }
}

#[test]
fn what_isnt_a_case_file_is_told_from_one_that_fails() {
    let place = Place::empty();
    let text = place.file("notes.txt", "Not a case file.");
    assert_eq!(place.run(&["verify", text.to_str().unwrap()]).code, 2);
    let bytes = std::fs::read(sample("intact.case.zip")).unwrap();
    let cut = place.path("cut.case.zip");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    assert_ne!(place.run(&["verify", cut.to_str().unwrap()]).code, 0);
    place.fails(2, &["verify", "nowhere.zip"]);
    let empty = place.path("empty");
    std::fs::create_dir(&empty).unwrap();
    place.fails(2, &["verify", empty.to_str().unwrap()]);
}

#[test]
fn several_files_and_folders_end_as_the_worst_of_them() {
    let place = Place::empty();
    let (intact, altered) = (sample("intact.case.zip"), sample("altered.case.zip"));
    let text = place.file("notes.txt", "Not a case file.");
    let (text, folder) = (text.to_str().unwrap(), samples().1.to_str().unwrap());
    for (files, code) in [
        (vec![intact.as_str(), &intact], 3),
        (vec![text, &intact], 2),
        (vec![&intact, text, &altered], 1),
        (vec!["nowhere.zip", &intact], 2),
        (vec!["nowhere.zip", &altered], 1),
        (vec![folder], 1),
    ] {
        assert_eq!(
            place.run(&[&["verify"], files.as_slice()].concat()).code,
            code,
            "{files:?}"
        );
    }
    let ran = place.run(&["verify", &intact, &altered, "--json"]);
    let reports: Value = serde_json::from_str(&ran.stdout).unwrap();
    let verdicts: Vec<_> = reports
        .as_array()
        .unwrap()
        .iter()
        .map(|report| &report["verdict"])
        .collect();
    assert_eq!(verdicts, ["signer_not_established", "failed"]);
}

/// Reports are written one by one; together they are the one document that a JSON library would write.
#[test]
fn the_reports_of_several_files_are_one_json_array_and_that_of_one_is_an_object() {
    let place = Place::empty();
    let (intact, altered) = (sample("intact.case.zip"), sample("altered.case.zip"));
    let (intact, altered) = (intact.as_str(), altered.as_str());
    let folder = samples().1.to_str().unwrap();
    let one = place.path("one");
    std::fs::create_dir(&one).unwrap();
    std::fs::copy(intact, one.join("intact.case.zip")).unwrap();
    for (files, reports) in [
        (vec![intact], None),
        (vec![one.to_str().unwrap()], None),
        (vec![intact, altered, intact], Some(3)),
        (vec![folder], Some(2)),
        (vec!["nowhere.zip", intact], Some(1)),
        (vec!["nowhere.zip", "elsewhere.zip"], Some(0)),
    ] {
        let ran = place.run(&[&["verify", "--json"], files.as_slice()].concat());
        let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(answer.as_array().map(Vec::len), reports, "{files:?}");
        assert_eq!(
            ran.stdout,
            serde_json::to_string_pretty(&answer).unwrap() + "\n",
            "{files:?}"
        );
    }
}

/// Many reports don't fit into memory: each is told before the next file is read.
#[cfg(unix)]
#[test]
fn a_files_result_is_told_before_the_next_file_is_opened() {
    use std::io::{BufRead as _, BufReader};
    use std::process::{Command, Stdio};

    let place = Place::empty();
    let (intact, next) = (sample("intact.case.zip"), place.path("next.case.zip"));
    assert!(Command::new("mkfifo").arg(&next).status().unwrap().success());
    for (form, told) in [(None, "Signed by"), (Some("--json"), "\"verified_ms\"")] {
        let mut args = vec!["verify", intact.as_str(), next.to_str().unwrap()];
        args.extend(form);
        let mut command = place.command(&args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Whoever opens a pipe waits for its other end: until it is opened below, the program can't go on.
        assert!(lines.any(|line| line.unwrap().contains(told)), "{form:?}");
        drop(std::fs::OpenOptions::new().write(true).open(&next).unwrap());
        assert_eq!(
            child.wait().unwrap().code(),
            Some(2),
            "a pipe can't be read as a case file"
        );
    }
}

#[test]
fn standard_input_is_verified_like_a_file() {
    let place = Place::empty();
    for (file, code) in [("intact.case.zip", 3), ("altered.case.zip", 1), ("sample-pins.json", 2)] {
        let mut command = place.command(&["verify", "-"]);
        command.stdin(std::fs::File::open(sample(file)).unwrap());
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{file}");
        assert!(
            String::from_utf8_lossy(&output.stdout).contains("standard input"),
            "{file}"
        );
    }
}

/// The samples' pins.
fn sample_pins() -> Value {
    serde_json::from_slice(&std::fs::read(sample("sample-pins.json")).unwrap()).unwrap()
}

/// The public key that the samples' log has in this role: SubjectPublicKeyInfo in base64.
fn spki(role: &str) -> String {
    let pins = sample_pins();
    let mut pins = pins["pins"].as_array().unwrap().iter();
    let pin = pins.find(|pin| pin["role"] == role).unwrap();
    pin["spki"].as_str().unwrap().to_owned()
}

/// That key alone, as somebody hands it over: without a log's name.
fn bare_key(place: &Place, role: &str) -> String {
    let spki = spki(role);
    let (first, second) = spki.split_at(64);
    let text = format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n");
    let file = place.file(&format!("{role}.pem"), &text);
    file.to_str().unwrap().to_owned()
}

/// The samples' pins, but that another key than the signer's is pinned for case files.
fn wrong_pins(place: &Place) -> String {
    let mut pins = sample_pins();
    for pin in pins["pins"].as_array_mut().unwrap() {
        pin["spki"] = spki("log").into();
    }
    let file = place.file("wrong-pins.json", &pins.to_string());
    file.to_str().unwrap().to_owned()
}

/// The key that the signer handed over, and one that somebody else handed over.
#[test]
fn a_bare_key_establishes_the_signer_and_another_one_doesnt() {
    let place = Place::empty();
    let (right, wrong) = (bare_key(&place, "case"), bare_key(&place, "log"));
    let (intact, altered) = (sample("intact.case.zip"), sample("altered.case.zip"));
    for (file, key, code) in [(&intact, &right, 0), (&intact, &wrong, 1), (&altered, &right, 1)] {
        assert_eq!(place.run(&["verify", file, "--key", key]).code, code, "{file} {key}");
    }
    let damaged = place.file(
        "damaged.pem",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
    );
    place.fails(2, &["verify", &intact, "--key", damaged.to_str().unwrap()]);
}

#[test]
fn a_bare_key_counts_whatever_is_pinned() {
    let (stranger, friend, deceived) = (Place::empty(), Place::empty(), Place::empty());
    let (right, wrong) = (bare_key(&stranger, "case"), bare_key(&stranger, "log"));
    let (right_pins, wrong_pins) = (sample("sample-pins.json"), wrong_pins(&stranger));
    friend.ok(&["pin", "add", &right_pins]);
    deceived.ok(&["pin", "add", &wrong_pins]);
    let by_right = (0, "verified", "pass");
    let by_wrong = (1, "failed", "fail");
    for (place, given, expected) in [
        (&stranger, &["--pin", right_pins.as_str()][..], by_right),
        (&stranger, &["--pin", &wrong_pins], by_wrong),
        (&stranger, &["--key", &wrong], by_wrong),
        (&stranger, &["--key", &wrong, "--pin", &right_pins], by_wrong),
        (&stranger, &["--key", &right, "--pin", &wrong_pins], by_right),
        (&stranger, &["--key", &wrong, "--key", &right], by_right),
        (&friend, &[], by_right),
        (&friend, &["--key", &wrong], by_wrong),
        (&deceived, &[], by_wrong),
        (&deceived, &["--key", &right], by_right),
    ] {
        let ran = place.run(&[&["verify", &sample("intact.case.zip"), "--json"], given].concat());
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let mut findings = report["findings"].as_array().unwrap().iter();
        let signer = findings.find(|finding| finding["id"] == "signer.pinned").unwrap();
        let found = (
            ran.code,
            report["verdict"].as_str().unwrap(),
            signer["status"].as_str().unwrap(),
        );
        assert_eq!(found, expected, "{given:?}");
    }
}

#[test]
fn one_machines_public_keys_are_handed_to_another() {
    let here = Place::set_up();
    let pins = here.path("pins-for-you.json");
    here.ok(&["export-pin", "--out", pins.to_str().unwrap()]);
    here.fails(1, &["export-pin", "--out", pins.to_str().unwrap()]);
    let out = here.path("a.case.zip");
    here.ok(&["case", "export", "--agent", "bot", "--out", out.to_str().unwrap()]);
    let there = Place::empty();
    assert_eq!(there.run(&["verify", out.to_str().unwrap()]).code, 3);
    there.ok(&["pin", "add", pins.to_str().unwrap()]);
    there.ok(&["verify", out.to_str().unwrap()]);
    there.fails(1, &["export-pin"]);
}
