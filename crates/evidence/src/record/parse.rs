//! Reading a record: strict in everything but whether its fingerprint is its own.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::place::{Previous, attestation_beginning, fingerprint_json, fingerprint_text};
use super::{Record, Stream, hashed_bytes};
use crate::hash::{Digest, from_hex};
use crate::json::{self, JsonError};
use crate::ocsf;
use crate::origin::Origin;
use crate::tree::Tag;

/// What keeps bytes from being a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Not signed JSON in canonical form.
    #[error("the record isn't signed JSON in canonical form: {0}")]
    Json(#[from] JsonError),
    /// Not a valid OCSF event.
    #[error("the record isn't a valid OCSF 1.9.0 event: {}", .0.join("; "))]
    NotOcsf(Vec<String>),
    /// A member that every record has is absent or of another form.
    #[error("the record's `{member}` isn't {wanted}")]
    Member {
        /// Where it stands.
        member: &'static str,
        /// What is wanted.
        wanted: &'static str,
    },
    /// Predecessors don't go with the numbers.
    #[error("the record's place is impossible: {0}")]
    Impossible(&'static str),
}

const fn member(member: &'static str, wanted: &'static str) -> RecordError {
    RecordError::Member { member, wanted }
}

impl Record {
    /// Reads a record's bytes. Its fingerprint may be another than its bytes give: see [`Record::is_intact`].
    ///
    /// # Errors
    /// [`RecordError`] says what keeps the bytes from being a record.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        let event = json::parse_canonical(bytes)?;
        ocsf::validate(&event).map_err(RecordError::NotOcsf)?;
        let place = read_place(&event)?;
        let attestation = read_attestation(&event)?;
        if (place.sequence == 0) != attestation.prev.is_none() {
            return Err(RecordError::Impossible("record 0, and no other, has no predecessor"));
        }
        if place.sequence == 0 && !place.stream.is_sys() {
            return Err(RecordError::Impossible("record 0 opens the log in the stream `sys`"));
        }
        let recomputed = match without_fingerprint(bytes, &attestation) {
            Some((before, after)) => Digest::sha256_of(&[before, after]),
            None => Digest::sha256(&hashed_bytes(&event)?),
        };
        Ok(Self {
            bytes: bytes.to_vec(),
            origin: attestation.origin,
            sequence: place.sequence,
            uid: place.uid,
            logged_time: place.logged_time,
            nonce: place.nonce,
            stream: place.stream,
            stream_seq: place.stream_seq,
            stream_prev: place.stream_prev,
            tag: place.tag,
            prev: attestation.prev,
            claimed: attestation.fingerprint,
            recomputed,
            event,
        })
    }
}

/// The record's bytes before its fingerprint and after it: what is hashed, found in canonical bytes without writing them
/// again. None where something else in the record reads like the attestation, too: then it isn't told apart here.
fn without_fingerprint<'a>(bytes: &'a [u8], attestation: &Attestation) -> Option<(&'a [u8], &'a [u8])> {
    let text = std::str::from_utf8(bytes).ok()?;
    let beginning = format!(r#""attestation_list":{}"#, attestation_beginning(&attestation.origin));
    let own = format!(r#","fingerprint":{}"#, fingerprint_text(&attestation.fingerprint));
    // Its quotes are bare, so this is a member's name and what follows it, never the inside of a text.
    let mut found = text.match_indices(&beginning);
    let (at, _) = found.next()?;
    if found.next().is_some() {
        return None;
    }
    let (before, rest) = text.split_at_checked(at + beginning.len())?;
    Some((before.as_bytes(), rest.strip_prefix(&own)?.as_bytes()))
}

struct Place {
    sequence: u64,
    uid: Uuid,
    logged_time: i64,
    nonce: [u8; 16],
    stream: Stream,
    stream_seq: u64,
    stream_prev: Option<Digest>,
    tag: Option<Tag>,
}

fn read_place(event: &Value) -> Result<Place, RecordError> {
    let metadata = object(event, "metadata", "metadata")?;
    let profiles = metadata.get("profiles").and_then(Value::as_array);
    if !profiles.is_some_and(|list| list.iter().any(|profile| profile == "record_integrity")) {
        return Err(member("metadata.profiles", "a list with `record_integrity` in it"));
    }
    let sequence = whole(metadata, "sequence").ok_or(member("metadata.sequence", "a number from 0 on"))?;
    let logged_time = metadata
        .get("logged_time")
        .and_then(Value::as_i64)
        .ok_or(member("metadata.logged_time", "a time in ms"))?;
    let uid = metadata
        .get("uid")
        .and_then(uuid_v4)
        .ok_or(member("metadata.uid", "a UUIDv4 in lowercase"))?;
    let unmapped = object(event, "unmapped", "unmapped")?;
    let ours = unmapped
        .get("countersign")
        .and_then(Value::as_object)
        .ok_or(member("unmapped.countersign", "an object"))?;
    if ours.get("v").and_then(Value::as_u64) != Some(1) {
        return Err(member(
            "unmapped.countersign.v",
            "1, the version that this program reads",
        ));
    }
    let text = |name| ours.get(name).and_then(Value::as_str);
    let nonce = text("nonce")
        .and_then(from_hex)
        .ok_or(member("unmapped.countersign.nonce", "16 bytes in hex"))?;
    let stream = text("stream")
        .and_then(Stream::parse)
        .ok_or(member("unmapped.countersign.stream", "a stream"))?;
    let stream_seq =
        whole(ours, "stream_seq").ok_or(member("unmapped.countersign.stream_seq", "a number from 0 on"))?;
    let stream_prev = optional(ours, "stream_prev", |text| text.parse().ok())
        .map_err(|()| member("unmapped.countersign.stream_prev", "a digest in hex, or absent"))?;
    let tag = optional(ours, "tag", |text| from_hex(text).map(Tag))
        .map_err(|()| member("unmapped.countersign.tag", "16 bytes in hex, or absent"))?;
    if (stream_seq == 0) != stream_prev.is_none() || (stream_seq == 0) != tag.is_some() {
        return Err(RecordError::Impossible(
            "a stream's record 0, and no other, carries the stream's tag and has no predecessor in its stream",
        ));
    }
    if stream_seq > sequence {
        return Err(RecordError::Impossible("a stream is no longer than its log"));
    }
    if !ours.get("kind").is_some_and(Value::is_string) || !ours.get("facts").is_some_and(Value::is_object) {
        return Err(member("unmapped.countersign.kind", "a text, with `facts` beside it"));
    }
    Ok(Place {
        sequence,
        uid,
        logged_time,
        nonce,
        stream,
        stream_seq,
        stream_prev,
        tag,
    })
}

struct Attestation {
    origin: Origin,
    prev: Option<Previous>,
    fingerprint: Digest,
}

/// Exactly one entry of exactly our form: a second, a signature or a neighbour's class has no place here.
fn read_attestation(event: &Value) -> Result<Attestation, RecordError> {
    const WANTED: &str = "exactly one entry: authority_uid, chain_uid, fingerprint, and prev_event beyond record 0";
    let wrong = || member("attestation_list", WANTED);
    let list = event
        .get("attestation_list")
        .and_then(Value::as_array)
        .ok_or_else(wrong)?;
    let [Value::Object(entry)] = list.as_slice() else {
        return Err(wrong());
    };
    let uid = |name| entry.get(name).and_then(Value::as_str);
    let origin: Origin = uid("chain_uid").and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
    if uid("authority_uid") != uid("chain_uid") {
        return Err(member("attestation_list[0].authority_uid", "the same as its chain_uid"));
    }
    let fingerprint = entry.get("fingerprint").and_then(read_fingerprint).ok_or_else(wrong)?;
    let prev = match entry.get("prev_event") {
        None => None,
        Some(prev) => Some(read_previous(prev).ok_or(member(
            "attestation_list[0].prev_event",
            "a uid and a fingerprint (SHA-256, JCS, hex), and nothing else",
        ))?),
    };
    let members = if prev.is_some() { 4 } else { 3 };
    if entry.len() != members {
        return Err(wrong());
    }
    Ok(Attestation {
        origin,
        prev,
        fingerprint,
    })
}

fn read_previous(prev: &Value) -> Option<Previous> {
    let prev = prev.as_object().filter(|prev| prev.len() == 2)?;
    let uid = prev.get("uid").and_then(uuid_v4)?;
    let fingerprint = prev.get("fingerprint").and_then(read_fingerprint)?;
    Some(Previous { uid, fingerprint })
}

fn read_fingerprint(value: &Value) -> Option<Digest> {
    let digest: Digest = value.get("value")?.as_str()?.parse().ok()?;
    (*value == fingerprint_json(&digest)).then_some(digest)
}

fn object<'a>(event: &'a Value, name: &str, shown: &'static str) -> Result<&'a Map<String, Value>, RecordError> {
    event
        .get(name)
        .and_then(Value::as_object)
        .ok_or(member(shown, "an object"))
}

fn whole(map: &Map<String, Value>, name: &str) -> Option<u64> {
    map.get(name).and_then(Value::as_u64)
}

fn optional<T>(map: &Map<String, Value>, name: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ()> {
    match map.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().and_then(read).map(Some).ok_or(()),
    }
}

fn uuid_v4(value: &Value) -> Option<Uuid> {
    let text = value.as_str()?;
    let uid = Uuid::try_parse(text).ok()?;
    let right = uid.get_version_num() == 4 && uid.get_variant() == uuid::Variant::RFC4122;
    // One uid, one form: `Uuid` also reads braces, URNs and capitals.
    (right && uid.hyphenated().to_string() == text).then_some(uid)
}
