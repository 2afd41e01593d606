//! The attestation, the signer's key and single proofs once more, in the forms that other tools read. Each is made from what
//! else is in the file, so a verifier makes it anew and compares the bytes.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::files::{FormatError, parse_exact};
use crate::checkpoint::SignedCheckpoint;
use crate::envelope::Envelope;
use crate::hash::Digest;
use crate::json::{JsonError, canonical, canonical_value};
use crate::key::PublicKey;

/// The envelope as a Sigstore bundle v0.3, for `cosign` and `@sigstore/verify`: the same payload and signature, and the key
/// named by its id.
///
/// # Errors
/// None in fact; the type is the canonical writer's.
pub fn sigstore_bundle(envelope: &Envelope) -> Result<Vec<u8>, JsonError> {
    let dsse: Value = serde_json::from_slice(&envelope.to_bytes()?).unwrap_or_default();
    canonical_value(&json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": envelope.key_id()}},
        "dsseEnvelope": dsse,
    }))
}

/// A public key as `openssl` reads it: SubjectPublicKeyInfo in PEM (RFC 7468), lines of 64 characters.
#[must_use]
pub fn public_key_pem(key: &PublicKey) -> String {
    let mut rest = STANDARD.encode(key.spki_der());
    let mut pem = "-----BEGIN PUBLIC KEY-----\n".to_owned();
    while !rest.is_empty() {
        let tail = rest.split_off(rest.len().min(64));
        pem.push_str(&rest);
        pem.push('\n');
        rest = tail;
    }
    pem.push_str("-----END PUBLIC KEY-----\n");
    pem
}

/// That a log entry is in the checkpointed log, as C2SP tlog-proof has it: the entry's index, the audit path, the
/// checkpoint. What it proves is the leaf of the record's 48-byte entry.
#[must_use]
pub fn tlog_proof(index: u64, path: &[Digest], checkpoint: &SignedCheckpoint) -> String {
    let mut text = format!("c2sp.org/tlog-proof@v1\nindex {index}\n");
    for digest in path {
        text.push_str(&STANDARD.encode(digest.as_bytes()));
        text.push('\n');
    }
    // Writing to a string doesn't fail.
    let _ = write!(text, "\n{checkpoint}");
    text
}

/// The path in such a proof, if it is written as [`tlog_proof`] writes it for this index.
pub(crate) fn path_of_tlog_proof(bytes: &[u8], index: u64) -> Option<Vec<Digest>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let rest = text.strip_prefix(&format!("c2sp.org/tlog-proof@v1\nindex {index}\n"))?;
    let mut path = Vec::new();
    for line in rest.split('\n').take(65) {
        if line.is_empty() {
            return Some(path);
        }
        let bytes: [u8; 32] = STANDARD.decode(line).ok()?.try_into().ok()?;
        path.push(Digest::new(bytes));
    }
    None
}

/// `proofs/consistency.json`: that the log of `from` records is the beginning of that of `size`,
/// `{"from":20,"path":["…"],"size":44}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyFile {
    /// The earlier checkpoint's size.
    pub from: u64,
    /// The proof (RFC 6962 §2.1.2).
    pub path: Vec<Digest>,
    /// The checkpoint's size.
    pub size: u64,
}

impl ConsistencyFile {
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
