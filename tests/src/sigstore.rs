//! Sigstore's own verifier from npm, unmodified, in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Result, ensure};

use crate::places;

/// What the folder is made of.
const FILES: [&str; 3] = ["package.json", "package-lock.json", "verify.mjs"];

/// `@sigstore/verify`, ready to judge.
#[derive(Debug)]
pub struct Sigstore {
    program: PathBuf,
}

impl Sigstore {
    /// The verifier as pinned in `package-lock.json`; fetched from npm once and kept under the target directory.
    ///
    /// # Errors
    /// Where npm or its registry can't be reached.
    pub fn ready() -> Result<Self> {
        let from = places::root().join("tests/programs/sigstore");
        let home = places::target()?.join("sigstore");
        let stamp = home.join("installed");
        let pinned = fs::read_to_string(from.join("package-lock.json"))?;
        fs::create_dir_all(&home)?;
        for name in FILES {
            fs::copy(from.join(name), home.join(name))?;
        }
        if !fs::read_to_string(&stamp).is_ok_and(|installed| installed == pinned) {
            let installed = Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
                .current_dir(&home)
                .status()?;
            ensure!(
                installed.success(),
                "@sigstore/verify couldn't be installed from npm; see what npm says above"
            );
            fs::write(stamp, pinned)?;
        }
        Ok(Self {
            program: home.join("verify.mjs"),
        })
    }

    /// Judges a bundle under a key: prints the payload's subjects, or ends with 1.
    ///
    /// # Errors
    /// Where node can't be started.
    pub fn judge(&self, bundle: &Path, key: &Path) -> Result<Output> {
        Ok(Command::new("node").arg(&self.program).args([bundle, key]).output()?)
    }
}
