//! What happens, as it happens.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{ItemState, Verification};

/// One event of the stream. Events say *that* something changed; readers fetch what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Event {
    /// Rises by one; give it back as `since` to go on from here.
    #[ts(type = "number")]
    pub cursor: u64,
    /// What happened.
    pub happening: Happening,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Happening {
    /// An inbox item came or changed its state.
    Inbox {
        /// The item.
        uid: String,
        /// Its state now.
        state: ItemState,
    },
    /// Records were appended.
    Appended {
        /// The log's size now.
        #[ts(type = "number")]
        size: u64,
        /// The newest record's fingerprint, hex.
        head: String,
    },
    /// The log was checkpointed, began or stopped refusing, or its verification moved.
    Chain,
    /// A run of verification moved on or ended.
    Verification(Verification),
    /// An agent was added, disabled or given a key.
    Agents,
    /// An upstream was added or switched to.
    Upstreams,
    /// A credential was set or removed.
    Credentials,
    /// A policy was published, or a kind of action registered, defined anew or removed.
    Policy,
    /// The reader fell behind and missed events: fetch everything again.
    Lagged,
}
