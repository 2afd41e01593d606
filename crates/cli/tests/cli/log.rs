//! `countersign log` where no gateway runs, and beside one that does.

use serde_json::Value;

use crate::place::Place;

fn size(place: &Place) -> u64 {
    place.json(&["log", "list"])["size"].as_u64().unwrap()
}

#[test]
fn reading_where_no_gateway_runs_records_nothing() {
    let place = Place::set_up();
    let before = size(&place);
    for verb in [
        &["log", "list", "agent:bot"][..],
        &["log", "show", "0"],
        &["log", "show", "0", "--raw"],
        &["log", "verify"],
        &["log", "prove", "3"],
        &["log", "consistency", "2"],
        &["agent", "list"],
        &["upstream", "list"],
        &["credential", "list"],
        &["policy", "show"],
        &["inbox", "list"],
        &["traffic"],
        &["day"],
    ] {
        place.ok(verb);
    }
    assert_eq!(size(&place), before);
    place.ok(&["agent", "add", "another"]);
    assert_eq!(size(&place), before + 4, "it began, did two things, and stopped");
}

#[test]
fn filters_list_and_what_cant_be_read_is_pointed_at() {
    let place = Place::set_up();
    let agents = place.json(&["log", "list", "kind:agent_added"]);
    assert_eq!(agents["matching"], 2, "{agents}");
    let named = place.ok(&["log", "list", "agent:bot", "kind:agent_added"]);
    assert!(named.contains("registered bot"), "{named}");
    assert_eq!(place.ok(&["log", "list", "agent:nobody"]), "No record matches.\n");
    let older = place.ok(&["log", "list", "--limit", "1"]);
    assert!(older.contains("`--at 1`"), "{older}");
    let second = place.json(&["log", "list", "--limit", "1", "--at", "1"]);
    assert_eq!(
        second["rows"][0]["sequence"].as_u64().unwrap() + 2,
        second["size"].as_u64().unwrap()
    );
    let said = place.fails(1, &["log", "list", "agent:bot colour:red"]);
    assert!(said.contains("at character 11"), "{said}");

    let fingerprint = place.json(&["log", "show", "4"])["fingerprint"]
        .as_str()
        .unwrap()
        .to_owned();
    for wanted in [&fingerprint, &fingerprint[..12], "#4"] {
        assert_eq!(place.json(&["log", "show", wanted])["row"]["sequence"], 4);
    }
    place.fails(1, &["log", "show", "0123456789abcdef"]);
}

#[test]
fn an_export_is_lines_as_stored_with_its_attestation_beside_it() {
    let place = Place::set_up();
    let out = place.path("log.jsonl");
    let attestation = place.path("log.jsonl.dsse.json");
    let verb = ["log", "export", "agent:bot", "--out", out.to_str().unwrap()];
    let written = place.json(&verb);
    let lines = std::fs::read_to_string(&out).unwrap();
    assert_eq!(written["count"].as_u64().unwrap() as usize, lines.lines().count());
    for line in lines.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        let sequence = event["metadata"]["sequence"].to_string();
        assert_eq!(place.ok(&["log", "show", &sequence, "--raw"]).trim_end(), line);
    }
    let envelope: Value = serde_json::from_slice(&std::fs::read(&attestation).unwrap()).unwrap();
    assert_eq!(envelope["payloadType"], "application/vnd.in-toto+json");
    let record = place.json(&["log", "show", &written["export_record"].to_string()]);
    assert_eq!(record["row"]["class_uid"], 1008);

    assert!(place.fails(1, &verb).contains("--force"));
    place.ok(&[&verb[..], &["--force"]].concat());
    let ran = place.run(&["log", "export", "agent:bot"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, lines.as_str()));
    assert!(ran.stderr.contains("recorded as record"), "{ran:?}");
}

#[test]
fn an_export_is_checked_anywhere_and_altered_ones_fail() {
    let place = Place::set_up();
    let pins = place.path("pins.json");
    place.ok(&["export-pin", "--out", pins.to_str().unwrap()]);
    let some = place.path("some.jsonl");
    place.ok(&["log", "export", "agent:bot", "--out", some.to_str().unwrap()]);
    let whole = place.path("whole.jsonl");
    place.ok(&["log", "export", "--out", whole.to_str().unwrap()]);

    let elsewhere = Place::empty();
    let pins = ["--pin", pins.to_str().unwrap()];
    let check = |file: &std::path::Path| ["log", "check-export", file.to_str().unwrap()].map(str::to_owned);
    let run = |file: &std::path::Path, pinned: bool| {
        let check = check(file);
        let check = check.each_ref().map(String::as_str);
        elsewhere.run(&[&check[..], if pinned { &pins } else { &[] }].concat())
    };
    assert_eq!(run(&some, false).code, 3);
    let ran = run(&some, true);
    assert!(ran.code == 0 && ran.stdout.contains("the signer's word"), "{ran:?}");
    let ran = run(&whole, true);
    assert!(
        ran.code == 0 && ran.stdout.contains("the tree that they give"),
        "{ran:?}"
    );

    let lines = std::fs::read_to_string(&whole).unwrap();
    let attestation = std::fs::read_to_string(place.path("whole.jsonl.dsse.json")).unwrap();
    let all: Vec<&str> = lines.split_inclusive('\n').collect();
    let without = |at: usize| [&all[..at], &all[at + 1..]].concat().concat();
    let swapped = [&[all[1], all[0]][..], &all[2..]].concat().concat();
    for (attack, altered, found) in [
        (
            "a_name_altered",
            lines.replacen("\"Robin\"", "\"Rabin\"", 1),
            "was altered",
        ),
        ("first_line_taken_out", without(0), "taken out"),
        ("a_line_taken_out", without(3), "taken out"),
        ("last_line_taken_out", without(all.len() - 1), "taken out"),
        ("a_line_twice", lines.clone() + all[all.len() - 1], "stands after"),
        ("lines_swapped", swapped, "stands after"),
        ("last_line_feed_cut", lines.trim_end().to_owned(), "doesn't end"),
        ("not_a_record", lines.clone() + "{}\n", "line"),
        ("nothing_left", String::new(), "taken out"),
    ] {
        let file = elsewhere.file("altered.jsonl", &altered);
        elsewhere.file("altered.jsonl.dsse.json", &attestation);
        let ran = run(&file, true);
        assert!(ran.code == 1 && ran.stdout.contains(found), "{attack}: {ran:?}");
    }
    let file = elsewhere.file("altered.jsonl", &lines);
    for (attack, altered, code) in [
        (
            "attestation_of_others",
            std::fs::read_to_string(place.path("some.jsonl.dsse.json")).unwrap(),
            1,
        ),
        ("attestation_no_json", "nothing".to_owned(), 2),
        ("attestation_with_a_blank", attestation.clone() + " ", 2),
    ] {
        elsewhere.file("altered.jsonl.dsse.json", &altered);
        let ran = run(&file, true);
        assert_eq!(ran.code, code, "{attack}: {ran:?}");
    }

    // The same statement under a key of the attacker's own: another log's case file key, pinned for no log of ours.
    let forger = Place::set_up();
    let forged = forger.path("forged.jsonl");
    forger.ok(&["log", "export", "--out", forged.to_str().unwrap()]);
    assert_eq!(run(&forged, true).code, 3, "its log is one that nobody pinned");
    let of_forger: Value =
        serde_json::from_slice(&std::fs::read(forger.path("forged.jsonl.dsse.json")).unwrap()).unwrap();
    let mut envelope: Value = serde_json::from_str(&attestation).unwrap();
    envelope["signatures"] = of_forger["signatures"].clone();
    elsewhere.file("altered.jsonl.dsse.json", &envelope.to_string());
    let ran = run(&file, true);
    assert!(ran.code == 1 && ran.stdout.contains("isn't signed by"), "{ran:?}");
}

#[test]
fn proofs_are_checked_anywhere_and_altered_ones_fail() {
    let place = Place::set_up();
    let (inclusion, consistency) = (place.path("inclusion.json"), place.path("consistency.json"));
    let pins = place.path("pins.json");
    place.ok(&["export-pin", "--out", pins.to_str().unwrap()]);
    place.ok(&["log", "prove", "5", "--out", inclusion.to_str().unwrap()]);
    let size = size(&place).to_string();
    place.ok(&["log", "consistency", "3", &size, "--out", consistency.to_str().unwrap()]);

    let elsewhere = Place::empty();
    let pins = ["--pin", pins.to_str().unwrap()];
    for (verb, file) in [("prove", &inclusion), ("consistency", &consistency)] {
        let check = ["log", verb, "--check", file.to_str().unwrap()];
        assert_eq!(elsewhere.run(&check).code, 3);
        let said = elsewhere.ok(&[&check[..], &pins].concat());
        assert!(said.contains("signed by the key pinned"), "{said}");
        let proof: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        for member in proof.as_object().unwrap().keys() {
            let mut altered = proof.clone();
            alter(&mut altered[member]);
            let altered_file = elsewhere.file("altered.json", &altered.to_string());
            let check = ["log", verb, "--check", altered_file.to_str().unwrap()];
            let ran = elsewhere.run(&[&check[..], &pins].concat());
            assert_eq!(ran.code, 1, "{member}: {ran:?}");
        }
    }
    let swapped = ["log", "prove", "--check", consistency.to_str().unwrap()];
    elsewhere.fails(1, &swapped);
}

/// As little as makes it another value.
fn alter(value: &mut Value) {
    match value {
        Value::Number(number) => *value = (number.as_u64().unwrap() + 1).into(),
        Value::String(text) => {
            let last = text.trim_end().len() - 1;
            let other = if text.as_bytes()[last] == b'1' { "2" } else { "1" };
            text.replace_range(last..=last, other);
        }
        Value::Array(list) if list.is_empty() => list.push(Value::Null),
        Value::Array(list) => list.iter_mut().take(1).for_each(alter),
        other => panic!("{other}"),
    }
}

#[test]
fn a_receipt_is_held_or_it_is_not() {
    let place = Place::set_up();
    let proof = place.json(&["log", "prove", "5"]);
    let (origin, fingerprint) = (
        proof["origin"].as_str().unwrap(),
        proof["fingerprint"].as_str().unwrap(),
    );
    place.ok(&["log", "check-receipt", origin, "5", fingerprint]);
    place.ok(&[
        "log",
        "check-receipt",
        &format!("countersign-receipt: {origin} 5 {fingerprint}"),
    ]);
    place.fails(1, &["log", "check-receipt", origin, "4", fingerprint]);
    place.fails(1, &["log", "check-receipt", origin, "9999", fingerprint]);
    place.fails(2, &["log", "check-receipt", origin]);
}

#[test]
fn a_tail_shows_what_is_written() {
    let place = Place::set_up();
    place.fails(4, &["log", "tail"]);
    let _gateway = place.serve();
    let mut tail = place.follow(&["log", "tail", "kind:agent_added", "--json"]);
    assert_eq!(tail.line()["did"], "registered practice-agent");
    assert_eq!(tail.line()["did"], "registered bot");
    place.ok(&["agent", "add", "late-bot"]);
    assert_eq!(tail.line()["did"], "registered late-bot");
}
