//! What an untouched case file gives: equal bytes for equal inputs, and the findings of an auditor's good day.

use std::io::Cursor;

use crate::export::{Collected, signed};
use crate::fixture::{Log, START_MS, bot};
use crate::tamper::brief;
use evidence::Role;
use evidence::casefile::{CaseError, CaseWriter};
use evidence::verifier::{Pin, Pins, Status, Step, Verdict, Verifier, ids, verify};

fn statuses(zip: &[u8], pins: &Pins) -> Vec<(&'static str, Status)> {
    verify(zip, "x", pins)
        .findings
        .iter()
        .map(|finding| (finding.id, finding.status))
        .collect()
}

#[test]
fn an_intact_file_by_a_pinned_signer_is_verified() {
    let mut log = Log::scripted(1);
    let zip = log.case().unwrap();
    let report = verify(&zip, "norwind.case.zip", &log.pins());
    assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
    assert_eq!(report.headline, "Verified");
    for finding in &report.findings {
        let wanted = if [ids::TIME, ids::PAGES].contains(&finding.id) {
            Status::NotEstablished
        } else {
            Status::Pass
        };
        assert_eq!(finding.status, wanted, "{finding:#?}");
    }
    assert_eq!(report.findings.len(), 22);
    assert_eq!(
        report.subject.as_deref().unwrap(),
        "“support-bot”, from its first record to the export"
    );
    let approvals = report
        .findings
        .iter()
        .find(|finding| finding.id == ids::APPROVALS)
        .unwrap();
    assert!(
        approvals.sentence.contains("as the sole operator"),
        "{}",
        approvals.sentence
    );
    assert_eq!(report.timeline.len(), 10, "{}", brief(&report));
    assert!(
        report
            .timeline
            .iter()
            .all(|entry| entry.status == Status::Pass && !entry.text.is_empty())
    );
}

#[test]
fn a_file_of_the_formats_first_version_verifies_as_ever() {
    let zip = include_bytes!("../../../../tests/independent/version-1/intact.case.zip");
    let report = verify(zip, "version-1.case.zip", &Pins::default());
    assert_eq!(report.verdict, Verdict::SignerNotEstablished, "{}", brief(&report));
    assert!(report.finding(ids::DISCLOSURE).is_none() && report.finding(ids::COPIES).is_none());
}

#[test]
fn without_a_pin_the_signer_is_not_established_and_nothing_else_changes() {
    let mut log = Log::scripted(1);
    let zip = log.case().unwrap();
    let pinned = statuses(&zip, &log.pins());
    let report = verify(&zip, "x", &Pins::default());
    assert_eq!(report.verdict, Verdict::SignerNotEstablished);
    for (finding, (id, status)) in report.findings.iter().zip(pinned) {
        let wanted = if id == ids::SIGNER {
            Status::NotEstablished
        } else {
            status
        };
        assert_eq!((finding.id, finding.status), (id, wanted));
    }
}

#[test]
fn a_pin_of_the_log_key_establishes_the_signer_too_and_a_pin_for_another_log_does_not() {
    let mut log = Log::scripted(1);
    let zip = log.case().unwrap();
    let pin = |origin, role, key| {
        Pins::new(vec![Pin {
            origin,
            role,
            key,
            name: "Norwind".into(),
        }])
    };
    let of_log = pin(log.origin, Role::Log, log.keys.log.public());
    assert_eq!(verify(&zip, "x", &of_log).verdict, Verdict::Verified);
    let elsewhere = pin(Log::scripted(9).origin, Role::Case, log.keys.case.public());
    assert_eq!(verify(&zip, "x", &elsewhere).verdict, Verdict::SignerNotEstablished);
}

#[test]
fn equal_inputs_give_equal_bytes_whatever_their_order() {
    let (mut one, mut two) = (Log::scripted(1), Log::scripted(1));
    let first = one.case().unwrap();
    let mut input = two.export(&bot(), None, None);
    input.contents.reverse();
    assert_eq!(first, signed(input, &two.keys.case).unwrap());
    assert_ne!(first, Log::scripted(4).case().unwrap());
}

fn boundary(log: &mut Log, from: Option<i64>, to: Option<i64>) -> Status {
    let input = log.export(&bot(), from, to);
    let report = verify(&signed(input, &log.keys.case).unwrap(), "x", &log.pins());
    assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
    report.finding(ids::BOUNDARY).unwrap().status
}

#[test]
fn an_interval_is_bounded_by_its_neighbours() {
    let mut log = Log::scripted(1);
    let (early, late) = (Some(START_MS + 7500), Some(START_MS + 12_500));
    for (from, to) in [
        (early, late),
        (early, None),
        (None, late),
        (late, None),
        (Some(START_MS + 900_000), None),
    ] {
        assert_eq!(boundary(&mut log, from, to), Status::Pass, "{from:?} {to:?}");
    }
}

#[test]
fn an_interval_without_its_neighbours_has_no_established_boundary() {
    let mut log = Log::scripted(1);
    let (from, to) = (START_MS + 7500, START_MS + 12_500);
    let mut input = log.export(&bot(), Some(from), Some(to));
    // Only the record that opens the stream stays beside those of the interval.
    input
        .records
        .retain(|r| r.stream_seq() == 0 || r.stream().is_sys() || (from..to).contains(&r.logged_time()));
    input.contents.clear();
    let report = verify(&signed(input, &log.keys.case).unwrap(), "x", &log.pins());
    assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
    assert!(
        report
            .sentence
            .contains("Where the interval begins or ends isn't established."),
        "{}",
        report.sentence
    );
    for (id, words) in [
        (ids::BOUNDARY, "Its boundaries aren't established"),
        (ids::APPROVALS, "it lies before the interval"),
    ] {
        let finding = report.finding(id).unwrap();
        assert_eq!(finding.status, Status::NotEstablished, "{}", brief(&report));
        assert!(finding.sentence.contains(words), "{}", finding.sentence);
    }
}

#[test]
fn records_beside_the_interval_need_no_statements_of_their_own() {
    let mut log = Log::scripted(1);
    // The neighbour before is a decision, the one after a release or an answer: nothing of theirs is exported.
    for (from, to) in [(8500, 9500), (9500, 10_500), (10_500, 12_500), (15_500, 16_500)] {
        let (from, to) = (START_MS + from, START_MS + to);
        let mut input = log.export(&bot(), Some(from), Some(to));
        let within = |at: &u64| (from..to).contains(&log.records[usize::try_from(*at).unwrap()].logged_time());
        input.approvals.retain(|at, _| within(at));
        input.contents.clear();
        let report = verify(&signed(input, &log.keys.case).unwrap(), "x", &log.pins());
        assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
    }
}

#[test]
fn small_steps_come_to_the_same_as_one() {
    let mut log = Log::scripted(1);
    let zip = log.case().unwrap();
    let whole = verify(&zip, "x", &log.pins());
    let mut verifier = Verifier::new(Cursor::new(&zip), "x", &log.pins());
    let mut last = 0;
    let stepped = loop {
        match verifier.step(1).unwrap() {
            Step::Done(report) => break report,
            Step::Going(progress) => {
                assert!(progress.done >= last && progress.done <= progress.of, "{progress:?}");
                last = progress.done;
            }
        }
    };
    assert_eq!(whole, *stepped);
}

#[test]
fn a_flipped_bit_in_the_database_is_found_before_anything_is_signed() {
    let mut log = Log::scripted(1);
    let mut input = log.export(&bot(), None, None);
    let text = String::from_utf8(input.records[2].bytes().to_vec()).unwrap();
    let flipped = text.replacen("support-bot", "support-bop", 1);
    input.records[2] = evidence::Record::parse(flipped.as_bytes()).unwrap();
    let error = signed(input, &log.keys.case).unwrap_err();
    assert!(
        matches!(&error, CaseError::WouldNotVerify(why) if why.contains("is not the record that was signed")),
        "{error}"
    );
}

#[test]
fn records_that_do_not_ascend_are_refused_before_anything_is_signed() {
    let mut log = Log::scripted(1);
    let Collected {
        input,
        records,
        inclusion,
    } = log.export(&bot(), None, None);
    for second in [0, 1] {
        let mut writer = CaseWriter::new(input.clone(), Cursor::new(Vec::new()), Cursor::new(Vec::new()));
        let put = |writer: &mut CaseWriter<_>, at: usize| {
            let record = &records[at];
            writer.put(record, inclusion[&record.sequence()].clone())
        };
        put(&mut writer, 1).unwrap();
        assert!(matches!(put(&mut writer, second), Err(CaseError::Order(_))));
    }
}

#[test]
fn only_a_case_key_signs_case_files() {
    let mut log = Log::scripted(1);
    let input = log.export(&bot(), None, None);
    assert!(matches!(signed(input, &log.keys.log), Err(CaseError::Key(_))));
}

#[test]
fn what_is_no_case_file_says_so() {
    let archive = evidence::casefile::pack([("a.txt", &b"hello"[..])]).unwrap();
    for bytes in [&b""[..], b"%PDF-1.7", b"PK\x03\x04 and then nothing", &archive] {
        let report = verify(bytes, "x", &Pins::default());
        assert_eq!(report.verdict, Verdict::NotACaseFile);
        assert!(report.findings.is_empty());
    }
}
