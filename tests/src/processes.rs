//! Programs that end with the value that stands for them.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::until;

/// A program that runs in a process group of its own; dropping it kills the whole group.
#[derive(Debug)]
pub struct Running {
    child: Child,
    name: String,
    log: PathBuf,
    ended: bool,
}

/// A command that dies with the thread that starts it, so that an interrupted run leaves nothing behind either.
pub(crate) fn dying_with_us(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

impl Running {
    /// Starts a command; what it prints goes to `logs/NAME.log`.
    ///
    /// # Errors
    /// Where it can't be started, or its log can't be written.
    pub fn start(command: &mut Command, logs: &Path, name: &str) -> Result<Self> {
        Self::start_with(command, logs, name, None)
    }

    /// Starts a command that prints one line when it is ready, and gives that line.
    ///
    /// # Errors
    /// Where it can't be started, or ends without a word.
    pub fn start_announced(command: &mut Command, logs: &Path, name: &str) -> Result<(Self, String)> {
        let mut running = Self::start_with(command, logs, name, Some(Stdio::piped()))?;
        let stdout = running.child.stdout.take().context("no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        if line.trim().is_empty() {
            bail!("`{name}` ended without a word: {}", running.said());
        }
        Ok((running, line.trim().to_owned()))
    }

    fn start_with(command: &mut Command, logs: &Path, name: &str, stdout: Option<Stdio>) -> Result<Self> {
        let log = logs.join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&log)?;
        let stdout = match stdout {
            Some(stdout) => stdout,
            None => file.try_clone()?.into(),
        };
        let child = command
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(file)
            .process_group(0)
            .spawn()
            .with_context(|| {
                format!("`{name}` couldn't be started; `cargo xtask setup --for test` installs what tests need")
            })?;
        Ok(Self {
            child,
            name: name.to_owned(),
            log,
            ended: false,
        })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended, and how.
    ///
    /// # Errors
    /// Where the system can't say.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// Where it doesn't end.
    pub async fn end(&mut self) -> Result<ExitStatus> {
        let what = format!("the end of `{}`", self.name);
        until(&what, async || Ok(self.child.try_wait()?)).await
    }

    /// Everything it has printed so far.
    pub fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// SIGKILL to the whole group, now: no handler runs, nothing is flushed.
    pub fn kill(&mut self) {
        self.signal("KILL");
        self.ended = self.child.wait().is_ok();
    }

    /// SIGTERM: the request to end in good order.
    pub fn ask_to_end(&mut self) {
        self.signal("TERM");
    }

    fn signal(&self, signal: &str) {
        // Without `unsafe` there is no killpg; the shell has one built in. A group that is gone already is no fault.
        let group = format!("kill -{signal} -{} 2>/dev/null", self.child.id());
        let _gone_already = Command::new("sh").args(["-c", &group]).status();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            self.kill();
        }
    }
}
