//! OpenAI embeddings, `POST /v1/embeddings`: the request body.
//!
//! Source: OpenAI's published OpenAPI description (CreateEmbeddingRequest).

use serde_json::Value;

use crate::model_call::body::{self, Read, Settings};
use crate::model_call::found::Found;
use crate::model_call::shape::Object;
use crate::model_call::{Format, Message, ModelCall, Part, ReadError};

/// Every field of the body that is read here.
const BODY: &[&str] = &["dimensions", "encoding_format", "input", "model", "user"];

const SETTINGS: Settings = Settings {
    all: BODY,
    apart: &["input", "model"],
    structured: &[],
    state: &[],
};

/// Reads a body.
pub(in crate::model_call) fn read(bytes: &[u8]) -> Result<ModelCall, ReadError> {
    let (value, exact) = body::parse(bytes)?;
    let body = Object::new(String::new(), &value, BODY)?;
    let mut found = Found::default();
    let read = Read {
        model: body::model(&body, &mut found)?,
        messages: inputs(&body, &mut found)?,
        settings: SETTINGS.read(&body, &mut found)?,
        ..Read::default()
    };
    found.leftovers(&body);
    Ok(read.call(Format::OpenAiEmbeddings, exact, found))
}

/// What is embedded: a text, a list of tokens, or a list of either.
fn inputs(body: &Object<'_>, found: &mut Found) -> Result<Vec<Message>, ReadError> {
    match body.value("input") {
        None => Err(ReadError::Missing("input".to_owned())),
        Some(Value::Array(several)) if !several.iter().all(Value::is_number) => {
            Ok(several.iter().map(|one| input(one, found)).collect())
        }
        Some(one @ (Value::String(_) | Value::Array(_))) => Ok(vec![input(one, found)]),
        Some(_) => Err(ReadError::WrongType {
            path: "input".to_owned(),
            wanted: "a string, tokens, or an array of either",
        }),
    }
}

fn input(value: &Value, found: &mut Found) -> Message {
    let part = match value {
        Value::String(text) => Part::Text(text.clone()),
        Value::Array(tokens) if tokens.iter().all(Value::is_number) => {
            Part::Other("tokens".to_owned(), value.to_string())
        }
        other => {
            found.unknown_content("input", "input[]", other);
            Part::Other("input".to_owned(), other.to_string())
        }
    };
    Message::of("input", part)
}
