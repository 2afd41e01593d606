//! A disk or cable that turns a bit: reported, or read back identical.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ledger::VerifyOutcome;

use crate::fixture::{Place, everything, scratch};
use crate::tampering::{copy_of, put_back};
use crate::trial;

/// The sealed key store's file.
const KEYS: &str = "keys.sealed";

/// Every stored value of every table, one byte of it flipped in the file: reported, whichever it is.
#[tokio::test]
async fn one_byte_flipped_in_each_tables_payload() {
    let place = Place::with_records(6).await;
    let whole = copy_of(&place);
    let mut flipped = 0;
    for (table, column) in [
        ("record", "bytes"),
        ("leaf", "entry"),
        ("leaf", "mac"),
        ("leaf", "nodes"),
        ("stream", "name"),
        ("stream", "tag"),
        ("content", "uid"),
        ("content_key", "wrapped"),
        ("content", "mac"),
        ("envelope", "bytes"),
        ("envelope", "mac"),
        ("state", "key"),
        ("state", "value"),
        ("state", "mac"),
        ("checkpoint", "note"),
        ("checkpoint", "mac"),
        ("seal", "nonce"),
        ("seal", "sums"),
        ("seal", "mac"),
    ] {
        put_back(&place, &whole);
        let db = rusqlite::Connection::open(place.path().join("log.sqlite")).unwrap();
        let sql = format!(
            "SELECT cast({column} AS BLOB) FROM {table} WHERE length({column}) > 0 ORDER BY 1 \
             LIMIT 1 OFFSET (SELECT count(*) / 2 FROM {table} WHERE length({column}) > 0)"
        );
        let value: Vec<u8> = db.query_row(&sql, [], |row| row.get(0)).unwrap();
        drop(db);
        // A value that is indexed stands twice: the row's copy, and the index's.
        let places: Vec<usize> = whole
            .windows(value.len())
            .enumerate()
            .filter(|(_, window)| *window == value)
            .map(|(at, _)| at)
            .collect();
        assert!(!places.is_empty(), "{table}.{column}");
        for at in places {
            for offset in [0, value.len() / 2, value.len() - 1] {
                let mut copy = whole.clone();
                *copy.get_mut(at + offset).unwrap() ^= 0x01;
                put_back(&place, &copy);
                assert!(place.fault().is_some(), "{table}.{column}, byte {offset} at {at}");
                flipped += 1;
            }
        }
    }
    assert!(flipped >= 19 * 3);
}

/// Anywhere in the file: what opens reads back identical.
///
/// Here a byte in every so many; `cargo xtask trial flips` flips each one.
#[tokio::test]
async fn one_byte_flipped_anywhere() {
    let place = Place::with_records(1).await;
    let before = everything(&place.open().unwrap()).unwrap();
    let whole = copy_of(&place);
    let keys = std::fs::read(place.path().join(KEYS)).unwrap();
    let next = AtomicUsize::new(0);
    // A step that is prime to the page size meets every kind of place: headers, cells, indexes, free space.
    let step = if trial::is_one() { 1 } else { 41 };
    let flip = || {
        let scratch = scratch();
        std::fs::write(scratch.path().join(KEYS), &keys).unwrap();
        let place = Place::at(scratch.path());
        let (mut reported, mut identical) = (0, 0);
        loop {
            let at = next.fetch_add(step, Ordering::Relaxed);
            let mut copy = whole.clone();
            let Some(byte) = copy.get_mut(at) else {
                return (reported, identical);
            };
            *byte ^= 1 << (at % 8);
            put_back(&place, &copy);
            std::fs::write(scratch.path().join(KEYS), &keys).unwrap();
            match read_back(&place) {
                None => reported += 1,
                Some(after) => {
                    assert_eq!(after, before, "at {at}");
                    identical += 1;
                }
            }
        }
    };
    let (reported, identical) = std::thread::scope(|threads| {
        let other = threads.spawn(flip);
        let (mine, others) = (flip(), other.join().unwrap());
        (mine.0 + others.0, mine.1 + others.1)
    });
    assert_eq!(reported + identical, whole.len().div_ceil(step));
    assert!(reported > 0 && identical > 0);
    trial::figures(&format!(
        "a bit flipped in each of the {} bytes of a log of two records: {reported} reported, {identical} read back \
         identical, none read back otherwise",
        whole.len()
    ));
}

/// Everything that can be read of a log in which nothing wrong is found; none where something is.
fn read_back(place: &Place) -> Option<String> {
    let ledger = place.open().ok()?;
    match ledger.verify(|_, _| {}, &Arc::default()) {
        // A content's body is held against its key when it is read.
        VerifyOutcome::Verified { .. } => everything(&ledger).ok(),
        VerifyOutcome::Broken { .. } | VerifyOutcome::Unreadable(_) => None,
        VerifyOutcome::Cancelled { .. } => panic!("nobody cancelled it"),
    }
}
