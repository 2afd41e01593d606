//! What is registered: the tenant, its operators, agents, upstreams, credentials and policy.
//!
//! Kept in memory for reading, and in the ledger's state table, which changes only in the transaction of the record
//! that says so. The shapes here are the state table's own format; nothing outside this crate sees them.

use std::collections::BTreeMap;

use ledger::{Ledger, StateChange};
use policy::Policy;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    keeping::{self, LegalHoldRow, RetentionRow},
    kinds::{self, RegisteredKind},
    steps::Story,
};

/// A row of the state table.
pub(crate) trait Kept: Serialize + DeserializeOwned {
    /// The table's `kind`.
    const KIND: &'static str;

    /// The table's `key`.
    fn key(&self) -> &str;

    /// The change that writes it.
    fn put(&self) -> Result<StateChange, BooksError> {
        let value = serde_json::to_vec(self).map_err(|error| BooksError::Unreadable(Self::KIND, error.to_string()))?;
        Ok(StateChange {
            kind: Self::KIND,
            key: self.key().to_owned(),
            value: Some(value),
        })
    }

    /// The change that takes it away.
    fn remove(&self) -> StateChange {
        StateChange {
            kind: Self::KIND,
            key: self.key().to_owned(),
            value: None,
        }
    }

    /// What a stored value says.
    fn read(bytes: &[u8]) -> Result<Self, BooksError> {
        serde_json::from_slice(bytes).map_err(|error| BooksError::Unreadable(Self::KIND, error.to_string()))
    }
}

/// The state table can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// A row isn't what this version writes.
    #[error("the {0} in the database can't be read ({1}); was it written by a newer version?")]
    Unreadable(&'static str, String),
    /// The database can't be read.
    #[error("the database can't be read: {0}")]
    Storage(String),
    /// The policy that was in force can't be read any more.
    #[error("the policy in force can't be read: {0}")]
    Policy(String),
}

macro_rules! kept {
    ($name:ident, $kind:literal, $key:ident) => {
        impl Kept for $name {
            const KIND: &'static str = $kind;
            fn key(&self) -> &str {
                &self.$key
            }
        }
    };
}

/// The tenant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TenantRow {
    pub(crate) uid: String,
    pub(crate) name: String,
}
kept!(TenantRow, "tenant", uid);

/// A person who may decide.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OperatorRow {
    pub(crate) uid: String,
    pub(crate) name: String,
    pub(crate) key_id: String,
    /// The reviewer key, SubjectPublicKeyInfo DER, hex.
    pub(crate) spki: String,
    pub(crate) registered_at: u64,
}
kept!(OperatorRow, "operator", uid);

/// A machine actor.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AgentRow {
    pub(crate) uid: String,
    pub(crate) name: String,
    pub(crate) sponsor_uid: String,
    pub(crate) sponsor_name: String,
    pub(crate) enabled: bool,
    /// The public part of the runtime key, by which it is looked up.
    pub(crate) key_hint: String,
    /// SHA-256 of the whole runtime key, hex.
    pub(crate) key_sha256: String,
    pub(crate) added_ms: i64,
    pub(crate) practice: bool,
}
kept!(AgentRow, "agent", uid);

/// A model provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UpstreamRow {
    pub(crate) name: String,
    pub(crate) format: contract::WireFormat,
    pub(crate) base_url: String,
    pub(crate) practice: bool,
    pub(crate) added_ms: i64,
    pub(crate) in_use: bool,
    /// How long it may be silent, s.
    pub(crate) silence_s: u32,
    pub(crate) exceptions: Vec<contract::UpstreamException>,
    /// Who permitted the exceptions; absent where there are none, and in rows of before this was kept.
    #[serde(default)]
    pub(crate) justified: Option<JustifiedRow>,
}

/// Who permitted an upstream's exceptions. The reason itself is a content, so that it can be erased.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct JustifiedRow {
    pub(crate) by: String,
    pub(crate) at_ms: i64,
    pub(crate) content_uid: String,
}
kept!(UpstreamRow, "upstream", name);

/// A name that stands for an upstream's model.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AliasRow {
    pub(crate) name: String,
    pub(crate) upstream: String,
    pub(crate) model: String,
}
kept!(AliasRow, "alias", name);

/// A sealed provider key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CredentialRow {
    pub(crate) upstream: String,
    /// `vault::Sealer` output, hex, bound to the upstream's name.
    pub(crate) sealed: String,
    pub(crate) set_ms: i64,
    pub(crate) fingerprint: String,
}
kept!(CredentialRow, "credential", upstream);

/// A place that checkpoints go to.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CheckpointPlaceRow {
    pub(crate) address: String,
}
kept!(CheckpointPlaceRow, "checkpoint_place", address);

/// A published policy. The newest is in force; older ones stay for case files.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PolicyRow {
    /// Sorts by publication.
    pub(crate) uid: String,
    pub(crate) text: String,
    pub(crate) sha256: String,
    pub(crate) published_ms: i64,
    pub(crate) built_in: bool,
    /// The operator who published it; nobody for the built-in one.
    pub(crate) author_uid: Option<String>,
}
kept!(PolicyRow, "policy", uid);

/// A call that was let through and whose outcome isn't recorded yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OpenCallRow {
    pub(crate) story: Story,
}

impl Kept for OpenCallRow {
    const KIND: &'static str = "open_call";
    fn key(&self) -> &str {
        &self.story.request_uid
    }
}

/// Everything that is registered.
pub(crate) struct Books {
    pub(crate) tenant: TenantRow,
    pub(crate) operators: BTreeMap<String, OperatorRow>,
    pub(crate) agents: BTreeMap<String, AgentRow>,
    pub(crate) upstreams: BTreeMap<String, UpstreamRow>,
    pub(crate) aliases: BTreeMap<String, AliasRow>,
    pub(crate) credentials: BTreeMap<String, CredentialRow>,
    pub(crate) places: BTreeMap<String, CheckpointPlaceRow>,
    pub(crate) kinds: BTreeMap<String, std::sync::Arc<RegisteredKind>>,
    pub(crate) policies: Vec<PolicyRow>,
    pub(crate) holds: BTreeMap<String, LegalHoldRow>,
    pub(crate) retention: RetentionRow,
    /// Nobody has set it yet.
    pub(crate) retention_is_default: bool,
    pub(crate) policy: std::sync::Arc<Policy>,
}

impl Books {
    /// Reads them from the ledger's state table.
    pub(crate) fn read(ledger: &Ledger) -> Result<Self, BooksError> {
        let policies: Vec<PolicyRow> = all(ledger)?;
        let newest = policies
            .last()
            .ok_or_else(|| BooksError::Policy("none was ever published".to_owned()))?;
        let policy = Policy::parse(&newest.text).map_err(|error| BooksError::Policy(error.to_string()))?;
        let tenant = all::<TenantRow>(ledger)?
            .into_iter()
            .next()
            .ok_or_else(|| BooksError::Storage("it holds no tenant".to_owned()))?;
        let retention = keeping::retention(ledger)?;
        Ok(Self {
            tenant,
            holds: by_key(all(ledger)?),
            retention_is_default: retention.is_none(),
            retention: retention.unwrap_or(RetentionRow {
                days: keeping::DEFAULT_DAYS,
                minimum_days: keeping::DEFAULT_MINIMUM_DAYS,
            }),
            operators: by_key(all(ledger)?),
            agents: by_key(all(ledger)?),
            upstreams: by_key(all(ledger)?),
            aliases: by_key(all(ledger)?),
            credentials: by_key(all(ledger)?),
            places: by_key(all(ledger)?),
            kinds: kinds::read(ledger)?.into_iter().collect(),
            policies,
            policy: std::sync::Arc::new(policy),
        })
    }

    /// The agent whose runtime key has this public part.
    pub(crate) fn agent_by_hint(&self, hint: &str) -> Option<&AgentRow> {
        self.agents.values().find(|agent| agent.key_hint == hint)
    }

    /// The agent with this uid or name.
    pub(crate) fn agent(&self, uid_or_name: &str) -> Option<&AgentRow> {
        self.agents
            .get(uid_or_name)
            .or_else(|| self.agents.values().find(|agent| agent.name == uid_or_name))
    }

    /// The upstream that a wire format's route points at.
    pub(crate) fn upstream_in_use(&self, format: contract::WireFormat) -> Option<&UpstreamRow> {
        self.upstreams
            .values()
            .find(|upstream| upstream.format == format && upstream.in_use)
    }

    /// The policy in force.
    pub(crate) fn policy_row(&self) -> Option<&PolicyRow> {
        self.policies.last()
    }

    /// The one operator there is, where there is only one.
    pub(crate) fn sole_operator(&self) -> Option<&OperatorRow> {
        let mut operators = self.operators.values();
        operators.next().filter(|_| operators.next().is_none())
    }
}

/// Every row of one kind, by key.
pub(crate) fn all<T: Kept>(ledger: &Ledger) -> Result<Vec<T>, BooksError> {
    const PAGE: u32 = 1000;
    let mut rows = Vec::new();
    let mut from = String::new();
    loop {
        let page = ledger
            .state_list(T::KIND, &from, PAGE)
            .map_err(|error| BooksError::Storage(error.to_string()))?;
        let full = page.len() == PAGE as usize;
        for (key, value) in page {
            rows.push(T::read(&value)?);
            from = key;
        }
        if !full {
            return Ok(rows);
        }
        // The smallest key after the last one.
        from.push('\0');
    }
}

fn by_key<T: Kept>(rows: Vec<T>) -> BTreeMap<String, T> {
    rows.into_iter().map(|row| (row.key().to_owned(), row)).collect()
}
