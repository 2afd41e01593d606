//! Opening: nothing is served from a log that doesn't verify to its head.

use std::path::Path;
use std::sync::Arc;

use evidence::{Origin, Record};
use rusqlite::Connection;
use vault::KeyStore;

use crate::core::{ChainKeys, Core, optional};
use crate::head::{HEAD, KeptHead};
use crate::keys::LogKeys;
use crate::walk::Walk;
use crate::{OpenError, database};

/// How many records are verified between two words on progress.
const STEP: u64 = 500;

/// An opened log, verified.
pub(crate) struct Verified {
    pub(crate) core: Core,
    pub(crate) keys: LogKeys,
    pub(crate) kept: u64,
}

/// Opens the database and verifies all of it, up to and beyond the head in the key store.
pub(crate) fn open(
    data_dir: &Path,
    store: &dyn KeyStore,
    mut progress: impl FnMut(u64, u64),
) -> Result<Verified, OpenError> {
    let path = data_dir.join(database::FILE);
    if !path.exists() {
        return Err(OpenError::Absent(path.display().to_string()));
    }
    let kept = KeptHead::read(store)?.ok_or(OpenError::KeyAbsent(HEAD))?;
    let keys = LogKeys::read(store)?;
    let connection = database::open_for_writing(&path)?;
    let origin = founded(&connection, &keys)?;
    if origin != kept.origin {
        return Err(broken(
            0,
            format!("it founds {origin}, and the key store's head is of {}", kept.origin),
        ));
    }
    let chain = Arc::new(ChainKeys::new(origin, keys.mac.clone()));
    let of: i64 = connection.query_row("SELECT count(*) FROM record", [], |row| row.get(0))?;
    let mut walk = Walk::default();
    loop {
        // Stops at the head, to compare.
        let to_head = kept.size.saturating_sub(walk.tip.size());
        let step = if to_head == 0 { STEP } else { STEP.min(to_head) };
        let done = walk.advance(&connection, &chain, step)?;
        progress(walk.tip.size(), of.cast_unsigned());
        if walk.tip.size() == kept.size && done > 0 {
            check_head(&walk, &kept)?;
        }
        if done < step && to_head <= done {
            break;
        }
        if done == 0 {
            return Err(OpenError::Behind {
                size: walk.tip.size(),
                head: kept.size,
            });
        }
    }
    walk.finish(&connection, &chain, &keys.log.public(), false)?;
    let Walk { tip, streams, sum } = walk;
    Ok(Verified {
        core: Core {
            connection,
            keys: chain,
            tip,
            streams,
            sum,
        },
        keys,
        kept: kept.size,
    })
}

fn broken(sequence: u64, what: String) -> OpenError {
    OpenError::Broken {
        sequence: Some(sequence),
        what,
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

/// The origin that record 0 founds, by the log key that the key store holds.
fn founded(connection: &Connection, keys: &LogKeys) -> Result<Origin, OpenError> {
    let bytes: Option<Vec<u8>> =
        optional(connection.query_row("SELECT bytes FROM record WHERE seq = 0", [], |row| row.get(0)))?;
    let bytes = bytes.ok_or_else(|| broken(0, "it is missing".to_owned()))?;
    let record = Record::parse(&bytes).map_err(|error| broken(0, error.to_string()))?;
    let origin = record
        .founds()
        .ok_or_else(|| broken(0, "it founds no log".to_owned()))?;
    if record.spki().is_none_or(|spki| spki != keys.log.public().spki_der()) {
        return Err(broken(
            0,
            "it founds the log with another key than the key store's".to_owned(),
        ));
    }
    Ok(origin)
}
