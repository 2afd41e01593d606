//! Seeded mutations of valid files: none is accepted.
//!
//! **Accepted** means that a file reads as intact (with a pinned signer: verified) though a decoded name, a file's bytes or
//! a finding isn't what it was. One seed gives one file, everywhere.

mod archive;
mod bytes;
mod random;
mod text;

use std::io::Write as _;

use evidence::casefile::unpack;
use evidence::verifier::{Pins, Report, Verdict, verify};

use self::random::Random;
use crate::export::signed;
use crate::fixture::{Log, START_MS, bot};
use crate::tamper::{Files, brief, close, open};

/// What a mutation is made to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Bytes,
    Archive,
    Json,
}

const KINDS: [(Kind, &str); 3] = [
    (Kind::Bytes, "bytes"),
    (Kind::Archive, "zip structure"),
    (Kind::Json, "JSON structure"),
];

/// A valid file that is mutated.
struct Base {
    zip: Vec<u8>,
    files: Files,
    pins: Pins,
    report: Report,
}

impl Base {
    fn new(zip: Vec<u8>, pins: Pins) -> Self {
        let report = verify(&zip, "x", &pins);
        assert_eq!(report.verdict, Verdict::Verified, "{}", brief(&report));
        let files = open(&zip);
        assert_eq!(close(&files), zip);
        Self {
            zip,
            files,
            pins,
            report,
        }
    }

    fn mutated(&self, kind: Kind, random: &mut Random) -> Vec<u8> {
        match kind {
            Kind::Bytes => bytes::mutate(&self.zip, random),
            Kind::Archive => archive::mutate(&self.files, random),
            Kind::Json => text::mutate(&self.files, random),
        }
    }

    /// Whether a file that reads as intact is another than this one.
    fn is_another(&self, zip: &[u8], report: &Report) -> bool {
        let same_files = unpack(zip).is_ok_and(|files| files.into_iter().collect::<Files>() == self.files);
        !same_files || report.findings != self.report.findings || report.timeline != self.report.timeline
    }
}

/// A whole stream, an interval, and a log whose key was rotated.
fn bases() -> [Base; 3] {
    let mut log = Log::scripted(1);
    let whole = Base::new(log.case().unwrap(), log.pins());
    let input = log.export(&bot(), Some(START_MS + 7500), Some(START_MS + 12_500));
    let interval = signed(input, &log.keys.case).unwrap();
    let interval = Base::new(interval, log.pins());
    let mut rotated = Log::scripted(4);
    rotated.rotate(40);
    [whole, interval, Base::new(rotated.case().unwrap(), rotated.pins())]
}

/// What came of mutations of one kind.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    tried: u64,
    /// The seed changed nothing.
    unchanged: u64,
    refused: u64,
}

/// Tries these seeds. What would be accepted is given as a list, with the seed.
fn tried(seeds: impl Iterator<Item = u64>, bases: &[Base]) -> ([Tally; 3], Vec<String>) {
    let (mut tallies, mut accepted) = ([Tally::default(); 3], Vec::new());
    for seed in seeds {
        let mut random = Random::new(seed);
        let base = random.of(bases);
        let at = random.below(KINDS.len());
        let (kind, name) = KINDS[at];
        let zip = base.mutated(kind, &mut random);
        tallies[at].tried += 1;
        if zip == base.zip {
            tallies[at].unchanged += 1;
            continue;
        }
        let report = verify(&zip, "x", &base.pins);
        match report.verdict {
            Verdict::Failed | Verdict::NotACaseFile => tallies[at].refused += 1,
            Verdict::Verified | Verdict::SignerNotEstablished if base.is_another(&zip, &report) => {
                accepted.push(format!("seed {seed}, {name}: {}", brief(&report)));
            }
            Verdict::Verified | Verdict::SignerNotEstablished => {
                accepted.push(format!("seed {seed}, {name}: other bytes that decode to the same"));
            }
        }
    }
    (tallies, accepted)
}

/// How many times the test's 2,000; a trial tries more.
fn rounds() -> u64 {
    let asked = std::env::var("COUNTERSIGN_TRIAL_ROUNDS");
    asked.map_or(1, |rounds| rounds.parse().unwrap())
}

/// No file of the mutator's reads as intact: also none that decodes to the same, since an archive has one form.
#[test]
fn no_mutation_is_accepted() {
    const EACH: u64 = 2000;
    let total = EACH * rounds();
    let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    let found: Vec<_> = std::thread::scope(|scope| {
        let trying: Vec<_> = (0..threads)
            .map(|first| {
                let seeds = (first..total).step_by(usize::try_from(threads).unwrap());
                scope.spawn(move || tried(seeds, &bases()))
            })
            .collect();
        trying.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let accepted: Vec<String> = found.iter().flat_map(|(_, accepted)| accepted.clone()).collect();
    assert!(accepted.is_empty(), "{}", accepted.join("\n"));
    let mut kinds = Vec::new();
    for (at, (_, name)) in KINDS.iter().enumerate() {
        let sum = |of: fn(&Tally) -> u64| found.iter().map(|(tallies, _)| of(&tallies[at])).sum::<u64>();
        let (tried, unchanged, refused) = (sum(|t| t.tried), sum(|t| t.unchanged), sum(|t| t.refused));
        assert_eq!(tried, unchanged + refused);
        assert!(
            refused * 10 > tried * 9,
            "{name}: {unchanged} of {tried} change nothing"
        );
        kinds.push(format!("{tried} of {name} ({unchanged} change nothing)"));
    }
    let line = format!(
        "{total} mutations of valid case files, {}: all others refused, none accepted",
        kinds.join(", ")
    );
    if let Some(path) = std::env::var_os("COUNTERSIGN_TRIAL_FIGURES") {
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        writeln!(file, "{line}").unwrap();
    }
}

/// A seed alone decides on the file.
#[test]
fn a_seed_gives_one_file() {
    let bases = bases();
    let files = |seed: u64| {
        let mut random = Random::new(seed);
        let base = random.of(&bases);
        let (kind, _) = KINDS[random.below(KINDS.len())];
        base.mutated(kind, &mut random)
    };
    let first: Vec<Vec<u8>> = (0..100).map(files).collect();
    let again: Vec<Vec<u8>> = (0..100).map(files).collect();
    assert_eq!(first, again);
    let different: std::collections::BTreeSet<&Vec<u8>> = first.iter().collect();
    assert!(different.len() > 90, "{} different files of a hundred", different.len());
}
