//! Lists that this machine keeps of what it verified, each a file of JSON in the data directory, which needs no tenant.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{CaseFileError, save};

/// Why what is kept can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// The file can't be read.
    #[error("`{}` can't be read ({source}); see whether it is yours to read", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file isn't such a list.
    #[error("`{}` isn't a list of what was {what} ({reason}); mend it or remove it", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// `verified` or `seen of logs`.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// It can't be written.
    #[error(transparent)]
    Unwritten(#[from] CaseFileError),
}

/// One such list.
#[derive(Debug, Clone)]
pub(crate) struct Kept<T> {
    path: PathBuf,
    what: &'static str,
    pub(crate) entries: Vec<T>,
}

impl<T: Serialize + DeserializeOwned> Kept<T> {
    /// Reads the list. A missing file, or a missing directory, is an empty one.
    pub(crate) fn open(path: PathBuf, what: &'static str) -> Result<Self, KeptError> {
        let entries = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| error.to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => return Err(KeptError::Unread { path, source }),
        };
        match entries {
            Ok(entries) => Ok(Self { path, what, entries }),
            Err(reason) => Err(KeptError::Damaged { path, what, reason }),
        }
    }

    /// The list is none.
    pub(crate) fn damaged(&self, reason: String) -> KeptError {
        let (path, what) = (self.path.clone(), self.what);
        KeptError::Damaged { path, what, reason }
    }

    pub(crate) fn write(&self) -> Result<(), KeptError> {
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
