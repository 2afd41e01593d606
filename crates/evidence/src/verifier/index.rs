//! Finds records by what others refer to them by, so that judging a file of a hundred thousand records stays linear:
//! whatever a judge wants to know of another record is one look-up, and each record gone to is counted.

use std::cell::Cell;
use std::collections::HashMap;
use std::num::NonZeroU32;

use super::facts::Fact;
use super::names::Name;
use super::records::Records;
use super::seen::Said;
use crate::hash::Digest;
use crate::key::{KeyId, Role};

/// The place of a line in the file, or none.
#[derive(Debug, Default, Clone, Copy)]
struct At(Option<NonZeroU32>);

impl At {
    /// The first one counts.
    fn first(&mut self, at: usize) {
        let next = u32::try_from(at.saturating_add(1)).ok().and_then(NonZeroU32::new);
        self.0 = self.0.or(next);
    }

    fn get(self) -> Option<usize> {
        usize::try_from(self.0?.get()).ok()?.checked_sub(1)
    }
}

/// Where the records of one request stand: the first of each.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Story {
    decided: At,
    released: At,
    finished: At,
    reported: At,
}

impl Story {
    /// What the policy decided.
    pub(super) fn decided(&self) -> Option<usize> {
        self.decided.get()
    }

    /// The release.
    pub(super) fn released(&self) -> Option<usize> {
        self.released.get()
    }

    /// The outcome.
    pub(super) fn finished(&self) -> Option<usize> {
        self.finished.get()
    }

    /// What the agent said came of it.
    pub(super) fn reported(&self) -> Option<usize> {
        self.reported.get()
    }
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
    decisions: HashMap<u64, usize>,
    statements: HashMap<Digest, usize>,
    items: HashMap<(Name, Name), Item>,
    /// By request: the stream that was the first to name it, with its story there.
    stories: Vec<Option<(Name, Story)>>,
    /// The stories of requests that two streams name.
    others: HashMap<(Name, Name), Story>,
    keys: HashMap<(Role, KeyId), usize>,
    registrations: HashMap<u64, usize>,
    rotations: Vec<usize>,
    rotated: HashMap<u64, usize>,
    steps: Cell<u64>,
}

impl Index {
    /// Takes in the line at this place, which is as signed. Where two records say the same, the earlier one counts.
    pub(super) fn add(&mut self, at: usize, records: &mut Records) {
        self.count();
        let Some((stream, correlation)) = records.request(at) else {
            return;
        };
        let Some(body) = records.get(at).and_then(|seen| seen.body) else {
            return;
        };
        let (sequence, in_sys) = (body.sequence, body.stream == "sys");
        match body.said {
            Said::Fact(Fact::ItemDecided(decided)) => {
                self.decisions.entry(sequence).or_insert(at);
                self.statements.entry(decided.payload_sha256).or_insert(at);
                let denied = (!decided.approved).then(|| decided.item_uid.clone());
                self.end(at, stream, denied, records);
            }
            Said::Fact(Fact::ItemEnded(ended)) => {
                let ended = Some(ended.item_uid.clone());
                self.end(at, stream, ended, records);
            }
            Said::Call(call) => {
                if let Some(held) = call.held {
                    let item = self.items.entry((stream, held.item)).or_default();
                    item.held.get_or_insert(at);
                }
            }
            // Only the log itself registers keys: a record filed under an agent can't.
            Said::Fact(Fact::KeyAdded(added)) if in_sys => {
                self.keys.entry((added.role, added.key.key_id())).or_insert(at);
                self.registrations.entry(sequence).or_insert(at);
            }
            Said::Fact(Fact::KeyRotated(_)) => {
                self.rotations.push(at);
                self.rotated.entry(sequence).or_insert(at);
            }
            _ => {}
        }
        self.add_to_story(at, stream, correlation, records);
    }

    fn end(&mut self, at: usize, stream: Name, item_uid: Option<String>, records: &mut Records) {
        if let Some(uid) = item_uid {
            let item = records.names.take(&uid);
            self.items.entry((stream, item)).or_default().ended.get_or_insert(at);
        }
    }

    fn add_to_story(&mut self, at: usize, stream: Name, correlation: Option<Name>, records: &Records) {
        let (Some(correlation), Some(body)) = (correlation, records.get(at).and_then(|seen| seen.body)) else {
            return;
        };
        let part: fn(&mut Story) -> &mut At = match body.said {
            Said::Call(_) => |story| &mut story.decided,
            Said::Fact(Fact::Released(_)) => |story| &mut story.released,
            Said::Finished(_) => |story| &mut story.finished,
            Said::Fact(Fact::Reported(_)) => |story| &mut story.reported,
            _ => return,
        };
        if self.stories.len() <= correlation.index() {
            self.stories.resize(correlation.index().saturating_add(1), None);
        }
        let Some(place) = self.stories.get_mut(correlation.index()) else {
            return;
        };
        let (first, story) = place.get_or_insert((stream, Story::default()));
        let story = match *first == stream {
            true => story,
            false => self.others.entry((stream, correlation)).or_default(),
        };
        part(story).first(at);
    }

    /// Counts one record gone to.
    pub(super) fn count(&self) {
        self.steps.set(self.steps.get().saturating_add(1));
    }

    /// How many records were gone to so far.
    pub(super) fn steps(&self) -> u64 {
        self.steps.get()
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
    pub(super) fn item(&self, stream: Option<Name>, item: Option<Name>) -> Item {
        let item = stream.zip(item).and_then(|item| self.items.get(&item));
        item.copied().unwrap_or_default()
    }

    /// The records of a request of a stream.
    pub(super) fn story(&self, stream: Name, correlation: Name) -> Story {
        match self.stories.get(correlation.index()) {
            Some(Some((first, story))) if *first == stream => *story,
            _ => self.others.get(&(stream, correlation)).copied().unwrap_or_default(),
        }
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
