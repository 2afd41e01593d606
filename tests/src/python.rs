//! Python programs that others wrote, each set of them in a home of its own.

use std::fs;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Result, ensure};

use crate::places;

/// Tests of one program run side by side, and each home is made by one of them.
static INSTALLING: Mutex<()> = Mutex::new(());

/// A Python with packages from PyPI.
#[derive(Debug, Clone)]
pub struct Python {
    program: PathBuf,
}

impl Python {
    /// The packages pinned in this file, `tests/programs/requirements.txt`; fetched from PyPI once and kept under the
    /// target directory, in a folder of this name.
    ///
    /// # Errors
    /// Where Python or PyPI can't be reached.
    pub fn with(requirements: &str, name: &str) -> Result<Self> {
        let _alone = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
        let requirements = places::root().join(requirements);
        let pinned = fs::read_to_string(&requirements)?;
        let home = places::target()?.join(name);
        let (program, stamp) = (home.join("bin/python"), home.join("installed"));
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == pinned) {
            return Ok(Self { program });
        }
        // The system's Python, whose venv `setup` installs: another on the PATH may lack it.
        let made = Command::new("/usr/bin/python3")
            .args(["-m", "venv", "--clear"])
            .arg(&home)
            .status()?;
        ensure!(
            made.success(),
            "no home for {name}: `cargo xtask setup --for test` installs python3-venv"
        );
        let pip = [
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--requirement",
        ];
        let installed = Command::new(&program).args(pip).arg(&requirements).status()?;
        ensure!(
            installed.success(),
            "{name} couldn't be installed from PyPI; see what pip says above"
        );
        fs::write(stamp, pinned)?;
        Ok(Self { program })
    }

    /// Where it is.
    #[must_use]
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Runs a script of the work tree with this on its standard input, and gives what it prints.
    ///
    /// # Errors
    /// Where it fails.
    pub fn run(&self, script: &str, arguments: &[&Path], input: &str) -> Result<String> {
        let mut asked = tempfile::tempfile()?;
        asked.write_all(input.as_bytes())?;
        asked.rewind()?;
        let output = Command::new(&self.program)
            .arg("-B")
            .arg(places::root().join(script))
            .args(arguments)
            .stdin(asked)
            .stderr(Stdio::inherit())
            .output()?;
        let printed = String::from_utf8(output.stdout)?;
        ensure!(output.status.success(), "`{script}` failed: {printed}");
        Ok(printed)
    }
}
