//! `countersign key`: listed, rotated, and what others see of it.

use crate::place::Place;

#[test]
fn both_kinds_of_key_rotate_and_case_files_proofs_and_the_whole_log_verify() {
    let place = Place::set_up();
    let before = place.json(&["key", "list"]);
    assert_eq!(before["mac_epoch"], 0);
    assert_eq!(before["log"].as_array().unwrap().len(), 1);
    let early = place.path("early.json");
    place.ok(&["log", "prove", "1", "--out", early.to_str().unwrap()]);

    let rotated = place.json(&["key", "rotate", "--role", "log", "--reason", "It is a year old."]);
    let at = rotated["record"].as_u64().unwrap();
    assert_eq!(rotated["keys"]["log"][0], before["log"][0]);
    assert_eq!(rotated["keys"]["log"][1]["from_size"], at + 1);
    let said = place.ok(&["log", "show", &at.to_string()]);
    assert!(said.contains("replaced the log key"), "{said}");
    assert!(
        said.contains(rotated["keys"]["log"][1]["key_id"].as_str().unwrap()),
        "{said}"
    );
    let reasons = place.json(&["content", "list"]).to_string();
    assert!(reasons.contains("\"reason\""), "{reasons}");
    let said = place.ok(&["key", "rotate", "--role", "mac"]);
    assert!(said.contains("the log is in epoch 1"), "{said}");
    assert_eq!(place.json(&["key", "list"])["mac_epoch"], 1);
    place.ok(&["log", "verify"]);

    // What was pinned here is the first key: it leads to the one in use.
    let late = place.path("late.json");
    place.ok(&["log", "prove", &at.to_string(), "--out", late.to_str().unwrap()]);
    let newest = place.json(&["key", "rotate", "--role", "log"]);
    let later = place.path("later.json");
    let record = newest["record"].to_string();
    place.ok(&["log", "prove", &record, "--out", later.to_str().unwrap()]);
    for proof in [&early, &late, &later] {
        let said = place.ok(&["log", "prove", "--check", proof.to_str().unwrap()]);
        assert!(said.contains("signed by the key pinned"), "{said}");
    }
    let pin = place.path("pin.json");
    place.ok(&["key", "list", "--pin", pin.to_str().unwrap()]);
    let elsewhere = Place::empty();
    let pinned = |proof: &std::path::Path| -> Vec<String> {
        let parts = [
            "log",
            "prove",
            "--check",
            proof.to_str().unwrap(),
            "--pin",
            pin.to_str().unwrap(),
        ];
        parts.iter().map(|part| (*part).to_owned()).collect()
    };
    let verb = pinned(&later);
    elsewhere.ok(&verb.iter().map(String::as_str).collect::<Vec<_>>());
    let verb = pinned(&early);
    let ran = elsewhere.run(&verb.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("not established"), "{ran:?}");

    let case = place.path("bot.case.zip");
    place.ok(&["case", "export", "--agent", "bot", "--out", case.to_str().unwrap()]);
    let said = elsewhere.ok(&["verify", case.to_str().unwrap(), "--pin", pin.to_str().unwrap()]);
    assert!(said.contains("2 rotations lead to the key in use"), "{said}");
    place.ok(&["verify", case.to_str().unwrap()]);
}
