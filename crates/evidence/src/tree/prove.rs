//! Making proofs from stored nodes.

use super::{TreeError, empty_root, node_hash, split};
use crate::hash::Digest;

/// The root over leaves `[from, to)`, `from` being aligned as RFC 6962's recursion leaves it.
fn subtree<E>(from: u64, to: u64, node: &mut impl FnMut(u32, u64) -> Result<Digest, E>) -> Result<Digest, E> {
    let size = to - from;
    if size.is_power_of_two() {
        let level = size.trailing_zeros();
        return node(level, from >> level);
    }
    let middle = from + split(size);
    let left = subtree(from, middle, node)?;
    let right = subtree(middle, to, node)?;
    Ok(node_hash(&left, &right))
}

/// The root of the tree of the first `size` leaves.
///
/// # Errors
/// What `node` gives.
pub fn root<E>(size: u64, node: &mut impl FnMut(u32, u64) -> Result<Digest, E>) -> Result<Digest, E> {
    if size == 0 {
        Ok(empty_root())
    } else {
        subtree(0, size, node)
    }
}

/// The audit path of leaf `index` in the tree of the first `size` leaves (RFC 6962 §2.1.1), nearest sibling first.
///
/// # Errors
/// [`TreeError::OutOfTree`], or what `node` gives.
pub fn inclusion<E: From<TreeError>>(
    index: u64,
    size: u64,
    node: &mut impl FnMut(u32, u64) -> Result<Digest, E>,
) -> Result<Vec<Digest>, E> {
    if index >= size {
        return Err(TreeError::OutOfTree { index, size }.into());
    }
    let (mut from, mut to) = (0, size);
    let mut path = Vec::new();
    while to - from > 1 {
        let middle = from + split(to - from);
        if index < middle {
            path.push(subtree(middle, to, node)?);
            to = middle;
        } else {
            path.push(subtree(from, middle, node)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// That the tree of the first `earlier` leaves is the beginning of the tree of the first `size` (RFC 6962 §2.1.2).
/// Empty where `earlier` is 0 or `size`.
///
/// # Errors
/// [`TreeError::BadRange`] if `earlier` is the larger, or what `node` gives.
pub fn consistency<E: From<TreeError>>(
    earlier: u64,
    size: u64,
    node: &mut impl FnMut(u32, u64) -> Result<Digest, E>,
) -> Result<Vec<Digest>, E> {
    if earlier > size {
        return Err(TreeError::BadRange {
            from: 0,
            to: earlier,
            size,
        }
        .into());
    }
    let mut path = Vec::new();
    if earlier == 0 || earlier == size {
        return Ok(path);
    }
    let (mut from, mut to) = (0, size);
    while earlier != to {
        let middle = from + split(to - from);
        if earlier <= middle {
            path.push(subtree(middle, to, node)?);
            to = middle;
        } else {
            path.push(subtree(from, middle, node)?);
            from = middle;
        }
    }
    // Where the earlier tree is a complete subtree from leaf 0, its root is what the verifier holds already.
    if from != 0 {
        path.push(subtree(from, to, node)?);
    }
    path.reverse();
    Ok(path)
}

/// Nodes computed from leaf hashes in memory, for trees that are small enough.
pub fn of_leaves(leaves: &[Digest]) -> impl FnMut(u32, u64) -> Result<Digest, TreeError> + '_ {
    fn compute(leaves: &[Digest], level: u32, index: u64) -> Result<Digest, TreeError> {
        let missing = TreeError::MissingNode { level, index };
        if level == 0 {
            let place = usize::try_from(index).map_err(|_| missing)?;
            return leaves.get(place).copied().ok_or(missing);
        }
        let left = compute(leaves, level - 1, index * 2)?;
        let right = compute(leaves, level - 1, index * 2 + 1)?;
        Ok(node_hash(&left, &right))
    }
    move |level, index| compute(leaves, level, index)
}
