//! Registered agents.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A registered machine actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Agent {
    /// The agent's uid, which is also its stream's name in the log.
    pub uid: String,
    /// Its name.
    pub name: String,
    /// The operator who answers for it.
    pub sponsor_uid: String,
    /// That operator's name.
    pub sponsor_name: String,
    /// Whether its key is accepted.
    pub enabled: bool,
    /// The public part of its runtime key's name: `csk_1a2b…`.
    pub key_hint: String,
    /// When it was registered, ms UTC.
    #[ts(type = "number")]
    pub added_ms: i64,
    /// Whether it is the built-in agent that sends practice calls.
    pub practice: bool,
}

/// All agents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Agents {
    /// In the order they were added.
    pub agents: Vec<Agent>,
}

/// An agent to register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NewAgent {
    /// 1 to 64 characters, unique.
    pub name: String,
}

/// Names an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AgentRef {
    /// The agent's uid or name.
    pub agent: String,
}

/// A new agent and its runtime key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AddedAgent {
    /// The agent.
    pub agent: Agent,
    /// The runtime key, shown this once: only its hash is kept.
    pub runtime_key: String,
    /// What to paste where.
    pub snippets: Vec<Snippet>,
}

impl std::fmt::Debug for AddedAgent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AddedAgent")
            .field("agent", &self.agent)
            .finish_non_exhaustive()
    }
}

/// Lines to paste into a client.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Snippet {
    /// `Python`, `Node`, `Environment`.
    pub title: String,
    /// The lines.
    pub code: String,
}
