//! `cargo xtask trial mutations`: mutated case files, before the verifier as this machine runs it and as a page does.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::{append, one_line};
use crate::programs::{cargo, run, step};
use crate::{repo, setup};

/// WebAssembly with files and an environment (WASI), which Node runs without a package.
const TARGET: &str = "wasm32-wasip1";

/// The same seeds twice. None may be accepted, and on each file both have to say the same in every word.
pub(super) fn natively_and_in_webassembly(rounds: u32) -> Result<()> {
    setup::ensure_target(TARGET)?;
    let folder = repo::target().join("trial-mutations");
    fs::create_dir_all(&folder)?;
    let natively = step("Trying natively", || tried(rounds, &folder, "native", &[]))?;
    let in_webassembly = step("Trying in WebAssembly", || {
        tried(rounds, &folder, "wasm", &["--target", TARGET])
    })?;
    same(&natively, &in_webassembly)?;
    append(&format!(
        "{}; the verifier in WebAssembly says the same of each as the native one, in every word",
        one_line(&folder.join("native.figures"))?
    ))
}

/// Gives the file with each seed's report, as a digest.
fn tried(rounds: u32, folder: &Path, name: &str, how: &[&str]) -> Result<PathBuf> {
    let (figures, reports) = (
        folder.join(format!("{name}.figures")),
        folder.join(format!("{name}.reports")),
    );
    fs::write(&figures, "")?;
    let runner = repo::root().join("tests/programs/wasi.mjs");
    run(
        cargo(&["test", "--release", "--package", "evidence", "--test", "casefile"])
            .args(how)
            .args(["--", "--exact", "accepted::no_mutation_is_accepted"])
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

fn same(one: &Path, other: &Path) -> Result<()> {
    let (one, other) = (fs::read_to_string(one)?, fs::read_to_string(other)?);
    if one == other && !one.is_empty() {
        return Ok(());
    }
    match one.lines().zip(other.lines()).find(|(one, other)| one != other) {
        Some((natively, _)) => bail!("they differ first in seed {natively}"),
        None => bail!(
            "one has {} reports, the other {}",
            one.lines().count(),
            other.lines().count()
        ),
    }
}
