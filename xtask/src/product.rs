//! Verbs that use the built product: measuring, photographs, samples, bindings.

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::programs::{cargo, program, run, step};
use crate::setup::{self, Purpose};
use crate::{page, repo, verifier_page};

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

/// Measures, and writes docs/performance.md, docs/log-performance.md, docs/verifier-performance.md and
/// docs/screen-performance.md.
pub(crate) fn bench(options: &BenchOptions) -> Result<()> {
    setup::ensure(Purpose::Bench, options.yes)?;
    verifier_page::build()?;
    step("Building for release", build_for_release)?;
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

/// Builds every program that measures or is measured.
pub(crate) fn build_for_release() -> Result<()> {
    run(&mut cargo(&[
        "build",
        "--release",
        "--workspace",
        "--exclude",
        "ui",
        "--bins",
    ]))
}

/// Photographs every screen.
pub(crate) fn shots() -> Result<()> {
    setup::ensure(Purpose::Test, false)?;
    page::build()?;
    verifier_page::build()?;
    step("Building", || {
        // As the tests select: any other selection has other features, and builds half of the tree anew.
        run(&mut cargo(&["build", "--workspace", "--all-targets"]))
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
