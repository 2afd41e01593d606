//! The agents' face: OpenAI's chat completions on a loopback port, with the engine's steps behind it.
//!
//! ```text
//! door ─▶ runtime key ─▶ body ─▶ engine: read ─▶ decide ─▶ forward ─▶ answer
//!                                                  └─▶ held: wait ─▶ forward ─▶ answer
//! ```
//! Whatever isn't let through is answered in the SDK's own error shape, with the request's id.

mod answer;
mod body;
mod chat;
mod door;
mod hold;
mod presented;
mod rejection;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::post;
use engine::Engine;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::listen::Server;
use rejection::Rejection;

/// The one route.
const CHAT_COMPLETIONS: &str = "/v1/chat/completions";

/// At most this many agents' connections at once. Each may take a second one, to the upstream, and many systems give a
/// process 1,024 in all.
const MOST_CONNECTIONS: usize = 480;

/// Serves agents until the server stops.
pub(crate) fn serve(server: &Server, listener: TcpListener, engine: Arc<Engine>) {
    let face = Face {
        engine,
        stopping: server.stopping(),
    };
    server.serve_tcp(listener, router(face), MOST_CONNECTIONS);
}

/// What answering a call takes.
#[derive(Clone)]
struct Face {
    engine: Arc<Engine>,
    /// Ends every wait for a person: the item stays, and the same call attaches to it after the restart.
    stopping: CancellationToken,
}

fn router(face: Face) -> Router {
    Router::new()
        .route(CHAT_COMPLETIONS, post(chat::chat_completions))
        .fallback(|| async { Rejection::unlisted_route().whole() })
        .method_not_allowed_fallback(|| async { Rejection::unlisted_method().whole() })
        .layer(middleware::from_fn(door::pass))
        .with_state(face)
}
