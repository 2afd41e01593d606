//! No seeded mutation of a valid file is accepted.
//!
//! **Accepted** means that a file reads as intact (with a pinned signer: verified) though a decoded name, a file's bytes or
//! a finding isn't what it was.

use std::collections::BTreeMap;
use std::io::Write as _;

use evidence::Digest;
use evidence::verifier::{Verdict, verify};

use crate::mutations::{Base, KINDS, Mutation, bases, of_seed};
use crate::tamper::brief;

/// What came of mutations of one kind.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    tried: u64,
    /// The seed changed nothing.
    unchanged: u64,
    refused: u64,
}

/// What came of some seeds.
#[derive(Default)]
struct Tried {
    tallies: [Tally; 3],
    /// What would be accepted, with its seed.
    accepted: Vec<String>,
    /// The digest of the whole report on each seed's file, in which a verifier built otherwise has to agree.
    reports: BTreeMap<u64, Digest>,
}

impl Tried {
    fn and(mut self, other: Self) -> Self {
        for (tally, more) in self.tallies.iter_mut().zip(other.tallies) {
            tally.tried += more.tried;
            tally.unchanged += more.unchanged;
            tally.refused += more.refused;
        }
        self.accepted.extend(other.accepted);
        self.reports.extend(other.reports);
        self
    }
}

/// Tries these seeds.
fn tried(seeds: impl Iterator<Item = u64>, bases: &[Base]) -> Tried {
    let Tried {
        mut tallies,
        mut accepted,
        mut reports,
    } = Tried::default();
    for seed in seeds {
        let Mutation { base, kind: at, zip } = of_seed(seed, bases);
        let (_, name) = KINDS[at];
        tallies[at].tried += 1;
        if zip == base.zip {
            tallies[at].unchanged += 1;
            continue;
        }
        let report = verify(&zip, "x", &base.pins);
        reports.insert(seed, Digest::sha256(format!("{report:?}").as_bytes()));
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
    Tried {
        tallies,
        accepted,
        reports,
    }
}

/// Tries all seeds below `total`, on every processor.
fn tried_below(total: u64) -> Tried {
    // WebAssembly has one, and no threads.
    let threads = match cfg!(target_family = "wasm") {
        true => 1,
        false => std::thread::available_parallelism().map_or(1, |threads| threads.get() as u64),
    };
    if threads == 1 {
        return tried(0..total, &bases());
    }
    std::thread::scope(|scope| {
        let trying: Vec<_> = (0..threads)
            .map(|first| {
                let seeds = (first..total).step_by(usize::try_from(threads).unwrap());
                scope.spawn(move || tried(seeds, &bases()))
            })
            .collect();
        let found = trying.into_iter().map(|thread| thread.join().unwrap());
        found.fold(Tried::default(), Tried::and)
    })
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
    let Tried {
        tallies,
        accepted,
        reports,
    } = tried_below(total);
    assert!(accepted.is_empty(), "{}", accepted.join("\n"));
    let mut kinds = Vec::new();
    for (at, (_, name)) in KINDS.iter().enumerate() {
        let Tally {
            tried,
            unchanged,
            refused,
        } = tallies[at];
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
    if let Some(path) = std::env::var_os("COUNTERSIGN_TRIAL_REPORTS") {
        let lines: String = reports
            .iter()
            .map(|(seed, report)| format!("{seed} {report}\n"))
            .collect();
        std::fs::write(path, lines).unwrap();
    }
}

/// A seed alone decides on the file.
#[test]
fn a_seed_gives_one_file() {
    let bases = bases();
    let files = |seed: u64| of_seed(seed, &bases).zip;
    let first: Vec<Vec<u8>> = (0..100).map(files).collect();
    let again: Vec<Vec<u8>> = (0..100).map(files).collect();
    assert_eq!(first, again);
    let different: std::collections::BTreeSet<&Vec<u8>> = first.iter().collect();
    assert!(different.len() > 90, "{} different files of a hundred", different.len());
}
