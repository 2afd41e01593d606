//! What was verified at this machine: `verified.json` in the data directory.

use std::path::Path;

use contract::{Report, Verified};

use crate::kept::{Kept, KeptError};

/// The file's name in the data directory: a list of [`Verified`], newest first.
const HISTORY_FILE: &str = "verified.json";

/// How many are kept; the oldest give way.
const MOST: usize = 500;

/// The history of a data directory. A verdict never depends on it.
#[derive(Debug, Clone)]
pub struct History {
    kept: Kept<Verified>,
}

impl History {
    /// Reads the history. A missing file, or a missing directory, is an empty one.
    ///
    /// # Errors
    /// The file can't be read, or isn't a history.
    pub fn open(data_dir: &Path) -> Result<Self, KeptError> {
        let kept = Kept::open(data_dir.join(HISTORY_FILE), "verified")?;
        Ok(Self { kept })
    }

    /// What was verified, newest first.
    #[must_use]
    pub fn list(&self) -> &[Verified] {
        &self.kept.entries
    }

    /// Keeps reports, and writes the file. A file that was verified before, by its SHA-256, stands where it was verified
    /// last.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn keep(&mut self, reports: &[Report]) -> Result<(), KeptError> {
        let entries = &mut self.kept.entries;
        entries.retain(|old| reports.iter().all(|report| report.sha256 != old.sha256));
        entries.splice(0..0, reports.iter().map(Verified::from));
        entries.truncate(MOST);
        self.kept.write()
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn forget(&mut self) -> Result<(), KeptError> {
        self.kept.entries.clear();
        self.kept.write()
    }
}
