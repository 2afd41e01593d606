//! What is handed to the log, and what comes back.

use bytes::Bytes;
use evidence::content::{Header, commit};
use evidence::{Digest, Draft, Origin, Stream};

/// Something that has to be on disk before anything follows from it: an allow, a hold, an approval, an outcome.
pub trait Recordable {
    /// What is left of it once its record is taken out: what the next step is made from.
    type Recorded;

    /// The record and what is to become durable with it, and what is left.
    fn into_entry(self) -> (Entry, Self::Recorded);
}

/// One record and everything that becomes durable in the same transaction.
#[derive(Debug)]
pub struct Entry {
    /// The event and its stream. The writer gives it its place.
    pub draft: Draft,
    /// What the record commits to: sealed before it is queued.
    pub contents: Vec<NewContent>,
    /// What the engine has to find again after a restart.
    pub state: Vec<StateChange>,
    /// Signed envelopes by name (`approval`), stored under the record's sequence, byte for byte.
    pub envelopes: Vec<(String, Vec<u8>)>,
}

impl Entry {
    /// A record alone.
    #[must_use]
    pub fn new(draft: Draft) -> Self {
        Self {
            draft,
            contents: Vec::new(),
            state: Vec::new(),
            envelopes: Vec::new(),
        }
    }

    /// With a content.
    #[must_use]
    pub fn content(mut self, content: NewContent) -> Self {
        self.contents.push(content);
        self
    }

    /// With a change of state.
    #[must_use]
    pub fn state(mut self, change: StateChange) -> Self {
        self.state.push(change);
        self
    }

    /// With an envelope.
    #[must_use]
    pub fn envelope(mut self, name: impl Into<String>, bytes: Vec<u8>) -> Self {
        self.envelopes.push((name.into(), bytes));
        self
    }
}

/// A content: what a person or an agent typed or sent.
#[derive(Clone)]
pub struct NewContent {
    header: Header,
    salt: [u8; 32],
    bytes: Bytes,
    commitment: Digest,
}

impl NewContent {
    /// Commits to these bytes under a salt, which has to be random.
    pub fn new(header: Header, salt: [u8; 32], bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            commitment: commit(&header, &salt, &bytes),
            header,
            salt,
            bytes,
        }
    }

    /// Its uid, slot, media type and length.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) fn into_header(self) -> Header {
        self.header
    }

    /// The random salt of its commitment.
    #[must_use]
    pub const fn salt(&self) -> &[u8; 32] {
        &self.salt
    }

    /// Its exact bytes.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// The commitment to it, which its record has to hold.
    #[must_use]
    pub const fn commitment(&self) -> Digest {
        self.commitment
    }
}

impl std::fmt::Debug for NewContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewContent")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

/// A change of the engine's durable state. State changes only together with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// What kind of thing: `agent`, `item`, `upstream`.
    pub kind: &'static str,
    /// Which one.
    pub key: String,
    /// Its new value; none removes it.
    pub value: Option<Vec<u8>>,
}

/// What must still be so when the record gets its place; otherwise nothing is appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// The log has this size: the record will get this sequence.
    Size(u64),
    /// The stream ends with the record of this fingerprint; none: it has no record yet.
    StreamEndsWith(Stream, Option<Digest>),
}

/// A record's place in the log, as it goes to the caller whom it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The log.
    pub origin: Origin,
    /// 0-based place.
    pub sequence: u64,
    /// The record's fingerprint.
    pub fingerprint: Digest,
    /// ms UTC; never falls from one record to the next.
    pub logged_time: i64,
}

/// A value whose record is on disk. Only the ledger makes one, and it can't be cloned.
///
/// Each of these doesn't compile, and its twin, which differs in nothing but the fault, does.
///
/// Made by anybody else; its twin takes one apart:
/// ```compile_fail,E0624
/// fn forged<R>(value: R, receipt: ledger::Receipt) -> ledger::Durable<R> {
///     ledger::Durable::new(value, receipt)
/// }
/// ```
/// ```
/// fn taken<R>(durable: ledger::Durable<R>) -> (R, ledger::Receipt) {
///     let receipt = durable.receipt().clone();
///     (durable.into_value(), receipt)
/// }
/// ```
/// Copied; its twin hands it on:
/// ```compile_fail,E0599
/// fn copied(durable: ledger::Durable<String>) -> ledger::Durable<String> {
///     ledger::Durable::<String>::clone(&durable)
/// }
/// ```
/// ```
/// fn copied(durable: ledger::Durable<String>) -> ledger::Durable<String> {
///     durable
/// }
/// ```
#[derive(Debug)]
#[must_use = "a durable record is what the next step has to be made from"]
pub struct Durable<R> {
    value: R,
    receipt: Receipt,
}

impl<R> Durable<R> {
    pub(crate) fn new(value: R, receipt: Receipt) -> Self {
        Self { value, receipt }
    }

    /// What was recorded.
    pub fn value(&self) -> &R {
        &self.value
    }

    /// What was recorded, given up.
    pub fn into_value(self) -> R {
        self.value
    }

    /// Where it was recorded.
    pub fn receipt(&self) -> &Receipt {
        &self.receipt
    }
}
