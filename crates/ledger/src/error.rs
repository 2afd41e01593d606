//! How the log fails.

use evidence::Digest;

/// Why no log was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// There is one.
    #[error("there is a log already (`{0}`); open it, or choose another directory")]
    Exists(String),
    /// The key store failed.
    #[error("the key store failed: {0}")]
    KeyStore(#[from] vault::KeyStoreError),
    /// The key store has the head of a log that isn't here.
    #[error(
        "the key store holds the `{0}` of a log that isn't in this directory; put its database back, or choose another directory"
    )]
    Orphan(&'static str),
    /// It couldn't be written.
    #[error("the log can't be written: {0}")]
    Storage(String),
    /// The first record couldn't be made.
    #[error("the first record can't be made: {0}")]
    Genesis(String),
    /// It was made and then doesn't open.
    #[error(transparent)]
    Open(#[from] OpenError),
}

/// How far a log that isn't opened is good: its first `size` records verify.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Good {
    /// How many records, from the first on.
    pub size: u64,
    /// When the last of them was logged, ms UTC; none where there is none.
    pub logged_time: Option<i64>,
}

/// Why a log wasn't opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is none.
    #[error("there is no log at `{0}`; create one with `countersign init`")]
    Absent(String),
    /// A key is missing, or the key store failed.
    #[error("the key store failed: {0}")]
    KeyStore(#[from] vault::KeyStoreError),
    /// The key store doesn't hold what the log needs.
    #[error("the key store holds no `{0}`: it isn't the one this log was made with; open it with that one")]
    KeyAbsent(&'static str),
    /// What the key store holds isn't a key or head.
    #[error("`{name}` in the key store can't be read: {why}")]
    KeyUnreadable {
        /// Its name.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// The key store doesn't hold the MAC key of an epoch that the log has been in.
    #[error(
        "the key store holds no `{name}`, under which part of the log is written; put back the key store that this log \
         was last written with: without that key the log can't be verified, and nothing is served from it"
    )]
    EpochKeyAbsent {
        /// Its name.
        name: String,
    },
    /// The database can't be read or isn't ours.
    #[error("the log's database can't be used: {0}")]
    Storage(String),
    /// SQLite is too old.
    #[error("SQLite {0} is older than 3.51.3, which loses WAL content in a rare race; build with the bundled one")]
    SqliteTooOld(String),
    /// The chain doesn't verify.
    #[error(
        "the log doesn't verify{}: {what}; nothing is served from it",
        sequence.map(|n| format!(" at record {n}")).unwrap_or_default()
    )]
    Broken {
        /// The first record that is wrong; none where it is something beside the chain.
        sequence: Option<u64>,
        /// What is wrong with it.
        what: String,
        /// How far it is good.
        good: Good,
    },
    /// The database is older than the head that the key store holds.
    #[error(
        "the log has {size} records, but its head in the key store says {head}: records were cut off, or an older copy was put back"
    )]
    Behind {
        /// Records in the database.
        size: u64,
        /// Records by the key store's head.
        head: u64,
        /// How far it is good: all that is there.
        good: Good,
    },
    /// The database has another history than the head says.
    #[error(
        "the log's first {size} records aren't the ones whose head is in the key store (root {found} instead of {expected})"
    )]
    OffHead {
        /// The head's size.
        size: u64,
        /// The root in the database.
        found: Digest,
        /// The root in the key store.
        expected: Digest,
    },
}

impl OpenError {
    /// How far the log is good, where that was found out.
    #[must_use]
    pub const fn good(&self) -> Option<Good> {
        match self {
            Self::Broken { good, .. } | Self::Behind { good, .. } => Some(*good),
            _ => None,
        }
    }
}

/// Why nothing was appended. In every case the caller has to deny.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The entry itself can't be recorded; the log goes on.
    #[error("the record can't be made: {0}")]
    Invalid(String),
    /// What the caller took for granted isn't so any more; the log goes on.
    #[error("the log moved on in the meantime; read again and retry")]
    Moved,
    /// The writer doesn't write: see [`WriterState`](crate::WriterState).
    #[error("the log accepts no records: {0}")]
    Stopped(String),
    /// The queue stayed full for as long as a caller waits.
    #[error("the log has more to write than its disk can take; try again later")]
    Busy,
}

/// Why a key wasn't rotated, or not to the end.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// No key could be made.
    #[error("no new key can be made: {0}")]
    NoKey(String),
    /// The key store failed.
    #[error("the key store failed: {0}")]
    KeyStore(#[from] vault::KeyStoreError),
    /// What the key store holds under the new key's name isn't a key.
    #[error(transparent)]
    Unreadable(#[from] OpenError),
    /// The record wasn't written: the old key stays.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The key is rotated, and the checkpoint that seals it isn't made yet; the next one does it, or the next start.
    #[error(
        "the key is rotated, but the checkpoint after it isn't made yet ({0}); the next one, or the next start, makes it"
    )]
    Unsealed(#[from] CheckpointError),
}

/// Why nothing was read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The database can't be read.
    #[error("the log can't be read: {0}")]
    Storage(String),
    /// What is read isn't what was written.
    #[error("{what} isn't what was written: {why}; stop and verify the log")]
    Altered {
        /// Which row.
        what: String,
        /// What doesn't match.
        why: String,
    },
    /// The key that a content is sealed under can't be had.
    #[error("the key store failed: {0}")]
    KeyStore(String),
    /// A size beyond the log's, or a range that isn't one.
    #[error("the log has {size} records; {asked} was asked for")]
    OutOfRange {
        /// The log's size.
        size: u64,
        /// What was asked for.
        asked: String,
    },
}

/// Why there is no new checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The log can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The log accepts nothing.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// It would have to be signed by a key that was retired since.
    #[error(
        "no checkpoint of {size} can be signed any more, because the log's key was rotated at {from_size}; take one of \
         that size or more"
    )]
    Retired {
        /// The size that was asked for.
        size: u64,
        /// The size from which on the key in use signs.
        from_size: u64,
    },
    /// It couldn't be signed.
    #[error("the checkpoint couldn't be signed: {0}")]
    Unsigned(String),
    /// The checkpoint is signed and stored, but its head isn't in the key store.
    #[error("the checkpoint is stored, but its head couldn't be kept in the key store: {0}")]
    KeyStore(#[from] vault::KeyStoreError),
}

impl From<vault::KeyStoreError> for AppendError {
    fn from(error: vault::KeyStoreError) -> Self {
        Self::Invalid(format!("its contents can't be sealed: {error}"))
    }
}

impl From<vault::KeyStoreError> for ReadError {
    fn from(error: vault::KeyStoreError) -> Self {
        Self::KeyStore(error.to_string())
    }
}

impl From<crate::EraseError> for OpenError {
    fn from(error: crate::EraseError) -> Self {
        match error {
            crate::EraseError::KeyStore(error) => Self::KeyStore(error),
            other => Self::Storage(format!("an erasure that was cut short can't be completed: {other}")),
        }
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(error.to_string())
    }
}

impl From<rusqlite::Error> for ReadError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Storage(error.to_string())
    }
}
