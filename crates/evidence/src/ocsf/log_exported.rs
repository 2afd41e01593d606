//! The record of an export of the log.

use serde_json::json;

use super::build::contents;
use super::event::{Actor, ContentRef, Context, Event};
use super::life_event::{EXPORT, log};
use crate::hash::Digest;

/// Records of the log were exported: 1008, activity 3 Export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogExported {
    /// When, and for which tenant.
    pub context: Context,
    /// Who asked for it.
    pub actor: Actor,
    /// The filter, which somebody typed: its commitment. Nothing where every record was exported.
    pub filter: Option<ContentRef>,
    /// The log's size when they were selected.
    pub size: u64,
    /// The tree's root at that size.
    pub root: Digest,
    /// How many.
    pub count: u64,
    /// The first and the last of them, where there is one.
    pub first_and_last: Option<(u64, u64)>,
    /// SHA-256 of the lines.
    pub sha256: Digest,
}

impl LogExported {
    /// The event. Facts: `size`, `root`, `count`, `first`, `last`, `sha256`, `contents` (slot `filter`).
    #[must_use]
    pub fn event(&self) -> Event {
        let filter: Vec<ContentRef> = self.filter.iter().cloned().collect();
        let facts = json!({
            "size": self.size,
            "root": self.root,
            "count": self.count,
            "first": self.first_and_last.map(|(first, _)| first),
            "last": self.first_and_last.map(|(_, last)| last),
            "sha256": self.sha256,
            "contents": contents(&filter),
        });
        log("log_exported", EXPORT, &self.context, facts)
            .actor(&self.actor)
            .finish()
    }
}
