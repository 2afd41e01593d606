//! The smaller files of a case file, each with its strict parser and its inverse.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::content::Header;
use crate::hash::{Digest, from_hex};
use crate::json::{JsonError, canonical, parse_canonical};
use crate::key::{KeyId, PublicKey, Role};

/// The names of the files.
pub(crate) mod name {
    pub(crate) const README: &str = "README.txt";
    pub(crate) const MANIFEST: &str = "manifest.json";
    pub(crate) const RECORDS: &str = "records.jsonl";
    pub(crate) const INCLUSION: &str = "proofs/inclusion.jsonl";
    pub(crate) const RANGE: &str = "proofs/range.json";
    pub(crate) const SKELETON: &str = "proofs/skeleton.bin";
    pub(crate) const CHECKPOINT: &str = "checkpoint.txt";
    pub(crate) const KEYS: &str = "keys.json";
    pub(crate) const ATTESTATION: &str = "attestation.dsse.json";
    pub(crate) const BUNDLE: &str = "attestation.sigstore.json";
    pub(crate) const PEM: &str = "case-key.pem";
    pub(crate) const SINCE: &str = "proofs/since.txt";
    pub(crate) const CONSISTENCY: &str = "proofs/consistency.json";
    pub(crate) const REPORT: &str = "report.html";
    pub(crate) const VERIFIER: &str = "verifier.html";

    /// `proofs/<sequence>.tlog-proof`
    pub(crate) fn tlog_proof(sequence: u64) -> String {
        format!("proofs/{sequence}.tlog-proof")
    }

    /// `approvals/<sequence>.dsse.json`
    pub(crate) fn approval(sequence: u64) -> String {
        format!("approvals/{sequence}.dsse.json")
    }

    /// `rotations/<sequence>.old.dsse.json`, and the same with `new`
    pub(crate) fn rotation(sequence: u64, by_new: bool) -> String {
        let by = if by_new { "new" } else { "old" };
        format!("rotations/{sequence}.{by}.dsse.json")
    }

    /// `policies/<sha256>.cedar`
    pub(crate) fn policy(sha256: &super::Digest) -> String {
        format!("policies/{sha256}.cedar")
    }

    /// `contents/<content_uid>.json`
    pub(crate) fn opening(content_uid: &str) -> String {
        format!("contents/{content_uid}.json")
    }

    /// `contents/<content_uid>.bin`
    pub(crate) fn content(content_uid: &str) -> String {
        format!("contents/{content_uid}.bin")
    }
}

/// What keeps a file from being what its name says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// Not JSON, or not canonical.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// JSON of another shape.
    #[error("its members aren't those of the format: {0}")]
    Shape(String),
    /// Made for another version of the format, or another format.
    #[error("it is of another format or version than this verifier reads")]
    Version,
    /// Two of its members contradict each other.
    #[error("its `{0}` contradicts the rest of it")]
    Contradiction(&'static str),
}

/// Strict signed JSON, canonical, and exactly the members of `T`, as `T` writes them.
pub(super) fn parse_exact<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<T, FormatError> {
    let value = parse_canonical(bytes)?;
    let read: T = serde_json::from_value(value).map_err(|error| FormatError::Shape(error.to_string()))?;
    // serde also reads a list for an object, an object for a word, and an absent member for null: other verifiers
    // needn't, so there is one form.
    if canonical(&read)? == bytes {
        Ok(read)
    } else {
        Err(FormatError::Shape("it isn't written in its one form".to_owned()))
    }
}

/// One line of `proofs/inclusion.jsonl`: `{"path":["…"],"sequence":17}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InclusionLine {
    /// The record's sequence, which is its leaf's index.
    pub sequence: u64,
    /// The audit path to the checkpoint's size, nearest sibling first (RFC 6962 §2.1.1).
    pub path: Vec<Digest>,
}

impl InclusionLine {
    /// Reads one line without its line feed.
    ///
    /// # Errors
    /// Says what keeps the bytes from being such a line.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        parse_exact(bytes)
    }

    /// JCS, without a line feed.
    ///
    /// # Errors
    /// A sequence beyond 2⁵³ − 1.
    pub fn to_bytes(&self) -> Result<Vec<u8>, JsonError> {
        canonical(self)
    }
}

/// `proofs/range.json`: what stands beside the skeleton, `{"first":0,"left":["…"],"size":44}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RangeFile {
    /// The sequence of the skeleton's first leaf.
    pub first: u64,
    /// The tree's size; the skeleton's last leaf is `size - 1`.
    pub size: u64,
    /// The roots of the complete subtrees that the leaves before `first` fall into, largest first.
    pub left: Vec<Digest>,
}

impl RangeFile {
    /// Reads the file.
    ///
    /// # Errors
    /// Says what keeps the bytes from being such a file.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let range: Self = parse_exact(bytes)?;
        if range.first > range.size {
            return Err(FormatError::Contradiction("first"));
        }
        Ok(range)
    }

    /// JCS.
    ///
    /// # Errors
    /// A number beyond 2⁵³ − 1.
    pub fn to_bytes(&self) -> Result<Vec<u8>, JsonError> {
        canonical(self)
    }
}

/// One key of `keys.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyEntry {
    /// What it may sign.
    pub role: Role,
    /// Its SSH fingerprint.
    pub key_id: KeyId,
    /// SubjectPublicKeyInfo, DER, standard base64.
    pub spki: String,
    /// The uid of the person whose it is; null for the gateway's own.
    pub owner_uid: Option<String>,
    /// The sequence of the record that registers it.
    pub record: u64,
}

impl KeyEntry {
    /// The entry of a key that `record` registers.
    #[must_use]
    pub fn new(role: Role, key: &PublicKey, owner_uid: Option<String>, record: u64) -> Self {
        Self {
            role,
            key_id: key.key_id(),
            spki: STANDARD.encode(key.spki_der()),
            owner_uid,
            record,
        }
    }

    /// The key.
    ///
    /// # Errors
    /// `spki` isn't a P-256 key's, or isn't that of `key_id`.
    pub fn key(&self) -> Result<PublicKey, FormatError> {
        let der = STANDARD
            .decode(&self.spki)
            .map_err(|_| FormatError::Contradiction("spki"))?;
        let key = PublicKey::from_spki_der(&der).map_err(|_| FormatError::Contradiction("spki"))?;
        if key.key_id() == self.key_id {
            Ok(key)
        } else {
            Err(FormatError::Contradiction("key_id"))
        }
    }
}

/// `keys.json`: the public keys that the case file's proofs need. A convenience for other tools: the records that
/// register the keys are what counts, and the two must agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysFile {
    /// By ascending record.
    pub keys: Vec<KeyEntry>,
}

impl KeysFile {
    /// Reads the file.
    ///
    /// # Errors
    /// Says what keeps the bytes from being such a file.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        parse_exact(bytes)
    }

    /// JCS.
    ///
    /// # Errors
    /// A number beyond 2⁵³ − 1.
    pub fn to_bytes(&self) -> Result<Vec<u8>, JsonError> {
        canonical(self)
    }
}

/// `contents/<content_uid>.json`: a disclosed content's header and salt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpeningFile {
    /// The content's uid.
    pub content_uid: String,
    /// What it is: `request`, `view`, `response`, `reason`.
    pub slot: String,
    /// RFC 6838 media type.
    pub media_type: String,
    /// How many bytes.
    pub length: u64,
    /// 32 bytes, lowercase hex.
    pub salt: String,
}

impl OpeningFile {
    /// The file for a content with this header and salt.
    #[must_use]
    pub fn new(header: &Header, salt: &[u8; 32]) -> Self {
        let Header {
            content_uid,
            slot,
            media_type,
            length,
        } = header.clone();
        Self {
            content_uid,
            slot,
            media_type,
            length,
            salt: hex::encode(salt),
        }
    }

    /// The header and the salt.
    ///
    /// # Errors
    /// The salt isn't 32 bytes of lowercase hex.
    pub fn opened(&self) -> Result<(Header, [u8; 32]), FormatError> {
        let salt = from_hex(&self.salt).ok_or(FormatError::Contradiction("salt"))?;
        let Self {
            content_uid,
            slot,
            media_type,
            length,
            ..
        } = self.clone();
        Ok((
            Header {
                content_uid,
                slot,
                media_type,
                length,
            },
            salt,
        ))
    }

    /// Reads the file.
    ///
    /// # Errors
    /// Says what keeps the bytes from being such a file.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        parse_exact(bytes)
    }

    /// JCS.
    ///
    /// # Errors
    /// A number beyond 2⁵³ − 1.
    pub fn to_bytes(&self) -> Result<Vec<u8>, JsonError> {
        canonical(self)
    }
}
