//! OpenAI's responses, as its reference describes them: whole, and as a stream of events.

use axum::response::Response;
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::{arguments::plausible, events, json as json_response, openai::error, text};

/// `POST /v1/responses`
pub(super) async fn responses(body: Bytes) -> Response {
    let Ok(request) = serde_json::from_slice::<Value>(&body) else {
        return error(StatusCode::BAD_REQUEST, "The body isn't JSON.");
    };
    if request.get("input").is_none_or(|input| input.as_str() == Some("")) {
        return error(StatusCode::BAD_REQUEST, "`input` must be a text or a list of items.");
    }
    let answered = Answered::of(&request);
    if request.get("stream") == Some(&Value::Bool(true)) {
        events(answered.events())
    } else {
        json_response(
            StatusCode::OK,
            &answered.response("completed", &json!([answered.item(true)])),
        )
    }
}

enum Said {
    Text(String),
    Call { name: Value, arguments: String },
}

struct Answered {
    id: String,
    item_id: String,
    created: u64,
    model: String,
    said: Said,
    input_tokens: u64,
    request: Value,
}

impl Answered {
    fn of(request: &Value) -> Self {
        let items = request.get("input").and_then(Value::as_array);
        let last = items.and_then(|items| items.last());
        let answers_a_tool = last
            .and_then(|item| item.get("type"))
            .is_some_and(|kind| kind == "function_call_output");
        let refuses_tools = request.get("tool_choice").is_some_and(|choice| choice == "none");
        let tool = request
            .pointer("/tools/0")
            .filter(|_| !answers_a_tool && !refuses_tools)
            .and_then(call);
        let texts = match items {
            Some(items) => items.iter().map(|item| text::text_of(item.get("content"))).collect(),
            None => vec![text::text_of(request.get("input"))],
        };
        let answer = || Said::Text(text::answer(texts.last().map_or("", String::as_str)));
        Self {
            id: text::id("resp"),
            item_id: text::id("item"),
            created: text::now(),
            model: text::model(request),
            said: tool.unwrap_or_else(answer),
            input_tokens: texts.iter().map(|said| text::tokens(said)).sum(),
            request: request.clone(),
        }
    }

    fn part(&self) -> Value {
        let text = match &self.said {
            Said::Text(text) => text.as_str(),
            Said::Call { .. } => "",
        };
        json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
    }

    /// The one item of the output, as it begins or as it ends.
    fn item(&self, done: bool) -> Value {
        let status = if done { "completed" } else { "in_progress" };
        match &self.said {
            Said::Text(_) => {
                let content = if done { json!([self.part()]) } else { json!([]) };
                json!({"id": self.item_id, "type": "message", "role": "assistant", "status": status, "content": content})
            }
            Said::Call { name, arguments } => {
                let arguments = if done { arguments.as_str() } else { "" };
                json!({
                    "id": self.item_id, "type": "function_call", "call_id": format!("call_{}", self.item_id),
                    "name": name, "arguments": arguments, "status": status,
                })
            }
        }
    }

    fn response(&self, status: &str, output: &Value) -> Value {
        let output_tokens = match &self.said {
            Said::Text(said) | Said::Call { arguments: said, .. } => text::tokens(said),
        };
        let usage = json!({
            "input_tokens": self.input_tokens, "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": output_tokens, "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": self.input_tokens + output_tokens,
        });
        let asked = |name: &str, otherwise: Value| self.request.get(name).cloned().unwrap_or(otherwise);
        json!({
            "id": self.id, "object": "response", "created_at": self.created, "status": status, "error": null,
            "incomplete_details": null, "instructions": asked("instructions", Value::Null), "model": self.model,
            "output": output, "parallel_tool_calls": true, "previous_response_id": null, "store": false,
            "temperature": 1.0, "top_p": 1.0, "truncation": "disabled", "text": {"format": {"type": "text"}},
            "tool_choice": asked("tool_choice", json!("auto")), "tools": asked("tools", json!([])),
            "metadata": {}, "usage": if status == "completed" { usage } else { Value::Null },
        })
    }

    /// `event: <type>` and `data: {…}` pairs, from `response.created` to `response.completed`, each numbered.
    fn events(&self) -> Vec<String> {
        let at = json!({"item_id": self.item_id, "output_index": 0});
        let in_text = json!({"item_id": self.item_id, "output_index": 0, "content_index": 0});
        let begun = self.response("in_progress", &json!([]));
        let mut events = vec![
            ("response.created", json!({"response": begun})),
            ("response.in_progress", json!({"response": begun})),
            (
                "response.output_item.added",
                json!({"output_index": 0, "item": self.item(false)}),
            ),
        ];
        match &self.said {
            Said::Text(said) => {
                let empty = json!({"type": "output_text", "text": "", "annotations": [], "logprobs": []});
                events.push(("response.content_part.added", with(&in_text, json!({"part": empty}))));
                events.extend(text::pieces(said).map(|piece| {
                    let delta = with(&in_text, json!({"delta": piece, "logprobs": []}));
                    ("response.output_text.delta", delta)
                }));
                let whole = with(&in_text, json!({"text": said, "logprobs": []}));
                events.push(("response.output_text.done", whole));
                events.push((
                    "response.content_part.done",
                    with(&in_text, json!({"part": self.part()})),
                ));
            }
            Said::Call { name, arguments } => {
                let delta = with(&at, json!({"delta": arguments}));
                events.push(("response.function_call_arguments.delta", delta));
                let whole = with(&at, json!({"name": name, "arguments": arguments}));
                events.push(("response.function_call_arguments.done", whole));
            }
        }
        let item = self.item(true);
        events.push(("response.output_item.done", json!({"output_index": 0, "item": item})));
        let whole = self.response("completed", &json!([item]));
        events.push(("response.completed", json!({"response": whole})));
        let numbered = events.into_iter().enumerate();
        numbered
            .map(|(number, (name, data))| {
                let data = with(&data, json!({"type": name, "sequence_number": number}));
                format!("event: {name}\ndata: {data}\n\n")
            })
            .collect()
    }
}

fn with(data: &Value, more: Value) -> Value {
    let mut data = data.clone();
    if let (Some(data), Value::Object(more)) = (data.as_object_mut(), more) {
        data.extend(more);
    }
    data
}

fn call(tool: &Value) -> Option<Said> {
    (tool.get("type")? == "function").then_some(())?;
    Some(Said::Call {
        name: tool.get("name")?.clone(),
        arguments: plausible(tool.get("parameters").unwrap_or(&Value::Null)).to_string(),
    })
}
