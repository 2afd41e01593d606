//! The agents' face: the model APIs of OpenAI, Anthropic and Google on a loopback port, with the engine's steps behind
//! them.
//!
//! ```text
//! door ─▶ runtime key ─▶ body ─▶ engine: read ─▶ decide ─▶ forward ─▶ answer
//!                                                  └─▶ held: wait ─▶ forward ─▶ answer
//! ```
//! Actions that agents propose and do themselves go the same way up to their release ([`actions`]).
//!
//! Whatever isn't let through is answered in the error shape that the path's SDK reads, with the request's id.

mod actions;
mod answer;
mod body;
mod call;
mod door;
mod entry;
mod hold;
mod models;
mod presented;
mod rejection;
mod shape;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::middleware;
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use engine::{Engine, Format};
use http::Uri;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::listen::Server;
pub(crate) use door::is_for_this_machine;
use rejection::Rejection;
pub(crate) use rejection::told;
use shape::Shape;

/// The routes whose format the path says alone.
const CALLS: [(&str, Format); 5] = [
    ("/v1/chat/completions", Format::OpenAiChat),
    ("/v1/responses", Format::OpenAiResponses),
    ("/v1/embeddings", Format::OpenAiEmbeddings),
    ("/v1/messages", Format::AnthropicMessages),
    ("/v1/messages/count_tokens", Format::AnthropicCountTokens),
];

/// Gemini's verbs, which follow the model's name: `/v1beta/models/gemini-3-pro:generateContent`.
const VERBS: [(&str, Format); 3] = [
    (":generateContent", Format::GeminiGenerate),
    (":streamGenerateContent", Format::GeminiStream),
    (":countTokens", Format::GeminiCountTokens),
];

/// At most this many agents' connections at once. Each may take a second one, to the upstream, and many systems give a
/// process 1,024 in all.
const MOST_CONNECTIONS: usize = 480;

/// Serves agents until the server stops.
pub(crate) fn serve(server: &Server, listener: TcpListener, engine: Arc<Engine>, tls: Option<ServedOverTls>) {
    let (names, acceptor) = match tls {
        Some(ServedOverTls { names, acceptor }) => (Some(names.into()), Some(acceptor)),
        None => (None, None),
    };
    let face = Face {
        engine,
        names,
        stopping: server.stopping(),
    };
    server.serve_tcp(listener, router(face), MOST_CONNECTIONS, acceptor);
}

/// How agents on other machines are served.
pub(crate) struct ServedOverTls {
    /// The names that they may call the gateway by.
    pub(crate) names: Vec<String>,
    pub(crate) acceptor: TlsAcceptor,
}

/// What answering a call takes.
#[derive(Clone)]
struct Face {
    engine: Arc<Engine>,
    /// Where agents are served over TLS: the names that they may call the gateway by, besides this machine's own.
    names: Option<Arc<[String]>>,
    /// Ends every wait for a person: the item stays, and the same call attaches to it after the restart.
    stopping: CancellationToken,
}

fn router(face: Face) -> Router {
    let listed = CALLS.iter().fold(Router::new(), |router, (path, format)| {
        router.route(path, call_of(*format))
    });
    listed
        .route("/v1beta/models/{*call}", post(gemini))
        .route("/v1/actions", post(actions::propose))
        .route("/v1/actions/{id}", get(actions::state))
        .route("/v1/actions/{id}/execution", post(actions::execution))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{id}", get(models::one))
        .fallback(unlisted)
        .method_not_allowed_fallback(async |uri: Uri| Rejection::unlisted_method().whole(Shape::at(uri.path())))
        .layer(middleware::from_fn_with_state(face.clone(), door::pass))
        .with_state(face)
}

fn call_of(format: Format) -> MethodRouter<Face> {
    post(async move |State(face): State<Face>, request: Request| call::answer(face, format, None, request).await)
}

async fn gemini(State(face): State<Face>, Path(named): Path<String>, request: Request) -> Response {
    let found = VERBS
        .iter()
        .find_map(|(verb, format)| Some((named.strip_suffix(verb)?, *format)));
    match found {
        Some((model, format)) => call::answer(face, format, Some(model.to_owned()), request).await,
        None => unlisted(request.uri().clone()).await,
    }
}

async fn unlisted(uri: Uri) -> Response {
    Rejection::unlisted_route().whole(Shape::at(uri.path()))
}
