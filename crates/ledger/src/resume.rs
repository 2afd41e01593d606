//! Going on from a head that was verified before, so that opening doesn't take longer as the log grows.
//!
//! The head in the key store says size, root and MAC of a beginning of the log that some process had verified, or
//! written itself, when it kept it. What the walk needs to go on from there is read from the database and held against
//! that: the tree's edge must give the root, and the last record be under it. The streams' ends can't be held against a
//! root; the seal covers them, and is checked when the walk has come to the log's end.
//!
//! Not looked at are the records before the head. Whether they are still what they were, [`Ledger::verify`] tells, which
//! the gateway runs as soon as it serves. What it finds is kept with the head, so that the next opening verifies all.
//!
//! [`Ledger::verify`]: crate::Ledger::verify

use evidence::tree::{Frontier, verify_inclusion};
use evidence::{Previous, Record, Stream, Tag};
use rusqlite::{Connection, OptionalExtension as _};

use crate::core::{ChainKeys, StateMacs, StreamState, Streams, Tip};
use crate::head::KeptHead;
use crate::indexed::Indexed;
use crate::rows::Sums;
use crate::signer::rotations;
use crate::walk::{Fault, Walk, beside};
use crate::{StreamHead, proof};

impl Walk {
    /// Stands where a verified head says, without looking at the records before it.
    pub(crate) fn at_head(db: &Connection, keys: &ChainKeys, head: &KeptHead) -> Result<Self, Fault> {
        let last = head
            .size
            .checked_sub(1)
            .ok_or_else(|| beside("the head is of an empty log"))?;
        let broken = |what: &str| Fault::Broken(Some(last), what.to_owned());
        let frontier = frontier(db, head.size)?;
        if frontier.root() != head.root {
            return Err(broken("the tree that ends with it hasn't the head's root"));
        }
        let (entry, mac) = proof::leaf(db, last)?.ok_or_else(|| broken("its log entry is missing"))?;
        let path = proof::inclusion_path(db, last, head.size)?;
        if mac != head.mac.as_bytes()
            || verify_inclusion(&entry.leaf_hash(), last, head.size, &path, &head.root).is_err()
        {
            return Err(broken("its log entry isn't the head's"));
        }
        let bytes: Option<Vec<u8>> = db
            .query_row("SELECT bytes FROM record WHERE seq = ?1", [last.cast_signed()], |row| {
                row.get(0)
            })
            .optional()?;
        let bytes = bytes.ok_or_else(|| broken("it is missing"))?;
        let record = Record::parse(&bytes).map_err(|error| broken(&error.to_string()))?;
        if record.sequence() != last || *record.origin() != keys.origin || *record.recomputed() != entry.d {
            return Err(broken("its bytes aren't the ones that its log entry is about"));
        }
        let (names, streams) = streams(db, head.size)?;
        Ok(Self {
            tip: Tip {
                frontier,
                last: Some(Previous {
                    uid: record.uid(),
                    fingerprint: entry.d,
                }),
                logged_time: record.logged_time(),
                mac: *head.mac.as_bytes(),
                epoch: head.epoch,
            },
            streams,
            names,
            sum: Sums::default(),
            state: StateMacs::default(),
            indexed: Indexed::default(),
            rotations: rotations(db, keys)?.into_iter().filter(|at| *at < head.size).collect(),
        })
    }
}

/// The roots of the complete subtrees that `size` leaves fall into, largest first.
fn frontier(db: &Connection, size: u64) -> Result<Frontier, Fault> {
    let (mut nodes, mut from) = (Vec::new(), 0u64);
    for level in (0..u64::BITS).rev().filter(|level| size >> level & 1 == 1) {
        nodes.push(proof::stored(db, level, from >> level)?);
        from += 1 << level;
    }
    Frontier::from_nodes(size, nodes).map_err(|error| beside(error.to_string()))
}

/// The streams as they ended before record `size`: by the columns, which the seal is held against later.
fn streams(db: &Connection, size: u64) -> Result<(Vec<Stream>, Streams), Fault> {
    let (mut names, mut streams) = (Vec::new(), Streams::new());
    let mut rows = db.prepare("SELECT id, name, tag FROM stream WHERE opened < ?1 ORDER BY id")?;
    let mut rows = rows.query([size.cast_signed()])?;
    let mut ends = db.prepare(
        "SELECT r.seq, r.stream_seq, l.entry FROM record r JOIN leaf l ON l.seq = r.seq \
         WHERE r.seq = (SELECT max(seq) FROM record WHERE stream = ?1 AND seq < ?2)",
    )?;
    while let Some(row) = rows.next()? {
        let (id, name): (i64, String) = (row.get(0)?, row.get(1)?);
        let tag = Tag(row.get(2)?);
        let stream = Stream::parse(&name).ok_or_else(|| beside(format!("`{name}` is no stream")))?;
        let (sequence, stream_seq, entry): (i64, i64, [u8; 48]) = ends.query_row([id, size.cast_signed()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?;
        let head = StreamHead {
            tag,
            sequence: sequence.cast_unsigned(),
            stream_seq: stream_seq.cast_unsigned(),
            fingerprint: evidence::LogEntry::from_bytes(&entry).d,
        };
        if usize::try_from(id) != Ok(names.len()) {
            return Err(beside(format!("the stream `{stream}` isn't filed under its place")));
        }
        names.push(stream.clone());
        streams.insert(stream, StreamState { id, head });
    }
    Ok((names, streams))
}
