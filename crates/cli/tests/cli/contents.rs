//! What was typed and sent: listed, opened, held, erased; and what an auditor is told of it.

use crate::place::{Place, anywhere};

/// A gateway on which a practice call was held and denied.
fn denied(place: &Place) -> String {
    let gateway = place.serve();
    let uid = place.json(&["practice", "call"])["item_uid"]
        .as_str()
        .unwrap()
        .to_owned();
    place.ok(&["inbox", "deny", &uid, "--reason", "Not today, Erika."]);
    assert_eq!(gateway.stop(), 0);
    uid
}

#[test]
fn contents_are_listed_opened_held_and_erased_and_the_case_file_says_so() {
    let place = Place::set_up();
    denied(&place);
    let list = place.json(&["content", "list", "--agent", "practice-agent"]);
    let contents = list["contents"].as_array().unwrap();
    assert_eq!(contents.len(), 4, "subject, request, view and the reason: {list}");
    let reason = contents.iter().find(|content| content["slot"] == "reason").unwrap();
    let reason = reason["content_uid"].as_str().unwrap();
    let shown = place.ok(&["content", "show", reason]);
    assert!(
        shown.contains("Not today, Erika.") && shown.contains("is record"),
        "{shown}"
    );

    // A search for a person, tried out and then carried out as it was tried out.
    let found = place.json(&["content", "erase", "--text", "ERIKA", "--dry-run"]);
    assert_eq!((&found["contents"], &found["dry_run"]), (&1.into(), &true.into()));
    let hold = place.json(&["hold", "set", "--agent", "practice-agent", "--reason", "Litigation."]);
    let kept = place.ok(&["content", "erase", "--text", "erika", "--dry-run"]);
    assert!(kept.contains("legal hold"), "{kept}");
    assert!(place.ok(&["hold", "list"]).contains("practice-agent"));
    place.ok(&["hold", "lift", hold["uid"].as_str().unwrap(), "--reason", "Settled."]);
    let plan = found["plan"].as_str().unwrap();
    let erase = [
        "content",
        "erase",
        "--text",
        "Erika",
        "--reason",
        "She asked.",
        "--plan",
        plan,
    ];
    let erased = place.ok(&erase);
    assert!(
        erased.contains("1 content") && erased.contains("Recorded: "),
        "{erased}"
    );
    assert!(place.fails(1, &["content", "show", reason]).contains("was erased"));
    assert!(place.fails(1, &erase).contains("changed since"));

    let out = place.path("practice.case.zip");
    let out = out.to_str().unwrap();
    place.ok(&[
        "case",
        "export",
        "--agent",
        "practice-agent",
        "--out",
        out,
        "--disclose",
        "all",
        "--reason",
        "The court asked for all of it.",
    ]);
    let report = place.json(&["verify", out]);
    assert_eq!(report["verdict"], "verified", "{report}");
    let findings = report["findings"].as_array().unwrap();
    let sentence = |id: &str| findings.iter().find(|finding| finding["id"] == id).unwrap()["sentence"].to_string();
    let said = sentence("content.opening");
    assert!(
        said.contains("1 content was erased, as record") && !said.contains("withheld"),
        "{said}"
    );
    place.ok(&["log", "verify"]);
}

#[test]
fn an_agents_contents_leave_nothing_that_opens_in_any_file() {
    let place = Place::set_up();
    denied(&place);
    let out = place.ok(&["content", "erase", "--agent", "practice-agent", "--reason", "Over."]);
    assert!(out.contains("4 contents"), "{out}");
    for text in ["Not today, Erika", "payment_create", "\"messages\""] {
        assert!(!anywhere(&place.data(), text), "{text}");
    }
    let left = place.json(&["content", "list", "--agent", "practice-agent", "--unerased"]);
    // The reason for the erasure is a content of the same stream, and younger.
    assert_eq!(left["contents"].as_array().unwrap().len(), 1, "{left}");
    place.ok(&["log", "verify"]);
}

#[test]
fn retention_is_shown_set_and_tried_out() {
    let place = Place::set_up();
    assert!(place.ok(&["retention", "show"]).contains("2557 days, by default"));
    assert!(
        place
            .fails(1, &["retention", "set", "--days", "30"])
            .contains("183 days")
    );
    assert!(
        place
            .ok(&["retention", "set", "--days", "400", "--minimum", "365"])
            .contains("400 days")
    );
    assert!(
        place
            .fails(1, &["retention", "set", "--minimum", "300"])
            .contains("only be raised")
    );
    assert_eq!(place.json(&["retention", "apply"])["contents"], 0);
    assert_eq!(
        place.json(&["retention", "apply", "--dry-run", "--days", "0"])["dry_run"],
        true
    );
    for unclear in [
        &["content", "erase", "--reason", "x"][..],
        &["content", "erase", "--agent", "a", "--text", "b", "--dry-run"],
        &["content", "erase", "--agent", "a"],
        &["retention", "apply", "--days", "3"],
        &["hold", "set", "--reason", "x"],
    ] {
        assert_eq!(place.run(unclear).code, 2, "{unclear:?}");
    }
}
