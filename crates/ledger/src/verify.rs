//! Verifying the whole log again while it is written.

use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;

use crate::core::ChainKeys;
use crate::read::Readers;
use crate::walk::{Fault, Walk};
use crate::{Head, OpenError};

/// How many records are read at once: short readings let the WAL be emptied.
const STEP: u64 = 250;

/// How many steps of SQLite's machine pass before a reading asks whether it is cancelled: less than a millisecond's worth.
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
    match readers.with(|db| until_cancelled(db, cancel, |db| to_the_end(&mut walk, db, keys))) {
        Ok(()) => VerifyOutcome::Verified {
            records: walk.tip.size(),
        },
        // What was interrupted couldn't be read.
        Err(Fault::Unreadable(_)) if cancel.load(Ordering::Relaxed) => cancelled(&walk),
        Err(fault) => fault.into(),
    }
}

fn cancelled(walk: &Walk) -> VerifyOutcome {
    VerifyOutcome::Cancelled {
        records: walk.tip.size(),
    }
}

/// Interrupts a reading when it is cancelled. An error closes the connection, so that only one that goes on to be used has
/// to be left as it was.
fn until_cancelled(
    db: &mut Connection,
    cancel: &Arc<AtomicBool>,
    read: impl FnOnce(&Connection) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let cancel = Arc::clone(cancel);
    db.progress_handler(ASKING_EVERY, Some(move || cancel.load(Ordering::Relaxed)))?;
    read(db)?;
    db.progress_handler(0, None::<fn() -> bool>)?;
    Ok(())
}

fn to_the_end(walk: &mut Walk, db: &Connection, keys: &ChainKeys) -> Result<(), Fault> {
    // One transaction: rows, seal and head as of one commit. An error closes the connection, and the transaction with it.
    db.execute_batch("BEGIN")?;
    while walk.advance(db, keys, STEP)? > 0 {}
    walk.finish(db, keys, true)?;
    db.execute_batch("COMMIT")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test's failure is its panic")]

    use evidence::ocsf::{Actor, Context};
    use vault::{Scope, StoreChoice};

    use super::*;
    use crate::{Cause, Genesis, Ledger, Options, WriterLock};

    const TENANT: &str = "7d0b3c7e-5d3c-4d8e-9c3b-2f1f5a6b7c8d";

    /// A log of a few records, with rotations, their envelopes and several checkpoints.
    async fn small_log(data: &std::path::Path) -> Ledger {
        let choice = StoreChoice::SealedFile {
            passphrase: "a passphrase for tests".to_owned().into(),
        };
        let store = vault::open(&choice, data, Scope::Gateway).unwrap();
        let genesis = Genesis {
            tenant_uid: TENANT.to_owned(),
        };
        let lock = WriterLock::take(data).unwrap();
        let ledger = Ledger::create(lock, store, &genesis, &Options::default()).unwrap();
        for _ in 0..2 {
            let cause = Cause {
                context: Context {
                    time_ms: 1_795_000_000_000,
                    tenant_uid: TENANT.to_owned(),
                },
                actor: Actor::Gateway,
                reason: None,
            };
            let _at = ledger.rotate_log_key(cause).await.unwrap();
            let _sealed = ledger.checkpoint().await.unwrap();
        }
        ledger
    }

    #[tokio::test]
    async fn wherever_it_is_interrupted_a_verification_says_that_it_couldnt_read() {
        let data = tempfile::tempdir().unwrap();
        let ledger = small_log(data.path()).await;
        let crate::inner::Inner { readers, keys, .. } = &*ledger.inner;
        let interrupted_after = |steps: u32| {
            let mut left = steps;
            let interrupt = move || {
                left = left.saturating_sub(1);
                left == 0
            };
            readers.with(|db| {
                db.progress_handler(1, Some(interrupt))?;
                to_the_end(&mut Walk::default(), db, keys)?;
                Ok(db.progress_handler(0, None::<fn() -> bool>)?)
            })
        };
        let mut steps = 1;
        while let Err(fault) = interrupted_after(steps) {
            assert!(matches!(fault, Fault::Unreadable(_)), "after {steps} steps: {fault:?}");
            steps += 1;
        }
        assert!(steps > 500, "{steps}");
        ledger.close().await.unwrap();
    }
}
