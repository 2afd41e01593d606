//! Set-up, run, test, bench, tidy: `cargo xtask VERB`.
//!
//! Two verbs are for newcomers: `run` opens the product and `test` proves it. Each installs what it needs first. The
//! others are the steps these two are made of, and what is measured or made less often.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks on its standard streams"
)]

mod page;
mod product;
mod programs;
mod repo;
mod run;
mod setup;
mod test;
mod tidy;
mod trials;
mod verifier_page;
mod wasm;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::setup::Purpose;

/// Builds, runs, tests and measures Countersign.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Install what is missing, build everything and open the console (or serve headless where there is no display).
    Run(run::Options),
    /// Install what tests need and run everything: house rules, lints, unit, integration, the real window, keychain
    /// and SDKs.
    Test(test::Options),
    /// Install what is missing, and nothing else.
    Setup {
        /// What it is to be ready for.
        #[arg(long = "for", value_enum, default_value_t = Purpose::Run)]
        purpose: Purpose,
        /// Don't ask before using sudo.
        #[arg(long)]
        yes: bool,
    },
    /// Build the page that the console's window shows, into dist/.
    Ui,
    /// Build the verifier as one self-contained file, dist-verifier/verifier.html, with SHA256SUMS beside it, and print
    /// its SHA-256.
    VerifierPage {
        /// Build it a second time, from a copy of the sources in another folder, and compare the bytes.
        #[arg(long)]
        again: bool,
    },
    /// Check the house rules.
    Tidy,
    /// Measure the gateway against a direct call, a bare nginx and other gateways, the log, and the audit viewer.
    Bench(product::BenchOptions),
    /// Run what is too long for every change, and append dated figures to docs/trials.md.
    Trial {
        #[command(subcommand)]
        trial: trials::Trial,
    },
    /// Photograph each screen, light and dark, in the real window, into docs/screenshots/.
    Shots,
    /// Make assets/samples/ from a scripted run.
    Samples,
    /// Write the TypeScript types of the public formats into assets/bindings/.
    Bindings,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().verb {
        Verb::Run(options) => run::run(&options),
        Verb::Test(options) => test::run(&options),
        Verb::Setup { purpose, yes } => setup::ensure(purpose, yes),
        Verb::Ui => setup::ensure_target(setup::PAGE).and_then(|()| page::build()),
        Verb::VerifierPage { again } => setup::ensure_target(setup::PAGE).and_then(|()| match again {
            true => verifier_page::build_again(),
            false => verifier_page::build(),
        }),
        Verb::Tidy => tidy::run(),
        Verb::Bench(options) => product::bench(&options),
        Verb::Trial { trial } => trials::run_one(&trial),
        Verb::Shots => product::shots(),
        Verb::Samples => product::samples(),
        Verb::Bindings => product::bindings(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}
