//! A model call of any format: the engine's steps, one after another.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::Response;
use engine::{Answer, Caller, Engine, Format, Hold, ModelRequest, Verdict};
use http::request::Parts;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::entry::{let_in, refused_early};
use super::{Face, answer, body, hold, presented, rejection::Rejection, shape::Shape};

/// Answers one call. `model` is the one that the path names, for the formats that name it there.
pub(super) async fn answer(face: Face, format: Format, model: Option<String>, request: Request) -> Response {
    let shape = Shape::of(format);
    match ask(face, format, model, request).await {
        Ok(response) => response,
        Err(rejection) => rejection.whole(shape),
    }
}

async fn ask(face: Face, format: Format, model: Option<String>, request: Request) -> Result<Response, Rejection> {
    let began = Instant::now();
    let (caller, parts, body) = let_in(&face, request, format.operation()).await?;
    let request_uid = caller.request_uid().to_owned();
    let read = match presented::query_is_known(format, parts.uri.query()) {
        true => body::read(&parts.headers, body, &request_uid).await,
        false => Err(Rejection::query(&request_uid)),
    };
    let body = match read {
        Ok(body) => body,
        Err(rejection) => return Err(refused_early(&face, &caller, format.operation(), rejection).await),
    };
    let asked = ModelRequest {
        format,
        model,
        body,
        headers: presented::forwarded(format, &parts.headers),
    };
    let left = CancellationToken::new();
    // Dropped with this future, when the connection ends.
    let _here = left.clone().drop_guard();
    // On a task of its own: a client that leaves now mustn't stop it between a record and what the record says.
    let decided = tokio::spawn(decide(Arc::clone(&face.engine), caller, asked, left.clone())).await;
    match decided.unwrap_or_else(|_| Err(Rejection::broken(&request_uid)))? {
        Decided::Answered(answer) => Ok(answer::pass_on(answer)),
        Decided::Held { hold, streams: true } => Ok(hold::stream(face, *hold, Shape::of(format))),
        Decided::Held { hold, streams: false } => in_silence(face, *hold, began, &parts).await,
    }
}

async fn in_silence(face: Face, hold: Hold, began: Instant, parts: &Parts) -> Result<Response, Rejection> {
    let until = began + presented::patience(&parts.headers);
    hold::in_silence(face, hold, until).await.map(answer::pass_on)
}

enum Decided {
    Answered(Answer),
    Held { hold: Box<Hold>, streams: bool },
}

async fn decide(
    engine: Arc<Engine>,
    caller: Caller,
    request: ModelRequest,
    left: CancellationToken,
) -> Result<Decided, Rejection> {
    let asked = engine.read(caller, request).await?;
    let streams = asked.streams();
    match engine.decide(asked).await? {
        Verdict::Released(released) => {
            let answer = engine.forward(released, left.cancelled()).await?;
            Ok(Decided::Answered(answer))
        }
        Verdict::Held(hold) => Ok(Decided::Held {
            hold: Box::new(hold),
            streams,
        }),
    }
}
