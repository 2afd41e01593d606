//! The keychain, with a real Secret Service (gnome-keyring) on a D-Bus of the test's own.
//!
//! Each test runs itself again under `dbus-run-session` with its own home, so that nobody's keychain is touched.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that can't go on has failed"
)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use vault::{KeyStore, KeyStoreError, Scope, Sealer, StoreChoice, StoreKind};

/// Set inside the private session, to the private home.
const INSIDE: &str = "COUNTERSIGN_TEST_SESSION";

/// The private home inside a private session; `None` outside, after the test ran inside and passed.
fn inside(test: &str) -> Option<std::path::PathBuf> {
    if let Some(home) = std::env::var_os(INSIDE) {
        return Some(home.into());
    }
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("run");
    std::fs::create_dir(&run).unwrap();
    let mut command = Command::new("dbus-run-session");
    command
        .arg("--")
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"]);
    for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", INSIDE] {
        command.env(name, home.path());
    }
    command
        .env("XDG_RUNTIME_DIR", run)
        .env_remove("DISPLAY")
        .env_remove("DBUS_SESSION_BUS_ADDRESS");
    let status = command
        .status()
        .expect("dbus-run-session is needed (Debian: dbus-daemon)");
    assert!(status.success(), "{test} failed inside its session");
    None
}

/// Starts and unlocks the Secret Service; it goes when its bus goes.
fn start_keyring() {
    let script = "printf pass | gnome-keyring-daemon --unlock --components=secrets";
    let status = Command::new("sh")
        .args(["-c", script])
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(
        status.success(),
        "gnome-keyring-daemon is needed (Debian: gnome-keyring)"
    );
}

fn stop_keyring() {
    let output = Command::new("dbus-send")
        .args([
            "--session",
            "--print-reply=literal",
            "--dest=org.freedesktop.DBus",
            "/org/freedesktop/DBus",
        ])
        .args([
            "org.freedesktop.DBus.GetConnectionUnixProcessID",
            "string:org.freedesktop.secrets",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let pid = text.split_whitespace().next_back().unwrap().to_owned();
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    // Returns when the process is gone, so that the next one doesn't find it still there.
    assert!(
        Command::new("tail")
            .arg(format!("--pid={pid}"))
            .args(["-f", "/dev/null"])
            .status()
            .unwrap()
            .success()
    );
}

fn open(dir: &Path, scope: Scope) -> Result<Arc<dyn KeyStore>, KeyStoreError> {
    vault::open(&StoreChoice::Keychain, dir, scope)
}

#[test]
fn secrets_are_kept_by_data_directory_and_scope() {
    let Some(home) = inside("secrets_are_kept_by_data_directory_and_scope") else {
        return;
    };
    start_keyring();
    let (one, two) = (home.join("one"), home.join("two"));
    let gateway = open(&one, Scope::Gateway).unwrap();
    assert_eq!(gateway.kind(), "keychain");
    assert_eq!(vault::configured(&one).unwrap(), Some(StoreKind::Keychain));
    gateway.set("log-key", &[0, 1, 255]).unwrap();
    gateway.set("log-key", &[0, 2, 255]).unwrap();

    let again = open(&one, Scope::Gateway).unwrap();
    assert_eq!(again.get("log-key").unwrap().unwrap().as_slice(), [0, 2, 255]);
    assert_eq!(open(&one, Scope::Person).unwrap().get("log-key").unwrap(), None);
    assert_eq!(open(&two, Scope::Gateway).unwrap().get("log-key").unwrap(), None);
    let sealed = Sealer::create_in(&*gateway, "vault-key")
        .unwrap()
        .seal(b"", b"kept")
        .unwrap();
    assert_eq!(
        Sealer::from_store(&*again, "vault-key")
            .unwrap()
            .open(b"", &sealed)
            .unwrap()
            .as_slice(),
        b"kept"
    );

    again.remove("log-key").unwrap();
    again.remove("log-key").unwrap();
    assert_eq!(gateway.get("log-key").unwrap(), None);
    // The keys themselves never land in the data directory.
    assert!(!one.join("keys.sealed").exists());
}

#[test]
fn no_keychain_is_an_error_that_binds_nobody_and_a_later_try_works() {
    let Some(home) = inside("no_keychain_is_an_error_that_binds_nobody_and_a_later_try_works") else {
        return;
    };
    let absent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "without_a_bus", "--nocapture"])
        .env(WITHOUT_BUS, "1")
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")
        .status();
    assert!(absent.unwrap().success());
    let data = home.join("data");
    assert_eq!(vault::configured(&data).unwrap(), None);
    start_keyring();
    open(&data, Scope::Gateway).unwrap().set("log-key", b"x").unwrap();
}

/// Says that the test below runs in a process whose bus was taken away.
const WITHOUT_BUS: &str = "COUNTERSIGN_TEST_WITHOUT_BUS";

/// The inner half of the test above, which starts it in a process of its own.
#[test]
fn without_a_bus() {
    if std::env::var_os(WITHOUT_BUS).is_none() {
        return;
    }
    let Some(home) = std::env::var_os(INSIDE) else { return };
    let data = Path::new(&home).join("data");
    let error = open(&data, Scope::Gateway).err().unwrap();
    assert!(matches!(error, KeyStoreError::NoKeychain { .. }), "{error}");
    assert!(error.to_string().contains("sealed file"), "{error}");
    assert!(!data.join("store.toml").exists() && !data.join("keys.sealed").exists());
}

#[test]
fn a_restarted_keyring_is_connected_to_again() {
    let Some(home) = inside("a_restarted_keyring_is_connected_to_again") else {
        return;
    };
    start_keyring();
    let store = open(&home.join("data"), Scope::Gateway).unwrap();
    store.set("head", b"before").unwrap();
    stop_keyring();
    start_keyring();
    assert_eq!(store.get("head").unwrap().unwrap().as_slice(), b"before");
    store.set("head", b"after").unwrap();
    assert_eq!(store.get("head").unwrap().unwrap().as_slice(), b"after");
}
