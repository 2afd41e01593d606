//! Giving a draft its place.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Draft, Record};
use crate::hash::Digest;
use crate::json::{self, JsonError};
use crate::ocsf;
use crate::origin::Origin;
use crate::tree::Tag;

/// A record's predecessor in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Previous {
    /// Its `metadata.uid`.
    pub uid: Uuid,
    /// Its fingerprint.
    pub fingerprint: Digest,
}

/// The place that a draft is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The log.
    pub origin: Origin,
    /// The 0-based place in the log.
    pub sequence: u64,
    /// A UUIDv4.
    pub uid: Uuid,
    /// ms UTC: the clock's time or the predecessor's, whichever is later.
    pub logged_time: i64,
    /// Random.
    pub nonce: [u8; 16],
    /// The 0-based place in the stream.
    pub stream_seq: u64,
    /// The fingerprint of the predecessor in the stream; nothing at 0.
    pub stream_prev: Option<Digest>,
    /// The stream's tag, where this record opens the stream: random, and there at 0 only.
    pub opens: Option<Tag>,
    /// The predecessor in the log; nothing at 0.
    pub prev: Option<Previous>,
}

/// Why a draft can't have that place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Predecessors don't go with the numbers.
    #[error("the place is impossible: {0}")]
    Impossible(&'static str),
    /// The event isn't valid OCSF, which is a mistake in a builder.
    #[error("the event isn't valid OCSF 1.9.0: {}", .0.join("; "))]
    NotOcsf(Vec<String>),
    /// A number is too large for signed JSON.
    #[error("the event can't be written: {0}")]
    Unwritable(#[from] JsonError),
}

impl Position {
    fn check(&self, sys: bool) -> Result<(), PlaceError> {
        if (self.sequence == 0) != self.prev.is_none() {
            return Err(PlaceError::Impossible("record 0, and no other, has no predecessor"));
        }
        if (self.stream_seq == 0) != self.stream_prev.is_none() {
            return Err(PlaceError::Impossible(
                "a stream's record 0, and no other, has no predecessor in its stream",
            ));
        }
        if (self.stream_seq == 0) != self.opens.is_some() {
            return Err(PlaceError::Impossible(
                "a stream's record 0, and no other, carries the stream's tag",
            ));
        }
        if self.stream_seq > self.sequence {
            return Err(PlaceError::Impossible("a stream is no longer than its log"));
        }
        if self.sequence == 0 && !sys {
            return Err(PlaceError::Impossible("record 0 opens the log in the stream `sys`"));
        }
        if self.uid.get_version_num() != 4 || self.uid.get_variant() != uuid::Variant::RFC4122 {
            return Err(PlaceError::Impossible("metadata.uid is a UUIDv4"));
        }
        Ok(())
    }
}

pub(super) fn fingerprint_json(value: &Digest) -> Value {
    json!({"algorithm_id": 3, "serialization_id": 2, "encoding_id": 1, "value": value})
}

impl Draft {
    /// Gives the draft its place: writes `metadata.uid`, `sequence` and `logged_time`, the stream's numbers, and the
    /// one attestation with the fingerprint.
    ///
    /// # Errors
    /// [`PlaceError`]; nothing is written then.
    pub fn place(self, at: &Position) -> Result<Record, PlaceError> {
        at.check(self.stream.is_sys())?;
        let mut event = self.event.0;
        if let Some(metadata) = event.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.insert("uid".into(), json!(at.uid.hyphenated().to_string()));
            metadata.insert("sequence".into(), json!(at.sequence));
            metadata.insert("logged_time".into(), json!(at.logged_time));
        }
        let mut ours = Map::new();
        ours.insert("v".into(), json!(1));
        ours.insert("nonce".into(), json!(hex::encode(at.nonce)));
        ours.insert("stream".into(), json!(self.stream.as_str()));
        ours.insert("stream_seq".into(), json!(at.stream_seq));
        if let Some(prev) = &at.stream_prev {
            ours.insert("stream_prev".into(), json!(prev));
        }
        if let Some(tag) = &at.opens {
            ours.insert("tag".into(), json!(tag.to_string()));
        }
        // The builder put `kind` and `facts` there.
        let built = event
            .get_mut("unmapped")
            .and_then(|unmapped| unmapped.get_mut("countersign"));
        if let Some(built) = built.and_then(Value::as_object_mut) {
            built.append(&mut ours);
        }
        let mut attestation = Map::new();
        attestation.insert("authority_uid".into(), json!(at.origin));
        attestation.insert("chain_uid".into(), json!(at.origin));
        if let Some(prev) = &at.prev {
            let fingerprint = fingerprint_json(&prev.fingerprint);
            let prev = json!({"uid": prev.uid.hyphenated().to_string(), "fingerprint": fingerprint});
            attestation.insert("prev_event".into(), prev);
        }
        event.insert("attestation_list".into(), json!([attestation]));
        let mut event = Value::Object(event);
        // The fingerprint isn't there yet: this is what is hashed.
        let d = Digest::sha256(&json::canonical_value(&event)?);
        if let Some(first) = event.pointer_mut("/attestation_list/0").and_then(Value::as_object_mut) {
            first.insert("fingerprint".into(), fingerprint_json(&d));
        }
        ocsf::validate(&event).map_err(PlaceError::NotOcsf)?;
        Ok(Record {
            bytes: json::canonical_value(&event)?,
            event,
            origin: at.origin,
            sequence: at.sequence,
            uid: at.uid,
            logged_time: at.logged_time,
            nonce: at.nonce,
            stream: self.stream,
            stream_seq: at.stream_seq,
            stream_prev: at.stream_prev,
            tag: at.opens,
            prev: at.prev,
            claimed: d,
            recomputed: d,
        })
    }
}
