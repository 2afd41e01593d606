//! Appending beside bare fdatasync and beside SQLite committing one by one; verifying beside hashing alone.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use evidence::Digest;
use ledger::VerifyOutcome;
use tokio::task::JoinSet;

use crate::{Place, Result, TENANT, per_second};
use product_tests::{Made, fill};

/// Durable appends in a second with 1, 16 and 64 writers.
pub(crate) async fn appends(below: &Path, each: u64) -> Result<()> {
    println!("## Durable appends\n");
    println!("| writers | countersign/s | bare fdatasync/s | of it | SQLite one by one/s | times it |");
    println!("|---|---|---|---|---|---|");
    let sample = sample(below).await?;
    for writers in [1, 16, 64] {
        let ours = ours(below, writers, each).await?;
        let (synced, one_by_one) = (synced(below, &sample, each)?, one_by_one(below, &sample, each)?);
        println!(
            "| {writers} | {ours:.0} | {synced:.0} | {:.0} % | {one_by_one:.0} | {:.1} |",
            100.0 * ours / synced,
            ours / one_by_one
        );
    }
    println!();
    Ok(())
}

/// The bytes of one record.
async fn sample(below: &Path) -> Result<Vec<u8>> {
    let place = Place::new(below)?;
    let ledger = place.create()?;
    fill(&ledger, TENANT, 2).await?;
    Ok(ledger.stored(1, 1)?.pop().unwrap_or_default())
}

async fn ours(below: &Path, writers: u64, each: u64) -> Result<f64> {
    let place = Place::new(below)?;
    let ledger = Arc::new(place.create()?);
    let began = Instant::now();
    let mut all = JoinSet::new();
    for writer in 0..writers {
        let ledger = Arc::clone(&ledger);
        all.spawn(async move {
            for n in 0..each / writers {
                drop(
                    ledger
                        .append(Made {
                            tenant_uid: TENANT.to_owned(),
                            number: writer * each + n,
                            origin: None,
                        })
                        .await?,
                );
            }
            Ok::<(), ledger::AppendError>(())
        });
    }
    while let Some(done) = all.join_next().await {
        done??;
    }
    Ok(per_second(each / writers * writers, began))
}

/// The same bytes, each followed by an fdatasync: what the disk gives one writer.
fn synced(below: &Path, sample: &[u8], times: u64) -> Result<f64> {
    let mut file = tempfile::tempfile_in(below)?;
    let began = Instant::now();
    for _ in 0..times {
        file.write_all(sample)?;
        File::sync_data(&file)?;
    }
    Ok(per_second(times, began))
}

/// The same bytes into a bare table, a commit each, as durable.
fn one_by_one(below: &Path, sample: &[u8], times: u64) -> Result<f64> {
    let dir = tempfile::tempdir_in(below)?;
    let db = rusqlite::Connection::open(dir.path().join("bare.sqlite"))?;
    let _mode: String = db.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.execute_batch("CREATE TABLE bare (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL)")?;
    let mut insert = db.prepare("INSERT INTO bare (bytes) VALUES (?1)")?;
    let began = Instant::now();
    for _ in 0..times {
        insert.execute([sample])?;
    }
    Ok(per_second(times, began))
}

/// Verification beside hashing the same bytes, read and in memory, each on one core, turn by turn; the best of each
/// counts, for what else the machine does only slows.
pub(crate) async fn verification(below: &Path, size: u64) -> Result<()> {
    let place = Place::new(below)?;
    let ledger = place.create()?;
    fill(&ledger, TENANT, size).await?;
    let bytes = ledger.stored(0, size)?;
    let (mut verified, mut read, mut hashed) = (0f64, 0f64, 0f64);
    for _ in 0..7 {
        let began = Busy::now();
        verified = match ledger.verify(|_, _| {}, &Arc::default()) {
            VerifyOutcome::Verified { records } => verified.max(began.per_second(records)),
            other => return Err(format!("the log doesn't verify: {other:?}").into()),
        };
        let began = Busy::now();
        for from in (0..size).step_by(250) {
            hash(&ledger.stored(from, 250)?);
        }
        read = read.max(began.per_second(size));
        let began = Busy::now();
        hash(&bytes);
        hashed = hashed.max(began.per_second(size));
    }
    let each = bytes.iter().map(|bytes| bytes.len() as u64).sum::<u64>() / size;
    println!("## Verification, one core, {size} records of {each} bytes\n");
    println!(
        "Of the time on the core alone. Each record costs its own hash, a MAC, a leaf and on average a node of the tree, and \
         some two reads of the database; reading alone bounds what a verification can reach.\n"
    );
    println!("| verified/s | read and hashed/s | of it | hashed in memory/s | of it |\n|---|---|---|---|---|");
    println!(
        "| {verified:.0} | {read:.0} | {:.0} % | {hashed:.0} | {:.0} % |\n",
        100.0 * verified / read,
        100.0 * verified / hashed
    );
    Ok(())
}

fn hash(records: &[Vec<u8>]) {
    for bytes in records {
        std::hint::black_box(Digest::sha256(bytes));
    }
}

/// The time that this thread has had a core for: what else the machine does hardly changes it. Where the system doesn't
/// tell, the time that has gone by.
struct Busy {
    began: Instant,
    ran: Option<f64>,
}

impl Busy {
    fn now() -> Self {
        Self {
            began: Instant::now(),
            ran: Self::ran(),
        }
    }

    /// `/proc/thread-self/schedstat`: nanoseconds on a core, nanoseconds of waiting for one, turns.
    fn ran() -> Option<f64> {
        let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        Some(told.split(' ').next()?.parse::<f64>().ok()? / 1e9)
    }

    #[expect(clippy::cast_precision_loss, reason = "figures for a table")]
    fn per_second(&self, times: u64) -> f64 {
        let busy = Self::ran().zip(self.ran).map(|(now, then)| now - then);
        times as f64 / busy.unwrap_or_else(|| self.began.elapsed().as_secs_f64())
    }
}
