//! What a case file's attestation says.

use serde_json::json;

use super::{StatementError, read, write, wrong};
use crate::hash::Digest;
use crate::json::JsonError;
use crate::origin::Origin;

/// `urn:countersign:case:v1`. The subjects are the case file's entries, all but the attestation's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseStatement {
    /// Name and SHA-256 of each entry, sorted by name, each name once.
    pub subjects: Vec<(String, Digest)>,
    /// The log.
    pub origin: Origin,
    /// The tenant.
    pub tenant_uid: String,
    /// The size of the checkpointed tree: N + 1.
    pub tree_size: u64,
    /// Its root.
    pub root: Digest,
    /// SHA-256 of the checkpoint's note.
    pub checkpoint_sha256: Digest,
    /// The fingerprint of the record of this export.
    pub export_fp: Digest,
    /// SHA-256 of the manifest.
    pub manifest_sha256: Digest,
}

impl CaseStatement {
    /// The predicate's type.
    pub const KIND: &'static str = "urn:countersign:case:v1";

    /// The payload that is signed. Subjects are written in the order they are in: sort them first.
    ///
    /// # Errors
    /// A number beyond ±(2⁵³ − 1).
    pub fn to_bytes(&self) -> Result<Vec<u8>, JsonError> {
        let predicate = json!({
            "origin": self.origin,
            "tenant_uid": self.tenant_uid,
            "tree_size": self.tree_size,
            "root": self.root,
            "checkpoint_sha256": self.checkpoint_sha256,
            "export_fp": self.export_fp,
            "manifest_sha256": self.manifest_sha256,
        });
        write(&self.subjects, Self::KIND, predicate)
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// [`StatementError`] names the member that isn't right; `subject` also where names aren't sorted or repeat.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        let (subjects, mut predicate) = read(bytes, Self::KIND)?;
        let sorted = subjects
            .iter()
            .zip(subjects.iter().skip(1))
            .all(|((a, _), (b, _))| a < b);
        if subjects.is_empty() || !sorted {
            return Err(wrong("subject"));
        }
        let statement = Self {
            subjects,
            origin: predicate.parsed("origin")?,
            tenant_uid: predicate.text("tenant_uid")?,
            tree_size: predicate.whole("tree_size")?,
            root: predicate.digest("root")?,
            checkpoint_sha256: predicate.digest("checkpoint_sha256")?,
            export_fp: predicate.digest("export_fp")?,
            manifest_sha256: predicate.digest("manifest_sha256")?,
        };
        predicate.end()?;
        Ok(statement)
    }
}
