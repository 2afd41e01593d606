//! Giving a draft its place.
//!
//! What doesn't depend on the place is done once, wherever the draft comes from: it is validated, and its canonical form
//! is made with seven holes in it. Who holds the log's end then only fills the holes and hashes, because everybody else
//! waits meanwhile.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Draft, Record, RecordError, Stream};
use crate::hash::Digest;
use crate::json::{self, JsonError, MAX_INTEGER};
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
    /// The event doesn't say for which tenant it is, or who acted.
    #[error("the event isn't attributed: {}", .0.join("; "))]
    NotAttributed(Vec<String>),
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
        for (magnitude, number) in [
            (self.sequence, self.sequence.to_string()),
            (self.logged_time.unsigned_abs(), self.logged_time.to_string()),
        ] {
            if magnitude > MAX_INTEGER.unsigned_abs() {
                return Err(JsonError::UnwritableNumber { number }.into());
            }
        }
        Ok(())
    }
}

pub(super) fn fingerprint_json(value: &Digest) -> Value {
    json!({"algorithm_id": 3, "serialization_id": 2, "encoding_id": 1, "value": value})
}

/// [`fingerprint_json`] in canonical form.
pub(super) fn fingerprint_text(value: &Digest) -> String {
    format!(r#"{{"algorithm_id":3,"encoding_id":1,"serialization_id":2,"value":"{value}"}}"#)
}

/// The attestation's members before its fingerprint, in canonical form.
pub(super) fn attestation_beginning(origin: &Origin) -> String {
    format!(r#"[{{"authority_uid":"{origin}","chain_uid":"{origin}""#)
}

/// The members that a place fills, in the order of the canonical form. `stream_prev` and `tag`, which not every record
/// has, follow `stream` and `stream_seq` there.
const HOLES: [&[&str]; 7] = [
    &["attestation_list"],
    &["metadata", "logged_time"],
    &["metadata", "sequence"],
    &["metadata", "uid"],
    &["unmapped", "countersign", "nonce"],
    &["unmapped", "countersign", "stream"],
    &["unmapped", "countersign", "stream_seq"],
];

/// A valid event in canonical form, all but what its place decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placeable {
    stream: Stream,
    correlation_uid: Option<String>,
    template: Vec<u8>,
    /// Where in the template each of [`HOLES`] is.
    holes: [usize; HOLES.len()],
}

/// What is stored of a record: its bytes, and the fingerprint that stands in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedRecord {
    /// The event's canonical form.
    pub bytes: Vec<u8>,
    /// SHA-256 of the bytes without the fingerprint itself.
    pub fingerprint: Digest,
}

impl Draft {
    /// Validates the draft and makes its canonical form, all but what its place decides.
    ///
    /// # Errors
    /// [`PlaceError::NotOcsf`], [`PlaceError::NotAttributed`] or [`PlaceError::Unwritable`].
    pub fn prepare(self) -> Result<Placeable, PlaceError> {
        let correlation_uid = self.event.correlation_uid().map(str::to_owned);
        let event = Value::Object(with_sample_place(self.event.0));
        ocsf::validate(&event).map_err(PlaceError::NotOcsf)?;
        ocsf::attributed(&event).map_err(PlaceError::NotAttributed)?;
        let (template, holes) = json::canonical_without(&event, &HOLES)?;
        let holes = holes
            .try_into()
            .map_err(|_| PlaceError::Impossible("the event has no `metadata` or no `unmapped.countersign`"))?;
        Ok(Placeable {
            stream: self.stream,
            correlation_uid,
            template,
            holes,
        })
    }

    /// Gives the draft its place: [`prepare`](Self::prepare), [`Placeable::place`], and the result read.
    ///
    /// # Errors
    /// [`PlaceError`]; nothing is written then.
    pub fn place(self, at: &Position) -> Result<Record, PlaceError> {
        let placed = self.prepare()?.place(at)?;
        Record::parse(&placed.bytes).map_err(|error| match error {
            RecordError::Json(error) => PlaceError::Unwritable(error),
            RecordError::NotOcsf(problems) => PlaceError::NotOcsf(problems),
            RecordError::Member { member, .. } => PlaceError::Impossible(member),
            RecordError::Impossible(why) => PlaceError::Impossible(why),
        })
    }
}

/// Everything that a place decides, as some place would decide it: whether an event is valid doesn't depend on which.
fn with_sample_place(mut event: Map<String, Value>) -> Map<String, Value> {
    let fingerprint = fingerprint_json(&Digest::new([0; 32]));
    if let Some(metadata) = event.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("uid".into(), json!(Uuid::nil()));
        metadata.insert("sequence".into(), json!(0));
        metadata.insert("logged_time".into(), json!(0));
    }
    // The builder put `kind` and `facts` there.
    let ours = event
        .get_mut("unmapped")
        .and_then(|unmapped| unmapped.get_mut("countersign"));
    if let Some(ours) = ours.and_then(Value::as_object_mut) {
        for (name, value) in [("nonce", json!("")), ("stream", json!("")), ("stream_seq", json!(0))] {
            ours.insert(name.into(), value);
        }
        ours.insert("v".into(), json!(1));
    }
    let attestation = json!({
        "authority_uid": "", "chain_uid": "", "fingerprint": fingerprint,
        "prev_event": {"uid": Uuid::nil(), "fingerprint": fingerprint},
    });
    event.insert("attestation_list".into(), json!([attestation]));
    event
}

impl Placeable {
    /// Where it is filed.
    #[must_use]
    pub const fn stream(&self) -> &Stream {
        &self.stream
    }

    /// The request whose story it belongs to.
    #[must_use]
    pub fn correlation_uid(&self) -> Option<&str> {
        self.correlation_uid.as_deref()
    }

    /// Fills in `metadata.uid`, `sequence` and `logged_time`, the stream's numbers, and the one attestation with the
    /// fingerprint.
    ///
    /// # Errors
    /// [`PlaceError::Impossible`]; nothing is written then.
    pub fn place(&self, at: &Position) -> Result<PlacedRecord, PlaceError> {
        at.check(self.stream.is_sys())?;
        let beginning = attestation_beginning(&at.origin);
        let prev = at.prev.as_ref().map_or_else(String::new, |prev| {
            let (fingerprint, uid) = (fingerprint_text(&prev.fingerprint), prev.uid.hyphenated());
            format!(r#","prev_event":{{"fingerprint":{fingerprint},"uid":"{uid}"}}"#)
        });
        let stream_prev = at.stream_prev.as_ref();
        let stream_prev = stream_prev.map_or_else(String::new, |d| format!(r#","stream_prev":"{d}""#));
        let tag = at.opens.as_ref();
        let tag = tag.map_or_else(String::new, |tag| format!(r#","tag":"{tag}""#));
        let fillings = [
            format!("{beginning}{prev}}}]"),
            at.logged_time.to_string(),
            at.sequence.to_string(),
            format!(r#""{}""#, at.uid.hyphenated()),
            format!(r#""{}""#, hex::encode(at.nonce)),
            format!(r#""{}"{stream_prev}"#, self.stream),
            format!("{}{tag}", at.stream_seq),
        ];
        let mut bytes = Vec::with_capacity(self.template.len() + 1024);
        let mut from = 0;
        for (hole, filling) in self.holes.iter().zip(&fillings) {
            bytes.extend_from_slice(self.template.get(from..*hole).unwrap_or_default());
            bytes.extend_from_slice(filling.as_bytes());
            from = *hole;
        }
        bytes.extend_from_slice(self.template.get(from..).unwrap_or_default());
        // The fingerprint isn't there yet: this is what is hashed.
        let fingerprint = Digest::sha256(&bytes);
        let [attestation, ..] = self.holes;
        let after = attestation + beginning.len();
        let own = format!(r#","fingerprint":{}"#, fingerprint_text(&fingerprint));
        bytes.splice(after..after, own.into_bytes());
        Ok(PlacedRecord { bytes, fingerprint })
    }
}
