//! OpenAI's chat completions, as its reference describes them: whole, and as a stream of chunks.

use axum::response::Response;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::{arguments::plausible, events, json as json_response, text};

/// `POST /v1/chat/completions`
pub(super) async fn chat_completions(body: Bytes) -> Response {
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        return error(StatusCode::BAD_REQUEST, "The body isn't JSON.");
    };
    let Some(messages) = request
        .get("messages")
        .and_then(Value::as_array)
        .filter(|messages| !messages.is_empty())
    else {
        return error(
            StatusCode::BAD_REQUEST,
            "`messages` must be a list of at least one message.",
        );
    };
    let completion = Completion::of(&request, messages);
    if request.get("stream") == Some(&Value::Bool(true)) {
        let with_usage = request.pointer("/stream_options/include_usage") == Some(&Value::Bool(true));
        events(completion.chunks(with_usage))
    } else {
        json_response(StatusCode::OK, &completion.whole())
    }
}

/// `POST /v1/embeddings`: a vector for each text, made of its bytes alone.
pub(super) async fn embeddings(body: Bytes) -> Response {
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        return error(StatusCode::BAD_REQUEST, "The body isn't JSON.");
    };
    let texts: Vec<String> = match request.get("input") {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(list)) if !list.is_empty() => {
            let one = |item: &Value| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
            list.iter().map(one).collect()
        }
        _ => return error(StatusCode::BAD_REQUEST, "`input` must be a text or a list of texts."),
    };
    let in_base64 = request.get("encoding_format").is_some_and(|format| format == "base64");
    let entry = |(index, text): (usize, &String)| {
        let vector = text::vector(text);
        let embedding = if in_base64 {
            let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
            json!(STANDARD.encode(bytes))
        } else {
            json!(vector)
        };
        json!({"object": "embedding", "index": index, "embedding": embedding})
    };
    let data: Vec<_> = texts.iter().enumerate().map(entry).collect();
    let tokens: u64 = texts.iter().map(|text| text::tokens(text)).sum();
    let usage = json!({"prompt_tokens": tokens, "total_tokens": tokens});
    let answer = json!({"object": "list", "data": data, "model": text::model(&request), "usage": usage});
    json_response(StatusCode::OK, &answer)
}

/// An error in OpenAI's shape.
pub(super) fn error(status: StatusCode, message: &str) -> Response {
    let code = (status == StatusCode::UNAUTHORIZED).then_some("invalid_api_key");
    let error = json!({"message": message, "type": "invalid_request_error", "param": null, "code": code});
    json_response(status, &json!({ "error": error }))
}

enum Said {
    Text(String),
    ToolCall(Value),
}

struct Completion {
    id: String,
    created: u64,
    model: String,
    said: Said,
    usage: Value,
}

impl Completion {
    fn of(request: &Value, messages: &[Value]) -> Self {
        let last = messages.last();
        let answers_a_tool = last
            .and_then(|message| message.get("role"))
            .is_some_and(|role| role == "tool");
        let tool = if answers_a_tool { None } else { offered(request) };
        let said = match tool.and_then(tool_call) {
            Some(call) => Said::ToolCall(call),
            None => Said::Text(text::answer(&text::text_of(
                last.and_then(|message| message.get("content")),
            ))),
        };
        let prompt: u64 = messages
            .iter()
            .map(|message| text::tokens(&text::text_of(message.get("content"))))
            .sum();
        let completion = match &said {
            Said::Text(text) => text::tokens(text),
            Said::ToolCall(call) => text::tokens(&call.to_string()),
        };
        Self {
            id: text::id("chatcmpl"),
            created: text::now(),
            model: text::model(request),
            said,
            usage: json!({
                "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
            }),
        }
    }

    fn finish_reason(&self) -> &'static str {
        match self.said {
            Said::Text(_) => "stop",
            Said::ToolCall(_) => "tool_calls",
        }
    }

    fn whole(&self) -> Value {
        let message = match &self.said {
            Said::Text(text) => json!({"role": "assistant", "content": text, "refusal": null, "annotations": []}),
            Said::ToolCall(call) => {
                json!({"role": "assistant", "content": null, "refusal": null, "tool_calls": [call]})
            }
        };
        json!({
            "id": self.id, "object": "chat.completion", "created": self.created, "model": self.model,
            "choices": [{"index": 0, "message": message, "logprobs": null, "finish_reason": self.finish_reason()}],
            "usage": self.usage, "system_fingerprint": "fp_practice",
        })
    }

    /// `data: {…}` events, the one with the usage last (its `choices` are empty), then `data: [DONE]`.
    fn chunks(&self, with_usage: bool) -> Vec<String> {
        let mut deltas = vec![json!({"role": "assistant", "content": ""})];
        match &self.said {
            Said::Text(text) => deltas.extend(text::pieces(text).map(|piece| json!({ "content": piece }))),
            Said::ToolCall(call) => {
                let mut call = call.clone();
                if let Some(call) = call.as_object_mut() {
                    call.insert("index".to_owned(), json!(0));
                }
                deltas.push(json!({ "tool_calls": [call] }));
            }
        }
        let mut chunks: Vec<_> = deltas
            .into_iter()
            .map(|delta| self.chunk(&delta, None, with_usage))
            .collect();
        chunks.push(self.chunk(&json!({}), Some(self.finish_reason()), with_usage));
        if with_usage {
            chunks.push(self.event(&json!([]), Some(&self.usage)));
        }
        chunks.push("data: [DONE]\n\n".to_owned());
        chunks
    }

    fn chunk(&self, delta: &Value, finish_reason: Option<&str>, with_usage: bool) -> String {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason});
        self.event(&json!([choice]), with_usage.then_some(&Value::Null))
    }

    fn event(&self, choices: &Value, usage: Option<&Value>) -> String {
        let mut event = json!({
            "id": self.id, "object": "chat.completion.chunk", "created": self.created, "model": self.model,
            "system_fingerprint": "fp_practice", "choices": choices,
        });
        if let (Some(usage), Some(event)) = (usage, event.as_object_mut()) {
            event.insert("usage".to_owned(), usage.clone());
        }
        format!("data: {event}\n\n")
    }
}

/// The first tool that the call offers, unless it says not to use one.
fn offered(request: &Value) -> Option<&Value> {
    if request.get("tool_choice").is_some_and(|choice| choice == "none") {
        return None;
    }
    request.get("tools")?.get(0)
}

fn tool_call(tool: &Value) -> Option<Value> {
    let id = text::id("call");
    match tool.get("type")?.as_str()? {
        "function" => {
            let function = tool.get("function")?;
            let arguments = plausible(function.get("parameters").unwrap_or(&Value::Null)).to_string();
            let function = json!({"name": function.get("name")?, "arguments": arguments});
            Some(json!({"id": id, "type": "function", "function": function}))
        }
        "custom" => {
            let custom = json!({"name": tool.pointer("/custom/name")?, "input": "practice input"});
            Some(json!({"id": id, "type": "custom", "custom": custom}))
        }
        _ => None,
    }
}
