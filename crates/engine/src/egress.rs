//! The port through which a released call leaves: implemented once, by the gateway's egress file.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use evidence::SignedCheckpoint;
use futures_util::stream::BoxStream;
use zeroize::Zeroizing;

use crate::Released;

/// Where a released call goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The upstream's name.
    pub name: String,
    /// Its base address, as the administrator configured it. For the practice upstream: `embedded`.
    pub base_url: String,
    /// What it speaks.
    pub format: contract::WireFormat,
    /// Whether it is the embedded practice upstream.
    pub practice: bool,
    /// How long it may be silent, before its answer and within it.
    pub silence: Duration,
    /// What the administrator permitted of it that otherwise isn't.
    pub exceptions: Vec<contract::UpstreamException>,
}

/// The exact call to send. Only a [`Released`] gives one, and giving it uses the release up.
#[derive(Debug)]
pub struct Dispatch {
    /// Where to.
    pub endpoint: Endpoint,
    /// The path under the base address, with its query where the operation has one: `chat/completions`.
    pub path: String,
    /// The headers that go along, already reduced to those an agent may set.
    pub headers: Vec<(String, String)>,
    /// The exact bytes that were decided on.
    pub body: Bytes,
}

/// A provider's key, for one use. Wiped when dropped, never printed.
pub struct Credential(Zeroizing<String>);

impl Credential {
    pub(crate) fn new(secret: Zeroizing<String>) -> Self {
        Self(secret)
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credential(..)")
    }
}

/// An upstream's answer, as it comes.
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Its headers, already reduced to those an agent may see.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: BoxStream<'static, Result<Bytes, SendError>>,
}

/// How sending fails.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SendError {
    /// No connection, a refused address, a failed handshake.
    #[error("the upstream couldn't be reached: {0}")]
    Unreachable(String),
    /// A wait ran out.
    #[error("the upstream took too long")]
    Timeout,
    /// The answer broke off.
    #[error("the upstream's answer broke off: {0}")]
    Cut(String),
}

/// A signed checkpoint on its way out.
#[derive(Debug, Clone)]
pub struct OutgoingCheckpoint(String);

impl OutgoingCheckpoint {
    pub(crate) fn new(checkpoint: &SignedCheckpoint) -> Self {
        Self(checkpoint.to_string())
    }

    /// The signed note, as text.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }
}

/// Sends what was released and the log's signed checkpoints, and nothing else.
#[async_trait]
pub trait Egress: Send + Sync {
    /// Uses the release up.
    ///
    /// # Errors
    /// [`SendError`]: the caller records it as the outcome. It is never retried here.
    async fn send(&self, released: Released, credential: Credential) -> Result<Reply, SendError>;

    /// Brings a signed checkpoint to the administrator's `https` address (`http` on loopback) by one POST.
    ///
    /// # Errors
    /// [`SendError`], also where the answer isn't a success.
    async fn publish(&self, address: &str, checkpoint: OutgoingCheckpoint) -> Result<(), SendError>;
}
