//! Another history than the one that was acknowledged: a shorter one, an older one, a rewritten one.

use evidence::Digest;
use evidence::tree::{TreeError, verify_consistency};
use ledger::{OpenError, VerifyOutcome};
use std::sync::Arc;

use crate::fixture::{AGENTS, Decided, Place, append_full};
use crate::tampering::{copy_of, put_back, refused};

#[tokio::test]
async fn tail_cut_before_the_head() {
    let place = Place::with_records(9).await;
    let whole = copy_of(&place);
    for cut in 1..10i64 {
        put_back(&place, &whole);
        place.tamper(|db| {
            db.execute("DELETE FROM record WHERE seq >= ?1", [cut]).unwrap();
            db.execute("DELETE FROM leaf WHERE seq >= ?1", [cut]).unwrap();
        });
        match place.open() {
            Err(OpenError::Behind { size, head: 10, good }) => {
                assert_eq!(size, cut.cast_unsigned());
                assert_eq!(good.size, size);
            }
            other => panic!("cut at {cut}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn older_copy_restored() {
    let place = Place::with_records(3).await;
    let older = copy_of(&place);
    let ledger = place.open().unwrap();
    append_full(&ledger, 3..5).await;
    ledger.close().await.unwrap();
    put_back(&place, &older);
    assert!(matches!(place.open(), Err(OpenError::Behind { size: 4, head: 6, .. })));
}

/// The limit that is written down: what came after the last kept head can be cut off with the whole file put back as
/// it was, and only who holds a receipt or a newer checkpoint shows it. At each record.
#[tokio::test]
async fn tail_cut_after_the_head_shows_to_who_holds_a_receipt() {
    let place = Place::with_records(3).await;
    let ledger = place.open().unwrap();
    let (mut copies, mut receipts) = (Vec::new(), Vec::new());
    for n in 4..10 {
        let wal = std::fs::read(place.path().join("log.sqlite-wal")).unwrap();
        copies.push((copy_of(&place), wal));
        let durable = ledger.append(Decided::full(AGENTS[0], n)).await.unwrap();
        receipts.push((durable.receipt().sequence, durable.receipt().fingerprint));
    }
    drop(ledger);
    for ((copy, wal), cut) in copies.iter().zip(4..) {
        put_back(&place, copy);
        std::fs::write(place.path().join("log.sqlite-wal"), wal).unwrap();
        assert!(place.fault().is_none());
        let ledger = place.open().unwrap();
        assert_eq!(ledger.size(), cut);
        for (sequence, fingerprint) in &receipts {
            let there = ledger.record(*sequence).unwrap();
            assert_eq!(
                there.map(|record| *record.fingerprint()),
                (*sequence < cut).then_some(*fingerprint)
            );
        }
    }
}

/// Cutting rows alone, without putting the whole file back, leaves the seal over them. At each record.
#[tokio::test]
async fn tail_cut_after_the_head_row_by_row() {
    let place = Place::with_records(2).await;
    let ledger = place.open().unwrap();
    for n in 3..9 {
        let _durable = ledger.append(Decided::plain(AGENTS[0], n)).await.unwrap();
    }
    drop(ledger);
    let whole = copy_of(&place);
    for cut in 3..9i64 {
        put_back(&place, &whole);
        place.tamper(|db| {
            db.execute("DELETE FROM record WHERE seq >= ?1", [cut]).unwrap();
            db.execute("DELETE FROM leaf WHERE seq >= ?1", [cut]).unwrap();
        });
        assert!(refused(&place).contains("seal"), "cut at {cut}: {}", refused(&place));
    }
}

#[tokio::test]
async fn another_history_under_the_same_head() {
    let place = Place::with_records(3).await;
    let kept = place.store.get(ledger::HEAD).unwrap().unwrap();
    let other = String::from_utf8(kept.to_vec()).unwrap();
    let root = other
        .split("\"root\":\"")
        .nth(1)
        .and_then(|rest| rest.get(..64))
        .unwrap()
        .to_owned();
    place
        .store
        .set(
            ledger::HEAD,
            other.replace(&root, &Digest::sha256(b"other").to_string()).as_bytes(),
        )
        .unwrap();
    assert!(matches!(place.open(), Err(OpenError::OffHead { size: 4, .. })));
    place.store.remove(ledger::HEAD).unwrap();
    assert!(matches!(place.open(), Err(OpenError::KeyAbsent("head"))));
}

/// Who has the database and every key can write another history, which then verifies wherever it is looked at. What shows
/// it is what was given out before: a checkpoint, a receipt; and the head, where the key store can be read but not
/// written.
#[tokio::test]
async fn operator_with_every_key_rewrites_all() {
    let place = Place::new();
    let ledger = place.create();
    ledger.close().await.unwrap();
    drop(ledger);
    let (begun, begun_head) = (copy_of(&place), place.store.get(ledger::HEAD).unwrap().unwrap());

    let ledger = place.open().unwrap();
    append_full(&ledger, 0..5).await;
    let durable = ledger.append(Decided::plain(AGENTS[0], 5)).await.unwrap();
    let published = ledger.checkpoint().await.unwrap().checkpoint;
    let published = published.verify(&ledger.log_key()).unwrap();
    ledger.close().await.unwrap();
    drop(ledger);
    let kept_head = place.store.get(ledger::HEAD).unwrap().unwrap();

    // From record 0 on, so that the origin is the same; with the log's own writer, so that nothing is forgotten: every
    // fingerprint, node, MAC, row and seal is made anew.
    put_back(&place, &begun);
    place.store.set(ledger::HEAD, &begun_head).unwrap();
    let ledger = place.open().unwrap();
    append_full(&ledger, 100..108).await;
    ledger.close().await.unwrap();
    drop(ledger);

    // From inside nothing is to be seen.
    assert!(place.fault().is_none());
    let ledger = place.open().unwrap();
    let outcome = ledger.verify(|_, _| {}, &Arc::default());
    assert_eq!(outcome, VerifyOutcome::Verified { records: 9 });
    assert_eq!(*ledger.origin(), published.origin);
    let newest = ledger.checkpoint().await.unwrap().checkpoint;
    let now = newest.verify(&ledger.log_key()).unwrap();

    // Who holds the published checkpoint asks for consistency, and no path of the new tree gives it.
    let path = ledger.consistency(published.size, now.size).unwrap();
    assert_eq!(
        verify_consistency(published.size, &published.root, now.size, &now.root, &path),
        Err(TreeError::WrongRoot)
    );
    // It is the checkpoint that fails, not the path: the same path is true of the history that it was made from.
    let rewritten = ledger.root(published.size).unwrap();
    assert_eq!(
        verify_consistency(published.size, &rewritten, now.size, &now.root, &path),
        Ok(())
    );
    // Who holds a receipt finds another record in its place.
    let record = ledger.record(durable.receipt().sequence).unwrap().unwrap();
    assert_ne!(*record.fingerprint(), durable.receipt().fingerprint);
    drop(ledger);
    // Who can't write the key store leaves its head behind.
    place.store.set(ledger::HEAD, &kept_head).unwrap();
    assert!(matches!(place.open(), Err(OpenError::OffHead { size: 7, .. })));
}
