//! Case files of every kind of selection, through the command line: exported, recorded, verified.

use std::fs;

use serde_json::Value;

use crate::place::Place;

/// What a finding of a report says.
fn finding<'a>(report: &'a Value, id: &str) -> &'a Value {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .find(|finding| finding["id"] == id)
        .unwrap_or_else(|| panic!("no {id} in {report}"))
}

/// A practice call, held and countersigned; its item and its request.
fn countersigned(place: &Place) -> (String, String, u64) {
    let call = place.json(&["practice", "call"]);
    let uid = call["item_uid"].as_str().unwrap().to_owned();
    place.ok(&["inbox", "approve", &uid, "--reason", "For the test."]);
    let log = place.json(&["log", "list", "agent:practice-agent"]);
    let rows = log["rows"].as_array().unwrap();
    let signed = rows.iter().find(|row| row["decision"] == "signed").unwrap()["sequence"]
        .as_u64()
        .unwrap();
    let record = place.json(&["log", "show", &signed.to_string()]);
    let stored: Value = serde_json::from_str(record["ocsf"].as_str().unwrap()).unwrap();
    let request = stored["metadata"]["correlation_uid"].as_str().unwrap().to_owned();
    (uid, request, signed)
}

#[test]
fn every_kind_of_selection_is_exported_and_verified() {
    let place = Place::set_up();
    let gateway = place.serve();
    let (item, request, signed) = countersigned(&place);
    let signed = signed.to_string();
    let kinds: [(&[&str], &str, &str); 6] = [
        (
            &["--agent", "practice-agent"],
            "pass",
            "is missing from its number 0 to number 6. That is its head.",
        ),
        (&["--all"], "pass", "without a gap"),
        (&["--from", "2020-01-01"], "pass", "without a gap"),
        (
            &["--correlation", &request],
            "not_established",
            "Nothing is claimed of what was left out",
        ),
        (
            &["--approval", &item],
            "not_established",
            "the decision on the held item",
        ),
        (&["--records", &signed], "not_established", "1 record picked by hand"),
    ];
    for (number, (choice, complete, words)) in kinds.into_iter().enumerate() {
        let out = place.path(&format!("{number}.case.zip"));
        let out = out.to_str().unwrap();
        let exported = place.json(&[&["case", "export", "--out", out], choice].concat());
        assert_eq!(exported["bytes"].as_u64().unwrap(), fs::metadata(out).unwrap().len());
        let report = place.json(&["verify", out]);
        assert_eq!(report["verdict"], "verified", "{choice:?} {report}");
        let found = finding(&report, "stream.complete");
        assert_eq!(found["status"], complete, "{choice:?} {found}");
        assert!(
            found["sentence"].as_str().unwrap().contains(words),
            "{choice:?} {found}"
        );
        assert_eq!(finding(&report, "export.record")["status"], "pass");
        // Nothing is disclosed unless somebody chooses to.
        assert_eq!(finding(&report, "content.opening")["status"], "not_established");
        assert_eq!(finding(&report, "export.disclosure")["status"], "pass");
        let record = place.json(&["log", "show", &exported["export_record"].to_string()]);
        let sentence = record["sentence"].as_str().unwrap();
        assert!(sentence.contains("exported a case file"), "{sentence}");
    }
    assert_eq!(gateway.stop(), 0);
}

#[test]
fn contents_are_disclosed_by_slot_and_one_by_one_with_the_reason_in_the_file() {
    let place = Place::set_up();
    let gateway = place.serve();
    let (_, request, _) = countersigned(&place);
    let contents = place.json(&["content", "list", "--request", &request]);
    let uid = |slot: &str| {
        let all = contents["contents"].as_array().unwrap();
        let found = all.iter().find(|content| content["slot"] == slot);
        found.unwrap_or_else(|| panic!("no {slot} in {contents}"))["content_uid"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (view, asked, reason) = (uid("view"), uid("request"), uid("reason"));
    let out = place.path("disclosed.case.zip");
    let out = out.to_str().unwrap();
    let export = ["case", "export", "--correlation", &request, "--out", out, "--force"];
    // A disclosure without a reason isn't made.
    assert_eq!(place.run(&[&export[..], &["--disclose", "view"]].concat()).code, 2);
    let disclose = [
        "--disclose",
        "view,request",
        "--withhold-content",
        &asked,
        "--disclose-content",
        &reason,
        "--reason",
        "The regulator asked for what was shown.",
        "--withhold-reason",
        "It names a customer.",
    ];
    let preview = place.json(&[&["case", "preview", "--correlation", &request], &disclose[..]].concat());
    let slot = |slot: &str| {
        let slots = preview["slots"].as_array().unwrap();
        slots.iter().find(|found| found["slot"] == slot).unwrap()["disclosed"].clone()
    };
    assert_eq!(
        (slot("view"), slot("request"), slot("reason")),
        (1.into(), 0.into(), 1.into())
    );
    place.ok(&[&export[..], &disclose[..]].concat());
    let (told, is) = (preview["bytes"].as_u64().unwrap(), fs::metadata(out).unwrap().len());
    assert!(
        (is / 2..is * 2).contains(&told),
        "{told} bytes were told, and it has {is}"
    );
    let report = place.json(&["verify", out]);
    assert_eq!(report["verdict"], "verified", "{report}");
    assert_eq!(finding(&report, "export.disclosure")["status"], "pass");
    let files = evidence::casefile::unpack(&fs::read(out).unwrap()).unwrap();
    let has = |uid: &str| files.iter().any(|(name, _)| *name == format!("contents/{uid}.bin"));
    assert!(has(&view) && has(&reason) && !has(&asked));
    let page = files.iter().find(|(name, _)| name == "report.html").unwrap();
    let page = String::from_utf8(page.1.clone()).unwrap();
    for words in [
        "The regulator asked for what was shown.",
        "It names a customer.",
        "For the test.",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert_eq!(gateway.stop(), 0);
}

#[test]
fn a_case_file_goes_on_from_a_checkpoint_that_was_seen() {
    let place = Place::set_up();
    let gateway = place.serve();
    let (_, request, signed) = countersigned(&place);
    let proof = place.json(&["log", "prove", &signed.to_string()]);
    let seen = place.file("seen.txt", proof["checkpoint"].as_str().unwrap());
    let seen = seen.to_str().unwrap();
    let out = place.path("since.case.zip");
    let out = out.to_str().unwrap();
    let export = |since: &str, out: &str| {
        place.ok(&[
            "case",
            "export",
            "--correlation",
            &request,
            "--since",
            since,
            "--out",
            out,
        ]);
    };
    export(seen, out);
    let report = place.json(&["verify", out]);
    assert_eq!(report["verdict"], "verified", "{report}");
    assert_eq!(finding(&report, "log.consistency")["status"], "pass");
    // Or from the file that somebody has; and what was seen of that is the beginning of the next.
    let next = place.path("next.case.zip");
    let next = next.to_str().unwrap();
    export(out, next);
    let report = place.json(&["verify", next]);
    for id in ["log.consistency", "log.memory"] {
        assert_eq!(finding(&report, id)["status"], "pass", "{report}");
    }
    let text = place.file("text.txt", "no checkpoint");
    let refused = place.fails(
        1,
        &[
            "case",
            "export",
            "--all",
            "--since",
            text.to_str().unwrap(),
            "--out",
            out,
            "--force",
        ],
    );
    assert!(refused.contains("checkpoint"), "{refused}");
    // The checkpoint of another log isn't one that this log goes on from.
    let other = Place::set_up();
    let serving = other.serve();
    let proof = other.json(&["log", "prove", "0"]);
    assert_eq!(serving.stop(), 0);
    let foreign = place.file("foreign.txt", proof["checkpoint"].as_str().unwrap());
    let refused = place.fails(
        1,
        &[
            "case",
            "export",
            "--all",
            "--since",
            foreign.to_str().unwrap(),
            "--force",
            "--out",
            out,
        ],
    );
    assert!(refused.contains("of another log"), "{refused}");
    assert_eq!(gateway.stop(), 0);
}

#[test]
fn what_cannot_be_selected_is_said_and_nothing_is_recorded() {
    let place = Place::set_up();
    let gateway = place.serve();
    let size = place.json(&["log", "list"])["size"].clone();
    let out = place.path("none.case.zip");
    let out = out.to_str().unwrap();
    for (choice, words) in [
        (&["--approval", "nobody-decided"][..], "No person has decided"),
        (
            &["--correlation", "no-such-request"][..],
            "No record is of this request",
        ),
        (&["--records", "9999"][..], "There is no record 9999"),
        (&["--agent", "nobody"][..], "There is no agent"),
        (
            &["--from", "2026-11-20", "--to", "2026-11-19"][..],
            "ends before it begins",
        ),
        (&["--to", "2020-01-01"][..], "Nothing is recorded in this interval"),
        (&[][..], "isn't said"),
    ] {
        let refused = place.fails(1, &[&["case", "export", "--out", out], choice].concat());
        assert!(refused.contains(words), "{choice:?}: {refused}");
    }
    assert_eq!(place.json(&["log", "list"])["size"], size);
    assert_eq!(gateway.stop(), 0);
}
