//! A call that waits for a person, as the SDKs bear it.
//!
//! A *streaming* client gets 200 and a comment every few seconds, then the upstream's stream, or the refusal as an
//! event. A client that *doesn't stream* gets silence for as long as it bears it, then 403 `approval_required`; the
//! same call sent again attaches to the same approval. (Blanks before the JSON, 202 and 429 each end in a silent empty
//! success or a storm of retries in one SDK or another.)

use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use engine::{Answer, Cut, Hold, HoldEnd, Released};
use futures_util::StreamExt as _;
use http::{HeaderValue, header};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use super::Face;
use super::answer::{RECEIPT, REQUEST_ID, receipt_text, told_of_its_end};
use super::rejection::{Rejection, SHOULD_RETRY};
use super::shape::Shape;

/// How often a held stream shows that it lives: at most every 10 s, says the design.
const SIGN_OF_LIFE: Duration = Duration::from_secs(8);

/// How soon it is noticed that the client has left. Waiting isn't broken off at any other moment, so that an approval
/// is never used up halfway.
const GLANCE: Duration = Duration::from_millis(250);

/// How much of an upstream's error is read, to be told on a stream that has begun.
const LARGEST_ERROR: usize = 64 * 1024;

/// Events on their way to a client that reads slowly.
const EVENTS: usize = 8;

type ToClient = mpsc::Sender<Result<Bytes, Cut>>;

/// Waits in silence until a person has decided, or `until`.
pub(super) async fn in_silence(face: Face, hold: Hold, until: Instant) -> Result<Answer, Rejection> {
    let request_uid = hold.request_uid().to_owned();
    let left = CancellationToken::new();
    // Dropped with this future, when the connection ends.
    let _here = left.clone().drop_guard();
    let waiting = tokio::spawn(async move {
        let released = wait(&face, hold, until, || left.is_cancelled()).await?;
        Ok(face.engine.forward(released, left.cancelled()).await?)
    });
    waiting.await.unwrap_or_else(|_| Err(Rejection::broken(&request_uid)))
}

async fn wait(face: &Face, mut hold: Hold, until: Instant, has_left: impl Fn() -> bool) -> Result<Released, Rejection> {
    loop {
        match face.engine.wait(hold, until.min(Instant::now() + GLANCE)).await? {
            HoldEnd::Released(released) => return Ok(released),
            HoldEnd::StillHeld(still) => hold = still,
        }
        if has_left() || face.stopping.is_cancelled() || Instant::now() >= until {
            return Err(face.engine.required(&hold).into());
        }
    }
}

/// Answers at once, and goes on when a person has decided.
pub(super) fn stream(face: Face, hold: Hold, shape: Shape) -> Response {
    let required = face.engine.required(&hold);
    let request_uid = hold.request_uid().to_owned();
    let (to_client, events) = mpsc::channel(EVENTS);
    tokio::spawn(async move { hold_open(&face, hold, shape, &to_client).await });
    let mut response = Response::new(Body::from_stream(ReceiverStream::new(events)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // It ends countersigned, denied or expired; the same call once more would be another one.
    headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
    if let Ok(request_uid) = HeaderValue::from_str(&request_uid) {
        headers.insert(REQUEST_ID, request_uid);
    }
    let receipt = required
        .receipt
        .map(|receipt| receipt_text(&receipt.origin, receipt.sequence, &receipt.fingerprint));
    if let Some(Ok(receipt)) = receipt.map(HeaderValue::try_from) {
        headers.insert(RECEIPT, receipt);
    }
    response
}

async fn hold_open(face: &Face, hold: Hold, shape: Shape, to_client: &ToClient) {
    let request_uid = hold.request_uid().to_owned();
    let said = format!("held until a person countersigns it, approval {}", hold.approval_uid());
    if to_client.send(Ok(shape.sign_of_life(&said))).await.is_err() {
        return;
    }
    let call = async {
        // Expiry denies, so this ends.
        let forever = Instant::now() + Duration::from_secs(86_400);
        let released = wait(face, hold, forever, || to_client.is_closed()).await?;
        Ok::<_, Rejection>(face.engine.forward(released, to_client.closed()).await?)
    };
    match showing_life(call, shape, to_client).await {
        Ok(answer) => pass_on(answer, shape, to_client, &request_uid).await,
        // Nobody is left to tell where the client has gone.
        Err(rejection) => drop(to_client.send(Ok(shape.in_stream(&rejection))).await),
    }
}

/// Runs `call` to its end, with a comment to the client every few seconds.
async fn showing_life<T>(call: impl Future<Output = T>, shape: Shape, to_client: &ToClient) -> T {
    let mut call = std::pin::pin!(call);
    loop {
        match tokio::time::timeout(SIGN_OF_LIFE, call.as_mut()).await {
            Ok(done) => return done,
            // A client that doesn't read needs no further comment.
            Err(_) => drop(to_client.try_send(Ok(shape.sign_of_life("still held")))),
        }
    }
}

async fn pass_on(mut answer: Answer, shape: Shape, to_client: &ToClient, request_uid: &str) {
    let receipt = receipt_text(
        &answer.receipt.origin,
        answer.receipt.sequence,
        &answer.receipt.fingerprint,
    );
    drop(
        to_client
            .send(Ok(format!(": countersign-receipt {receipt}\n\n").into()))
            .await,
    );
    let is_stream = |(name, value): &(String, String)| {
        name.eq_ignore_ascii_case("content-type") && value.to_ascii_lowercase().starts_with("text/event-stream")
    };
    if answer.status == 200 && answer.headers.iter().any(is_stream) {
        let mut told = std::pin::pin!(told_of_its_end(answer.body, shape, request_uid.to_owned()));
        while let Some(chunk) = told.next().await {
            if to_client.send(chunk).await.is_err() {
                return;
            }
        }
        return;
    }
    let mut body = Vec::new();
    // To the end, even where it is too long to be told: the outcome is recorded with it.
    while let Some(Ok(chunk)) = answer.body.next().await {
        if body.len() + chunk.len() <= LARGEST_ERROR {
            body.extend_from_slice(&chunk);
        }
    }
    let rejection = Rejection::upstream_said(answer.status, &body, request_uid);
    drop(to_client.send(Ok(shape.in_stream(&rejection))).await);
}
