//! Contents as the log keeps them: their rows, MAC checked, with nothing opened.

use evidence::Stream;
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::core::{ChainKeys, optional};
use crate::rows::{RowKey, RowMac, columns};
use crate::{ReadError, read};

/// What AES-GCM adds to a content's bytes: nonce and tag.
const SEAL: u64 = 28;

/// How many contents a record may have. Its contents' rows have the numbers from this many times its sequence on, so that
/// they are found without an index.
pub(crate) const MOST: usize = 1 << SHIFT;
const SHIFT: u32 = 8;

/// The row of a record's content, by its place among the record's contents.
pub(crate) fn row_of(sequence: u64, place: usize) -> i64 {
    // A log of 2^53 records isn't reached, so this fits.
    (sequence << SHIFT)
        .cast_signed()
        .saturating_add(i64::try_from(place).unwrap_or(i64::MAX))
}

/// A content as the log keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptContent {
    /// Its row: rises with every content that is added.
    pub id: u64,
    /// Its uid.
    pub uid: String,
    /// The record that it came with.
    pub sequence: u64,
    /// When that was recorded, ms UTC.
    pub logged_ms: i64,
    /// That record's stream: an agent's uid, or `sys`.
    pub stream: String,
    /// What it is: `request`, `view`, `response`, `reason`.
    pub slot: String,
    /// RFC 6838 media type.
    pub media_type: String,
    /// Its length in bytes; nothing of an erased one.
    pub length: Option<u64>,
    /// The key-encryption key that wraps its key: contents of one group are erased together at no more cost than one.
    pub group: u64,
    /// The record that says that it was erased.
    pub erased: Option<u64>,
}

/// Which contents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContentFilter {
    /// Only those of this stream's records.
    pub stream: Option<Stream>,
    /// Only those of this story.
    pub correlation: Option<String>,
    /// Only those of records before this one.
    pub before_record: Option<u64>,
    /// Only those that aren't erased.
    pub unerased: bool,
}

/// A row of the table, with the key beside it.
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) uid: String,
    pub(crate) sequence: i64,
    pub(crate) slot: String,
    pub(crate) media_type: String,
    pub(crate) group: i64,
    pub(crate) erased: Option<i64>,
    pub(crate) mac: Vec<u8>,
    pub(crate) wrapped: Vec<u8>,
    sealed_length: i64,
    logged: i64,
    pub(crate) stream: String,
}

const COLUMNS: &str = "SELECT c.id, c.uid, c.seq, c.slot, c.media_type, c.key_group, c.erased, c.mac, k.wrapped, \
                       length(c.body), r.logged, s.name";

/// All contents.
const ALL: &str = "FROM content c LEFT JOIN content_key k ON k.id = c.id LEFT JOIN record r ON r.seq = c.seq \
                   LEFT JOIN stream s ON s.id = r.stream";

/// Those of some records. CROSS JOIN keeps the order: the records first, by their own indexes.
const OF_RECORDS: &str = "FROM record r CROSS JOIN content c ON c.id >= r.seq * 256 AND c.id < r.seq * 256 + 256 \
                          LEFT JOIN content_key k ON k.id = c.id LEFT JOIN stream s ON s.id = r.stream";

impl Row {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            uid: row.get(1)?,
            sequence: row.get(2)?,
            slot: row.get(3)?,
            media_type: row.get(4)?,
            group: row.get(5)?,
            erased: row.get(6)?,
            mac: row.get(7)?,
            // A key that is gone doesn't match the MAC.
            wrapped: row.get::<_, Option<_>>(8)?.unwrap_or_default(),
            sealed_length: row.get(9)?,
            // A content of no record doesn't match its MAC either: no row was ever written so.
            logged: row.get::<_, Option<_>>(10)?.unwrap_or_default(),
            stream: row.get::<_, Option<_>>(11)?.unwrap_or_default(),
        })
    }

    /// What its MAC has to be.
    pub(crate) fn expected(&self, keys: &RowKey) -> RowMac {
        self.with(keys, self.group.cast_unsigned(), self.erased, &self.wrapped)
    }

    /// What its MAC has to be once these are changed.
    pub(crate) fn with(&self, keys: &RowKey, group: u64, erased: Option<i64>, wrapped: &[u8]) -> RowMac {
        let row = columns::Content {
            uid: &self.uid,
            sequence: self.sequence.cast_unsigned(),
            slot: &self.slot,
            media_type: &self.media_type,
            group,
            erased: erased.map(i64::cast_unsigned),
            wrapped,
        };
        columns::content(keys, &row)
    }

    /// The MAC that stands in it; none where the row isn't at its record's place.
    fn stored_mac(&self) -> &[u8] {
        if self.id >> SHIFT == self.sequence {
            &self.mac
        } else {
            &[]
        }
    }

    fn authentic(self, keys: &ChainKeys) -> Result<Self, ReadError> {
        read::authentic(self.stored_mac(), &self.expected(&keys.rows), || {
            format!("content `{}`", self.uid)
        })?;
        Ok(self)
    }

    pub(crate) fn kept(self) -> KeptContent {
        KeptContent {
            id: self.id.cast_unsigned(),
            length: self
                .erased
                .is_none()
                .then(|| self.sealed_length.cast_unsigned().saturating_sub(SEAL)),
            uid: self.uid,
            sequence: self.sequence.cast_unsigned(),
            logged_ms: self.logged,
            stream: self.stream,
            slot: self.slot,
            media_type: self.media_type,
            group: self.group.cast_unsigned(),
            erased: self.erased.map(i64::cast_unsigned),
        }
    }
}

/// Hands every row's uid, the MAC that it has to have, and the one that it has, to `check`.
pub(crate) fn each<E: From<rusqlite::Error>>(
    db: &Connection,
    keys: &RowKey,
    mut check: impl FnMut(&str, &RowMac, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut statement = db.prepare(&format!("{COLUMNS} {ALL}"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let row = Row::read(row)?;
        check(&row.uid, &row.expected(keys), row.stored_mac())?;
    }
    Ok(())
}

fn rows(db: &Connection, keys: &ChainKeys, which: &str, values: Vec<Value>) -> Result<Vec<Row>, ReadError> {
    let mut statement = db.prepare_cached(&format!("{COLUMNS} {which}"))?;
    let mut found = statement.query(params_from_iter(values))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(Row::read(row)?.authentic(keys)?);
    }
    Ok(rows)
}

/// The content of this uid.
pub(crate) fn by_uid(db: &Connection, keys: &ChainKeys, uid: &str) -> Result<Option<Row>, ReadError> {
    let which = format!("{ALL} WHERE c.uid = ?");
    Ok(rows(db, keys, &which, vec![uid.to_owned().into()])?.pop())
}

/// The contents that came with a record, in their order.
pub(crate) fn of_record(db: &Connection, keys: &ChainKeys, sequence: u64) -> Result<Vec<Row>, ReadError> {
    let (first, end) = (row_of(sequence, 0), row_of(sequence, MOST));
    let which = format!("{ALL} WHERE c.id >= ? AND c.id < ? ORDER BY c.id");
    rows(db, keys, &which, vec![first.into(), end.into()])
}

/// The contents of a group that aren't erased.
pub(crate) fn of_group(db: &Connection, keys: &ChainKeys, group: u64) -> Result<Vec<Row>, ReadError> {
    let which = format!("{ALL} WHERE c.key_group = ? AND c.erased IS NULL ORDER BY c.id");
    rows(db, keys, &which, vec![group.cast_signed().into()])
}

/// How many contents of a group aren't erased.
pub(crate) fn left_in_group(db: &Connection, group: u64) -> Result<u64, ReadError> {
    let left: i64 = db
        .prepare_cached("SELECT count(*) FROM content WHERE key_group = ?1 AND erased IS NULL")?
        .query_row([group.cast_signed()], |row| row.get(0))?;
    Ok(left.cast_unsigned())
}

/// The newest group that has an unerased content of this stream, and how many contents it has in all.
pub(crate) fn newest_group(db: &Connection, stream: &Stream) -> rusqlite::Result<Option<(u64, u64)>> {
    // CROSS JOIN keeps the order: the stream's records from its end, until one has a content.
    let group: Option<i64> = optional(
        db.prepare_cached(
            "SELECT c.key_group FROM stream s CROSS JOIN record r ON r.stream = s.id \
             CROSS JOIN content c ON c.id >= r.seq * 256 AND c.id < r.seq * 256 + 256 WHERE s.name = ?1 AND c.erased IS NULL ORDER BY r.seq DESC LIMIT 1",
        )?
        .query_row([stream.as_str()], |row| row.get(0)),
    )?;
    let Some(group) = group else { return Ok(None) };
    let has: i64 = db
        .prepare_cached("SELECT count(*) FROM content WHERE key_group = ?1")?
        .query_row([group], |row| row.get(0))?;
    Ok(Some((group.cast_unsigned(), has.cast_unsigned())))
}

/// The first number that no group has had.
pub(crate) fn next_group(db: &Connection) -> rusqlite::Result<u64> {
    let last: Option<i64> = db.query_row("SELECT max(key_group) FROM content", [], |row| row.get(0))?;
    Ok(last.map_or(0, |last| last.cast_unsigned().saturating_add(1)))
}

/// Which end a page begins at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    /// The oldest after this row.
    After(u64),
    /// The newest before this row, or of all.
    Before(Option<u64>),
}

/// A page of what matches.
pub(crate) fn page(
    db: &Connection,
    keys: &ChainKeys,
    filter: &ContentFilter,
    end: End,
    limit: u32,
) -> Result<Vec<Row>, ReadError> {
    let of_records = filter.stream.is_some() || filter.correlation.is_some();
    let mut sql = format!("{} WHERE 1", if of_records { OF_RECORDS } else { ALL });
    let mut values: Vec<Value> = Vec::new();
    let mut and = |condition: &str, value: Value| {
        sql.push_str(" AND ");
        sql.push_str(condition);
        values.push(value);
    };
    if let Some(stream) = &filter.stream {
        and(
            "r.stream = (SELECT s.id FROM stream s WHERE s.name = ?)",
            stream.as_str().to_owned().into(),
        );
    }
    if let Some(correlation) = &filter.correlation {
        and("r.correlation = ?", correlation.clone().into());
    }
    if let Some(before) = filter.before_record {
        and("c.id < ?", row_of(before.min(u64::MAX >> (SHIFT + 1)), 0).into());
    }
    let order = match end {
        End::After(row) => {
            and("c.id > ?", row.cast_signed().into());
            "ASC"
        }
        End::Before(row) => {
            if let Some(row) = row {
                and("c.id < ?", row.cast_signed().into());
            }
            "DESC"
        }
    };
    if filter.unerased {
        sql.push_str(" AND c.erased IS NULL");
    }
    values.push(limit.into());
    let by_record = if of_records {
        format!("r.seq {order}, ")
    } else {
        String::new()
    };
    sql.push_str(&format!(" ORDER BY {by_record}c.id {order} LIMIT ?"));
    rows(db, keys, &sql, values)
}

/// A content's sealed bytes.
pub(crate) fn body(db: &Connection, row: i64) -> rusqlite::Result<Vec<u8>> {
    db.prepare_cached("SELECT body FROM content WHERE id = ?1")?
        .query_row([row], |row| row.get(0))
}
