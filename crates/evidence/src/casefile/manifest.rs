//! `manifest.json`: what a case file is about.

use serde::{Deserialize, Serialize};

use super::files::{FormatError, parse_exact};
use crate::hash::Digest;
use crate::json::{JsonError, canonical};
use crate::origin::Origin;

/// Somebody's uid and the name they are known by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The uid.
    pub uid: String,
    /// The name.
    pub name: String,
}

/// One file of the case file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackedFile {
    /// Its name in the zip.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
}

/// What a case file is about, and every file in it but this one and the attestation.
///
/// ```json
/// {"agent":{"name":"…","uid":"…"},"export_record":43,"files":[{"bytes":9,"name":"README.txt","sha256":"…"}],
///  "from_ms":null,"kind":"urn:countersign:case:v1","origin":"countersign/log/…","records":17,"root":"…","size":44,
///  "tenant":{"name":"…","uid":"…"},"to_ms":null,"v":1}
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The format's version: 1.
    pub v: u32,
    /// [`Manifest::KIND`].
    pub kind: String,
    /// The log.
    pub origin: Origin,
    /// The tenant.
    pub tenant: Named,
    /// The agent whose records these are.
    pub agent: Named,
    /// From this `logged_time` on, ms UTC; from the stream's beginning when null.
    pub from_ms: Option<i64>,
    /// To before this `logged_time`, ms UTC; to the head when null.
    pub to_ms: Option<i64>,
    /// How many records are in `records.jsonl`, the supporting ones included.
    pub records: u64,
    /// The sequence of the record of this export: the last one that the checkpoint covers.
    pub export_record: u64,
    /// The checkpoint's size.
    pub size: u64,
    /// The checkpoint's root.
    pub root: Digest,
    /// By ascending name.
    pub files: Vec<PackedFile>,
}

impl Manifest {
    /// What `kind` says; also the predicate type of the attestation.
    pub const KIND: &str = "urn:countersign:case:v1";

    /// Reads the exact bytes that [`to_bytes`](Self::to_bytes) writes, and no others.
    ///
    /// # Errors
    /// Says what keeps the bytes from being a manifest.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let manifest: Self = parse_exact(bytes)?;
        if manifest.v != 1 || manifest.kind != Self::KIND {
            return Err(FormatError::Version);
        }
        Ok(manifest)
    }

    /// JCS.
    ///
    /// # Errors
    /// A number beyond 2⁵³ − 1.
    pub fn to_bytes(&self) -> Result<Vec<u8>, JsonError> {
        canonical(self)
    }
}
