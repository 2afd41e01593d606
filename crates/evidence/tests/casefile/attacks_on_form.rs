//! Attacks on the archive as a whole, caps, and every bit.

use std::io::{Cursor, Write as _};

use evidence::verifier::{Limits, Pins, Report, Status, Step, Verdict, Verifier, ids, verify};
use proptest::prelude::*;

use crate::attackers::*;
use crate::fixture::*;
use crate::tamper::*;

#[test]
fn packed_again_by_another_tool_it_fails_and_still_names_the_record() {
    for (edited, method) in [
        (true, zip::CompressionMethod::Deflated),
        (false, zip::CompressionMethod::Deflated),
        (true, zip::CompressionMethod::Stored),
    ] {
        let mut log = Log::scripted(1);
        let mut files = open(&log.case().unwrap());
        if edited {
            edit_record(&mut files, ANSWER, true, edit);
        }
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in &files {
            writer
                .start_file(
                    name.as_str(),
                    zip::write::SimpleFileOptions::default().compression_method(method),
                )
                .unwrap();
            writer.write_all(bytes).unwrap();
        }
        let packed = writer.finish().unwrap().into_inner();
        let report = verify(&packed, "x", &log.pins());
        fails(&report, ids::FORMAT, "packed again");
        if edited {
            fails(&report, ids::FINGERPRINT, "Record 9 of 14 (sequence 10");
            assert_eq!(report.headline, "Altered after it was signed");
        } else {
            assert_eq!(report.headline, "Not in the form that was signed");
            assert_eq!(report.finding(ids::FINGERPRINT).unwrap().status, Status::Pass);
        }
    }
}

#[test]
fn an_archive_that_readers_differ_on_fails_by_the_name_of_the_trick() {
    let mut log = Log::scripted(1);
    let zip = log.case().unwrap();
    let trailing = verify(&[zip.clone(), b"x".to_vec()].concat(), "x", &log.pins());
    fails(&trailing, ids::FORMAT, "1 bytes stand after the archive ends");
    let mut encrypted = zip.clone();
    encrypted[6] = 1;
    let report = verify(&encrypted, "x", &log.pins());
    fails(&report, ids::FORMAT, "is described in two ways");
    assert_eq!(report.findings.len(), 1);
}

#[test]
fn an_archive_whose_directory_cannot_be_read_breaks_the_profile_rather_than_being_none() {
    let mut log = Log::scripted(1);
    let zip = log.case().unwrap();
    let end = zip.len() - 22;
    let with = |at: usize, bytes: &[u8]| {
        let mut zip = zip.clone();
        zip[at..at + bytes.len()].copy_from_slice(bytes);
        zip
    };
    let central = zip.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
    let locator = [&zip[..end], b"PK\x06\x07", &[0; 16], &zip[end..]].concat();
    let attacks: [(&str, Vec<u8>, &str); 8] = [
        (
            "zip64_counts",
            with(end + 8, &[0xff; 4]),
            "uses zip64 or several volumes",
        ),
        (
            "zip64_size",
            with(end + 12, &[0xff; 4]),
            "uses zip64 or several volumes",
        ),
        (
            "zip64_offset",
            with(end + 16, &[0xff; 4]),
            "uses zip64 or several volumes",
        ),
        ("zip64_locator", locator, "uses zip64 or several volumes"),
        ("several_volumes", with(end + 4, &[1]), "uses zip64 or several volumes"),
        (
            "directory_elsewhere",
            with(end + 19, &[0x7f]),
            "isn't where its end record says",
        ),
        (
            "directory_longer_than_any",
            with(end + 8, &[1, 0, 1, 0]),
            "isn't where its end record says",
        ),
        (
            "directory_damaged",
            with(central, &[0]),
            "directory is damaged at entry 0",
        ),
    ];
    for (name, zip, words) in attacks {
        let report = verify(&zip, name, &log.pins());
        assert_eq!(report.verdict, Verdict::Failed, "{name}: {}", brief(&report));
        fails(&report, ids::FORMAT, words);
        assert_eq!(report.findings.len(), 1, "{name}");
    }
}

#[test]
fn caps_on_records_lines_and_leaves() {
    let mut log = Log::scripted(1);
    let zip = log.case().unwrap();
    let run = |limits: Limits| finished(Verifier::with_limits(Cursor::new(&zip), "x", &log.pins(), limits));
    let limits = Limits::default();
    fails(
        &run(Limits { records: 5, ..limits }),
        ids::FORMAT,
        "it has more than 5 records",
    );
    fails(
        &run(Limits {
            record_bytes: 900,
            ..limits
        }),
        ids::FINGERPRINT,
        "can't be read as a record: it is longer than any record",
    );
    fails(&run(Limits { leaves: 3, ..limits }), ids::FORMAT, "at most 3 are read");
    fails(
        &run(Limits {
            small_bytes: 50,
            ..limits
        }),
        ids::FORMAT,
        "at most 50 are read",
    );
    let bounded = run(Limits { timeline: 2, ..limits });
    assert_eq!(
        (bounded.verdict, bounded.timeline.len() <= 2),
        (Verdict::Verified, true)
    );
}

fn finished(mut verifier: Verifier<Cursor<&Vec<u8>>>) -> Report {
    loop {
        if let Step::Done(report) = verifier.step(1 << 20).unwrap() {
            break *report;
        }
    }
}

/// However many records a file has, what happened is told of each of them: part after part.
#[test]
fn what_happened_is_told_part_by_part() {
    let mut log = Log::scripted(1);
    let zip = log.case().unwrap();
    let whole = verify(&zip, "x", &log.pins());
    assert_eq!(whole.next, None);
    let (mut told, mut from) = (Vec::new(), Some(1));
    while let Some(number) = from {
        let limits = Limits {
            timeline: 3,
            ..Limits::default()
        };
        let verifier = Verifier::with_limits(Cursor::new(&zip), "x", &log.pins(), limits);
        let part = finished(verifier.telling_from(number));
        assert_eq!((&part.findings, &part.sentence), (&whole.findings, &whole.sentence));
        assert!(part.next.is_none_or(|next| next > number), "{:?}", part.next);
        told.extend(part.timeline);
        from = part.next;
    }
    // The record of the export is told with each part: it says what the file is.
    told.sort_by_key(|entry| entry.sequence);
    told.dedup();
    assert_eq!(told, whole.timeline);
}

/// There is room for what must be told, whatever else there isn't room for: what was altered, and the record of the export.
#[test]
fn what_was_altered_is_told_with_the_first_part() {
    let mut log = Log::scripted(1);
    let mut files = open(&log.case().unwrap());
    edit_record(&mut files, ANSWER, false, edit);
    let zip = close(&files);
    let limits = Limits {
        timeline: 3,
        ..Limits::default()
    };
    let part = finished(Verifier::with_limits(Cursor::new(&zip), "x", &log.pins(), limits));
    let told: Vec<u64> = part.timeline.iter().map(|entry| entry.sequence).collect();
    assert!(told.contains(&ANSWER), "{told:?}");
    assert_eq!(told.last(), Some(&(log.records.len() as u64 - 1)));
    // The first record that there was no room for is neither of them.
    assert!(part.next.is_some_and(|next| next < 9), "{:?}", part.next);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_flipped_bit_is_accepted(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        thread_local!(static CASE: (Vec<u8>, Pins) = { let mut log = Log::scripted(1); (log.case().unwrap(), log.pins()) });
        CASE.with(|(zip, pins)| {
            let mut zip = zip.clone();
            let at = at.index(zip.len());
            zip[at] ^= 1 << bit;
            let verdict = verify(&zip, "x", pins).verdict;
            prop_assert!(verdict == Verdict::Failed || verdict == Verdict::NotACaseFile, "byte {at}, bit {bit}: {verdict:?}");
            Ok(())
        })?;
    }

    #[test]
    fn no_cut_file_is_accepted(at in any::<prop::sample::Index>()) {
        thread_local!(static CASE: (Vec<u8>, Pins) = { let mut log = Log::scripted(1); (log.case().unwrap(), log.pins()) });
        CASE.with(|(zip, pins)| {
            let verdict = verify(&zip[..at.index(zip.len())], "x", pins).verdict;
            prop_assert!(verdict == Verdict::Failed || verdict == Verdict::NotACaseFile);
            Ok(())
        })?;
    }
}
