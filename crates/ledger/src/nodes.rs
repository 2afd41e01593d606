//! Where the tree's nodes stand in their table.

/// The place of the node over leaves `index * 2^level ..`: in-order, so that nodes are added near the table's end.
/// Levels start at 1; leaves have a table of their own.
pub(crate) fn position(level: u32, index: u64) -> i64 {
    // A log of 2^62 records isn't reached, so this fits.
    ((index << (level + 1)) + (1 << level) - 1).cast_signed()
}

/// How many nodes a tree of so many leaves has completed above them.
pub(crate) fn count(size: u64) -> u64 {
    size - u64::from(size.count_ones())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use evidence::Digest;
    use evidence::tree::Frontier;

    use super::*;

    #[test]
    fn every_node_has_a_place_of_its_own_among_the_first() {
        let mut frontier = Frontier::new();
        let mut places = BTreeSet::new();
        for size in 1..=200u64 {
            for node in frontier.push(Digest::sha256(&size.to_be_bytes())).iter().skip(1) {
                assert!(places.insert(position(node.level, node.index)));
            }
            assert_eq!(places.len() as u64, count(size));
            assert!(places.iter().all(|place| (0..2 * size.cast_signed()).contains(place)));
        }
    }
}
