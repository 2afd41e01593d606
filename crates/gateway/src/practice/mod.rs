//! The practice upstream: three providers' wire formats on loopback, and no model behind them.
//!
//! It lets a newcomer walk the whole way without a provider's account, and lets tests and benchmarks call a real HTTP
//! server. It never poses as a model: every answer carries `x-countersign-practice: true`, a model name that begins
//! with `practice/`, and a text that says so.

mod anthropic;
mod arguments;
mod gemini;
mod openai;
mod responses;
mod text;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::post;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;

use crate::listen::Server;

const LABEL: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-countersign-practice"),
    HeaderValue::from_static("true"),
);

const LARGEST_BODY: usize = 16 * 1024 * 1024;
const MOST_CONNECTIONS: usize = 1024;

/// A running practice upstream. It stops when this is dropped.
pub struct PracticeUpstream {
    address: SocketAddr,
    keys: Keys,
    server: Server,
}

/// The SHA-256 digests of the keys that open it.
type Keys = Arc<RwLock<Vec<[u8; 32]>>>;

impl PracticeUpstream {
    /// Starts one on a free loopback port. Nothing opens it until it [accepts](Self::accept) a key.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start() -> std::io::Result<Self> {
        let keys = Keys::default();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let server = Server::new();
        server.serve_tcp(listener, router(Arc::clone(&keys)), MOST_CONNECTIONS, None);
        Ok(Self { address, keys, server })
    }

    /// Lets in, from now on, who presents the key with this SHA-256 digest.
    pub fn accept(&self, key_sha256: [u8; 32]) {
        self.keys
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(key_sha256);
    }

    /// Its base address, `http://127.0.0.1:<port>/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

impl Drop for PracticeUpstream {
    fn drop(&mut self) {
        self.server.stop();
    }
}

fn router(keys: Keys) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(openai::chat_completions))
        .route("/v1/responses", post(responses::responses))
        .route("/v1/embeddings", post(openai::embeddings))
        .route("/v1/messages", post(anthropic::messages))
        .route("/v1/messages/count_tokens", post(anthropic::count_tokens))
        .route("/v1/models/{*named}", post(gemini::models))
        .fallback(|| async { openai::error(StatusCode::NOT_FOUND, "The practice upstream has no such route.") })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn_with_state(keys, check_key))
}

/// Lets in who presents a key, and labels every answer.
async fn check_key(State(keys): State<Keys>, request: Request, next: Next) -> Response {
    let presented = presented(request.headers());
    let mut response = if presented.is_some_and(|key| is_one_of(&keys, key)) {
        next.run(request).await
    } else {
        let refused = match request.uri().path() {
            path if path.starts_with("/v1/messages") => anthropic::error,
            path if path.starts_with("/v1/models/") => gemini::error,
            _ => openai::error,
        };
        refused(StatusCode::UNAUTHORIZED, "This isn't the practice upstream's key.")
    };
    response.headers_mut().extend([LABEL]);
    response
}

fn is_one_of(keys: &Keys, presented: &str) -> bool {
    let presented: [u8; 32] = Sha256::digest(presented).into();
    let keys = keys.read().unwrap_or_else(PoisonError::into_inner);
    keys.iter().any(|key| bool::from(key.ct_eq(&presented)))
}

fn presented(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let named = |name: &str| headers.get(name)?.to_str().ok();
    bearer
        .or_else(|| named("x-api-key"))
        .or_else(|| named("x-goog-api-key"))
}

fn json(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Server-sent events, each in a frame of its own.
fn events(events: Vec<String>) -> Response {
    let frames = events
        .into_iter()
        .map(|event| Ok::<_, std::convert::Infallible>(bytes::Bytes::from(event)));
    let mut response = Response::new(Body::from_stream(futures_util::stream::iter(frames)));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

#[cfg(test)]
mod tests;
