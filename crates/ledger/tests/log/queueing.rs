//! A writer that is slower than its callers: they wait, and then they are refused. Nothing is dropped unsaid.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use ledger::{AppendError, Ledger, Options, VerifyOutcome, WriterState};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::fixture::{AGENTS, Decided, Place};

/// How many the queue takes.
const QUEUE: usize = 2;

fn opened(place: &Place, queue_wait: Duration) -> Arc<Ledger> {
    let options = Options {
        queue: QUEUE,
        queue_wait,
        ..Options::default()
    };
    Arc::new(place.open_with(&options).unwrap())
}

/// A record that the writer is at until it is let go.
async fn occupied(ledger: &Arc<Ledger>) -> (mpsc::Sender<()>, JoinHandle<u64>) {
    let (let_go, wait) = mpsc::channel();
    let (begun, is_begun) = oneshot::channel();
    let ledger = Arc::clone(ledger);
    let held = tokio::spawn(async move {
        let made = ledger.append_at_head(None, move |_| {
            begun.send(()).unwrap();
            wait.recv().unwrap();
            Ok(Decided::plain(AGENTS[0], 1))
        });
        made.await.unwrap().receipt().sequence
    });
    is_begun.await.unwrap();
    (let_go, held)
}

fn callers(ledger: &Arc<Ledger>, numbers: std::ops::Range<u64>) -> JoinSet<(u64, Result<u64, AppendError>)> {
    numbers
        .map(|n| {
            let ledger = Arc::clone(ledger);
            async move {
                let answer = ledger.append(Decided::plain(AGENTS[1], n)).await;
                (n, answer.map(|durable| durable.receipt().sequence))
            }
        })
        .collect()
}

/// The requests that have a record, in their order.
fn recorded(ledger: &Ledger) -> Vec<u64> {
    let records = (1..ledger.size()).map(|n| ledger.record(n).unwrap().unwrap());
    records
        .map(|record| {
            record
                .correlation_uid()
                .unwrap()
                .rsplit('-')
                .next()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect()
}

#[tokio::test]
async fn a_full_queue_makes_callers_wait_and_none_is_forgotten() {
    let place = Place::with_records(0).await;
    let ledger = opened(&place, Duration::from_secs(3600));
    let (let_go, held) = occupied(&ledger).await;
    let mut waiting = callers(&ledger, 10..30);
    // Each comes to where it waits.
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
    assert!(waiting.try_join_next().is_none(), "nobody is answered");
    assert_eq!(ledger.size(), 1);

    let_go.send(()).unwrap();
    assert_eq!(held.await.unwrap(), 1);
    let mut sequences = Vec::new();
    while let Some(answer) = waiting.join_next().await {
        let (n, sequence) = answer.unwrap();
        sequences.push(sequence.unwrap());
        assert!(recorded(&ledger).contains(&n));
    }
    sequences.sort_unstable();
    assert_eq!(sequences, (2..22).collect::<Vec<u64>>());
    assert_eq!(ledger.turned_away(), 0);
}

#[tokio::test]
async fn a_queue_that_stays_full_denies_and_what_was_denied_isnt_there() {
    let place = Place::with_records(0).await;
    let ledger = opened(&place, Duration::from_millis(1));
    let (let_go, held) = occupied(&ledger).await;
    let mut waiting = callers(&ledger, 10..18);
    let mut denied = Vec::new();
    // The writer is held, so whoever is answered is answered without it.
    while denied.len() < 8 - QUEUE {
        let (n, answer) = waiting.join_next().await.unwrap().unwrap();
        assert_eq!(answer.unwrap_err(), AppendError::Busy);
        denied.push(n);
    }
    assert_eq!(ledger.turned_away(), denied.len() as u64);
    assert_eq!(ledger.state(), WriterState::Running);

    let_go.send(()).unwrap();
    assert_eq!(held.await.unwrap(), 1);
    while let Some(answer) = waiting.join_next().await {
        assert!(answer.unwrap().1.is_ok(), "who had a place in the queue is recorded");
    }
    let there = recorded(&ledger);
    assert_eq!(there.len(), 1 + QUEUE);
    assert!(denied.iter().all(|n| !there.contains(n)));
    // It was no failure: the next one is taken as if nothing had been.
    let next = ledger.append(Decided::plain(AGENTS[0], 99)).await.unwrap();
    assert_eq!(next.receipt().sequence, 4);
    let outcome = ledger.verify(|_, _| {}, &Arc::default());
    assert_eq!(outcome, VerifyOutcome::Verified { records: 5 });
}
