//! Copying what the WAL holds into the database beside the writer, so that no caller waits for it.
//!
//! SQLite by itself does it within the commit that makes the WAL long enough: thousands of pages are copied and synced
//! while everybody waits. Here another thread does it (a passive checkpoint, which never hinders the writer), and the
//! writer only copies what little was committed in the meantime; then nothing is left in the WAL that isn't in the
//! database, and the next transaction begins it anew. Nothing is copied that wasn't committed and synced before, and the
//! database is synced before the WAL is begun anew: SQLite's own order, whichever thread it is.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};

use parking_lot::Mutex;
use rusqlite::Connection;

use crate::{OpenError, database};

/// After so many more pages in the WAL they are copied.
const EVERY: u32 = 1_000;

/// Nobody copies.
const IDLE: u8 = 0;
/// The other thread was asked to, and is at it.
const ASKED: u8 = 1;
/// It has copied what there was when it began.
const COPIED: u8 = 2;

/// The writer's part.
pub(crate) struct Backfill {
    /// The WAL's pages after the last commit.
    pages: Arc<AtomicU32>,
    /// From how many on they are copied.
    due: u32,
    wake: SyncSender<()>,
    pass: Arc<AtomicU8>,
    one_at_a_time: OneAtATime,
}

/// Held while the WAL is copied: SQLite lets one connection do it, and tells another that it is busy.
pub(crate) type OneAtATime = Arc<Mutex<()>>;

impl Backfill {
    /// Starts the thread; it ends when this is dropped.
    pub(crate) fn start(path: &Path) -> Result<(Self, JoinHandle<()>), OpenError> {
        let connection = database::open_for_writing(path)?;
        let (wake, woken) = sync_channel(1);
        let pass = Arc::new(AtomicU8::new(IDLE));
        let one_at_a_time = OneAtATime::default();
        let (done, alone) = (Arc::clone(&pass), Arc::clone(&one_at_a_time));
        let thread = Builder::new()
            .name("ledger-backfill".to_owned())
            .spawn(move || copy_when_woken(&connection, &woken, &done, &alone))
            .map_err(|error| OpenError::Storage(format!("its threads can't be started ({error})")))?;
        let backfill = Self {
            pages: Arc::default(),
            due: EVERY,
            wake,
            pass,
            one_at_a_time,
        };
        Ok((backfill, thread))
    }

    /// Takes the copying over from SQLite on the writer's connection.
    pub(crate) fn watch(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        let pages = Arc::clone(&self.pages);
        // In place of SQLite's own hook, which would copy within the commit.
        connection.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, now: std::ffi::c_int| {
            pages.store(now.cast_unsigned(), Ordering::Relaxed);
            Ok(())
        }))
    }

    /// After a commit, when its callers have been answered.
    pub(crate) fn after_commit(&mut self, connection: &Connection) {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages.saturating_add(EVERY) < self.due {
            // It was begun anew.
            self.due = EVERY;
        }
        match self.pass.load(Ordering::Acquire) {
            COPIED => {
                let _alone = self.one_at_a_time.lock();
                copy(connection);
                self.pass.store(IDLE, Ordering::Release);
                self.due = pages.saturating_add(EVERY);
            }
            IDLE if pages >= self.due => {
                self.pass.store(ASKED, Ordering::Release);
                if self.wake.try_send(()).is_err() {
                    self.pass.store(IDLE, Ordering::Release);
                }
                self.due = pages.saturating_add(EVERY);
            }
            _ => {}
        }
    }

    /// What keeps the other thread from copying.
    pub(crate) fn one_at_a_time(&self) -> OneAtATime {
        Arc::clone(&self.one_at_a_time)
    }
}

fn copy_when_woken(connection: &Connection, woken: &Receiver<()>, pass: &AtomicU8, one_at_a_time: &Mutex<()>) {
    while woken.recv().is_ok() {
        let _alone = one_at_a_time.lock();
        let ended = if copy(connection) { COPIED } else { IDLE };
        pass.store(ended, Ordering::Release);
    }
}

/// Copies all that nobody reads an older state of. What fails stays in the WAL, where it is durable, and is tried again.
fn copy(connection: &Connection) -> bool {
    let copied: rusqlite::Result<i64> = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(0));
    if let Err(error) = &copied {
        tracing::warn!(%error, "the WAL couldn't be copied into the database; it is tried again");
    }
    matches!(copied, Ok(0))
}
