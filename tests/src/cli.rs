//! The real command line, in a home of its own.

use std::fs;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use contract::AddedAgent;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{Home, Running, places, until};

/// Which key store the data directory was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStore {
    /// The operating system's.
    Keychain,
    /// A sealed file, opened with a passphrase from a file.
    SealedFile,
}

/// The command line over one data directory.
#[derive(Debug)]
pub struct Cli<'home> {
    home: &'home Home,
    store: KeyStore,
    passphrase: PathBuf,
}

/// What a verb did.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit code; -1 where a signal ended it.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

/// What `init` says of what it made.
#[derive(Deserialize)]
struct Initialised {
    first_agent: AddedAgent,
}

/// A gateway without a window.
#[derive(Debug)]
pub struct Serving {
    /// The process.
    pub process: Running,
    /// Where agents connect.
    pub address: SocketAddr,
}

impl Serving {
    /// What an SDK takes as its base URL.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

impl<'home> Cli<'home> {
    /// The command line in this home.
    ///
    /// # Errors
    /// Where the passphrase's file can't be written.
    pub fn new(home: &'home Home, store: KeyStore) -> Result<Self> {
        let passphrase = home.path().join("passphrase");
        if store == KeyStore::SealedFile {
            fs::write(&passphrase, "a passphrase of several words\n")?;
            fs::set_permissions(&passphrase, fs::Permissions::from_mode(0o600))?;
        }
        Ok(Self {
            home,
            store,
            passphrase,
        })
    }

    /// `countersign init`: the tenant, the keys, the first agent.
    ///
    /// # Errors
    /// Where it fails.
    pub fn init(&self) -> Result<AddedAgent> {
        let store = match self.store {
            KeyStore::Keychain => "keychain",
            KeyStore::SealedFile => "sealed-file",
        };
        let names = [
            "--tenant",
            "Norwind Trading",
            "--operator",
            "Ada Novak",
            "--agent",
            "support-bot",
        ];
        let made: Initialised = self.json(&[&["init", "--key-store", store], names.as_slice()].concat())?;
        Ok(made.first_agent)
    }

    /// Runs a verb, which must succeed, and reads what it says with `--json`.
    ///
    /// # Errors
    /// Where it fails, or says something else.
    pub fn json<T: DeserializeOwned>(&self, arguments: &[&str]) -> Result<T> {
        let outcome = self.run(&[arguments, &["--json"]].concat())?;
        ensure!(
            outcome.code == 0,
            "`countersign {}` failed: {outcome:?}",
            arguments.join(" ")
        );
        serde_json::from_str(&outcome.stdout).with_context(|| {
            format!(
                "`countersign {}` said something else: {}",
                arguments.join(" "),
                outcome.stdout
            )
        })
    }

    /// Runs a verb to its end.
    ///
    /// # Errors
    /// Where it can't be started.
    pub fn run(&self, arguments: &[&str]) -> Result<Outcome> {
        self.run_with_input(arguments, "")
    }

    /// Runs a verb to its end, with this on its standard input.
    ///
    /// # Errors
    /// Where it can't be started.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Result<Outcome> {
        let mut child = self
            .command(arguments)?
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("`countersign` couldn't be started")?;
        if let Some(mut stdin) = child.stdin.take() {
            // A verb that doesn't read its input may have closed it already.
            let _closed_already = stdin.write_all(input.as_bytes());
        }
        let output = child.wait_with_output()?;
        Ok(Outcome {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout)?,
            stderr: String::from_utf8(output.stderr)?,
        })
    }

    /// `countersign serve` on a free port, ready for agents.
    ///
    /// # Errors
    /// Where it ends instead of serving.
    pub async fn serve(&self) -> Result<Serving> {
        let mut serving = self.start_serving("serve")?;
        until("`countersign serve` to be ready", async || {
            let ended = serving.process.ended()?;
            ensure!(ended.is_none(), "`countersign serve` ended: {}", serving.process.said());
            // Its operators' socket opens last.
            Ok(client::connect(&self.data()).await.ok())
        })
        .await?;
        Ok(serving)
    }

    /// Starts `countersign serve` on a free port and doesn't wait for anything.
    ///
    /// # Errors
    /// Where it can't be started.
    pub fn start_serving(&self, log: &str) -> Result<Serving> {
        let address = free_address()?;
        let mut command = self.command(&["serve", "--agents", &address.to_string()])?;
        Ok(Serving {
            process: Running::start(&mut command, self.home.logs(), log)?,
            address,
        })
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.home.data()
    }

    /// A verb, ready to be started.
    ///
    /// # Errors
    /// Where the command line isn't built.
    pub fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = self.home.command(places::program("countersign")?);
        command.args(arguments).arg("--data").arg(self.data());
        if self.store == KeyStore::SealedFile {
            command.arg("--passphrase-file").arg::<&Path>(&self.passphrase);
        }
        Ok(command)
    }
}

/// A loopback address nobody listens on now.
///
/// # Errors
/// Where none is free.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}
