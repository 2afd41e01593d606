//! Records as they are stored, in bulk or by their sequences, and the checkpoints between two sizes.

use std::ops::Range;

use evidence::{Record, Stream};
use rusqlite::params;

use crate::read::{Filter, Place};
use crate::{Ledger, ReadError, Sealed, read};

impl Ledger {
    /// The stored bytes of the records from a sequence on, in their order, at most `limit`.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn stored(&self, from: u64, limit: u64) -> Result<Vec<Vec<u8>>, ReadError> {
        // What isn't published yet isn't shown, though this connection may see it.
        let end = from.saturating_add(limit).min(self.size());
        self.inner.readers.with(|db| {
            let mut statement =
                db.prepare_cached("SELECT bytes FROM record WHERE seq >= ?1 AND seq < ?2 ORDER BY seq")?;
            let rows = statement.query_map(params![from.cast_signed(), end.cast_signed()], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The first record of a story.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn first_of_story(&self, correlation: &str) -> Result<Option<u64>, ReadError> {
        self.inner.readers.with(|db| {
            let mut statement = db.prepare_cached("SELECT min(seq) FROM record WHERE correlation = ?1")?;
            let first: Option<i64> = statement.query_row([correlation], |row| row.get(0))?;
            Ok(first.map(i64::cast_unsigned))
        })
    }

    /// Where the matching records of these sequences stand, in the order of the log, at most `limit`.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn places(&self, filter: &Filter, within: Range<u64>, limit: u32) -> Result<Vec<Place>, ReadError> {
        let within = within.start..within.end.min(self.size());
        self.inner
            .readers
            .with(|db| read::places(db, filter, &within, limit.into()))
    }

    /// The first record of a stream; nothing where it has none.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn opened_at(&self, stream: &Stream) -> Result<Option<u64>, ReadError> {
        let first = self.places(
            &Filter {
                stream: Some(stream.clone()),
                correlation: None,
            },
            0..self.size(),
            1,
        )?;
        Ok(first.first().map(|place| place.sequence))
    }

    /// The stored bytes of these records, in this order. One that isn't there is an error.
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn stored_at(&self, sequences: &[u64]) -> Result<Vec<Vec<u8>>, ReadError> {
        self.inner.readers.with(|db| {
            let mut statement = db.prepare_cached("SELECT bytes FROM record WHERE seq = ?1")?;
            let row = |sequence: &u64| statement.query_row([sequence.cast_signed()], |row| row.get(0));
            Ok(sequences.iter().map(row).collect::<rusqlite::Result<_>>()?)
        })
    }

    /// These records, in this order. One that isn't there is an error.
    ///
    /// # Errors
    /// [`ReadError`], also where the bytes are no record at all.
    pub fn records_at(&self, sequences: &[u64]) -> Result<Vec<Record>, ReadError> {
        self.inner.readers.with(|db| {
            let at = |sequence: &u64| {
                read::record(db, *sequence)?.ok_or_else(|| ReadError::Altered {
                    what: format!("record {sequence}"),
                    why: "it is missing".to_owned(),
                })
            };
            sequences.iter().map(at).collect()
        })
    }

    /// The checkpoint of a size, where one was signed.
    ///
    /// # Errors
    /// [`ReadError::Altered`] where it isn't what was stored.
    pub fn checkpoint_of(&self, size: u64) -> Result<Option<Sealed>, ReadError> {
        self.inner
            .readers
            .with(|db| read::checkpoint(db, &self.inner.keys, Some(size)))
    }

    /// The sizes from `from` to `to`, both included, of which there is a checkpoint, and when each was signed (ms UTC).
    ///
    /// # Errors
    /// [`ReadError`].
    pub fn checkpoints_between(&self, from: u64, to: u64) -> Result<Vec<(u64, i64)>, ReadError> {
        self.inner.readers.with(|db| {
            let mut statement =
                db.prepare_cached("SELECT size, signed FROM checkpoint WHERE size >= ?1 AND size <= ?2 ORDER BY size")?;
            let rows = statement.query_map(params![from.cast_signed(), to.cast_signed()], |row| {
                Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?))
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}
