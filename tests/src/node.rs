//! Programs of npm's packages, unmodified, each set of them in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, ensure};

use crate::places;

/// Tests of one program run side by side, and each home is made by one of them.
static INSTALLING: Mutex<()> = Mutex::new(());

/// A folder with packages from npm.
#[derive(Debug)]
pub struct Node {
    home: PathBuf,
}

impl Node {
    /// The packages pinned in a folder's `package-lock.json`, and its programs; fetched from npm once and kept under the
    /// target directory.
    ///
    /// # Errors
    /// Where npm or its registry can't be reached.
    pub fn with(folder: &str) -> Result<Self> {
        let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
        let from = places::root().join(folder);
        let name = from.file_name().unwrap_or(from.as_os_str());
        let home = places::target()?.join("npm").join(name);
        let stamp = home.join("installed");
        let pinned = fs::read_to_string(from.join("package-lock.json"))?;
        fs::create_dir_all(&home)?;
        for file in fs::read_dir(&from)? {
            let file = file?.path();
            fs::copy(&file, home.join(file.file_name().unwrap_or_default()))?;
        }
        if !fs::read_to_string(&stamp).is_ok_and(|installed| installed == pinned) {
            let installed = Command::new("npm")
                .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
                .current_dir(&home)
                .status()?;
            ensure!(
                installed.success(),
                "{} couldn't be installed from npm; see what npm says above",
                name.display()
            );
            fs::write(stamp, pinned)?;
        }
        Ok(Self { home })
    }

    /// A command that runs one of its programs.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("node");
        command.arg(self.program(program));
        command
    }

    fn program(&self, name: &str) -> PathBuf {
        Path::new(&self.home).join(name)
    }
}
