//! Whom the people at this machine trust when they verify: signers pinned, and pinned no longer.

use serde_json::json;

use super::event::{Actor, Context, Event};
use super::life_event::entity;

const CREATE: u32 = 1;
const DELETE: u32 = 4;

/// A signer's key was pinned, or is trusted no longer: 3004, activity 1 or 4. Whose key the person says it is and where
/// they got it stay with them: that is what they typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerPinned {
    /// When, and for which tenant.
    pub context: Context,
    /// Who did it.
    pub actor: Actor,
    /// The log that the key belongs to, by its origin: most often another one than this.
    pub log: String,
    /// The key's role there: `log` or `case`.
    pub role: String,
    /// The key's id, `SHA256:…`.
    pub key_id: String,
    /// Whether it was pinned; else it is trusted no longer.
    pub pinned: bool,
}

impl SignerPinned {
    /// The event. Facts: `log`, `role`, `key_id`.
    #[must_use]
    pub fn event(&self) -> Event {
        let (kind, activity) = match self.pinned {
            true => ("signer_pinned", CREATE),
            false => ("signer_unpinned", DELETE),
        };
        let what = json!({"uid": self.key_id, "name": self.log, "type_id": 99, "type": "Pinned signer"});
        let facts = json!({"log": self.log, "role": self.role, "key_id": self.key_id});
        entity(kind, activity, &self.context, &self.actor, what, facts).finish()
    }
}
