//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

/// The top of the work tree.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Cargo's target directory: every step shares the one, so that nothing is built twice.
pub(crate) fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |dir| root().join(dir))
}

/// The page as the window loads it.
pub(crate) fn dist() -> PathBuf {
    root().join("dist")
}

/// The verifier as one file.
pub(crate) fn verifier_page() -> PathBuf {
    root().join("dist-verifier/verifier.html")
}

/// Its SHA-256, as `sha256sum --check` takes it.
pub(crate) fn verifier_sums() -> PathBuf {
    root().join("dist-verifier/SHA256SUMS")
}

/// A program that the workspace built, `countersign` or `countersign-console`.
pub(crate) fn program(profile: &str, name: &str) -> PathBuf {
    target()
        .join(profile)
        .join(format!("{name}{}", env::consts::EXE_SUFFIX))
}
