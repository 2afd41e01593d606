//! `cargo xtask bench`: what verifying a case file takes, natively and in the page, beside hashing the same bytes alone; and
//! how much memory the product needs for a file of a million records.
//!
//! The log is filled beside the product, with stories such as its gateway makes, while no gateway runs; the files are the
//! product's own exports of it. Writes docs/verifier-performance.md.
#![expect(clippy::print_stdout, reason = "a command line speaks on its standard streams")]

mod measuring;
mod page;
mod worst;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use clap::{Parser, Subcommand};
use contract::{Report, Verdict};
use ledger::{Ledger, Options, WriterLock};
use product_tests::{Browser, Cli, Engine, Home, KeyStore, fill_with_stories, program, root};
use serde_json::Value;
use vault::{Scope, StoreChoice};

use crate::measuring::{Run, hashed, measured};

/// The sizes of the files that the page reads, MB.
const SIZES: [u64; 3] = [1, 10, 50];
/// What a record takes in a case file, with its proof, in bytes: to choose how many records make a size, beside the page
/// that is in each file.
const RECORD: u64 = 3_735;
const PAGE: u64 = 1_100_000;

#[derive(Parser)]
struct Arguments {
    /// How many records the longest file has.
    #[arg(long, default_value_t = 1_000_000)]
    records: u64,
    #[command(subcommand)]
    part: Option<Part>,
}

#[derive(Subcommand)]
enum Part {
    /// Fills a log, beside the product.
    Fill {
        /// The product's data directory.
        data: PathBuf,
        /// The file with its passphrase.
        passphrase: PathBuf,
    },
}

/// What one file took.
struct Figures {
    what: String,
    bytes: u64,
    records: u64,
    verdict: Verdict,
    native_ms: f64,
    hash_ms: f64,
    peak_mb: f64,
    page: Option<page::Took>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(Part::Fill { data, passphrase }) = &arguments.part {
        return fill_log(data, passphrase, arguments.records).await;
    }
    let home = Home::new("verifier-bench")?;
    let cli = Cli::new(&home, KeyStore::SealedFile)?;
    cli.init()?;
    let browser = Browser::open(&home, Engine::Chromium, &page::built()?).await?;
    let mut figures = Vec::new();
    for size in SIZES {
        filled(&home, ((size << 20) - PAGE.min(size << 19)) / RECORD)?;
        let file = home.path().join(format!("of-{size}-mb.case.zip"));
        exported(&cli, &file)?;
        figures.push(whole(&home, &browser, &format!("{size} MB, as exported"), &file).await?);
        if size == 50 {
            for (what, made) in worst::made(&file)? {
                figures.push(whole(&home, &browser, what, &made).await?);
                fs::remove_file(made)?;
            }
        }
    }
    browser.close().await?;
    filled(&home, arguments.records)?;
    let file = home.path().join("whole-log.case.zip");
    let export = exported(&cli, &file)?;
    let longest = native(&home, "the whole log", &file)?;
    let text = written(&figures, &longest, &export)?;
    fs::write(root().join("docs/verifier-performance.md"), text)?;
    Ok(())
}

async fn fill_log(data: &Path, passphrase: &Path, records: u64) -> Result<()> {
    let passphrase = fs::read_to_string(passphrase)?.trim_end().to_owned().into();
    let store = vault::open(&StoreChoice::SealedFile { passphrase }, data, Scope::Gateway)?;
    let lock = WriterLock::take(data)?;
    let ledger = Ledger::open(lock, Arc::clone(&store), &Options::default(), |_, _| {})?;
    let opened = ledger.record(0)?.context("a log without a record 0")?;
    let tenant = opened.event().pointer("/metadata/tenant_uid").and_then(Value::as_str);
    fill_with_stories(&ledger, tenant.context("a record 0 without a tenant")?, records).await?;
    ledger.close().await?;
    Ok(())
}

fn filled(home: &Home, records: u64) -> Result<()> {
    println!("Filling the log to {records} records");
    let filled = home
        .command(std::env::current_exe()?)
        .arg("--records")
        .arg(records.to_string())
        .arg("fill")
        .arg(home.data())
        .arg(home.path().join("passphrase"))
        .status()?;
    ensure!(filled.success(), "the log couldn't be filled");
    Ok(())
}

/// The whole log's case file, by the product.
fn exported(cli: &Cli<'_>, file: &Path) -> Result<Run> {
    let path = file.display().to_string();
    println!("Exporting all of it");
    let run = measured(&mut cli.command(&["case", "export", "--all", "--out", &path])?)?;
    ensure!(run.code == 0, "the export failed: {}", run.stdout);
    Ok(run)
}

/// What a file takes by the command line, and in the page.
async fn whole(home: &Home, browser: &Browser, what: &str, file: &Path) -> Result<Figures> {
    let mut figures = native(home, what, file)?;
    let took = page::measured(browser, file).await?;
    let verdict = Value::from(took.verdict.as_str());
    ensure!(
        verdict == serde_json::to_value(figures.verdict)?,
        "the page finds {verdict}, the command line {:?}",
        figures.verdict
    );
    figures.page = Some(took);
    Ok(figures)
}

/// What a file takes by the command line: the shortest of some runs, of a long file one.
fn native(home: &Home, what: &str, file: &Path) -> Result<Figures> {
    let bytes = fs::metadata(file)?.len();
    println!("Verifying {what}, {:.1} MB", megabytes(bytes));
    let path = file.display().to_string();
    let times = if bytes > 200 << 20 { 1 } else { 3 };
    let mut best: Option<(f64, Run, Report)> = None;
    for _ in 0..times {
        // A stranger's: whoever made the file has its key among those that are known.
        let mut verify = home.command(program("countersign")?);
        verify
            .args(["verify", &path, "--json", "--data"])
            .arg(home.path().join("stranger"));
        let run = measured(&mut verify)?;
        let report: Report =
            serde_json::from_str(&run.stdout).with_context(|| format!("`verify` ended with {}", run.code))?;
        #[expect(clippy::cast_precision_loss, reason = "a time in ms")]
        let took = report.elapsed_ms as f64;
        if best.as_ref().is_none_or(|(best, ..)| took < *best) {
            best = Some((took, run, report));
        }
    }
    let (native_ms, run, report) = best.context("nothing was verified")?;
    let of = report
        .findings
        .iter()
        .find(|finding| finding.id == "record.fingerprint");
    Ok(Figures {
        what: what.to_owned(),
        bytes,
        records: of.and_then(|finding| finding.of).unwrap_or_default(),
        verdict: report.verdict,
        native_ms,
        hash_ms: hashed(file)?,
        peak_mb: run.peak_mb,
        page: None,
    })
}

fn written(figures: &[Figures], longest: &Figures, export: &Run) -> Result<String> {
    let mut text = String::from(
        "# What verifying a case file takes\n\nMade by `cargo xtask bench`; don't edit. Ratios travel between machines; \
         absolute figures don't.\n\n",
    );
    writeln!(
        text,
        "Measured {} on {} {} cores under {}. Each file is read from the system's cache. Natively: `countersign verify`, one \
         core, the shortest of three runs. In the page: verifier.html in Chromium, from the drop to the verdict, the shortest \
         of three. Hashing alone is SHA-256 of the same bytes, natively and by the page (which reads them all the same).\n",
        chrono::Utc::now().format("%Y-%m-%d"),
        std::thread::available_parallelism()?,
        std::env::consts::ARCH,
        std::env::consts::OS,
    )?;
    text.push_str(
        "| file | MB | records | verdict | natively, ms | hashed, ms | times it | in the page, ms | hashed there, ms | times \
         it | page to native | native peak, MB |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for one in figures {
        let Some(page) = &one.page else { continue };
        writeln!(
            text,
            "| {} | {:.1} | {} | {} | {:.0} | {:.0} | {:.1} | {:.0} | {:.0} | {:.1} | {:.1} | {:.0} |",
            one.what,
            megabytes(one.bytes),
            one.records,
            page.verdict,
            one.native_ms,
            one.hash_ms,
            one.native_ms / one.hash_ms,
            page.verdict_ms,
            page.hash_ms,
            page.verdict_ms / page.hash_ms,
            page.verdict_ms / one.native_ms,
            one.peak_mb,
        )?;
    }
    let slowest = figures
        .iter()
        .filter(|one| one.bytes > 40 << 20)
        .filter_map(|one| Some((one.page.as_ref()?.verdict_ms, &one.what)))
        .max_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((ms, what)) = slowest {
        writeln!(
            text,
            "\nThe slowest file of some 50 MB in the page: {what}, {:.1} s.",
            ms / 1000.0
        )?;
    }
    writeln!(
        text,
        "\n## A whole log of {} records\n\nOne case file of {:.0} MB, by `countersign case export --all`: made and verified by \
         the gateway in {:.0} s, with {:.0} MB of memory at most. `countersign verify` on it: {:.0} s (hashing alone {:.1} s), \
         with {:.0} MB of memory at most. Memory is the process's resident peak (VmHWM), read every 20 ms to its end.",
        longest.records,
        megabytes(longest.bytes),
        export.seconds,
        export.peak_mb,
        longest.native_ms / 1000.0,
        longest.hash_ms / 1000.0,
        longest.peak_mb,
    )?;
    Ok(text)
}

#[expect(clippy::cast_precision_loss, reason = "a size in MB")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
