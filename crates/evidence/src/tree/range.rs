//! Proofs of a whole range: with its entries they give the root, so no entry of the range can be missing or other.

use super::{Frontier, TreeError};
use crate::hash::Digest;

/// What is needed to rebuild the root of a tree from all leaves of `[a, b)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangeProof {
    /// The roots of the complete subtrees that `[0, a)` falls into, largest first: the frontier of the tree of `a`.
    pub left: Vec<Digest>,
    /// The roots of the complete aligned subtrees that `[b, size)` falls into, from left to right, each as large as its
    /// place and the size allow.
    pub right: Vec<Digest>,
}

/// The level of the largest complete aligned subtree that begins at `at` and ends within `end`.
fn level_at(at: u64, end: u64) -> u32 {
    (end - at).ilog2().min(at.trailing_zeros())
}

/// The levels and indexes of the subtrees that `[from, to)` falls into, from left to right.
fn cover(from: u64, to: u64) -> Vec<(u32, u64)> {
    let mut parts = Vec::new();
    let mut at = from;
    while at < to {
        let level = level_at(at, to);
        parts.push((level, at >> level));
        at += 1 << level;
    }
    parts
}

/// The proof for leaves `[from, to)` in the tree of the first `size` leaves.
///
/// # Errors
/// [`TreeError::BadRange`], or what `node` gives.
pub fn range_proof<E: From<TreeError>>(
    from: u64,
    to: u64,
    size: u64,
    node: &mut impl FnMut(u32, u64) -> Result<Digest, E>,
) -> Result<RangeProof, E> {
    if from > to || to > size {
        return Err(TreeError::BadRange { from, to, size }.into());
    }
    let mut hashes = |from, to| {
        cover(from, to)
            .into_iter()
            .map(|(level, index)| node(level, index))
            .collect()
    };
    let left: Result<Vec<Digest>, E> = hashes(0, from);
    Ok(RangeProof {
        left: left?,
        right: hashes(to, size)?,
    })
}

/// The root of the tree of `size` leaves in which `leaves` (leaf hashes) stand from `from` on.
///
/// # Errors
/// [`TreeError::BadRange`] or [`TreeError::WrongLength`].
pub fn root_from_range(
    proof: &RangeProof,
    from: u64,
    leaves: impl ExactSizeIterator<Item = Digest>,
    size: u64,
) -> Result<Digest, TreeError> {
    let to = u64::try_from(leaves.len())
        .ok()
        .and_then(|count| from.checked_add(count));
    let to = to.filter(|to| *to <= size).ok_or(TreeError::BadRange {
        from,
        to: u64::MAX,
        size,
    })?;
    let mut frontier = Frontier::from_nodes(from, proof.left.clone())?;
    for leaf in leaves {
        frontier.push(leaf);
    }
    let parts = cover(to, size);
    if proof.right.len() != parts.len() {
        return Err(TreeError::WrongLength {
            found: proof.right.len(),
            wanted: parts.len(),
        });
    }
    for ((level, _), hash) in parts.into_iter().zip(&proof.right) {
        frontier.push_subtree(level, *hash);
    }
    Ok(frontier.root())
}
