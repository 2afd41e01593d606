//! The operating system's keychain.

use std::sync::{Arc, Mutex, PoisonError};

use keyring_core::{CredentialStore, Entry, Error};
use zeroize::Zeroizing;

use crate::{KeyStore, KeyStoreError, Scope, store};

/// What all of this product's entries are filed under.
const SERVICE: &str = "countersign";

/// A data directory's part of the keychain: service `countersign`, user `<instance>/<scope>/<name>`.
pub(crate) struct Keychain {
    prefix: String,
    /// The connection; replaced when the keychain's process was restarted under us.
    connection: Mutex<Arc<CredentialStore>>,
}

impl Keychain {
    /// Connects, and looks for an entry so that a keychain that can't be used is found out now.
    pub(crate) fn open(instance: &str, scope: Scope) -> Result<Self, KeyStoreError> {
        let prefix = format!("{instance}/{}", scope.name());
        let keychain = Self {
            prefix,
            connection: Mutex::new(connect()?),
        };
        keychain.get("probe").map_err(|error| match error {
            KeyStoreError::Keychain { reason, .. } => KeyStoreError::NoKeychain { reason },
            other => other,
        })?;
        Ok(keychain)
    }

    /// Does something with an entry; once more over a new connection where the platform failed, which it does for
    /// ever after its daemon was restarted.
    fn on<T>(&self, name: &str, act: impl Fn(&Entry) -> keyring_core::Result<T>) -> Result<T, Failed> {
        let user = format!("{}/{name}", self.prefix);
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let first = connection.build(SERVICE, &user, None).and_then(|entry| act(&entry));
        let result = match first {
            Err(Error::PlatformFailure(_)) => {
                *connection = connect().map_err(Failed::Store)?;
                connection.build(SERVICE, &user, None).and_then(|entry| act(&entry))
            }
            other => other,
        };
        result.map_err(|error| match error {
            Error::NoEntry => Failed::NoEntry,
            other => Failed::Store(explain(name, &other)),
        })
    }
}

/// Why an entry couldn't be used.
enum Failed {
    NoEntry,
    Store(KeyStoreError),
}

impl KeyStore for Keychain {
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError> {
        store::check(name, None)?;
        match self.on(name, |entry| entry.get_secret().map(Zeroizing::new)) {
            Ok(secret) => Ok(Some(secret)),
            Err(Failed::NoEntry) => Ok(None),
            Err(Failed::Store(error)) => Err(error),
        }
    }

    fn set(&self, name: &str, secret: &[u8]) -> Result<(), KeyStoreError> {
        store::check(name, Some(secret))?;
        match self.on(name, |entry| entry.set_secret(secret)) {
            Ok(()) => Ok(()),
            Err(Failed::Store(error)) => Err(error),
            Err(Failed::NoEntry) => Err(KeyStoreError::Keychain {
                name: name.to_owned(),
                reason: "the entry vanished".to_owned(),
            }),
        }
    }

    fn remove(&self, name: &str) -> Result<(), KeyStoreError> {
        store::check(name, None)?;
        match self.on(name, Entry::delete_credential) {
            Ok(()) | Err(Failed::NoEntry) => Ok(()),
            Err(Failed::Store(error)) => Err(error),
        }
    }

    fn kind(&self) -> &'static str {
        crate::StoreKind::Keychain.name()
    }
}

/// Says what the platform's error means. Its own text never holds the secret.
fn explain(name: &str, error: &Error) -> KeyStoreError {
    let name = name.to_owned();
    match error {
        Error::NoStorageAccess(reason) => KeyStoreError::NoAccess {
            name,
            reason: reason.to_string(),
        },
        Error::Ambiguous(_) => KeyStoreError::Ambiguous { name },
        other => KeyStoreError::Keychain {
            name,
            reason: other.to_string(),
        },
    }
}

#[cfg(any(target_os = "linux", target_os = "macos", windows))]
fn connect() -> Result<Arc<CredentialStore>, KeyStoreError> {
    #[cfg(target_os = "macos")]
    use apple_native_keyring_store::keychain::Store;
    #[cfg(windows)]
    use windows_native_keyring_store::Store;
    #[cfg(target_os = "linux")]
    use zbus_secret_service_keyring_store::Store;

    match Store::new() {
        Ok(store) => Ok(store),
        Err(error) => Err(KeyStoreError::NoKeychain {
            reason: error.to_string(),
        }),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn connect() -> Result<Arc<CredentialStore>, KeyStoreError> {
    Err(KeyStoreError::Unsupported)
}
