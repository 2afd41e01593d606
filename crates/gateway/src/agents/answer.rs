//! An upstream's answer, on its way back to the agent.

use std::fmt::Display;

use axum::body::Body;
use axum::response::Response;
use engine::Answer;
use http::{HeaderName, HeaderValue, StatusCode};

/// The request's id: every record of the story carries it.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

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
        ..
    } = answer;
    let mut response = Response::new(Body::from_stream(body));
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
        out.insert(REQUEST_ID, request_uid);
    }
    if let Ok(receipt) = HeaderValue::try_from(receipt_text(&receipt.origin, receipt.sequence, &receipt.fingerprint)) {
        out.insert(RECEIPT, receipt);
    }
    response
}
