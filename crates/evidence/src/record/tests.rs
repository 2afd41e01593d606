//! Records: placed and read back, and every way of being none.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's failure is its panic"
)]

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::key::Role;
use crate::key::tests::key;
use crate::ocsf::Effect;
use crate::ocsf::samples::{NOW, decided, every_event, log_opened};

pub(crate) fn origin() -> Origin {
    Origin::new(&key(Role::Log, 1).public().spki_der(), &[5; 16])
}

fn uid(n: u8) -> Uuid {
    uuid::Builder::from_random_bytes([n; 16]).into_uuid()
}

/// A place in the middle of a log and of a stream.
fn middle() -> Position {
    Position {
        origin: origin(),
        sequence: 17,
        uid: uid(1),
        logged_time: NOW + 3,
        nonce: [8; 16],
        stream_seq: 4,
        stream_prev: Some(Digest::sha256(b"stream")),
        opens: None,
        prev: Some(Previous {
            uid: uid(2),
            fingerprint: Digest::sha256(b"prev"),
        }),
    }
}

fn first_place() -> Position {
    Position {
        sequence: 0,
        stream_seq: 0,
        stream_prev: None,
        opens: Some(Tag([6; 16])),
        prev: None,
        ..middle()
    }
}

/// An event, somewhere in the log.
pub(crate) fn placed(event: Event) -> Record {
    place(event).unwrap()
}

pub(crate) fn place(event: Event) -> Result<Record, PlaceError> {
    Draft::new(Stream::agent("agent-1").unwrap(), event).place(&middle())
}

/// An event of the log itself, at this place.
pub(crate) fn placed_at(event: Event, sequence: u64) -> Record {
    let place = Position { sequence, ..middle() };
    Draft::new(Stream::sys(), event).place(&place).unwrap()
}

/// A log's record 0.
pub(crate) fn genesis() -> Record {
    Draft::new(Stream::sys(), log_opened().event())
        .place(&first_place())
        .unwrap()
}

#[test]
fn every_event_is_placed_and_read_back_the_same() {
    for (kind, event) in every_event() {
        let record = placed(event);
        let read = Record::parse(record.bytes()).unwrap();
        assert_eq!(read, record, "{kind}");
        assert!(read.is_intact());
        assert_eq!(read.fingerprint(), &Digest::sha256(&read.hashed_bytes().unwrap()));
    }
    assert_eq!(Record::parse(genesis().bytes()).unwrap(), genesis());
    assert_eq!(genesis().tag(), Some(&Tag([6; 16])));
}

#[test]
fn what_is_hashed_is_the_event_without_its_own_fingerprint() {
    let record = placed(decided(Effect::Hold).event());
    let mut event: Value = serde_json::from_slice(record.bytes()).unwrap();
    let fingerprint = event["attestation_list"][0]
        .as_object_mut()
        .unwrap()
        .remove("fingerprint")
        .unwrap();
    let bytes = serde_json_canonicalizer::to_vec(&event).unwrap();
    assert_eq!(record.hashed_bytes().unwrap(), bytes);
    assert_eq!(
        fingerprint,
        json!({"algorithm_id": 3, "encoding_id": 1, "serialization_id": 2, "value": Digest::sha256(&bytes)})
    );
    assert_eq!(
        event["attestation_list"],
        json!([{
            "authority_uid": origin(),
            "chain_uid": origin(),
            "prev_event": {
                "uid": uid(2).to_string(),
                "fingerprint": {
                    "algorithm_id": 3, "encoding_id": 1, "serialization_id": 2, "value": Digest::sha256(b"prev"),
                },
            },
        }])
    );
    let ours = &event["unmapped"]["countersign"];
    let names: Vec<&String> = ours.as_object().unwrap().keys().collect();
    for name in ["v", "nonce", "stream", "stream_seq", "stream_prev", "kind", "facts"] {
        assert!(names.iter().any(|known| *known == name), "{name}");
    }
    assert_eq!(names.len(), 7);
    assert_eq!(event["metadata"]["uid"], uid(1).to_string());
    assert_eq!(event["metadata"]["sequence"], 17);
    assert_eq!(event["metadata"]["logged_time"], NOW + 3);
}

#[test]
fn an_impossible_place_is_refused() {
    let agent = || Stream::agent("agent-1").unwrap();
    let v7 = Uuid::try_parse("018f4f6e-0000-7000-8000-000000000000").unwrap();
    let prev = middle().prev;
    for (name, stream, at) in [
        ("no_predecessor", agent(), Position { prev: None, ..middle() }),
        (
            "record_0_with_predecessor",
            Stream::sys(),
            Position { prev, ..first_place() },
        ),
        ("record_0_of_an_agent", agent(), first_place()),
        (
            "no_stream_predecessor",
            agent(),
            Position {
                stream_prev: None,
                ..middle()
            },
        ),
        (
            "stream_opened_twice",
            agent(),
            Position {
                opens: Some(Tag([1; 16])),
                ..middle()
            },
        ),
        (
            "stream_opened_without_tag",
            agent(),
            Position {
                stream_seq: 0,
                stream_prev: None,
                ..middle()
            },
        ),
        (
            "stream_longer_than_its_log",
            agent(),
            Position {
                stream_seq: 18,
                ..middle()
            },
        ),
        ("uid_not_random", agent(), Position { uid: v7, ..middle() }),
        (
            "uid_nil",
            agent(),
            Position {
                uid: Uuid::nil(),
                ..middle()
            },
        ),
    ] {
        let draft = Draft::new(stream, decided(Effect::Allow).event());
        assert!(matches!(draft.place(&at), Err(PlaceError::Impossible(_))), "{name}");
    }
    let huge = Position {
        sequence: 1 << 53,
        ..middle()
    };
    let draft = Draft::new(agent(), decided(Effect::Allow).event());
    assert!(matches!(draft.place(&huge), Err(PlaceError::Unwritable(_))));
}

#[test]
fn an_altered_record_reads_and_shows_both_fingerprints() {
    let record = placed(decided(Effect::Hold).event());
    let text = String::from_utf8(record.bytes().to_vec()).unwrap();
    let altered = text.replace("procurement-bot", "procurement-bat");
    let read = Record::parse(altered.as_bytes()).unwrap();
    assert!(!read.is_intact());
    assert_eq!(read.claimed(), record.fingerprint());
    assert_ne!(read.recomputed(), record.fingerprint());
    // The proof must be about the bytes at hand, never about what they claim.
    assert_eq!(read.fingerprint(), read.recomputed());
    assert_eq!(read.entry(Tag([0; 16])).d, *read.recomputed());
}

/// Each attack changes the record's JSON; its bytes are canonical again, and its fingerprint too where it can be.
#[test]
fn records_of_other_shapes_are_refused() {
    let attestation = |change: fn(&mut Map<String, Value>)| {
        move |event: &mut Value| change(event["attestation_list"][0].as_object_mut().unwrap())
    };
    let ours = |change: fn(&mut Map<String, Value>)| {
        move |event: &mut Value| change(event["unmapped"]["countersign"].as_object_mut().unwrap())
    };
    let metadata = |change: fn(&mut Map<String, Value>)| {
        move |event: &mut Value| change(event["metadata"].as_object_mut().unwrap())
    };
    type Change = Box<dyn Fn(&mut Value)>;
    let cases: Vec<(&str, Change)> = vec![
        (
            "no_attestation",
            Box::new(|e| drop(e.as_object_mut().unwrap().remove("attestation_list"))),
        ),
        (
            "second_attestation",
            Box::new(|e| {
                let first = e["attestation_list"][0].clone();
                e["attestation_list"].as_array_mut().unwrap().push(first);
            }),
        ),
        (
            "signatures_in_the_attestation",
            Box::new(attestation(|a| drop(a.insert("signatures".into(), json!([]))))),
        ),
        (
            "uid_in_the_attestation",
            Box::new(attestation(|a| drop(a.insert("uid".into(), json!("x"))))),
        ),
        (
            "no_fingerprint",
            Box::new(attestation(|a| drop(a.remove("fingerprint")))),
        ),
        (
            "no_authority",
            Box::new(attestation(|a| drop(a.remove("authority_uid")))),
        ),
        (
            "authority_of_another_log",
            Box::new(attestation(|a| {
                drop(a.insert("authority_uid".into(), json!(Origin::new(b"x", &[0; 16]))))
            })),
        ),
        (
            "chain_without_origin",
            Box::new(attestation(|a| drop(a.insert("chain_uid".into(), json!("norwind"))))),
        ),
        (
            "no_predecessor",
            Box::new(attestation(|a| drop(a.remove("prev_event")))),
        ),
        (
            "neighbours_class_leaks",
            Box::new(|e| e["attestation_list"][0]["prev_event"]["type_uid"] = json!(600_301)),
        ),
        (
            "fingerprint_by_md5",
            Box::new(|e| e["attestation_list"][0]["fingerprint"]["algorithm_id"] = json!(1)),
        ),
        (
            "fingerprint_by_md5_before",
            Box::new(|e| {
                e["attestation_list"][0]["prev_event"]["fingerprint"]["algorithm_id"] = json!(1);
            }),
        ),
        (
            "fingerprint_in_base64",
            Box::new(|e| e["attestation_list"][0]["fingerprint"]["encoding_id"] = json!(2)),
        ),
        (
            "fingerprint_with_a_name",
            Box::new(|e| {
                e["attestation_list"][0]["fingerprint"]["algorithm"] = json!("SHA-256");
            }),
        ),
        (
            "fingerprint_in_capitals",
            Box::new(|e| {
                let value = e["attestation_list"][0]["fingerprint"]["value"]
                    .as_str()
                    .unwrap()
                    .to_uppercase();
                e["attestation_list"][0]["fingerprint"]["value"] = json!(value);
            }),
        ),
        (
            "uid_in_capitals",
            Box::new(metadata(|m| {
                drop(m.insert("uid".into(), json!("A1A1A1A1-0101-4101-8101-010101010101")))
            })),
        ),
        (
            "uid_in_braces",
            Box::new(metadata(|m| {
                drop(m.insert("uid".into(), json!("{01010101-0101-4101-8101-010101010101}")))
            })),
        ),
        (
            "uid_v1",
            Box::new(metadata(|m| {
                drop(m.insert("uid".into(), json!("01010101-0101-1101-8101-010101010101")))
            })),
        ),
        ("no_uid", Box::new(metadata(|m| drop(m.remove("uid"))))),
        ("no_sequence", Box::new(metadata(|m| drop(m.remove("sequence"))))),
        (
            "negative_sequence",
            Box::new(metadata(|m| drop(m.insert("sequence".into(), json!(-1))))),
        ),
        ("no_logged_time", Box::new(metadata(|m| drop(m.remove("logged_time"))))),
        ("version_2", Box::new(ours(|o| drop(o.insert("v".into(), json!(2)))))),
        ("no_nonce", Box::new(ours(|o| drop(o.remove("nonce"))))),
        (
            "short_nonce",
            Box::new(ours(|o| drop(o.insert("nonce".into(), json!("0808"))))),
        ),
        (
            "stream_with_a_newline",
            Box::new(ours(|o| drop(o.insert("stream".into(), json!("a\nb"))))),
        ),
        (
            "empty_stream",
            Box::new(ours(|o| drop(o.insert("stream".into(), json!(""))))),
        ),
        (
            "no_stream_predecessor",
            Box::new(ours(|o| drop(o.remove("stream_prev")))),
        ),
        (
            "stream_predecessor_null",
            Box::new(ours(|o| drop(o.insert("stream_prev".into(), Value::Null)))),
        ),
        (
            "tag_in_mid_stream",
            Box::new(ours(|o| drop(o.insert("tag".into(), json!("06".repeat(16)))))),
        ),
        (
            "stream_longer_than_its_log",
            Box::new(ours(|o| drop(o.insert("stream_seq".into(), json!(99))))),
        ),
        ("no_kind", Box::new(ours(|o| drop(o.remove("kind"))))),
        ("no_facts", Box::new(ours(|o| drop(o.remove("facts"))))),
        (
            "sequence_0_with_predecessor",
            Box::new(|e| {
                e["metadata"]["sequence"] = json!(0);
                let ours = e["unmapped"]["countersign"].as_object_mut().unwrap();
                ours.insert("stream_seq".into(), json!(0));
                ours.insert("tag".into(), json!("06".repeat(16)));
                ours.remove("stream_prev");
            }),
        ),
    ];
    let good: Value = serde_json::from_slice(placed(decided(Effect::Hold).event()).bytes()).unwrap();
    for (name, change) in cases {
        let mut event = good.clone();
        change(&mut event);
        assert_ne!(event, good, "{name}");
        let bytes = json::canonical_value(&event).unwrap();
        assert!(Record::parse(&bytes).is_err(), "{name}");
    }
}

#[test]
fn bytes_other_than_the_canonical_ones_are_refused() {
    let record = placed(decided(Effect::Hold).event());
    let text = String::from_utf8(record.bytes().to_vec()).unwrap();
    for (name, bad) in [
        ("newline_after", format!("{text}\n")),
        ("byte_order_mark", format!("\u{feff}{text}")),
        ("white_space", text.replacen(':', ": ", 1)),
        ("escaped_letter", text.replacen("procurement", "\\u0070rocurement", 1)),
        ("duplicate_key", text.replacen('{', "{\"action_id\":1,", 1)),
        ("fraction", text.replacen("\"sequence\":17", "\"sequence\":17.0", 1)),
    ] {
        assert_ne!(bad, text, "{name}");
        assert!(
            matches!(Record::parse(bad.as_bytes()), Err(RecordError::Json(_))),
            "{name}"
        );
    }
}

#[test]
fn streams_are_named_plainly() {
    assert!(Stream::agent("sys").is_none());
    assert!(Stream::sys().is_sys() && !Stream::agent("agent-1").unwrap().is_sys());
    for bad in ["", " ", "a b", "a/b", "ä", "a\u{202e}", &"x".repeat(129)] {
        assert!(Stream::parse(bad).is_none(), "{bad}");
    }
}

/// The straightforward way to a record's bytes: everything into one event, written once without the fingerprint and once
/// with it.
fn placed_plainly(stream: &Stream, event: Event, at: &Position) -> Vec<u8> {
    let mut event = Value::Object(event.0);
    event["metadata"]["uid"] = json!(at.uid.to_string());
    event["metadata"]["sequence"] = json!(at.sequence);
    event["metadata"]["logged_time"] = json!(at.logged_time);
    let ours = &mut event["unmapped"]["countersign"];
    ours["v"] = json!(1);
    ours["nonce"] = json!(hex::encode(at.nonce));
    ours["stream"] = json!(stream.as_str());
    ours["stream_seq"] = json!(at.stream_seq);
    if let Some(prev) = at.stream_prev {
        ours["stream_prev"] = json!(prev);
    }
    if let Some(tag) = at.opens {
        ours["tag"] = json!(tag.to_string());
    }
    let fingerprint = |d: Digest| json!({"algorithm_id": 3, "serialization_id": 2, "encoding_id": 1, "value": d});
    let mut attestation = json!({"authority_uid": at.origin, "chain_uid": at.origin});
    if let Some(prev) = at.prev {
        attestation["prev_event"] = json!({"uid": prev.uid.to_string(), "fingerprint": fingerprint(prev.fingerprint)});
    }
    event["attestation_list"] = json!([attestation]);
    let d = Digest::sha256(&json::canonical_value(&event).unwrap());
    event["attestation_list"][0]["fingerprint"] = fingerprint(d);
    json::canonical_value(&event).unwrap()
}

/// A fact that reads like the attestation takes the long way, and comes to the same.
#[test]
fn a_second_attestation_list_inside_the_facts() {
    let mut event = decided(Effect::Hold).event();
    let list: Value = serde_json::from_slice(placed(event.clone()).bytes()).unwrap();
    event.0["unmapped"]["countersign"]["facts"]["attestation_list"] = list["attestation_list"].clone();
    let record = placed(event.clone());
    assert_eq!(record.bytes(), placed_plainly(record.stream(), event, &middle()));
    assert!(record.is_intact());
    assert_eq!(record.fingerprint(), &Digest::sha256(&record.hashed_bytes().unwrap()));
}

proptest! {
    #[test]
    fn placing_and_parsing_are_inverses(
        sequence in 1u64..1 << 53,
        stream_seq in 0u64..1 << 40,
        nonce: [u8; 16],
        random: [u8; 16],
        logged_time in 0i64..1 << 50,
        which in 0usize..100,
    ) {
        let stream_seq = stream_seq.min(sequence);
        let opens = stream_seq == 0;
        let at = Position {
            sequence,
            uid: uuid::Builder::from_random_bytes(random).into_uuid(),
            logged_time,
            nonce,
            stream_seq,
            stream_prev: (!opens).then(|| Digest::sha256(&nonce)),
            opens: opens.then_some(Tag(nonce)),
            ..middle()
        };
        let all = every_event();
        let (_, event) = all[which % all.len()].clone();
        let stream = Stream::agent("agent-1").unwrap();
        let draft = Draft::new(stream.clone(), event.clone());
        let placed = draft.clone().prepare().unwrap().place(&at).unwrap();
        prop_assert_eq!(&placed.bytes, &placed_plainly(&stream, event, &at));
        let record = Record::parse(&placed.bytes).unwrap();
        prop_assert!(record.is_intact());
        prop_assert_eq!(record.fingerprint(), &placed.fingerprint);
        prop_assert_eq!(record.nonce(), &at.nonce);
        prop_assert_eq!(draft.place(&at).unwrap(), record);
    }

    #[test]
    fn no_bent_byte_keeps_the_fingerprint(at in 0usize..4_000, bit in 0u32..8) {
        let record = placed(decided(Effect::Hold).event());
        let mut bytes = record.bytes().to_vec();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        if let Ok(read) = Record::parse(&bytes) {
            prop_assert!(!read.is_intact());
        }
    }
}
