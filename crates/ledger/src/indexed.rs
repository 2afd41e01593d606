//! Whether the database's indexes over records hold what the records say, without looking each of them up.
//!
//! A query goes by an index, so one that lacks an entry hides a record. The walk along the records and a walk along each
//! index add up the same numbers, one for each entry, in any order. The numbers are SipHash under a key that is drawn
//! for each walk: who makes up an index can't make the sums meet.

use std::hash::{BuildHasher as _, RandomState};

use rusqlite::Connection;

use crate::walk::{Fault, beside};

/// The sums over the entries that the indexes have to hold.
#[derive(Default)]
pub(crate) struct Indexed {
    key: RandomState,
    streams: u64,
    correlations: u64,
}

impl Indexed {
    /// Takes in a record by its columns.
    pub(crate) fn add(&mut self, sequence: i64, stream: i64, correlation: Option<&str>) {
        self.streams = self.streams.wrapping_add(self.key.hash_one((sequence, stream)));
        if let Some(correlation) = correlation {
            self.correlations = self
                .correlations
                .wrapping_add(self.key.hash_one((sequence, correlation)));
        }
    }

    /// Whether the indexes hold the entries that were taken in, and no others.
    pub(crate) fn check(&self, db: &Connection) -> Result<(), Fault> {
        let mut found = 0u64;
        let mut statement = db.prepare("SELECT seq, stream FROM record INDEXED BY record_by_stream")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            found = found.wrapping_add(self.key.hash_one((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
        }
        agree("streams", found == self.streams)?;
        found = 0;
        let mut statement = db.prepare(
            "SELECT seq, correlation FROM record INDEXED BY record_by_correlation WHERE correlation IS NOT NULL",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let correlation = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
            found = found.wrapping_add(self.key.hash_one((row.get::<_, i64>(0)?, correlation)));
        }
        agree("correlation ids", found == self.correlations)
    }
}

fn agree(of: &str, same: bool) -> Result<(), Fault> {
    if same {
        Ok(())
    } else {
        Err(beside(format!(
            "the database's index over records' {of} isn't what the records say"
        )))
    }
}
