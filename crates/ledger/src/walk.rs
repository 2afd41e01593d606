//! From the first record to the last: everything that must hold for the database to be this log.

use std::sync::Arc;

use evidence::chain::ChainMac;
use evidence::rotation::{changes_keys, epoch_after};
use evidence::{Digest, Expected, Follower, LogEntry, Previous, Record, Stream, Tag};
use rusqlite::Connection;
use uuid::Uuid;

use crate::core::{ChainKeys, Core, StateMacs, StreamState, Streams, Tip};
use crate::indexed::Indexed;
use crate::keys::mac_name;
use crate::rows::Sums;
use crate::signer::rotates_log_key;
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
    /// The names of the streams, by their ids.
    pub(crate) names: Vec<Stream>,
    pub(crate) sum: Sums,
    /// The state table's rows, once it was read.
    pub(crate) state: StateMacs,
    /// What the indexes of records have to hold.
    pub(crate) indexed: Indexed,
    /// The records that rotate the log's key.
    pub(crate) rotations: Vec<u64>,
}

/// One record's rows.
struct Row<'a> {
    sequence: i64,
    logged: i64,
    stream: i64,
    stream_seq: i64,
    correlation: Option<&'a str>,
    bytes: &'a [u8],
    leaf: Option<Leaf<'a>>,
}

/// The row beside a record's own.
#[derive(Clone, Copy)]
struct Leaf<'a> {
    entry: &'a [u8],
    epoch: i64,
    mac: &'a [u8],
    nodes: &'a [u8],
}

impl<'a> Row<'a> {
    fn read(row: &'a rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let leaf = match row.get_ref(6)?.as_blob_or_null()? {
            Some(entry) => Some(Leaf {
                entry,
                epoch: row.get(7)?,
                mac: row.get_ref(8)?.as_blob()?,
                nodes: row.get_ref(9)?.as_blob()?,
            }),
            None => None,
        };
        Ok(Self {
            sequence: row.get(0)?,
            logged: row.get(1)?,
            stream: row.get(2)?,
            stream_seq: row.get(3)?,
            correlation: row.get_ref(4)?.as_str_or_null()?,
            bytes: row.get_ref(5)?.as_blob()?,
            leaf,
        })
    }
}

/// What the chain goes on with, by a record's own bytes.
struct Next {
    fingerprint: Digest,
    uid: Uuid,
    /// Its stream after it.
    at: StreamState,
    /// The stream's name, where the record opens it.
    opens: Option<Stream>,
    /// The MAC epoch after it.
    epoch: u32,
    rotates: bool,
}

/// What a walk along some records needs.
struct Means<'a> {
    keys: &'a ChainKeys,
    follower: Follower,
    mac: ChainMac,
}

/// The MACs of an epoch.
fn mac_of(keys: &ChainKeys, epoch: u32) -> Result<ChainMac, Fault> {
    keys.mac(epoch).ok_or_else(|| Fault::KeyAbsent(mac_name(epoch)))
}

impl Core {
    /// Goes on writing where a verification ended.
    pub(crate) fn from_walk(
        walk: Walk,
        connection: Connection,
        keys: Arc<ChainKeys>,
        clock: Clock,
    ) -> Result<Self, Fault> {
        let Walk {
            tip,
            streams,
            sum,
            state,
            ..
        } = walk;
        let mac = mac_of(&keys, tip.epoch)?;
        let rows = keys
            .rows_in(tip.epoch)
            .ok_or_else(|| Fault::KeyAbsent(mac_name(tip.epoch)))?;
        Ok(Self {
            connection,
            keys,
            tip,
            streams,
            sum,
            state,
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
        let mut means = Means {
            keys,
            follower: Follower::new(&keys.origin),
            mac: mac_of(keys, self.tip.epoch)?,
        };
        let mut statement = db.prepare_cached(
            "SELECT r.seq, r.logged, r.stream, r.stream_seq, r.correlation, r.bytes, l.entry, l.epoch, l.mac, l.nodes \
             FROM record r LEFT JOIN leaf l ON l.seq = r.seq WHERE r.seq >= ?1 ORDER BY r.seq LIMIT ?2",
        )?;
        let mut rows = statement.query([from.cast_signed(), limit.cast_signed()])?;
        while let Some(row) = rows.next()? {
            self.record(&mut means, &Row::read(row)?)?;
        }
        Ok(self.tip.size() - from)
    }

    fn record(&mut self, means: &mut Means<'_>, row: &Row<'_>) -> Result<(), Fault> {
        let sequence = self.tip.size();
        let broken = |what: String| Fault::Broken(Some(sequence), what);
        if row.sequence != sequence.cast_signed() {
            return Err(broken(format!("it is missing; record {} follows", row.sequence)));
        }
        let next = match self.follows(&means.follower, row) {
            Some(next) => next,
            None => self.read(means.keys, row).map_err(broken)?,
        };
        let epoch = self.tip.epoch;
        let mac = means.mac.of(sequence, epoch, &self.tip.mac, &next.fingerprint);
        let entry = LogEntry {
            tag: next.at.head.tag,
            d: next.fingerprint,
        };
        let leaf = self.leaf(row, &entry, &mac).map_err(broken)?;
        if leaf.nodes != nodes::stored(&self.tip.frontier.push(entry.leaf_hash())) {
            return Err(broken(
                "the tree's nodes that it completes aren't made from their leaves".to_owned(),
            ));
        }
        self.indexed.add(row.sequence, row.stream, row.correlation);
        self.go_on(next, row.logged, mac);
        if self.tip.epoch != epoch {
            means.mac = mac_of(means.keys, self.tip.epoch)?;
        }
        Ok(())
    }

    /// The record, if what its rows say follows, and its bytes say the same. It isn't read as JSON, and its event isn't
    /// validated again: its MAC says that this log wrote these bytes, and it writes valid events only.
    fn follows(&self, follower: &Follower, row: &Row<'_>) -> Option<Next> {
        let stream = self.names.get(usize::try_from(row.stream).ok()?)?;
        let StreamState { id, head } = self.streams.get(stream)?;
        let expected = Expected {
            sequence: self.tip.size(),
            logged_time: row.logged,
            correlation_uid: row.correlation,
            prev: self.tip.last.as_ref()?,
            stream,
            stream_seq: head.stream_seq + 1,
            stream_prev: &head.fingerprint,
        };
        let found = follower.next(row.bytes, &expected)?;
        let as_filed = row.logged >= self.tip.logged_time && row.stream_seq == expected.stream_seq.cast_signed();
        if !as_filed || changes_keys(found.kind) {
            return None;
        }
        let head = StreamHead {
            tag: head.tag,
            sequence: expected.sequence,
            stream_seq: expected.stream_seq,
            fingerprint: found.fingerprint,
        };
        Some(Next {
            fingerprint: found.fingerprint,
            uid: found.uid,
            at: StreamState { id: *id, head },
            opens: None,
            epoch: self.tip.epoch,
            rotates: false,
        })
    }

    /// The record as its bytes say it: one that opens a stream or changes keys, or one that doesn't follow, and why.
    fn read(&self, keys: &ChainKeys, row: &Row<'_>) -> Result<Next, String> {
        let record = Record::parse(row.bytes).map_err(|error| error.to_string())?;
        let fingerprint = *record.recomputed();
        if !record.is_intact() {
            return Err(format!(
                "its fingerprint says {}, its bytes give {fingerprint}",
                record.claimed()
            ));
        }
        self.place_of(&record, keys)?;
        let at = self.stream_of(&record)?;
        let as_filed = row.logged == record.logged_time()
            && row.stream == at.id
            && row.stream_seq == at.head.stream_seq.cast_signed()
            && row.correlation == record.correlation_uid();
        if !as_filed {
            return Err("its columns aren't what its bytes say".to_owned());
        }
        Ok(Next {
            fingerprint,
            uid: record.uid(),
            at,
            opens: record.tag().map(|_| record.stream().clone()),
            epoch: epoch_after(&record, self.tip.epoch).map_err(|error| error.to_string())?,
            rotates: rotates_log_key(&record)?,
        })
    }

    /// Whether its leaf is the one that its stream's tag, its fingerprint and the chain give.
    fn leaf<'a>(&self, row: &Row<'a>, entry: &LogEntry, mac: &[u8; 32]) -> Result<Leaf<'a>, String> {
        let epoch = self.tip.epoch;
        match row.leaf {
            None => Err("its log entry is missing".to_owned()),
            Some(leaf) if leaf.entry != entry.to_bytes() => {
                Err("its log entry isn't its tag and fingerprint".to_owned())
            }
            Some(leaf) if leaf.epoch != i64::from(epoch) => Err(format!(
                "it is filed under MAC epoch {}, and the log is in epoch {epoch} there: only a record of the log's own \
                 begins another",
                leaf.epoch
            )),
            Some(leaf) if leaf.mac != mac => {
                Err("its MAC isn't this operator's: it was written without the key".to_owned())
            }
            Some(leaf) => Ok(leaf),
        }
    }

    fn go_on(&mut self, next: Next, logged_time: i64, mac: [u8; 32]) {
        if next.rotates {
            self.rotations.push(next.at.head.sequence);
        }
        self.tip.epoch = next.epoch;
        self.tip.logged_time = logged_time;
        self.tip.last = Some(Previous {
            uid: next.uid,
            fingerprint: next.fingerprint,
        });
        self.tip.mac = mac;
        if let Some(stream) = next.opens {
            self.names.push(stream.clone());
            self.streams.insert(stream, next.at);
        } else if let Some(at) = usize::try_from(next.at.id)
            .ok()
            .and_then(|id| self.names.get(id))
            .and_then(|name| self.streams.get_mut(name))
        {
            *at = next.at;
        }
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
