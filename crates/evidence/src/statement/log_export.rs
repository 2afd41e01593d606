//! What the attestation beside an export of the log says.

use serde_json::json;

use super::{StatementError, read, write, wrong};
use crate::hash::Digest;
use crate::json::JsonError;
use crate::origin::Origin;

/// `urn:countersign:log-export:v1`. The one subject is the file of lines: each record's stored bytes and a line feed, in
/// the order of the log.
///
/// Its signer says: of the log's first `tree_size` records, whose root is `root`, these are all that match the filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogExportStatement {
    /// SHA-256 of the lines.
    pub lines_sha256: Digest,
    /// The log.
    pub origin: Origin,
    /// The tenant.
    pub tenant_uid: String,
    /// The size of the tree that the records were selected from.
    pub tree_size: u64,
    /// Its root.
    pub root: Digest,
    /// The filter, as countersign's query language writes it; empty for every record.
    pub filter: String,
    /// How many records.
    pub count: u64,
    /// The first and the last of them, where there is one.
    pub first_and_last: Option<(u64, u64)>,
}

impl LogExportStatement {
    /// The predicate's type.
    pub const KIND: &'static str = "urn:countersign:log-export:v1";
    /// The subject's name.
    pub const SUBJECT: &'static str = "records.jsonl";

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
            "filter": self.filter,
            "count": self.count,
            "first": self.first_and_last.map(|(first, _)| first),
            "last": self.first_and_last.map(|(_, last)| last),
        });
        write(&[(Self::SUBJECT.to_owned(), self.lines_sha256)], Self::KIND, predicate)
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// [`StatementError`] names the member that isn't right: also where counts and places contradict each other.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        let (subjects, mut predicate) = read(bytes, Self::KIND)?;
        let lines_sha256 = match subjects.as_slice() {
            [(name, digest)] if name == Self::SUBJECT => *digest,
            _ => return Err(wrong("subject")),
        };
        let (first, last) = (predicate.whole_or_null("first")?, predicate.whole_or_null("last")?);
        let statement = Self {
            lines_sha256,
            origin: predicate.parsed("origin")?,
            tenant_uid: predicate.text("tenant_uid")?,
            tree_size: predicate.whole("tree_size")?,
            root: predicate.digest("root")?,
            filter: predicate.text("filter")?,
            count: predicate.whole("count")?,
            first_and_last: first.zip(last),
        };
        predicate.end()?;
        if first.is_some() != last.is_some() {
            return Err(wrong("last"));
        }
        let holds = match statement.first_and_last {
            None => statement.count == 0,
            Some((first, last)) => {
                first <= last && last < statement.tree_size && (1..=last - first + 1).contains(&statement.count)
            }
        };
        if holds { Ok(statement) } else { Err(wrong("count")) }
    }
}
