//! Every operators' call as a route, from the one list in `contract`.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Query, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use contract::*;
use futures_util::StreamExt as _;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio_util::sync::CancellationToken;

use super::events;
use super::token::Token;

/// A policy text is the largest thing that an operator sends.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

type Desk = Arc<dyn Operators>;

macro_rules! routes {
    ($($(#[$doc:meta])* $name:ident($request:ty) -> $response:ty;)*) => {
        fn calls() -> Router<Desk> {
            Router::new()$(.route(
                concat!("/operators/v1/", stringify!($name)),
                post(|State(desk): State<Desk>, body: Bytes| async move {
                    match read::<$request>(&body) {
                        Ok(request) => answer::<$response>(&desk.$name(request).await),
                        Err(error) => refuse(&error),
                    }
                }),
            ))*
        }
    };
}

for_each_call!(routes);

/// The routes, for who presents the token, `more` among them. Event streams end when `stopping` says so.
pub(super) fn router(operators: Desk, more: Router<Desk>, token: Token, stopping: CancellationToken) -> Router {
    calls()
        .merge(more)
        .route(
            client::EVENTS_PATH,
            get(move |desk, since| happenings(desk, since, stopping.clone())),
        )
        .fallback(|| async { refuse(&OperatorError::new(Code::NotFound, "There is no such call.")) })
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(middleware::from_fn_with_state(Arc::new(token), check_token))
        .with_state(operators)
}

async fn check_token(State(token): State<Arc<Token>>, request: Request, next: Next) -> Response {
    if token.is_presented(request.headers()) {
        return next.run(request).await;
    }
    let message = "This isn't the running gateway's token; it is new at each start, in `operators.token`.";
    refuse(&OperatorError::new(Code::Unauthenticated, message))
}

#[derive(Deserialize)]
struct Since {
    since: Option<u64>,
}

async fn happenings(
    State(desk): State<Desk>,
    Query(Since { since }): Query<Since>,
    stopping: CancellationToken,
) -> Response {
    match desk.events(since).await {
        Ok(stream) => {
            let mut response = Response::new(Body::from_stream(
                events::lines(stream).take_until(stopping.cancelled_owned()),
            ));
            let lines = HeaderValue::from_static("application/x-ndjson");
            response.headers_mut().insert(header::CONTENT_TYPE, lines);
            response
        }
        Err(error) => refuse(&error),
    }
}

fn read<Q: DeserializeOwned>(body: &[u8]) -> Result<Q, OperatorError> {
    serde_json::from_slice(body)
        .map_err(|error| OperatorError::new(Code::Invalid, format!("The request can't be read: {error}.")))
}

fn answer<A: Serialize>(answer: &Result<A, OperatorError>) -> Response {
    match answer {
        Ok(answer) => json(StatusCode::OK, answer),
        Err(error) => refuse(error),
    }
}

fn refuse(error: &OperatorError) -> Response {
    let status = match error.code {
        Code::Invalid => StatusCode::BAD_REQUEST,
        Code::Unauthenticated => StatusCode::UNAUTHORIZED,
        Code::Refused => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::Conflict => StatusCode::CONFLICT,
        Code::Expired => StatusCode::GONE,
        Code::LogStopped | Code::KeyStore | Code::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    };
    json(status, error)
}

fn json<T: Serialize>(status: StatusCode, body: &T) -> Response {
    let (status, body) = match serde_json::to_vec(body) {
        Ok(body) => (status, body),
        // The client says for itself what an answer without a reason means.
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, Vec::new()),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
