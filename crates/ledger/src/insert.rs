//! Putting placed records, and what comes with them, into one transaction.

use evidence::LogEntry;
use evidence::content::Header;
use rusqlite::params;
use vault::SealedContent;

use crate::core::{Core, Placed};
use crate::rows::{Part, columns, toggle};
use crate::source::random;
use crate::{StateChange, kept, nodes};

impl Core {
    /// Begins the transaction that [`commit`](Self::commit) ends.
    pub(crate) fn begin(&self) -> rusqlite::Result<()> {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(())
    }

    /// Puts a placed record and what belongs to it into the transaction.
    pub(crate) fn insert(&mut self, placed: &Placed) -> rusqlite::Result<()> {
        let sequence = placed.at.head.sequence.cast_signed();
        if placed.earlier.is_none() {
            self.connection
                .prepare_cached("INSERT INTO stream (id, name, tag, opened) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![
                    placed.at.id,
                    placed.event.stream().as_str(),
                    placed.at.head.tag.0,
                    sequence
                ])?;
        }
        self.connection
            .prepare_cached(
                "INSERT INTO record (seq, logged, stream, stream_seq, correlation, bytes) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                sequence,
                placed.logged_time,
                placed.at.id,
                placed.at.head.stream_seq.cast_signed(),
                placed.event.correlation_uid(),
                placed.bytes,
            ])?;
        let entry = LogEntry {
            tag: placed.at.head.tag,
            d: placed.at.head.fingerprint,
        };
        self.connection
            .prepare_cached("INSERT INTO leaf (seq, entry, epoch, mac, nodes) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![
                sequence,
                entry.to_bytes(),
                placed.epoch,
                placed.mac,
                nodes::stored(&placed.nodes)
            ])?;
        if let Some(earlier) = &placed.earlier {
            let stream = placed.event.stream();
            self.rows
                .toggle_stream(&mut self.sum, stream, earlier.id, &earlier.head);
        }
        let stream = placed.event.stream();
        self.rows
            .toggle_stream(&mut self.sum, stream, placed.at.id, &placed.at.head);
        self.insert_contents(placed, sequence)?;
        self.insert_envelopes(placed, sequence)?;
        placed.state.iter().try_for_each(|change| self.change_state(change))
    }

    fn insert_contents(&mut self, placed: &Placed, sequence: i64) -> rusqlite::Result<()> {
        for (place, content) in placed.contents.iter().enumerate() {
            let SealedContent { wrapped_key, body } = &content.sealed;
            let Header {
                content_uid,
                slot,
                media_type,
                ..
            } = &content.header;
            let row = columns::Content {
                uid: content_uid,
                sequence: sequence.cast_unsigned(),
                slot,
                media_type,
                group: content.group,
                erased: None,
                wrapped: wrapped_key,
            };
            let row = columns::content(&self.rows, &row);
            let id = kept::row_of(sequence.cast_unsigned(), place);
            self.connection
                .prepare_cached(
                    "INSERT INTO content (id, uid, seq, slot, media_type, key_group, mac, body) \
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                )?
                .execute(params![
                    id,
                    content_uid,
                    sequence,
                    slot,
                    media_type,
                    content.group.cast_signed(),
                    row,
                    body
                ])?;
            self.connection
                .prepare_cached("INSERT INTO content_key (id, wrapped) VALUES (?1, ?2)")?
                .execute(params![id, wrapped_key])?;
            toggle(&mut self.sum, &row);
        }
        Ok(())
    }

    fn insert_envelopes(&mut self, placed: &Placed, sequence: i64) -> rusqlite::Result<()> {
        for (name, bytes) in &placed.envelopes {
            let row = columns::envelope(&self.rows, sequence.cast_unsigned(), name, bytes);
            self.connection
                .prepare_cached("INSERT INTO envelope (seq, name, bytes, mac) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![sequence, name, bytes, row])?;
            toggle(&mut self.sum, &row);
        }
        Ok(())
    }

    pub(crate) fn change_state(&mut self, change: &StateChange) -> rusqlite::Result<()> {
        let StateChange { kind, key, value } = change;
        let row = value.as_ref().map(|value| columns::state(&self.rows, kind, key, value));
        let earlier = self.state.change(kind, key, row.map(|row| row.mac));
        if let Some(earlier) = earlier {
            toggle(&mut self.sum, &self.rows.stored(Part::State, earlier));
        }
        let (Some(value), Some(row)) = (value, row) else {
            self.connection
                .prepare_cached("DELETE FROM state WHERE kind = ?1 AND key = ?2")?
                .execute(params![kind, key])?;
            return Ok(());
        };
        self.connection
            .prepare_cached(
                "INSERT INTO state (kind, key, value, mac) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value, mac = excluded.mac",
            )?
            .execute(params![kind, key, value, row])?;
        toggle(&mut self.sum, &row);
        Ok(())
    }

    /// Puts a signed checkpoint into the transaction; one of the same size stays as it is.
    pub(crate) fn insert_checkpoint(&mut self, size: u64, signed_ms: i64, note: &str) -> rusqlite::Result<()> {
        let row = columns::checkpoint(&self.rows, size, signed_ms, note);
        let added = self
            .connection
            .prepare_cached(
                "INSERT INTO checkpoint (size, signed, note, mac) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (size) DO NOTHING",
            )?
            .execute(params![size.cast_signed(), signed_ms, note, row])?;
        if added == 1 {
            toggle(&mut self.sum, &row);
        }
        Ok(())
    }

    /// Seals the rows to the chain's end and commits: when this returns, all of it is on disk.
    pub(crate) fn commit(&mut self) -> rusqlite::Result<()> {
        let nonce = random().map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
        let seal = self.rows.seal(self.tip.size(), &self.tip.mac, nonce, &self.sum);
        self.connection
            .prepare_cached(
                "INSERT INTO seal (one, nonce, sums, mac) VALUES (0, ?1, ?2, ?3) ON CONFLICT (one) \
                 DO UPDATE SET nonce = excluded.nonce, sums = excluded.sums, mac = excluded.mac",
            )?
            .execute(params![seal.nonce, seal.sums, seal.mac])?;
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }
}
