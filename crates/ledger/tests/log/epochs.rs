//! The operators' MAC key rotates: what is verified under which key, and what somebody can't do who has an old one.

use evidence::chain::{ChainMac, FIRST_MAC, MacKey};
use evidence::content::Header;
use evidence::ocsf::{Actor, Context, Person};
use evidence::{Digest, LogEntry, Origin, tagged};
use ledger::{Cause, HEAD, Ledger, MAC_KEY, NewContent, OpenError, VerifyOutcome};
use rusqlite::params;
use std::sync::Arc;

use crate::fixture::{AGENTS, Decided, Place, TENANT, append_full};
use crate::tampering::{copy_of, edited, put_back, refused};

/// An operator who gives a reason.
pub(crate) fn cause() -> Cause {
    let bytes = b"It is a year old.".to_vec();
    Cause {
        context: Context {
            time_ms: 1_795_000_000_000,
            tenant_uid: TENANT.to_owned(),
        },
        actor: Actor::Person(Person {
            uid: "operator-1".to_owned(),
            name: "Ada".to_owned(),
        }),
        reason: Some(NewContent::new(
            Header::of(&uuid::Uuid::new_v4().to_string(), "reason", "text/plain", &bytes),
            [9; 32],
            bytes,
        )),
    }
}

fn verifies(ledger: &Ledger) {
    let outcome = ledger.verify(|_, _| {}, &Arc::default());
    assert_eq!(outcome, VerifyOutcome::Verified { records: ledger.size() });
}

/// Makes the next opening verify all of it.
pub(crate) fn doubt(place: &Place) {
    let head = place.store.get(HEAD).unwrap().unwrap();
    let head = String::from_utf8(head.to_vec()).unwrap();
    let doubted = head.replace("\"verified\":true", "\"verified\":false");
    assert_ne!(head, doubted);
    place.store.set(HEAD, doubted.as_bytes()).unwrap();
}

fn epochs(place: &Place) -> Vec<i64> {
    let db = rusqlite::Connection::open(place.path().join("log.sqlite")).unwrap();
    let mut rows = db.prepare("SELECT epoch FROM leaf ORDER BY seq").unwrap();
    let epochs = rows.query_map([], |row| row.get(0)).unwrap();
    epochs.collect::<Result<_, _>>().unwrap()
}

/// Records 0 to 2 and the record of the rotation in epoch 0, then two in epoch 1.
async fn rotated() -> Place {
    let place = Place::with_records(2).await;
    let ledger = place.open().unwrap();
    assert_eq!(ledger.rotate_mac(cause()).await.unwrap().sequence, 3);
    append_full(&ledger, 2..4).await;
    ledger.close().await.unwrap();
    drop(ledger);
    assert_eq!(epochs(&place), [0, 0, 0, 0, 1, 1]);
    place
}

fn key(place: &Place, name: &str) -> MacKey {
    MacKey::from_slice(&place.store.get(name).unwrap().unwrap()).unwrap()
}

#[tokio::test]
async fn each_record_is_verified_under_the_key_of_its_epoch_from_wherever_it_begins() {
    let place = rotated().await;
    let ledger = place.open().unwrap();
    assert_eq!((ledger.opened_from(), ledger.head().epoch), (6, 1));
    let at = ledger.rotate_mac(cause()).await.unwrap().sequence;
    let record = ledger.record(at).unwrap().unwrap();
    assert_eq!(record.kind(), "mac_rotated");
    assert_eq!(record.facts()["epoch"], 2);
    assert_eq!(record.facts()["from"], at + 1);
    let reason = ledger.contents(at).unwrap().pop().unwrap();
    assert_eq!(reason.bytes, *cause().reason.unwrap().bytes());
    append_full(&ledger, 4..6).await;
    verifies(&ledger);
    // Two records stand after the head that is kept, as after a crash.
    drop(ledger);
    let ledger = place.open().unwrap();
    assert_eq!((ledger.opened_from(), ledger.head().epoch), (at + 1, 2));
    verifies(&ledger);
    drop(ledger);
    doubt(&place);
    let ledger = place.open().unwrap();
    assert_eq!(ledger.opened_from(), 0);
    verifies(&ledger);
    assert_eq!(ledger.contents(1).unwrap().len(), 1);
    assert!(ledger.state_get("item", "item-0").unwrap().is_some());
}

/// The head is that of a process that ended before it could keep a newer one: the rotation is found on the way.
#[tokio::test]
async fn a_rotation_after_the_kept_head() {
    let place = Place::with_records(2).await;
    let head = place.store.get(HEAD).unwrap().unwrap();
    let ledger = place.open().unwrap();
    let _at = ledger.rotate_mac(cause()).await.unwrap();
    append_full(&ledger, 2..3).await;
    drop(ledger);
    place.store.set(HEAD, &head).unwrap();
    let ledger = place.open().unwrap();
    assert_eq!((ledger.opened_from(), ledger.head().epoch), (3, 1));
    verifies(&ledger);
}

#[tokio::test]
async fn a_rotation_that_was_cut_short_before_its_record_leaves_a_key_for_the_next() {
    let place = Place::with_records(2).await;
    place.store.set("mac-1", &[5; 32]).unwrap();
    let ledger = place.open().unwrap();
    assert_eq!(ledger.head().epoch, 0);
    let _at = ledger.rotate_mac(cause()).await.unwrap();
    append_full(&ledger, 2..3).await;
    ledger.close().await.unwrap();
    drop(ledger);
    assert_eq!(*place.store.get("mac-1").unwrap().unwrap(), [5; 32]);
    assert!(place.fault().is_none());
}

#[tokio::test]
async fn a_missing_key_is_named() {
    let place = rotated().await;
    place.store.remove("mac-1").unwrap();
    match place.open() {
        Err(error @ OpenError::EpochKeyAbsent { .. }) => {
            let said = error.to_string();
            assert!(
                said.contains("`mac-1`") && said.contains("put back the key store"),
                "{said}"
            );
        }
        other => panic!("{other:?}"),
    }
    let place = rotated().await;
    place.store.remove(MAC_KEY).unwrap();
    assert!(matches!(place.open(), Err(OpenError::KeyAbsent(name)) if name == MAC_KEY));
}

#[tokio::test]
async fn epochs_that_no_record_begins() {
    let place = rotated().await;
    let whole = copy_of(&place);
    for (attack, sql, found) in [
        ("goes_back", "UPDATE leaf SET epoch = 0 WHERE seq = 5", "epoch 0"),
        ("skips", "UPDATE leaf SET epoch = 2 WHERE seq >= 4", "epoch 2"),
        (
            "begins_before_its_record",
            "UPDATE leaf SET epoch = 1 WHERE seq = 2",
            "epoch 1",
        ),
        (
            "begins_after_its_record",
            "UPDATE leaf SET epoch = 0 WHERE seq = 4",
            "epoch 0",
        ),
    ] {
        put_back(&place, &whole);
        place.tamper(|db| assert_ne!(db.execute(sql, []).unwrap(), 0));
        let why = refused(&place);
        assert!(why.contains(found), "{attack}: {why}");
    }
}

/// The MAC that somebody gives record 5 who has the key of epoch 0.
fn forged(place: &Place, origin: &Origin, epoch: u32, fingerprint: &Digest) -> [u8; 32] {
    let db = rusqlite::Connection::open(place.path().join("log.sqlite")).unwrap();
    let before: [u8; 32] = db
        .query_row("SELECT mac FROM leaf WHERE seq = 4", [], |row| row.get(0))
        .unwrap();
    ChainMac::new(&key(place, MAC_KEY), origin).of(5, epoch, &before, fingerprint)
}

/// Whoever got hold of the old key can't write a record of the new epoch, nor one that pretends to be of the old.
#[tokio::test]
async fn a_record_written_under_the_retired_key() {
    let place = rotated().await;
    let ledger = place.open().unwrap();
    let origin = *ledger.origin();
    let (bytes, d) = edited(&ledger.record(5).unwrap().unwrap());
    let tag = ledger.entries(5, 6).unwrap().pop().unwrap().tag;
    drop(ledger);
    let whole = copy_of(&place);
    for (attack, epoch, found) in [("as_of_the_new_epoch", 1, "MAC"), ("as_of_the_old_epoch", 0, "epoch 0")] {
        put_back(&place, &whole);
        let forged = forged(&place, &origin, epoch, &d);
        place.tamper(|db| {
            db.execute("UPDATE record SET bytes = ?1 WHERE seq = 5", [&bytes])
                .unwrap();
            db.execute(
                "UPDATE leaf SET entry = ?1, epoch = ?2, mac = ?3 WHERE seq = 5",
                params![LogEntry { tag, d }.to_bytes(), epoch, forged],
            )
            .unwrap();
        });
        let why = refused(&place);
        assert!(why.contains("record 5") && why.contains(found), "{attack}: {why}");
    }
}

/// A row's own MAC can be made with the first key; the seal over all rows is under the newest.
#[tokio::test]
async fn a_row_of_state_written_under_the_retired_key() {
    let place = rotated().await;
    let ledger = place.open().unwrap();
    let origin = *ledger.origin();
    drop(ledger);
    let first = key(&place, MAC_KEY);
    let purpose = tagged("ledger-rows", &[]);
    let rows = MacKey::new(ChainMac::new(&first, &origin).of(u64::MAX, u32::MAX, &FIRST_MAC, &purpose));
    let mut message = Vec::new();
    for part in [&b"state"[..], b"item", b"item-1", b"used"] {
        message.extend_from_slice(&(part.len() as u64).to_be_bytes());
        message.extend_from_slice(part);
    }
    let forged = ChainMac::new(&rows, &origin).of(0, 0, &FIRST_MAC, &tagged("ledger-row", &[&message]));
    place.tamper(|db| {
        let change = "UPDATE state SET value = ?1, mac = ?2 WHERE key = 'item-1'";
        assert_eq!(db.execute(change, params![&b"used"[..], forged]).unwrap(), 1);
    });
    let why = refused(&place);
    assert!(why.contains("seal"), "{why}");
}

#[tokio::test]
async fn several_rotations_at_once_are_one_after_another() {
    let place = Place::with_records(1).await;
    let ledger = place.open().unwrap();
    let (a, b, c) = tokio::join!(
        ledger.rotate_mac(cause()),
        ledger.append(Decided::full(AGENTS[0], 50)),
        ledger.rotate_mac(cause())
    );
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(ledger.head().epoch, 2);
    verifies(&ledger);
    ledger.close().await.unwrap();
    drop(ledger);
    assert!(place.fault().is_none());
}
