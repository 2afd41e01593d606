//! `countersign`: the gateway without a window, and every operator's verb.
//!
//! A verb attaches to the gateway that runs on its data directory; only where none runs does it open the log itself,
//! under the writer's lock. `verify` needs neither; pins need a log only where there is one, which then records them.

mod agent_call;
mod args;
mod context;
mod failure;
mod keys;
mod output;
mod scenario;
mod session;
mod times;
mod verbs;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;

use crate::{args::Args, failure::Failure};

fn main() -> ExitCode {
    let args = Args::parse();
    log_to_stderr();
    let json = args.global.json;
    match run(args) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            output::complain(&failure, json);
            failure.exit.into()
        }
    }
}

fn run(args: Args) -> Result<failure::Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(verbs::run(args));
    // A keychain's prompt that nobody answers must not keep the program.
    runtime.shutdown_background();
    result
}

/// What the parts have to say while they work goes to stderr, warnings and worse unless `COUNTERSIGN_LOG` says else.
fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("COUNTERSIGN_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let colours = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    log.with_ansi(colours).with_target(false).init();
}
