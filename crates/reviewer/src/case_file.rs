//! Case files on this machine's disk: verified with public keys alone, and saved whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Read as _, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::{CaseFile, CasePartQuery, OperatorError, Operators, Report, VerifyProgress};
use evidence::Digest;
use evidence::casefile::{Container, ContainerLimits, OpenError};
use evidence::verifier::{Pins, Step, Verifier};
use sha2::{Digest as _, Sha256};

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
    /// The person called it off.
    #[error("verifying was called off")]
    CalledOff,
    /// A folder holds no case file.
    #[error("`{}` holds no file whose name ends in .zip; choose another folder, or the file itself", .0.display())]
    NoneThere(PathBuf),
    /// A folder holds more than is verified at once.
    #[error("`{}` holds too many files to verify at once; choose a smaller folder, or the files themselves", .0.display())]
    TooMany(PathBuf),
    /// A directory was named.
    #[error("`{}` is a directory; name the case file itself", .0.display())]
    Directory(PathBuf),
    /// It has no checkpoint.
    #[error("`{}` is no checkpoint, nor a case file with one", .0.display())]
    NoCheckpoint(PathBuf),
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
    /// The gateway gave something that isn't the file it made.
    #[error("what the gateway gave isn't the case file that it made; nothing was saved. Export it again")]
    NotAFile,
    /// The gateway gave nothing.
    #[error("the case file couldn't be fetched: {0}")]
    Unfetched(OperatorError),
    /// The bytes can't be written.
    #[error("the case file can't be written ({0}); see whether there is room for it")]
    Cut(io::Error),
}

/// Verifies one file, telling how far it has come; whoever is told may end it.
///
/// # Errors
/// The file can't be read, or it was called off. Whatever is *in* it is a finding, never an error.
pub fn verify_file(
    path: &Path,
    pins: &Pins,
    told: impl FnMut(VerifyProgress) -> ControlFlow<()>,
) -> Result<Report, CaseFileError> {
    verify_file_from(path, 1, pins, told)
}

/// The same, telling what happened from the record of this number on, by its line in the file.
///
/// # Errors
/// As [`verify_file`].
pub fn verify_file_from(
    path: &Path,
    from: u64,
    pins: &Pins,
    mut told: impl FnMut(VerifyProgress) -> ControlFlow<()>,
) -> Result<Report, CaseFileError> {
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
    let mut verifier = Verifier::new(file, &name, pins).telling_from(from);
    loop {
        match verifier.step(BUDGET).map_err(unread)? {
            Step::Going(progress) => {
                if told(VerifyProgress::of(&name, progress)).is_break() {
                    return Err(CaseFileError::CalledOff);
                }
            }
            Step::Done(report) => {
                let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                return Ok(Report {
                    elapsed_ms,
                    verified_ms: now_ms(),
                    told_from: from,
                    ..Report::from(*report)
                });
            }
        }
    }
}

/// The checkpoint in a case file, or in a file that is one: what somebody saw of a log. It isn't checked here; a log says of
/// it whether it is its own.
///
/// # Errors
/// The file can't be read, or is neither.
pub fn checkpoint_of(path: &Path) -> Result<String, CaseFileError> {
    /// More than any checkpoint has.
    const MOST: u64 = 64 << 10;
    let unread = |source| CaseFileError::Unread {
        path: path.to_owned(),
        source,
    };
    let no_checkpoint = || CaseFileError::NoCheckpoint(path.to_owned());
    let file = File::open(path).map_err(unread)?;
    let bytes = match Container::open(file, ContainerLimits::default()) {
        Ok(mut zip) => {
            while !zip.check(256).map_err(unread)? {}
            zip.load("checkpoint.txt", MOST).map_err(|_| no_checkpoint())?
        }
        Err(OpenError::Io(source)) => return Err(unread(source)),
        Err(OpenError::NotAZip | OpenError::CutOff) => {
            let mut bytes = Vec::new();
            let file = File::open(path).map_err(unread)?;
            file.take(MOST).read_to_end(&mut bytes).map_err(unread)?;
            bytes
        }
    };
    String::from_utf8(bytes).map_err(|_| no_checkpoint())
}

/// By this machine's clock, ms UTC.
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Fetches a case file part by part and saves it as [`NewFile`] does, telling how many bytes are there.
///
/// # Errors
/// As [`NewFile`], and as [`fetch_case`].
pub async fn save_case(
    operators: &dyn Operators,
    case: &CaseFile,
    path: &Path,
    replace: bool,
    told: impl FnMut(u64),
) -> Result<(), CaseFileError> {
    let mut file = NewFile::begin(path)?;
    fetch_case(operators, case, &mut file, told).await?;
    file.keep(replace)
}

/// A case file's own bytes.
///
/// # Errors
/// As [`fetch_case`].
pub async fn case_bytes(operators: &dyn Operators, case: &CaseFile) -> Result<Vec<u8>, CaseFileError> {
    let mut bytes = Vec::new();
    fetch_case(operators, case, &mut bytes, |_| {}).await?;
    Ok(bytes)
}

/// Fetches a case file part by part, and sees that it is the one that was made.
///
/// # Errors
/// [`CaseFileError::NotAFile`] where the gateway gives something else than it made, [`CaseFileError::Unfetched`] where it
/// gives nothing, [`CaseFileError::Cut`] where the bytes can't be taken.
async fn fetch_case(
    operators: &dyn Operators,
    case: &CaseFile,
    into: &mut (impl Write + Send),
    mut told: impl FnMut(u64),
) -> Result<(), CaseFileError> {
    let (mut at, mut sha256) = (0, Sha256::new());
    while at < case.bytes {
        let query = CasePartQuery {
            export_record: case.export_record,
            at,
        };
        let part = operators.case_part(query).await.map_err(CaseFileError::Unfetched)?;
        let bytes = STANDARD.decode(part.bytes).map_err(|_| CaseFileError::NotAFile)?;
        if bytes.is_empty() {
            return Err(CaseFileError::NotAFile);
        }
        sha256.update(&bytes);
        into.write_all(&bytes).map_err(CaseFileError::Cut)?;
        at = at.saturating_add(bytes.len() as u64);
        told(at);
    }
    if at == case.bytes && Digest::new(sha256.finalize().into()).to_string() == case.sha256 {
        Ok(())
    } else {
        Err(CaseFileError::NotAFile)
    }
}

/// Saves a file that is for somebody else, as [`NewFile`] does.
///
/// # Errors
/// There is one already and `replace` isn't said, or it can't be written.
pub fn save(bytes: &[u8], path: &Path, replace: bool) -> Result<(), CaseFileError> {
    let mut file = NewFile::begin(path)?;
    file.write_all(bytes).map_err(|source| file.unwritten(source))?;
    file.keep(replace)
}

/// A file for somebody else while it is written: beside its place first, then moved there, so that no half of one is ever
/// found. Dropped without [`keep`](Self::keep), nothing is left of it.
#[derive(Debug)]
pub struct NewFile {
    path: PathBuf,
    file: BufWriter<tempfile::NamedTempFile>,
}

impl NewFile {
    /// Begins a file that is to have this path.
    ///
    /// # Errors
    /// The directory can't be written.
    pub fn begin(path: &Path) -> Result<Self, CaseFileError> {
        let dir = path
            .parent()
            .filter(|dir| !dir.as_os_str().is_empty())
            .unwrap_or_else(|| Path::new("."));
        let begun = tempfile::Builder::new().prefix(".new-").tempfile_in(dir);
        match begun {
            Ok(file) => Ok(Self {
                path: path.to_owned(),
                file: BufWriter::new(file),
            }),
            Err(source) => Err(CaseFileError::Unwritten {
                path: path.to_owned(),
                source,
            }),
        }
    }

    fn unwritten(&self, source: io::Error) -> CaseFileError {
        CaseFileError::Unwritten {
            path: self.path.clone(),
            source,
        }
    }

    /// Puts it in its place, on disk.
    ///
    /// # Errors
    /// There is one already and `replace` isn't said, or it can't be written.
    pub fn keep(mut self, replace: bool) -> Result<(), CaseFileError> {
        let synced = self
            .file
            .flush()
            .and_then(|()| self.file.get_ref().as_file().sync_all());
        synced.map_err(|source| self.unwritten(source))?;
        let Self { path, file } = self;
        let unwritten = |source| CaseFileError::Unwritten {
            path: path.clone(),
            source,
        };
        let file = file.into_inner().map_err(|error| unwritten(error.into_error()))?;
        let moved = if replace {
            file.persist(&path)
        } else {
            file.persist_noclobber(&path)
        };
        match moved {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(CaseFileError::There(path)),
            Err(error) => Err(unwritten(error.error)),
        }
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// The attestation's place beside a file: `FILE.dsse.json`.
#[must_use]
pub fn attestation_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".dsse.json");
    PathBuf::from(name)
}
