//! What was verified at this machine: `verified.json` in the data directory, which needs no tenant.

use std::path::{Path, PathBuf};

use contract::{Report, Verified};

use crate::{CaseFileError, save};

/// The file's name in the data directory: a list of [`Verified`], newest first.
const HISTORY_FILE: &str = "verified.json";

/// How many are kept; the oldest give way.
const MOST: usize = 500;

/// Why the history can't be read or written. A verdict never depends on it.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file can't be read.
    #[error("`{}` can't be read ({source}); see whether it is yours to read", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file isn't a history.
    #[error("`{}` isn't a list of what was verified ({reason}); mend it or remove it", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It can't be written.
    #[error(transparent)]
    Unwritten(#[from] CaseFileError),
}

/// The history of a data directory.
#[derive(Debug, Clone)]
pub struct History {
    path: PathBuf,
    entries: Vec<Verified>,
}

impl History {
    /// Reads the history. A missing file, or a missing directory, is an empty one.
    ///
    /// # Errors
    /// The file can't be read, or isn't a history.
    pub fn open(data_dir: &Path) -> Result<Self, HistoryError> {
        let path = data_dir.join(HISTORY_FILE);
        match std::fs::read(&path) {
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(entries) => Ok(Self { path, entries }),
                Err(error) => Err(HistoryError::Damaged {
                    path,
                    reason: error.to_string(),
                }),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self {
                path,
                entries: Vec::new(),
            }),
            Err(source) => Err(HistoryError::Unread { path, source }),
        }
    }

    /// What was verified, newest first.
    #[must_use]
    pub fn list(&self) -> &[Verified] {
        &self.entries
    }

    /// Keeps reports, and writes the file. A file that was verified before, by its SHA-256, stands where it was verified
    /// last.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn keep(&mut self, reports: &[Report]) -> Result<(), HistoryError> {
        self.entries
            .retain(|old| reports.iter().all(|report| report.sha256 != old.sha256));
        self.entries.splice(0..0, reports.iter().map(Verified::from));
        self.entries.truncate(MOST);
        self.write()
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn forget(&mut self) -> Result<(), HistoryError> {
        self.entries.clear();
        self.write()
    }

    fn write(&self) -> Result<(), HistoryError> {
        let unwritten = |source| CaseFileError::Unwritten {
            path: self.path.clone(),
            source,
        };
        let text = serde_json::to_vec_pretty(&self.entries).map_err(|error| unwritten(error.into()))?;
        let folder = self.path.parent().unwrap_or_else(|| Path::new("."));
        std::fs::create_dir_all(folder).map_err(unwritten)?;
        Ok(save(&text, &self.path, true)?)
    }
}
