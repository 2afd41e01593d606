//! Keys that the one who verifies trusts, got by some way other than the case file itself.

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

/// All keys that the one who verifies trusts. Empty is allowed: the signer then reads "not established".
#[derive(Debug, Clone, Default)]
pub struct Pins {
    pins: Vec<Pin>,
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
        Self { pins }
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
