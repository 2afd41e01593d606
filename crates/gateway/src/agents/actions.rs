//! Actions that an agent proposes, and does itself once they are let: `docs/gateway.md` has the shapes.
//!
//! This is an API of our own, so a state is told as what it is: 201 for a new action, 200 for one that is known, with a
//! `state` to be looked at. What isn't let is a problem document (RFC 9457).

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use chrono::{DateTime, SecondsFormat};
use engine::{ActionState, Caller, PROPOSE, ProposalRequest, REPORT, Refusal, Standing};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::answer::{RECEIPT, REQUEST_ID, receipt_text};
use super::entry::{let_in, refused_early};
use super::{Face, body, presented, rejection::Rejection, shape::Shape};

/// The longest that a state is waited for, s.
const LONGEST_WAIT: u64 = 60;

/// `POST /v1/actions`
pub(super) async fn propose(State(face): State<Face>, request: Request) -> Response {
    whole(proposed(face, request).await)
}

/// `GET /v1/actions/{id}?wait=SECONDS`
pub(super) async fn state(State(face): State<Face>, Path(id): Path<String>, request: Request) -> Response {
    whole(asked(face, id, request).await)
}

/// `POST /v1/actions/{id}/execution`
pub(super) async fn execution(State(face): State<Face>, Path(id): Path<String>, request: Request) -> Response {
    whole(reported(face, id, request).await)
}

fn whole(answered: Result<Response, Rejection>) -> Response {
    answered.unwrap_or_else(|rejection| rejection.whole(Shape::Problem))
}

async fn proposed(face: Face, request: Request) -> Result<Response, Rejection> {
    let (caller, parts, body) = let_in(&face, request, PROPOSE).await?;
    let key = match (parts.uri.query(), presented::idempotency_key(&parts.headers)) {
        (Some(_), _) => Err(Rejection::query(caller.request_uid())),
        (None, Err(())) => Err(Rejection::idempotency_key(caller.request_uid())),
        (None, Ok(key)) => Ok(key.map(str::to_owned)),
    };
    let read = match key {
        Ok(key) => body::read(&parts.headers, body, caller.request_uid())
            .await
            .map(|body| (key, body)),
        Err(rejection) => Err(rejection),
    };
    let (idempotency_key, body) = match read {
        Ok(read) => read,
        Err(rejection) => return Err(refused_early(&face, &caller, PROPOSE, rejection).await),
    };
    let request = ProposalRequest { body, idempotency_key };
    let engine = face.engine;
    let proposed = on_its_own(
        &caller_id(&caller),
        async move { engine.propose(caller, request).await },
    )
    .await?;
    // Also the same proposal sent again: whoever looks at the status alone mustn't take a denial for leave.
    if proposed.standing.state == ActionState::Denied && proposed.is_new {
        return Err(Rejection::denied(&proposed.standing));
    }
    let status = if proposed.is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(told(status, &proposed.standing))
}

async fn asked(face: Face, id: String, request: Request) -> Result<Response, Rejection> {
    let (caller, parts, _) = let_in(&face, request, PROPOSE).await?;
    let request_uid = caller_id(&caller);
    let wait = wait_of(parts.uri.query()).ok_or_else(|| Rejection::wait(&request_uid))?;
    let until = Instant::now() + wait;
    let (left, stopping) = (CancellationToken::new(), face.stopping.clone());
    // Dropped with this future, when the connection ends.
    let _here = left.clone().drop_guard();
    let engine = face.engine;
    let standing = on_its_own(&request_uid, async move {
        let over = async {
            tokio::select! {
                () = left.cancelled() => {}
                () = stopping.cancelled() => {}
            }
        };
        engine.action(&caller, &id, until, over).await
    });
    Ok(told(StatusCode::OK, &standing.await?))
}

async fn reported(face: Face, id: String, request: Request) -> Result<Response, Rejection> {
    let (caller, parts, body) = let_in(&face, request, REPORT).await?;
    let read = match parts.uri.query() {
        Some(_) => Err(Rejection::query(caller.request_uid())),
        None => body::read(&parts.headers, body, caller.request_uid()).await,
    };
    let body = match read {
        Ok(body) => body,
        Err(rejection) => return Err(refused_early(&face, &caller, REPORT, rejection).await),
    };
    let engine = face.engine;
    let request_uid = caller_id(&caller);
    let standing = on_its_own(&request_uid, async move {
        engine.report_execution(&caller, &id, body).await
    });
    Ok(told(StatusCode::OK, &standing.await?))
}

fn caller_id(caller: &Caller) -> String {
    caller.request_uid().to_owned()
}

/// On a task of its own: a client that leaves now mustn't stop it between a record and what the record says.
async fn on_its_own<T: Send + 'static>(
    request_uid: &str,
    work: impl Future<Output = Result<T, Refusal>> + Send + 'static,
) -> Result<T, Rejection> {
    match tokio::spawn(work).await {
        Ok(done) => Ok(done?),
        Err(_) => Err(Rejection::broken(request_uid)),
    }
}

/// `wait=20`; nothing for any other query.
fn wait_of(query: Option<&str>) -> Option<Duration> {
    let Some(query) = query else {
        return Some(Duration::ZERO);
    };
    let digits = query.strip_prefix("wait=")?;
    let plain = (1..=2).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: u64 = digits.parse().ok().filter(|_| plain)?;
    (seconds <= LONGEST_WAIT).then(|| Duration::from_secs(seconds))
}

fn told(status: StatusCode, standing: &Standing) -> Response {
    let mut response = Response::new(Body::from(said(standing).to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Ok(uid) = HeaderValue::from_str(&standing.uid) {
        headers.insert(REQUEST_ID, uid);
    }
    let receipt = standing
        .receipt
        .as_ref()
        .map(|receipt| receipt_text(&receipt.origin, receipt.sequence, &receipt.fingerprint));
    if let Some(Ok(receipt)) = receipt.map(HeaderValue::try_from) {
        headers.insert(RECEIPT, receipt);
    }
    response
}

fn said(standing: &Standing) -> Value {
    let receipt = standing.receipt.as_ref().map(|receipt| {
        json!({
            "origin": receipt.origin.to_string(),
            "sequence": receipt.sequence,
            "fingerprint": receipt.fingerprint.to_string(),
        })
    });
    json!({
        "id": standing.uid,
        "kind": standing.kind,
        "state": standing.state.as_str(),
        "reasons": standing.reasons,
        "approval_id": standing.approval_uid,
        "expires_at": standing.expires_ms.and_then(rfc3339),
        "late": standing.late,
        "receipt": receipt,
    })
}

/// RFC 3339, UTC.
fn rfc3339(ms: i64) -> Option<String> {
    let time = DateTime::from_timestamp_millis(ms)?;
    Some(time.to_rfc3339_opts(SecondsFormat::Millis, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bounded_wait_is_taken_from_a_query() {
        for (query, seconds) in [
            (None, Some(0)),
            (Some("wait=0"), Some(0)),
            (Some("wait=60"), Some(60)),
            (Some("wait=61"), None),
            (Some("wait=999"), None),
            (Some("wait=-1"), None),
            (Some("wait=+1"), None),
            (Some("wait=1.5"), None),
            (Some("wait="), None),
            (Some(""), None),
            (Some("wait=1&x=2"), None),
            (Some("x=1"), None),
        ] {
            assert_eq!(wait_of(query), seconds.map(Duration::from_secs), "{query:?}");
        }
    }
}
