//! The keys that the person at this machine trusts: `pins.json` in the data directory, which needs no tenant.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::PinnedKey;
use evidence::verifier::{Pin, Pins};
use evidence::{Origin, PublicKey, Role};
use serde::{Deserialize, Serialize};

/// The file's name in the data directory: `{"pins": [PinnedKey, …]}`.
pub const PINS_FILE: &str = "pins.json";

/// Why pins can't be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    /// The file can't be read or written.
    #[error("cannot {doing} `{}` ({source})", path.display())]
    Io {
        /// `read` or `write`.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file isn't a list of pins. Nothing in it counts until it is mended.
    #[error("`{}` isn't a list of pinned keys ({reason}); mend it or remove it", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// What was to be pinned isn't a pin.
    #[error("this isn't a key to pin: {0}")]
    NotAPin(String),
    /// Another key is pinned for this log and role.
    #[error(
        "another {role} key is pinned for {origin}; if you know that the log's key was replaced, remove that pin first"
    )]
    Other {
        /// The log.
        origin: String,
        /// The role.
        role: String,
    },
    /// There is no such pin.
    #[error("no {role} key is pinned for {origin}")]
    NotFound {
        /// The log.
        origin: String,
        /// The role.
        role: String,
    },
}

/// All pins of a data directory.
#[derive(Debug, Clone)]
pub struct PinBook {
    path: PathBuf,
    pins: Vec<PinnedKey>,
}

/// The file.
#[derive(Serialize, Deserialize)]
struct File {
    pins: Vec<PinnedKey>,
}

impl PinBook {
    /// Reads the pins. A missing file, or a missing directory, is an empty list.
    ///
    /// # Errors
    /// The file can't be read, or anything in it isn't a pin.
    pub fn open(data_dir: &Path) -> Result<Self, PinError> {
        let path = data_dir.join(PINS_FILE);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self { path, pins: Vec::new() }),
            Err(source) => {
                return Err(PinError::Io {
                    doing: "read",
                    path,
                    source,
                });
            }
        };
        match read(&bytes) {
            Ok(pins) => Ok(Self { path, pins }),
            Err(reason) => Err(PinError::Damaged { path, reason }),
        }
    }

    /// All pins, in the order they were added.
    #[must_use]
    pub fn list(&self) -> &[PinnedKey] {
        &self.pins
    }

    /// The pins as the verifier takes them.
    #[must_use]
    pub fn pins(&self) -> Pins {
        Pins::new(self.domain())
    }

    /// The pins in the verifier's types, to add others to them.
    #[must_use]
    pub fn domain(&self) -> Vec<Pin> {
        domain_pins(&self.pins)
    }

    /// Pins a key, and writes the file. The same key again changes nothing.
    ///
    /// # Errors
    /// It isn't a key, another key is pinned for the same log and role, or the file can't be written.
    pub fn add(&mut self, pin: PinnedKey) -> Result<(), PinError> {
        domain(&pin).map_err(PinError::NotAPin)?;
        match self
            .pins
            .iter()
            .find(|old| old.origin == pin.origin && old.role == pin.role)
        {
            Some(old) if old.spki == pin.spki => Ok(()),
            Some(_) => Err(PinError::Other {
                origin: pin.origin,
                role: pin.role,
            }),
            None => {
                self.pins.push(pin);
                self.write()
            }
        }
    }

    /// Forgets the key of this log and role, and writes the file.
    ///
    /// # Errors
    /// None is pinned, or the file can't be written.
    pub fn remove(&mut self, origin: &str, role: &str) -> Result<PinnedKey, PinError> {
        let found = self
            .pins
            .iter()
            .position(|pin| pin.origin == origin && pin.role == role);
        let index = found.ok_or_else(|| PinError::NotFound {
            origin: origin.to_owned(),
            role: role.to_owned(),
        })?;
        let removed = self.pins.remove(index);
        self.write()?;
        Ok(removed)
    }

    fn write(&self) -> Result<(), PinError> {
        let failed = |source| PinError::Io {
            doing: "write",
            path: self.path.clone(),
            source,
        };
        let file = File {
            pins: self.pins.clone(),
        };
        let mut bytes = serde_json::to_vec_pretty(&file).map_err(|error| failed(error.into()))?;
        bytes.push(b'\n');
        let dir = self.path.parent().unwrap_or_else(|| Path::new("."));
        std::fs::create_dir_all(dir).map_err(failed)?;
        let mut new = tempfile::Builder::new()
            .prefix(".new-")
            .tempfile_in(dir)
            .map_err(failed)?;
        new.write_all(&bytes)
            .and_then(|()| new.as_file().sync_all())
            .map_err(failed)?;
        new.persist(&self.path).map(drop).map_err(|error| failed(error.error))
    }
}

/// The key of a pin, in the verifier's types.
fn domain(pin: &PinnedKey) -> Result<Pin, String> {
    let origin: Origin = pin
        .origin
        .parse()
        .map_err(|_| format!("`{}` is no log's origin", pin.origin))?;
    let role = match pin.role.as_str() {
        "log" => Role::Log,
        "case" => Role::Case,
        other => return Err(format!("`{other}` is neither `log` nor `case`")),
    };
    let der = STANDARD
        .decode(&pin.spki)
        .map_err(|_| "the key isn't base64".to_owned())?;
    let key = PublicKey::from_spki_der(&der).map_err(|error| error.to_string())?;
    Ok(Pin {
        origin,
        role,
        key,
        name: pin.name.clone(),
    })
}

/// What a file of pins holds: only keys, and one for each log and role.
fn read(bytes: &[u8]) -> Result<Vec<PinnedKey>, String> {
    let value = evidence::json::parse_signed(bytes).map_err(|error| error.to_string())?;
    let file: File = serde_json::from_value(value.clone()).map_err(|error| error.to_string())?;
    // serde passes over members that it doesn't know, and reads a list for an object. A pin is trust: nothing in it goes
    // unread. The layout is free, for a person mends this file by hand.
    if serde_json::to_value(&file).ok() != Some(value) {
        return Err("it has members that a list of pins doesn't have, or another form".to_owned());
    }
    file.pins.iter().try_for_each(|pin| domain(pin).map(drop))?;
    let places: BTreeSet<_> = file.pins.iter().map(|pin| (&pin.origin, &pin.role)).collect();
    if places.len() == file.pins.len() {
        Ok(file.pins)
    } else {
        Err("two keys for one log and role".to_owned())
    }
}

/// Reads a file of pins, as [`print_pins`] writes it: what one person gives another to pin.
///
/// # Errors
/// It isn't JSON, or not pins, or names two keys for one log and role.
pub fn parse_pins(bytes: &[u8]) -> Result<Vec<PinnedKey>, PinError> {
    read(bytes).map_err(PinError::NotAPin)
}

/// Pins in the verifier's types. What isn't a key is left out; nothing that was read or added here isn't.
#[must_use]
pub fn domain_pins(pins: &[PinnedKey]) -> Vec<Pin> {
    pins.iter().filter_map(|pin| domain(pin).ok()).collect()
}

/// Writes pins for another person to read.
///
/// # Errors
/// Never for pins that were read or added here.
pub fn print_pins(pins: &[PinnedKey]) -> Result<String, PinError> {
    let file = File { pins: pins.to_vec() };
    serde_json::to_string_pretty(&file)
        .map(|text| text + "\n")
        .map_err(|error| PinError::NotAPin(error.to_string()))
}
