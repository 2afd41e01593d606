//! A log that is written with every call to the disk recorded.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use evidence::Digest;
use ledger::Ledger;

use super::trace::{self, Event};
use crate::again::{WORK_IN, again};
use crate::fixture::{AGENTS, Decided, Place, scratch};

/// Which content is erased, and by which request.
pub(super) const ERASED: u64 = 3;
pub(super) const ERASING: u64 = 900_000;
/// One that takes more than a thousand pages: SQLite copies the WAL into the database, and begins it anew.
const LARGE: u64 = 33;
/// The last are records alone.
pub(super) const PLAIN: Range<u64> = 40..50;

/// What a caller is told, on the file that isn't lost: a record's sequence and fingerprint, or `created`.
fn tell(work_in: &Path, line: &str) {
    let mut file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(work_in.join("told"))
        .unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// What is appended under this number.
pub(super) fn of(n: u64) -> Decided {
    let mut decided = Decided::full(AGENTS[usize::try_from(n % 2).unwrap()], n);
    if n == LARGE {
        decided.envelopes[0].1 = vec![b'e'; 4_200_000];
    }
    decided
}

async fn append(ledger: &Ledger, work_in: &Path, decided: Decided) {
    let durable = ledger.append(decided).await.unwrap();
    let receipt = durable.receipt();
    tell(work_in, &format!("{} {}", receipt.sequence, receipt.fingerprint));
}

/// What is recorded: a creation, records alone and in groups, contents, an erasure, checkpoints, a WAL that is copied
/// back and begun anew, a stop in order and another out of order.
async fn write_a_log(work_in: &Path) {
    let data = work_in.join("data");
    let place = Place::at(&data);
    let ledger = Arc::new(place.create());
    tell(work_in, "created");
    for n in 0..6 {
        append(&ledger, work_in, of(n)).await;
    }
    drop(ledger.checkpoint().await.unwrap());
    let together: Vec<_> = (6..18)
        .map(|n| {
            let (ledger, work_in) = (Arc::clone(&ledger), work_in.to_owned());
            tokio::spawn(async move { append(&ledger, &work_in, of(n)).await })
        })
        .collect();
    for each in together {
        each.await.unwrap();
    }
    let uid = Decided::full(AGENTS[0], ERASED).contents[0]
        .header()
        .content_uid
        .clone();
    let durable = ledger.erase(Decided::plain(AGENTS[1], ERASING), &[uid]).await.unwrap();
    let receipt = durable.receipt();
    tell(work_in, &format!("{} {}", receipt.sequence, receipt.fingerprint));
    ledger.finish_erasing().await.unwrap();
    for n in 18..PLAIN.start {
        append(&ledger, work_in, of(n)).await;
    }
    ledger.close().await.unwrap();
    drop(ledger);
    let ledger = place.open().unwrap();
    for n in PLAIN {
        append(&ledger, work_in, Decided::plain(AGENTS[0], n)).await;
    }
    drop(ledger);
}

/// A recording, and the log that came of it.
pub(super) struct Recording {
    _work_in: tempfile::TempDir,
    pub(super) events: Vec<Event>,
    pub(super) records: Vec<Written>,
}

pub(super) struct Written {
    pub(super) fingerprint: Digest,
    /// Which request it is of.
    pub(super) number: Option<u64>,
}

/// Writes a log in a process of its own and records what that does to the disk. None in that process itself.
pub(super) async fn recorded(test: &str) -> Option<Recording> {
    if let Some(work_in) = std::env::var_os(WORK_IN) {
        write_a_log(Path::new(&work_in)).await;
        return None;
    }
    let work_in = scratch();
    let data = work_in.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let (out, told) = (work_in.path().join("recording"), work_in.path().join("told"));
    let under = trace::strace(out.to_str().unwrap());
    assert!(
        again(test, &under, work_in.path()),
        "this test needs `strace` and the right to trace"
    );
    let recording = std::fs::read_to_string(out).unwrap();
    let events = trace::read(&recording, data.to_str().unwrap(), told.to_str().unwrap());
    let place = Place::at(&data);
    let ledger = place.open().unwrap();
    let records: Vec<_> = (0..ledger.size()).map(|n| ledger.record(n).unwrap().unwrap()).collect();
    let mut acknowledged = 1;
    for line in std::fs::read_to_string(&told)
        .unwrap()
        .lines()
        .filter(|line| *line != "created")
    {
        let record = &records[usize::try_from(sequence(line)).unwrap()];
        assert_eq!(*line, format!("{} {}", record.sequence(), record.fingerprint()));
        acknowledged += 1;
    }
    assert_eq!(acknowledged, records.len());
    let records = records.iter().map(|record| Written {
        fingerprint: *record.fingerprint(),
        number: record
            .correlation_uid()
            .and_then(|uid| uid.rsplit('-').next()?.parse().ok()),
    });
    let records = records.collect();
    Some(Recording {
        _work_in: work_in,
        events,
        records,
    })
}

/// The sequence that a caller was told.
pub(super) fn sequence(line: &str) -> u64 {
    line.split(' ').next().unwrap().parse().unwrap()
}
