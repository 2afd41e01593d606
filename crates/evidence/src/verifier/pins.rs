//! What the one who verifies knows from elsewhere than the case file itself: trusted keys, and what was seen of logs before.

use crate::checkpoint::Checkpoint;
use crate::key::{PublicKey, Role};
use crate::origin::Origin;

/// One trusted key: a log's origin, the key's role there, and the full key.
#[derive(Debug, Clone)]
pub struct Pin {
    /// The log that the key belongs to. The same key pinned for another log says nothing about this one.
    pub origin: Origin,
    /// [`Role::Log`] or [`Role::Case`].
    pub role: Role,
    /// The full key, not its fingerprint.
    pub key: PublicKey,
    /// Whose key it is, as the one who pinned it calls them.
    pub name: String,
}

/// What was seen of a log before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// When it was seen, ms UTC, by the clock of the machine that verified.
    pub seen_ms: i64,
}

/// What the one who verifies knows beforehand: keys that are trusted, and what was seen of logs. Empty is allowed: the
/// signer then reads "not established".
#[derive(Debug, Clone, Default)]
pub struct Pins {
    pins: Vec<Pin>,
    remembered: Vec<Remembered>,
}

/// How a key stands to the pins for its log and role.
#[derive(Debug, Clone)]
pub(crate) enum Pinned<'a> {
    /// This very key is pinned for this log.
    Yes(&'a Pin),
    /// Another key is pinned for this log and role.
    Otherwise(&'a Pin),
    /// Nothing is pinned for this log and role.
    Unknown,
}

impl Pins {
    /// Pins from a list; order doesn't matter.
    #[must_use]
    pub fn new(pins: Vec<Pin>) -> Self {
        let remembered = Vec::new();
        Self { pins, remembered }
    }

    /// The same, with what was seen of logs before: of each log the one that counts.
    #[must_use]
    pub fn remembering(self, remembered: Vec<Remembered>) -> Self {
        Self { remembered, ..self }
    }

    /// What was seen of this log before.
    pub(crate) fn remembered(&self, origin: &Origin) -> Option<&Remembered> {
        self.remembered.iter().find(|seen| seen.checkpoint.origin == *origin)
    }

    /// How `key` stands in the role `role` of the log `origin`.
    pub(crate) fn standing(&self, origin: &Origin, role: Role, key: &PublicKey) -> Pinned<'_> {
        let of_role = || self.pins.iter().filter(|pin| pin.origin == *origin && pin.role == role);
        if let Some(pin) = of_role().find(|pin| pin.key.spki_der() == key.spki_der()) {
            return Pinned::Yes(pin);
        }
        of_role().next().map_or(Pinned::Unknown, Pinned::Otherwise)
    }
}
