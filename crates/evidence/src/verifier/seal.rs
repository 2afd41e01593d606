//! The sealed log, as far as the case file shows it: the checkpoint, and the skeleton under it.

use crate::casefile::{InclusionLine, RangeFile};
use crate::checkpoint::Checkpoint;
use crate::tree::{Frontier, LogEntry, TreeError, verify_inclusion};

/// What the checkpoint commits to, before its signature was checked: everything is proved against it, and the
/// checkpoint against the log's key.
#[derive(Debug)]
pub(super) struct Seal {
    pub(super) checkpoint: Checkpoint,
    /// The leaves from `first` on; there once they were proved to lead to the root.
    skeleton: Option<Skeleton>,
}

#[derive(Debug)]
struct Skeleton {
    /// The tree before the range.
    before: Frontier,
    entries: Vec<LogEntry>,
}

impl Seal {
    pub(super) fn new(checkpoint: Checkpoint) -> Self {
        Self {
            checkpoint,
            skeleton: None,
        }
    }

    /// The leaf at this place, where the skeleton has it.
    pub(super) fn entry(&self, sequence: u64) -> Option<LogEntry> {
        self.entries_from(sequence).next()
    }

    /// The first leaf of the skeleton, where there is one.
    pub(super) fn skeleton_first(&self) -> Option<u64> {
        self.before_skeleton().map(Frontier::size)
    }

    /// The tree before the skeleton's first leaf, where there is a skeleton.
    pub(super) fn before_skeleton(&self) -> Option<&Frontier> {
        self.skeleton.as_ref().map(|skeleton| &skeleton.before)
    }

    /// The leaves of the skeleton from this place on; none where it doesn't have that place.
    pub(super) fn entries_from(&self, sequence: u64) -> impl Iterator<Item = LogEntry> {
        let skeleton = self.skeleton.as_ref();
        let from = skeleton.and_then(|skeleton| {
            let index = usize::try_from(sequence.checked_sub(skeleton.before.size())?).ok()?;
            skeleton.entries.get(index..)
        });
        from.unwrap_or_default().iter().copied()
    }

    /// The leaves of the skeleton with their sequences.
    pub(super) fn entries(&self) -> impl Iterator<Item = (u64, LogEntry)> {
        let skeleton = self.skeleton.as_ref();
        skeleton
            .into_iter()
            .flat_map(|skeleton| (skeleton.before.size()..).zip(skeleton.entries.iter().copied()))
    }

    /// Whether this leaf stands at this place, by its inclusion proof.
    pub(super) fn includes(
        &self,
        sequence: u64,
        entry: LogEntry,
        proof: Result<&InclusionLine, &str>,
    ) -> Result<(), String> {
        let proof = proof.map_err(str::to_owned)?;
        if proof.sequence != sequence {
            return Err(format!(
                "its proof is about place {}, not about its own",
                proof.sequence
            ));
        }
        let Checkpoint { size, root, .. } = self.checkpoint;
        verify_inclusion(&entry.leaf_hash(), sequence, size, &proof.path, &root).map_err(|error| error.to_string())
    }
}

/// A skeleton being read.
#[derive(Debug)]
pub(super) struct Rebuilding {
    before: Frontier,
    size: u64,
    frontier: Frontier,
    entries: Vec<LogEntry>,
    rest: Vec<u8>,
}

impl Rebuilding {
    /// Starts from the part of the tree before the range.
    pub(super) fn new(range: &RangeFile) -> Result<Self, TreeError> {
        let frontier = Frontier::from_nodes(range.first, range.left.clone())?;
        Ok(Self {
            before: frontier.clone(),
            size: range.size,
            frontier,
            entries: Vec::new(),
            rest: Vec::new(),
        })
    }

    /// Takes the skeleton's next bytes.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
        let mut chunks = self.rest.chunks_exact(LogEntry::LEN);
        for chunk in chunks.by_ref() {
            if let Ok(bytes) = chunk.try_into() {
                let entry = LogEntry::from_bytes(bytes);
                self.frontier.push(entry.leaf_hash());
                self.entries.push(entry);
            }
        }
        self.rest = chunks.remainder().to_vec();
    }

    /// Gives the skeleton to the seal if it leads to the sealed root.
    pub(super) fn finish(self, seal: &mut Seal) -> Result<(), String> {
        let Checkpoint { size, root, .. } = seal.checkpoint;
        if !self.rest.is_empty() {
            return Err("its length isn't a multiple of 48".to_owned());
        }
        if self.size != size || self.frontier.size() != size {
            return Err(format!(
                "it ends at {}, and the checkpoint at {size}",
                self.frontier.size()
            ));
        }
        if self.frontier.root() != root {
            return Err("its leaves don't lead to the checkpoint's root".to_owned());
        }
        seal.skeleton = Some(Skeleton {
            before: self.before,
            entries: self.entries,
        });
        Ok(())
    }
}
