//! From the first record to the last: everything that must hold for the database to be this log.

use evidence::chain::mac;
use evidence::{LogEntry, Previous, PublicKey, Record, SignedCheckpoint, Tag};
use rusqlite::Connection;

use crate::core::{ChainKeys, EPOCH, StreamState, Streams, Tip, optional};
use crate::rows::{Sum, columns, toggle};
use crate::{OpenError, StreamHead, kept, nodes, proof};

/// What doesn't hold.
#[derive(Debug)]
pub(crate) enum Fault {
    /// Something isn't what was written: at this record, or beside the chain.
    Broken(Option<u64>, String),
    /// The database can't be read.
    Unreadable(rusqlite::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Unreadable(error)
    }
}

impl From<Fault> for OpenError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Broken(sequence, what) => Self::Broken { sequence, what },
            Fault::Unreadable(error) => error.into(),
        }
    }
}

fn beside(what: impl Into<String>) -> Fault {
    Fault::Broken(None, what.into())
}

/// How far the verification has come; at the end, where the writer goes on.
#[derive(Default)]
pub(crate) struct Walk {
    pub(crate) tip: Tip,
    pub(crate) streams: Streams,
    pub(crate) sum: Sum,
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

impl Walk {
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

        let mac = mac(&keys.mac, &keys.origin, sequence, EPOCH, &self.tip.mac, &fingerprint);
        let entry = LogEntry {
            tag: at.head.tag,
            d: fingerprint,
        };
        match &row.leaf {
            None => return Err(broken("its log entry is missing".to_owned())),
            Some((bytes, ..)) if *bytes != entry.to_bytes() => {
                return Err(broken("its log entry isn't its tag and fingerprint".to_owned()));
            }
            Some((_, epoch, stored)) if *epoch != i64::from(EPOCH) || *stored != mac => {
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

    /// After the last record: nothing is there that no record accounts for, and everything beside the chain is what
    /// was written. `log_key` verifies checkpoints: all of them, or the newest alone.
    pub(crate) fn finish(
        &mut self,
        db: &Connection,
        keys: &ChainKeys,
        log_key: &PublicKey,
        all_checkpoints: bool,
    ) -> Result<(), Fault> {
        let size = self.tip.size();
        for (table, expected) in [
            ("record", size),
            ("leaf", size),
            ("node", nodes::count(size)),
            ("stream", self.streams.len() as u64),
        ] {
            let found: i64 = db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
            if found.cast_unsigned() != expected {
                return Err(beside(format!(
                    "the table of {table}s has {found} rows, and the log accounts for {expected}"
                )));
            }
        }
        self.stream_rows(db)?;
        self.sum = [0; 32];
        self.content_rows(db, keys)?;
        self.envelope_rows(db, keys)?;
        self.state_rows(db, keys)?;
        self.checkpoint_rows(db, keys, log_key, all_checkpoints)?;
        let expected = keys.rows.seal(size, &self.tip.mac, &self.sum);
        let stored: Option<Vec<u8>> = optional(db.query_row("SELECT mac FROM seal", [], |row| row.get(0)))?;
        if stored.as_deref() != Some(expected.as_slice()) {
            return Err(beside(
                "the seal over contents, envelopes, state and checkpoints doesn't match: a row is missing, extra or old",
            ));
        }
        whole(db)
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

    fn content_rows(&mut self, db: &Connection, keys: &ChainKeys) -> Result<(), Fault> {
        let mut of = 0;
        kept::each(db, &keys.rows, |uid, expected, stored| {
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

    fn envelope_rows(&mut self, db: &Connection, keys: &ChainKeys) -> Result<(), Fault> {
        let mut statement = db.prepare("SELECT seq, name, bytes, mac FROM envelope")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (sequence, name): (i64, String) = (row.get(0)?, row.get(1)?);
            let expected = columns::envelope(&keys.rows, sequence.cast_unsigned(), &name, &row.get::<_, Vec<u8>>(2)?);
            self.add(&expected, &row.get::<_, Vec<u8>>(3)?, || {
                format!("the envelope `{name}` of record {sequence}")
            })?;
        }
        Ok(())
    }

    fn state_rows(&mut self, db: &Connection, keys: &ChainKeys) -> Result<(), Fault> {
        let mut statement = db.prepare("SELECT kind, key, value, mac FROM state")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let (kind, key): (String, String) = (row.get(0)?, row.get(1)?);
            let expected = columns::state(&keys.rows, &kind, &key, &row.get::<_, Vec<u8>>(2)?);
            self.add(&expected, &row.get::<_, Vec<u8>>(3)?, || {
                format!("the state of {kind} `{key}`")
            })?;
        }
        Ok(())
    }

    fn checkpoint_rows(
        &mut self,
        db: &Connection,
        keys: &ChainKeys,
        log_key: &PublicKey,
        all: bool,
    ) -> Result<(), Fault> {
        let mut statement = db.prepare("SELECT size, signed, note, mac FROM checkpoint ORDER BY size DESC")?;
        let mut rows = statement.query([])?;
        let mut newest = true;
        while let Some(row) = rows.next()? {
            let (size, signed_ms, note): (i64, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let size = size.cast_unsigned();
            let expected = columns::checkpoint(&keys.rows, size, signed_ms, &note);
            self.add(&expected, &row.get::<_, Vec<u8>>(3)?, || {
                format!("the checkpoint of size {size}")
            })?;
            if all || newest {
                self.checkpoint(db, keys, log_key, size, &note)
                    .map_err(|what| beside(format!("the checkpoint of size {size} {what}")))?;
            }
            newest = false;
        }
        Ok(())
    }

    fn checkpoint(
        &self,
        db: &Connection,
        keys: &ChainKeys,
        log_key: &PublicKey,
        size: u64,
        note: &str,
    ) -> Result<(), String> {
        let signed = SignedCheckpoint::parse(note).map_err(|error| format!("can't be read: {error}"))?;
        let checkpoint = signed
            .verify(log_key)
            .map_err(|error| format!("isn't signed by the log's key: {error}"))?;
        if checkpoint.origin != keys.origin || checkpoint.size != size || size > self.tip.size() {
            return Err("is another log's or another size's".to_owned());
        }
        let root = proof::root(db, size).map_err(|error| error.to_string())?;
        if checkpoint.root != root {
            return Err(format!("says root {}, the records give {root}", checkpoint.root));
        }
        Ok(())
    }

    fn add(&mut self, expected: &Sum, stored: &[u8], what: impl FnOnce() -> String) -> Result<(), Fault> {
        if stored != expected {
            return Err(beside(format!("{} isn't what was written", what())));
        }
        toggle(&mut self.sum, expected);
        Ok(())
    }
}

/// SQLite's own check of the file: indexes agree with their tables, pages with each other.
fn whole(db: &Connection) -> Result<(), Fault> {
    let found: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if found == "ok" {
        Ok(())
    } else {
        Err(beside(format!("the database file is damaged: {found}")))
    }
}
