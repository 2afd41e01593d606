//! What the attestation beside an export about one person says.

use serde_json::json;

use super::{StatementError, read, write, wrong};
use crate::hash::Digest;
use crate::json::JsonError;
use crate::origin::Origin;

/// `urn:countersign:subject-export:v1`. The one subject is the document, byte for byte.
///
/// Its signer says: these are all contents of the log's first `tree_size` records in which the text of the document's
/// `subject` stands, and that weren't erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectExportStatement {
    /// SHA-256 of the document.
    pub document_sha256: Digest,
    /// The log.
    pub origin: Origin,
    /// The tenant.
    pub tenant_uid: String,
    /// The size of the tree that was searched.
    pub tree_size: u64,
    /// Its root.
    pub root: Digest,
    /// How many records have a content that was found.
    pub records: u64,
    /// How many contents were found.
    pub found: u64,
}

impl SubjectExportStatement {
    /// The predicate's type.
    pub const KIND: &'static str = "urn:countersign:subject-export:v1";
    /// The subject's name.
    pub const SUBJECT: &'static str = "subject.json";

    /// The payload that is signed.
    ///
    /// # Errors
    /// A number beyond ±(2⁵³ − 1).
    pub fn to_bytes(&self) -> Result<Vec<u8>, JsonError> {
        let predicate = json!({
            "origin": self.origin,
            "tenant_uid": self.tenant_uid,
            "tree_size": self.tree_size,
            "root": self.root,
            "records": self.records,
            "found": self.found,
        });
        write(
            &[(Self::SUBJECT.to_owned(), self.document_sha256)],
            Self::KIND,
            predicate,
        )
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// [`StatementError`] names the member that isn't right.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        let (subjects, mut predicate) = read(bytes, Self::KIND)?;
        let document_sha256 = match subjects.as_slice() {
            [(name, digest)] if name == Self::SUBJECT => *digest,
            _ => return Err(wrong("subject")),
        };
        let statement = Self {
            document_sha256,
            origin: predicate.parsed("origin")?,
            tenant_uid: predicate.text("tenant_uid")?,
            tree_size: predicate.whole("tree_size")?,
            root: predicate.digest("root")?,
            records: predicate.whole("records")?,
            found: predicate.whole("found")?,
        };
        predicate.end()?;
        let holds = statement.records <= statement.found && statement.records <= statement.tree_size;
        if holds { Ok(statement) } else { Err(wrong("found")) }
    }
}
