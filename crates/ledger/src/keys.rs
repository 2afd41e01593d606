//! The log's keys, from the key store.

use evidence::chain::MacKey;
use evidence::{KeyError, Origin, Role, SigningKey};
use vault::{KeyStore, KeyStoreError, Sealer};

use crate::source::random;
use crate::{CreateError, OpenError, RotateError};

/// The log key's name in the key store: PKCS #8 DER.
pub const LOG_KEY: &str = "log-key";
/// The name of the log key that takes its place, until it has: PKCS #8 DER.
pub const NEXT_LOG_KEY: &str = "log-key-next";
/// The name of the operator's MAC key of epoch 0: 32 bytes. That of epoch n is `mac-n`.
pub const MAC_KEY: &str = "mac-0";
/// The name of the key under which the engine seals providers' credentials: 32 bytes, made with the log.
pub const VAULT_KEY: &str = "vault-key";

/// The log's own keys, as the key store holds them.
pub(crate) struct LogKeys {
    pub(crate) signing: StoredKeys,
    pub(crate) macs: Macs,
}

/// The log's signing key, and the one that a rotation which wasn't completed would put in its place.
pub(crate) struct StoredKeys {
    pub(crate) log: SigningKey,
    pub(crate) next: Option<SigningKey>,
}

/// The operators' MAC keys: that of epoch 0, and those of the epochs from 1 on.
pub(crate) struct Macs {
    pub(crate) first: MacKey,
    pub(crate) later: Vec<MacKey>,
}

/// The name of an epoch's MAC key.
pub(crate) fn mac_name(epoch: u32) -> String {
    format!("mac-{epoch}")
}

impl Macs {
    /// Reads them from epoch 0 on, up to the first that isn't there.
    fn read(store: &dyn KeyStore) -> Result<Self, OpenError> {
        let first = mac_key(store, 0)?.ok_or(OpenError::KeyAbsent(MAC_KEY))?;
        let mut later = Vec::new();
        for epoch in 1.. {
            match mac_key(store, epoch)? {
                Some(key) => later.push(key),
                None => break,
            }
        }
        Ok(Self { first, later })
    }

    /// That of each epoch up to this one has to be there: all of them are needed to verify the log from its beginning.
    pub(crate) fn reach(&self, epoch: u32) -> Result<(), OpenError> {
        let newest = u32::try_from(self.later.len()).unwrap_or(u32::MAX);
        if newest >= epoch {
            return Ok(());
        }
        Err(OpenError::EpochKeyAbsent {
            name: mac_name(newest.saturating_add(1)),
        })
    }
}

fn mac_key(store: &dyn KeyStore, epoch: u32) -> Result<Option<MacKey>, OpenError> {
    let name = mac_name(epoch);
    let Some(bytes) = store.get(&name)? else {
        return Ok(None);
    };
    let key = MacKey::from_slice(&bytes).ok_or_else(|| OpenError::KeyUnreadable {
        name,
        why: "it must have 32 bytes".to_owned(),
    })?;
    Ok(Some(key))
}

/// Keeps a log's MAC keys that was set aside under names of its own, so that the next log gets new ones. What is cut short
/// can be done again: a name of the earlier log's is never written twice.
pub(crate) fn set_macs_aside(store: &dyn KeyStore, earlier: &Origin) -> Result<(), KeyStoreError> {
    let digits: String = earlier.digest().to_string().chars().take(8).collect();
    let mut epochs = Vec::new();
    for epoch in 0.. {
        match store.get(&mac_name(epoch))? {
            Some(key) => epochs.push((epoch, key)),
            None => break,
        }
    }
    // The first goes last: as long as it is there, so are all that aren't kept yet.
    for (epoch, key) in epochs.into_iter().rev() {
        let aside = format!("{}-of-{digits}", mac_name(epoch));
        if store.get(&aside)?.is_none() {
            store.set(&aside, &key)?;
        }
        store.remove(&mac_name(epoch))?;
    }
    // Of a rotation that wasn't completed: no record is signed by it.
    store.remove(NEXT_LOG_KEY)
}

/// The MAC key of a new epoch: made, or the one that a rotation which was cut short left behind and no record is under.
pub(crate) fn new_mac(store: &dyn KeyStore, epoch: u32) -> Result<MacKey, RotateError> {
    if let Some(key) = mac_key(store, epoch)? {
        return Ok(key);
    }
    let key = zeroize::Zeroizing::new(random::<32>().map_err(|error| RotateError::NoKey(error.to_string()))?);
    store.set(&mac_name(epoch), key.as_slice())?;
    Ok(MacKey::new(*key))
}

impl LogKeys {
    /// Reads all of them; each has to be there.
    pub(crate) fn read(store: &dyn KeyStore) -> Result<Self, OpenError> {
        let read = |name: &str| -> Result<Option<SigningKey>, OpenError> {
            let Some(der) = store.get(name)? else { return Ok(None) };
            let key = SigningKey::from_pkcs8_der(Role::Log, &der).map_err(|error| OpenError::KeyUnreadable {
                name: name.to_owned(),
                why: error.to_string(),
            })?;
            Ok(Some(key))
        };
        let signing = StoredKeys {
            log: read(LOG_KEY)?.ok_or(OpenError::KeyAbsent(LOG_KEY))?,
            next: read(NEXT_LOG_KEY)?,
        };
        Ok(Self {
            signing,
            macs: Macs::read(store)?,
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
        Origin::new(&self.signing.log.public().spki_der(), nonce)
    }
}

/// A new key for checkpoints.
pub(crate) fn signing_key() -> Result<SigningKey, KeyError> {
    let mut failed = false;
    let key = SigningKey::generate(Role::Log, &mut |bytes: &mut [u8]| {
        failed |= getrandom::fill(bytes).is_err()
    })?;
    if failed { Err(KeyError::NoRandomness) } else { Ok(key) }
}
