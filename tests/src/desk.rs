//! Everything a person sits at: a home, a screen, a keychain.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::{Cli, Home, KeyStore, Keychain, Screen, Window, drop_files, free_address, places};

/// A desk with nothing on it yet.
#[derive(Debug)]
pub struct Desk {
    name: String,
    /// What is looked at.
    pub screen: Screen,
    /// The session's keychain.
    pub keychain: Keychain,
    /// The home: declared last, so that it is removed last.
    pub home: Home,
}

impl Desk {
    /// Sits down at a fresh desk.
    ///
    /// # Errors
    /// Where the screen or the keychain doesn't start.
    pub async fn new(name: &str) -> Result<Self> {
        let mut home = Home::new(name)?;
        let keychain = Keychain::open(&mut home).await?;
        let screen = Screen::open(&mut home).await?;
        Ok(Self {
            name: name.to_owned(),
            screen,
            keychain,
            home,
        })
    }

    /// Opens the console, with its gateway on a free port.
    ///
    /// # Errors
    /// Where it doesn't open.
    pub async fn open_console(&self) -> Result<Window> {
        self.open_console_at(free_address()?).await
    }

    /// Opens the console, with its gateway at this address.
    ///
    /// # Errors
    /// Where it doesn't open.
    pub async fn open_console_at(&self, address: SocketAddr) -> Result<Window> {
        Window::open(&self.home, address).await
    }

    /// The command line at the same desk, over the same data.
    ///
    /// # Errors
    /// Where it can't be prepared.
    pub fn command_line(&self) -> Result<Cli<'_>> {
        Cli::new(&self.home, KeyStore::Keychain)
    }

    /// Drops files on the window.
    ///
    /// # Errors
    /// Where the pointer can't be moved.
    pub async fn drop_files(&self, files: &[&Path]) -> Result<()> {
        drop_files(&self.home, files).await
    }

    /// Photographs the screen into `target/shots/DESK-NAME.png`, to be looked at.
    ///
    /// # Errors
    /// Where the photograph can't be taken.
    pub fn screenshot(&self, name: &str) -> Result<PathBuf> {
        let path = places::target()?
            .join("shots")
            .join(format!("{}-{name}.png", self.name));
        self.screen.photograph(&self.home, &path)?;
        Ok(path)
    }

    /// Hands a result on; where it is a failure, what the screen showed then is kept in `target/shots/DESK-failed.png`.
    ///
    /// # Errors
    /// The result's own.
    pub fn keep_what_failed<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| match self.screenshot("failed") {
            Ok(path) => error.context(format!("see {}", path.display())),
            Err(_) => error,
        })
    }

    /// Photographs the screen into a file.
    ///
    /// # Errors
    /// Where the photograph can't be taken.
    pub fn photograph(&self, path: &Path) -> Result<()> {
        self.screen.photograph(&self.home, path)
    }
}
