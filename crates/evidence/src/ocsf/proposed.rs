//! Actions that agents propose and do themselves: their kinds, and what agents say came of them.

use serde_json::json;

use super::build::{LOW, contents};
use super::calls::Call;
use super::event::{Actor, ContentRef, Context, Event};
use super::life_event::entity;
use crate::hash::Digest;

const CREATE: u32 = 1;
const DELETE: u32 = 4;

/// A registered kind of action. The administrator chose its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedKind {
    /// Its name, `payment.create`.
    pub name: String,
    /// What it does, `move_money`.
    pub category: String,
}

/// A kind of action was registered, defined anew or taken away: 3004, activity 1 or 4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionKindChanged {
    /// When, and for which tenant.
    pub context: Context,
    /// Who did it.
    pub actor: Actor,
    /// The kind.
    pub kind: ProposedKind,
    /// SHA-256 of its definition: the `tool_schema_sha256` of actions of this kind.
    pub definition_sha256: Digest,
    /// That of the definition before it, where there was one.
    pub replaces: Option<Digest>,
    /// Whether it was set; else it was removed.
    pub set: bool,
}

impl ActionKindChanged {
    /// The event. Facts: `action_kind`, `category`, `definition_sha256`, `replaces`.
    #[must_use]
    pub fn event(&self) -> Event {
        let (kind, activity) = match self.set {
            true => ("action_kind_set", CREATE),
            false => ("action_kind_removed", DELETE),
        };
        let facts = json!({
            "action_kind": self.kind.name,
            "category": self.kind.category,
            "definition_sha256": self.definition_sha256,
            "replaces": self.replaces,
        });
        let what = json!({"uid": self.kind.name, "name": self.kind.name, "type_id": 99, "type": "Kind of action"});
        entity(kind, activity, &self.context, &self.actor, what, facts).finish()
    }
}

/// An agent said what came of an action that it was let do: 6003, activity 1, profile `ai_operation`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionReported {
    /// When it was told, and for which tenant.
    pub context: Context,
    /// The action.
    pub call: Call,
    /// Whether the agent says that it was done; else that it failed.
    pub succeeded: bool,
    /// Whether its outcome counted as unknown already.
    pub late: bool,
    /// How long it took, ms, as the agent says.
    pub claimed_ms: Option<u64>,
    /// The action's digest.
    pub action_digest: Option<Digest>,
    /// The contents sealed with this record: the report.
    pub contents: Vec<ContentRef>,
}

impl ExecutionReported {
    /// The event. Facts: `outcome`, `late`, `claimed_ms`, `action_digest`, `contents`.
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({
            "outcome": if self.succeeded { "success" } else { "failure" },
            "late": self.late,
            "claimed_ms": self.claimed_ms,
            "action_digest": self.action_digest,
            "contents": contents(&self.contents),
        });
        let operation = &self.call.operation;
        let builder = self
            .call
            .builder("execution_reported", CREATE, operation, &self.context, facts);
        let builder = self.call.by_agent(builder).status(self.succeeded);
        match self.succeeded && !self.late {
            true => builder,
            false => builder.severity(LOW),
        }
        .finish()
    }
}
