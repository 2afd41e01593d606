//! The keys that checkpoints are signed with: which the log has had, and the private half of the one in use.

use std::sync::Arc;

use evidence::rotation::{BY_NEW, BY_OLD, KeyRotation, LogKeys};
use evidence::{Checkpoint, KeyError, PublicKey, Role, SignedCheckpoint, SigningKey};
use rusqlite::Connection;
use vault::KeyStore;

use crate::core::ChainKeys;
use crate::keys::{LOG_KEY, NEXT_LOG_KEY, StoredKeys};
use crate::walk::{Fault, Walk, beside};
use crate::{Good, OpenError, ReadError, read};

/// The state of a rotation of the log's key: its number, and the sequence of the record that says it.
pub(crate) const ROTATED: &str = "log_key_rotation";

/// What checkpoints are signed with. Held while one is signed, so that they come one after another.
pub(crate) struct Signer {
    /// The private half of the newest key.
    pub(crate) key: Arc<SigningKey>,
    /// The one before it, until its last checkpoint, which both sign, is stored and the head kept.
    pub(crate) retiring: Option<Arc<SigningKey>>,
}

impl Signer {
    /// The key in use, from the key store: `log-key`; or `log-key-next`, where a rotation wasn't completed.
    pub(crate) fn new(history: &LogKeys, stored: StoredKeys) -> Result<Self, OpenError> {
        let StoredKeys { log, next } = stored;
        let in_use = |key: &SigningKey| key.public() == *history.newest();
        match next {
            _ if in_use(&log) => Ok(Self {
                key: Arc::new(log),
                retiring: None,
            }),
            Some(next) if in_use(&next) => Ok(Self {
                key: Arc::new(next),
                retiring: Some(Arc::new(log)),
            }),
            _ => Err(OpenError::Broken {
                sequence: None,
                what: format!(
                    "its key in use is {}, and the key store holds another key as `{LOG_KEY}`",
                    history.newest().key_id()
                ),
                good: Good::default(),
            }),
        }
    }

    /// Signs a checkpoint as one of its size is signed: by the key in use, and at the size `from`, from which on that is
    /// in use, by the one before it, too. Nothing where its size belongs to a key that is gone.
    pub(crate) fn sign(&self, checkpoint: &Checkpoint, from: u64) -> Result<Option<SignedCheckpoint>, KeyError> {
        match &self.retiring {
            _ if checkpoint.size > from || from == 0 => checkpoint.sign(&self.key).map(Some),
            Some(old) if checkpoint.size == from => checkpoint.hand_over(old, &self.key).map(Some),
            Some(old) => checkpoint.sign(old).map(Some),
            None => Ok(None),
        }
    }
}

/// Removes what a rotation left that was cut short: before its record, or after its last checkpoint.
pub(crate) fn tidy(store: &dyn KeyStore, signer: &Signer) -> Result<(), OpenError> {
    if signer.retiring.is_none() && store.get(NEXT_LOG_KEY)?.is_some() {
        store.remove(NEXT_LOG_KEY)?;
    }
    Ok(())
}

/// Where the rotations of the log's key are recorded, by the state table.
pub(crate) fn rotations(db: &Connection, keys: &ChainKeys) -> Result<Vec<u64>, Fault> {
    let listed = read::state_list(db, keys, ROTATED, "", u32::MAX)?;
    let sequence = |(key, value): (String, Vec<u8>)| {
        let text = std::str::from_utf8(&value).ok().and_then(|text| text.parse().ok());
        text.ok_or_else(|| beside(format!("the state of {ROTATED} `{key}` names no record")))
    };
    listed.into_iter().map(sequence).collect()
}

impl Walk {
    /// The keys that the log has had, from record 0 on: each rotation recorded, listed, and signed by both its keys.
    pub(crate) fn log_keys(&self, db: &Connection, keys: &ChainKeys) -> Result<LogKeys, Fault> {
        let record = |sequence| {
            let missing = || Fault::Broken(Some(sequence), "it is missing".to_owned());
            read::record(db, sequence)?.ok_or_else(missing)
        };
        let opened = record(0)?;
        let first = opened
            .spki()
            .filter(|_| opened.founds() == Some(keys.origin))
            .and_then(|spki| PublicKey::from_spki_der(&spki).ok())
            .ok_or_else(|| Fault::Broken(Some(0), "it founds another log".to_owned()))?;
        if rotations(db, keys)? != self.rotations {
            return Err(beside(
                "the list of rotations of the log's key isn't the one that its records give",
            ));
        }
        let mut history = LogKeys::new(first);
        for sequence in &self.rotations {
            let broken = |what: String| Fault::Broken(Some(*sequence), what);
            let rotation = KeyRotation::of(&record(*sequence)?).map_err(|error| broken(error.to_string()))?;
            let rotation = rotation.ok_or_else(|| broken("it rotates no key".to_owned()))?;
            let envelope = |name| {
                let absent = || broken(format!("its envelope `{name}` is missing"));
                read::envelope(db, keys, *sequence, name)?.ok_or_else(absent)
            };
            rotation
                .signed(&envelope(BY_OLD)?, &envelope(BY_NEW)?)
                .and_then(|()| history.rotate(&rotation))
                .map_err(|error| broken(error.to_string()))?;
        }
        Ok(history)
    }
}

/// Whether a record rotates the log's key.
pub(crate) fn rotates_log_key(record: &evidence::Record) -> Result<bool, String> {
    let rotation = KeyRotation::of(record).map_err(|error| error.to_string())?;
    Ok(rotation.is_some_and(|rotation| rotation.statement.role == Role::Log))
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Altered { .. } => beside(error.to_string()),
            other => Self::Unreadable(rusqlite::Error::ToSqlConversionFailure(other.into())),
        }
    }
}
