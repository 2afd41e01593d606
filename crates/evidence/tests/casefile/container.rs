//! The zip profile against archives that readers differ on: each attack by its name, each with the breach that names it.

use std::io::{Cursor, Read as _, Write as _};

use evidence::casefile::{Breach, Container, ContainerLimits, OpenError, PackError, pack, unpack};
use proptest::prelude::*;

use crate::forge::{Piece, deflated, forge, piece};

/// Everything the reader says against an archive, entries read to their end.
fn breaches(bytes: &[u8]) -> (Vec<Breach>, bool) {
    let mut container = Container::open(Cursor::new(bytes), ContainerLimits::default()).unwrap();
    while !container.check(1).unwrap() {}
    let names: Vec<_> = container.names().map(str::to_owned).collect();
    let readable = container.is_readable();
    for name in names {
        assert_eq!(container.load(&name, u64::MAX).is_ok(), readable, "{name}");
    }
    (container.breaches().to_vec(), readable)
}

#[test]
fn what_is_packed_is_the_profile_and_nothing_is_said_against_it() {
    let packed = pack([("b/c.json", &b"{}"[..]), ("README.txt", b"hello"), ("empty", b"")]).unwrap();
    assert_eq!(
        packed,
        forge(&[
            piece("README.txt", b"hello"),
            piece("b/c.json", b"{}"),
            piece("empty", b"")
        ])
    );
    assert_eq!(breaches(&packed), (vec![], true));
}

#[test]
fn another_reader_reads_the_same() {
    let packed = pack([("README.txt", &b"hello"[..]), ("proofs/x.bin", &[7; 3000])]).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(packed)).unwrap();
    archive.validate_header_consistency().unwrap();
    assert!(!archive.has_overlapping_files().unwrap() && !archive.has_duplicate_names());
    let mut bytes = Vec::new();
    archive
        .by_name("proofs/x.bin")
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    assert_eq!(bytes, [7; 3000]);
}

/// An attack, the archive that makes it, and a part of the sentence that names it.
type Attack = (&'static str, Vec<u8>, &'static str);

fn attacks_that_end_the_reading() -> Vec<Attack> {
    let with = |change: fn(&mut Piece)| {
        let mut p = piece("a.txt", b"content");
        change(&mut p);
        forge(&[p, piece("b.txt", b"more")])
    };
    let named = |name: &str| forge(&[piece(name, b"x")]);
    let mut directory_lies = forge(&[piece("a", b"x")]);
    let at = directory_lies.len() - 6;
    directory_lies[at..at + 4].copy_from_slice(&900u32.to_le_bytes());
    let mut two_counts = forge(&[piece("a", b"x")]);
    let at = two_counts.len() - 14;
    two_counts[at] = 2;
    let mut too_few = forge(&[piece("a", b"x"), piece("b", b"x")]);
    let at = too_few.len() - 14;
    too_few[at] = 1;
    too_few[at + 2] = 1;
    vec![
        (
            "duplicate name",
            forge(&[piece("a", b"1"), piece("a", b"2")]),
            "two entries are called `a`",
        ),
        (
            "case-folded name",
            forge(&[piece("A", b"1"), piece("a", b"2")]),
            "differ in case only",
        ),
        (
            "file and folder of one name",
            forge(&[piece("a", b"1"), piece("a/", b"")]),
            "differ in case only",
        ),
        ("absolute path", named("/etc/passwd"), "isn't allowed"),
        ("climbing path", named("a/../../b"), "isn't allowed"),
        ("backslash path", named("..\\b"), "isn't allowed"),
        ("drive letter", named("C:x"), "isn't allowed"),
        ("name with NUL", named("a\0b"), "isn't allowed"),
        (
            "right-to-left override in the name",
            named("a\u{202e}b"),
            "isn't allowed",
        ),
        ("dot at the end of a name", named("a."), "isn't allowed"),
        ("encrypted flag", with(|p| p.flags = 1), "is encrypted"),
        ("masked headers", with(|p| p.flags = 1 << 13), "is encrypted"),
        (
            "link",
            with(|p| (p.made_by, p.external) = (3 << 8 | 20, 0o120_777 << 16)),
            "is a link",
        ),
        (
            "device",
            with(|p| (p.made_by, p.external) = (3 << 8 | 20, 0o020_666 << 16)),
            "is a link",
        ),
        ("unknown method", with(|p| p.method = 12), "method 12"),
        (
            "zip64 sizes",
            with(|p| (p.size, p.method) = (Some(u32::MAX), 8)),
            "zip64",
        ),
        ("zip64 extra field", with(|p| p.extra = vec![1, 0, 2, 0, 9, 9]), "zip64"),
        (
            "unicode path extra field",
            with(|p| p.extra = vec![0x75, 0x70, 1, 0, 1]),
            "another name",
        ),
        ("cut extra field", with(|p| p.extra = vec![9, 9, 9]), "damaged"),
        (
            "extra field longer than itself",
            with(|p| p.extra = vec![9, 9, 200, 0, 1]),
            "damaged",
        ),
        (
            "local name differs",
            with(|p| p.local_name = Some(b"z.txt".to_vec())),
            "its `file name` differs",
        ),
        (
            "local size differs",
            with(|p| p.local_size = Some(3)),
            "`sizes and checksum` differs",
        ),
        (
            "stored sizes differ",
            with(|p| p.size = Some(900)),
            "`compressed size` differs",
        ),
        (
            "an entry within another's bytes",
            {
                let inner = forge(&[piece("b", b"x")])[..32].to_vec();
                let mut second = piece("b", b"x");
                second.offset = Some(31);
                forge(&[piece("a", &inner), second])
            },
            "`b` overlaps",
        ),
        (
            "two names for the same bytes",
            {
                let mut second = piece("b", b"1");
                second.offset = Some(0);
                forge(&[piece("a", b"1"), second])
            },
            "described in two ways",
        ),
        (
            "bytes run into the directory",
            {
                let mut archive = forge(&[piece("a", b"12345678")]);
                // Both headers promise 40 more bytes than there are.
                for at in [18, 22, 39 + 20, 39 + 24] {
                    archive[at] = 48;
                }
                archive
            },
            "overlaps",
        ),
        (
            "offset beyond the file",
            with(|p| p.offset = Some(0x00ff_0000)),
            "described in two ways",
        ),
        ("directory elsewhere", directory_lies, "isn't where its end record says"),
        ("counts differ", two_counts, "several volumes"),
        ("fewer entries than the directory has", too_few, "directory is damaged"),
        ("bomb", { deflated("a", &vec![0; 8 << 20]) }, "beyond all measure"),
    ]
}

#[test]
fn what_two_readers_would_read_differently_is_named_and_not_read() {
    for (name, archive, sentence) in attacks_that_end_the_reading() {
        let (found, readable) = breaches(&archive);
        assert!(!readable, "{name}: {found:?}");
        assert!(
            found
                .iter()
                .any(|breach| breach.ends_reading() && breach.to_string().contains(sentence)),
            "{name}: {found:?}"
        );
        assert!(unpack(&archive).is_err(), "{name}");
    }
}

fn attacks_that_are_read_on() -> Vec<Attack> {
    let good = || forge(&[piece("a", b"1"), piece("b", b"2")]);
    let with = |change: fn(&mut Piece)| {
        let mut p = piece("b", b"content");
        change(&mut p);
        forge(&[piece("a", b"1"), p])
    };
    let mut comment = good();
    let at = comment.len() - 2;
    comment[at] = 3;
    comment.extend_from_slice(b"hey");
    vec![
        (
            "appended bytes",
            [good(), b"tail".to_vec()].concat(),
            "4 bytes stand after",
        ),
        (
            "prepended bytes",
            [b"#!/bin/sh\n".to_vec(), good()].concat(),
            "10 bytes stand before the archive",
        ),
        ("comment", comment, "a comment of 3 bytes"),
        (
            "gap",
            with(|p| p.gap = b"hidden".to_vec()),
            "6 bytes that belong to no entry stand before `b`",
        ),
        (
            "entries out of order",
            forge(&[piece("b", b"1"), piece("a", b"2")]),
            "`a` isn't in its place",
        ),
        (
            "folder",
            forge(&[piece("a/", b""), piece("a/b", b"2")]),
            "stands for a folder",
        ),
        ("time stamp", with(|p| p.time = 77), "`last mod file time` = 77"),
        (
            "made elsewhere",
            with(|p| (p.made_by, p.external) = (3 << 8 | 20, 0o100_644 << 16)),
            "`version made by` = 788",
        ),
        ("utf-8 flag", with(|p| p.flags = 1 << 11), "`general purpose bit flag`"),
        (
            "harmless extra field",
            with(|p| p.extra = vec![0x55, 0x54, 0, 0]),
            "`extra field length` = 4",
        ),
        (
            "entry comment",
            with(|p| p.comment = b"c".to_vec()),
            "`file comment length` = 1",
        ),
        (
            "wrong checksum",
            with(|p| p.crc = Some(5)),
            "doesn't have its checksum".trim_start_matches("doesn't "),
        ),
        (
            "deflated",
            deflated("a", b"some text, some text, some text"),
            "`a` is compressed",
        ),
    ]
}

#[test]
fn what_any_reader_reads_alike_is_named_and_read_on() {
    for (name, archive, sentence) in attacks_that_are_read_on() {
        let (found, readable) = breaches(&archive);
        assert!(readable, "{name}: {found:?}");
        assert!(
            found.iter().any(|breach| breach.to_string().contains(sentence)),
            "{name}: {found:?}"
        );
        assert!(unpack(&archive).is_err(), "{name}");
    }
}

#[test]
fn a_repacked_entry_reads_as_what_it_was() {
    let text = b"some text, some text, some text".repeat(40);
    let archive = deflated("a", &text);
    let mut container = Container::open(Cursor::new(archive), ContainerLimits::default()).unwrap();
    assert!(container.check(usize::MAX).unwrap());
    assert_eq!(container.load("a", 1 << 20).unwrap(), text);
    assert!(container.load("a", 10).is_err());
}

#[test]
fn an_archive_written_as_a_stream_is_read_on_though_its_sizes_follow_the_bytes() {
    let mut writer = zip::ZipWriter::new_stream(Vec::new());
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for name in ["a", "b"] {
        writer.start_file(name, options).unwrap();
        writer.write_all(&name.repeat(500).into_bytes()).unwrap();
    }
    let archive = writer.finish().unwrap().into_inner();
    let mut container = Container::open(Cursor::new(archive), ContainerLimits::default()).unwrap();
    assert!(container.check(usize::MAX).unwrap());
    assert_eq!(
        container.load("b", 1 << 20).unwrap(),
        "b".repeat(500).as_bytes(),
        "{:?}",
        container.breaches()
    );
    assert!(
        container
            .breaches()
            .iter()
            .any(|breach| breach.to_string().contains("general purpose bit flag"))
    );
}

#[test]
fn a_bomb_that_lies_about_its_size_stops_at_what_it_declares() {
    let mut archive = deflated("a", &vec![0; 8 << 20]);
    let directory = archive.windows(4).rposition(|w| w == [0x50, 0x4b, 1, 2]).unwrap();
    let small = 5000u32.to_le_bytes();
    archive[22..26].copy_from_slice(&small);
    archive[directory + 24..directory + 28].copy_from_slice(&small);
    let mut container = Container::open(Cursor::new(archive), ContainerLimits::default()).unwrap();
    assert!(container.check(usize::MAX).unwrap());
    assert!(container.load("a", 1 << 20).is_err());
    assert!(
        container
            .breaches()
            .iter()
            .any(|breach| breach.to_string().contains("can't be unpacked"))
    );
}

#[test]
fn caps_on_count_and_size() {
    let archive = pack([("a", &[0; 100][..]), ("b", &[0; 100])]).unwrap();
    let check = |limits, sentence: &str| {
        let mut container = Container::open(Cursor::new(archive.clone()), limits).unwrap();
        container.check(usize::MAX).unwrap();
        assert!(!container.is_readable());
        assert!(
            container.breaches()[0].to_string().contains(sentence),
            "{:?}",
            container.breaches()
        );
    };
    let limits = ContainerLimits::default();
    check(
        ContainerLimits { entries: 1, ..limits },
        "the archive has 2 entries; at most 1 are read",
    );
    check(
        ContainerLimits {
            entry_bytes: 99,
            ..limits
        },
        "`a` is 100 bytes long; at most 99 are read",
    );
    check(
        ContainerLimits {
            total_bytes: 199,
            ..limits
        },
        "all entries together",
    );
}

#[test]
fn what_is_no_archive_and_what_was_one() {
    let open = |bytes: &[u8]| {
        Container::open(Cursor::new(bytes.to_vec()), ContainerLimits::default())
            .err()
            .unwrap()
    };
    assert!(matches!(open(b""), OpenError::NotAZip));
    assert!(matches!(
        open(b"%PDF-1.7 and so on, and on, and on"),
        OpenError::NotAZip
    ));
    let archive = pack([("a", &b"1"[..])]).unwrap();
    for length in 4..archive.len() {
        assert!(matches!(open(&archive[..length]), OpenError::CutOff), "{length}");
    }
}

#[test]
fn names_that_cannot_be_packed() {
    for name in ["", "/a", "../a", "a//b", "a b", "ä", "a/", "a."] {
        assert_eq!(pack([(name, &b""[..])]), Err(PackError::Name(name.to_owned())));
    }
    assert_eq!(
        pack([("a", &b""[..]), ("A", b"")]),
        Err(PackError::Duplicate("a".to_owned()))
    );
}

proptest! {
    #[test]
    fn packing_and_unpacking_are_inverses(
        entries in prop::collection::btree_map("[a-z]{1,4}(/[a-z0-9]{1,4}){0,2}\\.x", prop::collection::vec(any::<u8>(), 0..200), 0..8)
    ) {
        let packed = pack(entries.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))).unwrap();
        let again: Vec<_> = entries.into_iter().collect();
        prop_assert_eq!(unpack(&packed).unwrap(), again);
    }

    #[test]
    fn no_changed_byte_unpacks(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut packed = pack([("README.txt", &b"hello"[..]), ("records.jsonl", b"{}\n{}\n"), ("empty", b"")]).unwrap();
        let at = at.index(packed.len());
        packed[at] ^= 1 << bit;
        prop_assert!(unpack(&packed).is_err());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), good in any::<bool>()) {
        let mut file = if good { pack([("a", bytes.as_slice())]).unwrap() } else { Vec::new() };
        file.extend_from_slice(&bytes);
        let _ = unpack(&file);
    }
}
