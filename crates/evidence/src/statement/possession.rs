//! What the holder of a new key signs with it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{StatementError, read, write, wrong};
use crate::envelope::{Envelope, EnvelopeError, IN_TOTO};
use crate::hash::Digest;
use crate::json::JsonError;
use crate::key::{PublicKey, Role, SigningKey};
use crate::origin::Origin;

/// `urn:countersign:possession:v1`: "I hold this key and want it registered in this log in this role". Signed by the key
/// itself, so that nobody can register another's key as their own.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyPossession {
    /// The log that the key is for.
    pub origin: Origin,
    /// What it shall sign.
    pub role: Role,
    /// The key; the statement's subject, under the name `key`, is SHA-256 of its SubjectPublicKeyInfo.
    pub key: PublicKey,
    /// Whose it is: an operator's uid, or the tenant's for the gateway's own keys.
    pub holder_uid: String,
}

impl KeyPossession {
    /// The predicate's type.
    pub const KIND: &'static str = "urn:countersign:possession:v1";

    /// Makes and signs the statement for this key.
    ///
    /// # Errors
    /// None in fact; the type is the canonical writer's.
    pub fn sign(origin: Origin, holder_uid: &str, key: &SigningKey) -> Result<Envelope, JsonError> {
        let statement = Self {
            origin,
            role: key.role(),
            key: key.public(),
            holder_uid: holder_uid.to_owned(),
        };
        Ok(Envelope::sign(IN_TOTO, &statement.to_bytes()?, key))
    }

    /// Reads the statement and checks that the key that it names signed it.
    ///
    /// # Errors
    /// [`PossessionError`].
    pub fn verify(envelope: &Envelope) -> Result<Self, PossessionError> {
        let statement = Self::parse(envelope.unverified_payload())?;
        envelope.verify(IN_TOTO, &statement.key)?;
        Ok(statement)
    }

    /// The payload that is signed.
    ///
    /// # Errors
    /// None in fact; the type is the canonical writer's.
    pub fn to_bytes(&self) -> Result<Vec<u8>, JsonError> {
        let spki = self.key.spki_der();
        let predicate = json!({
            "origin": self.origin,
            "role": self.role.as_str(),
            "spki": STANDARD.encode(&spki),
            "holder_uid": self.holder_uid,
        });
        write(&[("key".to_owned(), Digest::sha256(&spki))], Self::KIND, predicate)
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// [`StatementError`] names the member that isn't right.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        let (subjects, mut predicate) = read(bytes, Self::KIND)?;
        let spki = STANDARD.decode(predicate.text("spki")?).map_err(|_| wrong("spki"))?;
        let key = PublicKey::from_spki_der(&spki).map_err(|_| wrong("spki"))?;
        if subjects != [("key".to_owned(), Digest::sha256(&spki))] {
            return Err(wrong("subject"));
        }
        let statement = Self {
            origin: predicate.parsed("origin")?,
            role: predicate.parsed("role")?,
            key,
            holder_uid: predicate.text("holder_uid")?,
        };
        predicate.end()?;
        Ok(statement)
    }
}

/// Why possession of a key isn't proved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PossessionError {
    /// Not such a statement.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// Not signed by the key.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
}
