//! Upstreams and their credentials.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What an upstream speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum WireFormat {
    /// OpenAI's HTTP API.
    Openai,
    /// Anthropic's HTTP API.
    Anthropic,
}

/// A model provider that the administrator configured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Upstream {
    /// Its name, unique.
    pub name: String,
    /// What it speaks.
    pub format: WireFormat,
    /// Where it is, `https://api.openai.com/v1`; `embedded` for the practice upstream.
    pub base_url: String,
    /// Whether it is the embedded practice upstream.
    pub practice: bool,
    /// Whether its format's route points at it.
    pub in_use: bool,
    /// Whether a credential is sealed for it.
    pub has_credential: bool,
}

/// All upstreams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Upstreams {
    /// In the order they were added.
    pub upstreams: Vec<Upstream>,
}

/// An upstream to add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NewUpstream {
    /// 1 to 64 characters of a-z, 0-9 and `-`, unique.
    pub name: String,
    /// What it speaks.
    pub format: WireFormat,
    /// An `https` address up to and with its version segment; `http` only on loopback.
    pub base_url: String,
}

/// Names an upstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct UpstreamRef {
    /// Its name.
    pub name: String,
}

/// Names the upstream whose credential is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CredentialRef {
    /// The upstream's name.
    pub upstream: String,
}

/// A sealed credential, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Credential {
    /// The upstream's name.
    pub upstream: String,
    /// When it was set, ms UTC.
    #[ts(type = "number")]
    pub set_ms: i64,
    /// The first 12 hex digits of its SHA-256 under a private key, to tell one from another.
    pub fingerprint: String,
}

/// All credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Credentials {
    /// By upstream's name.
    pub credentials: Vec<Credential>,
}

/// A provider key to seal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NewCredential {
    /// The upstream's name.
    pub upstream: String,
    /// The provider's key: visible ASCII, 1 to 4096 bytes.
    pub secret: String,
}

impl std::fmt::Debug for NewCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewCredential")
            .field("upstream", &self.upstream)
            .finish_non_exhaustive()
    }
}
