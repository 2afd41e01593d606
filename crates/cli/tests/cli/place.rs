//! A data directory with a sealed key store, and the program run on it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The answer's JSON, of a run that must have gone well.
    pub(crate) fn json(&self, code: i32) -> Value {
        assert_eq!(self.code, code, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A place to work in: an empty home, a data directory in it, and a passphrase.
pub(crate) struct Place {
    home: TempDir,
}

impl Place {
    /// Nothing set up yet.
    pub(crate) fn empty() -> Self {
        let place = Self {
            home: TempDir::new().unwrap(),
        };
        place.file("passphrase", "correct horse\n");
        place
    }

    /// Set up, with an agent called `bot`.
    pub(crate) fn set_up() -> Self {
        let place = Self::empty();
        let args = [
            "init",
            "--key-store",
            "sealed-file",
            "--tenant",
            "Test",
            "--operator",
            "Robin",
            "--agent",
            "bot",
        ];
        place.ok(&args);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file that only its owner may read.
    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        path
    }

    /// The program, seeing nothing of the machine it runs on but this place.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command
            .args(args)
            .env_clear()
            .current_dir(self.home.path())
            .stdin(Stdio::null());
        for name in ["HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "APPDATA"] {
            command.env(name, self.home.path());
        }
        // Windows wants these to find anything at all.
        for name in ["SystemRoot", "TEMP", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.env("COUNTERSIGN_DATA", self.data());
        command.env("COUNTERSIGN_PASSPHRASE_FILE", self.path("passphrase"));
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        finish(self.command(args))
    }

    /// As [`Place::run`], with something on standard input.
    pub(crate) fn run_with(&self, args: &[&str], stdin: &str) -> Ran {
        let mut command = self.command(args);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
        ran(child.wait_with_output().unwrap())
    }

    /// Runs what must go well.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, 0, "{args:?}: {ran:?}");
        ran.stdout
    }

    /// Runs what must go well, for its JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        self.json_of(0, args)
    }

    /// What a verb says with `--json` as it ends with this exit code.
    pub(crate) fn json_of(&self, code: i32, args: &[&str]) -> Value {
        let mut with_json = args.to_vec();
        with_json.push("--json");
        self.run(&with_json).json(code)
    }

    /// Runs what must fail with this exit code; gives what it says on stderr.
    pub(crate) fn fails(&self, code: i32, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, code, "{args:?}: {ran:?}");
        ran.stderr
    }

    /// A gateway that runs until it is dropped.
    pub(crate) fn serve(&self) -> Serving {
        let mut serving = self.follow(&["serve", "--agents", "127.0.0.1:0", "--json"]);
        serving.status = serving.line();
        serving
    }

    /// A verb that goes on until it is dropped, and prints JSON line by line.
    pub(crate) fn follow(&self, args: &[&str]) -> Serving {
        let mut child = self.command(args).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Serving {
            child,
            status: Value::Null,
            lines,
        }
    }
}

/// Runs to the end.
pub(crate) fn finish(mut command: Command) -> Ran {
    ran(command.output().unwrap())
}

fn ran(output: std::process::Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A running gateway.
pub(crate) struct Serving {
    child: Child,
    pub(crate) status: Value,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Serving {
    /// The next line that it prints.
    pub(crate) fn line(&mut self) -> Value {
        let line = self.lines.next().expect("it still runs").unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// The next event of this kind that it tells.
    pub(crate) fn next(&mut self, kind: &str) -> Value {
        loop {
            let line = self.lines.next().expect("the gateway still runs").unwrap();
            let event: Value = serde_json::from_str(&line).unwrap();
            if event["happening"]["kind"] == kind {
                return event["happening"].clone();
            }
        }
    }

    /// Stops it as a service manager does, and waits until it is gone.
    pub(crate) fn stop(mut self) -> i32 {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap().code().unwrap_or(-1)
    }

    /// Kills it, as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Stopped already, or the test failed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Whether any file under the directory holds these bytes.
pub(crate) fn anywhere(dir: &Path, needle: &str) -> bool {
    std::fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return anywhere(&path, needle);
        }
        // A socket can't be read.
        std::fs::read(&path).is_ok_and(|bytes| bytes.windows(needle.len()).any(|part| part == needle.as_bytes()))
    })
}
