//! The steps between reading and judging: the log's keys, one rotation after another, and the log as it was before.

use std::collections::VecDeque;
use std::io::{Read, Seek};

use super::case::Case;
use super::judge_copies;
use super::judge_people;
use super::judge_rotation;
use super::report::Status;
use super::run::{Stage, Verifier};
use crate::casefile::Container;
use crate::hash::Digest;
use crate::rotation::LogKeys;
use crate::tree::{Frontier, LogEntry};

/// What a rotation counts for: two signatures, which take as long as some records.
const ROTATION_BYTES: u64 = 8 << 10;

/// How many leaves are gone through in one step.
const LEAVES: usize = 256;

/// How far the log was followed.
#[derive(Debug)]
pub(super) enum Following {
    /// So many of its rotations were.
    Keys(usize),
    /// Its leaves are gone through once more.
    Leaves(Replay),
}

/// The log's keys as far as rotations lead that hold, and the first that doesn't, with why.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) keys: LogKeys,
    pub(super) broken: Option<(u64, String)>,
}

/// The last leaves, gone through once more for the roots that the log had at these sizes, which ascend; the last of them is
/// the checkpoint's.
#[derive(Debug)]
pub(super) struct Replay {
    frontier: Frontier,
    wanted: VecDeque<u64>,
    roots: Vec<(u64, Digest)>,
}

impl Replay {
    /// Goes on by some leaves; nothing where there are no more.
    fn go_on(&mut self, entries: impl Iterator<Item = LogEntry>) -> Option<()> {
        let before = self.frontier.size();
        self.reach();
        for entry in entries.take(LEAVES) {
            self.frontier.push(entry.leaf_hash());
            self.reach();
        }
        (self.frontier.size() > before).then_some(())
    }

    fn reach(&mut self) {
        let size = self.frontier.size();
        if self.wanted.pop_front_if(|wanted| *wanted == size).is_some() {
            self.roots.push((size, self.frontier.root()));
        }
    }
}

impl<R: Read + Seek> Verifier<R> {
    pub(super) fn follow(&mut self, zip: Container<R>, following: Following) -> Stage<R> {
        let next = match following {
            Following::Keys(at) => {
                self.work(ROTATION_BYTES);
                self.case.follow_rotation(at).or_else(|| self.case.want_roots())
            }
            Following::Leaves(replay) => {
                self.work((LEAVES * LogEntry::LEN) as u64);
                self.case.replay(replay)
            }
        };
        match next {
            Some(following) => Stage::Following(zip, following),
            None => {
                judge_people::hold_against_log(&mut self.case);
                self.judge(&zip)
            }
        }
    }
}

impl Case {
    /// Takes in the rotation at this place; nothing where there is none to follow.
    fn follow_rotation(&mut self, at: usize) -> Option<Following> {
        let followed = self.log_keys.take();
        let mut followed = followed.or_else(|| {
            let keys = LogKeys::new(self.opened_log()?.key);
            Some(Followed { keys, broken: None })
        })?;
        let rotation = self.key_rotation(at).filter(|_| followed.broken.is_none());
        let goes_on = rotation.map(|(sequence, rotation)| {
            let why = judge_rotation::follow(self, sequence, rotation, &mut followed.keys).err();
            followed.broken = why.map(|why| (sequence, why));
        });
        self.log_keys = Some(followed);
        goes_on.map(|()| Following::Keys(at.saturating_add(1)))
    }

    /// What the log was at earlier sizes that somebody says to have seen: by the proof from one checkpoint, and by the last
    /// leaves.
    fn want_roots(&mut self) -> Option<Following> {
        let consistent = judge_copies::consistency(self).filter(|finding| finding.status == Status::Pass);
        if let Some(since) = self.manifest.as_ref().and_then(|manifest| manifest.since)
            && consistent.is_some()
        {
            self.roots.insert(since.size, since.root);
        }
        let seal = self.seal.as_ref()?;
        let frontier = self.before_last_leaves()?.clone();
        let signed = self.approvals.values().filter_map(|approval| approval.saw);
        let remembered = self.pins.remembered(&seal.checkpoint.origin);
        let mut wanted: Vec<u64> = signed
            .map(|seen| seen.size)
            .chain(remembered.map(|seen| seen.checkpoint.size))
            .filter(|size| (frontier.size()..seal.checkpoint.size).contains(size))
            .collect();
        if wanted.is_empty() {
            return None;
        }
        wanted.push(seal.checkpoint.size);
        wanted.sort_unstable();
        wanted.dedup();
        Some(Following::Leaves(Replay {
            frontier,
            wanted: wanted.into(),
            roots: Vec::new(),
        }))
    }

    /// Goes on through the leaves. The roots count where they lead to the checkpoint's.
    fn replay(&mut self, mut replay: Replay) -> Option<Following> {
        replay.go_on(self.last_leaves(replay.frontier.size()))?;
        if !replay.wanted.is_empty() {
            return Some(Following::Leaves(replay));
        }
        let sealed = self.seal.as_ref()?.checkpoint;
        if replay.roots.last() == Some(&(sealed.size, sealed.root)) {
            self.roots.extend(replay.roots);
        }
        None
    }
}
