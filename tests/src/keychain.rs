//! A real keychain: gnome-keyring's Secret Service on a session bus of its own.

use std::fs;
use std::process::Stdio;

use anyhow::{Context as _, Result};

use crate::{Home, Running, until};

/// A session bus that starts nothing by itself. The system's would start a second, locked keyring for whoever asks
/// before ours has its name.
const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=/tmp</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

/// A session bus with an unlocked Secret Service.
#[derive(Debug)]
pub struct Keychain {
    _bus: Running,
    service: Option<Running>,
}

impl Keychain {
    /// Opens a keychain, and points the home's programs at its bus.
    ///
    /// # Errors
    /// Where the bus or the keyring doesn't start.
    pub async fn open(home: &mut Home) -> Result<Self> {
        let config = home.path().join("bus.conf");
        fs::write(&config, BUS)?;
        let mut bus = home.command("dbus-daemon");
        bus.arg("--config-file")
            .arg(&config)
            .args(["--nofork", "--print-address=1"]);
        let (bus, address) = Running::start_announced(&mut bus, home.logs(), "dbus")?;
        home.set("DBUS_SESSION_BUS_ADDRESS", address);
        let mut keychain = Self {
            _bus: bus,
            service: None,
        };
        keychain.unlock(home).await?;
        Ok(keychain)
    }

    /// Takes the keychain away, as a locked or crashed one is away; the bus stays.
    pub fn take_away(&mut self) {
        self.service = None;
    }

    /// Brings the keychain (back), unlocked, with what it holds.
    ///
    /// # Errors
    /// Where the keyring doesn't start.
    pub async fn unlock(&mut self, home: &Home) -> Result<()> {
        // The daemon reads the pass phrase from standard input to its end: a file serves, and leaves no pipe to close.
        let phrase = home.path().join("keyring.phrase");
        fs::write(&phrase, "correct horse battery staple")?;
        let mut daemon = home.command("sh");
        daemon
            .args([
                "-c",
                "exec gnome-keyring-daemon --foreground --unlock --components=secrets < \"$0\"",
            ])
            .arg(&phrase);
        self.service = Some(Running::start(&mut daemon, home.logs(), "keyring")?);
        until("a Secret Service on the session bus", async || {
            Ok(has_default_collection(home)?.then_some(()))
        })
        .await
    }
}

/// Whether the service answers with the collection that new secrets go to: it owns its name a moment earlier.
fn has_default_collection(home: &Home) -> Result<bool> {
    let answer = home
        .command("dbus-send")
        .args([
            "--session",
            "--print-reply",
            "--dest=org.freedesktop.secrets",
            "/org/freedesktop/secrets",
        ])
        .args(["org.freedesktop.Secret.Service.ReadAlias", "string:default"])
        .stderr(Stdio::null())
        .output()
        .context("dbus-send couldn't be started")?;
    Ok(String::from_utf8_lossy(&answer.stdout).contains("/org/freedesktop/secrets/collection/"))
}
