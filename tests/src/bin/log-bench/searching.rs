//! Opening and searching logs of several sizes.

use std::path::Path;
use std::time::Instant;

use evidence::ocsf::Outcome;
use ledger::index::{Clause, Condition, INDEX_FILE, Index, Named, Search};
use ledger::{Filter, Ledger};

use crate::{Place, Result, TENANT, per_second};
use product_tests::fill;

/// Rows of a page.
const PAGE: u64 = 100;
/// Jumps that are measured; the slowest counts.
const JUMPS: u64 = 50;

/// A row for each size.
pub(crate) async fn table(below: &Path, sizes: &[u64]) -> Result<()> {
    println!("## Searching\n");
    println!(
        "Times in ms. Open: a log that was closed, to its first page. Proof: the slowest of {JUMPS}, that a record is in the \
         log and that the log as it was then is its beginning. First: the filter's first answer. Jump: the slowest of \
         {JUMPS}, anywhere in the list. Density: how the matching records lie in time; the first reads what all are told from, \
         which is kept while somebody looks. Calls: the slowest of {JUMPS} pages of {PAGE} calls, with their records. Day: the \
         sums of a day by hour, agent and model.\n"
    );
    println!(
        "| records | index made, records/s | index, bytes a record | open | proof | filter | matching | first | jump | density | calls | day |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for size in sizes {
        rows(below, *size).await?;
    }
    println!();
    Ok(())
}

async fn rows(below: &Path, size: u64) -> Result<()> {
    let place = Place::new(below)?;
    let ledger = place.create()?;
    fill(&ledger, TENANT, size).await?;
    let index = Index::new(place.dir.path());
    let began = Instant::now();
    index.catch_up(&ledger, || true)?;
    let made = per_second(size, began);
    index.close();
    ledger.close().await?;
    let bytes = std::fs::metadata(place.dir.path().join(INDEX_FILE))?.len() / size;

    let began = Instant::now();
    let ledger = place.open()?;
    let page = ledger.page(None, 100, &Filter::default())?;
    let opened = milliseconds(began);
    let proof = slowest_proof(&ledger, size)?;
    let index = Index::new(place.dir.path());
    index.catch_up(&ledger, || true)?;
    let middle = page
        .last()
        .map_or_else(String::new, |record| record.fingerprint().to_string());
    for (name, search) in searches(&middle) {
        let began = Instant::now();
        let of = index.page(&search, size, 0, PAGE)?.of;
        let first = milliseconds(began);
        let jump = slowest_jump(&ledger, &index, &search, size, of)?;
        let began = Instant::now();
        drop(index.density(&search, size, (None, None), 160)?);
        let density = milliseconds(began);
        let calls = slowest_calls(&ledger, &index, &search, size)?;
        let began = Instant::now();
        std::hint::black_box(index.added(&(0..i64::MAX))?);
        let day = milliseconds(began);
        println!(
            "| {size} | {made:.0} | {bytes} | {opened:.0} | {proof:.1} | {name} | {of} | {first:.1} | {jump:.1} | {density:.1} | {calls:.1} | {day:.1} |"
        );
    }
    ledger.close().await?;
    Ok(())
}

fn searches(fingerprint: &str) -> Vec<(&'static str, Search)> {
    let wants = |condition| Search {
        clauses: vec![Clause {
            negated: false,
            condition,
        }],
    };
    let word = |text: &str| Condition::Words {
        text: text.to_owned(),
        prefix: false,
    };
    vec![
        ("none", Search::default()),
        ("agent", wants(Condition::Is(Named::Agent, "agent-7".to_owned()))),
        ("decision:held", wants(Condition::Decision(Outcome::Held))),
        ("a common word", wants(word("policy"))),
        ("a phrase", wants(word("was held for a person"))),
        ("a fingerprint", wants(Condition::Id(fingerprint.to_owned()))),
    ]
}

fn slowest_proof(ledger: &Ledger, size: u64) -> Result<f64> {
    let mut slowest = 0.0_f64;
    for jump in 0..JUMPS {
        let sequence = size * jump / JUMPS;
        let began = Instant::now();
        std::hint::black_box(ledger.inclusion(sequence, size)?);
        std::hint::black_box(ledger.consistency(sequence + 1, size)?);
        slowest = slowest.max(milliseconds(began));
    }
    Ok(slowest)
}

fn slowest_jump(ledger: &Ledger, index: &Index, search: &Search, size: u64, of: u64) -> Result<f64> {
    let mut slowest = 0.0_f64;
    for jump in 0..JUMPS {
        let began = Instant::now();
        let found = index.page(search, size, of * jump / JUMPS, PAGE)?;
        std::hint::black_box(ledger.records_at(&found.sequences)?);
        slowest = slowest.max(milliseconds(began));
    }
    Ok(slowest)
}

/// As a gateway answers for its list of calls: which, and the records of each.
fn slowest_calls(ledger: &Ledger, index: &Index, search: &Search, size: u64) -> Result<f64> {
    let of = index.calls(search, size, 0, 1)?.of;
    let mut slowest = 0.0_f64;
    for jump in 0..JUMPS {
        let began = Instant::now();
        let found = index.calls(search, size, of * jump / JUMPS, PAGE)?;
        for asked in ledger.records_at(&found.sequences)? {
            let story = Filter {
                stream: None,
                correlation: asked.correlation_uid().map(str::to_owned),
            };
            std::hint::black_box(ledger.page(None, 100, &story)?);
        }
        slowest = slowest.max(milliseconds(began));
    }
    Ok(slowest)
}

fn milliseconds(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}
