//! The record of an export of everything about one person.

use serde_json::json;

use super::build::contents;
use super::event::{Actor, ContentRef, Context, Event};
use super::life_event::{EXPORT, log};
use crate::hash::Digest;

/// Everything about one person was exported, for that person to have: 1008, activity 3 Export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectExported {
    /// When, and for which tenant.
    pub context: Context,
    /// Who asked for it.
    pub actor: Actor,
    /// The text that was looked for (slot `filter`) and why (slot `reason`), which somebody typed: their commitments.
    pub contents: Vec<ContentRef>,
    /// The log's size when it was searched.
    pub size: u64,
    /// The tree's root at that size.
    pub root: Digest,
    /// How many records have a content that was found.
    pub records: u64,
    /// How many contents were found.
    pub found: u64,
    /// SHA-256 of the document.
    pub sha256: Digest,
}

impl SubjectExported {
    /// The event. Facts: `size`, `root`, `records`, `found`, `sha256`, `contents` (slots `filter` and `reason`).
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({
            "size": self.size,
            "root": self.root,
            "records": self.records,
            "found": self.found,
            "sha256": self.sha256,
            "contents": contents(&self.contents),
        });
        log("subject_exported", EXPORT, &self.context, facts)
            .actor(&self.actor)
            .finish()
    }
}
