//! Which key store, chosen explicitly; what opens it; and who has the writer's lock.

use crate::place::{Place, finish};

#[test]
fn without_a_keychain_setting_up_fails_and_leaves_nothing_behind() {
    let place = Place::empty();
    let mut command = place.command(&["init", "--operator", "Robin"]);
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus");
    let ran = finish(command);
    if cfg!(target_os = "linux") {
        assert_eq!(ran.code, 5, "{ran:?}");
        assert!(ran.stderr.contains("--key-store sealed-file"), "{}", ran.stderr);
        let data = place.data();
        assert!(!data.join("keys.sealed").exists() && !data.join("store.toml").exists());
    }
}

#[test]
fn a_second_set_up_changes_nothing() {
    let place = Place::set_up();
    let agents = place.json(&["agent", "list"]);
    let said = place.fails(1, &["init", "--key-store", "sealed-file"]);
    assert!(said.contains("set up already"), "{said}");
    assert_eq!(place.json(&["agent", "list"]), agents);
}

#[test]
fn the_passphrase_has_to_be_given_and_right() {
    let place = Place::set_up();
    let mut without = place.command(&["agent", "list"]);
    without.env_remove("COUNTERSIGN_PASSPHRASE_FILE");
    let ran = finish(without);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(ran.stderr.contains("--passphrase-file"), "{}", ran.stderr);

    let wrong = place.file("wrong", "correct house\n");
    let said = place.fails(5, &["agent", "list", "--passphrase-file", wrong.to_str().unwrap()]);
    assert!(said.contains("passphrase"), "{said}");
    assert!(!said.contains("house"), "{said}");
    let empty = place.file("empty", "\n");
    place.fails(5, &["agent", "list", "--passphrase-file", empty.to_str().unwrap()]);
    place.fails(5, &["agent", "list", "--passphrase-file", "/nonexistent"]);
}

#[cfg(unix)]
#[test]
fn the_passphrase_can_come_through_a_file_descriptor() {
    let place = Place::set_up();
    let script = "printf 'correct horse' | { \"$0\" agent list --passphrase-fd 3 3<&0 </dev/null; }";
    let whole = place.command(&[]);
    let mut command = std::process::Command::new("/bin/sh");
    command
        .args(["-c", script, env!("CARGO_BIN_EXE_countersign")])
        .env_clear();
    for (name, value) in whole.get_envs().filter_map(|(name, value)| Some((name, value?))) {
        if name != "COUNTERSIGN_PASSPHRASE_FILE" {
            command.env(name, value);
        }
    }
    let ran = finish(command);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("bot"), "{}", ran.stdout);
}

#[test]
fn one_gateway_has_the_data_directory_and_the_others_attach_to_it() {
    let place = Place::set_up();
    let gateway = place.serve();
    let said = place.fails(4, &["serve", "--agents", "127.0.0.1:0"]);
    assert!(!said.is_empty());
    // Attached: no key of the gateway's is needed, so no passphrase either.
    let mut command = place.command(&["agent", "list"]);
    command.env_remove("COUNTERSIGN_PASSPHRASE_FILE");
    assert_eq!(finish(command).code, 0);
    let doctor = place.ok(&["doctor"]);
    assert!(doctor.contains("It serves agents at http://127.0.0.1:"), "{doctor}");
    assert_eq!(gateway.stop(), 0);
    place.ok(&["agent", "list"]);
}

#[test]
fn a_gateway_is_never_open_to_other_machines() {
    let place = Place::set_up();
    let said = place.fails(1, &["serve", "--agents", "0.0.0.0:0"]);
    assert!(said.contains("loopback"), "{said}");
}
