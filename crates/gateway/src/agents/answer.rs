//! An upstream's answer, on its way back to the agent.

use std::fmt::Display;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use engine::{Answer, Cut};
use futures_util::{Stream, StreamExt as _, stream};
use http::{HeaderName, HeaderValue, StatusCode};

use super::rejection::{Rejection, SHOULD_RETRY};
use super::shape::Shape;

/// The request's id: every record of the story carries it.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The same, where Anthropic's SDKs look for it.
pub(super) const ANTHROPIC_REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// `<origin> <sequence> <fingerprint>`: the record that let the call through. Whoever keeps it can show later that the
/// log had it.
pub(super) const RECEIPT: HeaderName = HeaderName::from_static("countersign-receipt");

/// The upstream's own id for the call.
const UPSTREAM_REQUEST_ID: HeaderName = HeaderName::from_static("countersign-upstream-request-id");

/// A receipt as a header's value.
pub(super) fn receipt_text(origin: &impl Display, sequence: u64, fingerprint: &impl Display) -> String {
    format!("{origin} {sequence} {fingerprint}")
}

/// The whole answer, as it comes.
pub(super) fn pass_on(answer: Answer) -> Response {
    let Answer {
        status,
        headers,
        body,
        receipt,
        request_uid,
        countersigned,
        format,
    } = answer;
    let shape = format.map_or(Shape::Problem, Shape::of);
    let told = told_of_its_end(body, shape, request_uid.clone());
    let mut response = Response::new(Body::from_stream(told));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let out = response.headers_mut();
    for (name, value) in headers {
        let name = match name.as_str() {
            "x-request-id" | "request-id" => Ok(UPSTREAM_REQUEST_ID),
            name => HeaderName::try_from(name),
        };
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            out.append(name, value);
        }
    }
    if let Ok(request_uid) = HeaderValue::from_str(&request_uid) {
        if shape == Shape::Anthropic {
            out.insert(ANTHROPIC_REQUEST_ID, request_uid.clone());
        }
        out.insert(REQUEST_ID, request_uid);
    }
    // Its approval is used up: the same call once more would be another one.
    if countersigned {
        out.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
    }
    if let Ok(receipt) = HeaderValue::try_from(receipt_text(&receipt.origin, receipt.sequence, &receipt.fingerprint)) {
        out.insert(RECEIPT, receipt);
    }
    response
}

/// The body; where it is cut, an event that the SDKs raise goes before the broken transfer, which few clients explain.
pub(super) fn told_of_its_end(
    body: impl Stream<Item = Result<Bytes, Cut>> + Send + 'static,
    shape: Shape,
    request_uid: String,
) -> impl Stream<Item = Result<Bytes, Cut>> + Send + 'static {
    body.flat_map(move |part| match part {
        Ok(bytes) => stream::once(async { Ok(bytes) }).boxed(),
        Err(cut) => {
            let event = shape.in_stream(&Rejection::cut(&cut.0, &request_uid));
            let broken = stream::once(async {
                // What is written already is only sent if the connection gets a moment before it is broken.
                tokio::task::yield_now().await;
                Err(cut)
            });
            stream::once(async { Ok(event) }).chain(broken).boxed()
        }
    })
}
