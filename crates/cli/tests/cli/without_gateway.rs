//! Every verb on a data directory that no gateway runs on: the command line opens the log itself, for the moment.

use crate::place::{Place, anywhere};

const POLICY: &str = include_str!("../../../../assets/policies/default.cedar");

#[test]
fn nothing_is_done_where_nothing_is_set_up() {
    let place = Place::empty();
    for verb in [
        &["agent", "list"][..],
        &["serve"],
        &["log", "list"],
        &["inbox", "list"],
        &["policy", "show"],
    ] {
        let said = place.fails(1, verb);
        assert!(said.contains("countersign init"), "{verb:?}: {said}");
    }
    assert!(!place.data().exists());
    place.fails(4, &["practice", "call"]);
    let doctor = place.ok(&["doctor"]);
    assert!(doctor.contains("Nothing is wrong here."), "{doctor}");
}

#[test]
fn agents_are_added_listed_and_disabled() {
    let place = Place::set_up();
    let added = place.json(&["agent", "add", "billing-bot"]);
    let key = added["runtime_key"].as_str().unwrap();
    assert!(key.starts_with("csk_"), "{key}");
    assert!(!anywhere(&place.data(), key), "a runtime key is kept as its hash only");
    place.fails(1, &["agent", "add", "billing-bot"]);
    place.ok(&["agent", "halt", "billing-bot"]);
    let agents = place.json(&["agent", "list"]);
    let bot = agents["agents"]
        .as_array()
        .unwrap()
        .iter()
        .find(|agent| agent["name"] == "billing-bot")
        .unwrap()
        .clone();
    assert_eq!((&bot["enabled"], &bot["uid"]), (&false.into(), &added["agent"]["uid"]));
    let said = place.fails(1, &["agent", "halt", "nobody"]);
    assert!(!said.is_empty());
}

#[test]
fn a_providers_key_comes_from_stdin_and_is_never_shown_or_stored_bare() {
    let place = Place::set_up();
    let secret = "sk-needle-0123456789";
    place.ok(&[
        "upstream",
        "add",
        "openai",
        "--format",
        "openai",
        "--base-url",
        "https://api.openai.com/v1",
    ]);
    let set = place.run_with(&["credential", "set", "openai"], &format!("{secret}\n"));
    assert_eq!(set.code, 0, "{set:?}");
    let list = place.ok(&["credential", "list"]);
    assert!(list.contains("openai"), "{list}");
    for shown in [&set.stdout, &set.stderr, &list] {
        assert!(!shown.contains("needle"), "{shown}");
    }
    assert!(!anywhere(&place.data(), secret));
    // There is no way to give it as an argument, where every other process could read it.
    assert_eq!(place.run(&["credential", "set", "openai", secret]).code, 2);
    assert_eq!(place.run_with(&["credential", "set", "openai"], "").code, 1);

    place.ok(&["upstream", "use", "openai"]);
    let upstreams = place.json(&["upstream", "list"]);
    let openai = upstreams["upstreams"]
        .as_array()
        .unwrap()
        .iter()
        .find(|u| u["name"] == "openai")
        .unwrap()
        .clone();
    assert_eq!(
        (&openai["in_use"], &openai["has_credential"]),
        (&true.into(), &true.into())
    );
    place.ok(&["credential", "remove", "openai"]);
    let left = place.ok(&["credential", "list"]);
    assert!(!left.contains("openai"), "{left}");
}

#[test]
fn an_upstream_cant_be_plain_http_elsewhere_or_have_a_name_that_isnt_one() {
    let place = Place::set_up();
    for (name, url) in [
        ("plain", "http://example.com/v1"),
        ("UP", "https://example.com/v1"),
        ("file", "file:///etc/passwd"),
    ] {
        let ran = place.run(&["upstream", "add", name, "--format", "openai", "--base-url", url]);
        assert_eq!(ran.code, 1, "{ran:?}");
    }
}

#[test]
fn a_policy_is_checked_before_it_is_published() {
    let place = Place::set_up();
    assert_eq!(place.json(&["policy", "show"])["built_in"], true);
    let broken = place.file("broken.cedar", "permit(principal, action");
    let broken = broken.to_str().unwrap();
    let report = place.run(&["policy", "check", broken]);
    assert_eq!(report.code, 1);
    assert!(report.stdout.contains("can't be published"), "{}", report.stdout);
    place.fails(1, &["policy", "publish", broken]);

    let good = place.file("good.cedar", &format!("{POLICY}\n// Ours.\n"));
    let good = good.to_str().unwrap();
    let report = place.json(&["policy", "check", good]);
    place.ok(&["policy", "publish", good]);
    let policy = place.json(&["policy", "show"]);
    assert_eq!(
        (&policy["built_in"], &policy["sha256"]),
        (&false.into(), &report["sha256"])
    );
}

#[test]
fn the_log_is_listed_shown_and_verified() {
    let place = Place::set_up();
    let list = place.ok(&["log", "list", "--limit", "3"]);
    assert!(list.contains("older ones: `--at 3`"), "{list}");
    let first = place.json(&["log", "show", "0"]);
    assert_eq!(first["row"]["sequence"], 0);
    let ocsf: serde_json::Value = serde_json::from_str(first["ocsf"].as_str().unwrap()).unwrap();
    assert_eq!(ocsf["class_uid"], 1008);
    place.ok(&["log", "verify"]);
    place.fails(1, &["log", "show", "999999"]);
    let doctor = place.ok(&["doctor"]);
    assert!(doctor.contains("The sealed file opens."), "{doctor}");
    assert!(doctor.contains("The log opens, and has"), "{doctor}");
}

#[test]
fn the_doctor_says_that_a_log_isnt_opened_and_what_to_do() {
    let place = Place::set_up();
    std::fs::write(place.data().join("log.sqlite"), "no database").unwrap();
    let doctor = place.run(&["doctor"]);
    assert_eq!(doctor.code, 1, "{doctor:?}");
    assert!(doctor.stdout.contains("countersign log rescue"), "{doctor:?}");
}

#[test]
fn a_command_line_that_cant_be_read_says_so() {
    let place = Place::empty();
    for args in [
        &["frobnicate"][..],
        &[],
        &["inbox"],
        &["log", "list", "--limit", "many"],
        &["log", "prove"],
        &["case", "export", "--from", "yesterday"],
    ] {
        assert_eq!(place.run(args).code, 2, "{args:?}");
    }
    let help = place.ok(&["--help"]);
    assert!(help.contains("Exit codes:"), "{help}");
    assert!(!help.contains("samples"));
    let error = place.run(&["agent", "list", "--json"]);
    let error: serde_json::Value = serde_json::from_str(&error.stderr).unwrap();
    assert_eq!(error["error"]["exit"], 1);
}
