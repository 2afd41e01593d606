//! Case files in archives that readers differ on, that hide bytes, or that unpack to more than they say.

use std::io::{Cursor, Write as _};

use evidence::verifier::ids;

use super::{Attack, Honest};
use crate::attackers::Who;
use crate::forge::{Piece, forge, piece};
use crate::tamper::Files;

/// Where the manifest stands among the pieces.
const AT: usize = 5;

fn pieces(files: &Files) -> Vec<Piece> {
    files.iter().map(|(name, bytes)| piece(name, bytes)).collect()
}

/// The archive after one of its entries was bent.
fn bent(honest: &Honest, change: impl FnOnce(&mut Piece)) -> Vec<u8> {
    let mut all = pieces(&honest.files);
    change(&mut all[AT]);
    forge(&all)
}

/// The archive with a further entry.
fn more(honest: &Honest, name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut all = pieces(&honest.files);
    all.push(piece(name, bytes));
    all.sort_by(|a, b| a.name.cmp(&b.name));
    forge(&all)
}

/// Packed again by another tool.
fn packed(files: &Files, method: zip::CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    for (name, bytes) in files {
        writer.start_file(name.as_str(), options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn names(honest: &Honest) -> Vec<Attack> {
    let plain = "isn't allowed";
    [
        ("two_manifests", "manifest.json", "two entries are called"),
        ("manifest_in_capitals", "MANIFEST.JSON", "differ in case only"),
        ("absolute_path", "/etc/passwd", plain),
        ("climbing_path", "contents/../../x", plain),
        ("path_with_a_backslash", "..\\x", plain),
        ("path_with_a_drive_letter", "C:x", plain),
        ("name_with_a_nul", "manifest.json\0.txt", plain),
        ("name_that_turns_the_direction", "x\u{202e}txt.exe", plain),
        ("name_that_ends_with_a_dot", "manifest.json.", plain),
        ("name_with_a_space", "manifest.json ", plain),
        ("name_that_is_too_long", &"x".repeat(201), plain),
        ("folder_of_a_files_name", "records.jsonl/", "differ in case only"),
        ("folder", "extra/", "stands for a folder"),
        ("file_that_does_not_belong", "x.html", "doesn't belong in a case file"),
    ]
    .into_iter()
    .map(|(name, entry, words)| honest.bytes(name, ids::FORMAT, words, more(honest, entry, b"")))
    .collect()
}

/// An attack's name, what it bends in an entry, and a part of the sentence that names it.
type OnHeaders = (&'static str, fn(&mut Piece), &'static str);

fn headers(honest: &Honest) -> Vec<Attack> {
    let bends: [OnHeaders; 17] = [
        ("encrypted_flag", |p| p.flags = 1, "is encrypted"),
        ("masked_headers", |p| p.flags = 1 << 13, "is encrypted"),
        (
            "link",
            |p| (p.made_by, p.external) = (3 << 8 | 20, 0o120_777 << 16),
            "is a link",
        ),
        (
            "device",
            |p| (p.made_by, p.external) = (3 << 8 | 20, 0o020_666 << 16),
            "is a link",
        ),
        ("unknown_method", |p| p.method = 12, "method 12"),
        ("zip64_extra_field", |p| p.extra = vec![1, 0, 2, 0, 9, 9], "zip64"),
        (
            "unicode_path_extra_field",
            |p| p.extra = vec![0x75, 0x70, 1, 0, 1],
            "another name",
        ),
        ("cut_extra_field", |p| p.extra = vec![9, 9, 9], "damaged"),
        (
            "local_name_differs",
            |p| p.local_name = Some(b"manifest.txt".to_vec()),
            "its `file name` differs",
        ),
        (
            "local_size_differs",
            |p| p.local_size = Some(3),
            "`sizes and checksum` differs",
        ),
        (
            "stored_sizes_differ",
            |p| p.size = Some(900),
            "`compressed size` differs",
        ),
        (
            "two_names_for_the_same_bytes",
            |p| p.offset = Some(0),
            "described in two ways",
        ),
        (
            "offset_beyond_the_file",
            |p| p.offset = Some(0x00ff_0000),
            "described in two ways",
        ),
        ("gap", |p| p.gap = b"hidden".to_vec(), "6 bytes that belong to no entry"),
        ("time_stamp", |p| p.time = 77, "`last mod file time` = 77"),
        (
            "entry_comment",
            |p| p.comment = b"c".to_vec(),
            "`file comment length` = 1",
        ),
        ("wrong_checksum", |p| p.crc = Some(5), "have its checksum"),
    ];
    bends
        .into_iter()
        .map(|(name, bend, words)| honest.bytes(name, ids::FORMAT, words, bent(honest, bend)))
        .collect()
}

fn layouts(honest: &Honest) -> Vec<Attack> {
    let zip = &honest.zip;
    let end = zip.len() - 22;
    let central = zip.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    let with = |at: usize, bytes: &[u8]| {
        let mut zip = zip.clone();
        zip[at..at + bytes.len()].copy_from_slice(bytes);
        zip
    };
    let comment = [&with(zip.len() - 2, &[3, 0])[..], b"hey"].concat();
    let overlapping = {
        let mut all = pieces(&honest.files);
        let inner = forge(&[piece("z", b"x")])[..32].to_vec();
        let at = all.iter().map(|p| 30 + p.name.len() + p.data.len()).sum::<usize>() + 31;
        let mut second = piece("z", b"x");
        second.offset = Some(at as u32);
        all.extend([piece("y", &inner), second]);
        forge(&all)
    };
    let mut backwards = pieces(&honest.files);
    backwards.reverse();
    let zip64 = "uses zip64 or several volumes";
    [
        (
            "byte_after_the_archive",
            [&zip[..], b"x"].concat(),
            "1 bytes stand after",
        ),
        (
            "script_before_the_archive",
            [b"#!/bin/sh\n", &zip[..]].concat(),
            "10 bytes stand before",
        ),
        ("comment_on_the_archive", comment, "a comment of 3 bytes"),
        (
            "an_archive_after_the_archive",
            [&zip[..], &zip[..]].concat(),
            "stand before the archive begins",
        ),
        ("entry_within_anothers_bytes", overlapping, "`z` overlaps"),
        ("entries_backwards", forge(&backwards), "isn't in its place"),
        ("zip64_counts", with(end + 8, &[0xff; 4]), zip64),
        ("zip64_directory_size", with(end + 12, &[0xff; 4]), zip64),
        ("zip64_directory_offset", with(end + 16, &[0xff; 4]), zip64),
        (
            "zip64_locator",
            [&zip[..end], b"PK\x06\x07", &[0; 16], &zip[end..]].concat(),
            zip64,
        ),
        ("several_volumes", with(end + 4, &[1]), zip64),
        ("counts_differ", with(end + 8, &[1]), zip64),
        (
            "directory_elsewhere",
            with(end + 19, &[0x7f]),
            "isn't where its end record says",
        ),
        (
            "directory_damaged",
            with(central, &[0]),
            "directory is damaged at entry 0",
        ),
        (
            "fewer_entries_than_the_directory_has",
            with(end + 8, &[1, 0, 1, 0]),
            "isn't where its end record says",
        ),
        (
            "packed_again_by_another_tool",
            packed(&honest.files, zip::CompressionMethod::Stored),
            "packed again",
        ),
        (
            "packed_again_and_compressed",
            packed(&honest.files, zip::CompressionMethod::Deflated),
            "is compressed",
        ),
    ]
    .into_iter()
    .map(|(name, zip, words)| honest.bytes(name, ids::FORMAT, words, zip))
    .collect()
}

fn bombs(honest: &Honest) -> Vec<Attack> {
    let zeros = vec![0; 8 << 20];
    let flat = {
        let mut files = honest.files.clone();
        files.insert("contents/bomb.bin".into(), zeros.clone());
        packed(&files, zip::CompressionMethod::Deflated)
    };
    // Says that it is short, and expands beyond that.
    let mut liar = flat.clone();
    let size = u32::try_from(zeros.len()).unwrap().to_le_bytes();
    let places: Vec<usize> = (0..liar.len() - 4).filter(|at| liar[*at..*at + 4] == size).collect();
    for at in places {
        liar[at..at + 4].copy_from_slice(&5000u32.to_le_bytes());
    }
    let inner = packed(
        &Files::from([("a".to_owned(), zeros)]),
        zip::CompressionMethod::Deflated,
    );
    let nested = packed(
        &Files::from([("b".to_owned(), inner)]),
        zip::CompressionMethod::Deflated,
    );
    vec![
        honest.bytes(
            "bomb",
            ids::FORMAT,
            "expands to more than it declares, or beyond all measure",
            flat,
        ),
        honest.bytes("bomb_that_lies_about_its_size", ids::FORMAT, "can't be unpacked", liar),
        // It is never opened: it is bytes that no record commits to.
        honest.by(
            Who::Operator,
            "bomb_within_a_bomb",
            ids::CONTENTS,
            "its salt isn't here",
            |files| {
                files.insert("contents/nested.bin".into(), nested);
            },
        ),
    ]
}

/// All of these.
pub(super) fn attacks(honest: &Honest) -> Vec<Attack> {
    [names(honest), headers(honest), layouts(honest), bombs(honest)]
        .into_iter()
        .flatten()
        .collect()
}
