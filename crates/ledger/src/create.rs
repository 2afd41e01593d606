//! How a log begins: record 0 carries the key and the nonce that its origin is made from.

use std::path::Path;
use std::sync::Arc;

use evidence::ocsf::{Context, EarlierLog, LogOpened};
use evidence::{Checkpoint, Draft, Stream};
use vault::KeyStore;

use crate::core::{ChainKeys, Core, Prepared, StateMacs, Streams, Tip};
use crate::head::{HEAD, KeptHead};
use crate::keys::{LogKeys, set_macs_aside};
use crate::rows::Sums;
use crate::source::{Clock, random};
use crate::{CreateError, database, refused};

/// What record 0 says beside the origin's key and nonce, which are made here, and the log that was set aside before.
#[derive(Debug, Clone)]
pub struct Genesis {
    /// The tenant's uid.
    pub tenant_uid: String,
}

/// Where a log is made before it has its name.
const UNFINISHED: &str = "log.sqlite.new";

/// Makes the database with record 0, its checkpoint and its head.
///
/// The file gets its name last, when everything else is durable: a creation that is cut short leaves no log, and can
/// be done again.
pub(crate) fn create(
    data_dir: &Path,
    store: &dyn KeyStore,
    genesis: &Genesis,
    clock: &Clock,
) -> Result<(), CreateError> {
    let path = data_dir.join(database::FILE);
    let unfinished = data_dir.join(UNFINISHED);
    if path.exists() {
        return Err(CreateError::Exists(path.display().to_string()));
    }
    let earlier = refused::earlier(store)?;
    if let Some(head) = KeptHead::read(store)?
        && !unfinished.exists()
        && !earlier.is_some_and(|earlier| earlier.origin == head.origin && earlier.size >= head.size)
    {
        return Err(CreateError::Orphan(HEAD));
    }
    for name in [UNFINISHED, "log.sqlite.new-wal", "log.sqlite.new-shm"] {
        remove(&data_dir.join(name))?;
    }
    if let Some(earlier) = &earlier {
        set_macs_aside(store, &earlier.origin)?;
    }
    let keys = LogKeys::make(store)?;
    let head = first(&unfinished, &keys, genesis, earlier, clock)?;
    head.keep(store)?;
    std::fs::rename(&unfinished, &path).map_err(|error| CreateError::Storage(error.to_string()))?;
    database::sync_directory(data_dir).map_err(|error| CreateError::Storage(error.to_string()))?;
    Ok(refused::named(store)?)
}

fn first(
    path: &Path,
    keys: &LogKeys,
    genesis: &Genesis,
    earlier: Option<EarlierLog>,
    clock: &Clock,
) -> Result<KeptHead, CreateError> {
    let failed = |error: &dyn std::fmt::Display| CreateError::Genesis(error.to_string());
    let nonce = random().map_err(|error| failed(&error))?;
    let origin = keys.origin(&nonce);
    let opened = LogOpened {
        context: Context {
            time_ms: clock.now_ms(),
            tenant_uid: genesis.tenant_uid.clone(),
        },
        key: keys.signing.log.public(),
        nonce,
        earlier,
    };
    let event = Draft::new(Stream::sys(), opened.event())
        .prepare()
        .map_err(|error| failed(&error))?;
    let chain = ChainKeys::new(origin, &keys.macs);
    let mut core = Core {
        connection: database::make(path)?,
        rows: chain.rows.clone(),
        mac: chain.first(),
        keys: Arc::new(chain),
        tip: Tip::default(),
        streams: Streams::default(),
        sum: Sums::default(),
        state: StateMacs::default(),
        clock: clock.clone(),
    };
    let entry = Prepared {
        event,
        contents: Vec::new(),
        state: Vec::new(),
        envelopes: Vec::new(),
    };
    let placed = core.place_all(vec![entry]).map_err(|error| failed(&error))?;
    let head = core.tip.head().ok_or_else(|| failed(&"it has no place"))?;
    let checkpoint = Checkpoint {
        origin,
        size: head.size,
        root: head.root,
    };
    let note = checkpoint.sign(&keys.signing.log).map_err(|error| failed(&error))?;

    let stored = |error: rusqlite::Error| CreateError::Storage(error.to_string());
    core.begin().map_err(stored)?;
    placed
        .iter()
        .try_for_each(|placed| core.insert(placed))
        .map_err(stored)?;
    core.insert_checkpoint(head.size, clock.now_ms(), &note.to_string())
        .map_err(stored)?;
    core.commit().map_err(stored)?;
    // Closing moves the WAL into the file, so that the file alone can be renamed.
    core.connection.close().map_err(|(_, error)| stored(error))?;
    Ok(KeptHead::new(origin, &head))
}

fn remove(path: &Path) -> Result<(), CreateError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(CreateError::Storage(error.to_string())),
        _ => Ok(()),
    }
}
