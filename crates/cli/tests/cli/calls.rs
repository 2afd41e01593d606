//! What an operator sees of the agents' calls, and the kinds of actions that agents may propose.

use crate::place::Place;

const PAYMENT: &str = r#"{
    "name": "payment.create",
    "category": "move_money",
    "title": "A payment",
    "schema": {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "integer"}}}
}"#;

#[test]
fn each_call_is_told_once_and_when_it_has_ended() {
    let place = Place::set_up();
    let _gateway = place.serve();
    let held = place.json(&["practice", "call"]);
    let mut following = place.follow(&["traffic", "--follow", "agent:practice-agent", "--json"]);
    let another = place.json(&["practice", "call"]);
    let uid = |call: &serde_json::Value| call["item_uid"].as_str().expect("it is held").to_owned();
    // The later one ends first. The earlier was there before anybody looked.
    place.ok(&["inbox", "deny", &uid(&another), "--reason", "Not this one."]);
    let told = following.line();
    assert_eq!(
        (&told["agent"], &told["state"]),
        (&"practice-agent".into(), &"refused".into())
    );
    place.ok(&["inbox", "approve", &uid(&held), "--reason", "This one."]);
    let told = following.line();
    assert_eq!(told["state"], "answered", "{told}");
    assert!(told["tokens_out"].as_u64().unwrap() > 0 && told["total_us"].as_u64().unwrap() > 0);

    let page = place.json(&["traffic", "agent:practice-agent"]);
    assert_eq!((&page["matching"], &page["calls"][1]), (&2.into(), &told));
    let none = place.ok(&["traffic", "agent:nobody"]);
    assert!(none.contains("No call matches."), "{none}");
}

#[test]
fn one_story_isnt_followed() {
    let place = Place::set_up();
    let _gateway = place.serve();
    let uid = "story:019a0000-0000-7000-8000-000000000001";
    let refused = place.fails(1, &["traffic", "--follow", uid]);
    assert!(refused.contains("--follow"), "{refused}");
}

#[test]
fn kinds_are_registered_listed_and_taken_away() {
    let place = Place::set_up();
    assert_eq!(place.json(&["kind", "list"])["kinds"], serde_json::json!([]));
    let file = place.file("payment.json", PAYMENT);
    let file = file.to_str().unwrap();
    let set = place.json(&["kind", "set", file]);
    assert_eq!(
        (&set["name"], &set["always_held"]),
        (&"payment.create".into(), &true.into())
    );
    let list = place.ok(&["kind", "list"]);
    assert!(
        list.contains("payment.create") && list.contains("a person, always"),
        "{list}"
    );

    let unread = place.file("broken.json", "{");
    place.fails(2, &["kind", "set", "absent.json"]);
    place.fails(1, &["kind", "set", unread.to_str().unwrap()]);
    let remote = place.file(
        "remote.json",
        &PAYMENT.replace(r#""type": "integer""#, r#""$ref": "https://a.example/s.json""#),
    );
    place.fails(1, &["kind", "set", remote.to_str().unwrap()]);
    assert_eq!(place.json(&["kind", "list"])["kinds"][0], set);

    place.ok(&["kind", "remove", "payment.create"]);
    place.fails(1, &["kind", "remove", "payment.create"]);
    assert_eq!(place.json(&["kind", "list"])["kinds"], serde_json::json!([]));
    let log = place.json(&["log", "list", "kind:action_kind_set"]);
    assert_eq!(log["matching"], 1, "{log}");
}
