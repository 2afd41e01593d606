//! Case files on this machine's disk: verified with public keys alone, and saved whole or not at all.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::{CaseFile, Report, VerifyProgress};
use evidence::verifier::{Pins, Step, Verifier};

/// How many bytes are worked on between two words on progress.
const BUDGET: u64 = 4 << 20;

/// Why a case file wasn't read or saved.
#[derive(Debug, thiserror::Error)]
pub enum CaseFileError {
    /// It can't be read.
    #[error("`{}` can't be read ({source}); see whether it is there and yours to read", path.display())]
    Unread {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A directory was named.
    #[error("`{}` is a directory; name the case file itself", .0.display())]
    Directory(PathBuf),
    /// It can't be written.
    #[error("`{}` can't be written ({source}); choose another place", path.display())]
    Unwritten {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is a file of that name, and nobody said to replace it.
    #[error("`{}` is there already; choose another name, or say that it may be replaced", .0.display())]
    There(PathBuf),
    /// The gateway gave something that isn't a file.
    #[error("the gateway's answer isn't a case file; see its log")]
    NotAFile,
}

/// Verifies one file, telling how far it has come.
///
/// # Errors
/// The file can't be read. Whatever is *in* it is a finding, never an error.
pub fn verify_file(path: &Path, pins: &Pins, mut told: impl FnMut(VerifyProgress)) -> Result<Report, CaseFileError> {
    let unread = |source| CaseFileError::Unread {
        path: path.to_owned(),
        source,
    };
    let started = Instant::now();
    let file = File::open(path).map_err(unread)?;
    if file.metadata().map_err(unread)?.is_dir() {
        return Err(CaseFileError::Directory(path.to_owned()));
    }
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
    let mut verifier = Verifier::new(file, &name, pins);
    loop {
        match verifier.step(BUDGET).map_err(unread)? {
            Step::Going(progress) => told(VerifyProgress::of(&name, progress)),
            Step::Done(report) => {
                let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                return Ok(Report {
                    elapsed_ms,
                    ..Report::from(*report)
                });
            }
        }
    }
}

/// Saves a case file as [`save`] does.
///
/// # Errors
/// As [`save`], and [`CaseFileError::NotAFile`].
pub fn save_case(case: &CaseFile, path: &Path, replace: bool) -> Result<(), CaseFileError> {
    save(&case_bytes(case)?, path, replace)
}

/// A case file's own bytes.
///
/// # Errors
/// [`CaseFileError::NotAFile`]: the gateway's answer holds none.
pub fn case_bytes(case: &CaseFile) -> Result<Vec<u8>, CaseFileError> {
    STANDARD.decode(&case.zip).map_err(|_| CaseFileError::NotAFile)
}

/// Saves a file that is for somebody else: beside its place first, then moved there, so that no half of one is ever
/// found.
///
/// # Errors
/// There is one already and `replace` isn't said, or it can't be written.
pub fn save(bytes: &[u8], path: &Path, replace: bool) -> Result<(), CaseFileError> {
    let unwritten = |source| CaseFileError::Unwritten {
        path: path.to_owned(),
        source,
    };
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::Builder::new()
        .prefix(".new-")
        .tempfile_in(dir)
        .map_err(unwritten)?;
    file.write_all(bytes)
        .and_then(|()| file.as_file().sync_all())
        .map_err(unwritten)?;
    let moved = if replace {
        file.persist(path)
    } else {
        file.persist_noclobber(path)
    };
    match moved {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(CaseFileError::There(path.to_owned())),
        Err(error) => Err(unwritten(error.error)),
    }
}
