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
    let ran = place.run(&["verify", &intact, "--json"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["verdict"], "signer_not_established");
    assert!(!place.data().exists(), "verifying leaves nothing");

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

/// The key that the signer handed over, without a log's name; and one that somebody else handed over.
#[test]
fn a_bare_key_establishes_the_signer_and_another_one_doesnt() {
    let place = Place::empty();
    let pins: Value = serde_json::from_slice(&std::fs::read(sample("sample-pins.json")).unwrap()).unwrap();
    let spki = |role: &str| {
        let pins = pins["pins"].as_array().unwrap();
        pins.iter().find(|pin| pin["role"] == role).unwrap()["spki"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let pem = |name: &str, spki: &str| {
        let (first, second) = spki.split_at(64);
        let text = format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n");
        place.file(name, &text).to_str().unwrap().to_owned()
    };
    let (right, wrong) = (pem("right.pem", &spki("case")), pem("wrong.pem", &spki("log")));
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
