//! `cargo xtask trial mutations`: attacks and mutated case files, before the verifier as this machine runs it and as a page
//! does.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::{append, one_line};
use crate::programs::{cargo, run, step};
use crate::{repo, setup};

/// WebAssembly with files and an environment (WASI), which Node runs without a package.
const TARGET: &str = "wasm32-wasip1";

/// Every attack that has a name, and the files that they begin from.
const CATALOGUE: &str = "catalogue::each_attack_is_refused_by_the_finding_that_names_it";

/// Mutations by seeds.
const SEEDS: &str = "accepted::no_mutation_is_accepted";

/// The same files twice. None may be accepted, and on each file both have to say the same in every word.
pub(super) fn natively_and_in_webassembly(rounds: u32) -> Result<()> {
    setup::ensure_target(TARGET)?;
    let folder = repo::target().join("trial-mutations");
    fs::create_dir_all(&folder)?;
    let reports = compared(CATALOGUE, 1, &folder)?;
    let mut figures = format!(
        "{reports} reports, on each attack that has a name and on the files that they begin from, as they must be"
    );
    if rounds > 0 {
        compared(SEEDS, rounds, &folder)?;
        figures = format!("{}; {figures}", one_line(&folder.join("native.figures"))?);
    }
    append(&format!(
        "{figures}; the verifier in WebAssembly says the same of each as the native one, in every word"
    ))
}

/// Runs a test natively and in WebAssembly. Gives how many reports are the same.
fn compared(test: &str, rounds: u32, folder: &Path) -> Result<usize> {
    let natively = step("Trying natively", || tried(test, rounds, folder, "native", &[]))?;
    let in_webassembly = step("Trying in WebAssembly", || {
        tried(test, rounds, folder, "wasm", &["--target", TARGET])
    })?;
    same(&natively, &in_webassembly)
}

/// Gives the file with each report, as a digest.
fn tried(test: &str, rounds: u32, folder: &Path, name: &str, how: &[&str]) -> Result<PathBuf> {
    let (figures, reports) = (
        folder.join(format!("{name}.figures")),
        folder.join(format!("{name}.reports")),
    );
    fs::write(&figures, "")?;
    fs::write(&reports, "")?;
    let runner = repo::root().join("tests/programs/wasi.mjs");
    run(
        cargo(&["test", "--release", "--package", "evidence", "--test", "casefile"])
            .args(how)
            .args(["--", "--exact", test])
            .env(
                "CARGO_TARGET_WASM32_WASIP1_RUNNER",
                format!("node --no-warnings {}", runner.display()),
            )
            .env("WASI_FOLDER", folder)
            .env("COUNTERSIGN_TRIAL_FIGURES", &figures)
            .env("COUNTERSIGN_TRIAL_REPORTS", &reports)
            .env("COUNTERSIGN_TRIAL_ROUNDS", rounds.to_string()),
    )?;
    Ok(reports)
}

/// How many reports there are, if they are the same line by line.
fn same(one: &Path, other: &Path) -> Result<usize> {
    let (one, other) = (fs::read_to_string(one)?, fs::read_to_string(other)?);
    let (count, others) = (one.lines().count(), other.lines().count());
    if one == other && count > 0 {
        return Ok(count);
    }
    match one.lines().zip(other.lines()).find(|(one, other)| one != other) {
        Some((natively, _)) => bail!("they differ first in {natively}"),
        None => bail!("one has {count} reports, the other {others}"),
    }
}
