//! What an operator does with a log that isn't opened: copies what of it verifies, and starts a new one.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use contract::RescuedLog;
use engine::{Created, OpenError, Stores, Tenant};
use vault::KeyStore;

use crate::{CaseFileError, Names, NewFile, Reviewer, SetUpError, attestation_of, save, set_up};

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum RescueError {
    /// The log can't be read.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// The file can't be written.
    #[error(transparent)]
    File(#[from] CaseFileError),
}

/// Copies what verifies of a log that isn't opened to a file, with its attestation beside it as `FILE.dsse.json`.
///
/// # Errors
/// [`RescueError`]: also where the log is good, and where a file is there and `replace` isn't said.
pub async fn rescue(stores: &Stores, out: &Path, replace: bool) -> Result<RescuedLog, RescueError> {
    let attestation = attestation_of(out);
    for path in [out, &attestation] {
        if !replace && path.exists() {
            return Err(CaseFileError::There(path.to_owned()).into());
        }
    }
    let (rescued, file) = Tenant::rescue(stores, NewFile::begin(out)?).await?;
    file.keep(replace)?;
    save(rescued.attestation.as_bytes(), &attestation, replace)?;
    Ok(rescued)
}

/// Sets a log that isn't opened aside, unchanged, and starts a new one with the same person's key, whose record 0 names
/// the old one's last good head. Answers where the old one lies now.
///
/// # Errors
/// As [`set_up`]; also where the log is good. What was cut short is gone on with by [`set_up`].
pub async fn start_new_log(
    data_dir: &Path,
    keys: Arc<dyn KeyStore>,
    person: Arc<dyn KeyStore>,
    names: Names,
) -> Result<(Created, Reviewer, PathBuf), SetUpError> {
    let stores = Stores {
        data_dir: data_dir.to_owned(),
        keys: Arc::clone(&keys),
    };
    let place = Tenant::set_aside(&stores).await?;
    let (created, reviewer) = set_up(data_dir, keys, person, names).await?;
    Ok((created, reviewer, place))
}
