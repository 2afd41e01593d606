//! How every request of an agent's begins: who sends it is known before its body is read.

use axum::body::Body;
use axum::extract::Request;
use engine::{Caller, RefusalKind};
use http::request::Parts;

use super::{Face, presented, rejection::Rejection};
use crate::listen::Source;

/// Authenticates and admits whoever sends a request.
pub(super) async fn let_in(face: &Face, request: Request, operation: &str) -> Result<(Caller, Parts, Body), Rejection> {
    let (parts, body) = request.into_parts();
    let Some(Source(source)) = parts.extensions.get::<Source>() else {
        return Err(Rejection::broken(""));
    };
    let mut caller = face
        .engine
        .authenticate(presented::runtime_key(&parts.headers), *source)?;
    face.engine.trace(&mut caller, presented::traceparent(&parts.headers));
    let caller = face.engine.admit(caller, operation).await?;
    Ok((caller, parts, body))
}

/// Records that an authenticated request's body wasn't taken.
pub(super) async fn refused_early(face: &Face, caller: &Caller, operation: &str, rejection: Rejection) -> Rejection {
    let (rule, message) = (rejection.code, rejection.message.clone());
    let refusal = face
        .engine
        .refuse_early(caller, operation, RefusalKind::Unread, rule, &message)
        .await;
    match refusal.kind {
        RefusalKind::Unread => rejection.recorded(refusal),
        _ => refusal.into(),
    }
}
