//! What the log does in a second: appending, verifying, opening and searching, beside what bounds them, in one run.
//!
//! `log-bench FOLDER [SIZE…]`: works in a folder below FOLDER, which it removes again, and prints tables in Markdown. Logs
//! of so many records are made and searched; 10,000, 100,000 and 1,000,000 where none is named.
#![expect(clippy::print_stdout, reason = "a command line speaks on its standard streams")]

mod searching;
mod writing;

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use ledger::{Genesis, Ledger, Options, WriterLock};
use tempfile::TempDir;
use vault::{KeyStore, Scope, StoreChoice};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The tenant of the logs that are made.
const TENANT: &str = "7d0b3c7e-5d3c-4d8e-9c3b-2f1f5a6b7c8d";

/// A log of its own, and what opens it again.
struct Place {
    dir: TempDir,
    store: Arc<dyn KeyStore>,
}

impl Place {
    fn new(below: &std::path::Path) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("log-bench-").tempdir_in(below)?;
        let choice = StoreChoice::SealedFile {
            passphrase: "only for measuring".to_owned().into(),
        };
        let store = vault::open(&choice, dir.path(), Scope::Gateway)?;
        Ok(Self { dir, store })
    }

    fn create(&self) -> Result<Ledger> {
        let genesis = Genesis {
            tenant_uid: TENANT.to_owned(),
        };
        let lock = WriterLock::take(self.dir.path())?;
        Ok(Ledger::create(
            lock,
            Arc::clone(&self.store),
            &genesis,
            &Options::default(),
        )?)
    }

    fn open(&self) -> Result<Ledger> {
        let lock = WriterLock::take(self.dir.path())?;
        let store = Arc::clone(&self.store);
        Ok(Ledger::open(lock, store, &Options::default(), |_, _| {})?)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let below = PathBuf::from(
        arguments
            .next()
            .ok_or("name a folder to work in, on the disk to measure")?,
    );
    let mut sizes = arguments
        .map(|size| size.parse::<u64>())
        .collect::<std::result::Result<Vec<_>, _>>()?;
    if sizes.is_empty() {
        sizes = vec![10_000, 100_000, 1_000_000];
    }
    println!(
        "# The log's performance\n\nMade by `cargo xtask bench`; don't edit. Ratios travel between machines; absolute figures don't.\n"
    );
    writing::appends(&below, 2_000).await?;
    writing::verification(&below, sizes.iter().copied().min().unwrap_or(10_000)).await?;
    searching::table(&below, &sizes).await
}

#[expect(clippy::cast_precision_loss, reason = "figures for a table")]
fn per_second(times: u64, began: Instant) -> f64 {
    times as f64 / began.elapsed().as_secs_f64()
}
