//! The sequences that match a filter, kept: a log only grows, so a list is only ever added to.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use parking_lot::Mutex;
use rusqlite::Connection;

use super::Search;

/// How many sequences are kept for all filters together (8 bytes each).
const MOST_KEPT: usize = 4_000_000;

/// The matching sequences of the first `upto` records, ascending.
#[derive(Debug, Default)]
pub(super) struct Matches {
    sequences: Vec<u64>,
    pub(super) upto: u64,
}

impl Matches {
    pub(super) fn extend(&mut self, more: Vec<u64>, upto: u64) {
        self.sequences.extend(more);
        self.upto = upto;
    }

    /// As of an earlier size of the log.
    pub(super) fn view(&self, size: u64) -> View<'_> {
        let end = self.sequences.partition_point(|sequence| *sequence < size);
        View::Some(self.sequences.get(..end).unwrap_or_default())
    }
}

/// Matching sequences, ascending.
pub(super) enum View<'a> {
    /// Every record below this size.
    All(u64),
    /// These.
    Some(&'a [u64]),
}

impl View<'_> {
    pub(super) const fn all(size: u64) -> Self {
        Self::All(size)
    }

    pub(super) fn len(&self) -> u64 {
        match self {
            Self::All(size) => *size,
            Self::Some(sequences) => sequences.len() as u64,
        }
    }

    /// How many are below a sequence.
    pub(super) fn below(&self, sequence: u64) -> u64 {
        match self {
            Self::All(size) => sequence.min(*size),
            Self::Some(sequences) => sequences.partition_point(|at| *at < sequence) as u64,
        }
    }

    /// `limit` of them after the first `at`, oldest first.
    pub(super) fn oldest(&self, at: u64, limit: u64) -> Vec<u64> {
        let end = at.saturating_add(limit).min(self.len());
        match self {
            Self::All(_) => (at..end).collect(),
            Self::Some(sequences) => {
                let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
                sequences.get(index(at)..index(end)).unwrap_or_default().to_vec()
            }
        }
    }

    /// `limit` of them after the newest `at`, newest first.
    pub(super) fn page(&self, at: u64, limit: u64) -> Vec<u64> {
        let end = self.len().saturating_sub(at);
        let start = end.saturating_sub(limit);
        let mut page = self.oldest(start, end - start);
        page.reverse();
        page
    }

    /// Where a record stands, counted from the newest.
    pub(super) fn place(&self, sequence: u64) -> Option<u64> {
        let below = self.below(sequence);
        let there = self.oldest(below, 1).first() == Some(&sequence);
        there.then(|| self.len() - 1 - below)
    }
}

/// The lists of the filters that were used last.
#[derive(Default)]
pub(super) struct Cache {
    lists: HashMap<Search, (u64, Arc<Mutex<Matches>>)>,
    turn: u64,
}

impl Cache {
    /// The list of a filter; the longest unused give way to it.
    pub(super) fn of(&mut self, search: &Search) -> Arc<Mutex<Matches>> {
        self.turn += 1;
        let turn = self.turn;
        if let Some((used, list)) = self.lists.get_mut(search) {
            *used = turn;
            return Arc::clone(list);
        }
        // One that is being filled is in use, and counts when it is done.
        let length = |list: &Mutex<Matches>| list.try_lock().map_or(0, |list| list.sequences.len());
        let mut kept: usize = self.lists.values().map(|(_, list)| length(list)).sum();
        while kept > MOST_KEPT {
            let oldest = self.lists.iter().min_by_key(|(_, (used, _))| *used);
            let Some(oldest) = oldest.map(|(search, _)| search.clone()) else {
                break;
            };
            if let Some((_, list)) = self.lists.remove(&oldest) {
                kept = kept.saturating_sub(length(&list).max(1));
            }
        }
        let list = Arc::new(Mutex::new(Matches::default()));
        self.lists.insert(search.clone(), (turn, Arc::clone(&list)));
        list
    }
}

/// What is asked of every record, by its sequence, so that it is counted and not looked up: its decision (one byte) and
/// the call that it is part of (four).
#[derive(Debug, Default)]
pub(super) struct Spine {
    decisions: Vec<u8>,
    /// How far back the record stands that asked for the call, and one; 0 where it is part of none.
    back: Vec<u32>,
    /// The records that asked for a call, ascending.
    calls: Vec<u64>,
}

impl Spine {
    /// Reads on to the first `size` records.
    pub(super) fn reach(&mut self, db: &Connection, size: u64) -> rusqlite::Result<()> {
        let have = self.len();
        if have >= size {
            return Ok(());
        }
        let mut statement =
            db.prepare_cached("SELECT decision, call FROM entry WHERE seq >= ?1 AND seq < ?2 ORDER BY seq")?;
        let mut rows = statement.query([have.cast_signed(), size.cast_signed()])?;
        while let Some(row) = rows.next()? {
            let sequence = self.len();
            let call: Option<i64> = row.get(1)?;
            let back = call.and_then(|call| sequence.checked_sub(call.cast_unsigned()));
            if back == Some(0) {
                self.calls.push(sequence);
            }
            let back = back.and_then(|back| u32::try_from(back + 1).ok());
            self.back.push(back.unwrap_or_default());
            self.decisions.push(row.get(0)?);
        }
        Ok(())
    }

    /// The record that asked for the call that a record is part of.
    pub(super) fn call(&self, sequence: u64) -> Option<u64> {
        let back = usize::try_from(sequence).ok().and_then(|at| self.back.get(at))?;
        sequence.checked_sub(u64::from(back.checked_sub(1)?))
    }

    /// The records of this range that asked for a call, ascending.
    pub(super) fn calls(&self, within: &Range<u64>) -> &[u64] {
        let start = self.calls.partition_point(|call| *call < within.start);
        let end = self.calls.partition_point(|call| *call < within.end);
        self.calls.get(start..end).unwrap_or_default()
    }

    pub(super) fn len(&self) -> u64 {
        self.decisions.len() as u64
    }

    pub(super) fn decision(&self, sequence: u64) -> u8 {
        usize::try_from(sequence)
            .ok()
            .and_then(|at| self.decisions.get(at))
            .copied()
            .unwrap_or_default()
    }
}
