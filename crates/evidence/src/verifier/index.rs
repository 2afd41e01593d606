//! Finds records by what others refer to them by, so that judging a file of a hundred thousand records stays linear:
//! whatever a judge wants to know of another record is one look-up, and each record gone to is counted.

use std::cell::Cell;
use std::collections::HashMap;

use super::facts::Fact;
use super::records::{Body, Seen};
use crate::hash::Digest;
use crate::key::{KeyId, Role};

/// A request of a stream.
type Request = (String, String);

/// Where the records of one request stand: the first of each.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Story {
    /// What the policy decided.
    pub(super) decided: Option<usize>,
    /// The release.
    pub(super) released: Option<usize>,
    /// The outcome.
    pub(super) finished: Option<usize>,
}

/// Where the records of one held item stand: the first of each.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Item {
    /// The record that held it.
    pub(super) held: Option<usize>,
    /// The one that ended it without a release: a denial, or that it ran out.
    pub(super) ended: Option<usize>,
}

/// Places in the list of records; only of records that are as signed.
#[derive(Debug, Default)]
pub(super) struct Index {
    places: HashMap<u64, usize>,
    decisions: HashMap<u64, usize>,
    statements: HashMap<Digest, usize>,
    items: HashMap<Request, Item>,
    stories: HashMap<Request, Story>,
    keys: HashMap<(Role, KeyId), usize>,
    registrations: HashMap<u64, usize>,
    rotations: Vec<usize>,
    rotated: HashMap<u64, usize>,
    steps: Cell<u64>,
}

/// A record's request.
fn request(body: &Body) -> Option<Request> {
    Some((body.stream.clone(), body.correlation.clone()?))
}

impl Index {
    /// The index of these records.
    pub(super) fn of(records: &[Seen]) -> Self {
        let mut index = Self::default();
        for (at, seen) in records.iter().enumerate() {
            index.count();
            if let Some(body) = seen.body.as_ref().filter(|_| seen.is_as_signed()) {
                index.add(at, body);
            }
        }
        index
    }

    /// Where two records say the same, the earlier one counts.
    fn add(&mut self, at: usize, body: &Body) {
        self.places.entry(body.sequence).or_insert(at);
        let of_item = |uid: &str| (body.stream.clone(), uid.to_owned());
        match &body.fact {
            Fact::ItemDecided(decided) => {
                self.decisions.entry(body.sequence).or_insert(at);
                self.statements.entry(decided.payload_sha256).or_insert(at);
                if !decided.approved {
                    let item = self.items.entry(of_item(&decided.item_uid)).or_default();
                    item.ended.get_or_insert(at);
                }
            }
            Fact::ItemEnded(ended) => {
                let item = self.items.entry(of_item(&ended.item_uid)).or_default();
                item.ended.get_or_insert(at);
            }
            Fact::CallDecided(call) => {
                if let Some(uid) = &call.item_uid {
                    self.items.entry(of_item(uid)).or_default().held.get_or_insert(at);
                }
            }
            // Only the log itself registers keys: a record filed under an agent can't.
            Fact::KeyAdded(added) if body.stream == "sys" => {
                self.keys.entry((added.role, added.key.key_id())).or_insert(at);
                self.registrations.entry(body.sequence).or_insert(at);
            }
            Fact::KeyRotated(_) => {
                self.rotations.push(at);
                self.rotated.entry(body.sequence).or_insert(at);
            }
            _ => {}
        }
        self.add_to_story(at, body);
    }

    fn add_to_story(&mut self, at: usize, body: &Body) {
        let Some(request) = request(body) else { return };
        let story = || self.stories.entry(request).or_default();
        let _first = match &body.fact {
            Fact::CallDecided(_) => story().decided.get_or_insert(at),
            Fact::Released(_) => story().released.get_or_insert(at),
            Fact::CallFinished(_) => story().finished.get_or_insert(at),
            _ => return,
        };
    }

    /// Counts one record gone to.
    pub(super) fn count(&self) {
        self.steps.set(self.steps.get().saturating_add(1));
    }

    /// How many records were gone to so far.
    pub(super) fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// The record at this sequence. Records may stand in any order here: that is judged elsewhere.
    pub(super) fn place(&self, sequence: u64) -> Option<usize> {
        self.places.get(&sequence).copied()
    }

    /// The decision at this sequence.
    pub(super) fn decision(&self, sequence: u64) -> Option<usize> {
        self.decisions.get(&sequence).copied()
    }

    /// The decision whose statement has this digest.
    pub(super) fn statement(&self, payload: &Digest) -> Option<usize> {
        self.statements.get(payload).copied()
    }

    /// The records of this item of this stream.
    pub(super) fn item(&self, stream: &str, item_uid: &str) -> Item {
        let item = self.items.get(&(stream.to_owned(), item_uid.to_owned()));
        item.copied().unwrap_or_default()
    }

    /// The records of this record's request.
    pub(super) fn story(&self, body: &Body) -> Story {
        let story = request(body).and_then(|request| self.stories.get(&request).copied());
        story.unwrap_or_default()
    }

    /// The first record that registers the key of this id in this role.
    pub(super) fn key(&self, role: Role, id: KeyId) -> Option<usize> {
        self.keys.get(&(role, id)).copied()
    }

    /// The record at this sequence, if it registers a key.
    pub(super) fn registration(&self, sequence: u64) -> Option<usize> {
        self.registrations.get(&sequence).copied()
    }

    /// The records that rotate the log's key.
    pub(super) fn rotations(&self) -> &[usize] {
        &self.rotations
    }

    /// The record at this sequence, if it rotates the log's key.
    pub(super) fn rotation(&self, sequence: u64) -> Option<usize> {
        self.rotated.get(&sequence).copied()
    }
}
