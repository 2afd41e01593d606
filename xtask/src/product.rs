//! Verbs that use the built product: measuring, trials, photographs, samples, bindings.

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::programs::{cargo, program, run, step};
use crate::setup::{self, Purpose};
use crate::{page, repo};

/// How to measure.
#[derive(Args)]
pub(crate) struct BenchOptions {
    /// Seconds that each figure is measured for.
    #[arg(long, default_value_t = 10)]
    seconds: u32,
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
}

/// Measures, and writes docs/performance.md and docs/log-performance.md.
pub(crate) fn bench(options: &BenchOptions) -> Result<()> {
    setup::ensure(Purpose::Bench, options.yes)?;
    step("Building for release", || {
        run(&mut cargo(&[
            "build",
            "--release",
            "--package",
            "cli",
            "--package",
            "product-tests",
            "--bins",
        ]))
    })?;
    step("Measuring", || {
        run(program(repo::program("release", "bench"))
            .arg("--seconds")
            .arg(options.seconds.to_string()))
    })?;
    step("Building what measures the log", || {
        run(&mut cargo(&[
            "build",
            "--release",
            "--package",
            "ledger",
            "--example",
            "log_bench",
        ]))
    })?;
    // On the disk that the target directory is on: a folder for temporary files may be memory.
    let below = repo::target();
    step("Measuring the log", || {
        let table = std::fs::File::create(repo::root().join("docs/log-performance.md"))?;
        run(program(repo::program("release", "examples/log_bench"))
            .arg(&below)
            .stdout(table))
    })
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
    }
}

/// Photographs every screen.
pub(crate) fn shots() -> Result<()> {
    setup::ensure(Purpose::Test, false)?;
    page::build()?;
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
