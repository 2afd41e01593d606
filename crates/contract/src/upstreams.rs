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
    /// Google's Gemini API.
    Gemini,
}

/// What has to be permitted explicitly, with a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamException {
    /// It may be at a private address (RFC 1918, RFC 4193, RFC 6598). Never at a link-local one.
    PrivateNetwork,
    /// It may be asked over plain HTTP, on a private network alone: whoever listens there reads calls and the key.
    Plaintext,
    /// It may be silent for longer than ten minutes.
    LongSilence,
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
    /// How long it may be silent before the call ends as timed out, s.
    pub silence_s: u32,
    /// What is permitted of it that otherwise isn't. Each was justified, and is recorded.
    pub exceptions: Vec<UpstreamException>,
    /// Who permitted that, when and why; nothing where nothing is, or where it was permitted before this was kept.
    pub justified: Option<Justified>,
}

/// Who permitted exceptions, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Justified {
    /// The operator's name.
    pub by: String,
    /// When, ms UTC.
    #[ts(type = "number")]
    pub at_ms: i64,
    /// The reason that was given; nothing once it is erased.
    pub why: Option<String>,
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
    /// How long it may be silent, s: 1 to 600, and to 3,600 where that is permitted; 600 where absent.
    #[serde(default)]
    #[ts(optional)]
    pub silence_s: Option<u32>,
    /// What is permitted of it that otherwise isn't; most need nothing.
    #[serde(default)]
    pub exceptions: Vec<UpstreamException>,
    /// Why, in 10 to 2,000 characters; empty where there are no exceptions. It is recorded, and shown to auditors.
    #[serde(default)]
    pub justification: String,
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
