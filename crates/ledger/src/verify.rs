//! Verifying the whole log again while it is written.

use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, ErrorCode};

use crate::core::ChainKeys;
use crate::read::Readers;
use crate::walk::{Fault, Walk};
use crate::{Head, OpenError};

/// How many records are read at once: short readings let the WAL be emptied.
const STEP: u64 = 250;

/// How many steps of SQLite's machine pass before a reading asks whether it is cancelled: some microseconds' worth.
const ASKING_EVERY: c_int = 10_000;

/// How a verification of the whole log ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum VerifyOutcome {
    /// Everything is what was written.
    Verified {
        /// How many records.
        records: u64,
    },
    /// Something isn't.
    Broken {
        /// The first record that is wrong; none where it is something beside the chain.
        sequence: Option<u64>,
        /// What is wrong.
        what: String,
    },
    /// It was cancelled.
    Cancelled {
        /// How many records were verified.
        records: u64,
    },
    /// The log can't be read.
    Unreadable(String),
}

impl From<Fault> for VerifyOutcome {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Broken(sequence, what) => Self::Broken { sequence, what },
            Fault::Unreadable(error) => Self::Unreadable(error.to_string()),
            Fault::KeyAbsent(name) => Self::Unreadable(OpenError::EpochKeyAbsent { name }.to_string()),
        }
    }
}

/// Verifies up to `head` in short readings, then what was appended meanwhile and everything beside the chain in one.
pub(crate) fn verify(
    readers: &Readers,
    keys: &ChainKeys,
    head: &Head,
    mut progress: impl FnMut(u64, u64),
    cancel: &Arc<AtomicBool>,
) -> VerifyOutcome {
    let mut walk = Walk::default();
    progress(0, head.size);
    while walk.tip.size() < head.size {
        if cancel.load(Ordering::Relaxed) {
            return cancelled(&walk);
        }
        let step = STEP.min(head.size - walk.tip.size());
        match readers.with(|db| walk.advance(db, keys, step)) {
            Ok(0) => return Fault::Broken(Some(walk.tip.size()), "it is missing".to_owned()).into(),
            Ok(_) => progress(walk.tip.size(), head.size),
            Err(fault) => return fault.into(),
        }
    }
    if walk.tip.mac != head.mac {
        return Fault::Broken(None, "the records aren't the ones that this process wrote".to_owned()).into();
    }
    match readers.with(|db| to_the_end(&mut walk, db, keys, cancel)) {
        Ok(()) => VerifyOutcome::Verified {
            records: walk.tip.size(),
        },
        Err(Fault::Unreadable(error)) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
            cancelled(&walk)
        }
        Err(fault) => fault.into(),
    }
}

fn cancelled(walk: &Walk) -> VerifyOutcome {
    VerifyOutcome::Cancelled {
        records: walk.tip.size(),
    }
}

fn to_the_end(walk: &mut Walk, db: &mut Connection, keys: &ChainKeys, cancel: &Arc<AtomicBool>) -> Result<(), Fault> {
    let cancel = Arc::clone(cancel);
    db.progress_handler(ASKING_EVERY, Some(move || cancel.load(Ordering::Relaxed)))?;
    // One transaction: rows, seal and head as of one commit. An error closes the connection, and the transaction with it.
    db.execute_batch("BEGIN")?;
    while walk.advance(db, keys, STEP)? > 0 {}
    walk.finish(db, keys, true)?;
    db.execute_batch("COMMIT")?;
    db.progress_handler(0, None::<fn() -> bool>)?;
    Ok(())
}
