//! `POST /v1/chat/completions`: the engine's steps, one after another.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use contract::WireFormat;
use engine::{Answer, Caller, Engine, Hold, ModelRequest, Verdict};
use tokio::time::Instant;

use super::{Face, answer, body, hold, presented, rejection::Rejection};
use crate::listen::Source;

/// Answers one call.
pub(super) async fn chat_completions(State(face): State<Face>, request: Request) -> Response {
    match ask(face, request).await {
        Ok(response) => response,
        Err(rejection) => rejection.whole(),
    }
}

async fn ask(face: Face, request: Request) -> Result<Response, Rejection> {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let Some(Source(source)) = parts.extensions.get::<Source>() else {
        return Err(Rejection::broken(""));
    };
    // Nobody's body is read before it is known who sends it.
    let caller = face
        .engine
        .authenticate(presented::runtime_key(&parts.headers), *source)?;
    let request_uid = caller.request_uid().to_owned();
    if parts.uri.query().is_some() {
        return Err(Rejection::query(&request_uid));
    }
    let body = body::read(&parts.headers, body, &request_uid).await?;
    let headers = presented::forwarded(&parts.headers);
    let asked = ModelRequest {
        format: WireFormat::Openai,
        body,
        headers,
    };
    // On a task of its own: a client that leaves now mustn't stop it between a record and what the record says.
    let decided = tokio::spawn(decide(Arc::clone(&face.engine), caller, asked)).await;
    match decided.unwrap_or_else(|_| Err(Rejection::broken(&request_uid)))? {
        Decided::Answered(answer) => Ok(answer::pass_on(answer)),
        Decided::Held { hold, streams: true } => Ok(hold::stream(face, *hold)),
        Decided::Held { hold, streams: false } => {
            let until = began + presented::patience(&parts.headers);
            hold::in_silence(face, *hold, until).await.map(answer::pass_on)
        }
    }
}

enum Decided {
    Answered(Answer),
    Held { hold: Box<Hold>, streams: bool },
}

async fn decide(engine: Arc<Engine>, caller: Caller, request: ModelRequest) -> Result<Decided, Rejection> {
    let asked = engine.read(caller, request).await?;
    let streams = asked.streams();
    match engine.decide(asked).await? {
        Verdict::Released(released) => Ok(Decided::Answered(engine.forward(released).await?)),
        Verdict::Held(hold) => Ok(Decided::Held {
            hold: Box::new(hold),
            streams,
        }),
    }
}
