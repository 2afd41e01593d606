//! After an error of the disk: the file is opened again, verified, and only then written on.
//!
//! After a failed fsync, what the system's cache shows needn't be on the disk, and a later fsync that succeeds doesn't
//! say that it is (Rebello et al., USENIX ATC 2020). So nothing goes on from the WAL as it is: the new connection is
//! opened beside the failed one, so that SQLite's index of the WAL stays and frames whose commit failed don't count;
//! what counts is verified, to the very record that was acknowledged last; then all of it is copied out of the WAL,
//! which writes it anew, and synced, and the WAL begins empty.

use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::Mutex;
use rusqlite::Connection;
use rusqlite::config::DbConfig;

use crate::core::{ChainKeys, Core};
use crate::head::KeptHead;
use crate::source::Clock;
use crate::walk::{Fault, Walk};
use crate::{Head, OpenError, database};

/// How many records are verified in one reading.
const STEP: u64 = 500;

/// Why the file wasn't taken up again.
pub(crate) enum NotYet {
    /// The cause may go away.
    TryAgain(String),
    /// It can't be trusted in this process any more.
    Never(String),
}

impl From<Fault> for NotYet {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unreadable(error) => Self::TryAgain(describe(&error)),
            Fault::KeyAbsent(name) => Self::Never(OpenError::EpochKeyAbsent { name }.to_string()),
            Fault::Broken(Some(sequence), what) => Self::Never(format!("record {sequence} doesn't verify: {what}")),
            Fault::Broken(None, what) => Self::Never(what),
        }
    }
}

impl From<rusqlite::Error> for NotYet {
    fn from(error: rusqlite::Error) -> Self {
        Self::TryAgain(describe(&error))
    }
}

/// What it takes to take the file up again.
pub(crate) struct Recovery {
    pub(crate) path: PathBuf,
    pub(crate) keys: Arc<ChainKeys>,
    pub(crate) kept: Arc<Mutex<KeptHead>>,
    pub(crate) clock: Clock,
}

impl Recovery {
    /// Opens the file beside the failed connection and verifies it from the kept head to its end, which has to be
    /// `acknowledged`. The failed connection is given up when the new one stands.
    pub(crate) fn reopen(&self, failed: &mut Option<Connection>, acknowledged: &Head) -> Result<Core, NotYet> {
        if let Some(failed) = failed {
            // SQLite may have rolled back by itself; then there is nothing to roll back.
            drop(failed.execute_batch("ROLLBACK"));
        }
        let connection = database::open_for_writing(&self.path).map_err(|error| NotYet::TryAgain(error.to_string()))?;
        if let Some(failed) = failed.take() {
            let_go(failed);
        }
        let kept = self.kept.lock().clone();
        let mut walk = Walk::at_head(&connection, &self.keys, &kept)?;
        while walk.advance(&connection, &self.keys, STEP)? > 0 {}
        if walk.tip.size() > acknowledged.size {
            return Err(NotYet::Never(format!(
                "it holds {} records whose callers were told that they weren't written; restart, so that they are closed",
                walk.tip.size() - acknowledged.size
            )));
        }
        if walk.tip.size() < acknowledged.size || walk.tip.mac != acknowledged.mac {
            return Err(NotYet::Never(format!(
                "{} of {} acknowledged records are left",
                walk.tip.size(),
                acknowledged.size
            )));
        }
        walk.finish_soon(&connection, &self.keys)?;
        let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy != 0 {
            return Err(NotYet::TryAgain("somebody reads from its WAL".to_owned()));
        }
        Ok(Core::from_walk(
            walk,
            connection,
            Arc::clone(&self.keys),
            self.clock.clone(),
        )?)
    }
}

/// Closes a connection that failed. Nothing is copied from the WAL into the database unverified.
pub(crate) fn let_go(failed: Connection) {
    if let Err(error) = failed.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
        tracing::warn!(%error, "the WAL will be checkpointed when the log is closed");
    }
}

/// What failed, for a person.
pub(crate) fn describe(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => "the disk is full".to_owned(),
        Some(rusqlite::ErrorCode::SystemIoFailure) => format!("the disk failed ({error})"),
        _ => format!("the record couldn't be stored ({error})"),
    }
}
