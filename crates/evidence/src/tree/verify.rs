//! Checking proofs (the algorithms of RFC 9162 §2.1.3.2 and §2.1.4.2, which are RFC 6962's made explicit).

use super::{TreeError, empty_root, node_hash};
use crate::hash::Digest;

/// On which side of the path of leaf `index` each hash of its audit path stands in a tree of `size`: whether on the left.
pub(super) fn sides(index: u64, size: u64) -> impl Iterator<Item = bool> {
    let levels = u64::BITS - size.saturating_sub(1).leading_zeros();
    let nodes = (0..levels).map(move |level| (index >> level, (size - 1) >> level));
    // The last node of a level without a sibling moves up unhashed.
    let with_sibling = nodes.filter(|(node, last)| node & 1 == 1 || node < last);
    with_sibling.map(|(node, _)| node & 1 == 1)
}

/// Checks that `leaf` (a leaf's hash) stands at `index` in the tree of `size` leaves with this root.
///
/// # Errors
/// [`TreeError::OutOfTree`], [`TreeError::WrongLength`] or [`TreeError::WrongRoot`].
pub fn verify_inclusion(
    leaf: &Digest,
    index: u64,
    size: u64,
    proof: &[Digest],
    root: &Digest,
) -> Result<(), TreeError> {
    if index >= size {
        return Err(TreeError::OutOfTree { index, size });
    }
    let wanted = sides(index, size).count();
    if proof.len() != wanted {
        return Err(TreeError::WrongLength {
            found: proof.len(),
            wanted,
        });
    }
    let with_sibling = |hash, (is_left, sibling): (bool, &Digest)| match is_left {
        true => node_hash(sibling, &hash),
        false => node_hash(&hash, sibling),
    };
    let hash = sides(index, size).zip(proof).fold(*leaf, with_sibling);
    if hash == *root {
        Ok(())
    } else {
        Err(TreeError::WrongRoot)
    }
}

/// Checks that the tree of `earlier` leaves with `earlier_root` is the beginning of the tree of `size` with `root`.
///
/// The empty tree is the beginning of every tree: its proof is empty.
///
/// # Errors
/// [`TreeError::BadRange`], [`TreeError::WrongLength`] or [`TreeError::WrongRoot`].
pub fn verify_consistency(
    earlier: u64,
    earlier_root: &Digest,
    size: u64,
    root: &Digest,
    proof: &[Digest],
) -> Result<(), TreeError> {
    if earlier > size {
        return Err(TreeError::BadRange {
            from: 0,
            to: earlier,
            size,
        });
    }
    if earlier == 0 || earlier == size {
        let good = if earlier == size {
            earlier_root == root
        } else {
            *earlier_root == empty_root()
        };
        return match (proof.len(), good) {
            (0, true) => Ok(()),
            (0, false) => Err(TreeError::WrongRoot),
            (found, _) => Err(TreeError::WrongLength { found, wanted: 0 }),
        };
    }
    let (mut node, mut last) = (earlier - 1, size - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    // `wanted` counts as the loop below takes: one for the start unless the earlier tree is complete.
    let start_given = earlier.is_power_of_two();
    let wanted = usize::from(!start_given) + consistency_steps(node, last);
    if proof.len() != wanted {
        return Err(TreeError::WrongLength {
            found: proof.len(),
            wanted,
        });
    }
    let mut proof = proof.iter();
    let start = if start_given { Some(earlier_root) } else { proof.next() };
    let Some(start) = start else {
        return Err(TreeError::WrongRoot);
    };
    let (mut old, mut new) = (*start, *start);
    while last > 0 {
        if node & 1 == 1 {
            let Some(sibling) = proof.next() else {
                return Err(TreeError::WrongRoot);
            };
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
        } else if node < last {
            let Some(sibling) = proof.next() else {
                return Err(TreeError::WrongRoot);
            };
            new = node_hash(&new, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if old == *earlier_root && new == *root {
        Ok(())
    } else {
        Err(TreeError::WrongRoot)
    }
}

fn consistency_steps(mut node: u64, mut last: u64) -> usize {
    let mut steps = 0;
    while last > 0 {
        if node & 1 == 1 || node < last {
            steps += 1;
        }
        node >>= 1;
        last >>= 1;
    }
    steps
}
