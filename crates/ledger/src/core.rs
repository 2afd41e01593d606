//! The writer's hands: gives entries their place, and puts them into the open transaction.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use evidence::chain::{ChainMac, FIRST_MAC, MacKey};
use evidence::content::Header;
use evidence::tree::{Frontier, Node};
use evidence::{LogEntry, Origin, Placeable, PlacedRecord, Position, Previous, Stream, Tag};
use parking_lot::RwLock;
use rusqlite::Connection;
use vault::SealedContent;

use crate::keys::Macs;
use crate::rows::{RowKey, Sums};
use crate::source::{Clock, random};
use crate::{AppendError, Guard, Head, Receipt, StateChange, StreamHead, kept};

/// The keys that bind the database to this log.
pub(crate) struct ChainKeys {
    pub(crate) origin: Origin,
    /// Makes rows' own MACs; its sums are those of epoch 0.
    pub(crate) rows: RowKey,
    first: MacKey,
    /// The keys of the epochs from 1 on, as many as the key store holds: a key may be there before its epoch begins.
    later: RwLock<Vec<MacKey>>,
}

impl ChainKeys {
    pub(crate) fn new(origin: Origin, macs: &Macs) -> Self {
        Self {
            origin,
            rows: RowKey::new(&macs.first, &macs.first, origin),
            first: macs.first.clone(),
            later: RwLock::new(macs.later.clone()),
        }
    }

    fn key(&self, epoch: u32) -> Option<MacKey> {
        match epoch.checked_sub(1) {
            None => Some(self.first.clone()),
            Some(at) => self.later.read().get(usize::try_from(at).ok()?).cloned(),
        }
    }

    /// The MACs of the first epoch.
    pub(crate) fn first(&self) -> ChainMac {
        ChainMac::new(&self.first, &self.origin)
    }

    /// The MACs of an epoch, where the key store holds its key.
    pub(crate) fn mac(&self, epoch: u32) -> Option<ChainMac> {
        Some(ChainMac::new(&self.key(epoch)?, &self.origin))
    }

    /// The row key whose sums are those of an epoch.
    pub(crate) fn rows_in(&self, epoch: u32) -> Option<RowKey> {
        Some(RowKey::new(&self.first, &self.key(epoch)?, self.origin))
    }

    /// Takes in the key of the epoch after the last one that it knows.
    pub(crate) fn learn(&self, epoch: u32, key: MacKey) {
        let mut later = self.later.write();
        if u32::try_from(later.len()).is_ok_and(|known| known.saturating_add(1) == epoch) {
            later.push(key);
        }
    }
}

/// Where the chain ends.
#[derive(Debug, Clone)]
pub(crate) struct Tip {
    pub(crate) frontier: Frontier,
    pub(crate) last: Option<Previous>,
    pub(crate) logged_time: i64,
    pub(crate) mac: [u8; 32],
    /// The MAC epoch that the next record is in.
    pub(crate) epoch: u32,
}

impl Default for Tip {
    fn default() -> Self {
        Self {
            frontier: Frontier::new(),
            last: None,
            logged_time: 0,
            mac: FIRST_MAC,
            epoch: 0,
        }
    }
}

impl Tip {
    /// How many records.
    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// As it is published; none for an empty log.
    pub(crate) fn head(&self) -> Option<Head> {
        let last = self.last?;
        Some(Head {
            size: self.size(),
            uid: last.uid,
            fingerprint: last.fingerprint,
            logged_time: self.logged_time,
            root: self.frontier.root(),
            mac: self.mac,
            epoch: self.epoch,
        })
    }
}

/// A stream, as the writer knows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamState {
    /// Its row's id.
    pub(crate) id: i64,
    /// Its end.
    pub(crate) head: StreamHead,
}

/// All streams.
pub(crate) type Streams = HashMap<Stream, StreamState>;

/// An entry ready to be queued: its event is validated and written but for its place, its contents are sealed.
pub(crate) struct Prepared {
    pub(crate) event: Placeable,
    pub(crate) contents: Vec<PreparedContent>,
    pub(crate) state: Vec<StateChange>,
    pub(crate) envelopes: Vec<(String, Vec<u8>)>,
}

/// A sealed content.
pub(crate) struct PreparedContent {
    pub(crate) header: Header,
    /// The group of the key-encryption key that wraps its key.
    pub(crate) group: u64,
    pub(crate) sealed: SealedContent,
}

/// A record with its place, and what goes into the database beside it.
pub(crate) struct Placed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) logged_time: i64,
    pub(crate) event: Placeable,
    /// Its stream before it; none: it opens the stream.
    pub(crate) earlier: Option<StreamState>,
    pub(crate) at: StreamState,
    pub(crate) mac: [u8; 32],
    pub(crate) epoch: u32,
    pub(crate) nodes: Vec<Node>,
    pub(crate) contents: Vec<PreparedContent>,
    pub(crate) state: Vec<StateChange>,
    pub(crate) envelopes: Vec<(String, Vec<u8>)>,
}

impl Placed {
    pub(crate) fn receipt(&self, origin: Origin) -> Receipt {
        Receipt {
            origin,
            sequence: self.at.head.sequence,
            fingerprint: self.at.head.fingerprint,
            logged_time: self.logged_time,
        }
    }
}

/// The MACs of the state table's rows, so that a change needn't look for the row that it replaces.
#[derive(Debug, Default)]
pub(crate) struct StateMacs(HashMap<String, [u8; 32]>);

impl StateMacs {
    /// Puts a row's MAC in, or takes it out; gives the one that it had.
    pub(crate) fn change(&mut self, kind: &str, key: &str, mac: Option<[u8; 32]>) -> Option<[u8; 32]> {
        // A kind is a word of this program's: it has no NUL.
        let name = format!("{kind}\0{key}");
        match mac {
            Some(mac) => self.0.insert(name, mac),
            None => self.0.remove(&name),
        }
    }
}

/// The chain's end in memory, and the connection that makes it durable.
pub(crate) struct Core {
    pub(crate) connection: Connection,
    pub(crate) keys: Arc<ChainKeys>,
    pub(crate) tip: Tip,
    pub(crate) streams: Streams,
    pub(crate) sum: Sums,
    pub(crate) state: StateMacs,
    /// The row key of the epoch that the next record is in.
    pub(crate) rows: RowKey,
    /// The MACs of that epoch.
    pub(crate) mac: ChainMac,
    pub(crate) clock: Clock,
}

impl Core {
    /// Whether what a caller took for granted is so.
    pub(crate) fn holds(&self, guard: &Guard) -> bool {
        match guard {
            Guard::Size(size) => self.tip.size() == *size,
            Guard::StreamEndsWith(stream, end) => self.streams.get(stream).map(|s| s.head.fingerprint) == *end,
        }
    }

    /// Refuses names that are taken: found out by the database, they would stop the writer. Reads, never writes.
    pub(crate) fn check_names(&self, entries: &[Prepared]) -> rusqlite::Result<Result<(), AppendError>> {
        let mut uids = HashSet::new();
        for entry in entries {
            let mut names = HashSet::new();
            if let Some((name, _)) = entry.envelopes.iter().find(|(name, _)| !names.insert(name)) {
                return Ok(Err(AppendError::Invalid(format!("it has two envelopes `{name}`"))));
            }
            if entry.contents.len() > kept::MOST {
                let why = format!("it has {} contents; {} is the most", entry.contents.len(), kept::MOST);
                return Ok(Err(AppendError::Invalid(why)));
            }
            for content in &entry.contents {
                let uid = &content.header.content_uid;
                let mut known = self.connection.prepare_cached("SELECT 1 FROM content WHERE uid = ?1")?;
                if known.exists([uid])? || !uids.insert(uid) {
                    return Ok(Err(AppendError::Invalid(format!("there is a content `{uid}` already"))));
                }
            }
        }
        Ok(Ok(()))
    }

    /// Gives a job's entries their places: all, or none and nothing changed. Touches no database.
    pub(crate) fn place_all(&mut self, entries: Vec<Prepared>) -> Result<Vec<Placed>, AppendError> {
        let before = (entries.len() > 1).then(|| self.tip.clone());
        let mut placed: Vec<Placed> = Vec::with_capacity(entries.len());
        for entry in entries {
            match self.place(entry) {
                Ok(done) => placed.push(done),
                Err(error) => {
                    if let Some(tip) = before {
                        self.tip = tip;
                    }
                    for undone in placed.into_iter().rev() {
                        match undone.earlier {
                            Some(state) => self.streams.insert(undone.event.stream().clone(), state),
                            None => self.streams.remove(undone.event.stream()),
                        };
                    }
                    return Err(error);
                }
            }
        }
        Ok(placed)
    }

    /// One entry's place. Fails before it changes anything.
    fn place(&mut self, entry: Prepared) -> Result<Placed, AppendError> {
        let invalid = |error: &dyn std::fmt::Display| AppendError::Invalid(error.to_string());
        let Prepared {
            event,
            contents,
            state,
            envelopes,
        } = entry;
        let earlier = self.streams.get(event.stream()).copied();
        let tag = match earlier {
            Some(state) => state.head.tag,
            None => Tag(random().map_err(|error| invalid(&error))?),
        };
        let uid = uuid::Builder::from_random_bytes(random().map_err(|error| invalid(&error))?).into_uuid();
        let sequence = self.tip.size();
        let position = Position {
            origin: self.keys.origin,
            sequence,
            uid,
            // A clock that goes back doesn't take the log with it.
            logged_time: self.clock.now_ms().max(self.tip.logged_time),
            nonce: random().map_err(|error| invalid(&error))?,
            stream_seq: earlier.map_or(0, |state| state.head.stream_seq + 1),
            stream_prev: earlier.map(|state| state.head.fingerprint),
            opens: earlier.is_none().then_some(tag),
            prev: self.tip.last,
        };
        let PlacedRecord { bytes, fingerprint } = event.place(&position).map_err(|error| invalid(&error))?;

        let epoch = self.tip.epoch;
        let mac = self.mac.of(sequence, epoch, &self.tip.mac, &fingerprint);
        let nodes = self.tip.frontier.push(LogEntry { tag, d: fingerprint }.leaf_hash());
        self.tip.logged_time = position.logged_time;
        self.tip.last = Some(Previous {
            uid: position.uid,
            fingerprint,
        });
        self.tip.mac = mac;
        let id = earlier.map_or_else(
            || i64::try_from(self.streams.len()).unwrap_or(i64::MAX),
            |state| state.id,
        );
        let at = StreamState {
            id,
            head: StreamHead {
                tag,
                sequence,
                stream_seq: position.stream_seq,
                fingerprint,
            },
        };
        self.streams.insert(event.stream().clone(), at);
        Ok(Placed {
            bytes,
            logged_time: position.logged_time,
            event,
            earlier,
            at,
            mac,
            epoch,
            nodes,
            contents,
            state,
            envelopes,
        })
    }
}

/// A row that may be absent.
pub(crate) fn optional<T>(result: rusqlite::Result<T>) -> rusqlite::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        Err(error) => Err(error),
    }
}
