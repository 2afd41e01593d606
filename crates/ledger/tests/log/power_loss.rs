//! The power goes: nothing that was acknowledged is lost, and nothing is half there.
//!
//! SIGKILL can't show this, for the system's cache survives it. So a log is written once with every call to the disk
//! recorded, and then the files are put together as a disk could hold them after losing its power, at each sync and
//! between: what was synced, and of the rest nothing, everything, a torn first part, or any sectors.

mod disk;
mod recording;
mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::{Mutex, mpsc};

use evidence::Digest;
use ledger::{Ledger, OpenError, VerifyOutcome};

use self::disk::{Dice, Disk, Files, Survives};
use self::recording::{ERASED, ERASING, PLAIN, Recording, of, recorded, sequence};
use self::trace::Event;
use crate::again::{WORK_IN, again};
use crate::fixture::{AGENTS, Decided, Place, scratch};
use crate::trial;

/// How the power is lost after each sync: what survives, and whether at once, just before the next, or anywhere between.
const WAYS: [(Survives, At); 30] = [
    (Survives::Nothing, At::Once),
    (Survives::Nothing, At::Last),
    (Survives::Everything, At::Last),
    (Survives::Everything, At::Between),
    (Survives::Everything, At::Between),
    (Survives::First, At::Last),
    (Survives::First, At::Last),
    (Survives::First, At::Between),
    (Survives::First, At::Between),
    (Survives::Sectors(1), At::Last),
    (Survives::Sectors(3), At::Between),
    (Survives::Sectors(5), At::Last),
    (Survives::Sectors(7), At::Between),
    (Survives::Sectors(9), At::Last),
    (Survives::Sectors(9), At::Between),
    (Survives::First, At::Last),
    (Survives::First, At::Last),
    (Survives::First, At::Last),
    (Survives::First, At::Between),
    (Survives::First, At::Between),
    (Survives::First, At::Between),
    (Survives::Sectors(1), At::Between),
    (Survives::Sectors(2), At::Last),
    (Survives::Sectors(3), At::Last),
    (Survives::Sectors(4), At::Between),
    (Survives::Sectors(5), At::Between),
    (Survives::Sectors(6), At::Last),
    (Survives::Sectors(7), At::Last),
    (Survives::Sectors(8), At::Between),
    (Survives::Sectors(8), At::Last),
];
const CASES: usize = 2_000;
#[derive(Clone, Copy)]
enum At {
    Once,
    Between,
    Last,
}

/// Where the power is lost, in the order of events: after how many of them, and what survives.
fn losses(events: &[Event], dice: &mut Dice) -> Vec<(usize, Survives)> {
    let is_sync = |event: &Event| matches!(event, Event::Sync { .. } | Event::SyncNames { .. });
    let mut syncs: Vec<usize> = (0..events.len())
        .filter(|n| is_sync(&events[*n]))
        .map(|n| n + 1)
        .collect();
    syncs.insert(0, 0);
    let created = events.iter().position(|event| matches!(event, Event::Told(_))).unwrap();
    let mut losses = Vec::new();
    for (n, from) in syncs.iter().enumerate() {
        // Up to the next sync, without it.
        let to = syncs.get(n + 1).map_or(events.len(), |next| next - 1);
        // A creation has many syncs, and nothing is acknowledged before its end.
        let ways = WAYS.iter().step_by(if *from < created { 2 } else { 1 });
        losses.extend(ways.map(|(survives, at)| {
            let after = match at {
                At::Once => *from,
                At::Between => from + dice.below(to - from + 1),
                At::Last => to,
            };
            (after, *survives)
        }));
    }
    losses.sort_by_key(|(after, _)| *after);
    losses
}

/// What is found after a power loss.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Found {
    /// Everything acknowledged, all of it whole, and the log goes on.
    Whole,
    /// No log yet, and none was acknowledged; one can be made.
    NotMade,
    /// It opens, or says that it is behind: acknowledged records aren't there.
    Lost,
    /// It doesn't open, or says of itself that it is damaged.
    Closed,
    /// It opens and verifies, and isn't what was written.
    Wrong,
}

/// The power was lost: what the disk holds, and what callers were told.
struct Case {
    name: String,
    files: Files,
    created: bool,
    acknowledged: u64,
    dice: Dice,
}

/// Loses the power in each way, and gives each set of files once. Syncs of the files that `deaf` picks weren't made.
fn lose_power(recording: &Recording, deaf: fn(&str) -> bool, seed: u64, mut give: impl FnMut(Case)) {
    let (mut dice, mut disk, mut seen) = (Dice(seed), Disk::default(), BTreeSet::new());
    let (mut taken, mut created, mut acknowledged) = (0, false, 0);
    for (after, survives) in losses(&recording.events, &mut dice) {
        while taken < after {
            let event = &recording.events[taken];
            disk.take(event, deaf);
            match event {
                Event::Told(line) if line == "created" => created = true,
                Event::Told(line) => acknowledged = acknowledged.max(sequence(line) + 1),
                _ => {}
            }
            taken += 1;
        }
        let files = disk.after_power_loss(survives, &mut dice);
        // The same files with more acknowledged are another case.
        let of_each: Vec<u8> = files
            .values()
            .flat_map(|bytes| *Digest::sha256(bytes).as_bytes())
            .collect();
        if seen.insert((acknowledged, files.keys().cloned().collect::<String>(), of_each)) {
            give(Case {
                name: format!("after event {after}, {survives:?}"),
                files,
                created,
                acknowledged,
                dice: Dice(seen.len() as u64),
            });
        }
    }
}

/// How often what was found, and each case that isn't as it should be.
type Findings = (BTreeMap<Found, usize>, Vec<String>);

/// Looks at one case in `every`, two at a time.
fn judge_all(recording: &Recording, deaf: fn(&str) -> bool, seed: u64, every: usize) -> Findings {
    let results = Mutex::new(Findings::default());
    let (give, cases) = mpsc::sync_channel(4);
    let cases = Mutex::new(cases);
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                let scratch = scratch();
                let place = Place::at(scratch.path());
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .unwrap();
                loop {
                    let Ok(mut case) = cases.lock().unwrap().recv() else {
                        break;
                    };
                    let found = runtime.block_on(judge(&place, &mut case, recording));
                    let (counts, report) = &mut *results.lock().unwrap();
                    let (found, why) = found.map_or_else(|other| other, |found| (found, String::new()));
                    if !why.is_empty() {
                        report.push(format!("{}: {found:?}, {why}", case.name));
                    }
                    *counts.entry(found).or_default() += 1;
                }
            });
        }
        let mut n = 0;
        lose_power(recording, deaf, seed, |case| {
            n += 1;
            if n % every == 0 {
                give.send(case).unwrap();
            }
        });
        drop(give);
    });
    results.into_inner().unwrap()
}

/// Puts the files in place and looks at the log.
async fn judge(place: &Place, case: &mut Case, recording: &Recording) -> Result<Found, (Found, String)> {
    for entry in std::fs::read_dir(place.path()).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    for (name, bytes) in case.files.iter().filter(|(name, _)| !name.ends_with("-shm")) {
        std::fs::write(place.path().join(name), bytes).unwrap();
    }
    // The WAL's index is memory that was mapped, and never synced: absent, or anything.
    if case.files.contains_key("log.sqlite-wal") && case.dice.below(2) == 0 {
        let any: Vec<u8> = (0..4096).map(|_| u8::try_from(case.dice.below(256)).unwrap()).collect();
        std::fs::write(place.path().join("log.sqlite-shm"), any.repeat(8)).unwrap();
    }
    let ledger = match place.open() {
        Ok(ledger) => ledger,
        Err(OpenError::Absent(_)) if !case.created && place.create().size() == 1 => return Ok(Found::NotMade),
        Err(error @ OpenError::Behind { .. }) => return Err((Found::Lost, error.to_string())),
        Err(error) => return Err((Found::Closed, error.to_string())),
    };
    if ledger.size() < case.acknowledged {
        let why = format!("{} of {} acknowledged records", ledger.size(), case.acknowledged);
        return Err((Found::Lost, why));
    }
    whole(&ledger, recording).await?;
    Ok(Found::Whole)
}

/// Each record is the one that was written, with all that belongs to it; and the log goes on.
async fn whole(ledger: &Ledger, recording: &Recording) -> Result<(), (Found, String)> {
    let reported = |error: ledger::ReadError| (Found::Closed, error.to_string());
    let wrong = |why: String| Err((Found::Wrong, why));
    let size = ledger.size();
    match ledger.verify(|_, _| {}, &Arc::default()) {
        VerifyOutcome::Verified { records } if records == size => {}
        other => return Err((Found::Closed, format!("{other:?}"))),
    }
    // A verified record is what its fingerprint says.
    let entries = ledger.entries(0, size).map_err(reported)?;
    if entries.len() > recording.records.len() {
        return wrong(format!("{size} records"));
    }
    let written: Vec<_> = entries.iter().zip(&recording.records).collect();
    let is_erased = written.iter().any(|(_, written)| written.number == Some(ERASING));
    for (sequence, (entry, written)) in (0..).zip(written) {
        if entry.d != written.fingerprint {
            return wrong(format!("record {sequence} isn't the one that was written"));
        }
        let Some(number) = written.number.filter(|n| *n < PLAIN.start) else {
            continue;
        };
        let (contents, expected) = (ledger.contents(sequence).map_err(reported)?, of(number));
        let same = match number {
            ERASED if is_erased => contents.is_empty(),
            _ => contents.len() == 1 && contents[0].bytes == *expected.contents[0].bytes(),
        };
        let envelope = ledger.envelope(sequence, "approval").map_err(reported)?;
        let state = ledger.state_get("item", &format!("item-{number}")).map_err(reported)?;
        if !same || envelope.as_ref() != Some(&expected.envelopes[0].1) || state != expected.state[0].value {
            return wrong(format!("what stands beside record {sequence} isn't as it was"));
        }
    }
    match ledger.append(Decided::full(AGENTS[0], 1_000_000)).await {
        Ok(durable) if durable.receipt().sequence == size => Ok(()),
        other => Err((Found::Closed, format!("{other:?}"))),
    }
}

#[tokio::test]
async fn power_lost_at_every_sync_and_between() {
    let test = "power_loss::power_lost_at_every_sync_and_between";
    let Some(recording) = recorded(test).await else { return };

    let mut all = 0;
    for round in 0..trial::rounds() {
        let (counts, report) = judge_all(&recording, |_| false, round, 1);
        assert_eq!(report, [""; 0]);
        assert!(counts[&Found::NotMade] > 0, "{counts:?}");
        all += counts.values().sum::<usize>();
    }
    assert!(all >= CASES, "{all} cases");

    // The same without the syncs of the database and its WAL: `synchronous=OFF` (see below). It must lose what was
    // acknowledged, or the cases above show nothing. And even so, nothing verifies that wasn't written.
    let (counts, report) = judge_all(&recording, |name| name.starts_with("log.sqlite"), 2026, 10);
    let lost = counts[&Found::Lost];
    assert!(lost > 3, "{counts:?}");
    assert!(!counts.contains_key(&Found::Wrong), "{report:?}");
    trial::figures(&format!(
        "{all} simulated power losses: nothing acknowledged lost, nothing half there; without the syncs, as with \
         synchronous=OFF, {lost} of {} lost acknowledged records and {} left no log that opens",
        counts.values().sum::<usize>(),
        counts[&Found::Closed],
    ));
}

/// What the negative control above takes for granted: with `synchronous=OFF` SQLite makes the very same writes, and no
/// sync. (The ledger itself has no such setting.)
#[test]
fn synchronous_off_is_the_same_writes_without_the_syncs() {
    const MODES: [&str; 2] = ["FULL", "OFF"];
    if let Some(work_in) = std::env::var_os(WORK_IN) {
        for mode in MODES {
            let db = rusqlite::Connection::open(Path::new(&work_in).join(mode).join("log.sqlite")).unwrap();
            db.execute_batch(&format!(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = {mode}; CREATE TABLE t (b)"
            ))
            .unwrap();
            for n in 0..30 {
                db.execute("INSERT INTO t VALUES (zeroblob(?1))", [n * 10_000]).unwrap();
            }
        }
        return;
    }
    let work_in = tempfile::TempDir::new().unwrap();
    let directory = |mode| work_in.path().join(mode);
    for mode in MODES {
        std::fs::create_dir(directory(mode)).unwrap();
    }
    let out = work_in.path().join("recording");
    let under = trace::strace(out.to_str().unwrap());
    let test = "power_loss::synchronous_off_is_the_same_writes_without_the_syncs";
    assert!(
        again(test, &under, work_in.path()),
        "this test needs `strace` and the right to trace"
    );
    let recording = std::fs::read_to_string(out).unwrap();
    let [full, off] = MODES.map(|mode| {
        let events = trace::read(&recording, directory(mode).to_str().unwrap(), "");
        let (syncs, rest): (Vec<_>, Vec<_>) = events
            .into_iter()
            // From when there is a WAL.
            .skip_while(|event| !matches!(event, Event::Open { name, .. } if name == "log.sqlite-wal"))
            .partition(|event| matches!(event, Event::Sync { .. } | Event::SyncNames { .. }));
        // Salts and checksums of a WAL are random; where and how much is written isn't.
        let rest: Vec<_> = rest
            .into_iter()
            .map(|event| match event {
                Event::Write { name, offset, bytes } => (name, offset, bytes.len()),
                other => (format!("{other:?}"), None, 0),
            })
            .collect();
        (syncs.len(), rest)
    });
    assert!(full.0 > 30 && off.0 == 0, "{} and {} syncs", full.0, off.0);
    assert_eq!(full.1, off.1);
}
