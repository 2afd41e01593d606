//! What is appended is on disk, in its place, and found again.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::fixture::{AGENTS, Decided, Place, append_full, everything};
use evidence::tree::{root_from_range, verify_consistency, verify_inclusion};
use evidence::{LogEntry, Origin, Stream};
use ledger::{AppendError, Filter, Guard, NewContent, ReadError, VerifyOutcome, WriterState};

fn verified(ledger: &ledger::Ledger) -> VerifyOutcome {
    ledger.verify(|_, _| {}, &Arc::default())
}

#[tokio::test]
async fn record_0_founds_the_origin_that_every_receipt_names() {
    let place = Place::new();
    let ledger = place.create();
    let first = ledger.record(0).unwrap().unwrap();
    let spki = ledger.log_key().spki_der();
    assert_eq!(first.spki().unwrap(), spki);
    assert_eq!(first.founds().unwrap(), *ledger.origin());
    let nonce = hex::decode(first.facts()["nonce16"].as_str().unwrap()).unwrap();
    assert_eq!(
        Origin::new(&spki, nonce.as_slice().try_into().unwrap()),
        *ledger.origin()
    );
    assert_eq!(
        (first.stream(), first.stream_seq(), first.prev()),
        (&Stream::sys(), 0, None)
    );
    assert!(first.tag().is_some() && first.is_intact());
    assert_eq!(ledger.size(), 1);

    let durable = ledger.append(Decided::plain(AGENTS[0], 1)).await.unwrap();
    assert_eq!(durable.receipt().origin, *ledger.origin());
    assert_eq!(durable.receipt().sequence, 1);
    let record = ledger.record(1).unwrap().unwrap();
    assert_eq!(durable.receipt().fingerprint, *record.fingerprint());
    assert_eq!(durable.receipt().logged_time, record.logged_time());
    assert_eq!(record.prev().unwrap().fingerprint, *first.fingerprint());
    assert_eq!(durable.into_value().agent, AGENTS[0]);
}

#[tokio::test]
async fn what_was_appended_is_there_after_a_restart_and_the_chain_goes_on() {
    let place = Place::with_records(20).await;
    let before = {
        let ledger = place.open().unwrap();
        everything(&ledger).unwrap()
    };
    let ledger = place.open().unwrap();
    assert_eq!(everything(&ledger).unwrap(), before);
    let stream = Stream::agent(AGENTS[0]).unwrap();
    let end = ledger.stream_head(&stream).unwrap();
    let next = ledger.append(Decided::plain(AGENTS[0], 100)).await.unwrap();
    let record = ledger.record(next.receipt().sequence).unwrap().unwrap();
    assert_eq!(record.stream_seq(), end.stream_seq + 1);
    assert_eq!(record.stream_prev(), Some(&end.fingerprint));
    assert_eq!(record.tag(), None);
    assert_eq!(ledger.stream_head(&stream).unwrap().tag, end.tag);
    assert_eq!(verified(&ledger), VerifyOutcome::Verified { records: 22 });
}

#[tokio::test(flavor = "multi_thread")]
async fn many_callers_at_once_each_get_a_place_of_their_own() {
    let place = Place::new();
    let ledger = Arc::new(place.create());
    let tasks: Vec<_> = (0..32u64)
        .map(|n| {
            let ledger = Arc::clone(&ledger);
            tokio::spawn(async move {
                let mut sequences = Vec::new();
                for m in 0..10 {
                    let durable = ledger.append(Decided::full(AGENTS[0], n * 100 + m)).await.unwrap();
                    sequences.push(durable.receipt().sequence);
                    assert!(
                        ledger.size() > durable.receipt().sequence,
                        "shown no later than answered"
                    );
                }
                sequences
            })
        })
        .collect();
    let mut sequences = Vec::new();
    for task in tasks {
        sequences.extend(task.await.unwrap());
    }
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=320).collect::<Vec<u64>>());
    assert_eq!(*ledger.grown().borrow(), 321);
    assert_eq!(verified(&ledger), VerifyOutcome::Verified { records: 321 });
    drop(ledger);
    assert_eq!(place.open().unwrap().size(), 321);
}

#[tokio::test]
async fn several_are_appended_in_one_piece_or_not_at_all() {
    let place = Place::new();
    let ledger = place.create();
    let done = ledger
        .append_all((0..5).map(|n| Decided::full(AGENTS[1], n)).collect())
        .await
        .unwrap();
    let sequences: Vec<u64> = done.iter().map(|durable| durable.receipt().sequence).collect();
    assert_eq!(sequences, [1, 2, 3, 4, 5]);

    let mut wrong = Decided::full(AGENTS[0], 7);
    let (mut header, bytes) = (wrong.contents[0].header().clone(), wrong.contents[0].bytes().clone());
    header.length += 1;
    wrong.contents[0] = NewContent::new(header, [7; 32], bytes);
    let outcome = ledger.append_all(vec![Decided::full(AGENTS[0], 6), wrong]).await;
    assert!(matches!(outcome, Err(AppendError::Invalid(_))));
    assert!(ledger.stream_head(&Stream::agent(AGENTS[0]).unwrap()).is_none());
    assert_eq!(ledger.state_get("item", "item-6").unwrap(), None);
    assert!(matches!(
        ledger
            .append_all((0..513).map(|n| Decided::plain(AGENTS[0], n)).collect())
            .await,
        Err(AppendError::Invalid(_))
    ));
    assert_eq!((ledger.size(), ledger.state()), (6, WriterState::Running));
    assert_eq!(verified(&ledger), VerifyOutcome::Verified { records: 6 });
}

/// Found out by the database they would stop the writer, which is for disks that fail.
#[tokio::test]
async fn names_that_are_taken_are_refused_and_the_log_goes_on() {
    let place = Place::new();
    let ledger = place.create();
    let _first = ledger.append(Decided::full(AGENTS[0], 1)).await.unwrap();
    let mut twice = Decided::full(AGENTS[0], 2);
    twice.envelopes.push(twice.envelopes[0].clone());
    assert!(matches!(ledger.append(twice).await, Err(AppendError::Invalid(_))));
    assert!(matches!(
        ledger.append(Decided::full(AGENTS[0], 1)).await,
        Err(AppendError::Invalid(_))
    ));
    let both = vec![Decided::full(AGENTS[0], 3), Decided::full(AGENTS[0], 3)];
    assert!(matches!(ledger.append_all(both).await, Err(AppendError::Invalid(_))));
    let _second = ledger.append(Decided::full(AGENTS[0], 2)).await.unwrap();
    assert_eq!((ledger.size(), ledger.state()), (3, WriterState::Running));
    assert_eq!(verified(&ledger), VerifyOutcome::Verified { records: 3 });
}

#[tokio::test]
async fn a_guard_that_no_longer_holds_appends_nothing() {
    let place = Place::new();
    let ledger = place.create();
    let stream = Stream::agent(AGENTS[0]).unwrap();
    let fresh = Guard::StreamEndsWith(stream.clone(), None);
    let first = ledger
        .append_if(fresh.clone(), Decided::plain(AGENTS[0], 1))
        .await
        .unwrap();
    assert_eq!(
        ledger.append_if(fresh, Decided::plain(AGENTS[0], 2)).await.unwrap_err(),
        AppendError::Moved
    );
    let now = Guard::StreamEndsWith(stream, Some(first.receipt().fingerprint));
    let _second = ledger
        .append_if(now.clone(), Decided::plain(AGENTS[0], 3))
        .await
        .unwrap();
    assert_eq!(
        ledger.append_if(now, Decided::plain(AGENTS[0], 4)).await.unwrap_err(),
        AppendError::Moved
    );
    assert_eq!(
        ledger
            .append_if(Guard::Size(2), Decided::plain(AGENTS[1], 5))
            .await
            .unwrap_err(),
        AppendError::Moved
    );

    let export = ledger
        .append_at_head(Some(Guard::Size(3)), |at| {
            assert_eq!(at.head().size, 3);
            Ok(Decided::plain(AGENTS[1], at.head().size))
        })
        .await
        .unwrap();
    assert_eq!(export.receipt().sequence, 3);
    assert!(export.value().request_uid.ends_with("3"));
    assert_eq!(ledger.size(), 4);

    let refused = ledger
        .append_at_head(None, |_| {
            Err::<Decided, _>(AppendError::Invalid("it has nothing to say".to_owned()))
        })
        .await;
    assert_eq!(
        refused.unwrap_err(),
        AppendError::Invalid("it has nothing to say".to_owned())
    );
    assert_eq!(ledger.size(), 4);
}

#[tokio::test]
async fn a_record_made_at_the_head_sees_all_before_it_while_others_write() {
    let place = Place::with_records(4).await;
    let ledger = Arc::new(place.open().unwrap());
    let stream = Stream::agent(AGENTS[0]).unwrap();
    let writers: Vec<_> = (0..8u64)
        .map(|writer| {
            let ledger = Arc::clone(&ledger);
            tokio::spawn(async move {
                for n in 0..40 {
                    let _durable = ledger
                        .append(Decided::plain(AGENTS[0], 100 + writer * 1000 + n))
                        .await
                        .unwrap();
                }
            })
        })
        .collect();
    for n in 0..20 {
        let of = |stream: &Stream| Filter {
            stream: Some(stream.clone()),
            correlation: None,
        };
        let asked = stream.clone();
        let (told, seen) = std::sync::mpsc::channel();
        let made = ledger
            .append_at_head(None, move |at| {
                let places = at.since(&of(&asked), 0)?;
                let end = at.stream_head(&asked).map(|end| end.fingerprint);
                assert_eq!(places.last().map(|place| place.fingerprint), end);
                told.send((at.head().size, places.len())).unwrap();
                Ok(Decided::plain(AGENTS[1], 50_000 + n))
            })
            .await
            .unwrap();
        let (size, of_stream) = seen.recv().unwrap();
        assert_eq!(made.receipt().sequence, size, "nothing comes between");
        let before = ledger.page(Some(size), 1000, &of(&stream));
        assert_eq!(before.unwrap().len(), of_stream);
    }
    for writer in writers {
        writer.await.unwrap();
    }
}

#[tokio::test]
async fn state_changes_only_with_a_record_and_is_found_in_the_order_of_keys() {
    let place = Place::with_records(6).await;
    let ledger = place.open().unwrap();
    assert_eq!(ledger.state_get("item", "item-3").unwrap(), Some(vec![b'v'; 40]));
    let mut change = Decided::plain(AGENTS[0], 50);
    change.state = vec![
        ledger::StateChange {
            kind: "item",
            key: "item-3".to_owned(),
            value: Some(b"new".to_vec()),
        },
        ledger::StateChange {
            kind: "item",
            key: "item-4".to_owned(),
            value: None,
        },
        ledger::StateChange {
            kind: "item",
            key: "absent".to_owned(),
            value: None,
        },
    ];
    let _durable = ledger.append(change).await.unwrap();
    drop(ledger);
    let ledger = place.open().unwrap();
    assert_eq!(ledger.state_get("item", "item-3").unwrap(), Some(b"new".to_vec()));
    assert_eq!(ledger.state_get("item", "item-4").unwrap(), None);
    assert_eq!(ledger.state_get("agent", "item-3").unwrap(), None);
    let keys: Vec<String> = ledger
        .state_list("item", "item-1", 3)
        .unwrap()
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    assert_eq!(keys, ["item-1", "item-2", "item-3"]);
}

#[tokio::test]
async fn contents_and_envelopes_come_back_byte_for_byte() {
    let place = Place::new();
    let ledger = place.create();
    let mut decided = Decided::full(AGENTS[0], 1);
    // Large enough to be sealed on a thread of its own.
    decided.resize(600_000);
    let durable = ledger.append(decided).await.unwrap();
    let (sequence, sent) = (durable.receipt().sequence, &durable.value().contents[0]);
    let opened = ledger.content(&sent.header().content_uid).unwrap().unwrap();
    assert_eq!(
        (&opened.header, &opened.salt, &opened.bytes[..]),
        (sent.header(), sent.salt(), &sent.bytes()[..])
    );
    assert_eq!(
        ledger.contents(sequence).unwrap().as_slice(),
        std::slice::from_ref(&opened)
    );
    let record = ledger.record(sequence).unwrap().unwrap();
    assert!(record.event().to_string().contains(&opened.commitment().to_string()));
    assert_eq!(
        ledger.envelope(sequence, "approval").unwrap().unwrap(),
        durable.value().envelopes[0].1
    );
    assert_eq!(ledger.envelope(sequence, "other").unwrap(), None);
    assert_eq!(ledger.content("unknown").unwrap(), None);
    drop(ledger);
    let database = std::fs::read(place.path().join("log.sqlite")).unwrap();
    let wal = std::fs::read(place.path().join("log.sqlite-wal")).unwrap_or_default();
    let plain = |bytes: &[u8]| bytes.windows(64).any(|window| window == [b'x'; 64]);
    assert!(
        !plain(&database) && !plain(&wal),
        "a content is never in the file unsealed"
    );
}

#[tokio::test]
async fn pages_and_counts_keep_to_their_filter() {
    let place = Place::with_records(10).await;
    let ledger = place.open().unwrap();
    let sequences = |before, limit, filter: &Filter| -> Vec<u64> {
        ledger
            .page(before, limit, filter)
            .unwrap()
            .iter()
            .map(evidence::Record::sequence)
            .collect()
    };
    let all = Filter::default();
    assert_eq!(sequences(None, 3, &all), [10, 9, 8]);
    assert_eq!(sequences(Some(8), 100, &all), [7, 6, 5, 4, 3, 2, 1, 0]);
    let stream = Filter {
        stream: Stream::agent(AGENTS[0]),
        correlation: None,
    };
    assert_eq!(sequences(None, 100, &stream), [9, 7, 5, 3, 1]);
    assert_eq!(sequences(Some(7), 2, &stream), [5, 3]);
    let story = Filter {
        stream: None,
        correlation: Some(Decided::plain("", 4).request_uid),
    };
    assert_eq!(sequences(None, 100, &story), [5]);
    let neither = Filter {
        stream: Stream::agent(AGENTS[1]),
        correlation: story.correlation.clone(),
    };
    assert_eq!(sequences(None, 100, &neither), [0u64; 0]);
    let counts = [&all, &stream, &story, &neither].map(|filter| ledger.count(filter).unwrap());
    assert_eq!(counts, [11, 5, 1, 0]);

    let times: Vec<i64> = (0..11)
        .map(|n| ledger.record(n).unwrap().unwrap().logged_time())
        .collect();
    for time in [times[0] - 1, times[0], times[5], times[10], times[10] + 1] {
        let from = times.iter().filter(|t| **t < time).count() as u64;
        assert_eq!(ledger.range_by_time(Some(time), None).unwrap(), from..11);
        assert_eq!(ledger.range_by_time(None, Some(time)).unwrap(), 0..from);
    }
    assert_eq!(
        ledger
            .by_time(&Stream::agent(AGENTS[0]).unwrap(), None, None)
            .unwrap()
            .len(),
        5
    );
}

#[tokio::test]
async fn proofs_from_stored_nodes_verify_at_every_size() {
    let place = Place::with_records(18).await;
    let ledger = place.open().unwrap();
    let leaves: Vec<_> = ledger.entries(0, 19).unwrap().iter().map(LogEntry::leaf_hash).collect();
    for size in 1..=19u64 {
        let root = ledger.root(size).unwrap();
        for n in 0..size {
            let path = ledger.inclusion(n, size).unwrap();
            verify_inclusion(&leaves[usize::try_from(n).unwrap()], n, size, &path, &root).unwrap();
            let earlier = ledger.root(n).unwrap();
            let path = ledger.consistency(n, size).unwrap();
            verify_consistency(n, &earlier, size, &root, &path).unwrap();
            let proof = ledger.range_proof(n, size, 19).unwrap();
            let range = leaves[usize::try_from(n).unwrap()..usize::try_from(size).unwrap()]
                .iter()
                .copied();
            assert_eq!(root_from_range(&proof, n, range, 19).unwrap(), ledger.root(19).unwrap());
        }
    }
    assert_eq!(ledger.head().root, ledger.root(19).unwrap());
    assert!(matches!(ledger.inclusion(19, 19), Err(ReadError::OutOfRange { .. })));
    assert!(matches!(ledger.root(20), Err(ReadError::OutOfRange { .. })));
    assert!(matches!(ledger.entries(3, 2), Err(ReadError::OutOfRange { .. })));
}

#[tokio::test]
async fn checkpoints_cover_what_they_say_and_are_signed_once_for_a_size() {
    let place = Place::new();
    let ledger = place.create();
    append_full(&ledger, 0..5).await;
    let now = ledger.checkpoint().await.unwrap();
    let checkpoint = now.checkpoint.verify(&ledger.log_key()).unwrap();
    assert_eq!((checkpoint.size, checkpoint.root), (6, ledger.root(6).unwrap()));
    assert_eq!(checkpoint.origin, *ledger.origin());
    let again = ledger.checkpoint().await.unwrap();
    assert_eq!(again.checkpoint.to_string(), now.checkpoint.to_string());
    append_full(&ledger, 5..9).await;
    let export = ledger.checkpoint_at(8).await.unwrap();
    assert_eq!(
        export.checkpoint.verify(&ledger.log_key()).unwrap().root,
        ledger.root(8).unwrap()
    );
    assert!(ledger.checkpoint_at(11).await.is_err());
    assert_eq!(
        [0, 3, 6, 7].map(|n| ledger.sealed_in(n).unwrap()),
        [Some(1), Some(6), Some(8), Some(8)]
    );
    assert_eq!(ledger.sealed_in(8).unwrap(), None);
    ledger.close().await.unwrap();
    assert_eq!(ledger.last_checkpoint().unwrap().unwrap().checkpoint.claimed().size, 10);
}

#[tokio::test]
async fn a_closed_log_says_so_and_gives_the_lock_back() {
    let place = Place::new();
    let ledger = place.create();
    ledger.close().await.unwrap();
    assert_eq!(ledger.state(), WriterState::Closed);
    assert!(matches!(
        ledger.append(Decided::plain(AGENTS[0], 1)).await,
        Err(AppendError::Stopped(_))
    ));
    drop(place.lock());
    ledger.close().await.unwrap();
}

#[tokio::test]
async fn a_cancelled_verification_stops() {
    let place = Place::with_records(3).await;
    let ledger = place.open().unwrap();
    let cancel = Arc::new(AtomicBool::new(true));
    assert_eq!(
        ledger.verify(|_, _| {}, &cancel),
        VerifyOutcome::Cancelled { records: 0 }
    );
}

#[tokio::test]
async fn a_verification_is_cancelled_while_it_looks_at_what_stands_beside_the_records_too() {
    let place = Place::with_records(600).await;
    let ledger = place.open().unwrap();
    let size = ledger.size();
    let cancel = Arc::new(AtomicBool::new(false));
    let at_the_last_record = |done, _| cancel.store(done == size, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(
        ledger.verify(at_the_last_record, &cancel),
        VerifyOutcome::Cancelled { records: size }
    );
    assert_eq!(ledger.state(), WriterState::Running);
    assert_eq!(
        ledger.verify(|_, _| {}, &Arc::default()),
        VerifyOutcome::Verified { records: size },
        "the connection isn't interrupted any more"
    );
}
