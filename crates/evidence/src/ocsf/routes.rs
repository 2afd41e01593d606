//! Where model calls may go: an upstream taken away, names that stand for an upstream's model.

use serde_json::json;

use super::event::{Actor, Context, Event, UpstreamName};
use super::life_event::{entity, upstream_entity};

const CREATE: u32 = 1;
const DELETE: u32 = 4;

/// An upstream was taken out of the configuration: 3004, activity 4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamRemoved {
    /// When, and for which tenant.
    pub context: Context,
    /// Who did it.
    pub actor: Actor,
    /// The upstream.
    pub upstream: UpstreamName,
}

impl UpstreamRemoved {
    /// The event. Facts: `upstream`, `provider`.
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({"upstream": self.upstream.name, "provider": self.upstream.provider});
        let what = upstream_entity(&self.upstream);
        entity("upstream_removed", DELETE, &self.context, &self.actor, what, facts).finish()
    }
}

/// A name began or ceased to stand for an upstream's model: 3004, activity 1 or 4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AliasChanged {
    /// When, and for which tenant.
    pub context: Context,
    /// Who did it.
    pub actor: Actor,
    /// What agents ask for.
    pub alias: String,
    /// The upstream that is meant.
    pub upstream: UpstreamName,
    /// The model there.
    pub model: String,
    /// Whether it was set; else it was removed.
    pub set: bool,
}

impl AliasChanged {
    /// The event. Facts: `alias`, `upstream`, `provider`, `model`.
    #[must_use]
    pub fn event(&self) -> Event {
        let (kind, activity) = match self.set {
            true => ("alias_set", CREATE),
            false => ("alias_removed", DELETE),
        };
        let facts = json!({
            "alias": self.alias,
            "upstream": self.upstream.name,
            "provider": self.upstream.provider,
            "model": self.model,
        });
        let what = json!({"uid": self.alias, "name": self.alias, "type_id": 99, "type": "Model alias"});
        entity(kind, activity, &self.context, &self.actor, what, facts).finish()
    }
}
