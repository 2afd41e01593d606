//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// The top of the work tree.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Cargo's target directory, as the running program's own place tells it.
///
/// # Errors
/// Where this program wasn't built by cargo.
pub fn target() -> Result<PathBuf> {
    let built = built()?;
    Ok(built
        .parent()
        .context("a program at the root of the file system")?
        .to_path_buf())
}

/// A program of the product, built in the same profile as this one.
///
/// # Errors
/// Where it isn't built.
pub fn program(name: &str) -> Result<PathBuf> {
    let path = built()?.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    ensure!(
        path.exists(),
        "{} isn't built: `cargo build` builds the product, `cargo xtask test` all of it",
        path.display()
    );
    Ok(path)
}

/// `target/debug` or `target/release`: a test's program is in `deps` below it, another's directly in it.
fn built() -> Result<PathBuf> {
    let program = env::current_exe()?;
    let folder = program.parent().context("a program without a folder")?;
    let up = if folder.ends_with("deps") {
        folder.parent()
    } else {
        Some(folder)
    };
    Ok(up.context("a program without a folder")?.to_path_buf())
}
