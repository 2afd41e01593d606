//! The practice upstream: two providers' wire formats on loopback, and no model behind them.
//!
//! It lets a newcomer walk the whole way without a provider's account, and lets tests and benchmarks call a real HTTP
//! server. It never poses as a model: every answer carries `x-countersign-practice: true`, a model name that begins
//! with `practice/`, and a text that says so.

mod anthropic;
mod arguments;
mod openai;
mod text;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::post;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;
use zeroize::Zeroizing;

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
    key: Arc<Zeroizing<String>>,
    server: Server,
}

impl PracticeUpstream {
    /// Starts one on a free loopback port, with a key of its own.
    ///
    /// # Errors
    /// No port is free, or the system gives no random bytes.
    pub async fn start() -> std::io::Result<Self> {
        let mut random = Zeroizing::new([0; 24]);
        getrandom::fill(random.as_mut_slice()).map_err(std::io::Error::other)?;
        let key = Arc::new(Zeroizing::new(format!("practice-{}", hex::encode(random.as_slice()))));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let server = Server::new();
        server.serve_tcp(listener, router(Arc::clone(&key)), MOST_CONNECTIONS);
        Ok(Self { address, key, server })
    }

    /// Its base address, `http://127.0.0.1:<port>/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// The key that it wants to see, made anew at each start. It opens nothing else.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl Drop for PracticeUpstream {
    fn drop(&mut self) {
        self.server.stop();
    }
}

fn router(key: Arc<Zeroizing<String>>) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(openai::chat_completions))
        .route("/v1/messages", post(anthropic::messages))
        .fallback(|| async { openai::error(StatusCode::NOT_FOUND, "The practice upstream has no such route.") })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn_with_state(key, check_key))
}

/// Lets in who presents the key, and labels every answer.
async fn check_key(State(key): State<Arc<Zeroizing<String>>>, request: Request, next: Next) -> Response {
    let presented = presented(request.headers());
    let mut response = if bool::from(presented.unwrap_or_default().as_bytes().ct_eq(key.as_bytes())) {
        next.run(request).await
    } else if request.uri().path() == "/v1/messages" {
        anthropic::error(StatusCode::UNAUTHORIZED, "This isn't the practice upstream's key.")
    } else {
        openai::error(StatusCode::UNAUTHORIZED, "This isn't the practice upstream's key.")
    };
    response.headers_mut().extend([LABEL]);
    response
}

fn presented(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    bearer.or_else(|| headers.get("x-api-key")?.to_str().ok())
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
