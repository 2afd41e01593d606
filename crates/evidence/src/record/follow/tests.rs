//! What follows says so; anything else is left to the strict reader.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's failure is its panic"
)]

use super::*;
use crate::Record;
use crate::ocsf::Effect;
use crate::ocsf::samples::{decided, every_event};
use crate::record::tests::{origin, placed};

/// What a record itself says.
fn said(record: &Record) -> Expected<'_> {
    Expected {
        sequence: record.sequence(),
        logged_time: record.logged_time(),
        correlation_uid: record.correlation_uid(),
        prev: record.prev().unwrap(),
        stream: record.stream(),
        stream_seq: record.stream_seq(),
        stream_prev: record.stream_prev().unwrap(),
    }
}

#[test]
fn every_event_follows_where_the_strict_reader_says_so() {
    let follower = Follower::new(&origin());
    let mut seen = 0;
    for (kind, event) in every_event() {
        let record = placed(event);
        let follows = follower.next(record.bytes(), &said(&record));
        assert!(follows.is_some(), "{kind}");
        let follows = follows.unwrap();
        assert_eq!(follows.fingerprint, *record.recomputed());
        assert_eq!(follows.uid, record.uid());
        assert_eq!(follows.kind, record.kind());
        seen += 1;
    }
    assert!(seen > 20);
}

#[test]
fn nothing_else_is_taken_for_what_is_expected() {
    let record = placed(decided(Effect::Hold).event());
    let follower = Follower::new(&origin());
    let right = said(&record);
    let (other, sys) = (Digest::sha256(b"other"), Stream::sys());
    let prev = Previous {
        uid: Uuid::from_u128(0x4000_8000 << 64),
        ..*right.prev
    };
    let altered = Previous {
        fingerprint: other,
        ..*right.prev
    };
    for (name, wrong) in [
        (
            "sequence",
            Expected {
                sequence: right.sequence + 1,
                ..right
            },
        ),
        (
            "logged_time",
            Expected {
                logged_time: right.logged_time + 1,
                ..right
            },
        ),
        (
            "no_correlation",
            Expected {
                correlation_uid: None,
                ..right
            },
        ),
        (
            "correlation",
            Expected {
                correlation_uid: Some("another"),
                ..right
            },
        ),
        (
            "end_of_correlation",
            Expected {
                correlation_uid: right.correlation_uid.map(|uid| &uid[1..]),
                ..right
            },
        ),
        (
            "quoted_correlation",
            Expected {
                correlation_uid: Some("\""),
                ..right
            },
        ),
        ("uid_before", Expected { prev: &prev, ..right }),
        (
            "fingerprint_before",
            Expected {
                prev: &altered,
                ..right
            },
        ),
        ("stream", Expected { stream: &sys, ..right }),
        (
            "stream_seq",
            Expected {
                stream_seq: right.stream_seq + 1,
                ..right
            },
        ),
        (
            "stream_prev",
            Expected {
                stream_prev: &other,
                ..right
            },
        ),
    ] {
        assert_eq!(follower.next(record.bytes(), &wrong), None, "{name}");
    }
    let elsewhere = Follower::new(&Origin::new(b"another key", &[5; 16]));
    assert_eq!(elsewhere.next(record.bytes(), &right), None);
}

#[test]
fn no_byte_of_it_can_change() {
    let record = placed(decided(Effect::Hold).event());
    let follower = Follower::new(&origin());
    let expected = said(&record);
    let mut bytes = record.bytes().to_vec();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            bytes[at] ^= 1 << bit;
            assert_eq!(follower.next(&bytes, &expected), None, "bit {bit} of byte {at}");
            bytes[at] ^= 1 << bit;
        }
        assert_eq!(follower.next(&bytes[..at], &expected), None);
    }
    assert!(follower.next(&bytes, &expected).is_some());
}

/// Members of the same names within another object: which are the record's own, isn't told here.
#[test]
fn look_alikes_are_left_to_the_strict_reader() {
    let record = placed(decided(Effect::Hold).event());
    let follower = Follower::new(&origin());
    let text = std::str::from_utf8(record.bytes()).unwrap();
    for member in [
        format!(r#""attestation_list":{}"#, attestation_beginning(&origin())),
        r#""logged_time":"#.to_owned(),
        r#","nonce":""#.to_owned(),
    ] {
        let facts = text.find(r#""facts":{"#).unwrap() + r#""facts":{"#.len();
        let mut twice = text.to_owned();
        twice.insert_str(facts, &member);
        assert!(text.contains(&member));
        assert!(follower.next(twice.as_bytes(), &said(&record)).is_none(), "{member}");
        assert!(once(&Finder::new(&member), twice.as_bytes()).is_none(), "{member}");
    }
}
