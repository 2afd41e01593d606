//! The log's keys, from the key store.

use evidence::chain::MacKey;
use evidence::{KeyError, Origin, Role, SigningKey};
use vault::{KeyStore, Sealer};

use crate::source::random;
use crate::{CreateError, OpenError};

/// The log key's name in the key store: PKCS #8 DER.
pub const LOG_KEY: &str = "log-key";
/// The name of the operator's MAC key of epoch 0: 32 bytes.
pub const MAC_KEY: &str = "mac-0";
/// The name of the key under which the engine seals providers' credentials: 32 bytes, made with the log.
pub const VAULT_KEY: &str = "vault-key";

/// The log's own keys.
pub(crate) struct LogKeys {
    pub(crate) log: SigningKey,
    pub(crate) mac: MacKey,
}

impl LogKeys {
    /// Reads all of them; each has to be there.
    pub(crate) fn read(store: &dyn KeyStore) -> Result<Self, OpenError> {
        let unreadable = |name, why: &dyn std::fmt::Display| OpenError::KeyUnreadable {
            name,
            why: why.to_string(),
        };
        let log = store.get(LOG_KEY)?.ok_or(OpenError::KeyAbsent(LOG_KEY))?;
        let mac = store.get(MAC_KEY)?.ok_or(OpenError::KeyAbsent(MAC_KEY))?;
        Ok(Self {
            log: SigningKey::from_pkcs8_der(Role::Log, &log).map_err(|error| unreadable(LOG_KEY, &error))?,
            mac: MacKey::from_slice(&mac).ok_or_else(|| unreadable(MAC_KEY, &"it must have 32 bytes"))?,
        })
    }

    /// Makes those that aren't there yet. A creation that was cut short leaves keys that belong to no log: they serve.
    pub(crate) fn make(store: &dyn KeyStore) -> Result<Self, CreateError> {
        if store.get(LOG_KEY)?.is_none() {
            let key = signing_key().map_err(|error| CreateError::Genesis(error.to_string()))?;
            let der = key
                .to_pkcs8_der()
                .map_err(|error| CreateError::Genesis(error.to_string()))?;
            store.set(LOG_KEY, &der)?;
        }
        if store.get(MAC_KEY)?.is_none() {
            let key = random::<32>().map_err(|error| CreateError::Genesis(error.to_string()))?;
            store.set(MAC_KEY, zeroize::Zeroizing::new(key).as_slice())?;
        }
        if store.get(VAULT_KEY)?.is_none() {
            Sealer::create_in(store, VAULT_KEY)?;
        }
        Ok(Self::read(store)?)
    }

    /// The origin of a log that begins with this key.
    pub(crate) fn origin(&self, nonce: &[u8; 16]) -> Origin {
        Origin::new(&self.log.public().spki_der(), nonce)
    }
}

fn signing_key() -> Result<SigningKey, KeyError> {
    let mut failed = false;
    let key = SigningKey::generate(Role::Log, &mut |bytes: &mut [u8]| {
        failed |= getrandom::fill(bytes).is_err()
    })?;
    if failed { Err(KeyError::NoRandomness) } else { Ok(key) }
}
