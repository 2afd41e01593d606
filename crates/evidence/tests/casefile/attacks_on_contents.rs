//! Attacks on disclosed contents.

use evidence::verifier::{Status, Verdict, ids};

use crate::attackers::*;
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
