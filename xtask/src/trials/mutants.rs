//! `cargo xtask trial mutants`: whether the tests notice when the verifier's own code is altered.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use super::append;
use crate::programs::{answers, cargo, run, step};
use crate::repo;

/// What is installed where it is missing: pinned, and the program's name is the package's.
const PROGRAMS: [(&str, &str); 2] = [("cargo-mutants", "27.1.0"), ("cargo-nextest", "0.9.143")];

/// All that judges: a case file's parts against each other.
const VERIFIER: &str = "crates/evidence/src/verifier/*.rs";

/// Alters one place after the other, and runs the tests of `evidence` on each. docs/mutants.md explains what they miss.
pub(super) fn of_the_verifier(shard: Option<&str>) -> Result<()> {
    for (program, version) in PROGRAMS {
        if !answers(program, "--version") {
            step(&format!("Installing {program}"), || {
                run(&mut cargo(&["install", program, "--locked", "--version", version]))
            })?;
        }
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
    // Ends at the first test that notices, and begins with those that notice most (.config/nextest.toml).
    command.env("NEXTEST_PROFILE", "mutants").arg("--test-tool=nextest");
    command.args(["--", "--lib", "--test", "casefile"]);
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
