//! Gemini's `generateContent`, its stream and `countTokens`, as Google's reference describes them.

use axum::extract::Path;
use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::{arguments::plausible, events, json as json_response, text};

/// `POST /v1/models/{model}:{verb}`
pub(super) async fn models(Path(named): Path<String>, body: Bytes) -> Response {
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        return error(StatusCode::BAD_REQUEST, "The body isn't JSON.");
    };
    let Some((model, verb)) = named.rsplit_once(':') else {
        return error(StatusCode::NOT_FOUND, "The practice upstream has no such route.");
    };
    let contents = request.get("contents").and_then(Value::as_array);
    let Some(contents) = contents.filter(|contents| !contents.is_empty()) else {
        return error(StatusCode::BAD_REQUEST, "`contents` must hold at least one content.");
    };
    let answered = Answered::of(model, &request, contents);
    match verb {
        "generateContent" => json_response(StatusCode::OK, &answered.whole()),
        "streamGenerateContent" => events(answered.chunks()),
        "countTokens" => json_response(StatusCode::OK, &json!({"totalTokens": answered.prompt})),
        _ => error(StatusCode::NOT_FOUND, "The practice upstream has no such route."),
    }
}

/// An error in Google's shape.
pub(super) fn error(status: StatusCode, message: &str) -> Response {
    let name = match status {
        StatusCode::UNAUTHORIZED => "UNAUTHENTICATED",
        StatusCode::NOT_FOUND => "NOT_FOUND",
        _ => "INVALID_ARGUMENT",
    };
    let error = json!({"code": status.as_u16(), "message": message, "status": name});
    json_response(status, &json!({ "error": error }))
}

struct Answered {
    model: String,
    /// The parts, as a stream sends them; one alone where there is nothing to split.
    parts: Vec<Value>,
    prompt: u64,
    answer: u64,
}

impl Answered {
    fn of(model: &str, request: &Value, contents: &[Value]) -> Self {
        let parts_of = |content: &Value| {
            content
                .get("parts")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default()
        };
        let last = contents.last().map(parts_of).unwrap_or_default();
        let answers_a_tool = last.iter().any(|part| part.get("functionResponse").is_some());
        let tool = request
            .pointer("/tools/0/functionDeclarations/0")
            .filter(|_| !answers_a_tool)
            .and_then(call);
        let said = |content: &Value| text::text_of(content.get("parts"));
        let answer = text::answer(&contents.last().map(said).unwrap_or_default());
        let (parts, tokens) = match tool {
            Some(call) => {
                let tokens = text::tokens(&call.to_string());
                (vec![call], tokens)
            }
            None => {
                let parts = text::pieces(&answer).map(|piece| json!({"text": piece})).collect();
                (parts, text::tokens(&answer))
            }
        };
        Self {
            model: format!("practice/{model}"),
            parts,
            prompt: contents.iter().map(|content| text::tokens(&said(content))).sum(),
            answer: tokens,
        }
    }

    fn with(&self, parts: &[Value], last: bool) -> Value {
        let mut candidate = json!({"content": {"role": "model", "parts": parts}, "index": 0});
        let mut answer = json!({"modelVersion": self.model});
        if let (true, Some(candidate), Some(answer)) = (last, candidate.as_object_mut(), answer.as_object_mut()) {
            candidate.insert("finishReason".to_owned(), json!("STOP"));
            let usage = json!({
                "promptTokenCount": self.prompt, "candidatesTokenCount": self.answer,
                "totalTokenCount": self.prompt + self.answer,
            });
            answer.insert("usageMetadata".to_owned(), usage);
        }
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("candidates".to_owned(), json!([candidate]));
        }
        answer
    }

    fn whole(&self) -> Value {
        let texts: Vec<_> = self
            .parts
            .iter()
            .filter_map(|part| part.get("text")?.as_str())
            .collect();
        if texts.is_empty() {
            return self.with(&self.parts, true);
        }
        self.with(&[json!({"text": texts.concat()})], true)
    }

    /// `data: {…}` events, the last one with the reason why it ended and the usage.
    fn chunks(&self) -> Vec<String> {
        let last = self.parts.len().saturating_sub(1);
        let numbered = self.parts.iter().enumerate();
        numbered
            .map(|(number, part)| {
                let chunk = self.with(std::slice::from_ref(part), number == last);
                format!("data: {chunk}\r\n\r\n")
            })
            .collect()
    }
}

fn call(tool: &Value) -> Option<Value> {
    let arguments = plausible(tool.get("parameters").unwrap_or(&Value::Null));
    Some(json!({"functionCall": {"name": tool.get("name")?, "args": arguments}}))
}
