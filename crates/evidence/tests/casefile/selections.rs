//! What each kind of selection shows, and what it doesn't: tests of honest files, and of files that lie about it.

use evidence::casefile::{Disclosure, EarlierCheckpoint, Manifest, Selection, Since};
use evidence::tree::{self, TreeError};
use evidence::verifier::{Report, Status, Verdict, ids, verify};

use crate::attackers::*;
use crate::export::*;
use crate::fixture::*;
use crate::tamper::*;

/// The log's records: 0 opened, 1 and 2 keys, 3 policy, 4 and 5 agents, 6 hold, 7 other's call, 8 approval, 9 release,
/// 10 answer, 11 other's answer, 12 call, 13 answer, 14 hold, 15 denial.
const HELD: u64 = 6;
const APPROVED: u64 = 8;

pub(crate) fn range(from: Option<u64>, to: Option<u64>) -> Selection {
    let at = |place: u64| START_MS + i64::try_from(place).unwrap() * 1000;
    Selection::Range {
        from_ms: from.map(at),
        to_ms: to.map(at),
    }
}

fn request(uid: &str) -> Selection {
    Selection::Correlation {
        correlation_uid: uid.into(),
    }
}

fn approval() -> Selection {
    Selection::Approval {
        item_uid: "item-req-1".into(),
        correlation_uid: "req-1".into(),
    }
}

pub(crate) fn picked(sequences: &[u64]) -> Selection {
    Selection::Records {
        sequences: sequences.to_vec(),
    }
}

/// The honest file of a selection.
fn honest(log: &mut Log, asked: Selection) -> Files {
    let input = log.export_as(asked, everything());
    open(&signed(input, &log.keys.case).unwrap())
}

fn status(report: &Report, id: &str) -> Status {
    report
        .finding(id)
        .unwrap_or_else(|| panic!("no {id} in {}", brief(report)))
        .status
}

#[test]
fn each_kind_of_selection_is_verified_and_claims_what_it_may() {
    let cases = [
        (
            of_agent_in(&bot(), None, None),
            Status::Pass,
            "nothing of “support-bot” is missing from its number 0 to number 8. That is its head.",
        ),
        (
            range(None, None),
            Status::Pass,
            "The places run from 0 to 15 without a gap",
        ),
        (
            range(Some(7), Some(12)),
            Status::Pass,
            "The places run from 7 to 11 without a gap",
        ),
        (
            range(Some(9), None),
            Status::Pass,
            "The places run from 9 to 15 without a gap",
        ),
        (
            request("req-1"),
            Status::NotEstablished,
            "Nothing is claimed of what was left out: the file is about the request “req-1”",
        ),
        (
            approval(),
            Status::NotEstablished,
            "Nothing is claimed of what was left out: the file is about the decision on the held item",
        ),
        (
            picked(&[7, APPROVED, 13]),
            Status::NotEstablished,
            "Each of its 3 records is proved at its own place",
        ),
        (picked(&[0, 2]), Status::NotEstablished, "Nothing is claimed"),
    ];
    for (asked, complete, words) in cases {
        let mut log = Log::scripted(1);
        let files = honest(&mut log, asked.clone());
        let report = report(&files, &log.pins());
        assert_eq!(report.verdict, Verdict::Verified, "{asked:?} {}", brief(&report));
        assert_eq!(status(&report, ids::COMPLETE), complete, "{asked:?}");
        let sentence = &report.finding(ids::COMPLETE).unwrap().sentence;
        assert!(sentence.contains(words), "{asked:?}: {sentence}");
        assert_eq!(
            report.finding(ids::BOUNDARY).map(|finding| finding.status),
            asked.interval().map(|_| Status::Pass),
            "{asked:?}"
        );
        assert_eq!(
            report
                .sentence
                .contains("Nothing is claimed of records that aren't in the file"),
            !asked.claims_completeness(),
            "{}",
            report.sentence
        );
        assert_eq!(status(&report, ids::EXPORT), Status::Pass);
        assert_eq!(status(&report, ids::COPIES), Status::Pass);
        assert_eq!(status(&report, ids::PAGES), Status::NotEstablished);
    }
}

#[test]
fn equal_inputs_give_equal_bytes() {
    for asked in [of_agent_in(&bot(), None, None), range(None, None), picked(&[APPROVED])] {
        let make = || {
            let mut log = Log::scripted(1);
            let mut input = log.export_as(asked.clone(), everything());
            input.verifier_page = Some(b"<!doctype html>".as_slice().into());
            signed(input, &log.keys.case).unwrap()
        };
        assert_eq!(make(), make(), "{asked:?}");
    }
}

/// What the operator, who holds every key, signs after a change.
fn operators(asked: Selection, change: impl Fn(&mut Files)) -> Report {
    let mut log = Log::scripted(1);
    let mut files = honest(&mut log, asked);
    change(&mut files);
    resign(&mut files, &log.keys.case);
    report(&files, &log.pins())
}

#[test]
fn a_record_is_dropped_from_a_range() {
    for (place, words) in [
        (7, "sequence 7 in this range"),
        (9, "sequence 9 in this range"),
        (15, "sequence 15"),
    ] {
        let report = operators(range(None, None), |files| drop_line(files, place));
        fails(&report, ids::COMPLETE, words);
        assert_eq!(report.finding(ids::COMPLETE).unwrap().records, [place]);
        fails(&report, ids::EXPORT, "aren't those that are here");
    }
}

#[test]
fn several_records_are_dropped_from_a_range() {
    let report = operators(range(Some(6), None), |files| {
        for place in [8, 9, 12] {
            drop_line(files, place);
        }
    });
    fails(
        &report,
        ids::COMPLETE,
        "The log has 3 records at sequence 8 to 9 and 12 in this range",
    );
}

#[test]
fn the_neighbours_of_a_range_are_dropped() {
    for (place, words) in [(6, "boundary at its beginning"), (12, "boundary at its end")] {
        let report = operators(range(Some(7), Some(12)), |files| {
            drop_line(files, place);
            // Nothing else rests on what was dropped.
            files.retain(|name, _| !name.starts_with("approvals/"));
        });
        let finding = report.finding(ids::BOUNDARY).unwrap();
        assert_eq!(finding.status, Status::NotEstablished, "{}", brief(&report));
        assert!(finding.sentence.contains(words), "{}", finding.sentence);
    }
}

#[test]
fn a_record_is_dropped_from_a_request() {
    for asked in [request("req-1"), approval(), picked(&[HELD, APPROVED, 9, 10])] {
        let report = operators(asked.clone(), |files| drop_line(files, 10));
        fails(&report, ids::EXPORT, "aren't those that are here");
        assert_eq!(status(&report, ids::COMPLETE), Status::NotEstablished, "{asked:?}");
    }
}

/// The manifest's selection is changed, and everything else is made to fit and signed.
fn relabelled(asked: Selection, lie: Selection) -> Report {
    operators(asked, |files| {
        let mut manifest = Manifest::parse(&files["manifest.json"]).unwrap();
        manifest.selection = lie.clone();
        files.insert("manifest.json".into(), manifest.to_bytes().unwrap());
    })
}

#[test]
fn a_file_lies_about_the_kind_of_its_selection() {
    let kinds = [
        of_agent_in(&bot(), None, None),
        range(None, None),
        request("req-1"),
        approval(),
        picked(&[HELD, APPROVED]),
    ];
    for asked in &kinds {
        for lie in kinds.iter().filter(|lie| *lie != asked) {
            let report = relabelled(asked.clone(), lie.clone());
            fails(&report, ids::EXPORT, "another agent, interval or selection");
        }
    }
}

#[test]
fn picked_records_are_recorded_and_shown_as_a_whole_agent() {
    // The operator lies in the record too: the log says an agent's, and what was selected is less.
    let mut log = Log::scripted(1);
    let asked = of_agent_in(&bot(), None, None);
    let few: Vec<_> = log
        .selected(&asked)
        .into_iter()
        .filter(|record| record.sequence() != 10)
        .collect();
    log.record_export(&asked, &everything(), None, &few);
    let input = log.collect(asked, everything(), &few);
    let error = signed(input, &log.keys.case).unwrap_err().to_string();
    assert!(error.contains("sequence 10"), "{error}");
}

#[test]
fn picked_records_are_recorded_and_shown_as_a_range() {
    let mut log = Log::scripted(1);
    let asked = range(None, None);
    let few: Vec<_> = log
        .selected(&asked)
        .into_iter()
        .filter(|record| record.sequence() != 13)
        .collect();
    log.record_export(&asked, &everything(), None, &few);
    let input = log.collect(asked, everything(), &few);
    let error = signed(input, &log.keys.case).unwrap_err().to_string();
    assert!(error.contains("sequence 13"), "{error}");
}

#[test]
fn an_approval_is_named_that_nobody_gave() {
    let mut log = Log::scripted(1);
    // The request was allowed without anybody's decision.
    let asked = Selection::Approval {
        item_uid: "item-req-1".into(),
        correlation_uid: "req-3".into(),
    };
    let selected = log.selected(&asked);
    log.record_export(&asked, &everything(), None, &selected);
    let input = log.collect(asked, everything(), &selected);
    let error = signed(input, &log.keys.case).unwrap_err().to_string();
    assert!(
        error.contains("No record here is a person's decision on the held item “item-req-1”"),
        "{error}"
    );
}

#[test]
fn the_export_names_the_heads_of_other_streams() {
    let mut log = Log::scripted(1);
    let asked = picked(&[HELD, 10]);
    let selected = log.selected(&asked);
    log.record_export_naming(&asked, &everything(), None, &selected, vec![]);
    let input = log.collect(asked, everything(), &selected);
    let error = signed(input, &log.keys.case).unwrap_err().to_string();
    assert!(error.contains("heads of other streams"), "{error}");
}

#[test]
fn a_content_is_disclosed_though_the_log_says_withheld() {
    let mut log = Log::scripted(1);
    let asked = request("req-1");
    let selected = log.selected(&asked);
    log.record_export(&asked, &Disclosure::default(), None, &selected);
    let mut input = log.collect(asked.clone(), everything(), &selected);
    input.disclosure = Disclosure::default();
    let error = signed(input, &log.keys.case).unwrap_err().to_string();
    assert!(error.contains("is to be withheld, and is here"), "{error}");
}

#[test]
fn a_content_is_withheld_though_the_log_says_disclosed() {
    let mut log = Log::scripted(1);
    let mut input = log.export_as(request("req-1"), everything());
    input.contents.pop();
    let zip = signed(input, &log.keys.case).unwrap();
    let finding = verify(&zip, "x", &log.pins()).finding(ids::DISCLOSURE).unwrap().clone();
    assert_eq!(finding.status, Status::NotEstablished);
    assert!(
        finding.sentence.contains("is to be disclosed and isn't here"),
        "{}",
        finding.sentence
    );
}

#[test]
fn contents_are_disclosed_by_slot_and_one_by_one() {
    let mut log = Log::scripted(1);
    let uid = |slot: &str, nth: usize| {
        let of_slot = log.contents.iter().filter(|opening| opening.header.slot == slot);
        of_slot
            .map(|opening| opening.header.content_uid.clone())
            .nth(nth)
            .unwrap()
    };
    let (request_1, request_2) = (uid("request", 0), uid("request", 1));
    let (view_1, view_2) = (uid("view", 0), uid("view", 1));
    let disclosure = Disclosure {
        slots: vec!["request".into()],
        disclosed: vec![view_2.clone()],
        withheld: vec![request_1.clone()],
    };
    let input = log.export_as(range(None, None), disclosure);
    let files = open(&signed(input, &log.keys.case).unwrap());
    let has = |uid: &str| files.contains_key(&format!("contents/{uid}.bin"));
    assert!(!has(&request_1) && has(&view_2) && !has(&view_1) && has(&request_2));
    let report = report(&files, &log.pins());
    assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
    assert_eq!(status(&report, ids::DISCLOSURE), Status::Pass);
}

/// A case file that goes on from the checkpoint over this many records.
pub(crate) fn going_on(log: &mut Log, earlier: u64, asked: Selection) -> Collected {
    let checkpoint = log.checkpoint_at(earlier);
    let since = Since {
        size: earlier,
        root: checkpoint.claimed().root,
    };
    let selected = log.selected(&asked);
    log.record_export(&asked, &everything(), Some(since), &selected);
    let mut input = log.collect(asked, everything(), &selected);
    let (leaves, size) = (log.leaves(), log.records.len() as u64);
    let path = tree::consistency::<TreeError>(earlier, size, &mut tree::of_leaves(&leaves)).unwrap();
    input.since = Some(EarlierCheckpoint { checkpoint, path });
    input
}

#[test]
fn the_log_goes_on_from_a_checkpoint_that_was_seen() {
    let mut log = Log::scripted(1);
    let input = going_on(&mut log, 9, range(None, None));
    let zip = signed(input, &log.keys.case).unwrap();
    let report = verify(&zip, "x", &log.pins());
    assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
    let finding = report.finding(ids::CONSISTENCY).unwrap();
    assert!(
        finding
            .sentence
            .contains("9 records that the earlier checkpoint sealed"),
        "{}",
        finding.sentence
    );
}

#[test]
fn the_earlier_checkpoint_is_of_another_history() {
    let mut log = Log::scripted(1);
    let zip = signed(going_on(&mut log, 9, range(None, None)), &log.keys.case).unwrap();
    let other = Log::scripted(9).checkpoint_at(9).to_string();
    let forged = evidence::Checkpoint {
        origin: log.origin,
        size: 9,
        root: evidence::Digest::sha256(b"another history"),
    };
    let forged = forged.sign(&log.keys.log).unwrap().to_string();
    type Lie<'a> = (&'a str, Box<dyn Fn(&mut Files) + 'a>);
    let lies: [Lie<'_>; 5] = [
        (
            "isn't the one that the manifest names",
            Box::new(|files| {
                files.insert("proofs/since.txt".into(), other.clone().into_bytes());
            }),
        ),
        (
            "isn't the one that the manifest names",
            Box::new(|files| {
                files.insert("proofs/since.txt".into(), forged.clone().into_bytes());
            }),
        ),
        (
            "one isn't here",
            Box::new(|files| {
                files.remove("proofs/since.txt");
            }),
        ),
        (
            "one isn't here",
            Box::new(|files| {
                files.remove("proofs/consistency.json");
            }),
        ),
        (
            "the proof doesn't hold",
            Box::new(|files| {
                let text = String::from_utf8(files["proofs/consistency.json"].clone()).unwrap();
                let proof = evidence::casefile::ConsistencyFile::parse(text.as_bytes()).unwrap();
                let mut path = proof.path.clone();
                path.swap(0, 1);
                let proof = evidence::casefile::ConsistencyFile { path, ..proof };
                files.insert("proofs/consistency.json".into(), proof.to_bytes().unwrap());
            }),
        ),
    ];
    for (words, lie) in lies {
        let mut files = open(&zip);
        lie(&mut files);
        resign(&mut files, &log.keys.case);
        fails(&report(&files, &log.pins()), ids::CONSISTENCY, words);
    }
}

#[test]
fn the_copies_for_other_tools_say_something_else() {
    let other = {
        let mut log = Log::scripted(9);
        honest(&mut log, range(None, None))
    };
    let mut log = Log::scripted(1);
    let files = honest(&mut log, range(None, None));
    let proof = format!("proofs/{APPROVED}.tlog-proof");
    let next = "proofs/15.tlog-proof";
    let swaps: [(&str, &[u8], &str); 6] = [
        (
            "attestation.sigstore.json",
            &other["attestation.sigstore.json"],
            "another payload, signature or key",
        ),
        ("attestation.sigstore.json", b"{}", "another payload, signature or key"),
        ("case-key.pem", &other["case-key.pem"], "isn't the key that signed"),
        (&proof, &files[next], "isn't a proof for that place"),
        (&proof, &other[&proof], "another checkpoint"),
        ("proofs/1.tlog-proof", &files[&proof], "isn't a proof for that place"),
    ];
    for (name, bytes, words) in swaps {
        let mut changed = files.clone();
        changed.insert(name.to_owned(), bytes.to_vec());
        let kept = changed["attestation.sigstore.json"].clone();
        resign(&mut changed, &log.keys.case);
        if name == "attestation.sigstore.json" {
            changed.insert(name.to_owned(), kept);
        }
        let report = report(&changed, &log.pins());
        fails(&report, ids::COPIES, words);
        assert_eq!(report.finding(ids::COPIES).unwrap().file.as_deref(), Some(name));
    }
}

#[test]
fn the_report_escapes_what_records_and_contents_say() {
    let mut log = Log::scripted(1);
    let input = log.export_as(of_agent_in(&bot(), None, None), everything());
    let mut hostile = input.clone();
    hostile.tenant_name = "<script>alert(1)</script>\u{202e}".into();
    let files = open(&signed(hostile, &log.keys.case).unwrap());
    let page = String::from_utf8(files["report.html"].clone()).unwrap();
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;\u{fffd}"));
    assert!(!page.contains("<script") && !page.contains('\u{202e}'));
    assert!(page.contains("default-src 'none'"));
    for word in ["Ada Byron", "approved", "denied", "support-bot", "What it doesn’t show"] {
        assert!(page.contains(word), "{word}");
    }
}

#[test]
fn the_readme_says_whether_a_verifier_is_in_the_file() {
    let mut log = Log::scripted(1);
    let mut input = log.export_as(range(None, None), everything());
    let without = open(&signed(input.clone(), &log.keys.case).unwrap());
    let text = |files: &Files| String::from_utf8(files["README.txt"].clone()).unwrap();
    assert!(text(&without).contains("There is no verifier.html in this zip"));
    assert!(!without.contains_key("verifier.html"));
    input.verifier_page = Some(b"<!doctype html>".as_slice().into());
    let with = open(&signed(input, &log.keys.case).unwrap());
    assert!(text(&with).contains("sha256sum verifier.html"));
    assert_eq!(with["verifier.html"], b"<!doctype html>");
    let report = report(&with, &log.pins());
    let pages = report.finding(ids::PAGES).unwrap();
    assert!(
        pages.sentence.contains("report.html and verifier.html"),
        "{}",
        pages.sentence
    );
}
