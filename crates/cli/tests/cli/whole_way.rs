//! The slice, walked through the command line: held, countersigned, recorded, exported, verified.

use crate::place::Place;

#[test]
fn a_call_is_held_countersigned_recorded_exported_and_verified() {
    let place = Place::set_up();
    let mut gateway = place.serve();
    assert_eq!(gateway.status["practice"], true);
    assert_eq!(gateway.status["key_store"], "sealed file");

    let call = place.json(&["practice", "call"]);
    let uid = call["item_uid"]
        .as_str()
        .expect("the default policy holds a practice call")
        .to_owned();
    let told = gateway.next("inbox");
    assert_eq!((&told["uid"], &told["state"]), (&call["item_uid"], &"waiting".into()));

    let inbox = place.json(&["inbox", "list"]);
    assert_eq!(
        (inbox["waiting"].as_u64(), &inbox["items"][0]["uid"]),
        (Some(1), &call["item_uid"])
    );
    let shown = place.ok(&["inbox", "show", &uid]);
    assert!(
        shown.contains("practice-agent") && shown.contains("Held because"),
        "{shown}"
    );

    let approved = place.ok(&["inbox", "approve", &uid, "--reason", "For the test."]);
    assert!(approved.contains("Countersigned."), "{approved}");
    // Whoever watches the gateway sees it at once.
    assert_eq!(gateway.next("inbox")["state"], "approved");
    let again = place.fails(1, &["inbox", "approve", &uid]);
    assert!(!again.is_empty());

    let log = place.json(&["log", "list", "agent:practice-agent"]);
    let signed = log["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["decision"] == "signed");
    let signed = signed.expect("a record of the approval")["sequence"].to_string();
    let record = place.json(&["log", "show", &signed]);
    assert_eq!(record["fingerprint"], record["recomputed"]);
    assert!(record["story"].as_array().unwrap().len() >= 2, "{record}");
    let verified = place.ok(&["log", "verify"]);
    assert!(!verified.is_empty());

    let out = place.path("bot.case.zip");
    let out = out.to_str().unwrap();
    let export = ["case", "export", "--agent", "practice-agent", "--out", out];
    let exported = place.json(&export);
    assert!(exported["records"].as_u64().unwrap() >= 3, "{exported}");
    let refused = place.fails(1, &export);
    assert!(refused.contains("--force"), "{refused}");
    place.ok(&[
        &export[..],
        &["--force", "--disclose", "all", "--reason", "Counsel reads it."],
    ]
    .concat());
    let report = place.json(&["verify", out]);
    assert_eq!(report["verdict"], "verified", "{report}");
    assert_eq!(gateway.stop(), 0);
}

#[test]
fn a_denial_needs_a_reason_and_is_recorded() {
    let place = Place::set_up();
    let gateway = place.serve();
    let uid = place.json(&["practice", "call"])["item_uid"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(place.run(&["inbox", "deny", &uid]).code, 2);
    let denied = place.json(&["inbox", "deny", &uid, "--reason", "Not today."]);
    assert_eq!(denied["item"]["state"], "denied");
    let shown = place.ok(&["inbox", "show", &uid]);
    assert!(shown.contains("Not today."), "{shown}");
    let refused = place.json(&["traffic", "decision:refused"]);
    assert_eq!(
        (&refused["matching"], &refused["calls"][0]["state"]),
        (&1.into(), &"refused".into())
    );
    let listed = place.ok(&["traffic"]);
    assert!(
        listed.contains("practice-agent") && listed.contains("denied by"),
        "{listed}"
    );
    assert_eq!(place.ok(&["traffic", "decision:failed"]), "No call matches.\n");
    let day = place.json(&["day", "--offset", "-330"]);
    assert_eq!(
        (&day["searched"], day["hours"].as_array().unwrap().len()),
        (&day["size"], 24)
    );
    let quiet = place.ok(&["day", "1999-12-31"]);
    assert!(
        quiet.contains("1999-12-31: 0 calls, 0 waited for a person, 0 were denied."),
        "{quiet}"
    );
    place.fails(1, &["day", "yesterday"]);
    assert_eq!(gateway.stop(), 0);
}

#[test]
fn an_item_is_still_there_after_a_power_cut_in_mid_hold() {
    let place = Place::set_up();
    let gateway = place.serve();
    let uid = place.json(&["practice", "call"])["item_uid"]
        .as_str()
        .unwrap()
        .to_owned();
    gateway.kill();
    let gateway = place.serve();
    let inbox = place.json(&["inbox", "list"]);
    assert_eq!(inbox["items"][0]["uid"], uid.as_str());
    place.ok(&["inbox", "approve", &uid]);
    place.ok(&["log", "verify"]);
    assert_eq!(gateway.stop(), 0);
}

#[test]
fn the_demo_walks_the_whole_way() {
    let place = Place::empty();
    let ran = place.run(&["demo"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("TEMPORARY SEALED STORE"), "{}", ran.stdout);
    let walked = place.json(&["demo"]);
    assert_eq!(
        (&walked["intact"]["verdict"], &walked["altered"]["verdict"]),
        (&"verified".into(), &"failed".into())
    );
    assert!(!place.data().exists(), "the demo leaves nothing");
}
