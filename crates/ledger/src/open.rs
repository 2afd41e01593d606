//! Opening: nothing is served from a log that doesn't verify to its head.

use std::path::Path;
use std::sync::Arc;

use evidence::rotation::LogKeys as History;
use evidence::{Origin, Record};
use rusqlite::Connection;
use vault::KeyStore;

use crate::core::{ChainKeys, Core, optional};
use crate::head::{HEAD, KeptHead};
use crate::keys::{LogKeys, StoredKeys};
use crate::signer::Signer;
use crate::source::Clock;
use crate::walk::{Fault, Walk};
use crate::{Good, OpenError, database};

/// How many records are verified between two words on progress.
const STEP: u64 = 500;

/// An opened log, verified.
pub(crate) struct Verified {
    pub(crate) core: Core,
    pub(crate) signer: Signer,
    pub(crate) log_keys: History,
    pub(crate) kept: KeptHead,
    /// The first record that this opening looked at; those before it were verified earlier.
    pub(crate) from: u64,
}

/// A database of this log's, and what opens it.
pub(crate) struct Opened {
    pub(crate) connection: Connection,
    pub(crate) signing: StoredKeys,
    pub(crate) chain: Arc<ChainKeys>,
    pub(crate) kept: KeptHead,
}

impl Opened {
    /// Opens the database and the keys; verifies only that they belong together.
    pub(crate) fn new(data_dir: &Path, store: &dyn KeyStore) -> Result<Self, OpenError> {
        let path = data_dir.join(database::FILE);
        if !path.exists() {
            return Err(OpenError::Absent(path.display().to_string()));
        }
        let kept = KeptHead::read(store)?.ok_or(OpenError::KeyAbsent(HEAD))?;
        let keys = LogKeys::read(store)?;
        let connection = database::open_for_writing(&path)?;
        let origin = founded(&connection)?;
        if origin != kept.origin {
            return Err(broken(
                0,
                format!("it founds {origin}, and the key store's head is of {}", kept.origin),
            ));
        }
        keys.macs.reach(kept.epoch)?;
        let chain = Arc::new(ChainKeys::new(origin, &keys.macs));
        Ok(Self {
            connection,
            signing: keys.signing,
            chain,
            kept,
        })
    }

    /// How many records there seem to be.
    pub(crate) fn size(&self) -> Result<u64, OpenError> {
        let last: Option<i64> = self
            .connection
            .query_row("SELECT max(seq) FROM record", [], |row| row.get(0))?;
        Ok(last.map_or(0, |last| last.cast_unsigned() + 1))
    }
}

/// Opens the database and verifies it: from the head in the key store on, where that head was verified, else all of it.
pub(crate) fn open(
    data_dir: &Path,
    store: &dyn KeyStore,
    clock: Clock,
    mut progress: impl FnMut(u64, u64),
) -> Result<Verified, OpenError> {
    let opened = Opened::new(data_dir, store)?;
    let resumed = match opened.kept.verified {
        true => from_head(&opened, &mut progress)
            .inspect_err(|fault| tracing::warn!(?fault, "the log doesn't go on from its head; all of it is verified"))
            .ok(),
        false => None,
    };
    let ((walk, history), from) = match resumed {
        Some(walked) => (walked, opened.kept.size),
        None => (everything(&opened, &mut progress)?, 0),
    };
    let Opened {
        connection,
        signing,
        chain,
        kept,
    } = opened;
    let good = walk.good();
    Ok(Verified {
        core: Core::from_walk(walk, connection, chain, clock).map_err(|fault| OpenError::of(fault, good))?,
        signer: Signer::new(&history, signing)?,
        log_keys: history,
        kept,
        from,
    })
}

/// From the head in the key store to the log's end.
fn from_head(opened: &Opened, progress: &mut impl FnMut(u64, u64)) -> Result<(Walk, History), Fault> {
    let Opened {
        connection,
        chain,
        kept,
        ..
    } = opened;
    let of = opened.size().map_err(|error| crate::walk::beside(error.to_string()))?;
    let mut walk = Walk::at_head(connection, chain, kept)?;
    while walk.advance(connection, chain, STEP)? > 0 {
        progress(walk.tip.size(), of);
    }
    let history = walk.finish_soon(connection, chain)?;
    Ok((walk, history))
}

/// From record 0 to the log's end, by way of the head in the key store.
pub(crate) fn everything(opened: &Opened, progress: &mut impl FnMut(u64, u64)) -> Result<(Walk, History), OpenError> {
    let Opened {
        connection,
        chain,
        kept,
        ..
    } = opened;
    let of = opened.size()?;
    let mut walk = Walk::default();
    loop {
        // Stops at the head, to compare.
        let to_head = kept.size.saturating_sub(walk.tip.size());
        let step = if to_head == 0 { STEP } else { STEP.min(to_head) };
        let done = walk
            .advance(connection, chain, step)
            .map_err(|fault| OpenError::of(fault, walk.good()))?;
        progress(walk.tip.size(), of);
        if walk.tip.size() == kept.size && done > 0 {
            check_head(&walk, kept)?;
        }
        if done < step && to_head <= done {
            break;
        }
        if done == 0 {
            return Err(OpenError::Behind {
                size: walk.tip.size(),
                head: kept.size,
                good: walk.good(),
            });
        }
    }
    let good = walk.good();
    let history = walk
        .finish(connection, chain, false)
        .map_err(|fault| OpenError::of(fault, good))?;
    Ok((walk, history))
}

fn broken(sequence: u64, what: String) -> OpenError {
    OpenError::Broken {
        sequence: Some(sequence),
        what,
        good: Good::default(),
    }
}

fn check_head(walk: &Walk, kept: &KeptHead) -> Result<(), OpenError> {
    let found = walk.tip.frontier.root();
    if found != kept.root || walk.tip.mac != *kept.mac.as_bytes() {
        return Err(OpenError::OffHead {
            size: kept.size,
            found,
            expected: kept.root,
        });
    }
    Ok(())
}

/// The origin that record 0 founds.
fn founded(connection: &Connection) -> Result<Origin, OpenError> {
    let bytes: Option<Vec<u8>> =
        optional(connection.query_row("SELECT bytes FROM record WHERE seq = 0", [], |row| row.get(0)))?;
    let bytes = bytes.ok_or_else(|| broken(0, "it is missing".to_owned()))?;
    let record = Record::parse(&bytes).map_err(|error| broken(0, error.to_string()))?;
    record.founds().ok_or_else(|| broken(0, "it founds no log".to_owned()))
}
