//! Verbs that use the built product: measuring, trials, photographs, samples, bindings.

use std::fs::OpenOptions;
use std::io::Write as _;

use anyhow::{Result, ensure};
use clap::{Args, Subcommand, ValueEnum};

use crate::programs::{cargo, program, run, step};
use crate::setup::{self, Purpose};
use crate::{fuzz, page, repo, verifier_page};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Measured {
    /// The gateway, beside direct calls, nginx and other gateways: some ten minutes.
    Gateway,
    /// The log: appending, verifying, searching.
    Log,
    /// The verifier, native and in the page.
    Verifier,
    /// The audit viewer, in a real window.
    Screen,
}

/// How to measure.
#[derive(Args)]
pub(crate) struct BenchOptions {
    /// What to measure; everything, where nothing is named.
    #[arg(value_enum)]
    what: Option<Measured>,
    /// Seconds that each of the gateway's figures is measured for.
    #[arg(long, default_value_t = 4)]
    seconds: u32,
    /// Leave the other gateways out.
    #[arg(long)]
    without_peers: bool,
    /// Don't ask before using sudo.
    #[arg(long)]
    yes: bool,
}

/// What is too long for every change.
#[derive(Subcommand)]
pub(crate) enum Trial {
    /// Kill the gateway with SIGKILL under load, again and again: nothing acknowledged may be lost.
    Kill {
        /// How many times.
        #[arg(long, default_value_t = 250)]
        cycles: u32,
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
    /// Mutate valid case files by seeds: bytes, zip structure, JSON structure. None may be accepted.
    Mutations {
        /// How many times the test's two thousand.
        #[arg(long, default_value_t = 50)]
        rounds: u32,
    },
}

/// Measures, and writes docs/performance.md, docs/log-performance.md, docs/verifier-performance.md and
/// docs/screen-performance.md.
pub(crate) fn bench(options: &BenchOptions) -> Result<()> {
    setup::ensure(Purpose::Bench, options.yes)?;
    verifier_page::build()?;
    step("Building for release", || {
        run(&mut cargo(&[
            "build",
            "--release",
            "--workspace",
            "--exclude",
            "ui",
            "--bins",
        ]))
    })?;
    let wanted = |what| options.what.is_none_or(|only| only == what);
    if wanted(Measured::Gateway) {
        step("Measuring the gateway", || {
            let mut bench = program(repo::program("release", "bench"));
            bench.arg("--seconds").arg(options.seconds.to_string());
            if options.without_peers {
                bench.arg("--without-peers");
            }
            run(&mut bench)
        })?;
    }
    if wanted(Measured::Log) {
        // On the disk that the target directory is on: a folder for temporary files may be memory.
        let below = repo::target();
        step("Measuring the log", || {
            let table = std::fs::File::create(repo::root().join("docs/log-performance.md"))?;
            run(program(repo::program("release", "log-bench")).arg(&below).stdout(table))
        })?;
    }
    if wanted(Measured::Verifier) {
        step("Measuring the verifier", || {
            run(program(repo::program("release", "verifier-bench")).env("TMPDIR", repo::target()))
        })?;
    }
    if wanted(Measured::Screen) {
        step("Measuring the audit viewer", || {
            run(&mut program(repo::program("release", "screen-bench")))
        })?;
    }
    Ok(())
}

/// Runs a trial, and appends its figures to docs/trials.md.
pub(crate) fn trial(trial: &Trial) -> Result<()> {
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
        Trial::PowerLoss { rounds } => longer("log", "power_loss::power_lost_at_every_sync_and_between", *rounds),
        Trial::Flips => longer("log", "flipping::one_byte_flipped_anywhere", 1),
        Trial::Fuzz { minutes } => fuzz::run_each(*minutes),
        Trial::Mutations { rounds } => longer("casefile", "accepted::no_mutation_is_accepted", *rounds),
    }
}

/// Runs one test of a test program at greater length, and appends what it hands over to docs/trials.md.
fn longer(program: &str, test: &str, rounds: u32) -> Result<()> {
    let figures = repo::target().join("trial-figures");
    std::fs::write(&figures, "")?;
    step("Trying", || {
        run(
            cargo(&["test", "--workspace", "--test", program, "--", "--exact", test])
                .env("COUNTERSIGN_TRIAL_FIGURES", &figures)
                .env("COUNTERSIGN_TRIAL_ROUNDS", rounds.to_string()),
        )
    })?;
    let today = chrono::Utc::now().format("%Y-%m-%d");
    let found = std::fs::read_to_string(&figures)?;
    ensure!(found.lines().count() == 1, "the trial handed over no figures");
    let line = format!("- {today}: {}.\n", found.trim());
    print!("{line}");
    let mut trials = OpenOptions::new()
        .append(true)
        .open(repo::root().join("docs/trials.md"))?;
    trials.write_all(line.as_bytes())?;
    Ok(())
}

/// Photographs every screen.
pub(crate) fn shots() -> Result<()> {
    setup::ensure(Purpose::Test, false)?;
    page::build()?;
    verifier_page::build()?;
    step("Building", || {
        run(&mut cargo(&[
            "build",
            "--package",
            "countersign-console",
            "--package",
            "cli",
            "--package",
            "product-tests",
            "--bins",
        ]))
    })?;
    step("Photographing", || run(&mut program(repo::program("debug", "shots"))))
}

/// Makes the sample case files.
pub(crate) fn samples() -> Result<()> {
    step("Building the command line", || {
        run(&mut cargo(&["build", "--package", "cli"]))
    })?;
    step("Making assets/samples/", || {
        run(program(repo::program("debug", "countersign"))
            .arg("samples")
            .arg(repo::root().join("assets/samples")))
    })
}

/// Writes the TypeScript types.
pub(crate) fn bindings() -> Result<()> {
    step("Writing assets/bindings/", || {
        run(&mut cargo(&["run", "--package", "product-tests", "--bin", "bindings"]))
    })
}
