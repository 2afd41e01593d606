//! Anthropic's messages, as its reference describes them: whole, and as a stream of events.

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::{arguments::plausible, events, json as json_response, text};

/// `POST /v1/messages`
pub(super) async fn messages(body: Bytes) -> Response {
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        return error(StatusCode::BAD_REQUEST, "The body isn't JSON.");
    };
    let Some(messages) = request
        .get("messages")
        .and_then(Value::as_array)
        .filter(|messages| !messages.is_empty())
    else {
        return error(StatusCode::BAD_REQUEST, "messages: at least one message is required");
    };
    let message = Message::of(&request, messages);
    if request.get("stream") == Some(&Value::Bool(true)) {
        events(message.events())
    } else {
        json_response(StatusCode::OK, &message.whole())
    }
}

/// `POST /v1/messages/count_tokens`
pub(super) async fn count_tokens(body: Bytes) -> Response {
    let request = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    let Some(messages) = request.get("messages").and_then(Value::as_array) else {
        return error(StatusCode::BAD_REQUEST, "messages: at least one message is required");
    };
    let message = Message::of(&request, messages);
    json_response(StatusCode::OK, &json!({"input_tokens": message.input_tokens}))
}

/// An error in Anthropic's shape.
pub(super) fn error(status: StatusCode, message: &str) -> Response {
    let kind = if status == StatusCode::UNAUTHORIZED {
        "authentication_error"
    } else {
        "invalid_request_error"
    };
    let error = json!({"type": kind, "message": message});
    json_response(
        status,
        &json!({"type": "error", "error": error, "request_id": text::id("req")}),
    )
}

enum Block {
    Text(String),
    ToolUse { id: String, name: Value, input: Value },
}

impl Block {
    fn whole(&self) -> Value {
        match self {
            Self::Text(text) => json!({"type": "text", "text": text}),
            Self::ToolUse { id, name, input } => json!({"type": "tool_use", "id": id, "name": name, "input": input}),
        }
    }

    /// The block as it starts, and what is added to it.
    fn in_pieces(&self) -> (Value, Vec<Value>) {
        match self {
            Self::Text(text) => {
                let deltas = text::pieces(text).map(|piece| json!({"type": "text_delta", "text": piece}));
                (json!({"type": "text", "text": ""}), deltas.collect())
            }
            Self::ToolUse { id, name, input } => {
                let delta = json!({"type": "input_json_delta", "partial_json": input.to_string()});
                (
                    json!({"type": "tool_use", "id": id, "name": name, "input": {}}),
                    vec![delta],
                )
            }
        }
    }

    fn stop_reason(&self) -> &'static str {
        match self {
            Self::Text(_) => "end_turn",
            Self::ToolUse { .. } => "tool_use",
        }
    }

    fn tokens(&self) -> u64 {
        match self {
            Self::Text(text) => text::tokens(text),
            Self::ToolUse { input, .. } => text::tokens(&input.to_string()),
        }
    }
}

struct Message {
    id: String,
    model: String,
    block: Block,
    input_tokens: u64,
}

impl Message {
    fn of(request: &Value, messages: &[Value]) -> Self {
        let last = messages.last().and_then(|message| message.get("content"));
        let answers_a_tool = last
            .and_then(|content| content.get(0)?.get("type"))
            .is_some_and(|t| t == "tool_result");
        let refuses_tools = request
            .pointer("/tool_choice/type")
            .is_some_and(|choice| choice == "none");
        let tool = request
            .get("tools")
            .and_then(|tools| tools.get(0))
            .filter(|_| !answers_a_tool && !refuses_tools);
        Self {
            id: text::id("msg"),
            model: text::model(request),
            block: tool
                .and_then(tool_use)
                .unwrap_or_else(|| Block::Text(text::answer(&text::text_of(last)))),
            input_tokens: messages
                .iter()
                .map(|message| text::tokens(&text::text_of(message.get("content"))))
                .sum(),
        }
    }

    fn whole(&self) -> Value {
        self.with(
            &json!([self.block.whole()]),
            Some(self.block.stop_reason()),
            self.block.tokens(),
        )
    }

    fn with(&self, content: &Value, stop_reason: Option<&str>, output_tokens: u64) -> Value {
        json!({
            "id": self.id, "type": "message", "role": "assistant", "model": self.model, "content": content,
            "stop_reason": stop_reason, "stop_sequence": null,
            "usage": {"input_tokens": self.input_tokens, "output_tokens": output_tokens},
        })
    }

    /// `event: <type>` and `data: {…}` pairs, from `message_start` to `message_stop`.
    fn events(&self) -> Vec<String> {
        let (begun, deltas) = self.block.in_pieces();
        let mut events = vec![
            event("message_start", json!({"message": self.with(&json!([]), None, 1)})),
            event("content_block_start", json!({"index": 0, "content_block": begun})),
            event("ping", json!({})),
        ];
        events.extend(
            deltas
                .iter()
                .map(|delta| event("content_block_delta", json!({"index": 0, "delta": delta}))),
        );
        events.push(event("content_block_stop", json!({"index": 0})));
        let delta = json!({"stop_reason": self.block.stop_reason(), "stop_sequence": null});
        let usage = json!({"output_tokens": self.block.tokens()});
        events.push(event("message_delta", json!({"delta": delta, "usage": usage})));
        events.push(event("message_stop", json!({})));
        events
    }
}

fn event(name: &str, mut data: Value) -> String {
    if let Some(data) = data.as_object_mut() {
        data.insert("type".to_owned(), json!(name));
    }
    format!("event: {name}\ndata: {data}\n\n")
}

fn tool_use(tool: &Value) -> Option<Block> {
    let input = plausible(tool.get("input_schema")?);
    Some(Block::ToolUse {
        id: text::id("toolu"),
        name: tool.get("name")?.clone(),
        input,
    })
}
