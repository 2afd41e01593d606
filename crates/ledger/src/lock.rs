//! One writer: the lock that a process holds on a data directory while it may append.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::place;

/// Why the lock wasn't taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process (or this one, earlier) holds it.
    #[error("another process writes to `{}`; attach to it, or end it first", .0.display())]
    Held(PathBuf),
    /// The directory is on a file system that can't hold a log.
    #[error(
        "`{}` is on a file system of a network or program ({kind}), which can't keep what it says it has written; choose a directory on this machine's own disk",
        path.display()
    )]
    Foreign {
        /// The data directory.
        path: PathBuf,
        /// The file system.
        kind: &'static str,
    },
    /// The lock file can't be made or locked.
    #[error("the lock file `{}` can't be used: {source}; check that the directory exists and is yours", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The right to write in a data directory. The operating system gives it back when the process ends, however it ends.
#[derive(Debug)]
pub struct WriterLock {
    data_dir: PathBuf,
    // Held for its advisory lock (flock, LockFileEx).
    _file: File,
}

impl WriterLock {
    /// Takes the lock on DATA/writer.lock without waiting.
    ///
    /// # Errors
    /// [`LockError::Held`] where a gateway runs on this directory already, [`LockError::Foreign`] where no log may lie.
    pub fn take(data_dir: &Path) -> Result<Self, LockError> {
        if let Some(kind) = place::foreign(data_dir) {
            return Err(LockError::Foreign {
                path: data_dir.to_owned(),
                kind,
            });
        }
        let path = data_dir.join("writer.lock");
        let failed = |source| LockError::Io {
            path: path.clone(),
            source,
        };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self {
                data_dir: data_dir.to_owned(),
                _file: file,
            }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held(data_dir.to_owned())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// The directory that it is for.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }
}
