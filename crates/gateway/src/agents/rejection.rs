//! What isn't let through, in the shape that OpenAI's SDKs read:
//! `{"error":{"message":…,"type":…,"param":null,"code":…,"request_id":…,"approval_id":…}}`.

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use engine::{Refusal, RefusalKind};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::answer::{RECEIPT, REQUEST_ID, receipt_text};

/// The SDKs retry what looks temporary to them; this tells them not to.
const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// One refusal, as a client sees it.
#[derive(Debug)]
pub(super) struct Rejection {
    status: StatusCode,
    kind: &'static str,
    code: &'static str,
    message: String,
    request_uid: Box<str>,
    approval_uid: Option<Box<str>>,
    receipt: Option<Box<str>>,
    /// Whether the same call may do better in a moment.
    may_retry: bool,
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        let (status, kind, code) = shape(refusal.kind);
        Self {
            status,
            kind,
            code,
            message: refusal.message,
            request_uid: refusal.request_uid.into(),
            approval_uid: refusal.approval_uid.map(String::into_boxed_str),
            receipt: refusal
                .receipt
                .map(|receipt| receipt_text(&receipt.origin, receipt.sequence, &receipt.fingerprint).into_boxed_str()),
            may_retry: matches!(
                refusal.kind,
                RefusalKind::UpstreamUnreachable | RefusalKind::UpstreamTimeout
            ),
        }
    }
}

fn shape(kind: RefusalKind) -> (StatusCode, &'static str, &'static str) {
    const INVALID: &str = "invalid_request_error";
    const PERMISSION: &str = "permission_error";
    const SERVER: &str = "server_error";
    match kind {
        RefusalKind::Unauthenticated => (StatusCode::UNAUTHORIZED, "authentication_error", "invalid_api_key"),
        RefusalKind::Invalid => (StatusCode::BAD_REQUEST, INVALID, "invalid_request"),
        RefusalKind::Denied => (StatusCode::FORBIDDEN, PERMISSION, "policy_denied"),
        RefusalKind::ApprovalRequired => (StatusCode::FORBIDDEN, PERMISSION, "approval_required"),
        RefusalKind::ApprovalDenied => (StatusCode::FORBIDDEN, PERMISSION, "approval_denied"),
        RefusalKind::ApprovalExpired => (StatusCode::FORBIDDEN, PERMISSION, "approval_expired"),
        RefusalKind::LogStopped => (StatusCode::SERVICE_UNAVAILABLE, SERVER, "log_stopped"),
        RefusalKind::NoCredential => (StatusCode::SERVICE_UNAVAILABLE, SERVER, "no_credential"),
        RefusalKind::UpstreamUnreachable => (StatusCode::BAD_GATEWAY, SERVER, "upstream_unreachable"),
        RefusalKind::UpstreamTimeout => (StatusCode::GATEWAY_TIMEOUT, SERVER, "upstream_timeout"),
    }
}

impl Rejection {
    fn new(status: StatusCode, code: &'static str, request_uid: &str, message: &str) -> Self {
        Self {
            status,
            kind: "invalid_request_error",
            code,
            message: message.to_owned(),
            request_uid: request_uid.into(),
            approval_uid: None,
            receipt: None,
            may_retry: false,
        }
    }

    /// Before the engine has given the request an id.
    fn at_the_door(status: StatusCode, code: &'static str, message: &str) -> Self {
        Self::new(status, code, &uuid::Uuid::new_v4().to_string(), message)
    }

    pub(super) fn foreign_host() -> Self {
        let message = "Agents call this gateway as 127.0.0.1, localhost or [::1], and this request names another host.";
        Self::at_the_door(StatusCode::FORBIDDEN, "host_refused", message)
    }

    pub(super) fn from_a_page() -> Self {
        let message = "This gateway takes no requests from web pages.";
        Self::at_the_door(StatusCode::FORBIDDEN, "origin_refused", message)
    }

    pub(super) fn needs_length() -> Self {
        let message = "Send the body with a Content-Length; chunked requests and upgrades aren't taken.";
        Self::at_the_door(StatusCode::LENGTH_REQUIRED, "length_required", message)
    }

    pub(super) fn unlisted_route() -> Self {
        let message = "This gateway serves POST /v1/chat/completions and nothing else; what isn't listed is denied.";
        Self::at_the_door(StatusCode::NOT_FOUND, "route_denied", message)
    }

    pub(super) fn unlisted_method() -> Self {
        let message = "This route takes POST only.";
        Self::at_the_door(StatusCode::METHOD_NOT_ALLOWED, "method_denied", message)
    }

    pub(super) fn query(request_uid: &str) -> Self {
        let message = "A query can't be reviewed with the call, so none is taken; put everything into the body.";
        Self::new(StatusCode::BAD_REQUEST, "query_refused", request_uid, message)
    }

    pub(super) fn not_json(request_uid: &str) -> Self {
        let message = "Send the body as application/json in UTF-8, uncompressed.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", request_uid, message)
    }

    pub(super) fn too_large(request_uid: &str) -> Self {
        let message = format!("The body may have {} bytes at most.", super::body::LARGEST);
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", request_uid, &message)
    }

    pub(super) fn incomplete(request_uid: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "incomplete",
            request_uid,
            "The body broke off.",
        )
    }

    pub(super) fn too_slow(request_uid: &str) -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "too_slow",
            request_uid,
            "The body took too long to arrive.",
        )
    }

    /// A fault of this program's own. Nothing was let through that isn't recorded.
    pub(super) fn broken(request_uid: &str) -> Self {
        let message = "The gateway failed at this call; its operator finds the cause in its messages.";
        let rejection = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "gateway_fault", request_uid, message);
        Self {
            kind: "server_error",
            ..rejection
        }
    }

    /// An upstream's own error, on a stream that has begun with 200 already.
    pub(super) fn upstream_said(status: u16, body: &[u8], request_uid: &str) -> Self {
        let said = serde_json::from_slice::<Value>(body).ok();
        let message = said.as_ref().and_then(|said| said.pointer("/error/message")?.as_str());
        let message = match message {
            Some(message) => format!("The upstream answered {status}: {message}"),
            None => format!("The upstream answered {status} where a stream of events was asked for."),
        };
        let rejection = Self::new(StatusCode::BAD_GATEWAY, "upstream_error", request_uid, &message);
        Self {
            kind: "upstream_error",
            ..rejection
        }
    }

    fn error(&self) -> Value {
        let mut error = json!({
            "message": self.message, "type": self.kind, "param": null, "code": self.code,
            "request_id": self.request_uid,
        });
        if let (Some(uid), Some(error)) = (&self.approval_uid, error.as_object_mut()) {
            error.insert("approval_id".to_owned(), json!(uid));
        }
        json!({ "error": error })
    }

    /// As an answer of its own.
    pub(super) fn whole(&self) -> Response {
        let mut response = Response::new(Body::from(self.error().to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Ok(request_uid) = HeaderValue::from_str(&self.request_uid) {
            headers.insert(REQUEST_ID, request_uid);
        }
        if let Some(Ok(receipt)) = self.receipt.as_deref().map(HeaderValue::from_str) {
            headers.insert(RECEIPT, receipt);
        }
        if !self.may_retry {
            headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
        }
        response
    }

    /// As an event on a stream that has begun: the SDKs raise it. Never with an `id:` field, which would ask them to
    /// resume.
    pub(super) fn in_stream(&self) -> Bytes {
        Bytes::from(format!("data: {}\n\n", self.error()))
    }
}
