//! `cargo xtask trial kill`: more kills than a test has time for, and a dated line in docs/trials.md.
#![expect(clippy::print_stdout, reason = "a command line speaks on its standard streams")]

use std::fs::OpenOptions;
use std::io::Write as _;

use anyhow::Result;
use clap::Parser;
use product_tests::{Cli, Home, KeyStore, kill_cycles, root};

#[derive(Parser)]
struct Arguments {
    /// How many times the gateway is killed.
    #[arg(long, default_value_t = 250)]
    cycles: u32,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let home = Home::new("kill-trial")?;
    let cli = Cli::new(&home, KeyStore::SealedFile)?;
    let key = cli.init()?.runtime_key;
    let tally = kill_cycles(&cli, &key, arguments.cycles).await?;
    let line = format!(
        "- {}: {} kills ({} before any answer): {} receipts acknowledged, {} found again, none twice; log of {} records verified.\n",
        chrono::Utc::now().format("%Y-%m-%d"),
        tally.cycles,
        tally.before_any_answer,
        tally.acknowledged,
        tally.found,
        tally.records,
    );
    print!("{line}");
    OpenOptions::new()
        .append(true)
        .open(root().join("docs/trials.md"))?
        .write_all(line.as_bytes())?;
    Ok(())
}
