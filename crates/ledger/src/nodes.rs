//! Where the tree's nodes stand in their table.

use std::collections::HashMap;
use std::ops::Range;

use rusqlite::Connection;

use crate::core::optional;

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

/// Stored nodes, those that a run of leaves completes read at once: all but the few that span more than the run stand
/// together.
pub(crate) struct Nodes<'a> {
    db: &'a Connection,
    together: HashMap<i64, Vec<u8>>,
}

impl<'a> Nodes<'a> {
    pub(crate) fn of(db: &'a Connection, leaves: Range<u64>) -> rusqlite::Result<Self> {
        let range = [2 * leaves.start.cast_signed(), 2 * leaves.end.cast_signed()];
        let mut statement =
            db.prepare_cached("SELECT position, hash FROM node WHERE position >= ?1 AND position < ?2")?;
        let together = statement
            .query_map(range, |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        Ok(Self { db, together })
    }

    /// The hash at a position, where there is one.
    pub(crate) fn at(&mut self, position: i64) -> rusqlite::Result<Option<Vec<u8>>> {
        if let Some(hash) = self.together.remove(&position) {
            return Ok(Some(hash));
        }
        let mut statement = self.db.prepare_cached("SELECT hash FROM node WHERE position = ?1")?;
        optional(statement.query_row([position], |row| row.get(0)))
    }
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
