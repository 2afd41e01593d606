//! The work of judging a case file is bounded by its size, whatever it says.

use std::io::Cursor;

use evidence::ocsf::{CallDecided, Effect, Person};
use evidence::statement::Choice;
use evidence::verifier::{Limits, Report, Step, Verdict, Verifier, ids};
use evidence::{Digest, Role};

use crate::attackers::dishonest_file;
use crate::fixture::*;
use crate::tamper::{brief, close};

#[test]
fn the_page_reads_less_than_the_command_line() {
    let (page, all) = (Limits::page(), Limits::default());
    assert_eq!(
        (page.container.entry_bytes, page.container.total_bytes),
        (512 << 20, 512 << 20)
    );
    assert!(page.container.total_bytes < all.container.total_bytes);
    assert!(page.records < all.records && page.beside_bytes < all.beside_bytes);
}

/// How many records the verifier goes to, and how many there are, in a file whose `n` keys, decisions, releases and
/// outcomes all belong to one request, so that each could be held against all others.
fn steps(n: u8) -> (u64, u64) {
    let mut log = Log::begun(Keys::of(1));
    let reviewers: Vec<_> = (0..n).map(|seed| key(Role::Reviewer, 100 + seed)).collect();
    for reviewer in &reviewers {
        let owner = Person {
            uid: format!("op-{}", reviewer.public().key_id()),
            name: "One of many".into(),
        };
        log.add_key(Role::Reviewer, reviewer, Some(owner));
    }
    let held: Vec<CallDecided> = (0..n)
        .map(|item| {
            let mut held = log.decision("req-1", bot(), Effect::Hold);
            held.item_uid = Some(format!("item-{item}"));
            log.record_decision(&held);
            held
        })
        .collect();
    for (held, reviewer) in held.iter().zip(&reviewers) {
        let statement = log.statement(held, Choice::Approve);
        log.countersign(held, &statement, reviewer);
        let jti = held.item_uid.clone().unwrap();
        log.release(held, vec![Digest::sha256(&statement.to_bytes().unwrap())], &jti);
        log.finish(held);
    }
    let records = log.records.len() as u64;
    let (files, pins) = dishonest_file(log);
    let zip = close(&files);
    let mut verifier = Verifier::new(Cursor::new(&zip), "x", &pins);
    while !matches!(verifier.step(u64::MAX).unwrap(), Step::Done(_)) {}
    (verifier.steps(), records)
}

#[test]
fn judging_goes_to_each_record_a_small_number_of_times() {
    let (some, some_records) = steps(40);
    let (more, more_records) = steps(120);
    assert!(
        some <= 20 * some_records && more <= 20 * more_records,
        "{some} steps for {some_records} records, {more} for {more_records}"
    );
}

/// What comes of a valid file under these limits.
/// How often a caller has its turn while a scripted log's file is verified with this budget, and how far it was told to be.
fn turns(budget: u64) -> (u64, Vec<u64>) {
    let mut log = Log::scripted(1);
    let zip = log.case().unwrap();
    let mut verifier = Verifier::new(Cursor::new(&zip), "x", &log.pins());
    let (mut turns, mut done) = (0, Vec::new());
    while let Step::Going(progress) = verifier.step(budget).unwrap() {
        assert!(progress.done <= progress.of, "{progress:?}");
        turns += 1;
        done.push(progress.done);
    }
    (turns, done)
}

#[test]
fn a_step_ends_when_its_budget_is_spent() {
    let (size, records) = {
        let mut log = Log::scripted(1);
        (log.case().unwrap().len() as u64, log.records.len() as u64)
    };
    // Each record, each file and each rotation is a turn of its own.
    let (smallest, done) = turns(1);
    assert!(smallest > records, "{smallest} turns");
    assert!(done.is_sorted() && done.first() < done.last(), "{done:?}");
    // A tenth of the bytes is spent several times: the file is hashed, and then read, in units that may be larger.
    let (tenths, _) = turns(size / 10);
    assert!((5..40).contains(&tenths), "{tenths} turns");
    assert_eq!(turns(u64::MAX).0, 0);
}

fn under(limits: Limits) -> Report {
    let mut log = Log::scripted(1);
    let (zip, pins) = (log.case().unwrap(), log.pins());
    let mut verifier = Verifier::with_limits(Cursor::new(&zip), "x", &pins, limits);
    loop {
        if let Step::Done(report) = verifier.step(u64::MAX).unwrap() {
            return *report;
        }
    }
}

#[test]
fn a_file_beyond_the_limits_is_refused_with_the_reason() {
    assert_eq!(under(Limits::default()).verdict, Verdict::Verified);
    assert_eq!(under(Limits::page()).verdict, Verdict::Verified);
    let records = Limits {
        records: 5,
        ..Limits::default()
    };
    let beside = Limits {
        beside_bytes: 2000,
        ..Limits::default()
    };
    let mut total = Limits::page();
    total.container.total_bytes = 10_000;
    for (limits, words) in [
        (records, "it has more than 5 records"),
        (beside, "what is to be kept in mind of them passes 0 MB"),
        (total, "at most 10000 are read"),
    ] {
        let report = under(limits);
        assert_eq!(report.verdict, Verdict::Failed, "{}", brief(&report));
        let form = report.finding(ids::FORMAT).unwrap();
        assert!(form.sentence.contains(words), "{}", form.sentence);
    }
}
