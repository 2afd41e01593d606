//! Bytes sealed at rest under a key that is in the key store.

use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use zeroize::Zeroizing;

use crate::{KeyStore, KeyStoreError, SealError};

/// Length of an AES-GCM nonce, in bytes (NIST SP 800-38D, 8.2.2: random).
pub(crate) const NONCE: usize = 12;
/// Length of an AES-GCM tag, in bytes.
pub(crate) const TAG: usize = 16;

/// AES-256-GCM under one key. Sealed bytes are `nonce (12, random) ‖ ciphertext ‖ tag (16)`.
///
/// Random nonces bear 2^32 sealings under one key (NIST SP 800-38D, 8.3).
pub struct Sealer {
    cipher: Aes256Gcm,
}

impl std::fmt::Debug for Sealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealer(..)")
    }
}

impl Sealer {
    /// A sealer under this key.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self {
            cipher: Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key)),
        }
    }

    /// A sealer under a key of the key store.
    ///
    /// # Errors
    /// The key store fails, has no such key, or has something else than 32 bytes under that name.
    pub fn from_store(store: &dyn KeyStore, name: &str) -> Result<Self, KeyStoreError> {
        let key = store.get(name)?.ok_or_else(|| KeyStoreError::Missing {
            name: name.to_owned(),
            kind: store.kind(),
        })?;
        let key = <&[u8; 32]>::try_from(key.as_slice()).map_err(|_| KeyStoreError::Unfit {
            name: name.to_owned(),
            kind: store.kind(),
            reason: "it must have 32 bytes",
        })?;
        Ok(Self::new(key))
    }

    /// Makes a random key, keeps it in the key store under this name, and seals under it. Replaces no key.
    ///
    /// # Errors
    /// The key store fails or has such a key already, or there are no random bytes.
    pub fn create_in(store: &dyn KeyStore, name: &str) -> Result<Self, KeyStoreError> {
        if store.get(name)?.is_some() {
            let reason = "there is one already, and what was sealed under it would be lost";
            return Err(KeyStoreError::Unfit {
                name: name.to_owned(),
                kind: store.kind(),
                reason,
            });
        }
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice()).map_err(|_| KeyStoreError::NoRandomness)?;
        store.set(name, key.as_slice())?;
        Ok(Self::new(&key))
    }

    /// Seals bytes for one place. `context` names that place (a table and key, say); the same one must be given to open
    /// them, so that sealed bytes moved elsewhere don't open.
    ///
    /// # Errors
    /// There are no random bytes, or the data is longer than AES-GCM takes.
    pub fn seal(&self, context: &[u8], bytes: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| SealError::NoRandomness)?;
        let sealed = self
            .cipher
            .encrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: bytes,
                    aad: context,
                },
            )
            .map_err(|_| SealError::TooLong)?;
        let mut out = Vec::with_capacity(NONCE + sealed.len());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens what [`Sealer::seal`] sealed for the same place.
    ///
    /// # Errors
    /// The bytes are too few, or aren't what was sealed under this key for this place.
    pub fn open(&self, context: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (nonce, rest) = match sealed.split_first_chunk::<NONCE>() {
            Some((nonce, rest)) if rest.len() >= TAG => (nonce, rest),
            _ => return Err(SealError::TooShort { length: sealed.len() }),
        };
        self.cipher
            .decrypt(
                &Nonce::from(*nonce),
                Payload {
                    msg: rest,
                    aad: context,
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| SealError::NotAuthentic)
    }
}
