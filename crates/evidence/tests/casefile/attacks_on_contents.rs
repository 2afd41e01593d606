//! Attacks on disclosed contents.

use evidence::ocsf::{Actor, ContentsErased, ErasedContent, ErasureCause};
use evidence::verifier::{Report, Status, Verdict, ids};
use evidence::{Digest, Stream};

use crate::attackers::*;
use crate::fixture::{Log, ada, bot};
use crate::tamper::*;

#[test]
fn content_swapped() {
    let of = |files: &Files, end: &str| {
        files
            .keys()
            .find(|name| name.starts_with("contents/") && name.ends_with(end))
            .unwrap()
            .clone()
    };
    for who in EVERYBODY {
        let report = attacked(who, |files| {
            let name = of(files, ".bin");
            files.insert(name, b"{\"ask\":\"something else\"}".to_vec());
        });
        fails(&report, ids::CONTENTS, "isn't what was recorded");
    }
    let report = attacked(Who::Operator, |files| {
        let name = of(files, ".json");
        let text = String::from_utf8(files[&name].clone()).unwrap();
        let at = text.find("\"salt\":\"").unwrap() + 8;
        let salted = format!("{}{}{}", &text[..at], "0".repeat(64), &text[at + 64..]);
        files.insert(name, salted.into_bytes());
    });
    fails(&report, ids::CONTENTS, "isn't the one that the record commits to");
    let report = attacked(Who::Operator, |files| {
        let name = of(files, ".json");
        files.remove(&name);
    });
    fails(&report, ids::CONTENTS, "its salt isn't here");
}

#[test]
fn two_contents_share_a_salt() {
    let report = attacked(Who::Operator, |files| {
        let names: Vec<String> = files
            .keys()
            .filter(|n| n.starts_with("contents/") && n.ends_with(".json"))
            .cloned()
            .collect();
        let salt = |text: &str| text.split("\"salt\":\"").nth(1).unwrap()[..64].to_owned();
        let first = String::from_utf8(files[&names[0]].clone()).unwrap();
        let second = String::from_utf8(files[&names[1]].clone()).unwrap();
        let shared = second.replace(&salt(&second), &salt(&first));
        files.insert(names[1].clone(), shared.into_bytes());
    });
    fails(&report, ids::CONTENTS, "its salt is that of another content");
}

#[test]
fn contents_withheld_are_not_a_failure() {
    let report = attacked(Who::Operator, |files| {
        files.retain(|name, _| !name.starts_with("contents/"))
    });
    assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
    let finding = report.finding(ids::CONTENTS).unwrap();
    assert_eq!(finding.status, Status::NotEstablished);
    assert!(finding.sentence.contains("withheld"), "{}", finding.sentence);
}

/// The scripted run after one of its contents was erased by a record that names this commitment.
fn erased(c: impl Fn(Digest) -> Digest) -> Report {
    let mut log = Log::scripted(1);
    let record = log
        .records
        .iter()
        .find(|record| record.kind() == "call_finished")
        .unwrap();
    let (sequence, contents) = (record.sequence(), record.facts()["contents"].clone());
    let content_uid = contents[0]["content_uid"].as_str().unwrap().to_owned();
    let committed: Digest = contents[0]["c"].as_str().unwrap().parse().unwrap();
    log.contents.retain(|opening| opening.header.content_uid != content_uid);
    let gone = ErasedContent {
        content_uid,
        c: c(committed),
        record: sequence,
    };
    let event = ContentsErased {
        context: log.now(),
        actor: Actor::Person(ada()),
        erasure_uid: "erasure-1".into(),
        cause: ErasureCause::Agent,
        stream: bot().uid,
        erased: vec![gone],
        reason_c: None,
        contents: Vec::new(),
    };
    log.append(Stream::agent(&bot().uid).unwrap(), event.event());
    report(&open(&log.case().unwrap()), &log.pins())
}

#[test]
fn contents_that_a_record_says_were_erased_read_erased() {
    let report = erased(|c| c);
    assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
    let finding = report.finding(ids::CONTENTS).unwrap();
    assert_eq!(finding.status, Status::Pass);
    let said = "1 content was erased, as record";
    assert!(
        finding.sentence.contains(said) && !finding.sentence.contains("withheld"),
        "{}",
        finding.sentence
    );
}

/// An operator who holds something back can't call it erased by a record about something else.
#[test]
fn withheld_content_under_an_erasure_of_another_commitment() {
    let report = erased(|c| Digest::sha256(c.as_bytes()));
    let finding = report.finding(ids::CONTENTS).unwrap();
    assert!(
        finding.sentence.contains("1 content is withheld"),
        "{}",
        finding.sentence
    );
    assert!(!finding.sentence.contains("erased"), "{}", finding.sentence);
}
