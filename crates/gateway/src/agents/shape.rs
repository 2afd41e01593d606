//! The shapes in which clients read errors and signs of life, one for each wire format.
//!
//! | shape | error | where |
//! |---|---|---|
//! | OpenAI | `{"error":{"message","type","param","code"}}` | its `APIError` |
//! | Anthropic | `{"type":"error","error":{"type","message"},"request_id"}` | its `APIStatusError` |
//! | Gemini | `{"error":{"code","message","status","details"}}` | `google.rpc.Status` |
//! | problem | RFC 9457, `application/problem+json` | everywhere else |

use bytes::Bytes;
use engine::Format;
use http::StatusCode;
use serde_json::{Value, json};

use super::rejection::Rejection;

/// What a client at a path reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    OpenAi,
    Responses,
    Anthropic,
    Gemini,
    Problem,
}

impl Shape {
    /// Of a call's format.
    pub(super) fn of(format: Format) -> Self {
        match format.wire() {
            "anthropic" => Self::Anthropic,
            "gemini" => Self::Gemini,
            _ if format == Format::OpenAiResponses => Self::Responses,
            _ => Self::OpenAi,
        }
    }

    /// Of a path, listed or not.
    pub(super) fn at(path: &str) -> Self {
        if path == "/v1/actions" || path.starts_with("/v1/actions/") {
            Self::Problem
        } else if path.starts_with("/v1/messages") {
            Self::Anthropic
        } else if path.starts_with("/v1beta/") {
            Self::Gemini
        } else if path.starts_with("/v1/responses") {
            Self::Responses
        } else if path.starts_with("/v1/") {
            Self::OpenAi
        } else {
            Self::Problem
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Problem => "application/problem+json",
            _ => "application/json",
        }
    }

    /// An error's body.
    pub(super) fn error(self, of: &Rejection) -> Value {
        let mut further = json!({"request_id": of.request_uid, "code": of.code});
        if let (Some(uid), Some(further)) = (&of.approval_uid, further.as_object_mut()) {
            further.insert("approval_id".to_owned(), json!(uid));
        }
        match self {
            Self::OpenAi | Self::Responses => {
                let error = json!({"message": of.message, "type": kind(of.status), "param": null});
                json!({"error": joined(error, further)})
            }
            Self::Anthropic => {
                let error = json!({"type": anthropic_kind(of.status), "message": of.message});
                json!({"type": "error", "error": joined(error, further), "request_id": of.request_uid})
            }
            Self::Gemini => {
                let info = json!({
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                    "reason": of.code,
                    "domain": "countersign",
                    "metadata": further,
                });
                let (code, status) = (of.status.as_u16(), gemini_status(of.status));
                json!({"error": {"code": code, "message": of.message, "status": status, "details": [info]}})
            }
            Self::Problem => {
                let title = of.status.canonical_reason().unwrap_or("Error");
                let problem = json!({"title": title, "status": of.status.as_u16(), "detail": of.message});
                joined(problem, further)
            }
        }
    }

    /// An error as an event on a stream that has begun: the SDKs raise it. Never with an `id:` field, which would ask them
    /// to resume.
    pub(super) fn in_stream(self, of: &Rejection) -> Bytes {
        let error = self.error(of);
        Bytes::from(match self {
            Self::Anthropic => format!("event: error\ndata: {error}\n\n"),
            Self::Responses => {
                let event = json!({
                    "type": "error", "code": of.code, "message": of.message, "param": null, "sequence_number": 0,
                });
                format!("event: error\ndata: {}\n\n", joined(event, error))
            }
            Self::OpenAi | Self::Gemini | Self::Problem => format!("data: {error}\n\n"),
        })
    }

    /// What tells a client that a held stream lives.
    pub(super) fn sign_of_life(self, said: &str) -> Bytes {
        Bytes::from(match self {
            Self::Anthropic => "event: ping\ndata: {\"type\": \"ping\"}\n\n".to_owned(),
            _ => format!(": {said}\n\n"),
        })
    }
}

/// The members of both, the first one's first.
fn joined(mut one: Value, other: Value) -> Value {
    if let (Some(one), Value::Object(other)) = (one.as_object_mut(), other) {
        one.extend(other);
    }
    one
}

fn kind(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "authentication_error",
        StatusCode::FORBIDDEN => "permission_error",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        status if status.is_server_error() => "server_error",
        _ => "invalid_request_error",
    }
}

fn anthropic_kind(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "authentication_error",
        StatusCode::FORBIDDEN => "permission_error",
        StatusCode::NOT_FOUND => "not_found_error",
        StatusCode::PAYLOAD_TOO_LARGE => "request_too_large",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        StatusCode::GATEWAY_TIMEOUT => "timeout_error",
        status if status.is_server_error() => "api_error",
        _ => "invalid_request_error",
    }
}

fn gemini_status(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "UNAUTHENTICATED",
        StatusCode::FORBIDDEN => "PERMISSION_DENIED",
        StatusCode::NOT_FOUND => "NOT_FOUND",
        StatusCode::TOO_MANY_REQUESTS => "RESOURCE_EXHAUSTED",
        StatusCode::SERVICE_UNAVAILABLE => "UNAVAILABLE",
        StatusCode::GATEWAY_TIMEOUT => "DEADLINE_EXCEEDED",
        status if status.is_server_error() => "INTERNAL",
        _ => "INVALID_ARGUMENT",
    }
}
