//! The smaller files: what is written is read back the same, and nothing else is read.

use evidence::casefile::{
    Disclosure, FormatError, InclusionLine, KeyEntry, KeysFile, Manifest, Named, OpeningFile, PackedFile, RangeFile,
    Selection, Since,
};
use evidence::content::Header;
use evidence::{Digest, Origin, Role};
use proptest::prelude::*;

use crate::fixture::key;

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest::new)
}

/// Any text in which no number is to be mistaken for a member's.
fn text() -> impl Strategy<Value = String> {
    "[^:]{0,16}"
}

fn whole() -> impl Strategy<Value = u64> {
    0..(1u64 << 53)
}

/// Bytes that differ from what is written, though they mean the same JSON, aren't read.
fn lookalikes(bytes: &[u8]) -> Vec<Vec<u8>> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let member = text.replacen('{', "{\"~\":1,", 1);
    vec![
        format!("{text}\n").into_bytes(),
        format!(" {text}").into_bytes(),
        text.replacen(':', ": ", 1).into_bytes(),
        [b"\xEF\xBB\xBF", bytes].concat(),
        member.into_bytes(),
        text.replacen('{', "{\"a\":1,\"a\":1,", 1).into_bytes(),
        text.replace(":1", ":1.0").replace(":0", ":-0").into_bytes(),
        // What serde would read as the same: a null left out, a word as an object.
        text.replacen("\"from_ms\":null,", "", 1).into_bytes(),
        text.replacen("\"owner_uid\":null,", "", 1).into_bytes(),
        text.replacen("\"role\":\"log\"", "\"role\":{\"log\":null}", 1)
            .into_bytes(),
    ]
}

#[track_caller]
fn only(bytes: &[u8], read: impl Fn(&[u8]) -> bool) {
    assert!(read(bytes));
    for other in lookalikes(bytes).iter().filter(|other| *other != bytes) {
        assert!(!read(other), "{}", String::from_utf8_lossy(other));
    }
}

/// An interval that isn't empty.
fn span() -> impl Strategy<Value = (Option<i64>, Option<i64>)> {
    let from = prop::option::of(-9_000_000_000_000i64..0);
    (from, prop::option::of(0i64..9_000_000_000_000))
}

fn manifest() -> impl Strategy<Value = Manifest> {
    let named = || ("[a-z0-9-]{1,8}", text()).prop_map(|(uid, name)| Named { uid, name });
    let file =
        ("[a-z/.]{1,12}", whole(), digest()).prop_map(|(name, bytes, sha256)| PackedFile { name, bytes, sha256 });
    let uid = "[a-z0-9-]{1,12}";
    let selection = prop_oneof![
        (named(), span()).prop_map(|(agent, (from_ms, to_ms))| Selection::Agent { agent, from_ms, to_ms }),
        span().prop_map(|(from_ms, to_ms)| Selection::Range { from_ms, to_ms }),
        uid.prop_map(|correlation_uid| Selection::Correlation { correlation_uid }),
        (uid, uid).prop_map(|(item_uid, correlation_uid)| Selection::Approval {
            item_uid,
            correlation_uid
        }),
        prop::collection::btree_set(whole(), 1..5).prop_map(|sequences| Selection::Records {
            sequences: sequences.into_iter().collect()
        }),
    ];
    let words = prop::collection::vec("[a-z]{1,8}", 0..3);
    let disclosure = (words.clone(), words).prop_map(|(slots, disclosed)| {
        let disclosure = Disclosure {
            slots,
            disclosed,
            withheld: vec!["NEVER".to_owned()],
        };
        disclosure.sorted()
    });
    let since = prop::option::of((whole(), digest()).prop_map(|(size, root)| Since { size, root }));
    let first = (named(), span()).prop_map(|(agent, (from_ms, to_ms))| {
        // What a manifest of version 1 can say.
        (Selection::Agent { agent, from_ms, to_ms }, None, None)
    });
    let second =
        (selection, disclosure, since).prop_map(|(selection, disclosure, since)| (selection, Some(disclosure), since));
    (
        named(),
        prop_oneof![first, second],
        whole(),
        digest(),
        prop::collection::vec(file, 0..4),
    )
        .prop_map(|(tenant, (selection, disclosure, since), size, root, files)| Manifest {
            origin: Origin::new(b"spki", &[1; 16]),
            tenant,
            selection,
            disclosure,
            since,
            records: size / 2,
            export_record: size.saturating_sub(1),
            size,
            root,
            files,
        })
}

proptest! {
    #[test]
    fn manifests(manifest in manifest()) {
        let bytes = manifest.to_bytes().unwrap();
        prop_assert_eq!(Manifest::parse(&bytes).unwrap(), manifest);
        only(&bytes, |bytes| Manifest::parse(bytes).is_ok());
    }

    #[test]
    fn inclusion_lines(sequence in whole(), path in prop::collection::vec(digest(), 0..5)) {
        let line = InclusionLine { sequence, path };
        let bytes = line.to_bytes().unwrap();
        prop_assert_eq!(InclusionLine::parse(&bytes).unwrap(), line);
        only(&bytes, |bytes| InclusionLine::parse(bytes).is_ok());
        // The members' values as a list: serde would read that, too.
        prop_assert!(InclusionLine::parse(b"[0,[]]").is_err());
    }

    #[test]
    fn ranges(first in whole(), more in 0u64..1000, left in prop::collection::vec(digest(), 0..5)) {
        let range = RangeFile { first, size: (first + more).min((1 << 53) - 1), left };
        let bytes = range.to_bytes().unwrap();
        prop_assert_eq!(RangeFile::parse(&bytes).unwrap(), range);
        only(&bytes, |bytes| RangeFile::parse(bytes).is_ok());
    }

    #[test]
    fn openings(slot in "[a-z]{1,8}", media_type in text(), length in whole(), salt in any::<[u8; 32]>()) {
        let header = Header { content_uid: "c-1".into(), slot, media_type, length };
        let file = OpeningFile::new(&header, &salt);
        let bytes = file.to_bytes().unwrap();
        let read = OpeningFile::parse(&bytes).unwrap();
        prop_assert_eq!(read.opened().unwrap(), (header, salt));
        only(&bytes, |bytes| OpeningFile::parse(bytes).is_ok());
    }
}

#[test]
fn key_lists() {
    let entry = |role, seed, owner: Option<&str>, record| {
        KeyEntry::new(role, &key(role, seed).public(), owner.map(str::to_owned), record)
    };
    let keys = KeysFile {
        keys: vec![
            entry(Role::Log, 1, None, 0),
            entry(Role::Reviewer, 3, Some("op-ada"), 2),
        ],
    };
    let bytes = keys.to_bytes().unwrap();
    let read = KeysFile::parse(&bytes).unwrap();
    assert_eq!(read, keys);
    assert_eq!(read.keys[0].key().unwrap(), key(Role::Log, 1).public());
    only(&bytes, |bytes| KeysFile::parse(bytes).is_ok());
    let mut swapped = keys.keys[0].clone();
    swapped.key_id = keys.keys[1].key_id;
    assert_eq!(swapped.key(), Err(FormatError::Contradiction("key_id")));
    swapped.spki = "AAAA".into();
    assert_eq!(swapped.key(), Err(FormatError::Contradiction("spki")));
}

#[test]
fn contradictions_and_other_versions() {
    let range = RangeFile {
        first: 5,
        size: 4,
        left: vec![],
    }
    .to_bytes()
    .unwrap();
    assert_eq!(RangeFile::parse(&range), Err(FormatError::Contradiction("first")));
    let salt = OpeningFile {
        salt: "ff".into(),
        ..OpeningFile::new(&Header::of("c", "view", "text/plain", b""), &[0; 32])
    };
    assert_eq!(salt.opened(), Err(FormatError::Contradiction("salt")));
    let text = br#"{"kind":"urn:countersign:case:v2","v":2}"#;
    assert_eq!(Manifest::parse(text), Err(FormatError::Version));
    let text = br#"{"kind":"urn:countersign:case:v1","v":2}"#;
    assert!(matches!(Manifest::parse(text), Err(FormatError::Shape(_))));
}
