//! Roots and proofs from the stored nodes: O(log n) reads each.

use std::collections::HashMap;

use evidence::tree::{self, RangeProof, TreeError};
use evidence::{Digest, LogEntry};
use rusqlite::Connection;

use crate::core::optional;
use crate::walk::Fault;
use crate::{ReadError, nodes};

/// How reading a node fails.
pub(crate) enum NodeError {
    Tree(TreeError),
    Database(rusqlite::Error),
}

impl From<TreeError> for NodeError {
    fn from(error: TreeError) -> Self {
        Self::Tree(error)
    }
}

impl From<rusqlite::Error> for NodeError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl From<NodeError> for ReadError {
    fn from(error: NodeError) -> Self {
        match error {
            NodeError::Tree(error) => Self::Altered {
                what: "the tree".to_owned(),
                why: error.to_string(),
            },
            NodeError::Database(error) => error.into(),
        }
    }
}

impl From<NodeError> for Fault {
    fn from(error: NodeError) -> Self {
        match error {
            NodeError::Tree(error) => Self::Broken(None, error.to_string()),
            NodeError::Database(error) => Self::Unreadable(error),
        }
    }
}

/// A leaf's entry and the operator's MAC, as they are stored.
pub(crate) fn leaf(db: &Connection, sequence: u64) -> rusqlite::Result<Option<(LogEntry, Vec<u8>)>> {
    let row: Option<([u8; LogEntry::LEN], Vec<u8>)> = optional(
        db.prepare_cached("SELECT entry, mac FROM leaf WHERE seq = ?1")?
            .query_row([sequence.cast_signed()], |row| Ok((row.get(0)?, row.get(1)?))),
    )?;
    Ok(row.map(|(entry, mac)| (LogEntry::from_bytes(&entry), mac)))
}

/// A stored node, for who verifies: [`node`] and [`inclusion`] with their errors as faults.
pub(crate) fn stored(db: &Connection, level: u32, index: u64) -> Result<Digest, Fault> {
    Ok(node(db, level, index)?)
}

/// As [`root`].
pub(crate) fn stored_root(db: &Connection, size: u64) -> Result<Digest, Fault> {
    Ok(tree::root(size, &mut |level, index| node(db, level, index))?)
}

/// As [`inclusion`].
pub(crate) fn inclusion_path(db: &Connection, sequence: u64, size: u64) -> Result<Vec<Digest>, Fault> {
    Ok(tree::inclusion(sequence, size, &mut |level, index| {
        node(db, level, index)
    })?)
}

/// Node `(level, index)`; leaves are level 0.
fn node(db: &Connection, level: u32, index: u64) -> Result<Digest, NodeError> {
    if level == 0 {
        return Ok(entry(db, index)?.leaf_hash());
    }
    let (row, begins) = nodes::place(level, index);
    let stored: Option<Vec<u8>> = optional(
        db.prepare_cached("SELECT nodes FROM leaf WHERE seq = ?1")?
            .query_row([row], |row| row.get(0)),
    )?;
    let missing = TreeError::MissingNode { level, index };
    Ok(stored.and_then(|stored| nodes::read(&stored, begins)).ok_or(missing)?)
}

fn entry(db: &Connection, sequence: u64) -> Result<LogEntry, NodeError> {
    let bytes: Option<Vec<u8>> = optional(
        db.prepare_cached("SELECT entry FROM leaf WHERE seq = ?1")?
            .query_row([sequence.cast_signed()], |row| row.get(0)),
    )?;
    let missing = TreeError::MissingNode {
        level: 0,
        index: sequence,
    };
    let bytes: [u8; LogEntry::LEN] = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(missing)?;
    Ok(LogEntry::from_bytes(&bytes))
}

/// The root over the first `size` leaves.
pub(crate) fn root(db: &Connection, size: u64) -> Result<Digest, ReadError> {
    Ok(tree::root(size, &mut |level, index| node(db, level, index))?)
}

/// The audit path of a leaf in the tree of the first `size`.
pub(crate) fn inclusion(db: &Connection, sequence: u64, size: u64) -> Result<Vec<Digest>, ReadError> {
    Ok(tree::inclusion(sequence, size, &mut |level, index| {
        node(db, level, index)
    })?)
}

/// The audit paths of these leaves in the tree of the first `size`. Neighbours share most of their paths, so nodes that
/// were read are kept for a while.
pub(crate) fn inclusions(db: &Connection, sequences: &[u64], size: u64) -> Result<Vec<Vec<Digest>>, ReadError> {
    const KEPT: usize = 4096;
    let mut read: HashMap<(u32, u64), Digest> = HashMap::new();
    let mut kept = |level, index| -> Result<Digest, NodeError> {
        if let Some(digest) = read.get(&(level, index)) {
            return Ok(*digest);
        }
        let digest = node(db, level, index)?;
        if read.len() >= KEPT {
            read.clear();
        }
        read.insert((level, index), digest);
        Ok(digest)
    };
    let path = |sequence: &u64| tree::inclusion(*sequence, size, &mut kept);
    Ok(sequences.iter().map(path).collect::<Result<_, _>>()?)
}

/// That the first `earlier` leaves are the beginning of the first `size`.
pub(crate) fn consistency(db: &Connection, earlier: u64, size: u64) -> Result<Vec<Digest>, ReadError> {
    Ok(tree::consistency(earlier, size, &mut |level, index| {
        node(db, level, index)
    })?)
}

/// What the leaves `from..to` need to give the root over the first `size`.
pub(crate) fn range(db: &Connection, from: u64, to: u64, size: u64) -> Result<RangeProof, ReadError> {
    Ok(tree::range_proof(from, to, size, &mut |level, index| {
        node(db, level, index)
    })?)
}

/// The log entries `from..to`, all of them.
pub(crate) fn entries(db: &Connection, from: u64, to: u64) -> Result<Vec<LogEntry>, ReadError> {
    let mut statement = db.prepare_cached("SELECT entry FROM leaf WHERE seq >= ?1 AND seq < ?2 ORDER BY seq")?;
    let rows = statement.query_map([from.cast_signed(), to.cast_signed()], |row| {
        row.get::<_, [u8; LogEntry::LEN]>(0)
    })?;
    let entries: Vec<LogEntry> = rows
        .map(|row| row.map(|bytes| LogEntry::from_bytes(&bytes)))
        .collect::<Result<_, _>>()?;
    if entries.len() as u64 == to.saturating_sub(from) {
        Ok(entries)
    } else {
        Err(ReadError::Altered {
            what: format!("log entries {from} to {to}"),
            why: "some are missing".to_owned(),
        })
    }
}
