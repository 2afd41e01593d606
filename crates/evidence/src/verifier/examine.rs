//! Record by record: is it the one that was signed?

use std::collections::HashMap;

use serde_json::Value;
use uuid::Uuid;

use super::facts::Fact;
use super::lines::Line;
use super::seal::Seal;
use crate::casefile::InclusionLine;
use crate::hash::Digest;
use crate::json;
use crate::record::{Previous, Record};
use crate::tree::{LogEntry, Tag};

/// How a record stands to what the log sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It is the record that was signed at its place.
    AsSigned,
    /// It isn't; where it is known, this was.
    Altered(Option<Digest>),
    /// Nothing here proves what was signed at its place.
    Unproved,
}

/// A record's own words about its place.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) sequence: u64,
    pub(super) uid: Uuid,
    pub(super) logged_ms: i64,
    pub(super) stream: String,
    pub(super) stream_seq: u64,
    pub(super) stream_prev: Option<Digest>,
    pub(super) prev: Option<Previous>,
    pub(super) claimed: Digest,
    pub(super) correlation: Option<String>,
    pub(super) fact: Fact,
    /// What it says of its call otherwise than it says elsewhere.
    pub(super) contradiction: Option<&'static str>,
}

/// One line of `records.jsonl`, looked at.
#[derive(Debug)]
pub(super) struct Examined {
    /// Its sequence: as it says, or as its proof says where it says nothing.
    pub(super) place: Option<u64>,
    /// What it is, in words.
    pub(super) what: String,
    /// Nothing where it can't be read as a record.
    pub(super) body: Option<Body>,
    /// Why it can't be read as a record.
    pub(super) unreadable: Option<String>,
    /// The fingerprint that its bytes give.
    pub(super) hashes_to: Option<Digest>,
    /// How it stands.
    pub(super) standing: Standing,
    /// Why its inclusion proof doesn't hold, where it doesn't.
    pub(super) unproved: Option<String>,
}

impl Examined {
    pub(super) fn is_as_signed(&self) -> bool {
        self.standing == Standing::AsSigned
    }

    /// Whether it is as signed in every respect: at its own place, and by a proof of its own.
    pub(super) fn is_in_order(&self) -> bool {
        self.is_as_signed()
            && self.unproved.is_none()
            && self
                .body
                .as_ref()
                .is_some_and(|body| self.place == Some(body.sequence) && self.hashes_to == Some(body.claimed))
    }
}

/// The streams' tags. A tag that stands in a record is a hint; a leaf under it that was proved makes it a fact, even
/// where the record that carries it was altered elsewhere.
#[derive(Debug, Default)]
pub(super) struct Tags {
    hinted: HashMap<String, Tag>,
    proved: HashMap<String, Tag>,
}

impl Tags {
    /// The stream's tag, proved.
    pub(super) fn proved(&self, stream: &str) -> Option<Tag> {
        self.proved.get(stream).copied()
    }

    /// The stream's tag, proved or as a record carries it.
    pub(super) fn best(&self, stream: &str) -> Option<Tag> {
        self.proved(stream).or_else(|| self.hinted.get(stream).copied())
    }
}

/// Looks at one record and its proof. `tags` grows by the streams that records open.
pub(super) fn examine(
    line: &Line,
    proof: Result<&InclusionLine, &str>,
    seal: Option<&Seal>,
    tags: &mut Tags,
) -> (Examined, Option<Record>) {
    let proved_place = proof.ok().map(|proof| proof.sequence);
    let record = match line {
        Line::Whole(bytes) => Record::parse(bytes).map_err(|error| error.to_string()),
        Line::TooLong => Err("it is longer than any record".to_owned()),
        Line::Unended(_) => Err("its line isn't ended by a line feed".to_owned()),
    };
    match record {
        Ok(record) => {
            let mut seen = read(&record);
            judge(&mut seen, &record, proof, seal, tags);
            (seen, Some(record))
        }
        Err(why) => (unreadable(line, why, proved_place, seal), None),
    }
}

fn read(record: &Record) -> Examined {
    let fact = Fact::of(record);
    let body = Body {
        sequence: record.sequence(),
        uid: record.uid(),
        logged_ms: record.logged_time(),
        stream: record.stream().as_str().to_owned(),
        stream_seq: record.stream_seq(),
        stream_prev: record.stream_prev().copied(),
        prev: record.prev().copied(),
        claimed: *record.claimed(),
        correlation: record.correlation_uid().map(str::to_owned),
        contradiction: super::bindings::contradiction(record, &fact),
        fact,
    };
    Examined {
        place: Some(record.sequence()),
        what: record.kind().replace('_', " "),
        body: Some(body),
        unreadable: None,
        hashes_to: Some(*record.recomputed()),
        standing: Standing::Unproved,
        unproved: None,
    }
}

/// Decides how a readable record stands: by the skeleton, else by its inclusion proof.
fn judge(
    seen: &mut Examined,
    record: &Record,
    proof: Result<&InclusionLine, &str>,
    seal: Option<&Seal>,
    tags: &mut Tags,
) {
    let Some(seal) = seal else {
        seen.unproved = Some("there is no readable checkpoint to prove it against".to_owned());
        return;
    };
    let (claimed, recomputed) = (*record.claimed(), *record.recomputed());
    let stream = record.stream().as_str();
    let in_skeleton = seal.entry(record.sequence());
    if let Some(tag) = record.tag() {
        tags.hinted.entry(stream.to_owned()).or_insert(*tag);
    }
    let tag = record
        .tag()
        .copied()
        .or_else(|| tags.best(stream))
        .or(in_skeleton.map(|entry| entry.tag));
    let Some(tag) = tag else {
        seen.unproved = Some(format!(
            "the record that opens the stream `{stream}` isn't here, or comes later"
        ));
        return;
    };
    let included = |d| seal.includes(record.sequence(), LogEntry { tag, d }, proof);
    let own = included(recomputed);
    let signed = in_skeleton.map(|entry| entry.d).or_else(|| match &own {
        Ok(()) => Some(recomputed),
        Err(_) => included(claimed).is_ok().then_some(claimed),
    });
    // Only a tag that a record carries can be proved: the skeleton's alone could be any stream's.
    if tags.hinted.get(stream) == Some(&tag) && (own.is_ok() || included(claimed).is_ok()) {
        tags.proved.entry(stream.to_owned()).or_insert(tag);
    }
    seen.standing = match signed {
        Some(signed) if signed == recomputed && claimed == recomputed => Standing::AsSigned,
        Some(signed) => Standing::Altered(Some(signed)),
        None if claimed != recomputed => Standing::Altered(None),
        None => Standing::Unproved,
    };
    seen.unproved = own.err();
    if let Ok(line) = proof
        && !seen.is_as_signed()
        && let Some(signed) = signed_at(line.sequence, seal, proof, LogEntry { tag, d: claimed })
        && line.sequence != record.sequence()
        && signed != recomputed
    {
        // Its sequence was edited: it is named by the place that its proof is about.
        seen.place = Some(line.sequence);
        seen.standing = Standing::Altered(Some(signed));
    }
    if *record.origin() != seal.checkpoint.origin {
        seen.unproved = Some(format!("it says that it belongs to another log, {}", record.origin()));
    } else if in_skeleton.is_some_and(|entry| entry.tag != tag) {
        seen.unproved = Some(format!("its leaf is filed under another stream than `{stream}`"));
    }
}

/// What was signed at a place, if this entry or one of its stream was.
fn signed_at(place: u64, seal: &Seal, proof: Result<&InclusionLine, &str>, entry: LogEntry) -> Option<Digest> {
    let included = seal.includes(place, entry, proof).is_ok().then_some(entry.d);
    included.or_else(|| {
        seal.entry(place)
            .filter(|there| there.tag == entry.tag)
            .map(|there| there.d)
    })
}

/// A line that is no record: what can still be said of it.
fn unreadable(line: &Line, why: String, proved_place: Option<u64>, seal: Option<&Seal>) -> Examined {
    let event = match line {
        Line::Whole(bytes) => json::parse_content(bytes).ok(),
        _ => None,
    };
    let said = event
        .as_ref()
        .and_then(|event| event.pointer("/metadata/sequence"))
        .and_then(Value::as_u64);
    // What is no record says nothing reliable about its place; its proof says which one it was packed for.
    let place = proved_place.or(said);
    let hashes_to = event.and_then(|mut event| {
        event
            .pointer_mut("/attestation_list/0")
            .and_then(Value::as_object_mut)?
            .remove("fingerprint");
        Some(Digest::sha256(&json::canonical_value(&event).ok()?))
    });
    let signed = seal.and_then(|seal| seal.entry(place?)).map(|entry| entry.d);
    Examined {
        place,
        what: String::new(),
        body: None,
        unproved: Some("it can't be read as a record".to_owned()),
        unreadable: Some(why),
        hashes_to,
        standing: Standing::Altered(signed),
    }
}
