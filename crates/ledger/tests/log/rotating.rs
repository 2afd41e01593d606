//! The log's signing key rotates, and each step of that can be the last before a crash.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use evidence::rotation::{BY_NEW, BY_OLD, KeyRotation};
use evidence::{PublicKey, Role, SigningKey};
use ledger::{CheckpointError, LOG_KEY, Ledger, NEXT_LOG_KEY, Options, RotateError, VerifyOutcome};
use vault::{KeyStore, KeyStoreError};
use zeroize::Zeroizing;

use crate::epochs::{cause, doubt};
use crate::fixture::{Place, append_full};
use crate::tampering::refused;

fn verifies(ledger: &Ledger) {
    let outcome = ledger.verify(|_, _| {}, &Arc::default());
    assert_eq!(outcome, VerifyOutcome::Verified { records: ledger.size() });
}

fn stored(place: &Place, name: &str) -> Option<PublicKey> {
    let der = place.store.get(name).unwrap()?;
    Some(SigningKey::from_pkcs8_der(Role::Log, &der).unwrap().public())
}

/// The rotation is complete: the new key is the only one, and the checkpoint of its size is signed by both.
fn completed(place: &Place, ledger: &Ledger, old: &PublicKey, from_size: u64) {
    let new = ledger.log_key();
    assert_ne!(new, *old);
    assert_eq!(stored(place, LOG_KEY), Some(new));
    assert_eq!(stored(place, NEXT_LOG_KEY), None);
    let keys = ledger.log_keys();
    assert_eq!(keys.all().collect::<Vec<_>>(), [(0, old), (from_size, &new)]);
    let both = ledger.checkpoint_of(from_size).unwrap().unwrap().checkpoint;
    assert!(both.verify(old).is_ok() && both.verify(&new).is_ok());
    assert_eq!(both.lines().len(), 2);
    verifies(ledger);
}

#[tokio::test]
async fn the_new_key_signs_and_the_old_one_is_gone() {
    let place = Place::with_records(2).await;
    let ledger = place.open().unwrap();
    let old = ledger.log_key();
    let earlier = ledger.last_checkpoint().unwrap().unwrap().checkpoint;
    let at = ledger.rotate_log_key(cause()).await.unwrap().sequence;
    completed(&place, &ledger, &old, at + 1);
    let record = ledger.record(at).unwrap().unwrap();
    let rotation = KeyRotation::of(&record).unwrap().unwrap();
    let envelope = |name| ledger.envelope(at, name).unwrap().unwrap();
    assert_eq!(rotation.signed(&envelope(BY_OLD), &envelope(BY_NEW)), Ok(()));
    assert!(!ledger.contents(at).unwrap().is_empty());
    append_full(&ledger, 2..4).await;
    let later = ledger.checkpoint().await.unwrap().checkpoint;
    assert_eq!(later.lines().len(), 1);
    assert!(later.verify(&ledger.log_key()).is_ok());
    assert!(ledger.log_keys().verify(&earlier).is_ok());
    ledger.close().await.unwrap();
    drop(ledger);
    for whole in [false, true] {
        if whole {
            doubt(&place);
        }
        let ledger = place.open().unwrap();
        completed(&place, &ledger, &old, at + 1);
        assert_eq!(ledger.opened_from() == 0, whole);
    }
}

#[tokio::test]
async fn it_rotates_again_and_both_kinds_of_key_do() {
    let place = Place::with_records(1).await;
    let ledger = place.open().unwrap();
    for _ in 0..2 {
        let _at = ledger.rotate_log_key(cause()).await.unwrap();
        let _at = ledger.rotate_mac(cause()).await.unwrap();
    }
    let keys = ledger.log_keys();
    assert_eq!(keys.all().count(), 3);
    ledger.close().await.unwrap();
    drop(ledger);
    doubt(&place);
    let ledger = place.open().unwrap();
    assert_eq!(ledger.log_keys(), keys);
    assert_eq!(ledger.head().epoch, 2);
    verifies(&ledger);
}

#[tokio::test]
async fn a_size_of_the_retired_keys_time_is_signed_no_more() {
    let place = Place::with_records(2).await;
    let ledger = place.open().unwrap();
    let known = ledger.last_checkpoint().unwrap().unwrap().checkpoint;
    let from = ledger.rotate_log_key(cause()).await.unwrap().sequence + 1;
    let refused = ledger.checkpoint_at(2).await.unwrap_err();
    assert!(
        matches!(refused, CheckpointError::Retired { size: 2, from_size } if from_size == from),
        "{refused}"
    );
    let again = ledger.checkpoint_at(known.claimed().size).await.unwrap();
    assert_eq!(again.checkpoint, known);
}

/// A key store whose writes fail after so many: for the ledger, its process ends there.
struct Failing {
    inner: Arc<dyn KeyStore>,
    left: AtomicUsize,
}

impl Failing {
    fn write(&self, write: impl FnOnce() -> Result<(), KeyStoreError>) -> Result<(), KeyStoreError> {
        let left = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        match left {
            Ok(_) => write(),
            Err(_) => Err(KeyStoreError::InvalidName {
                name: "it failed".to_owned(),
            }),
        }
    }
}

impl KeyStore for Failing {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        self.inner.get(name)
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), KeyStoreError> {
        self.write(|| self.inner.set(name, secret))
    }

    fn remove(&self, name: &str) -> Result<(), KeyStoreError> {
        self.write(|| self.inner.remove(name))
    }

    fn kind(&self) -> &'static str {
        "failing"
    }
}

/// Cut before each write of the key store. The reason's content needs a key of its own once: that stream has one before.
#[tokio::test]
async fn cut_at_every_write_of_the_key_store() {
    let mut cuts = 0;
    for left in 0.. {
        let place = Place::with_records(2).await;
        let ledger = place.open().unwrap();
        let _at = ledger.rotate_mac(cause()).await.unwrap();
        ledger.close().await.unwrap();
        drop(ledger);
        let failing = Arc::new(Failing {
            inner: Arc::clone(&place.store),
            left: AtomicUsize::new(left),
        });
        let ledger = Ledger::open(place.lock(), failing, &Options::default(), |_, _| {}).unwrap();
        let old = ledger.log_key();
        let (size, outcome) = (ledger.size(), ledger.rotate_log_key(cause()).await);
        let recorded = ledger.size() > size;
        drop(ledger);
        let done = match outcome {
            Ok(_) => true,
            Err(RotateError::KeyStore(_)) => {
                assert!(!recorded, "cut {left}");
                false
            }
            Err(RotateError::Unsealed(_)) => {
                assert!(recorded, "cut {left}");
                false
            }
            Err(other) => panic!("cut {left}: {other}"),
        };
        let ledger = place.open().unwrap();
        if recorded {
            completed(&place, &ledger, &old, size + 1);
        } else {
            assert_eq!(
                (ledger.log_key(), stored(&place, LOG_KEY)),
                (old, Some(old)),
                "cut {left}"
            );
            let _at = ledger.rotate_log_key(cause()).await.unwrap();
        }
        assert_eq!(stored(&place, NEXT_LOG_KEY), None, "cut {left}");
        ledger.close().await.unwrap();
        drop(ledger);
        doubt(&place);
        verifies(&place.open().unwrap());
        cuts = left;
        if done {
            break;
        }
    }
    assert_eq!(cuts, 4, "next key, head, key, next key removed");
}

/// Cut between two writes of the database: at the record, and at the checkpoint after it.
#[tokio::test]
async fn cut_at_every_write_of_the_database() {
    for (table, recorded) in [("state", false), ("checkpoint", true)] {
        let place = Place::with_records(2).await;
        let ledger = place.open().unwrap();
        let old = ledger.log_key();
        let size = ledger.size();
        let other = || rusqlite::Connection::open(place.path().join("log.sqlite")).unwrap();
        let cut = format!("CREATE TRIGGER cut BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'cut'); END");
        other().execute_batch(&cut).unwrap();
        assert!(ledger.rotate_log_key(cause()).await.is_err());
        // The record may be there although its writing failed: the key that it names isn't written over.
        let next = stored(&place, NEXT_LOG_KEY);
        assert!(next.is_some());
        assert!(ledger.rotate_log_key(cause()).await.is_err());
        assert_eq!(stored(&place, NEXT_LOG_KEY), next);
        drop(ledger);
        other().execute_batch("DROP TRIGGER cut").unwrap();

        let reading = Ledger::open_to_read(place.path(), Arc::clone(&place.store), |_, _| {}).unwrap();
        assert_eq!(reading.log_key() != old, recorded, "{table}");
        assert!(stored(&place, NEXT_LOG_KEY).is_some(), "reading changes nothing");
        drop(reading);
        let ledger = place.open().unwrap();
        match recorded {
            true => completed(&place, &ledger, &old, size + 1),
            false => assert_eq!((ledger.log_key(), stored(&place, NEXT_LOG_KEY)), (old, None)),
        }
        verifies(&ledger);
    }
}

/// A verification under way goes on over rotations, to keys that weren't there when it began.
#[tokio::test(flavor = "multi_thread")]
async fn keys_rotate_while_the_log_is_verified() {
    let place = Place::with_records(2).await;
    let ledger = Arc::new(place.open().unwrap());
    append_full(&ledger, 2..600).await;
    for round in 0..3 {
        let (verifying, (begun, begins)) = (Arc::clone(&ledger), tokio::sync::oneshot::channel());
        let mut begun = Some(begun);
        let (goes_on, wait) = std::sync::mpsc::channel::<()>();
        let outcome = tokio::task::spawn_blocking(move || {
            let progress = |_, _| {
                if let Some(begun) = begun.take() {
                    begun.send(()).unwrap();
                    wait.recv().unwrap();
                }
            };
            verifying.verify(progress, &Arc::default())
        });
        begins.await.unwrap();
        let _at = ledger.rotate_mac(cause()).await.unwrap();
        let _at = ledger.rotate_log_key(cause()).await.unwrap();
        goes_on.send(()).unwrap();
        let outcome = outcome.await.unwrap();
        assert_eq!(outcome, VerifyOutcome::Verified { records: ledger.size() }, "{round}");
    }
}

async fn rotated() -> (Place, u64) {
    let place = Place::with_records(2).await;
    let ledger = place.open().unwrap();
    let at = ledger.rotate_log_key(cause()).await.unwrap().sequence;
    append_full(&ledger, 2..4).await;
    ledger.close().await.unwrap();
    (place, at)
}

#[tokio::test]
async fn the_retired_key_put_back_into_the_key_store() {
    let place = Place::with_records(2).await;
    let retired = place.store.get(LOG_KEY).unwrap().unwrap();
    let ledger = place.open().unwrap();
    let _at = ledger.rotate_log_key(cause()).await.unwrap();
    ledger.close().await.unwrap();
    drop(ledger);
    place.store.set(LOG_KEY, &retired).unwrap();
    assert!(place.open().unwrap_err().to_string().contains("another key"));
}

#[tokio::test]
async fn rows_of_a_rotation_dropped_or_edited() {
    let (place, at) = rotated().await;
    let whole = crate::tampering::copy_of(&place);
    for (attack, sql) in [
        (
            "line_dropped",
            "DELETE FROM state WHERE kind = 'log_key_rotation'".to_owned(),
        ),
        (
            "line_of_another_record",
            "UPDATE state SET value = x'31' WHERE kind = 'log_key_rotation'".to_owned(),
        ),
        (
            "old_keys_envelope_dropped",
            format!("DELETE FROM envelope WHERE seq = {at} AND name = '{BY_OLD}'"),
        ),
        (
            "envelopes_swapped",
            format!("UPDATE envelope SET name = name || '-x' WHERE seq = {at}"),
        ),
        ("record_dropped", format!("DELETE FROM record WHERE seq = {at}")),
    ] {
        crate::tampering::put_back(&place, &whole);
        place.tamper(|db| assert_ne!(db.execute(&sql, []).unwrap(), 0, "{attack}"));
        let _why = refused(&place);
    }
}

/// Somebody who has the retired key and the MAC key, and signs a checkpoint from before: the log's own checks find it.
#[tokio::test]
async fn the_retired_key_signs_beyond_its_size() {
    let place = Place::with_records(2).await;
    let retired = SigningKey::from_pkcs8_der(Role::Log, &place.store.get(LOG_KEY).unwrap().unwrap()).unwrap();
    let ledger = place.open().unwrap();
    let _at = ledger.rotate_log_key(cause()).await.unwrap();
    append_full(&ledger, 2..4).await;
    let newest = ledger.checkpoint().await.unwrap().checkpoint;
    let keys = ledger.log_keys();
    let forged = newest.claimed().sign(&retired).unwrap();
    assert!(keys.verify(&newest).is_ok());
    let said = keys.verify(&forged).unwrap_err().to_string();
    assert!(said.contains("retired"), "{said}");
}
