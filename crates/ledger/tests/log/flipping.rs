//! A disk or cable that turns a bit: reported, or read back identical.

use crate::fixture::{Place, everything};
use crate::tampering::{copy_of, put_back};

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
        ("node", "hash"),
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
        ("seal", "mac"),
    ] {
        put_back(&place, &whole);
        let db = rusqlite::Connection::open(place.path().join("log.sqlite")).unwrap();
        let sql = format!(
            "SELECT cast({column} AS BLOB) FROM {table} ORDER BY 1 LIMIT 1 OFFSET (SELECT count(*) / 2 FROM {table})"
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
                assert!(place.open().is_err(), "{table}.{column}, byte {offset} at {at}");
                flipped += 1;
            }
        }
    }
    assert!(flipped >= 17 * 3);
}

/// Anywhere in the file: what opens reads back identical.
#[tokio::test]
async fn one_byte_flipped_anywhere() {
    let place = Place::with_records(6).await;
    let before = everything(&place.open().unwrap()).unwrap();
    let whole = copy_of(&place);
    let (mut reported, mut identical) = (0, 0);
    // A step that is prime to the page size meets every kind of place: headers, cells, indexes, free space.
    for at in (0..whole.len()).step_by(211) {
        let mut copy = whole.clone();
        *copy.get_mut(at).unwrap() ^= 0x10;
        put_back(&place, &copy);
        match place.open().map(|ledger| everything(&ledger)) {
            Err(_) | Ok(Err(_)) => reported += 1,
            Ok(Ok(after)) => {
                assert_eq!(after, before, "at {at}");
                identical += 1;
            }
        }
    }
    assert!(reported > 0 && identical > 0);
}
