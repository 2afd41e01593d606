//! What was seen of logs at this machine: `seen.json` in the data directory. The next file of a log is held against it.

use std::path::Path;

use contract::{Report, SeenLog};
use evidence::verifier::Remembered;

use crate::kept::{Kept, KeptError};

/// The file's name in the data directory: a list of [`SeenLog`], newest first.
const MEMORY_FILE: &str = "seen.json";

/// What a data directory keeps of logs. Verdicts depend on it: where it can't be read, nothing is verified.
#[derive(Debug, Clone)]
pub struct Memory {
    kept: Kept<SeenLog>,
    remembered: Vec<Remembered>,
    is_new: bool,
}

impl Memory {
    /// Reads what was seen. A missing file, or a missing directory, is nothing.
    ///
    /// # Errors
    /// The file can't be read, or anything in it isn't the state of a log.
    pub fn open(data_dir: &Path) -> Result<Self, KeptError> {
        let kept = Kept::open(data_dir.join(MEMORY_FILE), "seen of logs")?;
        let remembered = remembered(&kept.entries).map_err(|reason| kept.damaged(reason))?;
        Ok(Self {
            kept,
            remembered,
            is_new: false,
        })
    }

    /// What was seen, as the verifier takes it.
    #[must_use]
    pub fn remembered(&self) -> &[Remembered] {
        &self.remembered
    }

    /// Takes in what a report shows of its log, for the files that come after it.
    pub fn learn(&mut self, report: &Report) {
        if SeenLog::learn(&mut self.kept.entries, report)
            && let Ok(remembered) = remembered(&self.kept.entries)
        {
            self.remembered = remembered;
            self.is_new = true;
        }
    }

    /// Writes the file, if there is anything new.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn save(&mut self) -> Result<(), KeptError> {
        if std::mem::take(&mut self.is_new) {
            self.kept.write()?;
        }
        Ok(())
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// The file can't be written.
    pub fn forget(&mut self) -> Result<(), KeptError> {
        self.kept.entries.clear();
        self.remembered.clear();
        self.kept.write()
    }
}

fn remembered(logs: &[SeenLog]) -> Result<Vec<Remembered>, String> {
    logs.iter().map(Remembered::try_from).collect()
}
