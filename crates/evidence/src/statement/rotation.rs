//! What both keys sign when one takes the other's place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Members, StatementError, read, write, wrong};
use crate::envelope::{Envelope, IN_TOTO};
use crate::hash::Digest;
use crate::json::JsonError;
use crate::key::{PublicKey, Role, SigningKey};
use crate::origin::Origin;

/// `urn:countersign:rotation:v1`: "from this size of this log on, the new key signs in this role, and the old one no
/// more". Signed by each of the two, in an envelope of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct RotationStatement {
    /// The log.
    pub origin: Origin,
    /// What both keys sign.
    pub role: Role,
    /// The key that retires.
    pub old: PublicKey,
    /// The key that takes its place; the statement's subject, under the name `key`, is SHA-256 of its
    /// SubjectPublicKeyInfo.
    pub new: PublicKey,
    /// The size of the log from which on the new key signs.
    pub from_size: u64,
}

impl RotationStatement {
    /// The predicate's type.
    pub const KIND: &'static str = "urn:countersign:rotation:v1";

    /// Signs it with one of the two keys.
    ///
    /// # Errors
    /// A size beyond 2⁵³ − 1.
    pub fn sign(&self, key: &SigningKey) -> Result<Envelope, JsonError> {
        Ok(Envelope::sign(IN_TOTO, &self.to_bytes()?, key))
    }

    /// The payload that is signed.
    ///
    /// # Errors
    /// A size beyond 2⁵³ − 1.
    pub fn to_bytes(&self) -> Result<Vec<u8>, JsonError> {
        let new = self.new.spki_der();
        let predicate = json!({
            "origin": self.origin,
            "role": self.role.as_str(),
            "old_spki": STANDARD.encode(self.old.spki_der()),
            "new_spki": STANDARD.encode(&new),
            "from_size": self.from_size,
        });
        write(&[("key".to_owned(), Digest::sha256(&new))], Self::KIND, predicate)
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// [`StatementError`] names the member that isn't right; `new_spki` also where it is the old key.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        let (subjects, mut predicate) = read(bytes, Self::KIND)?;
        let (old, new) = (key(&mut predicate, "old_spki")?, key(&mut predicate, "new_spki")?);
        if subjects != [("key".to_owned(), Digest::sha256(&new.spki_der()))] {
            return Err(wrong("subject"));
        }
        if old == new {
            return Err(wrong("new_spki"));
        }
        let statement = Self {
            origin: predicate.parsed("origin")?,
            role: predicate.parsed("role")?,
            old,
            new,
            from_size: predicate.whole("from_size")?,
        };
        predicate.end()?;
        Ok(statement)
    }
}

fn key(predicate: &mut Members, name: &'static str) -> Result<PublicKey, StatementError> {
    let spki = STANDARD.decode(predicate.text(name)?).map_err(|_| wrong(name))?;
    PublicKey::from_spki_der(&spki).map_err(|_| wrong(name))
}
