//! Everything that stands beside the chain, when the walk along the chain has ended: nothing is there that no record
//! accounts for, and everything is what was written.

use evidence::SignedCheckpoint;
use evidence::rotation::LogKeys;
use rusqlite::Connection;

use crate::core::{ChainKeys, StateMacs, optional};
use crate::keys::mac_name;
use crate::rows::{RowKey, RowMac, Seal, Sums, columns, toggle};
use crate::walk::{Fault, Walk, beside};
use crate::{kept, proof};

impl Walk {
    /// After the last record: nothing is there that no record accounts for, and everything beside the chain is what
    /// was written; of the checkpoints all, or the newest alone, are signed by the log's key of their time. Gives the keys
    /// that the log has had.
    pub(crate) fn finish(
        &mut self,
        db: &Connection,
        keys: &ChainKeys,
        all_checkpoints: bool,
    ) -> Result<LogKeys, Fault> {
        let size = self.tip.size();
        for (table, expected) in [("record", size), ("leaf", size), ("stream", self.streams.len() as u64)] {
            let found: i64 = db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
            if found.cast_unsigned() != expected {
                return Err(beside(format!(
                    "the table of {table}s has {found} rows, and the log accounts for {expected}"
                )));
            }
        }
        self.stream_rows(db)?;
        self.sum = Sums::default();
        let rows = self.rows(keys)?;
        self.streams_sum(&rows);
        self.content_rows(db, &rows)?;
        self.envelope_rows(db, &rows)?;
        self.state_rows(db, &rows)?;
        self.checkpoint_rows(db, &rows)?;
        if self.sealed(db, &rows)? != self.sum {
            return Err(unsealed());
        }
        let log_keys = self.log_keys(db, keys)?;
        self.checkpoints(db, keys, &log_keys, all_checkpoints)?;
        self.indexed.check(db)?;
        whole(db)?;
        Ok(log_keys)
    }

    /// As [`finish`](Self::finish), as far as an opening waits for it: the streams' ends, and what the engine acts on.
    /// The sum over everything else is taken from the seal; [`finish`](Self::finish) computes it.
    pub(crate) fn finish_soon(&mut self, db: &Connection, keys: &ChainKeys) -> Result<LogKeys, Fault> {
        let size = self.tip.size();
        for table in ["record", "leaf"] {
            let last: Option<i64> = db.query_row(&format!("SELECT max(seq) FROM {table}"), [], |row| row.get(0))?;
            if last.map(i64::cast_unsigned) != size.checked_sub(1) {
                return Err(beside(format!("the table of {table}s doesn't end where the log does")));
            }
        }
        self.sum = Sums::default();
        let rows = self.rows(keys)?;
        self.streams_sum(&rows);
        self.state_rows(db, &rows)?;
        let Sums { state, streams, .. } = self.sum;
        self.sum = self.sealed(db, &rows)?;
        if (self.sum.state, self.sum.streams) != (state, streams) {
            return Err(unsealed());
        }
        self.log_keys(db, keys)
    }

    /// The row key whose sums the seal at this end of the chain holds.
    fn rows(&self, keys: &ChainKeys) -> Result<RowKey, Fault> {
        let epoch = self.tip.epoch;
        keys.rows_in(epoch).ok_or_else(|| Fault::KeyAbsent(mac_name(epoch)))
    }

    fn streams_sum(&mut self, rows: &RowKey) {
        for (stream, state) in &self.streams {
            rows.toggle_stream(&mut self.sum, stream, state.id, &state.head);
        }
    }

    /// The sums that the seal holds for this end of the chain.
    fn sealed(&self, db: &Connection, rows: &RowKey) -> Result<Sums, Fault> {
        let seal: Option<Seal> = optional(db.query_row("SELECT nonce, sums, mac FROM seal", [], |row| {
            Ok(Seal {
                nonce: row.get(0)?,
                sums: row.get(1)?,
                mac: row.get(2)?,
            })
        }))?;
        seal.and_then(|seal| rows.open(self.tip.size(), &self.tip.mac, &seal))
            .ok_or_else(unsealed)
    }

    fn stream_rows(&self, db: &Connection) -> Result<(), Fault> {
        for (stream, state) in &self.streams {
            let row: Option<(i64, Vec<u8>)> = optional(
                db.prepare_cached("SELECT id, tag FROM stream WHERE name = ?1")?
                    .query_row([stream.as_str()], |row| Ok((row.get(0)?, row.get(1)?))),
            )?;
            let same = row.is_some_and(|(id, tag)| id == state.id && tag == state.head.tag.0);
            if !same {
                return Err(beside(format!(
                    "the row of the stream `{stream}` isn't what its first record says"
                )));
            }
        }
        // `opened` is for people; what opens a stream is a record.
        let wrong: i64 = db.query_row(
            "SELECT count(*) FROM stream s WHERE NOT EXISTS \
             (SELECT 1 FROM record r WHERE r.seq = s.opened AND r.stream = s.id AND r.stream_seq = 0)",
            [],
            |row| row.get(0),
        )?;
        if wrong != 0 {
            return Err(beside("a stream's row names another record as the one that opened it"));
        }
        Ok(())
    }

    fn content_rows(&mut self, db: &Connection, rows: &RowKey) -> Result<(), Fault> {
        let mut of = 0;
        kept::each(db, rows, |uid, expected, stored| {
            of += 1;
            self.add(expected, stored, || format!("content `{uid}`"))
        })?;
        let beside_them: i64 = db.query_row("SELECT count(*) FROM content_key", [], |row| row.get(0))?;
        if beside_them == of {
            Ok(())
        } else {
            Err(beside(format!(
                "there are {beside_them} keys of contents for {of} contents"
            )))
        }
    }

    fn envelope_rows(&mut self, db: &Connection, row_key: &RowKey) -> Result<(), Fault> {
        let mut statement = db.prepare("SELECT seq, name, bytes, mac FROM envelope")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (sequence, name): (i64, String) = (row.get(0)?, row.get(1)?);
            let expected = columns::envelope(row_key, sequence.cast_unsigned(), &name, &row.get::<_, Vec<u8>>(2)?);
            self.add(&expected, &row.get::<_, Vec<u8>>(3)?, || {
                format!("the envelope `{name}` of record {sequence}")
            })?;
        }
        Ok(())
    }

    fn state_rows(&mut self, db: &Connection, row_key: &RowKey) -> Result<(), Fault> {
        self.state = StateMacs::default();
        let mut statement = db.prepare("SELECT kind, key, value, mac FROM state")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (kind, key): (String, String) = (row.get(0)?, row.get(1)?);
            let expected = columns::state(row_key, &kind, &key, &row.get::<_, Vec<u8>>(2)?);
            self.add(&expected, &row.get::<_, Vec<u8>>(3)?, || {
                format!("the state of {kind} `{key}`")
            })?;
            self.state.change(&kind, &key, Some(expected.mac));
        }
        Ok(())
    }

    fn checkpoint_rows(&mut self, db: &Connection, row_key: &RowKey) -> Result<(), Fault> {
        let mut statement = db.prepare("SELECT size, signed, note, mac FROM checkpoint")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (size, signed_ms, note): (i64, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let size = size.cast_unsigned();
            let expected = columns::checkpoint(row_key, size, signed_ms, &note);
            self.add(&expected, &row.get::<_, Vec<u8>>(3)?, || {
                format!("the checkpoint of size {size}")
            })?;
        }
        Ok(())
    }

    /// Whether the checkpoints, or the newest alone, are what their keys signed.
    fn checkpoints(&self, db: &Connection, keys: &ChainKeys, log_keys: &LogKeys, all: bool) -> Result<(), Fault> {
        let limit = if all { -1 } else { 1 };
        let mut statement = db.prepare("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT ?1")?;
        let mut rows = statement.query([limit])?;
        while let Some(row) = rows.next()? {
            let (size, note): (i64, String) = (row.get(0)?, row.get(1)?);
            let size = size.cast_unsigned();
            self.checkpoint(db, keys, log_keys, size, &note)?;
        }
        Ok(())
    }

    fn checkpoint(
        &self,
        db: &Connection,
        keys: &ChainKeys,
        log_keys: &LogKeys,
        size: u64,
        note: &str,
    ) -> Result<(), Fault> {
        let wrong = |what: String| beside(format!("the checkpoint of size {size} {what}"));
        let signed = SignedCheckpoint::parse(note).map_err(|error| wrong(format!("can't be read: {error}")))?;
        let checkpoint = log_keys
            .verify(&signed)
            .map_err(|error| wrong(format!("isn't signed by the log's key: {error}")))?;
        if checkpoint.origin != keys.origin || checkpoint.size != size || size > self.tip.size() {
            return Err(wrong("is another log's or another size's".to_owned()));
        }
        let root = proof::stored_root(db, size)?;
        if checkpoint.root != root {
            return Err(wrong(format!("says root {}, the records give {root}", checkpoint.root)));
        }
        Ok(())
    }

    fn add(&mut self, expected: &RowMac, stored: &[u8], what: impl FnOnce() -> String) -> Result<(), Fault> {
        if stored != expected.mac {
            return Err(beside(format!("{} isn't what was written", what())));
        }
        toggle(&mut self.sum, expected);
        Ok(())
    }
}

fn unsealed() -> Fault {
    beside(
        "the seal over streams, contents, envelopes, state and checkpoints doesn't match: a row is missing, extra or old",
    )
}

/// SQLite's own check of the tables beside the chain: indexes agree with them, pages with each other. Every row of the
/// chain's own tables was read, in order, and counted; their indexes are [`Indexed`](crate::indexed::Indexed)'s.
fn whole(db: &Connection) -> Result<(), Fault> {
    let mut tables = db.prepare(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('record', 'leaf') ORDER BY name",
    )?;
    let tables = tables
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<Vec<String>>>()?;
    for table in tables {
        let found: String = db.query_row("SELECT * FROM pragma_integrity_check(?1)", [&table], |row| row.get(0))?;
        if found != "ok" {
            return Err(beside(format!("the database file is damaged: {found}")));
        }
    }
    Ok(())
}
