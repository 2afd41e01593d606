//! What can be read while the writer writes: on read-only connections, blocking for microseconds to milliseconds.

use std::ops::Range;
use std::path::PathBuf;

use evidence::content::{Header, Opening};
use evidence::{Digest, LogEntry, Record, SignedCheckpoint, Stream, Tag};
use parking_lot::Mutex;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};
use vault::SealedContent;

use crate::content_keys::ContentKeys;
use crate::core::{ChainKeys, optional};
use crate::rows::{RowMac, columns};
use crate::{ReadError, database, kept};

/// The most records that one page has.
const PAGE: u32 = 1_000;
/// How many idle connections are kept.
const IDLE: usize = 4;

/// Which records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this stream.
    pub stream: Option<Stream>,
    /// Only this story.
    pub correlation: Option<String>,
}

/// Where the log stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// How many records.
    pub size: u64,
    /// The last record's uid.
    pub uid: uuid::Uuid,
    /// The last record's fingerprint.
    pub fingerprint: Digest,
    /// The last record's time, ms UTC.
    pub logged_time: i64,
    /// The tree's root.
    pub root: Digest,
    /// The MAC epoch that the next record is in.
    pub epoch: u32,
    /// The operator's MAC of the last record.
    pub(crate) mac: [u8; 32],
}

/// Where a stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamHead {
    /// The tag of its leaves.
    pub tag: Tag,
    /// The sequence of its last record.
    pub sequence: u64,
    /// The place of its last record in the stream, 0-based.
    pub stream_seq: u64,
    /// The fingerprint of its last record.
    pub fingerprint: Digest,
}

/// Where a record stands, and what was sealed there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its place in the log.
    pub sequence: u64,
    /// When it was logged, ms UTC.
    pub logged_ms: i64,
    /// Its stream.
    pub stream: Stream,
    /// The fingerprint of its leaf.
    pub fingerprint: Digest,
    /// How many bytes the record has.
    pub bytes: u64,
}

/// A checkpoint and when it was signed.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// The signed note.
    pub checkpoint: SignedCheckpoint,
    /// ms UTC.
    pub signed_ms: i64,
}

/// Read-only connections, made as they are needed.
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Reads on a connection of its own.
    pub(crate) fn with<T, E: From<rusqlite::Error>>(
        &self,
        read: impl FnOnce(&mut Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = self.idle.lock().pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => database::open_for_reading(&self.path)?,
        };
        let result = read(&mut connection)?;
        let mut idle = self.idle.lock();
        if idle.len() < IDLE {
            idle.push(connection);
        }
        Ok(result)
    }

    /// Closes what is idle.
    pub(crate) fn close(&self) {
        self.idle.lock().clear();
    }
}

fn parse(sequence: i64, bytes: &[u8]) -> Result<Record, ReadError> {
    let altered = |why: String| ReadError::Altered {
        what: format!("record {sequence}"),
        why,
    };
    let record = Record::parse(bytes).map_err(|error| altered(error.to_string()))?;
    if record.sequence() == sequence.cast_unsigned() {
        Ok(record)
    } else {
        Err(altered(format!("it says that it is record {}", record.sequence())))
    }
}

/// A record as it is stored. One whose fingerprint doesn't match is given all the same: [`Record`] tells.
pub(crate) fn record(db: &Connection, sequence: u64) -> Result<Option<Record>, ReadError> {
    let sequence = sequence.cast_signed();
    let bytes: Option<Vec<u8>> = optional(
        db.prepare_cached("SELECT bytes FROM record WHERE seq = ?1")?
            .query_row([sequence], |row| row.get(0)),
    )?;
    bytes.map(|bytes| parse(sequence, &bytes)).transpose()
}

/// A filter as SQL.
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    fn new(filter: &Filter) -> Self {
        let mut conditions = Self {
            sql: "1".to_owned(),
            values: Vec::new(),
        };
        if let Some(stream) = &filter.stream {
            conditions.and(
                "stream = (SELECT id FROM stream WHERE name = ?)",
                stream.as_str().to_owned().into(),
            );
        }
        if let Some(correlation) = &filter.correlation {
            conditions.and("correlation = ?", correlation.clone().into());
        }
        conditions
    }

    fn and(&mut self, condition: &str, value: Value) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.values.push(value);
    }
}

fn records(db: &Connection, conditions: Conditions, order: &str, limit: i64) -> Result<Vec<Record>, ReadError> {
    let Conditions { sql, mut values } = conditions;
    values.push(limit.into());
    let sql = format!("SELECT seq, bytes FROM record WHERE {sql} ORDER BY seq {order} LIMIT ?");
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(parse(row.get(0)?, &row.get::<_, Vec<u8>>(1)?)?);
    }
    Ok(records)
}

/// The places of the records among these sequences that match, in the order of the log.
pub(crate) fn places(
    db: &Connection,
    filter: &Filter,
    within: &Range<u64>,
    limit: i64,
) -> Result<Vec<Place>, ReadError> {
    let mut conditions = Conditions::new(filter);
    conditions.and("seq >= ?", within.start.cast_signed().into());
    conditions.and("seq < ?", within.end.cast_signed().into());
    let Conditions { sql, mut values } = conditions;
    values.push(limit.into());
    let sql = format!(
        "SELECT r.seq, r.logged, s.name, l.entry, r.bytes FROM (SELECT seq, logged, stream, length(bytes) AS bytes FROM \
         record WHERE {sql} ORDER BY seq LIMIT ?) r JOIN leaf l ON l.seq = r.seq JOIN stream s ON s.id = r.stream ORDER BY \
         r.seq"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut places = Vec::new();
    while let Some(row) = rows.next()? {
        let sequence = row.get::<_, i64>(0)?.cast_unsigned();
        let altered = |why: &str| ReadError::Altered {
            what: format!("the leaf of record {sequence}"),
            why: why.to_owned(),
        };
        let (name, entry): (String, Vec<u8>) = (row.get(2)?, row.get(3)?);
        let entry: [u8; LogEntry::LEN] = entry.try_into().map_err(|_| altered("it has another length"))?;
        places.push(Place {
            sequence,
            logged_ms: row.get(1)?,
            stream: Stream::parse(&name).ok_or_else(|| altered("its stream has no name"))?,
            fingerprint: LogEntry::from_bytes(&entry).d,
            bytes: row.get::<_, i64>(4)?.cast_unsigned(),
        });
    }
    Ok(places)
}

/// The records before `before` that match, newest first.
pub(crate) fn page(
    db: &Connection,
    before: Option<u64>,
    limit: u32,
    filter: &Filter,
) -> Result<Vec<Record>, ReadError> {
    let mut conditions = Conditions::new(filter);
    if let Some(before) = before {
        conditions.and("seq < ?", i64::try_from(before).unwrap_or(i64::MAX).into());
    }
    records(db, conditions, "DESC", limit.min(PAGE).into())
}

/// How many records match.
pub(crate) fn count(db: &Connection, filter: &Filter) -> Result<u64, ReadError> {
    let Conditions { sql, values } = Conditions::new(filter);
    let sql = format!("SELECT count(*) FROM record WHERE {sql}");
    let count: i64 = db
        .prepare_cached(&sql)?
        .query_row(params_from_iter(values), |row| row.get(0))?;
    Ok(count.cast_unsigned())
}

/// The sequences of the records in a time range: contiguous, because times never fall, so two binary searches find
/// them without an index.
pub(crate) fn range_by_time(
    db: &Connection,
    size: u64,
    from: Option<i64>,
    to: Option<i64>,
) -> Result<Range<u64>, ReadError> {
    let mut statement = db.prepare_cached("SELECT logged FROM record WHERE seq = ?1")?;
    let mut first_at = |time: i64| -> Result<u64, ReadError> {
        let (mut low, mut high) = (0, size);
        while low < high {
            let middle = low + (high - low) / 2;
            let logged: i64 = statement.query_row([middle.cast_signed()], |row| row.get(0))?;
            if logged < time { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    };
    let start = from.map_or(Ok(0), &mut first_at)?;
    let end = to.map_or(Ok(size), &mut first_at)?;
    Ok(start..end.max(start))
}

/// A stream's records among these sequences, oldest first.
pub(crate) fn of_stream(db: &Connection, stream: &Stream, within: &Range<u64>) -> Result<Vec<Record>, ReadError> {
    let mut conditions = Conditions::new(&Filter {
        stream: Some(stream.clone()),
        correlation: None,
    });
    conditions.and("seq >= ?", within.start.cast_signed().into());
    conditions.and("seq < ?", within.end.cast_signed().into());
    records(db, conditions, "ASC", -1)
}

pub(crate) fn authentic(stored: &[u8], expected: &RowMac, what: impl FnOnce() -> String) -> Result<(), ReadError> {
    if stored == expected.mac {
        Ok(())
    } else {
        Err(ReadError::Altered {
            what: what(),
            why: "its MAC doesn't match".to_owned(),
        })
    }
}

/// A value of the engine's state.
pub(crate) fn state_get(
    db: &Connection,
    keys: &ChainKeys,
    kind: &str,
    key: &str,
) -> Result<Option<Vec<u8>>, ReadError> {
    let row: Option<(Vec<u8>, Vec<u8>)> = optional(
        db.prepare_cached("SELECT value, mac FROM state WHERE kind = ?1 AND key = ?2")?
            .query_row([kind, key], |row| Ok((row.get(0)?, row.get(1)?))),
    )?;
    let Some((value, mac)) = row else { return Ok(None) };
    authentic(&mac, &columns::state(&keys.rows, kind, key, &value), || {
        format!("the state of {kind} `{key}`")
    })?;
    Ok(Some(value))
}

/// The values of one kind from a key on, in the order of keys.
pub(crate) fn state_list(
    db: &Connection,
    keys: &ChainKeys,
    kind: &str,
    from_key: &str,
    limit: u32,
) -> Result<Vec<(String, Vec<u8>)>, ReadError> {
    let mut statement =
        db.prepare_cached("SELECT key, value, mac FROM state WHERE kind = ?1 AND key >= ?2 ORDER BY key LIMIT ?3")?;
    let mut rows = statement.query(params![kind, from_key, limit])?;
    let mut values = Vec::new();
    while let Some(row) = rows.next()? {
        let (key, value): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        let expected = columns::state(&keys.rows, kind, &key, &value);
        authentic(&row.get::<_, Vec<u8>>(2)?, &expected, || {
            format!("the state of {kind} `{key}`")
        })?;
        values.push((key, value));
    }
    Ok(values)
}

/// Contents, unsealed: the one of a uid, or all that a record brought. Erased ones are absent.
pub(crate) fn contents(
    db: &Connection,
    keys: &ChainKeys,
    content_keys: &ContentKeys,
    which: Which<'_>,
) -> Result<Vec<Opening>, ReadError> {
    let rows = match which {
        Which::Uid(uid) => kept::by_uid(db, keys, uid)?.into_iter().collect(),
        Which::Record(sequence) => kept::of_record(db, keys, sequence)?,
    };
    let mut openings = Vec::new();
    for row in rows.into_iter().filter(|row| row.erased.is_none()) {
        let sealed = SealedContent {
            body: kept::body(db, row.id)?,
            wrapped_key: row.wrapped,
        };
        let opened = content_keys
            .sealer(row.group.cast_unsigned())?
            .open_content(row.uid.as_bytes(), &sealed)
            .map_err(|error| ReadError::Altered {
                what: format!("content `{}`", row.uid),
                why: error.to_string(),
            })?;
        let header = Header::of(&row.uid, &row.slot, &row.media_type, &opened.bytes);
        openings.push(Opening {
            header,
            salt: *opened.salt,
            bytes: opened.bytes.to_vec(),
        });
    }
    Ok(openings)
}

/// Which contents.
pub(crate) enum Which<'a> {
    /// The one with this uid.
    Uid(&'a str),
    /// Those of this record.
    Record(u64),
}

/// An envelope of a record, byte for byte.
pub(crate) fn envelope(
    db: &Connection,
    keys: &ChainKeys,
    sequence: u64,
    name: &str,
) -> Result<Option<Vec<u8>>, ReadError> {
    let row: Option<(Vec<u8>, Vec<u8>)> = optional(
        db.prepare_cached("SELECT bytes, mac FROM envelope WHERE seq = ?1 AND name = ?2")?
            .query_row(params![sequence.cast_signed(), name], |row| {
                Ok((row.get(0)?, row.get(1)?))
            }),
    )?;
    let Some((bytes, mac)) = row else { return Ok(None) };
    let expected = columns::envelope(&keys.rows, sequence, name, &bytes);
    authentic(&mac, &expected, || {
        format!("the envelope `{name}` of record {sequence}")
    })?;
    Ok(Some(bytes))
}

/// The checkpoint of a size, or the newest.
pub(crate) fn checkpoint(db: &Connection, keys: &ChainKeys, size: Option<u64>) -> Result<Option<Sealed>, ReadError> {
    let row: Option<(i64, i64, String, Vec<u8>)> = optional(
        db.prepare_cached(
            "SELECT size, signed, note, mac FROM checkpoint WHERE ?1 IS NULL OR size = ?1 ORDER BY size DESC LIMIT 1",
        )?
        .query_row([size.map(u64::cast_signed)], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        }),
    )?;
    let Some((size, signed_ms, note, mac)) = row else {
        return Ok(None);
    };
    let what = || format!("the checkpoint of size {size}");
    authentic(
        &mac,
        &columns::checkpoint(&keys.rows, size.cast_unsigned(), signed_ms, &note),
        what,
    )?;
    let checkpoint = SignedCheckpoint::parse(&note).map_err(|error| ReadError::Altered {
        what: what(),
        why: error.to_string(),
    })?;
    Ok(Some(Sealed { checkpoint, signed_ms }))
}

/// The size of the first checkpoint that covers a record.
pub(crate) fn sealed_in(db: &Connection, sequence: u64) -> Result<Option<u64>, ReadError> {
    let size: Option<i64> = db
        .prepare_cached("SELECT min(size) FROM checkpoint WHERE size > ?1")?
        .query_row([sequence.cast_signed()], |row| row.get(0))?;
    Ok(size.map(i64::cast_unsigned))
}
