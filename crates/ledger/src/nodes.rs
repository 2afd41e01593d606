//! Where the tree's nodes stand: with the leaf that completes them.
//!
//! The node over leaves `index·2^level .. (index+1)·2^level` is complete with the last of these leaves. In that leaf's row
//! stand all nodes that it completes, level 1 first, 32 bytes each; so appending writes no row for them, and each is
//! found by arithmetic. Level 0 are the leaves themselves, which are made from their entries.

use evidence::Digest;
use evidence::tree::Node;

/// How many bytes a node has.
const LEN: usize = 32;

/// The leaf whose row holds a node, and where in that row's nodes it begins. Levels start at 1.
pub(crate) fn place(level: u32, index: u64) -> (i64, usize) {
    // A log of 2^62 records isn't reached, so this fits.
    let last = ((index + 1) << level) - 1;
    let before = usize::try_from(level.saturating_sub(1)).unwrap_or(usize::MAX);
    (last.cast_signed(), before.saturating_mul(LEN))
}

/// What stands in a leaf's row, of the nodes that it completes (the first of which is the leaf itself).
pub(crate) fn stored(completed: &[Node]) -> Vec<u8> {
    completed
        .iter()
        .skip(1)
        .flat_map(|node| node.hash.as_bytes().iter().copied())
        .collect()
}

/// The node that begins there.
pub(crate) fn read(stored: &[u8], begins: usize) -> Option<Digest> {
    Digest::from_slice(stored.get(begins..begins.checked_add(LEN)?)?)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use evidence::Digest;
    use evidence::tree::Frontier;

    use super::*;

    #[test]
    fn every_node_is_found_in_the_row_of_the_leaf_that_completes_it() {
        let (mut frontier, mut rows) = (Frontier::new(), HashMap::new());
        for leaf in 0..200i64 {
            let completed = frontier.push(Digest::sha256(&leaf.to_be_bytes()));
            rows.insert(leaf, stored(&completed));
            for node in completed.iter().skip(1) {
                let (row, begins) = place(node.level, node.index);
                assert_eq!(row, leaf);
                assert_eq!(rows.get(&row).and_then(|row| read(row, begins)), Some(node.hash));
            }
            let after = completed.len() * LEN;
            assert_eq!(rows.get(&leaf).and_then(|row| read(row, after)), None);
        }
    }
}
