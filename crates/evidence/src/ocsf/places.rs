//! Where checkpoints go, off the machine: added and removed.

use serde_json::json;

use super::event::{Actor, Context, Event};
use super::life_event::entity;

const CREATE: u32 = 1;
const DELETE: u32 = 4;

/// A place that checkpoints go to was added or removed: 3004, activity 1 or 4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckpointPlaceChanged {
    /// When, and for which tenant.
    pub context: Context,
    /// Who did it.
    pub actor: Actor,
    /// A folder's path, or an `https` address.
    pub address: String,
    /// Whether it was added; else it was removed.
    pub added: bool,
}

impl CheckpointPlaceChanged {
    /// The event. Facts: `address`.
    #[must_use]
    pub fn event(&self) -> Event {
        let (kind, activity) = match self.added {
            true => ("checkpoint_place_added", CREATE),
            false => ("checkpoint_place_removed", DELETE),
        };
        let what = json!({"uid": self.address, "name": self.address, "type_id": 99, "type": "Checkpoint place"});
        let facts = json!({"address": self.address});
        entity(kind, activity, &self.context, &self.actor, what, facts).finish()
    }
}
