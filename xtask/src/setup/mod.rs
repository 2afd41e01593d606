//! Installing what is missing: system packages, the wasm target.
//!
//! Nothing is installed that is there, nothing is done with sudo that wasn't agreed to, and where this program can't
//! install by itself it says what to install and how.

mod debian;
mod elsewhere;
mod packages;

use std::path::Path;

use anyhow::{Result, bail};
use clap::ValueEnum;

use crate::programs::{answers, program, read, run};

/// What the machine is to be ready for. Each includes the one before, save that `bench` needs no window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Purpose {
    /// Building and running the product.
    Run,
    /// The whole test suite.
    Test,
    /// The benchmark.
    Bench,
}

/// Makes the machine ready: asks before it uses sudo (unless `yes`), never as root.
pub(crate) fn ensure(purpose: Purpose, yes: bool) -> Result<()> {
    ensure_target(PAGE)?;
    let needs = packages::needed_for(purpose);
    if cfg!(target_os = "linux") && Path::new("/usr/bin/dpkg-query").exists() {
        debian::ensure(&needs, yes)
    } else {
        elsewhere::explain(&needs)
    }
}

/// What pages are compiled for.
pub(crate) const PAGE: &str = "wasm32-unknown-unknown";

/// What is compiled for another machine than this one needs its target, which comes through rustup.
pub(crate) fn ensure_target(target: &str) -> Result<()> {
    let sysroot = read(program("rustc").args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(target).is_dir() {
        return Ok(());
    }
    if !answers("rustup", "--version") {
        bail!(
            "the Rust target {target} is missing, and there is no rustup to add it with. Install Rust through \
             https://rustup.rs, then run this again"
        );
    }
    println!("Adding the Rust target {target} through rustup.");
    run(program("rustup").args(["target", "add", target])).map_err(|error| {
        error.context(format!(
            "the Rust target {target} couldn't be added: rustup needs to reach static.rust-lang.org once. \
             On a closed network, mirror it and set RUSTUP_DIST_SERVER, then run this again"
        ))
    })
}
