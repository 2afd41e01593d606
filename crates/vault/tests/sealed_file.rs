//! The sealed key store, as its callers and its attackers meet it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that can't go on has failed"
)]

use std::path::Path;
use std::sync::Arc;

use vault::{KeyStore, KeyStoreError, Scope, StoreChoice, StoreKind};
use zeroize::Zeroizing;

fn choice(passphrase: &str) -> StoreChoice {
    StoreChoice::SealedFile {
        passphrase: Zeroizing::new(passphrase.to_owned()),
    }
}

fn open(dir: &Path, passphrase: &str) -> Result<Arc<dyn KeyStore>, KeyStoreError> {
    vault::open(&choice(passphrase), dir, Scope::Gateway)
}

fn text(store: &dyn KeyStore, name: &str) -> Option<String> {
    store
        .get(name)
        .unwrap()
        .map(|secret| String::from_utf8(secret.to_vec()).unwrap())
}

#[test]
fn secrets_live_through_a_restart_and_other_openings_see_them_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let first = open(dir.path(), "correct horse").unwrap();
    assert_eq!(first.kind(), "sealed file");
    assert_eq!(text(&*first, "log-key"), None);
    first.set("log-key", b"one").unwrap();
    let second = open(dir.path(), "correct horse").unwrap();
    assert_eq!(text(&*second, "log-key").as_deref(), Some("one"));
    second.set("head", &[0, 255, 34]).unwrap();
    first.set("log-key", b"two").unwrap();
    assert_eq!(text(&*second, "log-key").as_deref(), Some("two"));
    assert_eq!(first.get("head").unwrap().unwrap().as_slice(), [0, 255, 34]);
    first.remove("head").unwrap();
    first.remove("head").unwrap();
    assert_eq!(second.get("head").unwrap(), None);
}

#[test]
fn two_who_open_an_absent_file_at_once_and_both_write_lose_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let a = open(dir.path(), "correct horse").unwrap();
    let b = open(dir.path(), "correct horse").unwrap();
    std::thread::scope(|scope| {
        for (store, own) in [(&a, "a"), (&b, "b")] {
            scope.spawn(move || (0..10).for_each(|i| store.set(&format!("{own}-{i}"), b"x").unwrap()));
        }
    });
    for i in 0..10 {
        assert_eq!(text(&*a, &format!("b-{i}")).as_deref(), Some("x"));
        assert_eq!(text(&*b, &format!("a-{i}")).as_deref(), Some("x"));
    }
}

#[test]
fn the_gateways_and_the_persons_keys_are_in_files_of_their_own() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path(), "correct horse")
        .unwrap()
        .set("reviewer-key", b"gateway")
        .unwrap();
    let person = vault::open(&choice("another passphrase"), dir.path(), Scope::Person).unwrap();
    assert_eq!(text(&*person, "reviewer-key"), None);
    person.set("reviewer-key", b"person").unwrap();
    // One's file in the other's place is no way to sign as the person.
    std::fs::copy(dir.path().join("keys.sealed"), dir.path().join("reviewer.sealed")).unwrap();
    let swapped = vault::open(&choice("correct horse"), dir.path(), Scope::Person);
    assert!(matches!(swapped.err(), Some(KeyStoreError::Damaged { reason, .. }) if reason.contains("another scope")));
}

#[test]
fn a_wrong_passphrase_is_told_from_a_damaged_file() {
    let dir = tempfile::tempdir().unwrap();
    open(dir.path(), "correct horse")
        .unwrap()
        .set("log-key", b"secret")
        .unwrap();
    let wrong = open(dir.path(), "correct house").err().unwrap();
    assert!(matches!(wrong, KeyStoreError::WrongPassphrase { .. }), "{wrong}");

    let path = dir.path().join("keys.sealed");
    let good = std::fs::read(&path).unwrap();
    let body = good.iter().position(|&b| b == b'\n').unwrap() + 1;
    // One bit in the nonce, the ciphertext and the tag; then cut at every length.
    for at in [body, body + 12, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(&path, bad).unwrap();
        let error = open(dir.path(), "correct horse").err().unwrap();
        assert!(matches!(error, KeyStoreError::Damaged { .. }), "byte {at}: {error}");
    }
    for length in [0, 10, body - 1, body, body + 27, good.len() - 1] {
        std::fs::write(&path, &good[..length]).unwrap();
        let error = open(dir.path(), "correct horse").err().unwrap();
        assert!(
            matches!(error, KeyStoreError::Damaged { .. }),
            "{length} bytes: {error}"
        );
    }
    std::fs::write(&path, good).unwrap();
    assert_eq!(
        text(&*open(dir.path(), "correct horse").unwrap(), "log-key").as_deref(),
        Some("secret")
    );
}

#[test]
fn the_file_holds_nothing_readable_and_only_its_owner_may_read_it() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let store = open(&data, "correct horse").unwrap();
    store.set("mac-0", b"needle-in-the-file").unwrap();
    let file = std::fs::read(data.join("keys.sealed")).unwrap();
    let file = String::from_utf8_lossy(&file);
    assert!(!file.contains("needle") && !file.contains("mac-0") && !file.contains("horse"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&data.join("keys.sealed")), 0o600);
        assert_eq!(mode(&data), 0o700);
    }
    let left: Vec<_> = std::fs::read_dir(&data)
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert!(
        left.iter().all(|name| !name.to_string_lossy().starts_with(".new-")),
        "{left:?}"
    );
}

#[test]
fn the_first_opening_binds_and_nothing_switches_silently() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(vault::configured(dir.path()).unwrap(), None);
    open(dir.path(), "correct horse").unwrap();
    assert_eq!(vault::configured(dir.path()).unwrap(), Some(StoreKind::SealedFile));
    let error = vault::open(&StoreChoice::Keychain, dir.path(), Scope::Gateway)
        .err()
        .unwrap();
    assert!(matches!(error, KeyStoreError::OtherStore { .. }), "{error}");
    for text in [
        "",
        "key_store = \"none\"\n",
        "key_store = \"sealed-file\"",
        "key_store = \"keychain\"\nx = 1\n",
    ] {
        std::fs::write(dir.path().join("store.toml"), text).unwrap();
        assert!(open(dir.path(), "correct horse").is_err(), "{text:?}");
    }
}

#[test]
fn what_is_unfit_is_refused_before_anything_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let weak = open(dir.path(), "seven77").err().unwrap();
    assert!(matches!(weak, KeyStoreError::WeakPassphrase { .. }), "{weak}");
    assert_eq!(vault::configured(dir.path()).unwrap(), None);
    let store = open(dir.path(), "eight888").unwrap();
    for name in ["", "a b", "../head", "Head", "a/b", "\"", &"x".repeat(65)] {
        assert!(
            matches!(store.set(name, b""), Err(KeyStoreError::InvalidName { .. })),
            "{name}"
        );
        assert!(store.get(name).is_err() && store.remove(name).is_err(), "{name}");
    }
    assert!(matches!(
        store.set("big", &[0; 2049]),
        Err(KeyStoreError::TooLong { .. })
    ));
    assert!(!dir.path().join("keys.sealed").exists());
}
