//! A home of its own: nothing of the person's who runs the tests is read, nothing is left behind.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use tempfile::TempDir;

use crate::places;
use crate::processes::dying_with_us;

/// A temporary home directory and the environment that points into it.
#[derive(Debug)]
pub struct Home {
    folder: TempDir,
    logs: PathBuf,
    environment: BTreeMap<OsString, OsString>,
}

impl Home {
    /// A fresh, empty home. What programs print goes to `target/product/NAME/`, where it can be read afterwards.
    ///
    /// # Errors
    /// Where folders can't be made.
    pub fn new(name: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("countersign-").tempdir()?;
        let logs = places::target()?.join("product").join(name);
        if logs.exists() {
            fs::remove_dir_all(&logs)?;
        }
        fs::create_dir_all(&logs)?;
        let mut home = Self {
            folder,
            logs,
            environment: BTreeMap::new(),
        };
        for (variable, below) in [
            ("HOME", ""),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_CACHE_HOME", "cache"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_RUNTIME_DIR", "run"),
            ("TMPDIR", "tmp"),
        ] {
            let path = home.path().join(below);
            fs::create_dir_all(&path)?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o700))?;
            home.set(variable, path);
        }
        home.set("LANG", "C.UTF-8");
        home.set("PATH", std::env::var_os("PATH").unwrap_or_default());
        Ok(home)
    }

    /// The home directory.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where the product keeps its data unless told otherwise.
    pub fn data(&self) -> PathBuf {
        self.path().join("data").join("countersign")
    }

    /// Where programs' output goes.
    pub fn logs(&self) -> &Path {
        &self.logs
    }

    /// Sets a variable for every program started in this home from now on.
    pub fn set(&mut self, variable: impl Into<OsString>, value: impl Into<OsString>) {
        self.environment.insert(variable.into(), value.into());
    }

    /// A program in this home: its environment is this home's alone.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = dying_with_us(program);
        command.env_clear().envs(&self.environment).current_dir(self.path());
        command
    }
}
