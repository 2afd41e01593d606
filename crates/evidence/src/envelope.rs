//! DSSE 1.0.2 with exactly one P-256 signature, in one exact encoding.
//!
//! `PAE(type, body) = "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body`, LEN in decimal. The JSON is in canonical
//! form (RFC 8785), base64 is standard with padding, the signature DER with low s: an envelope has one sequence of bytes,
//! and any other is refused.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::json::{self, JsonError};
use crate::key::{KeyError, KeyId, PublicKey, SigningKey};

/// The media type of in-toto statements.
pub const IN_TOTO: &str = "application/vnd.in-toto+json";

/// A signed payload. Not to be believed before [`verify`](Envelope::verify).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    payload_type: String,
    payload: Vec<u8>,
    key_id: KeyId,
    signature: Vec<u8>,
}

/// What keeps bytes from being an envelope, or an envelope from being believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not signed JSON in canonical form.
    #[error("the envelope isn't JSON in canonical form: {0}")]
    Json(#[from] JsonError),
    /// Not the shape of an envelope.
    #[error("the envelope has a member too many, too few, or of another form: {0}")]
    Shape(&'static str),
    /// Another payload type than the one that belongs here.
    #[error("the envelope's payload type is `{found}`, and `{wanted}` belongs here")]
    WrongType {
        /// What it is.
        found: String,
        /// What belongs here.
        wanted: &'static str,
    },
    /// Signed under another key.
    #[error("the envelope is signed under {found}, not under this key, {wanted}")]
    OtherKey {
        /// Which key it names.
        found: KeyId,
        /// Which key was to be checked.
        wanted: KeyId,
    },
    /// The signature doesn't hold.
    #[error("the envelope's signature: {0}")]
    Key(#[from] KeyError),
}

/// DSSE's pre-authentication encoding: what is signed.
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

impl Envelope {
    /// Signs a payload.
    #[must_use]
    pub fn sign(payload_type: &str, payload: &[u8], key: &SigningKey) -> Self {
        Self {
            payload_type: payload_type.to_owned(),
            payload: payload.to_vec(),
            key_id: key.public().key_id(),
            signature: key.sign_der(&pae(payload_type, payload)),
        }
    }

    /// Reads an envelope's bytes, and refuses any that aren't exactly those that [`to_bytes`](Self::to_bytes) gives.
    ///
    /// # Errors
    /// [`EnvelopeError::Json`] or [`EnvelopeError::Shape`].
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let value = json::parse_canonical(bytes)?;
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let payload_type = text(&value, "payloadType").ok_or(EnvelopeError::Shape("payloadType"))?;
        let payload = text(&value, "payload").and_then(|text| STANDARD.decode(text).ok());
        let payload = payload.ok_or(EnvelopeError::Shape("payload"))?;
        let signatures = value.get("signatures").and_then(Value::as_array).map(Vec::as_slice);
        let Some([one]) = signatures else {
            return Err(EnvelopeError::Shape("signatures: exactly one is wanted"));
        };
        let key_id = text(one, "keyid")
            .and_then(|text| text.parse().ok())
            .ok_or(EnvelopeError::Shape("keyid"))?;
        let signature = text(one, "sig").and_then(|text| STANDARD.decode(text).ok());
        let signature = signature.ok_or(EnvelopeError::Shape("sig"))?;
        let envelope = Self {
            payload_type,
            payload,
            key_id,
            signature,
        };
        // Re-encoded and compared: no further member can hide in it.
        if envelope.to_bytes()? == bytes {
            Ok(envelope)
        } else {
            Err(EnvelopeError::Shape("a member that isn't known"))
        }
    }

    /// Its bytes: `{"payload":…,"payloadType":…,"signatures":[{"keyid":…,"sig":…}]}`.
    ///
    /// # Errors
    /// None in fact; the type is the canonical writer's.
    pub fn to_bytes(&self) -> Result<Vec<u8>, JsonError> {
        json::canonical_value(&json!({
            "payload": STANDARD.encode(&self.payload),
            "payloadType": self.payload_type,
            "signatures": [{"keyid": self.key_id, "sig": STANDARD.encode(&self.signature)}],
        }))
    }

    /// The media type of its payload.
    #[must_use]
    pub fn payload_type(&self) -> &str {
        &self.payload_type
    }

    /// The payload, unchecked: to find out which key to check with.
    #[must_use]
    pub fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// The key that it names.
    #[must_use]
    pub const fn key_id(&self) -> &KeyId {
        &self.key_id
    }

    /// The signature, DER.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Checks its payload type and its signature under this key, and gives the payload.
    ///
    /// # Errors
    /// [`EnvelopeError::WrongType`], [`EnvelopeError::OtherKey`] or [`EnvelopeError::Key`].
    pub fn verify(&self, payload_type: &'static str, key: &PublicKey) -> Result<&[u8], EnvelopeError> {
        if self.payload_type != payload_type {
            return Err(EnvelopeError::WrongType {
                found: self.payload_type.clone(),
                wanted: payload_type,
            });
        }
        let wanted = key.key_id();
        if self.key_id != wanted {
            return Err(EnvelopeError::OtherKey {
                found: self.key_id,
                wanted,
            });
        }
        key.verify_der(&pae(&self.payload_type, &self.payload), &self.signature)?;
        Ok(&self.payload)
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test's failure is its panic"
    )]

    use proptest::prelude::*;

    use super::*;
    use crate::key::Role;
    use crate::key::tests::key;

    fn envelope() -> Envelope {
        Envelope::sign(IN_TOTO, br#"{"a":1}"#, &key(Role::Case, 1))
    }

    #[test]
    fn pae_counts_bytes_not_characters() {
        assert_eq!(pae("é", "ü".as_bytes()), "DSSEv1 2 é 2 ü".as_bytes());
        assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
    }

    #[test]
    fn it_verifies_under_its_key_and_type_only() {
        let envelope = envelope();
        assert_eq!(
            envelope.verify(IN_TOTO, &key(Role::Case, 1).public()).unwrap(),
            br#"{"a":1}"#
        );
        let other = envelope.verify(IN_TOTO, &key(Role::Case, 2).public());
        assert!(matches!(other, Err(EnvelopeError::OtherKey { .. })));
        let other = envelope.verify("application/json", &key(Role::Case, 1).public());
        assert!(matches!(other, Err(EnvelopeError::WrongType { .. })));
    }

    #[test]
    fn a_relabelled_payload_type_breaks_the_signature() {
        let mut relabelled = envelope();
        relabelled.payload_type = "application/json".to_owned();
        let result = relabelled.verify("application/json", &key(Role::Case, 1).public());
        assert_eq!(result, Err(EnvelopeError::Key(KeyError::WrongSignature)));
    }

    #[test]
    fn anothers_key_id_on_a_signature_proves_nothing() {
        let mut stolen = envelope();
        stolen.key_id = key(Role::Case, 2).public().key_id();
        let result = stolen.verify(IN_TOTO, &key(Role::Case, 2).public());
        assert_eq!(result, Err(EnvelopeError::Key(KeyError::WrongSignature)));
    }

    #[test]
    fn only_one_encoding_is_read() {
        let good = String::from_utf8(envelope().to_bytes().unwrap()).unwrap();
        assert_eq!(Envelope::parse(good.as_bytes()).unwrap(), envelope());
        let signature = good
            .split_once("\"signatures\":[")
            .unwrap()
            .1
            .trim_end_matches("]}")
            .to_owned();
        let cases = [
            ("white_space", good.replace("\",\"payloadType", "\", \"payloadType")),
            ("newline_after", format!("{good}\n")),
            ("no_signature", good.replace(&signature, "")),
            (
                "two_signatures",
                good.replace(&signature, &format!("{signature},{signature}")),
            ),
            ("further_member", good.replace("{\"payload\"", "{\"a\":1,\"payload\"")),
            (
                "further_member_in_signature",
                good.replace("\"sig\":", "\"role\":\"log\",\"sig\":"),
            ),
            (
                "duplicate_payload",
                good.replace("{\"payload\"", "{\"payload\":\"\",\"payload\""),
            ),
            ("payload_without_padding", good.replace("eyJhIjoxfQ==", "eyJhIjoxfQ")),
            ("payload_with_stray_bits", good.replace("eyJhIjoxfQ==", "eyJhIjoxfR==")),
            ("payload_base64url", good.replace("eyJhIjoxfQ==", "__8=")),
            ("payload_with_newline", good.replace("eyJhIjoxfQ==", "eyJhIjox\\nfQ==")),
            ("no_key_id", good.replace("\"keyid\":", "\"kid\":")),
            ("key_id_in_hex", good.replace("SHA256:", "sha256:")),
            ("escaped_slash", good.replace("application/", "application\\/")),
            ("a_list", format!("[{good}]")),
        ];
        for (name, bad) in cases {
            assert_ne!(bad, good, "{name}");
            assert!(Envelope::parse(bad.as_bytes()).is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn printing_and_parsing_are_inverses(payload: Vec<u8>, kind in "[a-z/+.]{0,40}", seed in 1u8..=254) {
            let envelope = Envelope::sign(&kind, &payload, &key(Role::Reviewer, seed));
            let bytes = envelope.to_bytes().unwrap();
            let parsed = Envelope::parse(&bytes).unwrap();
            prop_assert_eq!(&parsed, &envelope);
            prop_assert_eq!(parsed.to_bytes().unwrap(), bytes);
        }

        #[test]
        fn no_bent_byte_is_accepted(at in 0usize..1_000, bit in 0u32..8) {
            let mut bytes = envelope().to_bytes().unwrap();
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            if let Ok(parsed) = Envelope::parse(&bytes) {
                prop_assert!(parsed.verify(IN_TOTO, &key(Role::Case, 1).public()).is_err());
            }
        }
    }
}
