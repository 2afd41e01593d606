//! Opening goes on from a verified head: what that leaves unseen, and what it mustn't.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use ledger::{OpenError, VerifyOutcome};

use crate::fixture::{AGENTS, Decided, Place, append_full};
use crate::tampering::{edited, refused};

/// The XOR of the MACs that stand in the rows could be kept while rows are dropped: among 257 of them some subset has
/// the XOR zero, and elimination finds it. What is summed is something else, which nobody sees.
#[tokio::test]
async fn rows_dropped_whose_visible_macs_cancel_out() {
    let place = Place::new();
    let ledger = place.create();
    let values: Vec<Decided> = (0..270).map(|n| Decided::full(AGENTS[0], n)).collect();
    assert_eq!(ledger.append_all(values).await.unwrap().len(), 270);
    ledger.close().await.unwrap();
    drop(ledger);
    let mut dropped = 0;
    place.tamper(|db| {
        let mut rows = db.prepare("SELECT uid, mac FROM content").unwrap();
        let rows: Vec<(String, [u8; 32])> = rows
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        for place in cancelling(&rows.iter().map(|(_, mac)| *mac).collect::<Vec<_>>()) {
            let key = "DELETE FROM content_key WHERE id = (SELECT id FROM content WHERE uid = ?1)";
            assert_eq!(db.execute(key, [&rows[place].0]).unwrap(), 1);
            dropped += db
                .execute("DELETE FROM content WHERE uid = ?1", [&rows[place].0])
                .unwrap();
        }
    });
    assert!(dropped > 0);
    assert!(refused(&place).contains("seal"));
}

/// A subset of the values whose XOR is zero, by elimination over GF(2).
fn cancelling(values: &[[u8; 32]]) -> Vec<usize> {
    let xor = |a: &mut [u8], b: &[u8]| a.iter_mut().zip(b).for_each(|(a, b)| *a ^= b);
    let mut basis: Vec<(usize, [u8; 32], Vec<u8>)> = Vec::new();
    for (at, value) in values.iter().enumerate() {
        let (mut value, mut of) = (*value, vec![0u8; values.len()]);
        of[at] = 1;
        for (bit, other, others) in &basis {
            if value[bit / 8] >> (bit % 8) & 1 == 1 {
                xor(&mut value, other);
                xor(&mut of, others);
            }
        }
        match (0..256).find(|bit| value[bit / 8] >> (bit % 8) & 1 == 1) {
            Some(bit) => basis.push((bit, value, of)),
            None => return (0..values.len()).filter(|at| of[*at] == 1).collect(),
        }
    }
    Vec::new()
}

/// Opening goes on from the head: what was changed before it is found by the verification that follows, which stops the
/// log, and is found by the next opening before anything is served.
#[tokio::test]
async fn record_before_the_head_edited_while_the_log_was_closed() {
    let place = Place::with_records(6).await;
    let (bytes, _) = edited(&place.open().unwrap().record(2).unwrap().unwrap());
    place.tamper(|db| {
        db.execute("UPDATE record SET bytes = ?1 WHERE seq = 2", [bytes])
            .unwrap();
    });
    let ledger = place.open().unwrap();
    assert_eq!(ledger.opened_from(), 7);
    let outcome = ledger.verify(|_, _| {}, &Arc::default());
    assert!(
        matches!(outcome, VerifyOutcome::Broken { sequence: Some(2), .. }),
        "{outcome:?}"
    );
    let stopped = ledger.append(Decided::plain(AGENTS[0], 9)).await.unwrap_err();
    assert!(stopped.to_string().contains("record 2"), "{stopped}");
    ledger.close().await.unwrap();
    drop(ledger);
    match place.open() {
        Err(OpenError::Broken {
            sequence: Some(2),
            good,
            ..
        }) => assert_eq!(good.size, 2),
        other => panic!("{other:?}"),
    }
}

/// A stream's end isn't under the head's root; the seal covers it.
#[tokio::test]
async fn stream_turned_back_before_the_head() {
    let place = Place::with_records(6).await;
    place.tamper(|db| {
        // Agent 1's last record is filed under agent 2, so that agent 1 would go on from an earlier one.
        let moved = "UPDATE record SET stream = 2 WHERE seq = (SELECT max(seq) FROM record WHERE stream = 1)";
        assert_eq!(db.execute(moved, []).unwrap(), 1);
    });
    assert!(place.open().is_err());
}

/// A checkpoint isn't signed over nodes that lead elsewhere than the log that this process wrote.
#[tokio::test]
async fn node_edited_before_a_checkpoint_is_signed() {
    let place = Place::with_records(6).await;
    let ledger = place.open().unwrap();
    append_full(&ledger, 6..8).await;
    place.tamper(|db| {
        assert_eq!(
            db.execute("UPDATE leaf SET nodes = zeroblob(length(nodes)) WHERE seq = 7", [])
                .unwrap(),
            1
        );
    });
    assert!(ledger.checkpoint().await.is_err());
}

/// The clock jumps: records stay in their order, and times never fall.
#[tokio::test]
async fn clock_a_day_ahead_then_a_day_behind() {
    const DAY: i64 = 86_400_000;
    let place = Place::with_records(0).await;
    let now = Arc::new(AtomicI64::new(1_900_000_000_000));
    let read = Arc::clone(&now);
    let options = ledger::Options {
        clock: ledger::Clock::new(move || read.load(Ordering::Relaxed)),
        ..ledger::Options::default()
    };
    let ledger = place.open_with(&options).unwrap();
    let mut times = Vec::new();
    for (n, jump) in (0..).zip([0, DAY, -2 * DAY, 5, 3 * DAY, -DAY]) {
        now.fetch_add(jump, Ordering::Relaxed);
        let durable = ledger.append(Decided::plain(AGENTS[0], n)).await.unwrap();
        assert_eq!(durable.receipt().sequence, n + 1);
        times.push(durable.receipt().logged_time);
    }
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(times.first(), Some(&1_900_000_000_000));
    ledger.close().await.unwrap();
    drop(ledger);
    assert!(place.fault().is_none());
}
