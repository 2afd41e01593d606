//! Somebody who can write the database, or put another copy of it in place. Each test is named by the attack.

use std::sync::Arc;

#[cfg(unix)]
use crate::again::{WORK_IN, again};
use crate::fixture::{AGENTS, Decided, Place};
use evidence::{Digest, Record, json};
use ledger::{LockError, MAC_KEY, OpenError, ReadError, VerifyOutcome, WriterLock};
use rusqlite::params;

/// Why it doesn't open, as a person reads it.
pub(crate) fn refused(place: &Place) -> String {
    match place.fault() {
        Some(error @ (OpenError::Broken { .. } | OpenError::Storage(_))) => error.to_string(),
        Some(error) => panic!("another refusal: {error}"),
        None => panic!("nothing was found"),
    }
}

pub(crate) fn copy_of(place: &Place) -> Vec<u8> {
    std::fs::read(place.path().join("log.sqlite")).unwrap()
}

pub(crate) fn put_back(place: &Place, copy: &[u8]) {
    std::fs::write(place.path().join("log.sqlite"), copy).unwrap();
    for rest in ["log.sqlite-wal", "log.sqlite-shm"] {
        drop(std::fs::remove_file(place.path().join(rest)));
    }
}

#[tokio::test]
async fn two_writers() {
    let place = Place::with_records(1).await;
    let ledger = place.open().unwrap();
    assert!(matches!(WriterLock::take(place.path()), Err(LockError::Held(_))));
    drop(ledger);
    drop(place.lock());
}

#[cfg(unix)]
#[tokio::test]
async fn two_writers_in_two_processes() {
    if let Some(place) = std::env::var_os(WORK_IN) {
        match WriterLock::take(std::path::Path::new(&place)) {
            Err(error @ LockError::Held(_)) => assert!(error.to_string().contains("another process writes")),
            other => panic!("{other:?}"),
        }
        return;
    }
    let place = Place::with_records(1).await;
    let ledger = place.open().unwrap();
    assert!(again("tampering::two_writers_in_two_processes", &["env"], place.path()));
    // The other one's attempt left this one as it was.
    let durable = ledger.append(Decided::plain(AGENTS[0], 2)).await.unwrap();
    assert_eq!(durable.receipt().sequence, 2);
    drop(ledger);
    drop(place.lock());
}

#[tokio::test]
async fn a_second_log_over_the_first() {
    let place = Place::with_records(1).await;
    let genesis = ledger::Genesis {
        tenant_uid: crate::fixture::TENANT.to_owned(),
    };
    let create = || {
        ledger::Ledger::create(
            place.lock(),
            Arc::clone(&place.store),
            &genesis,
            &ledger::Options::default(),
        )
    };
    assert!(matches!(create(), Err(ledger::CreateError::Exists(_))));
    std::fs::remove_file(place.path().join("log.sqlite")).unwrap();
    assert!(matches!(create(), Err(ledger::CreateError::Orphan(_))));
    assert!(matches!(place.open(), Err(OpenError::Absent(_))));
}

/// A creation that was cut short has no log yet, and is done again.
#[tokio::test]
async fn creation_cut_short() {
    let place = Place::with_records(0).await;
    let file = |name| place.path().join(name);
    std::fs::rename(file("log.sqlite"), file("log.sqlite.new")).unwrap();
    assert!(matches!(place.open(), Err(OpenError::Absent(_))));
    let ledger = place.create();
    assert_eq!(ledger.size(), 1);
    assert!(!file("log.sqlite.new").exists());
}

#[tokio::test]
async fn update_delete_and_replace_past_the_api() {
    let place = Place::with_records(4).await;
    let db = rusqlite::Connection::open(place.path().join("log.sqlite")).unwrap();
    for statement in [
        "UPDATE record SET bytes = x'00' WHERE seq = 2",
        "DELETE FROM record WHERE seq = 4",
        "INSERT OR REPLACE INTO record SELECT * FROM record WHERE seq = 2",
        "INSERT INTO record SELECT 9, logged, stream, stream_seq, correlation, bytes FROM record WHERE seq = 2",
        "UPDATE leaf SET mac = x'00'",
        "DELETE FROM leaf",
        "INSERT OR REPLACE INTO leaf SELECT * FROM leaf WHERE seq = 2",
        "UPDATE leaf SET nodes = x'00'",
        "UPDATE stream SET tag = x'00' WHERE id = 1",
        "DELETE FROM stream",
        "UPDATE envelope SET bytes = x'00'",
        "DELETE FROM envelope",
        "UPDATE checkpoint SET note = ''",
        "DELETE FROM checkpoint",
    ] {
        let error = db.execute(statement, []).unwrap_err().to_string();
        assert!(
            error.contains("never") || error.contains("in order"),
            "{statement}: {error}"
        );
    }
    drop(db);
    assert_eq!(place.open().unwrap().size(), 5);
}

#[tokio::test]
async fn triggers_dropped_or_added() {
    let place = Place::with_records(2).await;
    for sql in [
        "DROP TRIGGER record_no_update",
        "CREATE TRIGGER late AFTER INSERT ON record BEGIN DELETE FROM state; END",
        "CREATE TABLE guest (x)",
    ] {
        let whole = copy_of(&place);
        rusqlite::Connection::open(place.path().join("log.sqlite"))
            .unwrap()
            .execute_batch(sql)
            .unwrap();
        assert!(refused(&place).contains("triggers"));
        put_back(&place, &whole);
    }
    drop(place.open().unwrap());
}

/// The bytes of a record with something changed and its fingerprint made right again.
pub(crate) fn edited(record: &Record) -> (Vec<u8>, Digest) {
    let mut event = record.event().clone();
    *event.pointer_mut("/severity_id").unwrap() = 4.into();
    let attestation = event
        .pointer_mut("/attestation_list/0")
        .unwrap()
        .as_object_mut()
        .unwrap();
    let mut fingerprint = attestation.remove("fingerprint").unwrap();
    let d = Digest::sha256(&json::canonical_value(&event).unwrap());
    fingerprint["value"] = d.to_string().into();
    event.pointer_mut("/attestation_list/0").unwrap()["fingerprint"] = fingerprint;
    (json::canonical_value(&event).unwrap(), d)
}

/// After the last head that was kept, only the MAC is in the way.
#[tokio::test]
async fn record_edited_and_everything_recomputed_but_the_mac() {
    let place = Place::with_records(3).await;
    let ledger = place.open().unwrap();
    // Record 4 is an even leaf and the last: no node and no later record speaks of it.
    let _durable = ledger.append(Decided::plain(AGENTS[0], 3)).await.unwrap();
    let record = ledger.record(4).unwrap().unwrap();
    let entry = ledger.entries(4, 5).unwrap().pop().unwrap();
    drop(ledger);
    let (bytes, d) = edited(&record);
    assert!(Record::parse(&bytes).unwrap().is_intact());
    let entry = evidence::LogEntry { tag: entry.tag, d };
    place.tamper(|db| {
        db.execute("UPDATE record SET bytes = ?1 WHERE seq = 4", [bytes])
            .unwrap();
        db.execute("UPDATE leaf SET entry = ?1 WHERE seq = 4", [entry.to_bytes()])
            .unwrap();
    });
    match place.open() {
        Err(OpenError::Broken {
            sequence: Some(4),
            what,
            good,
        }) if good.size == 4 => assert!(what.contains("MAC"), "{what}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn record_edited_in_the_middle() {
    let place = Place::with_records(4).await;
    let record = {
        let ledger = place.open().unwrap();
        ledger.record(2).unwrap().unwrap()
    };
    let whole = copy_of(&place);
    let (recomputed, _) = edited(&record);
    let mut plain = record.bytes().to_vec();
    let at = plain.windows(11).position(|window| window == b"support-bot").unwrap();
    plain.splice(at..at + 7, *b"Support");
    for (bytes, found) in [
        (plain, "fingerprint"),
        (recomputed, "log entry"),
        (b"{}".to_vec(), "OCSF"),
    ] {
        put_back(&place, &whole);
        place.tamper(|db| {
            db.execute("UPDATE record SET bytes = ?1 WHERE seq = 2", [bytes])
                .unwrap();
        });
        let why = refused(&place);
        assert!(why.contains("record 2") && why.contains(found), "{why}");
    }
}

#[tokio::test]
async fn columns_beside_the_chain_edited() {
    let place = Place::with_records(4).await;
    let whole = copy_of(&place);
    for (sql, found) in [
        ("UPDATE record SET correlation = 'another' WHERE seq = 2", "record 2"),
        ("UPDATE record SET logged = logged + 1 WHERE seq = 2", "record 2"),
        ("UPDATE record SET stream = 2 WHERE seq = 1", "record 1"),
        ("UPDATE leaf SET epoch = 1 WHERE seq = 3", "record 3"),
        ("UPDATE leaf SET nodes = zeroblob(32) WHERE seq = 1", "record 1"),
        ("UPDATE leaf SET nodes = zeroblob(32) WHERE seq = 2", "record 2"),
        ("UPDATE stream SET name = 'agent-9' WHERE id = 1", "stream"),
        ("UPDATE stream SET opened = 3 WHERE id = 1", "stream"),
        ("UPDATE state SET value = x'00' WHERE key = 'item-1'", "item-1"),
        ("UPDATE state SET key = 'item-9' WHERE key = 'item-1'", "item-9"),
        ("DELETE FROM state WHERE key = 'item-1'", "seal"),
        ("DELETE FROM state", "seal"),
        ("DELETE FROM content WHERE seq = 2", "keys of contents"),
        (
            "DELETE FROM content_key WHERE id = (SELECT min(id) FROM content)",
            "content",
        ),
        ("UPDATE content SET erased = 2 WHERE seq = 2", "content"),
        ("UPDATE content SET key_group = 7 WHERE seq = 2", "content"),
        ("UPDATE content SET slot = 'response' WHERE seq = 2", "content"),
        ("UPDATE content SET seq = 3 WHERE seq = 2", "content"),
        ("UPDATE content SET id = 9 * id WHERE seq = 2", "content"),
        ("DELETE FROM envelope WHERE seq = 2", "seal"),
        ("UPDATE envelope SET name = 'denial' WHERE seq = 2", "denial"),
        ("DELETE FROM checkpoint WHERE size = 1", "seal"),
        ("UPDATE checkpoint SET signed = 0 WHERE size = 5", "size 5"),
        ("DELETE FROM seal", "seal"),
    ] {
        put_back(&place, &whole);
        place.tamper(|db| {
            assert_ne!(db.execute(sql, []).unwrap(), 0, "{sql}");
        });
        let why = refused(&place);
        assert!(why.contains(found), "{sql}: {why}");
    }
}

/// A row that was once true, with the MAC that it had then.
#[tokio::test]
async fn one_old_row_put_back() {
    let place = Place::with_records(2).await;
    let row = |db: &rusqlite::Connection| -> (Vec<u8>, Vec<u8>) {
        db.query_row("SELECT value, mac FROM state WHERE key = 'item-1'", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap()
    };
    let db = rusqlite::Connection::open(place.path().join("log.sqlite")).unwrap();
    let old = row(&db);
    drop(db);
    let ledger = place.open().unwrap();
    let mut change = Decided::plain(AGENTS[0], 9);
    change.state = vec![ledger::StateChange {
        kind: "item",
        key: "item-1".to_owned(),
        value: Some(b"used".to_vec()),
    }];
    let _durable = ledger.append(change).await.unwrap();
    drop(ledger);
    place.tamper(|db| {
        assert_ne!(row(db), old);
        db.execute(
            "UPDATE state SET value = ?1, mac = ?2 WHERE key = 'item-1'",
            params![old.0, old.1],
        )
        .unwrap();
    });
    assert!(refused(&place).contains("seal"));
}

#[tokio::test]
async fn rows_edited_while_the_log_is_open() {
    let place = Place::with_records(4).await;
    let ledger = place.open().unwrap();
    place.tamper(|db| {
        db.execute_batch(
            "UPDATE state SET value = x'00' WHERE key = 'item-1';
             UPDATE envelope SET bytes = x'00' WHERE seq = 2;
             UPDATE content SET body = zeroblob(length(body)) WHERE seq = 2;
             UPDATE checkpoint SET note = replace(note, '5', '6')",
        )
        .unwrap();
    });
    let altered = |error: ReadError| assert!(matches!(error, ReadError::Altered { .. }), "{error}");
    altered(ledger.state_get("item", "item-1").unwrap_err());
    altered(ledger.state_list("item", "", 10).unwrap_err());
    altered(ledger.envelope(2, "approval").unwrap_err());
    altered(ledger.contents(2).unwrap_err());
    altered(ledger.last_checkpoint().unwrap_err());
    let outcome = ledger.verify(|_, _| {}, &Arc::default());
    assert!(
        matches!(outcome, VerifyOutcome::Broken { sequence: None, .. }),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_record_edited_while_the_log_is_open() {
    let place = Place::with_records(4).await;
    let ledger = place.open().unwrap();
    let (bytes, _) = edited(&ledger.record(3).unwrap().unwrap());
    place.tamper(|db| {
        db.execute("UPDATE record SET bytes = ?1 WHERE seq = 3", [bytes])
            .unwrap();
    });
    let outcome = ledger.verify(|_, _| {}, &Arc::default());
    assert!(
        matches!(outcome, VerifyOutcome::Broken { sequence: Some(3), .. }),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn another_key_store() {
    let place = Place::with_records(2).await;
    let mac = place.store.get(MAC_KEY).unwrap().unwrap();
    place.store.set(MAC_KEY, &[9; 32]).unwrap();
    assert!(refused(&place).contains("MAC"));
    place.store.set(MAC_KEY, &[9; 31]).unwrap();
    assert!(matches!(
        place.open(),
        Err(OpenError::KeyUnreadable { name, .. }) if name == MAC_KEY
    ));
    place.store.set(MAC_KEY, &mac).unwrap();
    let other = Place::with_records(1).await;
    place
        .store
        .set(ledger::LOG_KEY, &other.store.get(ledger::LOG_KEY).unwrap().unwrap())
        .unwrap();
    assert!(refused(&place).contains("another key"));
}

/// Queries go by the indexes: a record that one of them lacks, or has under something else, would be in the log and never
/// be shown.
#[tokio::test]
async fn index_that_hides_a_record() {
    let place = Place::with_records(4).await;
    let whole = copy_of(&place);
    for (index, misfiled) in [
        ("record_by_stream", "(CASE seq WHEN 2 THEN 99 ELSE stream END)"),
        ("record_by_stream", "(stream) WHERE seq <> 2"),
        (
            "record_by_correlation",
            "(correlation || seq) WHERE correlation IS NOT NULL",
        ),
        (
            "record_by_correlation",
            "(correlation) WHERE correlation IS NOT NULL AND seq <> 2",
        ),
    ] {
        put_back(&place, &whole);
        place.tamper(|db| {
            let sql = "SELECT sql FROM sqlite_schema WHERE name = ?1";
            let sql: String = db.query_row(sql, [index], |row| row.get(0)).unwrap();
            let lying = format!("DROP INDEX {index}; CREATE INDEX {index} ON record {misfiled};");
            db.execute_batch(&lying).unwrap();
            db.pragma_update(None, "writable_schema", true).unwrap();
            let back = "UPDATE sqlite_schema SET sql = ?2 WHERE name = ?1";
            assert_eq!(db.execute(back, params![index, sql]).unwrap(), 1);
        });
        let found = match place.open() {
            Ok(ledger) => match ledger.verify(|_, _| {}, &Arc::default()) {
                VerifyOutcome::Broken { sequence: None, what } => what,
                other => panic!("{misfiled}: {other:?}"),
            },
            Err(error) => error.to_string(),
        };
        assert!(
            found.contains("index") || found.contains("records has 4 rows"),
            "{misfiled}: {found}"
        );
    }
}
