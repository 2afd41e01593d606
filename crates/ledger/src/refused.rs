//! A log that isn't opened: how far it is good, what of it can still be read, and a new log in its place.

use std::io::{self, Write};
use std::path::PathBuf;

use evidence::ocsf::EarlierLog;
use evidence::rotation::LogKeys as History;
use evidence::{Checkpoint, Digest, Origin, Record, SignedCheckpoint};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use vault::KeyStore;

use crate::head::{HEAD, KeptHead};
use crate::open::{self, Opened};
use crate::walk::Walk;
use crate::{CreateError, Good, Ledger, OpenError, WriterLock, database};

/// The name, in the key store, of what a set-aside log's last good head was, until a new log names it.
const EARLIER: &str = "earlier-log";
/// Where logs that were set aside lie, in the data directory.
const SET_ASIDE: &str = "earlier";
/// How many records are read at once.
const STEP: u64 = 500;

/// Why a log isn't opened, and how far it is good.
#[derive(Debug)]
pub struct Refused {
    /// Its origin, by the key store.
    pub origin: Origin,
    /// What is wrong.
    pub why: OpenError,
    /// How far it is good.
    pub good: Good,
    /// The tree's root over the good records; none where there are none.
    pub root: Option<Digest>,
    /// Its last good head: the furthest that is known, by its records or by the key store.
    pub head: EarlierLog,
    /// The tenant that its record 0 names, where that is good.
    pub tenant_uid: Option<String>,
}

/// Why what verifies of a log couldn't be copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// It can't be read any more.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// What was read is no longer what verified.
    #[error("record {0} isn't what verified a moment ago; somebody writes to the file")]
    Moved(u64),
    /// It can't be written.
    #[error("it can't be written: {0}")]
    Write(#[from] io::Error),
}

impl Ledger {
    /// Verifies a log from its first record on, to say how far it is good; none where all of it is. Blocking: some
    /// hundred thousand records a second.
    ///
    /// # Errors
    /// What keeps the log from being opened isn't in the log: the key store fails, or holds no head of it.
    pub fn examine(
        lock: &WriterLock,
        store: &dyn KeyStore,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Option<Refused>, OpenError> {
        let kept = KeptHead::read(store)?.ok_or(OpenError::KeyAbsent(HEAD))?;
        let unopened = |why| Refused {
            origin: kept.origin,
            why,
            good: Good::default(),
            root: None,
            head: of_kept(&kept),
            tenant_uid: None,
        };
        let opened = match Opened::new(lock.data_dir(), store) {
            Ok(opened) => opened,
            Err(why @ (OpenError::Storage(_) | OpenError::Broken { .. })) => return Ok(Some(unopened(why))),
            Err(error) => return Err(error),
        };
        let why = match open::everything(&opened, &mut progress) {
            Ok(_) => return Ok(None),
            Err(why @ (OpenError::Broken { .. } | OpenError::Behind { .. } | OpenError::OffHead { .. })) => why,
            Err(why @ OpenError::Storage(_)) => return Ok(Some(unopened(why))),
            Err(error) => return Err(error),
        };
        let walk = match why.good() {
            Some(good) => walked(&opened, good.size)?,
            None => up_to_a_checkpoint(&opened)?,
        };
        let size = walk.tip.size();
        let root = (size > 0).then(|| walk.tip.frontier.root());
        let head = match root {
            Some(root) if size >= kept.size && !matches!(why, OpenError::OffHead { .. }) => EarlierLog {
                origin: kept.origin,
                size,
                root,
            },
            _ => of_kept(&kept),
        };
        Ok(Some(Refused {
            origin: kept.origin,
            good: walk.good(),
            root,
            head,
            tenant_uid: tenant(&opened.connection, size)?,
            why,
        }))
    }

    /// The tenant of a log that was set aside and that no new one names yet: the new one's, too.
    ///
    /// # Errors
    /// The key store fails.
    pub fn earlier_tenant(store: &dyn KeyStore) -> Result<Option<String>, OpenError> {
        Ok(Named::read(store)?.and_then(|named| named.tenant_uid))
    }

    /// Writes the good records of a log that isn't opened, as JSON Lines, each exactly as it was stored.
    ///
    /// # Errors
    /// [`CopyError`].
    pub fn copy_good(
        lock: &WriterLock,
        store: &dyn KeyStore,
        refused: &Refused,
        to: &mut dyn Write,
    ) -> Result<(), CopyError> {
        if refused.good.size == 0 {
            return Ok(());
        }
        let opened = Opened::new(lock.data_dir(), store)?;
        let mut walk = Walk::default();
        while walk.tip.size() < refused.good.size {
            let from = walk.tip.size();
            let step = STEP.min(refused.good.size - from);
            let done = walk
                .advance(&opened.connection, &opened.chain, step)
                .map_err(|fault| OpenError::of(fault, walk.good()))?;
            if done == 0 {
                return Err(CopyError::Moved(from));
            }
            let mut statement = opened
                .connection
                .prepare_cached("SELECT bytes FROM record WHERE seq >= ?1 ORDER BY seq LIMIT ?2")
                .map_err(OpenError::from)?;
            let mut rows = statement
                .query([from.cast_signed(), done.cast_signed()])
                .map_err(OpenError::from)?;
            while let Some(row) = rows.next().map_err(OpenError::from)? {
                let bytes: Vec<u8> = row.get(0).map_err(OpenError::from)?;
                to.write_all(&bytes)?;
                to.write_all(b"\n")?;
            }
        }
        match refused.root {
            Some(root) if root == walk.tip.frontier.root() => Ok(()),
            _ => Err(CopyError::Moved(walk.tip.size())),
        }
    }

    /// Moves a log that isn't opened out of the way, so that a new one can be created, whose record 0 names this one's
    /// last good head. Nothing of it is changed: its files are in the directory that is answered, and its contents' keys
    /// stay in the key store. `name` is the directory's, made by the caller from the time.
    ///
    /// What is cut short can be done again: until the files are moved the log is there, and afterwards a new log can be
    /// created.
    ///
    /// # Errors
    /// The key store or the disk fails.
    pub fn set_aside(
        lock: &WriterLock,
        store: &dyn KeyStore,
        refused: &Refused,
        name: &str,
    ) -> Result<PathBuf, CreateError> {
        let failed = |error: io::Error| CreateError::Storage(error.to_string());
        let EarlierLog { origin, size, root } = refused.head;
        let named = Named {
            origin,
            size,
            root,
            tenant_uid: refused.tenant_uid.clone(),
        };
        named.keep(store)?;
        let all = lock.data_dir().join(SET_ASIDE);
        let place = all.join(name);
        std::fs::create_dir_all(&place).map_err(failed)?;
        // The database last: as long as it is there, the log is.
        for file in ["log.sqlite-wal", "log.sqlite-shm", database::FILE] {
            match std::fs::rename(lock.data_dir().join(file), place.join(file)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
                _ => {}
            }
        }
        for directory in [&place, &all, lock.data_dir()] {
            database::sync_directory(directory).map_err(failed)?;
        }
        store.remove(HEAD)?;
        Ok(place)
    }
}

/// In the key store.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    origin: Origin,
    size: u64,
    root: Digest,
    tenant_uid: Option<String>,
}

impl Named {
    fn read(store: &dyn KeyStore) -> Result<Option<Self>, OpenError> {
        let Some(bytes) = store.get(EARLIER)? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| OpenError::KeyUnreadable {
                name: EARLIER.to_owned(),
                why: error.to_string(),
            })
    }

    fn keep(&self, store: &dyn KeyStore) -> Result<(), vault::KeyStoreError> {
        // A struct of texts and a number always serialises.
        store.set(EARLIER, &serde_json::to_vec(self).unwrap_or_default())
    }
}

/// The log that was set aside here and that no new one names yet.
pub(crate) fn earlier(store: &dyn KeyStore) -> Result<Option<EarlierLog>, OpenError> {
    let named = Named::read(store)?;
    Ok(named.map(|Named { origin, size, root, .. }| EarlierLog { origin, size, root }))
}

/// Says that a new log names it.
pub(crate) fn named(store: &dyn KeyStore) -> Result<(), vault::KeyStoreError> {
    store.remove(EARLIER)
}

fn of_kept(kept: &KeptHead) -> EarlierLog {
    EarlierLog {
        origin: kept.origin,
        size: kept.size,
        root: kept.root,
    }
}

/// Walks to a size up to which everything was found good.
fn walked(opened: &Opened, size: u64) -> Result<Walk, OpenError> {
    let mut walk = Walk::default();
    while walk.tip.size() < size {
        let step = STEP.min(size - walk.tip.size());
        let done = walk
            .advance(&opened.connection, &opened.chain, step)
            .map_err(|fault| OpenError::of(fault, walk.good()))?;
        if done == 0 {
            break;
        }
    }
    Ok(walk)
}

/// The records follow one another and aren't those whose head is in the key store: they were rewritten with the keys in
/// hand. Those before the newest checkpoint that agrees with them are still what they were when it was signed.
fn up_to_a_checkpoint(opened: &Opened) -> Result<Walk, OpenError> {
    let rewritten = walked(opened, opened.kept.size)?;
    let keys = rewritten
        .log_keys(&opened.connection, &opened.chain)
        .map_err(|fault| OpenError::of(fault, Good::default()))?;
    let mut walk = Walk::default();
    let mut good = 0;
    for checkpoint in checkpoints(&opened.connection, &opened.kept.origin, &keys)? {
        while walk.tip.size() < checkpoint.size {
            let step = STEP.min(checkpoint.size - walk.tip.size());
            match walk.advance(&opened.connection, &opened.chain, step) {
                Ok(done) if done > 0 => {}
                _ => return walked(opened, good),
            }
        }
        if walk.tip.frontier.root() != checkpoint.root {
            break;
        }
        good = checkpoint.size;
    }
    walked(opened, good)
}

/// The stored checkpoints that the log's key of their time signed, smallest first.
fn checkpoints(db: &Connection, origin: &Origin, keys: &History) -> Result<Vec<Checkpoint>, OpenError> {
    let mut statement = db.prepare("SELECT note FROM checkpoint ORDER BY size")?;
    let notes = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut found = Vec::new();
    for note in notes {
        let Ok(signed) = SignedCheckpoint::parse(&note?) else {
            continue;
        };
        if let Ok(checkpoint) = keys.verify(&signed)
            && checkpoint.origin == *origin
        {
            found.push(*checkpoint);
        }
    }
    Ok(found)
}

fn tenant(db: &Connection, size: u64) -> Result<Option<String>, OpenError> {
    if size == 0 {
        return Ok(None);
    }
    let bytes: Vec<u8> = db.query_row("SELECT bytes FROM record WHERE seq = 0", [], |row| row.get(0))?;
    let record = Record::parse(&bytes).ok();
    let uid = record
        .as_ref()
        .and_then(|record| record.event().pointer("/metadata/tenant_uid"));
    Ok(uid.and_then(serde_json::Value::as_str).map(str::to_owned))
}
