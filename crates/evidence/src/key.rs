//! Signing keys by role: P-256, RFC 6979, low-s.
//!
//! DER signatures stand in DSSE envelopes and signed notes, raw `r ‖ s` in JWS. High-s, r = s = 0 (CVE-2022-21449)
//! and lax DER are refused when verifying, so a signature has exactly one form.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use p256::ecdsa::signature::{Signer as _, Verifier as _};
use p256::ecdsa::{self, DerSignature, Signature};
use p256::pkcs8::{DecodePrivateKey as _, DecodePublicKey as _, EncodePrivateKey as _, EncodePublicKey as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::{Zeroize as _, Zeroizing};

use crate::hash::Digest;

/// What a key may sign. Keys are never shared between roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Checkpoints of the log.
    Log,
    /// Case files.
    Case,
    /// Releases of approved actions.
    Release,
    /// A person's approvals and denials; the key is with that person.
    Reviewer,
}

impl Role {
    /// Its name in records and statements.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Case => "case",
            Self::Release => "release",
            Self::Reviewer => "reviewer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        [Self::Log, Self::Case, Self::Release, Self::Reviewer]
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(KeyError::UnknownRole)
    }
}

/// What can be wrong with a key or a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The bytes aren't a P-256 private key in PKCS #8.
    #[error("not a P-256 private key in PKCS #8 DER; the key store's entry is damaged or another program's")]
    NotAPrivateKey,
    /// The bytes aren't a P-256 public key in the one form of SubjectPublicKeyInfo that we write.
    #[error("not a P-256 public key as SubjectPublicKeyInfo DER (RFC 5480, named curve, uncompressed point)")]
    NotAPublicKey,
    /// The text isn't an SSH-style fingerprint.
    #[error("not a key id: `SHA256:` and 43 characters of unpadded base64 are wanted")]
    NotAKeyId,
    /// Not one of the four roles.
    #[error("not a key's role: `log`, `case`, `release` or `reviewer` is wanted")]
    UnknownRole,
    /// The key is for another purpose.
    #[error("this is a {have} key, and only a {want} key may sign this")]
    WrongRole {
        /// The role of the key at hand.
        have: Role,
        /// The role that is wanted.
        want: Role,
    },
    /// The signature isn't in the one strict form: DER or 64 raw bytes, r and s in range, s low.
    #[error("the signature isn't in its one strict form (exact DER or 64 bytes, r and s in range, low s)")]
    MalformedSignature,
    /// The signature isn't by this key over these bytes.
    #[error("the signature isn't this key's over these bytes")]
    WrongSignature,
    /// The source of randomness gave no usable key in 64 tries; one in 2³² is expected to fail.
    #[error("the source of randomness gives no usable key; it is broken")]
    NoRandomness,
}

/// A private key with its role. Never printed; zeroized when dropped.
pub struct SigningKey {
    role: Role,
    key: ecdsa::SigningKey,
}

impl SigningKey {
    /// A new key. `random` fills its argument with bytes from the operating system.
    ///
    /// # Errors
    /// [`KeyError::NoRandomness`] if `random` is broken.
    pub fn generate(role: Role, random: &mut impl FnMut(&mut [u8])) -> Result<Self, KeyError> {
        let mut scalar = Zeroizing::new([0; 32]);
        // A draw outside 1..n (about one in 2³²) is thrown away, so every key is equally likely.
        for _ in 0..64 {
            random(scalar.as_mut());
            if let Ok(key) = ecdsa::SigningKey::from_slice(scalar.as_ref()) {
                scalar.zeroize();
                return Ok(Self { role, key });
            }
        }
        Err(KeyError::NoRandomness)
    }

    /// Reads a key that [`to_pkcs8_der`](Self::to_pkcs8_der) wrote.
    ///
    /// # Errors
    /// [`KeyError::NotAPrivateKey`] if it is anything else.
    pub fn from_pkcs8_der(role: Role, der: &[u8]) -> Result<Self, KeyError> {
        let key = ecdsa::SigningKey::from_pkcs8_der(der).map_err(|_| KeyError::NotAPrivateKey)?;
        Ok(Self { role, key })
    }

    /// The key as PKCS #8 (RFC 5958), for a key store.
    ///
    /// # Errors
    /// [`KeyError::NotAPrivateKey`] if it can't be encoded, which no valid key causes.
    pub fn to_pkcs8_der(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let document = self.key.to_pkcs8_der().map_err(|_| KeyError::NotAPrivateKey)?;
        Ok(Zeroizing::new(document.as_bytes().to_vec()))
    }

    /// What it may sign.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(*self.key.verifying_key())
    }

    /// Refuses a key of another role.
    pub(crate) const fn expect_role(&self, want: Role) -> Result<(), KeyError> {
        if self.role as u8 == want as u8 {
            Ok(())
        } else {
            Err(KeyError::WrongRole { have: self.role, want })
        }
    }

    /// Signs SHA-256 of `message`; ASN.1 DER.
    #[must_use]
    pub fn sign_der(&self, message: &[u8]) -> Vec<u8> {
        self.sign(message).to_der().as_bytes().to_vec()
    }

    /// Signs SHA-256 of `message`; 32 bytes r, 32 bytes s.
    #[must_use]
    pub fn sign_raw(&self, message: &[u8]) -> [u8; 64] {
        self.sign(message).to_bytes().into()
    }

    fn sign(&self, message: &[u8]) -> Signature {
        let signature: Signature = self.key.sign(message);
        signature.normalize_s()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}, {})", self.role, self.public().key_id())
    }
}

/// A P-256 public key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(ecdsa::VerifyingKey);

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo (RFC 5480): named curve P-256, uncompressed point, nothing after it.
    ///
    /// # Errors
    /// [`KeyError::NotAPublicKey`] for any other bytes.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyError> {
        let key = ecdsa::VerifyingKey::from_public_key_der(der).map_err(|_| KeyError::NotAPublicKey)?;
        // One key, one form: its fingerprint is over these bytes.
        if Self(key).spki_der() == der {
            Ok(Self(key))
        } else {
            Err(KeyError::NotAPublicKey)
        }
    }

    /// Reads a SubjectPublicKeyInfo in PEM (RFC 7468), as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// [`KeyError::NotAPublicKey`] for any other text.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let key = ecdsa::VerifyingKey::from_public_key_pem(text).map_err(|_| KeyError::NotAPublicKey)?;
        Ok(Self(key))
    }

    /// The key as SubjectPublicKeyInfo, 91 bytes.
    #[must_use]
    pub fn spki_der(&self) -> Vec<u8> {
        // The encoding of a valid point can't fail; an empty result would match no key.
        self.0
            .to_public_key_der()
            .map(|document| document.as_bytes().to_vec())
            .unwrap_or_default()
    }

    /// Its SSH fingerprint: SHA-256 of the key in SSH's wire form (RFC 5656 §3.1), which is
    /// `string "ecdsa-sha2-nistp256" ‖ string "nistp256" ‖ string Q`, a string being u32 length and bytes.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        const HEAD: &[u8] = b"\0\0\0\x13ecdsa-sha2-nistp256\0\0\0\x08nistp256\0\0\0\x41";
        KeyId(Digest::sha256_of(&[HEAD, &self.0.to_sec1_bytes()]))
    }

    /// The first four bytes of SHA-256 of its SubjectPublicKeyInfo: the id in a signed note's line.
    #[must_use]
    pub fn note_id(&self) -> [u8; 4] {
        let [a, b, c, d, ..] = *Digest::sha256(&self.spki_der()).as_bytes();
        [a, b, c, d]
    }

    /// Checks an ASN.1 DER signature over SHA-256 of `message`.
    ///
    /// # Errors
    /// [`KeyError::MalformedSignature`] or [`KeyError::WrongSignature`].
    pub fn verify_der(&self, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        let der = DerSignature::try_from(signature).map_err(|_| KeyError::MalformedSignature)?;
        if der.as_bytes() != signature {
            return Err(KeyError::MalformedSignature);
        }
        let parsed = Signature::try_from(der).map_err(|_| KeyError::MalformedSignature)?;
        if parsed.to_der().as_bytes() != signature {
            return Err(KeyError::MalformedSignature);
        }
        self.verify(message, &parsed)
    }

    /// Checks a 64-byte `r ‖ s` signature over SHA-256 of `message`.
    ///
    /// # Errors
    /// [`KeyError::MalformedSignature`] or [`KeyError::WrongSignature`].
    pub fn verify_raw(&self, message: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        let parsed = Signature::from_slice(signature).map_err(|_| KeyError::MalformedSignature)?;
        self.verify(message, &parsed)
    }

    fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), KeyError> {
        if signature.normalize_s() != *signature {
            return Err(KeyError::MalformedSignature);
        }
        self.0.verify(message, signature).map_err(|_| KeyError::WrongSignature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.key_id())
    }
}

/// A key's SSH fingerprint, `SHA256:` and 43 characters of unpadded standard base64: the one form of a keyid that Go's
/// DSSE verifiers don't skip and Python's accept.
///
/// It names a key and never stands for one: compare whole keys to establish an identity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(Digest);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SHA256:{}", STANDARD_NO_PAD.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl FromStr for KeyId {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let base64 = text.strip_prefix("SHA256:").ok_or(KeyError::NotAKeyId)?;
        let bytes = STANDARD_NO_PAD.decode(base64).map_err(|_| KeyError::NotAKeyId)?;
        Digest::from_slice(&bytes).map(Self).ok_or(KeyError::NotAKeyId)
    }
}

impl Serialize for KeyId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for KeyId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
pub(crate) mod tests;
