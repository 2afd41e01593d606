//! Which key store, and the passphrase that opens a sealed one: from a file or a file descriptor, never an argument.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use vault::{KeyStore, Scope, StoreChoice, StoreKind};
use zeroize::Zeroizing;

use crate::failure::{Exit, Failure};
use crate::output::aside;

/// The longest passphrase file that is read, in bytes.
const LONGEST: u64 = 4096;

/// Where the passphrase is.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct KeyArgs {
    /// The file whose first line is the sealed key store's passphrase
    #[arg(long, global = true, value_name = "FILE", env = "COUNTERSIGN_PASSPHRASE_FILE")]
    passphrase_file: Option<PathBuf>,
    /// The open file descriptor to read the passphrase from
    #[arg(long, global = true, value_name = "N", conflicts_with = "passphrase_file")]
    passphrase_fd: Option<u32>,
}

/// The key store of one run: its passphrase is read once, because a descriptor can be read only once.
pub(crate) struct Keys {
    args: KeyArgs,
    passphrase: OnceLock<Zeroizing<String>>,
}

impl Keys {
    pub(crate) fn new(args: KeyArgs) -> Self {
        Self {
            args,
            passphrase: OnceLock::new(),
        }
    }

    /// The key store of this kind, with what opens it.
    pub(crate) fn choice(&self, kind: StoreKind) -> Result<StoreChoice, Failure> {
        match kind {
            StoreKind::Keychain => Ok(StoreChoice::Keychain),
            StoreKind::SealedFile => Ok(StoreChoice::SealedFile {
                passphrase: self.passphrase()?,
            }),
        }
    }

    /// Opens the key store that the data directory was set up with.
    pub(crate) async fn open(&self, data_dir: &Path, scope: Scope) -> Result<Arc<dyn KeyStore>, Failure> {
        let kind = vault::configured(data_dir)?.ok_or_else(|| no_tenant(data_dir))?;
        open(self.choice(kind)?, data_dir, scope).await
    }

    fn passphrase(&self) -> Result<Zeroizing<String>, Failure> {
        if let Some(passphrase) = self.passphrase.get() {
            return Ok(passphrase.clone());
        }
        let passphrase = match (&self.args.passphrase_file, self.args.passphrase_fd) {
            (Some(file), _) => {
                warn_of_readers(file);
                read(file)?
            }
            (None, Some(fd)) => read(&descriptor(fd)?)?,
            (None, None) => {
                return Err(Failure::with(
                    Exit::KeyStore,
                    "the keys are in a sealed file, and no passphrase was given; add --passphrase-file FILE or \
                     --passphrase-fd N, or set COUNTERSIGN_PASSPHRASE_FILE",
                ));
            }
        };
        Ok(self.passphrase.get_or_init(|| passphrase).clone())
    }
}

/// Opens a key store where blocking is allowed: a keychain may wait for a person.
pub(crate) async fn open(choice: StoreChoice, data_dir: &Path, scope: Scope) -> Result<Arc<dyn KeyStore>, Failure> {
    let data_dir = data_dir.to_owned();
    let opened = tokio::task::spawn_blocking(move || vault::open(&choice, &data_dir, scope)).await;
    Ok(opened.map_err(Failure::new)??)
}

/// There is nothing to open.
pub(crate) fn no_tenant(data_dir: &Path) -> Failure {
    Failure::new(format!(
        "nothing is set up in `{}`; run `countersign init` first, or name another --data",
        data_dir.display()
    ))
}

/// The first line of the file, without its line feed.
fn read(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let unread = |error: &dyn std::fmt::Display| {
        Failure::with(
            Exit::KeyStore,
            format!("the passphrase can't be read from `{}` ({error})", path.display()),
        )
    };
    let mut text = Zeroizing::new(String::with_capacity(LONGEST as usize));
    let file = std::fs::File::open(path).map_err(|error| unread(&error))?;
    file.take(LONGEST)
        .read_to_string(&mut text)
        .map_err(|error| unread(&error))?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(unread(&"its first line is empty"));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

#[cfg(unix)]
fn descriptor(fd: u32) -> Result<PathBuf, Failure> {
    Ok(PathBuf::from(format!("/dev/fd/{fd}")))
}

#[cfg(not(unix))]
fn descriptor(_: u32) -> Result<PathBuf, Failure> {
    Err(Failure::with(
        Exit::NotThat,
        "this system has no file descriptors to name; use --passphrase-file",
    ))
}

#[cfg(unix)]
fn warn_of_readers(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    if std::fs::metadata(file).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o077 != 0) {
        aside(&format!(
            "Note: others on this machine can read `{0}`; `chmod 600 {0}` keeps them out.",
            file.display()
        ));
    }
}

#[cfg(not(unix))]
fn warn_of_readers(_: &Path) {}
