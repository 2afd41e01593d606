//! Which key store a data directory uses: chosen once, written down, never switched silently.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::keychain::Keychain;
use crate::sealed_file::SealedFile;
use crate::{KeyStore, KeyStoreError, atomic, place};

/// The file in the data directory that names its key store.
const FILE: &str = "store.toml";

/// A key store, and what opens it.
#[derive(Clone)]
pub enum StoreChoice {
    /// The operating system's keychain.
    Keychain,
    /// A file in the data directory, sealed with a passphrase.
    SealedFile {
        /// The passphrase: at least 8 characters where the file is still to be made.
        passphrase: Zeroizing<String>,
    },
}

impl StoreChoice {
    /// Which one this is.
    #[must_use]
    pub fn kind(&self) -> StoreKind {
        match self {
            Self::Keychain => StoreKind::Keychain,
            Self::SealedFile { .. } => StoreKind::SealedFile,
        }
    }
}

impl fmt::Debug for StoreChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StoreChoice({})", self.kind())
    }
}

/// Where keys can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreKind {
    /// The operating system's keychain.
    Keychain,
    /// A file sealed with a passphrase.
    SealedFile,
}

impl StoreKind {
    const ALL: [Self; 2] = [Self::Keychain, Self::SealedFile];

    /// The whole text of `store.toml`, which is one line of TOML so that a person can read it.
    fn file_text(self) -> &'static str {
        match self {
            Self::Keychain => "key_store = \"keychain\"\n",
            Self::SealedFile => "key_store = \"sealed-file\"\n",
        }
    }

    /// For a person: `keychain` or `sealed file`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Keychain => "keychain",
            Self::SealedFile => "sealed file",
        }
    }
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whose keys they are. The two never share a file or an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The gateway's own: log, case, release, chain, sealing and head. `keys.sealed`.
    Gateway,
    /// The person's: the reviewer key, which no gateway reads. `reviewer.sealed`.
    Person,
}

impl Scope {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Person => "person",
        }
    }

    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Gateway => "keys.sealed",
            Self::Person => "reviewer.sealed",
        }
    }
}

/// Which key store the data directory uses; `None` where that was never chosen. Opens and creates nothing.
///
/// # Errors
/// `store.toml` can't be read, or says something else than one of the two.
pub fn configured(data_dir: &Path) -> Result<Option<StoreKind>, KeyStoreError> {
    let path = data_dir.join(FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(KeyStoreError::Io {
                doing: "read",
                path,
                source,
            });
        }
    };
    match StoreKind::ALL.into_iter().find(|kind| kind.file_text() == text) {
        Some(kind) => Ok(Some(kind)),
        None => Err(KeyStoreError::Damaged {
            path,
            reason: "it names neither key store",
        }),
    }
}

/// Opens the data directory's key store. The first opening fixes which one it uses; the directory is made, for its
/// owner alone, where it is missing.
///
/// An absent sealed file is an empty store: the first secret makes it. Blocks: stretching a passphrase takes a
/// fraction of a second and 64 MiB, and a keychain may ask the person to unlock it.
///
/// # Errors
/// [`KeyStoreError::NoKeychain`] where none answers (never a fallback), [`KeyStoreError::WrongPassphrase`],
/// [`KeyStoreError::OtherStore`] where the directory uses the other one, [`KeyStoreError::Damaged`].
pub fn open(choice: &StoreChoice, data_dir: &Path, scope: Scope) -> Result<Arc<dyn KeyStore>, KeyStoreError> {
    let kind = choice.kind();
    let known = configured(data_dir)?;
    if let Some(configured) = known
        && configured != kind
    {
        return Err(KeyStoreError::OtherStore {
            data_dir: data_dir.to_owned(),
            configured,
            asked: kind,
        });
    }
    place::private_dir(data_dir)?;
    let store: Arc<dyn KeyStore> = match choice {
        StoreChoice::Keychain => Arc::new(Keychain::open(&place::instance(data_dir)?, scope)?),
        StoreChoice::SealedFile { passphrase } => Arc::new(SealedFile::open(data_dir, scope, passphrase.clone())?),
    };
    // Written last: a store that couldn't be opened binds nobody to it.
    if known.is_none() {
        atomic::write(&data_dir.join(FILE), kind.file_text().as_bytes())?;
    }
    Ok(store)
}
