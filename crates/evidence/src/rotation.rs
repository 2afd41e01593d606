//! Keys that follow one another: what the records of rotations say, and which key of a log signs which checkpoints.
//!
//! A log's first key stands in record 0. A record of kind `key_rotated` in the stream `sys` says that another takes its
//! place from a size on, the one that the log has with that record; the statement that says the same is signed by both,
//! in two envelopes. A checkpoint of that size or larger counts under the new key alone, a smaller one under the old.
//! The one of exactly that size carries both keys' lines, so that whoever knows the old key sees it hand over.
//!
//! Trust runs forward: who knows a key knows those that follow it, and none that came before.

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
use crate::envelope::{Envelope, EnvelopeError, IN_TOTO};
use crate::hash::Digest;
use crate::key::{PublicKey, Role};
use crate::record::{Record, Stream};
use crate::statement::{RotationStatement, StatementError};

/// The name of the envelope that the old key signed, beside the record.
pub const BY_OLD: &str = "rotation-old";
/// The name of the envelope that the new key signed, beside the record.
pub const BY_NEW: &str = "rotation-new";

/// What keeps a rotation from being one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RotationError {
    /// The record doesn't say what such a record says.
    #[error("the record of the rotation lacks its `{0}`, or says it in another form")]
    Record(&'static str),
    /// It is filed under an agent: only the log itself changes keys.
    #[error("the record of the rotation stands in another stream than `sys`")]
    Stream,
    /// It names another place than the one after its record.
    #[error("the rotation says that it holds from {said} on, and its record makes that {is}")]
    From {
        /// What it says.
        said: u64,
        /// What it has to be.
        is: u64,
    },
    /// An epoch was skipped, or came back.
    #[error("the record begins MAC epoch {said}, and {next} is the next one")]
    Epoch {
        /// What it says.
        said: u64,
        /// What it has to be.
        next: u64,
    },
    /// It rotates a key of a role whose keys aren't rotated.
    #[error("it rotates a {0} key; in this version of the format only a log's key is rotated")]
    Role(Role),
    /// An envelope isn't signed as it has to be.
    #[error("the {key} key's envelope: {error}")]
    Envelope {
        /// `old` or `new`.
        key: &'static str,
        /// What is wrong.
        error: EnvelopeError,
    },
    /// What was signed isn't a statement of a rotation.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// What was signed isn't what the record says.
    #[error("the signed statement names another {0} than the record")]
    Differs(&'static str),
    /// It retires a key that wasn't in use.
    #[error("it retires {0}, which isn't the key that was in use")]
    NotInUse(crate::KeyId),
}

const MAC_ROTATED: &str = "mac_rotated";
const KEY_ROTATED: &str = "key_rotated";

fn of_sys(record: &Record) -> Result<(), RotationError> {
    if *record.stream() == Stream::sys() {
        Ok(())
    } else {
        Err(RotationError::Stream)
    }
}

fn whole(record: &Record, name: &'static str) -> Result<u64, RotationError> {
    let value = record.facts().get(name).and_then(serde_json::Value::as_u64);
    value.ok_or(RotationError::Record(name))
}

/// The place after a record, at which a rotation that it records takes effect.
fn after(record: &Record, said: u64) -> Result<u64, RotationError> {
    let is = record.sequence().saturating_add(1);
    if said == is {
        Ok(said)
    } else {
        Err(RotationError::From { said, is })
    }
}

/// Whether a record of this kind changes which keys count after it.
#[must_use]
pub fn changes_keys(kind: &str) -> bool {
    matches!(kind, MAC_ROTATED | KEY_ROTATED)
}

/// The MAC epoch that the records after this one are in, where they were in `epoch` up to it.
///
/// # Errors
/// The record begins an epoch, and not rightly.
pub fn epoch_after(record: &Record, epoch: u32) -> Result<u32, RotationError> {
    if record.kind() != MAC_ROTATED {
        return Ok(epoch);
    }
    of_sys(record)?;
    let (said, next) = (whole(record, "epoch")?, u64::from(epoch).saturating_add(1));
    after(record, whole(record, "from")?)?;
    match u32::try_from(said) {
        Ok(new) if said == next => Ok(new),
        _ => Err(RotationError::Epoch { said, next }),
    }
}

/// A rotation as its record says it, not to be believed before [`signed`](KeyRotation::signed).
#[derive(Debug, Clone, PartialEq)]
pub struct KeyRotation {
    /// The statement that both keys have to have signed.
    pub statement: RotationStatement,
    /// SHA-256 of its payload.
    pub statement_sha256: Digest,
}

impl KeyRotation {
    /// The rotation of a record; nothing where it records none.
    ///
    /// # Errors
    /// It says that it is one, and isn't.
    pub fn of(record: &Record) -> Result<Option<Self>, RotationError> {
        if record.kind() != KEY_ROTATED {
            return Ok(None);
        }
        of_sys(record)?;
        let text = |name: &'static str| {
            let value = record.facts().get(name).and_then(serde_json::Value::as_str);
            value.ok_or(RotationError::Record(name))
        };
        let key = |name| {
            let spki = STANDARD.decode(text(name)?).map_err(|_| RotationError::Record(name))?;
            PublicKey::from_spki_der(&spki).map_err(|_| RotationError::Record(name))
        };
        let role = text("role")?.parse().map_err(|_| RotationError::Record("role"))?;
        if role != Role::Log {
            return Err(RotationError::Role(role));
        }
        let statement = RotationStatement {
            origin: *record.origin(),
            role,
            old: key("old_spki")?,
            new: key("new_spki")?,
            from_size: after(record, whole(record, "from_size")?)?,
        };
        let statement_sha256 = record.fact_digest("statement_sha256");
        Ok(Some(Self {
            statement,
            statement_sha256: statement_sha256.ok_or(RotationError::Record("statement_sha256"))?,
        }))
    }

    /// The rotation that two envelopes say, without a record: what somebody needs who knows the old key already.
    ///
    /// # Errors
    /// As [`signed`](Self::signed).
    pub fn of_envelopes(by_old: &[u8], by_new: &[u8]) -> Result<Self, RotationError> {
        let envelope = Envelope::parse(by_old).map_err(|error| RotationError::Envelope { key: "old", error })?;
        let payload = envelope.unverified_payload();
        let rotation = Self {
            statement: RotationStatement::parse(payload)?,
            statement_sha256: Digest::sha256(payload),
        };
        if rotation.statement.role != Role::Log {
            return Err(RotationError::Role(rotation.statement.role));
        }
        rotation.signed(by_old, by_new)?;
        Ok(rotation)
    }

    /// Checks that each of the two keys signed exactly what the record says.
    ///
    /// # Errors
    /// [`RotationError::Envelope`], [`RotationError::Statement`] or [`RotationError::Differs`].
    pub fn signed(&self, by_old: &[u8], by_new: &[u8]) -> Result<(), RotationError> {
        for (key, bytes, signer) in [
            ("old", by_old, &self.statement.old),
            ("new", by_new, &self.statement.new),
        ] {
            let wrong = |error| RotationError::Envelope { key, error };
            let envelope = Envelope::parse(bytes).map_err(wrong)?;
            let payload = envelope.verify(IN_TOTO, signer).map_err(wrong)?;
            self.says(&RotationStatement::parse(payload)?)?;
            if Digest::sha256(payload) != self.statement_sha256 {
                return Err(RotationError::Differs("statement"));
            }
        }
        Ok(())
    }

    fn says(&self, signed: &RotationStatement) -> Result<(), RotationError> {
        let own = &self.statement;
        let compared = [
            (signed.origin == own.origin, "log"),
            (signed.role == own.role, "role"),
            (signed.old == own.old, "old key"),
            (signed.new == own.new, "new key"),
            (signed.from_size == own.from_size, "size"),
        ];
        match compared.into_iter().find(|(same, _)| !same) {
            None => Ok(()),
            Some((_, what)) => Err(RotationError::Differs(what)),
        }
    }
}

/// The keys that a log's checkpoints are signed with, one after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogKeys {
    first: PublicKey,
    /// From this size on, this key; ascending.
    later: Vec<(u64, PublicKey)>,
}

/// Why a checkpoint isn't one of this log's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The line of the key in use at that size is missing or wrong.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The last checkpoint of a retired key lacks its line, or the line is wrong.
    #[error("at its size one key handed over to another, and the line of the one that retired: {0}")]
    HandOver(CheckpointError),
    /// It is signed by a key that was retired at a smaller size.
    #[error("it is signed by a key that was retired from size {from_size} on")]
    Retired {
        /// The size from which on that key counts for nothing.
        from_size: u64,
    },
}

impl LogKeys {
    /// A log's first key.
    #[must_use]
    pub const fn new(first: PublicKey) -> Self {
        let later = Vec::new();
        Self { first, later }
    }

    /// Takes in a rotation of the log's key.
    ///
    /// # Errors
    /// [`RotationError::NotInUse`] where it retires another key than the newest; [`RotationError::From`] where it comes
    /// before one that is known.
    pub fn rotate(&mut self, rotation: &KeyRotation) -> Result<(), RotationError> {
        let RotationStatement {
            old, new, from_size, ..
        } = &rotation.statement;
        if old != self.newest() {
            return Err(RotationError::NotInUse(old.key_id()));
        }
        match self.later.last() {
            Some((earlier, _)) if from_size <= earlier => Err(RotationError::From {
                said: *from_size,
                is: earlier.saturating_add(1),
            }),
            _ => {
                self.later.push((*from_size, *new));
                Ok(())
            }
        }
    }

    /// The keys that these rotations of one log, in their order, lead to from a key that somebody knows: those before it
    /// count for nothing.
    ///
    /// # Errors
    /// As [`rotate`](Self::rotate).
    pub fn from_known(known: PublicKey, rotations: &[KeyRotation]) -> Result<Self, RotationError> {
        let mut keys = Self::new(known);
        let later = rotations.iter().skip_while(|rotation| rotation.statement.old != known);
        for rotation in later {
            keys.rotate(rotation)?;
        }
        Ok(keys)
    }

    /// The key that the log began with.
    #[must_use]
    pub const fn first(&self) -> &PublicKey {
        &self.first
    }

    /// The key in use.
    #[must_use]
    pub fn newest(&self) -> &PublicKey {
        self.later.last().map_or(&self.first, |(_, key)| key)
    }

    /// The size from which on the key in use signs: 0 for the first.
    #[must_use]
    pub fn newest_from(&self) -> u64 {
        self.later.last().map_or(0, |(from, _)| *from)
    }

    /// All of them in their order, each with the size from which on it signs: 0 for the first.
    pub fn all(&self) -> impl Iterator<Item = (u64, &PublicKey)> {
        std::iter::once((0, &self.first)).chain(self.later.iter().map(|(from, key)| (*from, key)))
    }

    /// How many of them follow the first.
    #[must_use]
    pub fn rotations(&self) -> u64 {
        self.later.len() as u64
    }

    /// The key whose signature counts for a checkpoint of this size.
    #[must_use]
    pub fn at(&self, size: u64) -> &PublicKey {
        let later = self.later.iter().rev().find(|(from, _)| *from <= size);
        later.map_or(&self.first, |(_, key)| key)
    }

    /// Checks that a checkpoint is signed by the key in use at its size; by the one before it, too, where it is of the
    /// size from which on that is in use; and by no other of the log's.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn verify<'a>(&self, signed: &'a SignedCheckpoint) -> Result<&'a Checkpoint, SealError> {
        let size = signed.claimed().size;
        let newer = self.all().skip(1).chain(std::iter::once((u64::MAX, self.newest())));
        for ((_, key), (until, _)) in self.all().zip(newer) {
            let line = signed.verify(key);
            match (size.cmp(&until), line) {
                (Ordering::Greater, Ok(_)) => return Err(SealError::Retired { from_size: until }),
                (Ordering::Equal, Err(error)) => return Err(SealError::HandOver(error)),
                _ => {}
            }
        }
        Ok(signed.verify(self.at(size))?)
    }
}

#[cfg(test)]
mod tests;
