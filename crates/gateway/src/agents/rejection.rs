//! What isn't let through: what happened, what to do, and nothing that an attacker could use. [`Shape`] writes it.

use axum::body::Body;
use axum::response::Response;
use engine::{Refusal, RefusalKind, Standing};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;

use super::answer::{ANTHROPIC_REQUEST_ID, RECEIPT, REQUEST_ID, receipt_text};
use super::shape::Shape;

/// The SDKs retry what looks temporary to them; this tells them not to.
pub(super) const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// One refusal, as a client sees it.
#[derive(Debug)]
pub(super) struct Rejection {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    pub(super) request_uid: Box<str>,
    pub(super) approval_uid: Option<Box<str>>,
    receipt: Option<Box<str>>,
    /// Whether the same call may do better in a moment.
    may_retry: bool,
    /// Whether the request wasn't read to its end. Then nobody knows where the next one begins, and the connection ends.
    unread: bool,
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        let (status, code) = told(refusal.kind);
        let temporary = matches!(
            refusal.kind,
            RefusalKind::UpstreamUnreachable
                | RefusalKind::UpstreamTimeout
                | RefusalKind::UpstreamResting
                | RefusalKind::UpstreamAnswer
                | RefusalKind::TooMany
        );
        let receipt = refusal
            .receipt
            .map(|receipt| receipt_text(&receipt.origin, receipt.sequence, &receipt.fingerprint).into_boxed_str());
        Self {
            status,
            code,
            message: refusal.message,
            request_uid: refusal.request_uid.into(),
            approval_uid: refusal.approval_uid.map(String::into_boxed_str),
            receipt,
            may_retry: temporary && !refusal.countersigned,
            unread: false,
        }
    }
}

/// The status and the code by which agents are told.
pub(crate) fn told(kind: RefusalKind) -> (StatusCode, &'static str) {
    match kind {
        RefusalKind::Unauthenticated => (StatusCode::UNAUTHORIZED, "invalid_api_key"),
        RefusalKind::Invalid => (StatusCode::BAD_REQUEST, "invalid_request"),
        RefusalKind::Denied => (StatusCode::FORBIDDEN, "policy_denied"),
        RefusalKind::ApprovalRequired => (StatusCode::FORBIDDEN, "approval_required"),
        RefusalKind::ApprovalDenied => (StatusCode::FORBIDDEN, "approval_denied"),
        RefusalKind::ApprovalExpired => (StatusCode::FORBIDDEN, "approval_expired"),
        RefusalKind::Halted => (StatusCode::FORBIDDEN, "agent_halted"),
        RefusalKind::TooMany => (StatusCode::TOO_MANY_REQUESTS, "too_many_calls"),
        RefusalKind::LogStopped => (StatusCode::SERVICE_UNAVAILABLE, "log_stopped"),
        RefusalKind::NoCredential => (StatusCode::SERVICE_UNAVAILABLE, "no_credential"),
        RefusalKind::UpstreamUnreachable => (StatusCode::BAD_GATEWAY, "upstream_unreachable"),
        RefusalKind::UpstreamAnswer => (StatusCode::BAD_GATEWAY, "upstream_answer"),
        RefusalKind::UpstreamResting => (StatusCode::SERVICE_UNAVAILABLE, "upstream_resting"),
        RefusalKind::UpstreamTimeout => (StatusCode::GATEWAY_TIMEOUT, "upstream_timeout"),
        RefusalKind::UnknownKind => (StatusCode::FORBIDDEN, "kind_not_registered"),
        RefusalKind::NoSuchAction => (StatusCode::NOT_FOUND, "action_not_found"),
        RefusalKind::Conflict => (StatusCode::CONFLICT, "conflict"),
        RefusalKind::Unread => (StatusCode::BAD_REQUEST, "unread"),
    }
}

impl Rejection {
    fn new(status: StatusCode, code: &'static str, request_uid: &str, message: &str) -> Self {
        Self {
            status,
            code,
            message: message.to_owned(),
            request_uid: request_uid.into(),
            approval_uid: None,
            receipt: None,
            may_retry: false,
            unread: false,
        }
    }

    fn unread(status: StatusCode, code: &'static str, request_uid: &str, message: &str) -> Self {
        Self {
            unread: true,
            ..Self::new(status, code, request_uid, message)
        }
    }

    /// Before the engine has given the request an id.
    fn at_the_door(status: StatusCode, code: &'static str, message: &str) -> Self {
        Self::unread(status, code, &uuid::Uuid::new_v4().to_string(), message)
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
        let message = "This gateway doesn't serve this route; what isn't listed is denied.";
        Self::at_the_door(StatusCode::NOT_FOUND, "route_denied", message)
    }

    pub(super) fn unlisted_method() -> Self {
        let message = "This route doesn't take this method; what isn't listed is denied.";
        Self::at_the_door(StatusCode::METHOD_NOT_ALLOWED, "method_denied", message)
    }

    pub(super) fn no_such_model(request_uid: &str) -> Self {
        let message = "No alias has this name; models that have none are asked for by their own names.";
        Self::new(StatusCode::NOT_FOUND, "model_not_found", request_uid, message)
    }

    pub(super) fn query(request_uid: &str) -> Self {
        let message = "A query can't be reviewed with the call, so only those that SDKs always send are taken.";
        Self::unread(StatusCode::BAD_REQUEST, "query_refused", request_uid, message)
    }

    pub(super) fn wait(request_uid: &str) -> Self {
        let message = "The one thing to ask for is `wait`, in whole seconds from 0 to 60.";
        Self::new(StatusCode::BAD_REQUEST, "query_refused", request_uid, message)
    }

    pub(super) fn idempotency_key(request_uid: &str) -> Self {
        let message = "Give one Idempotency-Key, of 1 to 255 visible ASCII characters.";
        Self::new(StatusCode::BAD_REQUEST, "idempotency_key_refused", request_uid, message)
    }

    /// What policy denies: an answer about the action, too.
    pub(super) fn denied(standing: &Standing) -> Self {
        let message = format!("Denied by policy. {}", standing.reasons.join(" "));
        let mut denied = Self::new(StatusCode::FORBIDDEN, "policy_denied", &standing.uid, &message);
        denied.receipt = standing
            .receipt
            .as_ref()
            .map(|receipt| receipt_text(&receipt.origin, receipt.sequence, &receipt.fingerprint).into_boxed_str());
        denied
    }

    pub(super) fn not_json(request_uid: &str) -> Self {
        let message = "Send the body as application/json in UTF-8, uncompressed.";
        Self::unread(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", request_uid, message)
    }

    pub(super) fn too_large(request_uid: &str) -> Self {
        let message = format!("The body may have {} bytes at most.", super::body::LARGEST);
        Self::unread(StatusCode::PAYLOAD_TOO_LARGE, "too_large", request_uid, &message)
    }

    pub(super) fn incomplete(request_uid: &str) -> Self {
        Self::unread(
            StatusCode::BAD_REQUEST,
            "incomplete",
            request_uid,
            "The body broke off.",
        )
    }

    pub(super) fn too_slow(request_uid: &str) -> Self {
        Self::unread(
            StatusCode::REQUEST_TIMEOUT,
            "too_slow",
            request_uid,
            "The body took too long to arrive.",
        )
    }

    /// A fault of this program's own. Nothing was let through that isn't recorded.
    pub(super) fn broken(request_uid: &str) -> Self {
        let message = "The gateway failed at this call; its operator finds the cause in its messages.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "gateway_fault", request_uid, message)
    }

    /// An answer that broke off, on a stream that has begun.
    pub(super) fn cut(message: &str, request_uid: &str) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, "upstream_answer", request_uid, message)
    }

    /// With the receipt of the record that says so.
    pub(super) fn recorded(self, refusal: Refusal) -> Self {
        let receipt = Self::from(refusal).receipt;
        Self { receipt, ..self }
    }

    /// An upstream's own error, on a stream that has begun with 200 already.
    pub(super) fn upstream_said(status: u16, body: &[u8], request_uid: &str) -> Self {
        let said = serde_json::from_slice::<Value>(body).ok();
        let message = said.as_ref().and_then(|said| said.pointer("/error/message")?.as_str());
        let message = match message {
            Some(message) => format!("The upstream answered {status}: {message}"),
            None => format!("The upstream answered {status} where a stream of events was asked for."),
        };
        Self::new(StatusCode::BAD_GATEWAY, "upstream_error", request_uid, &message)
    }

    /// As an answer of its own.
    pub(super) fn whole(&self, shape: Shape) -> Response {
        let mut response = Response::new(Body::from(shape.error(self).to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(shape.media_type()));
        if let Ok(request_uid) = HeaderValue::from_str(&self.request_uid) {
            if shape == Shape::Anthropic {
                headers.insert(ANTHROPIC_REQUEST_ID, request_uid.clone());
            }
            headers.insert(REQUEST_ID, request_uid);
        }
        if let Some(Ok(receipt)) = self.receipt.as_deref().map(HeaderValue::from_str) {
            headers.insert(RECEIPT, receipt);
        }
        if self.unread {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if !self.may_retry {
            headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
        }
        response
    }
}
