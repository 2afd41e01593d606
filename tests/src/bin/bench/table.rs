//! docs/performance.md: the figures, made anew; what is said of them below stays.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};
use product_tests::root;

use crate::halting::Halting;
use crate::load::{Ask, Figures};
use crate::usage::resident_mb;
use crate::ways::Ways;
use crate::{BODIES_KB, CONCURRENCY};

/// Our own way.
pub(crate) const OURS: &str = "countersign";

/// Where what people write begins: from here on the file stays as it is.
const WRITTEN_BY_HAND: &str = "## Where the time goes";

/// What one way did under one load.
pub(crate) struct Row {
    pub(crate) ask: Ask,
    pub(crate) way: &'static str,
    /// None where not every call was answered as it should be.
    pub(crate) figures: Option<Figures>,
}

/// The figures as they stand in the file.
pub(crate) fn tables(rows: &[Row], ways: &Ways, time: Duration) -> Result<String> {
    let mut text = introduction(time);
    for kilobytes in BODIES_KB {
        for stream in [false, true] {
            let answers = if stream { "streamed" } else { "whole" };
            let _never_fails = write!(text, "### Bodies of {kilobytes} KB, answers {answers}\n\n{HEAD}");
            for callers in CONCURRENCY {
                let ask = Ask {
                    kilobytes,
                    stream,
                    callers,
                };
                table(&mut text, ask, rows);
            }
            text.push('\n');
        }
    }
    memory(&mut text, ways)?;
    Ok(text)
}

/// Puts them in place of the ones that are there.
pub(crate) fn write(text: &str) -> Result<()> {
    let file = root().join("docs/performance.md");
    let before = fs::read_to_string(&file).unwrap_or_default();
    let by_hand = before.find(WRITTEN_BY_HAND).and_then(|at| before.get(at..));
    fs::write(&file, [text, by_hand.unwrap_or_default()].concat()).context("docs/performance.md")
}

const HEAD: &str = "| callers | way | requests/s | p50 | p99 | added p50 | added p99 | of nginx | CPU a request | written a request |\n\
     |---|---|---|---|---|---|---|---|---|---|\n";

fn introduction(time: Duration) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "# Performance\n\n\
         The figures are made by `cargo xtask bench gateway`; what is below \"Where the time goes\" is written by hand.\n\n\
         ## Figures\n\n\
         Measured {} on {cores} shared {} cores under {}: load generator, upstream and every way on the same cores, {} s\n\
         a figure. Every way ends at the same practice upstream in a process of its own; connections are kept alive.\n\
         Countersign makes two durable records for each call, the decision before it leaves and the outcome before its\n\
         answer ends (SQLite WAL, synchronous=FULL), seals the contents, follows with its search index, and decides by\n\
         the built-in policy. nginx is a bare reverse proxy: the yardstick for what is physically possible. *CPU* and\n\
         *written* are those of the way's own processes, from /proc; CPU in steps of 10 ms. Ratios travel between\n\
         machines; absolute figures don't.\n\n",
        chrono::Utc::now().format("%Y-%m-%d"),
        std::env::consts::ARCH,
        std::env::consts::OS,
        time.as_secs(),
    )
}

fn table(text: &mut String, ask: Ask, rows: &[Row]) {
    let of = |way| {
        let row = rows.iter().find(|row| row.ask == ask && row.way == way);
        row.and_then(|row| row.figures.as_ref())
    };
    let (direct, nginx) = (of("direct"), of("nginx"));
    for row in rows.iter().filter(|row| row.ask == ask) {
        let Some(figures) = &row.figures else {
            let (callers, way) = (ask.callers, row.way);
            let _never_fails = writeln!(text, "| {callers} | {way} | fails such calls | | | | | | | |");
            continue;
        };
        let mut cells = vec![
            ask.callers.to_string(),
            row.way.to_owned(),
            format!("{:.0}", figures.per_second),
            milliseconds(figures.p50_us),
            milliseconds(figures.p99_us),
        ];
        if let Some(each) = figures.each {
            let added = |of: fn(&Figures) -> u64| {
                direct.map_or_else(String::new, |direct| {
                    milliseconds(of(figures).saturating_sub(of(direct)))
                })
            };
            cells.push(added(|figures| figures.p50_us));
            cells.push(added(|figures| figures.p99_us));
            cells.push(nginx.map_or_else(String::new, |nginx| {
                format!("{:.1} %", 100.0 * figures.per_second / nginx.per_second)
            }));
            cells.push(format!("{:.0} µs", each.cpu_us));
            cells.push(format!("{:.1} KB", each.written / 1024.0));
        }
        cells.resize(10, String::new());
        let _never_fails = writeln!(text, "| {} |", cells.join(" | "));
    }
}

fn memory(text: &mut String, ways: &Ways) -> Result<()> {
    text.push_str("### Memory\n\n| way | resident after all of it | at most |\n|---|---|---|\n");
    for way in &ways.all {
        if let Some(process) = &way.process {
            let (now, peak) = resident_mb(process.pid())?;
            let _never_fails = writeln!(text, "| {} | {now:.0} MB | {peak:.0} MB |", way.name);
        }
    }
    for (name, why) in &ways.absent {
        let why = why.lines().next().unwrap_or_default();
        let _never_fails = write!(
            text,
            "\n{name} isn't in the tables, because it couldn't be started: {why}.\n"
        );
    }
    text.push('\n');
    Ok(())
}

/// What halting an agent took.
pub(crate) fn halting(measured: &[Halting]) -> String {
    let mut text = "### Halting an agent\n\n\
         From an operator's request to halt an agent: until the operator is answered (it is recorded, and no new call is let\n\
         in), and until the last of the agent's streams has ended at the agent. Their upstream says nothing meanwhile.\n\n\
         | streams | times | answered p50 | at most | cut p50 | at most |\n|---|---|---|---|---|---|\n"
        .to_owned();
    for Halting { streams, cut, answered } in measured {
        let _never_fails = writeln!(
            text,
            "| {streams} | {} | {} | {} | {} | {} |",
            cut.len(),
            milliseconds(answered.value_at_quantile(0.5)),
            milliseconds(answered.max()),
            milliseconds(cut.value_at_quantile(0.5)),
            milliseconds(cut.max()),
        );
    }
    text.push('\n');
    text
}

fn milliseconds(microseconds: u64) -> String {
    format!("{}.{:02} ms", microseconds / 1000, microseconds % 1000 / 10)
}
