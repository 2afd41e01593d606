//! `cargo xtask trial mutants`: whether the tests notice when the verifier's own code is altered.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use super::append;
use crate::programs::{answers, cargo, run, step};
use crate::repo;

/// The pinned cargo-mutants, installed where it is missing.
const CARGO_MUTANTS: &str = "27.1.0";

/// All that judges: a case file's parts against each other.
const VERIFIER: &str = "crates/evidence/src/verifier/*.rs";

/// Alters one place after the other, and runs the tests of `evidence` on each. docs/mutants.md explains what they miss.
pub(super) fn of_the_verifier(shard: Option<&str>) -> Result<()> {
    if !answers("cargo-mutants", "--version") {
        step("Installing cargo-mutants", || {
            run(&mut cargo(&[
                "install",
                "cargo-mutants",
                "--locked",
                "--version",
                CARGO_MUTANTS,
            ]))
        })?;
    }
    let folder = repo::target().join("trial-mutants");
    fs::create_dir_all(&folder)?;
    let mut command = cargo(&["mutants", "--package", "evidence", "--file", VERIFIER]);
    command.arg("--output").arg(&folder);
    // Slow code is what takes longest here, not compiling it.
    command.arg("--cargo-arg=--config=profile.dev.package.evidence.opt-level=1");
    if let Some(shard) = shard {
        command.args(["--sharding", "round-robin", "--shard", shard]);
    }
    // The seeded mutations take longer than everything else together, and what they find others find, too.
    command.args([
        "--",
        "--lib",
        "--test",
        "casefile",
        "--",
        "--skip",
        "no_mutation_is_accepted",
    ]);
    // It ends with an error wherever a mutant is missed; what it found is in its files.
    step("Altering the verifier", || {
        command.status().context("cargo-mutants didn't run")
    })?;
    append(&counted(&folder.join("mutants.out/outcomes.json"), shard)?)
}

fn counted(outcomes: &std::path::Path, shard: Option<&str>) -> Result<String> {
    let found: serde_json::Value = serde_json::from_slice(&fs::read(outcomes)?)?;
    let count = |of: &str| {
        let number = found.get(of).and_then(serde_json::Value::as_u64);
        number.with_context(|| format!("{of} isn't counted"))
    };
    let (caught, missed, late) = (count("caught")?, count("missed")?, count("timeout")?);
    let tried = caught + missed + late;
    ensure!(tried > 0, "no mutant was tried; see {}", outcomes.display());
    let noticed = caught + late;
    Ok(format!(
        "{tried} mutants of the verifier{} ({} more don't compile): {noticed} noticed ({late} of them by never ending), \
         {missed} missed, {} %",
        shard.map_or_else(String::new, |shard| format!(", part {shard} of all")),
        count("unviable")?,
        noticed * 100 / tried
    ))
}
