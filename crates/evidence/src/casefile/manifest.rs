//! `manifest.json`: what a case file is about.

use serde::{Deserialize, Serialize};

use super::files::{FormatError, parse_exact};
use super::selection::{Disclosure, Selection, Since};
use crate::hash::Digest;
use crate::json::{JsonError, canonical, parse_canonical};
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

/// What a case file is about, and every file in it but this one and the attestation's two.
///
/// ```json
/// {"disclosure":{"disclosed":[],"slots":["view"],"withheld":[]},"export_record":43,
///  "files":[{"bytes":9,"name":"README.txt","sha256":"…"}],"kind":"urn:countersign:case:v1",
///  "origin":"countersign/log/…","records":17,"root":"…",
///  "selection":{"agent":{"name":"…","uid":"…"},"from_ms":null,"kind":"agent","to_ms":null},"since":null,"size":44,
///  "tenant":{"name":"…","uid":"…"},"v":2}
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The log.
    pub origin: Origin,
    /// The tenant.
    pub tenant: Named,
    /// Which records were selected.
    pub selection: Selection,
    /// Which of their contents are disclosed; nothing in a manifest of version 1, which doesn't say.
    pub disclosure: Option<Disclosure>,
    /// The checkpoint that the log is shown to go on from.
    pub since: Option<Since>,
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

/// Version 1: one agent and an interval.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    v: u32,
    kind: String,
    origin: Origin,
    tenant: Named,
    agent: Named,
    from_ms: Option<i64>,
    to_ms: Option<i64>,
    records: u64,
    export_record: u64,
    size: u64,
    root: Digest,
    files: Vec<PackedFile>,
}

/// Version 2: any selection.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Second {
    v: u32,
    kind: String,
    origin: Origin,
    tenant: Named,
    selection: Selection,
    disclosure: Disclosure,
    since: Option<Since>,
    records: u64,
    export_record: u64,
    size: u64,
    root: Digest,
    files: Vec<PackedFile>,
}

impl Manifest {
    /// What `kind` says; also the predicate type of the attestation.
    pub const KIND: &str = "urn:countersign:case:v1";

    /// Reads the exact bytes that [`to_bytes`](Self::to_bytes) writes, and no others.
    ///
    /// # Errors
    /// Says what keeps the bytes from being a manifest.
    pub fn parse(bytes: &[u8]) -> Result<Self, FormatError> {
        let value = parse_canonical(bytes)?;
        let kind = value.get("kind").and_then(serde_json::Value::as_str);
        let manifest = match value.get("v").and_then(serde_json::Value::as_u64) {
            Some(1) if kind == Some(Self::KIND) => Self::from(parse_exact::<First>(bytes)?),
            Some(2) if kind == Some(Self::KIND) => Self::from(parse_exact::<Second>(bytes)?),
            _ => return Err(FormatError::Version),
        };
        if !manifest.selection.is_well_formed() {
            return Err(FormatError::Contradiction("selection"));
        }
        if !manifest.disclosure.as_ref().is_none_or(Disclosure::is_well_formed) {
            return Err(FormatError::Contradiction("disclosure"));
        }
        Ok(manifest)
    }

    /// JCS: version 2, but of a manifest that was read as version 1.
    ///
    /// # Errors
    /// A number beyond 2⁵³ − 1.
    pub fn to_bytes(&self) -> Result<Vec<u8>, JsonError> {
        let (kind, manifest) = (Self::KIND.to_owned(), self.clone());
        match (manifest.disclosure, manifest.selection) {
            (None, Selection::Agent { agent, from_ms, to_ms }) => canonical(&First {
                v: 1,
                kind,
                origin: manifest.origin,
                tenant: manifest.tenant,
                agent,
                from_ms,
                to_ms,
                records: manifest.records,
                export_record: manifest.export_record,
                size: manifest.size,
                root: manifest.root,
                files: manifest.files,
            }),
            (disclosure, selection) => canonical(&Second {
                v: 2,
                kind,
                origin: manifest.origin,
                tenant: manifest.tenant,
                selection,
                disclosure: disclosure.unwrap_or_default(),
                since: manifest.since,
                records: manifest.records,
                export_record: manifest.export_record,
                size: manifest.size,
                root: manifest.root,
                files: manifest.files,
            }),
        }
    }
}

impl From<First> for Manifest {
    fn from(first: First) -> Self {
        Self {
            origin: first.origin,
            tenant: first.tenant,
            selection: Selection::Agent {
                agent: first.agent,
                from_ms: first.from_ms,
                to_ms: first.to_ms,
            },
            disclosure: None,
            since: None,
            records: first.records,
            export_record: first.export_record,
            size: first.size,
            root: first.root,
            files: first.files,
        }
    }
}

impl From<Second> for Manifest {
    fn from(second: Second) -> Self {
        Self {
            origin: second.origin,
            tenant: second.tenant,
            selection: second.selection,
            disclosure: Some(second.disclosure),
            since: second.since,
            records: second.records,
            export_record: second.export_record,
            size: second.size,
            root: second.root,
            files: second.files,
        }
    }
}
