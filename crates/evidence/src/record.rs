//! A record: an OCSF event with its place in the log, as canonical bytes.
//!
//! `d = SHA-256(JCS(event without attestation_list[0].fingerprint))` is the record's fingerprint; the tree's leaf is
//! made from it, so what stands in a record can't be changed later.

mod follow;
mod parse;
mod place;

pub use follow::{Expected, Follower, Follows};
pub use place::{PlaceError, Placeable, PlacedRecord, Position, Previous};

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::hash::{Digest, from_hex};
use crate::json::{self, JsonError};
use crate::ocsf::Event;
use crate::origin::Origin;
use crate::tree::{LogEntry, Tag};

/// Whose story a record belongs to: an agent's uid for everything *about* that agent, whoever acted; else `sys`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stream(String);

impl Stream {
    const SYS: &'static str = "sys";

    /// The stream of what isn't about any agent.
    #[must_use]
    pub fn sys() -> Self {
        Self(Self::SYS.to_owned())
    }

    /// An agent's stream. An agent's uid is 1 to 128 characters of `A-Z a-z 0-9 . _ : -`, and not `sys`.
    #[must_use]
    pub fn agent(uid: &str) -> Option<Self> {
        if uid == Self::SYS { None } else { Self::parse(uid) }
    }

    /// A stream by its name: an agent's uid, or `sys`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-');
        (!name.is_empty() && name.len() <= 128 && name.bytes().all(good)).then(|| Self(name.to_owned()))
    }

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `sys`.
    #[must_use]
    pub fn is_sys(&self) -> bool {
        self.0 == Self::SYS
    }
}

impl std::fmt::Display for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// An event that wants a place in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    stream: Stream,
    event: Event,
}

impl Draft {
    /// Files an event under a stream.
    #[must_use]
    pub const fn new(stream: Stream, event: Event) -> Self {
        Self { stream, event }
    }

    /// Where it is filed.
    #[must_use]
    pub const fn stream(&self) -> &Stream {
        &self.stream
    }

    /// What happened.
    #[must_use]
    pub const fn event(&self) -> &Event {
        &self.event
    }
}

/// A record, as placed or as read.
///
/// A record that was read may carry a fingerprint that isn't its own: compare [`claimed`](Self::claimed) with
/// [`recomputed`](Self::recomputed), or ask [`is_intact`](Self::is_intact).
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    bytes: Vec<u8>,
    event: Value,
    origin: Origin,
    sequence: u64,
    uid: Uuid,
    logged_time: i64,
    nonce: [u8; 16],
    stream: Stream,
    stream_seq: u64,
    stream_prev: Option<Digest>,
    tag: Option<Tag>,
    prev: Option<Previous>,
    claimed: Digest,
    recomputed: Digest,
}

impl Record {
    /// The stored bytes: the event's canonical form.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The event as JSON.
    #[must_use]
    pub const fn event(&self) -> &Value {
        &self.event
    }

    /// The bytes that were hashed: the event without its own fingerprint.
    ///
    /// # Errors
    /// None for a record that exists; the type is the canonical writer's.
    pub fn hashed_bytes(&self) -> Result<Vec<u8>, JsonError> {
        hashed_bytes(&self.event)
    }

    /// The log that it says it belongs to.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its 0-based place in the log, which is its leaf's index.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Its UUIDv4.
    #[must_use]
    pub const fn uid(&self) -> Uuid {
        self.uid
    }

    /// When it was logged, ms UTC; never less than its predecessor's.
    #[must_use]
    pub const fn logged_time(&self) -> i64 {
        self.logged_time
    }

    /// The random bytes that keep its fingerprint from being guessed out of context.
    #[must_use]
    pub const fn nonce(&self) -> &[u8; 16] {
        &self.nonce
    }

    /// Its stream.
    #[must_use]
    pub const fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Its 0-based place in its stream.
    #[must_use]
    pub const fn stream_seq(&self) -> u64 {
        self.stream_seq
    }

    /// The fingerprint of its predecessor in its stream; nothing where it opens the stream.
    #[must_use]
    pub const fn stream_prev(&self) -> Option<&Digest> {
        self.stream_prev.as_ref()
    }

    /// Its predecessor in the log; nothing at 0.
    #[must_use]
    pub const fn prev(&self) -> Option<&Previous> {
        self.prev.as_ref()
    }

    /// The stream's tag, where this record opens the stream.
    #[must_use]
    pub const fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }

    /// The fingerprint that its bytes give: what every proof must be about. The same as
    /// [`recomputed`](Self::recomputed).
    #[must_use]
    pub const fn fingerprint(&self) -> &Digest {
        &self.recomputed
    }

    /// The fingerprint that stands in it.
    #[must_use]
    pub const fn claimed(&self) -> &Digest {
        &self.claimed
    }

    /// The fingerprint that its bytes give.
    #[must_use]
    pub const fn recomputed(&self) -> &Digest {
        &self.recomputed
    }

    /// Whether the fingerprint that stands in it is the one that its bytes give.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.claimed == self.recomputed
    }

    /// The tree's entry for it, under its stream's tag.
    #[must_use]
    pub const fn entry(&self, tag: Tag) -> LogEntry {
        LogEntry {
            tag,
            d: self.recomputed,
        }
    }

    /// The request whose story it belongs to.
    #[must_use]
    pub fn correlation_uid(&self) -> Option<&str> {
        self.event.get("metadata")?.get("correlation_uid")?.as_str()
    }

    /// Its OCSF class.
    #[must_use]
    pub fn class_uid(&self) -> u32 {
        self.event
            .get("class_uid")
            .and_then(Value::as_u64)
            .and_then(|uid| uid.try_into().ok())
            .unwrap_or(0)
    }

    /// What kind of event it is, in our terms: `call_decided`, `item_decided` … (see [`crate::ocsf`]).
    #[must_use]
    pub fn kind(&self) -> &str {
        self.ours()
            .and_then(|ours| ours.get("kind"))
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// What our format adds to OCSF for that kind: `unmapped.countersign.facts`, by the names that the builders in
    /// [`crate::ocsf`] give.
    #[must_use]
    pub fn facts(&self) -> &Value {
        self.ours().and_then(|ours| ours.get("facts")).unwrap_or(&Value::Null)
    }

    /// A fact that is a digest.
    #[must_use]
    pub fn fact_digest(&self, name: &str) -> Option<Digest> {
        self.facts().get(name)?.as_str()?.parse().ok()
    }

    /// The origin that this record founds, where it is a log's record 0: from the key and nonce that it carries.
    #[must_use]
    pub fn founds(&self) -> Option<Origin> {
        if self.kind() != "log_opened" || self.sequence != 0 {
            return None;
        }
        let spki = self.spki()?;
        let nonce: [u8; 16] = from_hex(self.facts().get("nonce16")?.as_str()?)?;
        Some(Origin::new(&spki, &nonce))
    }

    /// The public key that it registers or founds the log with, as SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self) -> Option<Vec<u8>> {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD
            .decode(self.facts().get("spki")?.as_str()?)
            .ok()
    }

    fn ours(&self) -> Option<&Map<String, Value>> {
        self.event.get("unmapped")?.get("countersign")?.as_object()
    }
}

/// The event without `attestation_list[0].fingerprint`, in canonical form.
fn hashed_bytes(event: &Value) -> Result<Vec<u8>, JsonError> {
    let mut event = event.clone();
    if let Some(first) = event.pointer_mut("/attestation_list/0").and_then(Value::as_object_mut) {
        first.remove("fingerprint");
    }
    json::canonical_value(&event)
}

pub use parse::RecordError;

#[cfg(test)]
pub(crate) mod tests;
