//! From the first record to the last: everything that must hold for the database to be this log.

use std::sync::Arc;

use evidence::chain::mac;
use evidence::rotation::epoch_after;
use evidence::{LogEntry, Previous, Record, Tag};
use rusqlite::Connection;

use crate::core::{ChainKeys, Core, StreamState, Streams, Tip, optional};
use crate::keys::mac_name;
use crate::rows::Sums;
use crate::source::Clock;
use crate::{Good, OpenError, StreamHead, nodes};

/// What doesn't hold.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Something isn't what was written: at this record, or beside the chain.
    Broken(Option<u64>, String),
    /// The key store doesn't hold this MAC key, which verifying goes on under.
    KeyAbsent(String),
    /// The database can't be read.
    Unreadable(rusqlite::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match error.sqlite_error_code() {
            Some(DatabaseCorrupt | NotADatabase) => {
                Self::Broken(None, format!("the database file is damaged: {error}"))
            }
            _ => Self::Unreadable(error),
        }
    }
}

impl OpenError {
    /// A fault, and how far the log is good.
    pub(crate) fn of(fault: Fault, good: Good) -> Self {
        match fault {
            Fault::Broken(sequence, what) => Self::Broken { sequence, what, good },
            Fault::KeyAbsent(name) => Self::EpochKeyAbsent { name },
            Fault::Unreadable(error) => error.into(),
        }
    }
}

pub(crate) fn beside(what: impl Into<String>) -> Fault {
    Fault::Broken(None, what.into())
}

/// How far the verification has come; at the end, where the writer goes on.
#[derive(Default)]
pub(crate) struct Walk {
    pub(crate) tip: Tip,
    pub(crate) streams: Streams,
    pub(crate) sum: Sums,
    /// The records that rotate the log's key.
    pub(crate) rotations: Vec<u64>,
}

/// One record's rows.
struct Row {
    sequence: i64,
    logged: i64,
    stream: i64,
    stream_seq: i64,
    correlation: Option<String>,
    bytes: Vec<u8>,
    leaf: Option<(Vec<u8>, i64, Vec<u8>)>,
}

impl Core {
    /// Goes on writing where a verification ended.
    pub(crate) fn from_walk(
        walk: Walk,
        connection: Connection,
        keys: Arc<ChainKeys>,
        clock: Clock,
    ) -> Result<Self, Fault> {
        let Walk { tip, streams, sum, .. } = walk;
        let (mac, rows) = keys
            .mac(tip.epoch)
            .zip(keys.rows_in(tip.epoch))
            .ok_or_else(|| Fault::KeyAbsent(mac_name(tip.epoch)))?;
        Ok(Self {
            connection,
            keys,
            tip,
            streams,
            sum,
            rows,
            mac,
            clock,
        })
    }
}

impl Walk {
    /// How far it has come.
    pub(crate) fn good(&self) -> Good {
        Good {
            size: self.tip.size(),
            logged_time: self.tip.last.map(|_| self.tip.logged_time),
        }
    }

    /// Verifies the next records, at most `limit`, in one short reading; says how many there were.
    pub(crate) fn advance(&mut self, db: &Connection, keys: &ChainKeys, limit: u64) -> Result<u64, Fault> {
        let from = self.tip.size();
        let mut statement = db.prepare_cached(
            "SELECT r.seq, r.logged, r.stream, r.stream_seq, r.correlation, r.bytes, l.entry, l.epoch, l.mac \
             FROM record r LEFT JOIN leaf l ON l.seq = r.seq WHERE r.seq >= ?1 ORDER BY r.seq LIMIT ?2",
        )?;
        let mut rows = statement.query([from.cast_signed(), limit.cast_signed()])?;
        while let Some(row) = rows.next()? {
            let leaf = match row.get::<_, Option<Vec<u8>>>(6)? {
                Some(entry) => Some((entry, row.get(7)?, row.get(8)?)),
                None => None,
            };
            self.record(
                db,
                keys,
                &Row {
                    sequence: row.get(0)?,
                    logged: row.get(1)?,
                    stream: row.get(2)?,
                    stream_seq: row.get(3)?,
                    correlation: row.get(4)?,
                    bytes: row.get(5)?,
                    leaf,
                },
            )?;
        }
        Ok(self.tip.size() - from)
    }

    fn record(&mut self, db: &Connection, keys: &ChainKeys, row: &Row) -> Result<(), Fault> {
        let sequence = self.tip.size();
        let broken = |what: String| Fault::Broken(Some(sequence), what);
        if row.sequence != sequence.cast_signed() {
            return Err(broken(format!("it is missing; record {} follows", row.sequence)));
        }
        let record = Record::parse(&row.bytes).map_err(|error| broken(error.to_string()))?;
        let fingerprint = *record.recomputed();
        if !record.is_intact() {
            return Err(broken(format!(
                "its fingerprint says {}, its bytes give {fingerprint}",
                record.claimed()
            )));
        }
        self.place_of(&record, keys).map_err(|what| broken(what.to_owned()))?;
        let at = self.stream_of(&record).map_err(|what| broken(what.to_owned()))?;

        let epoch = self.tip.epoch;
        let key = keys.mac(epoch).ok_or_else(|| Fault::KeyAbsent(mac_name(epoch)))?;
        let mac = mac(&key, &keys.origin, sequence, epoch, &self.tip.mac, &fingerprint);
        let entry = LogEntry {
            tag: at.head.tag,
            d: fingerprint,
        };
        match &row.leaf {
            None => return Err(broken("its log entry is missing".to_owned())),
            Some((bytes, ..)) if *bytes != entry.to_bytes() => {
                return Err(broken("its log entry isn't its tag and fingerprint".to_owned()));
            }
            Some((_, found, _)) if *found != i64::from(epoch) => {
                return Err(broken(format!(
                    "it is filed under MAC epoch {found}, and the log is in epoch {epoch} there: only a record of the \
                     log's own begins another"
                )));
            }
            Some((.., stored)) if *stored != mac => {
                return Err(broken(
                    "its MAC isn't this operator's: it was written without the key".to_owned(),
                ));
            }
            Some(_) => {}
        }
        let found = row.logged == record.logged_time()
            && row.stream == at.id
            && row.stream_seq == at.head.stream_seq.cast_signed()
            && row.correlation.as_deref() == record.correlation_uid();
        if !found {
            return Err(broken("its columns aren't what its bytes say".to_owned()));
        }
        // The first completed node is the leaf itself.
        for node in self.tip.frontier.push(entry.leaf_hash()).iter().skip(1) {
            let position = nodes::position(node.level, node.index);
            let stored: Option<Vec<u8>> = optional(
                db.prepare_cached("SELECT hash FROM node WHERE position = ?1")?
                    .query_row([position], |row| row.get(0)),
            )?;
            if stored.as_deref() != Some(node.hash.as_bytes().as_slice()) {
                return Err(broken(format!(
                    "the tree's node at {position} isn't made from its leaves"
                )));
            }
        }
        self.note_rotation(&record).map_err(broken)?;
        self.tip.epoch = epoch_after(&record, epoch).map_err(|error| broken(error.to_string()))?;
        self.tip.logged_time = record.logged_time();
        self.tip.last = Some(Previous {
            uid: record.uid(),
            fingerprint,
        });
        self.tip.mac = mac;
        self.streams.insert(record.stream().clone(), at);
        Ok(())
    }

    /// Sequence, time and link to the record before.
    fn place_of(&self, record: &Record, keys: &ChainKeys) -> Result<(), &'static str> {
        if record.sequence() != self.tip.size() {
            return Err("its sequence isn't its place");
        }
        if *record.origin() != keys.origin {
            return Err("it names another log");
        }
        if record.logged_time() < self.tip.logged_time {
            return Err("its time is before the record's before it");
        }
        if record.prev() != self.tip.last.as_ref() {
            return Err("it doesn't follow the record before it");
        }
        Ok(())
    }

    /// Its stream as it stands after this record.
    fn stream_of(&self, record: &Record) -> Result<StreamState, &'static str> {
        let (id, tag, stream_seq, stream_prev): (i64, Tag, u64, _) =
            match (self.streams.get(record.stream()), record.tag()) {
                (Some(known), None) => (
                    known.id,
                    known.head.tag,
                    known.head.stream_seq + 1,
                    Some(known.head.fingerprint),
                ),
                (None, Some(tag)) => (i64::try_from(self.streams.len()).unwrap_or(i64::MAX), *tag, 0, None),
                (Some(_), Some(_)) => return Err("it opens a stream that was opened before"),
                (None, None) => return Err("it goes on with a stream that was never opened"),
            };
        if record.stream_seq() != stream_seq || record.stream_prev() != stream_prev.as_ref() {
            return Err("it doesn't follow the record before it in its stream");
        }
        let sequence = record.sequence();
        let head = StreamHead {
            tag,
            sequence,
            stream_seq,
            fingerprint: *record.recomputed(),
        };
        Ok(StreamState { id, head })
    }
}
