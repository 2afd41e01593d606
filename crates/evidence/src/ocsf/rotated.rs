//! Records of keys that took another's place.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::build::contents;
use super::event::{Actor, ContentRef, Context, Event};
use super::life_event::{ROTATE, log};
use crate::hash::Digest;
use crate::key::{PublicKey, Role};

/// The operators' MAC chain goes on under another key: 1008, activity 5 Rotate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MacRotated {
    /// When, and for which tenant.
    pub context: Context,
    /// Who rotated it.
    pub actor: Actor,
    /// The new key's epoch: one more than the epoch that this record is MACed in.
    pub epoch: u32,
    /// The first record of that epoch: the one after this.
    pub from: u64,
    /// Why, which somebody typed: its commitment.
    pub reason: Option<ContentRef>,
}

/// A signing key was replaced by another: 1008, activity 5 Rotate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRotated {
    /// When, and for which tenant.
    pub context: Context,
    /// Who rotated it.
    pub actor: Actor,
    /// What both keys sign.
    pub role: Role,
    /// The key that retires.
    pub old: PublicKey,
    /// The key that takes its place.
    pub new: PublicKey,
    /// The size of the log from which on the new key signs: what the log has with this record.
    pub from_size: u64,
    /// SHA-256 of the statement that both keys signed (the DSSE payload).
    pub statement_sha256: Digest,
    /// Why, which somebody typed: its commitment.
    pub reason: Option<ContentRef>,
}

fn reason(reason: Option<&ContentRef>) -> Value {
    contents(&reason.into_iter().cloned().collect::<Vec<_>>())
}

impl MacRotated {
    /// The event. Facts: `epoch`, `from`, `contents` (slot `reason`).
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({"epoch": self.epoch, "from": self.from, "contents": reason(self.reason.as_ref())});
        log("mac_rotated", ROTATE, &self.context, facts)
            .actor(&self.actor)
            .finish()
    }
}

impl KeyRotated {
    /// The event. Facts: `role`, `old_spki`, `old_key_id`, `new_spki`, `new_key_id`, `from_size`, `statement_sha256`,
    /// `contents` (slot `reason`).
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({
            "role": self.role.as_str(),
            "old_spki": STANDARD.encode(self.old.spki_der()),
            "old_key_id": self.old.key_id(),
            "new_spki": STANDARD.encode(self.new.spki_der()),
            "new_key_id": self.new.key_id(),
            "from_size": self.from_size,
            "statement_sha256": self.statement_sha256,
            "contents": reason(self.reason.as_ref()),
        });
        log("key_rotated", ROTATE, &self.context, facts)
            .actor(&self.actor)
            .finish()
    }
}
