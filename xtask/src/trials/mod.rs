//! `cargo xtask trial NAME`: what is too long for every change. Each appends a dated line to docs/trials.md.

mod fuzz;
mod mutants;
mod mutations;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Result, ensure};
use clap::Subcommand;

use crate::programs::{cargo, program, read, run, step};
use crate::setup::{self, Purpose};
use crate::{product, repo};

/// What is too long for every change.
#[derive(Subcommand)]
pub(crate) enum Trial {
    /// Kill the gateway with SIGKILL under load, again and again: nothing acknowledged may be lost.
    Kill {
        /// How many times.
        #[arg(long, default_value_t = 250)]
        cycles: u32,
    },
    /// Four fifths of what the gateway can take, for minutes: its memory stays, and nothing acknowledged is lost.
    Soak {
        /// For so many minutes.
        #[arg(long, default_value_t = 20)]
        minutes: u32,
    },
    /// Connections that dawdle, beside agents that don't: the agents hardly notice.
    SlowSockets {
        /// So many.
        #[arg(long, default_value_t = 1000)]
        sockets: u32,
    },
    /// Simulate the loss of power at each sync and between: nothing acknowledged may be lost.
    PowerLoss {
        /// How many times the test's two thousand cases.
        #[arg(long, default_value_t = 10)]
        rounds: u32,
    },
    /// Flip a bit in each byte of a small log: it is reported, or reads back identical.
    Flips,
    /// Fuzz each parser of what strangers send, and the whole verifier; needs a nightly compiler (rustup installs one).
    Fuzz {
        /// Minutes for each of the six targets.
        #[arg(long, default_value_t = 10)]
        minutes: u32,
    },
    /// Mutate valid case files by seeds: bytes, zip structure, JSON structure. None may be accepted. And every attack that
    /// has a name, natively and in WebAssembly.
    Mutations {
        /// How many times the test's two thousand; 0: only the attacks that have names.
        #[arg(long, default_value_t = 50)]
        rounds: u32,
    },
    /// Alter the verifier's own code in every way that cargo-mutants knows: the tests have to notice.
    Mutants {
        /// One part of so many, `1/4` for instance; all mutants where nothing is named.
        #[arg(long)]
        shard: Option<String>,
    },
}

/// Runs a trial, and appends its figures to docs/trials.md.
pub(crate) fn run_one(trial: &Trial) -> Result<()> {
    match trial {
        Trial::Kill { cycles } => {
            step("Building", || {
                run(&mut cargo(&[
                    "build",
                    "--package",
                    "cli",
                    "--package",
                    "product-tests",
                    "--bins",
                ]))
            })?;
            step("Killing", || {
                run(program(repo::program("debug", "kill-trial"))
                    .arg("--cycles")
                    .arg(cycles.to_string()))
            })
        }
        Trial::Soak { minutes } => loaded(&["soak", "--minutes", &minutes.to_string()]),
        Trial::SlowSockets { sockets } => loaded(&["slow-sockets", "--sockets", &sockets.to_string()]),
        Trial::PowerLoss { rounds } => longer("log", "power_loss::power_lost_at_every_sync_and_between", *rounds),
        Trial::Flips => longer("log", "flipping::one_byte_flipped_anywhere", 1),
        Trial::Fuzz { minutes } => fuzz::run_each(*minutes),
        Trial::Mutations { rounds } => mutations::natively_and_in_webassembly(*rounds),
        Trial::Mutants { shard } => mutants::of_the_verifier(shard.as_deref()),
    }
}

/// Runs a part of the bench against a gateway built for release, and appends what it prints to docs/trials.md.
fn loaded(part: &[&str]) -> Result<()> {
    setup::ensure(Purpose::Bench, false)?;
    step("Building for release", product::build_for_release)?;
    let figures = step("Loading", || {
        read(program(repo::program("release", "bench")).args(part))
    })?;
    append(figures.trim())
}

/// Runs one test of a test program at greater length, and appends what it hands over to docs/trials.md.
fn longer(program: &str, test: &str, rounds: u32) -> Result<()> {
    let figures = repo::target().join("trial-figures");
    fs::write(&figures, "")?;
    step("Trying", || {
        run(
            cargo(&["test", "--workspace", "--test", program, "--", "--exact", test])
                .env("COUNTERSIGN_TRIAL_FIGURES", &figures)
                .env("COUNTERSIGN_TRIAL_ROUNDS", rounds.to_string()),
        )
    })?;
    append(&one_line(&figures)?)
}

/// What a test handed over.
fn one_line(figures: &Path) -> Result<String> {
    let found = fs::read_to_string(figures)?;
    ensure!(found.lines().count() == 1, "the trial handed over no figures");
    Ok(found.trim().to_owned())
}

/// Appends a line to docs/trials.md, with its date.
fn append(figures: &str) -> Result<()> {
    let today = chrono::Utc::now().format("%Y-%m-%d");
    let line = format!("- {today}: {figures}.\n");
    print!("{line}");
    let mut trials = OpenOptions::new()
        .append(true)
        .open(repo::root().join("docs/trials.md"))?;
    trials.write_all(line.as_bytes())?;
    Ok(())
}
