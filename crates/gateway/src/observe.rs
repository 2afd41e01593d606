//! What a monitor asks: whether the process lives, whether it serves, and what it counted.
//!
//! `GET /health` answers 200 as long as anything answers; `GET /ready` 200, or 503 with the reason in words while calls
//! would be denied; `GET /metrics` OpenMetrics text, for who presents the token. They stand on the operators' socket, with
//! the operators' token, and, where the operator asks for it, on a loopback port of their own with a token that opens
//! nothing else: a monitor needn't be able to decide on calls.

use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use engine::Engine;
use http::header;
use tokio::net::TcpListener;

use crate::agents::is_for_this_machine;
use crate::listen::Server;
use crate::operators::Token;

/// The file of the token for the port, in the data directory.
const TOKEN_FILE: &str = "observe.token";

/// A scraper has one.
const MOST_CONNECTIONS: usize = 16;

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `/health` and `/ready`, for everybody who reaches them.
pub(crate) fn states<S: Clone + Send + Sync + 'static>(engine: Arc<Engine>) -> Router<S> {
    let ready = async move || match engine.why_not_ready() {
        None => (StatusCode::OK, "ready\n".to_owned()),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    };
    Router::new()
        .route("/health", get(async || "alive\n"))
        .route("/ready", get(ready))
}

/// `/metrics`. Whoever puts it somewhere puts a token before it.
pub(crate) fn metrics<S: Clone + Send + Sync + 'static>(engine: Arc<Engine>) -> Router<S> {
    let counted = async move || ([(header::CONTENT_TYPE, OPEN_METRICS)], engine.metrics());
    Router::new().route("/metrics", get(counted))
}

/// Serves a monitor on a port of its own.
pub(crate) fn serve(server: &Server, listener: TcpListener, engine: &Arc<Engine>, data_dir: &Path) -> io::Result<()> {
    let token = Arc::new(Token::kept(&data_dir.join(TOKEN_FILE))?);
    let app = metrics(Arc::clone(engine))
        .layer(middleware::from_fn_with_state(token, check_token))
        .merge(states(Arc::clone(engine)))
        .layer(middleware::from_fn(no_page));
    server.serve_tcp(listener, app, MOST_CONNECTIONS, None);
    Ok(())
}

async fn check_token(State(token): State<Arc<Token>>, request: Request, next: Next) -> Response {
    if token.is_presented(request.headers()) {
        return next.run(request).await;
    }
    let said = "Present the token in `observe.token`, in the data directory, as a bearer token.\n";
    (StatusCode::UNAUTHORIZED, said).into_response()
}

/// No page may ask, however its name resolves.
async fn no_page(request: Request, next: Next) -> Response {
    match is_for_this_machine(request.method(), request.uri(), request.headers()) {
        true => next.run(request).await,
        false => StatusCode::FORBIDDEN.into_response(),
    }
}
