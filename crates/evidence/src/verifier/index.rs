//! Finds records by what others refer to them by, so that judging a file of a hundred thousand records stays linear.

use std::collections::HashMap;

use super::facts::Fact;
use super::records::{Body, Seen};
use crate::hash::Digest;

/// Places in the list of records; only of records that are as signed.
#[derive(Debug, Default)]
pub(super) struct Index {
    decisions: HashMap<u64, usize>,
    statements: HashMap<Digest, usize>,
    holds: HashMap<(String, String), usize>,
    stories: HashMap<(String, String), Vec<usize>>,
    keys: Vec<usize>,
    rotations: Vec<usize>,
}

/// A record's story: its stream and its request.
fn story(body: &Body) -> Option<(String, String)> {
    Some((body.stream.clone(), body.correlation.clone()?))
}

impl Index {
    /// The index of these records.
    pub(super) fn of(records: &[Seen]) -> Self {
        let mut index = Self::default();
        for (at, seen) in records.iter().enumerate().filter(|(_, seen)| seen.is_as_signed()) {
            let Some(body) = &seen.body else { continue };
            index.add(at, body);
        }
        index
    }

    /// Where two records say the same, the earlier one counts.
    fn add(&mut self, at: usize, body: &Body) {
        match &body.fact {
            Fact::ItemDecided(decided) => {
                self.decisions.entry(body.sequence).or_insert(at);
                self.statements.entry(decided.payload_sha256).or_insert(at);
            }
            Fact::CallDecided(call) if call.effect == "hold" => {
                if let Some(item) = &call.item_uid {
                    self.holds.entry((body.stream.clone(), item.clone())).or_insert(at);
                }
            }
            Fact::KeyAdded(_) => self.keys.push(at),
            Fact::KeyRotated(_) => self.rotations.push(at),
            _ => {}
        }
        if let (Fact::CallDecided(_) | Fact::Released(_), Some(story)) = (&body.fact, story(body)) {
            self.stories.entry(story).or_default().push(at);
        }
    }

    /// The decision at this sequence.
    pub(super) fn decision(&self, sequence: u64) -> Option<usize> {
        self.decisions.get(&sequence).copied()
    }

    /// The decision whose statement has this digest.
    pub(super) fn statement(&self, payload: &Digest) -> Option<usize> {
        self.statements.get(payload).copied()
    }

    /// The record that held this item of this stream.
    pub(super) fn hold(&self, stream: &str, item_uid: &str) -> Option<usize> {
        self.holds.get(&(stream.to_owned(), item_uid.to_owned())).copied()
    }

    /// What was decided by policy and released in this record's story.
    pub(super) fn story(&self, body: &Body) -> &[usize] {
        story(body)
            .and_then(|story| self.stories.get(&story))
            .map_or(&[], Vec::as_slice)
    }

    /// The records that rotate the log's key.
    pub(super) fn rotations(&self) -> &[usize] {
        &self.rotations
    }

    /// The records that register keys.
    pub(super) fn keys(&self) -> &[usize] {
        &self.keys
    }
}
