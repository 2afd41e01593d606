//! The log's RFC 6962 tree: entries, roots, and the proofs that outsiders check.
//!
//! Makers of proofs read stored nodes through a function `(level, index) -> Digest`: node `(l, i)` is the root of the
//! complete subtree over leaves `[i·2^l, (i+1)·2^l)`, and is asked for only where that subtree is complete. So a proof
//! costs O(log n) reads wherever the nodes are kept.

mod frontier;
mod prove;
mod range;
mod verify;

pub use frontier::{Frontier, Node};
pub use prove::{consistency, inclusion, of_leaves, root};
pub use range::{RangeProof, range_proof, root_from_range};
pub use verify::{verify_consistency, verify_inclusion};

use crate::hash::Digest;

/// 16 random bytes that name a stream within the tree, fixed in the record that opens the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub [u8; 16]);

impl std::fmt::Display for Tag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// What the tree holds of a record: 48 bytes, `tag ‖ d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LogEntry {
    /// The stream's tag.
    pub tag: Tag,
    /// The record's fingerprint.
    pub d: Digest,
}

impl LogEntry {
    /// How long an entry is.
    pub const LEN: usize = 48;

    /// `tag ‖ d`.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let (tag, d) = bytes.split_at_mut(16);
        tag.copy_from_slice(&self.tag.0);
        d.copy_from_slice(self.d.as_bytes());
        bytes
    }

    /// The inverse of [`to_bytes`](Self::to_bytes).
    #[must_use]
    pub fn from_bytes(bytes: &[u8; Self::LEN]) -> Self {
        let (mut tag, mut d) = ([0; 16], [0; 32]);
        let (first, second) = bytes.split_at(16);
        tag.copy_from_slice(first);
        d.copy_from_slice(second);
        Self {
            tag: Tag(tag),
            d: Digest::new(d),
        }
    }

    /// Its leaf's hash.
    #[must_use]
    pub fn leaf_hash(&self) -> Digest {
        leaf_hash(&self.to_bytes())
    }
}

/// `SHA-256(00 ‖ entry)` (RFC 6962 §2.1).
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Digest {
    Digest::sha256_of(&[&[0], entry])
}

/// `SHA-256(01 ‖ left ‖ right)` (RFC 6962 §2.1).
#[must_use]
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Digest::sha256_of(&[&[1], left.as_bytes(), right.as_bytes()])
}

/// The root of a tree without leaves: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Digest {
    Digest::sha256(b"")
}

/// Why a tree can't answer, or a proof doesn't hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// The leaf isn't in a tree of that size.
    #[error("leaf {index} isn't in a tree of {size}")]
    OutOfTree {
        /// The leaf.
        index: u64,
        /// The tree's size.
        size: u64,
    },
    /// The range isn't within the tree, or is turned around.
    #[error("the range from {from} to {to} isn't within a tree of {size}")]
    BadRange {
        /// The first leaf.
        from: u64,
        /// The first leaf after it.
        to: u64,
        /// The tree's size.
        size: u64,
    },
    /// A proof has too many or too few hashes.
    #[error("the proof has {found} hashes where {wanted} belong")]
    WrongLength {
        /// How many there are.
        found: usize,
        /// How many belong there.
        wanted: usize,
    },
    /// The proof leads to another root.
    #[error("the proof leads to another root than the one that was signed")]
    WrongRoot,
    /// A node that belongs to a complete subtree isn't stored.
    #[error("node {index} of level {level} isn't stored; the tree's store is damaged")]
    MissingNode {
        /// Its level; leaves are level 0.
        level: u32,
        /// Its index within the level.
        index: u64,
    },
}

/// The largest power of two that is less than `n`, for n > 1 (RFC 6962's k).
const fn split(n: u64) -> u64 {
    1 << (63 - (n - 1).leading_zeros())
}

#[cfg(test)]
mod tests;
