//! What a gateway is and how its chain stands.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::Verification;

/// A request or answer that says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Empty {}

/// What this gateway is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Status {
    /// The program's version.
    pub version: String,
    /// The tenant.
    pub tenant_uid: String,
    /// The tenant's name.
    pub tenant_name: String,
    /// Where agents connect, `http://127.0.0.1:4180/v1`; absent while it doesn't listen.
    pub agents_url: Option<String>,
    /// Whether calls are served.
    pub serving: Serving,
    /// The log's chain.
    pub chain: ChainState,
    /// The registered operators.
    pub operators: Vec<Operator>,
    /// Items waiting for a person.
    pub waiting: u32,
    /// The upstream that the OpenAI route points at now.
    pub openai_upstream: String,
    /// Whether that is the embedded practice upstream.
    pub practice: bool,
    /// Which key store holds the keys: `keychain` or `sealed file`.
    pub key_store: String,
    /// The directory that holds the data.
    pub data_dir: String,
}

/// Whether calls are served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Serving {
    /// Calls are served.
    Yes,
    /// Every call is denied.
    No {
        /// What is wrong and what to do.
        reason: String,
    },
}

/// A registered operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Operator {
    /// The operator's uid.
    pub uid: String,
    /// The operator's name.
    pub name: String,
    /// The reviewer key's id, `SHA256:…`.
    pub key_id: String,
    /// The sequence of the record that registered the key.
    #[ts(type = "number")]
    pub registered_at: u64,
}

/// How the chain stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ChainState {
    /// `countersign/log/…`
    pub origin: String,
    /// How many records.
    #[ts(type = "number")]
    pub size: u64,
    /// The last record's fingerprint, hex; absent in an empty log.
    pub head: Option<String>,
    /// The log key's id, `SHA256:…`.
    pub log_key_id: String,
    /// The size of the log from which on that key signs its checkpoints; 0 for the first.
    #[ts(type = "number")]
    pub log_key_from: u64,
    /// The epoch of the operators' MAC chain: how often its key was rotated.
    pub mac_epoch: u32,
    /// The newest checkpoint.
    pub checkpoint: Option<Checkpoint>,
    /// The last or current verification of the whole chain.
    pub verification: Verification,
}

/// A signed statement of the log's size and root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Checkpoint {
    /// How many records it covers.
    #[ts(type = "number")]
    pub size: u64,
    /// The tree's root, hex.
    pub root: String,
    /// When it was signed, ms UTC.
    #[ts(type = "number")]
    pub signed_ms: i64,
}
