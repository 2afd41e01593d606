//! What holds keys.

use zeroize::Zeroizing;

use crate::KeyStoreError;

/// A place that holds a few small secrets by name, for one data directory and one [`crate::Scope`].
///
/// Names are 1 to 64 characters of `a-z`, `0-9` and `-`; secrets are at most 2,048 bytes (a Windows credential takes
/// 2,560). Every call blocks, up to a person's answer where the keychain has to be unlocked first. Nothing is cached:
/// what another process wrote is seen by the next call.
pub trait KeyStore: Send + Sync {
    /// The secret of this name, or `None` where there is none.
    ///
    /// # Errors
    /// The keychain can't be reached or stays locked, or the sealed file can't be read or opened.
    fn get(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeyStoreError>;

    /// Keeps a secret under this name, in place of the one that was there. When this returns, it is on disk.
    ///
    /// # Errors
    /// As [`KeyStore::get`], and where it can't be written. A failed write leaves the old secret in place.
    fn set(&self, name: &str, secret: &[u8]) -> Result<(), KeyStoreError>;

    /// Forgets the secret of this name; that there is none is no error.
    ///
    /// # Errors
    /// As [`KeyStore::set`].
    fn remove(&self, name: &str) -> Result<(), KeyStoreError>;

    /// Where keys are, for a person: `keychain` or `sealed file`.
    fn kind(&self) -> &'static str;
}

/// The longest secret that every key store takes.
pub(crate) const MAX_SECRET: usize = 2048;

/// Checks a name and a secret before either goes anywhere.
pub(crate) fn check(name: &str, secret: Option<&[u8]>) -> Result<(), KeyStoreError> {
    let named = (1..=64).contains(&name.len())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !named {
        return Err(KeyStoreError::InvalidName { name: name.to_owned() });
    }
    match secret {
        Some(secret) if secret.len() > MAX_SECRET => Err(KeyStoreError::TooLong {
            name: name.to_owned(),
            length: secret.len(),
            limit: MAX_SECRET,
        }),
        _ => Ok(()),
    }
}
