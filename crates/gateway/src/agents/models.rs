//! `GET /v1/models`: the names that this agent may ask for. Nothing goes upstream for it.
//!
//! These are the aliases. Any other model is asked for by its own name, or as `upstream/model`; what an upstream has is the
//! provider's to say, in its documents.

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use engine::Model;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};

use super::{Face, presented, rejection::Rejection, shape::Shape};
use crate::listen::Source;

/// Whose list it is: Anthropic's SDKs ask at the same path as OpenAI's, and say their version.
fn shape(headers: &HeaderMap) -> Shape {
    if headers.contains_key("anthropic-version") {
        Shape::Anthropic
    } else {
        Shape::OpenAi
    }
}

/// All of them.
pub(super) async fn list(State(face): State<Face>, request: Request) -> Response {
    let shape = shape(request.headers());
    match authenticated(&face, &request) {
        Ok(_) => answer(&all(&face.engine.models(), shape)),
        Err(rejection) => rejection.whole(shape),
    }
}

/// One of them.
pub(super) async fn one(State(face): State<Face>, Path(id): Path<String>, request: Request) -> Response {
    let shape = shape(request.headers());
    let found = authenticated(&face, &request).and_then(|request_uid| {
        let models = face.engine.models();
        let model = models.into_iter().find(|model| model.id == id);
        model.ok_or_else(|| Rejection::no_such_model(&request_uid))
    });
    match found {
        Ok(model) => answer(&entry(&model, shape)),
        Err(rejection) => rejection.whole(shape),
    }
}

fn authenticated(face: &Face, request: &Request) -> Result<String, Rejection> {
    let Some(Source(source)) = request.extensions().get::<Source>() else {
        return Err(Rejection::broken(""));
    };
    let key = presented::runtime_key(request.headers());
    let caller = face.engine.authenticate(key, *source)?;
    Ok(caller.request_uid().to_owned())
}

fn all(models: &[Model], shape: Shape) -> Value {
    let data: Vec<_> = models.iter().map(|model| entry(model, shape)).collect();
    if shape == Shape::Anthropic {
        let (first, last) = (models.first(), models.last());
        json!({
            "data": data, "has_more": false,
            "first_id": first.map(|model| &model.id), "last_id": last.map(|model| &model.id),
        })
    } else {
        json!({"object": "list", "data": data})
    }
}

fn entry(model: &Model, shape: Shape) -> Value {
    if shape == Shape::Anthropic {
        json!({"type": "model", "id": model.id, "display_name": model.id, "created_at": "1970-01-01T00:00:00Z"})
    } else {
        json!({"id": model.id, "object": "model", "created": 0, "owned_by": model.upstream})
    }
}

fn answer(body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
