//! The HTTP faces of a gateway: what agents call, what operators call, and the one way out.
//!
//! ```text
//! agents ──▶ 127.0.0.1:4180 ──▶ engine ──▶ egress ──▶ an upstream, or the practice upstream on loopback
//! operators ──▶ DATA/operators.sock ──▶ engine
//! ```
//! - The agents' face turns HTTP into the engine's steps and back, in the SDKs' own shapes. It decides nothing.
//! - `observe` tells a monitor whether it serves, and what it counted; `traces` sends a collector what became of calls.
//! - The operators' face is a local socket with a token beside it; `client` is its other end. No agent's key opens it,
//!   and it opens no agent's route.
//! - The egress is the only code that may use the HTTP client, and takes nothing but an [`engine::Released`].
//! - The practice upstream speaks two providers' wire formats on loopback and says in every answer that no model was
//!   asked.
//!
//! [`serve`] starts all of it over one data directory.

mod addresses;
mod agents;
mod egress;
mod key_guard;
mod listen;
mod observe;
mod operators;
mod practice;
mod serve;
mod tls;
mod traces;

pub use egress::{CollectorError, EgressError};
pub use operators::SocketError;
pub use practice::PracticeUpstream;
pub use serve::{DEFAULT_AGENTS_ADDRESS, Gateway, GatewayOptions, ServeError, TraceCollector, serve};
pub use tls::{AUTHORITY_FILE, AgentsTls, CertificateSource, TlsError};
