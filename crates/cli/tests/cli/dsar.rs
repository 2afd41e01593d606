//! Everything about one person: found, signed, recorded; and checked by whoever gets it.

use std::fs;

use serde_json::Value;

use crate::place::Place;

#[test]
fn what_is_known_of_a_person_is_exported_signed_recorded_and_checked() {
    let place = Place::set_up();
    let gateway = place.serve();
    let call = place.json(&["practice", "call"]);
    let item = call["item_uid"].as_str().unwrap();
    place.ok(&["inbox", "approve", item, "--reason", "Erika Mustermann asked for it."]);
    let out = place.path("erika.json");
    let out = out.to_str().unwrap();

    assert_eq!(
        place.run(&["dsar", "export", "Erika Mustermann", "--out", out]).code,
        2,
        "a reason is needed"
    );
    let written = place.json(&[
        "dsar",
        "export",
        "erika mustermann",
        "--reason",
        "She asked on 3 May.",
        "--out",
        out,
    ]);
    assert_eq!(
        (written["records"].as_u64(), written["found"].as_u64()),
        (Some(1), Some(1))
    );
    let text = fs::read_to_string(out).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["kind"], "urn:countersign:subject-export:v1");
    assert_eq!(
        document["records"][0]["contents"][0]["text"],
        "Erika Mustermann asked for it."
    );
    assert_eq!(document["records"][0]["contents"][0]["slot"], "reason");

    let checked = place.json(&["dsar", "check", out]);
    assert_eq!(checked["verdict"], "verified", "{checked}");
    let record = place.json(&["log", "show", &written["export_record"].to_string()]);
    assert!(
        record["sentence"]
            .as_str()
            .unwrap()
            .contains("what is known of one person"),
        "{record}"
    );
    // The record holds no name: it commits to what was looked for.
    assert!(!record["ocsf"].as_str().unwrap().to_lowercase().contains("mustermann"));

    // Who has neither pins nor a gateway is told that the signer isn't established.
    let elsewhere = Place::empty();
    let ran = elsewhere.run(&["dsar", "check", out]);
    assert_eq!(ran.code, 3, "{ran:?}");

    fs::write(out, text.replace("asked for it", "never asked")).unwrap();
    let refused = place.run(&["dsar", "check", out]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(refused.stdout.contains("isn't the attested one"), "{refused:?}");

    // What was looked for is a content like any other: it is found, and erased, with the rest.
    let again = place.json(&[
        "dsar",
        "export",
        "Erika Mustermann",
        "--reason",
        "Again.",
        "--out",
        out,
        "--force",
    ]);
    assert_eq!(again["found"].as_u64(), Some(2));
    assert_eq!(gateway.stop(), 0);
}

#[test]
fn nothing_is_exported_where_nothing_can_be_looked_for() {
    let place = Place::set_up();
    let gateway = place.serve();
    let size = place.json(&["log", "list"])["size"].clone();
    let refused = place.fails(1, &["dsar", "export", " ", "--reason", "She asked."]);
    assert!(refused.contains("needs a text"), "{refused}");
    assert_eq!(place.json(&["log", "list"])["size"], size);
    assert_eq!(gateway.stop(), 0);
}
