//! `cargo xtask trial fuzz`: libFuzzer on everything that reads what strangers send.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::programs::{answers, cargo, program, run, step};
use crate::repo;

/// The pinned cargo-fuzz, installed where it is missing.
const CARGO_FUZZ: &str = "0.13.2";

/// What is fuzzed; `fuzz/Cargo.toml` has one program for each.
const TARGETS: [&str; 6] = ["zip", "json", "checkpoint", "envelope", "statement", "case_file"];

/// Runs each target for so many minutes, and appends what came of it to docs/trials.md.
pub(crate) fn run_each(minutes: u32) -> Result<()> {
    if !answers("cargo-fuzz", "--version") {
        step("Installing cargo-fuzz", || {
            run(&mut cargo(&[
                "install",
                "cargo-fuzz",
                "--locked",
                "--version",
                CARGO_FUZZ,
            ]))
            .context("cargo-fuzz couldn't be installed; it comes from crates.io")
        })?;
    }
    let mut figures = Vec::new();
    for target in TARGETS {
        let runs = step(&format!("Fuzzing {target}"), || one(target, minutes))?;
        figures.push(format!("{target} {runs}"));
    }
    super::append(&format!(
        "fuzzed for {minutes} min each without a crash, an input over 5 s or over 256 MB; executions: {}",
        figures.join(", ")
    ))
}

/// Gives how many inputs were tried. What is found on the way stays under the target directory: the corpus is for what a
/// person put there.
fn one(target: &str, minutes: u32) -> Result<u64> {
    let found = repo::target().join("fuzz").join(target);
    fs::create_dir_all(&found)?;
    let log = repo::target().join(format!("fuzz-{target}.log"));
    let output = fs::File::create(&log)?;
    let seeds = repo::root().join("fuzz/corpus").join(target);
    let status = program("cargo")
        .env_remove("CARGO")
        .env_remove("RUSTUP_TOOLCHAIN")
        .env("CARGO_TARGET_DIR", repo::target().join("fuzz-build"))
        // The sanitizer keeps what was freed, by default up to 256 MB: then the limit would be reached by many inputs
        // together, whatever each takes.
        .env("ASAN_OPTIONS", "quarantine_size_mb=8")
        .args(["+nightly", "fuzz", "run", target])
        .args([&found, &seeds])
        .arg("--")
        .arg(format!("-max_total_time={}", u64::from(minutes) * 60))
        .args([
            "-timeout=5",
            "-rss_limit_mb=256",
            "-max_len=200000",
            "-print_final_stats=1",
        ])
        .stderr(output)
        .status()
        .context("a nightly compiler is needed: `rustup toolchain install nightly`")?;
    let said = fs::read_to_string(&log)?;
    ensure!(status.success(), "{target} failed; see {}", log.display());
    let runs = said
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .and_then(|number| number.trim().parse().ok());
    runs.with_context(|| format!("{target} said nothing of what it did; see {}", log.display()))
}
