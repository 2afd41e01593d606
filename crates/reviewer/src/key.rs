//! The reviewer's key: made once, kept in the person's part of the key store, used only here.

use std::sync::Arc;

use contract::{HeldItem, ReviewerDecision, SignedDecision, Statement};
use evidence::statement::KeyPossession;
use evidence::{Envelope, KeyId, Origin, PublicKey, Role, SigningKey};
use vault::{KeyStore, KeyStoreError};

use crate::check::{self, SignError};

/// The key, PKCS#8 DER.
const KEY: &str = "reviewer-key";
/// Whose key it is: the operator's uid.
const UID: &str = "reviewer-uid";

/// Why a reviewer's key can't be made, opened or used.
#[derive(Debug, thiserror::Error)]
pub enum ReviewerError {
    /// The key store failed, or has no reviewer's key.
    #[error(transparent)]
    KeyStore(#[from] KeyStoreError),
    /// What is in the key store isn't a reviewer's key.
    #[error("the key store's `{name}` can't be used ({reason}); put back the key store that belongs here")]
    Key {
        /// The entry's name.
        name: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The log's origin isn't one.
    #[error("`{0}` is no log's origin, so nothing is signed over it")]
    Origin(String),
    /// A proof or statement can't be put in its signed form.
    #[error("the statement can't be signed ({0})")]
    Form(String),
    /// The statement says something else than what was shown or decided. Nothing was signed.
    #[error("nothing was signed: {0}")]
    Refused(#[from] SignError),
}

/// A person's reviewer key, opened.
pub struct Reviewer {
    uid: String,
    key: SigningKey,
}

impl std::fmt::Debug for Reviewer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reviewer")
            .field("uid", &self.uid)
            .field("key_id", &self.key_id())
            .finish()
    }
}

impl Reviewer {
    /// Opens the person's key. The store is the one of [`vault::Scope::Person`].
    ///
    /// # Errors
    /// The key store fails, or holds no reviewer's key, or a damaged one.
    pub fn open(store: &Arc<dyn KeyStore>) -> Result<Self, ReviewerError> {
        let missing = |name: &str| KeyStoreError::Missing {
            name: name.to_owned(),
            kind: store.kind(),
        };
        let der = store.get(KEY)?.ok_or_else(|| missing(KEY))?;
        let uid = store.get(UID)?.ok_or_else(|| missing(UID))?;
        let key = SigningKey::from_pkcs8_der(Role::Reviewer, &der).map_err(|error| ReviewerError::Key {
            name: KEY,
            reason: error.to_string(),
        })?;
        let uid = std::str::from_utf8(&uid)
            .map_err(|_| ReviewerError::Key {
                name: UID,
                reason: "it isn't text".to_owned(),
            })?
            .to_owned();
        Ok(Self { uid, key })
    }

    /// Makes a person's key and uid. A key that is there already is kept and opened, so that an interrupted set-up
    /// can go on.
    ///
    /// # Errors
    /// The key store fails, or there are no random bytes.
    pub fn create(store: &Arc<dyn KeyStore>) -> Result<Self, ReviewerError> {
        if store.get(KEY)?.is_some() {
            return Self::open(store);
        }
        let uid = uuid_v4(vault::random()?);
        let mut failed = None;
        let mut random = |bytes: &mut [u8]| {
            for chunk in bytes.chunks_mut(32) {
                match vault::random::<32>() {
                    Ok(fresh) => chunk.iter_mut().zip(fresh).for_each(|(to, from)| *to = from),
                    Err(error) => failed = Some(error),
                }
            }
        };
        let key = SigningKey::generate(Role::Reviewer, &mut random);
        if let Some(error) = failed {
            return Err(error.into());
        }
        let unfit = |error: evidence::KeyError| ReviewerError::Key {
            name: KEY,
            reason: error.to_string(),
        };
        let key = key.map_err(unfit)?;
        // The uid first: a key is never there without knowing whose it is.
        store.set(UID, uid.as_bytes())?;
        store.set(KEY, &key.to_pkcs8_der().map_err(unfit)?)?;
        Ok(Self { uid, key })
    }

    /// The operator's uid, under which the key is registered in the log.
    #[must_use]
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// The key's public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        self.key.public()
    }

    /// The key's id, `SHA256:…`.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key.public().key_id()
    }

    /// Proves to one log that this person holds this key.
    ///
    /// # Errors
    /// `origin` isn't a log's origin.
    pub fn possession(&self, origin: &str) -> Result<Envelope, ReviewerError> {
        let origin: Origin = origin.parse().map_err(|_| ReviewerError::Origin(origin.to_owned()))?;
        KeyPossession::sign(origin, &self.uid, &self.key).map_err(|error| ReviewerError::Form(error.to_string()))
    }

    /// Signs a decision on an item, if the statement says exactly what was shown and decided.
    ///
    /// `item` is what the person read, `decision` and `reason` what they decided (surrounding white space of the reason
    /// doesn't count), `statement` what the gateway gave for it.
    ///
    /// # Errors
    /// [`ReviewerError::Refused`] with what differs; then nothing was signed.
    pub fn sign(
        &self,
        item: &HeldItem,
        statement: &Statement,
        decision: ReviewerDecision,
        reason: &str,
    ) -> Result<SignedDecision, ReviewerError> {
        check::check(&self.uid, item, statement, decision, reason)?;
        let envelope = Envelope::sign(&statement.payload_type, statement.payload.as_bytes(), &self.key);
        let form = |error: &dyn std::fmt::Display| ReviewerError::Form(error.to_string());
        let bytes = envelope.to_bytes().map_err(|error| form(&error))?;
        let envelope = String::from_utf8(bytes).map_err(|error| form(&error))?;
        Ok(SignedDecision {
            uid: item.item.uid.clone(),
            envelope,
        })
    }
}

/// RFC 9562 section 5.4.
fn uuid_v4(bytes: [u8; 16]) -> String {
    let n = u128::from_be_bytes(bytes) & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let hex = format!("{n:032x}");
    let mut text = String::with_capacity(36);
    for (i, digit) in hex.chars().enumerate() {
        if matches!(i, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::uuid_v4;

    #[test]
    fn version_and_variant_are_set_and_the_rest_is_random() {
        assert_eq!(uuid_v4([0; 16]), "00000000-0000-4000-8000-000000000000");
        assert_eq!(uuid_v4([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }
}
