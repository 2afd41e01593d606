//! The keys that the person at this machine trusts: `pins.json` in the data directory, which needs no tenant.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use contract::{Empty, OperatorError, Operators, PinNote, PinnedKey};
use evidence::verifier::{Pin, Pins};

use crate::MADE_HERE;

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
    /// There is a log, and it can't record the change; so nothing is changed.
    #[error("the log can't record it, so nothing was changed: {0}")]
    Unrecorded(#[from] OperatorError),
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
        match contract::parse_pins(&bytes) {
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

    /// Whether these keys may be pinned together.
    ///
    /// # Errors
    /// One isn't a key, or another key is pinned for the same log and role.
    pub fn check(&self, pins: &[PinnedKey]) -> Result<(), PinError> {
        pins.iter().try_for_each(|pin| self.is_new(pin).map(drop))
    }

    /// Whether a key isn't pinned yet.
    fn is_new(&self, pin: &PinnedKey) -> Result<bool, PinError> {
        Pin::try_from(pin).map_err(PinError::NotAPin)?;
        let of_place = |old: &&PinnedKey| old.origin == pin.origin && old.role == pin.role;
        match self.pins.iter().find(of_place) {
            Some(old) if old.spki == pin.spki => Ok(false),
            Some(_) => Err(PinError::Other {
                origin: pin.origin.clone(),
                role: pin.role.clone(),
            }),
            None => Ok(true),
        }
    }

    /// Pins the keys of a log that is just being made, whose own first records name them.
    ///
    /// # Errors
    /// As [`Self::pin`].
    pub(crate) fn add_own(&mut self, pin: PinnedKey) -> Result<(), PinError> {
        if self.is_new(&pin)? {
            self.pins.push(pin);
            self.write()?;
        }
        Ok(())
    }

    /// Pins a key from elsewhere, and writes the file. Where there is a log, it records that first. The same key again
    /// changes nothing.
    ///
    /// # Errors
    /// It isn't a key, another key is pinned for the same log and role, or the change can't be recorded or written.
    pub async fn pin(&mut self, log: Option<&dyn Operators>, pin: PinnedKey) -> Result<(), PinError> {
        if self.is_new(&pin)? {
            noted(log, &pin, true).await?;
            self.pins.push(from_elsewhere(pin));
            self.write()?;
        }
        Ok(())
    }

    /// Trusts the key of this log and role no longer, and writes the file. Where there is a log, it records that first.
    ///
    /// # Errors
    /// None is pinned, or the change can't be recorded or written.
    pub async fn unpin(
        &mut self,
        log: Option<&dyn Operators>,
        origin: &str,
        role: &str,
    ) -> Result<PinnedKey, PinError> {
        let of_place = |pin: &&PinnedKey| pin.origin == origin && pin.role == role;
        let Some(removed) = self.pins.iter().find(of_place).cloned() else {
            return Err(PinError::NotFound {
                origin: origin.to_owned(),
                role: role.to_owned(),
            });
        };
        noted(log, &removed, false).await?;
        self.pins.retain(|pin| *pin != removed);
        self.write()?;
        Ok(removed)
    }

    fn write(&self) -> Result<(), PinError> {
        let failed = |source| PinError::Io {
            doing: "write",
            path: self.path.clone(),
            source,
        };
        let text = contract::print_pins(&self.pins).map_err(|error| failed(error.into()))?;
        let dir = self.path.parent().unwrap_or_else(|| Path::new("."));
        std::fs::create_dir_all(dir).map_err(failed)?;
        let mut new = tempfile::Builder::new()
            .prefix(".new-")
            .tempfile_in(dir)
            .map_err(failed)?;
        new.write_all(text.as_bytes())
            .and_then(|()| new.as_file().sync_all())
            .map_err(failed)?;
        new.persist(&self.path).map(drop).map_err(|error| failed(error.error))
    }
}

/// An exported pin says that it was made at its owner's machine. Taken over as it stands, it would read as this machine's
/// own, and be handed on as such.
fn from_elsewhere(pin: PinnedKey) -> PinnedKey {
    let source = match pin.source {
        made if made == MADE_HERE => String::new(),
        other => other,
    };
    PinnedKey { source, ..pin }
}

async fn noted(log: Option<&dyn Operators>, pin: &PinnedKey, pinned: bool) -> Result<(), PinError> {
    let Some(log) = log else { return Ok(()) };
    let note = PinNote {
        pin: pin.clone(),
        pinned,
    };
    let Empty {} = log.pin_note(note).await?;
    Ok(())
}

/// Reads a file of pins, as `countersign export-pin` writes it: what one person gives another to pin.
///
/// # Errors
/// It isn't JSON, or not pins, or names two keys for one log and role.
pub fn parse_pins(bytes: &[u8]) -> Result<Vec<PinnedKey>, PinError> {
    contract::parse_pins(bytes).map_err(PinError::NotAPin)
}

/// Pins in the verifier's types. What isn't a key is left out; nothing that was read or added here isn't.
#[must_use]
pub fn domain_pins(pins: &[PinnedKey]) -> Vec<Pin> {
    pins.iter().filter_map(|pin| Pin::try_from(pin).ok()).collect()
}

/// Writes pins for another person to read.
///
/// # Errors
/// Never for pins that were read or added here.
pub fn print_pins(pins: &[PinnedKey]) -> Result<String, PinError> {
    contract::print_pins(pins).map_err(|error| PinError::NotAPin(error.to_string()))
}
