#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that can't go on fails"
)]
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

use super::*;

async fn ask(path: &str, header: (&str, &str), body: &Value) -> (StatusCode, HeaderMap, String) {
    let app = router(Arc::new(RwLock::new(vec![Sha256::digest("practice-key").into()])));
    let request = Request::post(path)
        .header(header.0, header.1)
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = app.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

async fn openai(body: Value) -> (HeaderMap, String) {
    let (status, headers, body) = ask("/v1/chat/completions", ("authorization", "Bearer practice-key"), &body).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    (headers, body)
}

async fn anthropic(body: Value) -> (HeaderMap, String) {
    let (status, headers, body) = ask("/v1/messages", ("x-api-key", "practice-key"), &body).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    (headers, body)
}

/// The JSON of a stream's `data:` lines, less a final `[DONE]`.
fn data(stream: &str) -> Vec<Value> {
    let lines = stream
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter(|line| *line != "[DONE]");
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn hello() -> Value {
    json!({"model": "gpt-x", "messages": [{"role": "user", "content": "Hello there"}]})
}

fn with(mut call: Value, more: Value) -> Value {
    call.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    call
}

#[tokio::test]
async fn every_answer_says_that_no_model_was_asked() {
    let (headers, body) = openai(hello()).await;
    assert_eq!(headers["x-countersign-practice"], "true");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["model"], "practice/gpt-x");
    assert_eq!(body["object"], "chat.completion");
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    let text = body["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(
        text.contains("No model was asked") && text.contains("Hello there"),
        "{text}"
    );
    let usage = &body["usage"];
    let sum = usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap();
    assert_eq!(usage["total_tokens"], sum);

    let (headers, body) = anthropic(with(hello(), json!({"max_tokens": 9}))).await;
    assert_eq!(headers["x-countersign-practice"], "true");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (&body["type"], &body["model"]),
        (&json!("message"), &json!("practice/gpt-x"))
    );
    assert!(
        body["content"][0]["text"]
            .as_str()
            .unwrap()
            .contains("No model was asked")
    );
}

#[tokio::test]
async fn an_openai_stream_adds_up_to_the_whole_answer() {
    let (_, whole) = openai(hello()).await;
    let whole: Value = serde_json::from_str(&whole).unwrap();
    let (headers, stream) = openai(with(hello(), json!({"stream": true}))).await;
    assert_eq!(headers["content-type"], "text/event-stream");
    assert!(stream.ends_with("data: [DONE]\n\n"));
    let chunks = data(&stream);
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk["object"] == "chat.completion.chunk" && chunk.get("usage").is_none())
    );
    let pieces = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str());
    assert_eq!(
        pieces.collect::<String>(),
        whole["choices"][0]["message"]["content"].as_str().unwrap()
    );
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "stop");
}

#[tokio::test]
async fn the_usage_chunk_comes_when_asked_for_and_has_no_choices() {
    let asked = json!({"stream": true, "stream_options": {"include_usage": true}});
    let (_, stream) = openai(with(hello(), asked)).await;
    let chunks = data(&stream);
    let (last, others) = chunks.split_last().unwrap();
    assert_eq!(last["choices"], json!([]));
    assert!(last["usage"]["total_tokens"].as_u64().unwrap() > 1);
    assert!(others.iter().all(|chunk| chunk["usage"].is_null()));
}

#[tokio::test]
async fn the_first_tool_offered_is_called_with_arguments_that_fit() {
    let parameters = json!({"type": "object", "properties": {"cents": {"type": "integer"}}, "required": ["cents"]});
    let offered = json!({"tools": [{"type": "function", "function": {"name": "pay", "parameters": parameters}}]});
    let (_, body) = openai(with(hello(), offered.clone())).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["choices"][0]["finish_reason"], "tool_calls");
    let call = &body["choices"][0]["message"]["tool_calls"][0];
    assert_eq!(
        (&call["type"], &call["function"]["name"]),
        (&json!("function"), &json!("pay"))
    );
    assert_eq!(call["function"]["arguments"], "{\"cents\":1}");

    let (_, stream) = openai(with(with(hello(), offered.clone()), json!({"stream": true}))).await;
    let chunks = data(&stream);
    let delta = chunks
        .iter()
        .find_map(|chunk| chunk["choices"][0]["delta"].get("tool_calls"))
        .unwrap();
    assert_eq!(
        (&delta[0]["index"], &delta[0]["function"]["name"]),
        (&json!(0), &json!("pay"))
    );

    let mut answered = with(hello(), offered.clone());
    answered["messages"]
        .as_array_mut()
        .unwrap()
        .push(json!({"role": "tool", "content": "paid"}));
    for quiet in [answered, with(with(hello(), offered), json!({"tool_choice": "none"}))] {
        let (_, body) = openai(quiet).await;
        assert!(body.contains("No model was asked"), "{body}");
    }
}

#[tokio::test]
async fn an_anthropic_stream_has_its_events_in_order() {
    let (_, stream) = anthropic(with(hello(), json!({"stream": true}))).await;
    let names: Vec<_> = stream.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(names[..3], ["message_start", "content_block_start", "ping"]);
    assert_eq!(
        names[names.len() - 3..],
        ["content_block_stop", "message_delta", "message_stop"]
    );
    let text: String = data(&stream)
        .iter()
        .filter_map(|event| event["delta"]["text"].as_str())
        .collect();
    assert!(text.contains("Hello there"), "{text}");

    let schema = json!({"type": "object", "properties": {"to": {"type": "string"}}});
    let tools = json!({"stream": true, "tools": [{"name": "send", "input_schema": schema}]});
    let (_, stream) = anthropic(with(hello(), tools)).await;
    let events = data(&stream);
    assert_eq!(
        events[1]["content_block"],
        json!({"type": "tool_use", "id": events[1]["content_block"]["id"], "name": "send", "input": {}})
    );
    assert_eq!(events[3]["delta"]["partial_json"], "{\"to\":\"practice to\"}");
    assert_eq!(events[events.len() - 2]["delta"]["stop_reason"], "tool_use");
}

#[tokio::test]
async fn without_its_own_key_nothing_is_answered() {
    for header in [
        ("x-other", "y"),
        ("authorization", "Bearer sk-real"),
        ("x-api-key", "practice-ke"),
        ("x-api-key", ""),
    ] {
        let (status, _, body) = ask("/v1/chat/completions", header, &hello()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            serde_json::from_str::<Value>(&body).unwrap()["error"]["code"],
            "invalid_api_key"
        );
        let (status, _, body) = ask("/v1/messages", header, &hello()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert_eq!(
            serde_json::from_str::<Value>(&body).unwrap()["error"]["type"],
            "authentication_error"
        );
    }
}

#[tokio::test]
async fn what_it_cannot_read_is_an_error_in_the_formats_own_shape() {
    let key = ("authorization", "Bearer practice-key");
    for body in [json!("text"), json!({"messages": []}), json!({"messages": "x"})] {
        assert_eq!(ask("/v1/chat/completions", key, &body).await.0, StatusCode::BAD_REQUEST);
        assert_eq!(ask("/v1/messages", key, &body).await.0, StatusCode::BAD_REQUEST);
    }
    assert_eq!(ask("/v1/completions", key, &hello()).await.0, StatusCode::NOT_FOUND);
}

async fn answered(path: &str, body: Value) -> String {
    let (status, _, body) = ask(path, ("x-goog-api-key", "practice-key"), &body).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

#[tokio::test]
async fn responses_come_whole_and_as_numbered_events_that_say_the_same() {
    let call = json!({"model": "gpt-x", "input": "Hello there"});
    let whole: Value = serde_json::from_str(&answered("/v1/responses", call.clone()).await).unwrap();
    assert_eq!(whole["model"], "practice/gpt-x");
    let said = &whole["output"][0]["content"][0]["text"];
    assert!(said.as_str().unwrap().contains("Hello there"), "{whole}");

    let events = data(&answered("/v1/responses", with(call, json!({"stream": true}))).await);
    let numbers: Vec<_> = events
        .iter()
        .map(|event| event["sequence_number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (0..events.len() as u64).collect::<Vec<_>>());
    let deltas = events
        .iter()
        .filter(|event| event["type"] == "response.output_text.delta");
    let streamed: String = deltas.map(|event| event["delta"].as_str().unwrap()).collect();
    assert_eq!(&json!(streamed), said);
    assert_eq!(events.last().unwrap()["type"], "response.completed");
}

#[tokio::test]
async fn responses_call_an_offered_tool_once_and_then_answer() {
    let tool = json!({"type": "function", "name": "pay", "parameters": {"type": "object", "properties": {}}});
    let call = json!({"model": "gpt-x", "input": [{"role": "user", "content": "Pay"}], "tools": [tool]});
    let first: Value = serde_json::from_str(&answered("/v1/responses", call.clone()).await).unwrap();
    assert_eq!(
        (&first["output"][0]["type"], &first["output"][0]["name"]),
        (&json!("function_call"), &json!("pay"))
    );
    let output = json!({"type": "function_call_output", "call_id": "c", "output": "done"});
    let again = with(call, json!({"input": [{"role": "user", "content": "Pay"}, output]}));
    let second: Value = serde_json::from_str(&answered("/v1/responses", again).await).unwrap();
    assert_eq!(second["output"][0]["type"], "message");
}

#[tokio::test]
async fn embeddings_are_the_same_for_the_same_text_in_numbers_and_in_base64() {
    let call = json!({"model": "e", "input": ["a", "b", "a"]});
    let numbers: Value = serde_json::from_str(&answered("/v1/embeddings", call.clone()).await).unwrap();
    let vectors: Vec<_> = numbers["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| &entry["embedding"])
        .collect();
    assert_eq!((vectors.len(), vectors[0]), (3, vectors[2]));
    assert_ne!(vectors[0], vectors[1]);
    let encoded: Value =
        serde_json::from_str(&answered("/v1/embeddings", with(call, json!({"encoding_format": "base64"}))).await)
            .unwrap();
    assert_eq!(encoded["data"][0]["embedding"].as_str().unwrap().len(), 44);
}

#[tokio::test]
async fn gemini_answers_whole_in_pieces_and_by_count() {
    let call = json!({"contents": [{"role": "user", "parts": [{"text": "Hello there"}]}]});
    let whole: Value = serde_json::from_str(&answered("/v1/models/g:generateContent", call.clone()).await).unwrap();
    let said = whole["candidates"][0]["content"]["parts"][0]["text"].as_str().unwrap();
    assert!(
        said.contains("Hello there") && whole["modelVersion"] == "practice/g",
        "{whole}"
    );
    let chunks = data(&answered("/v1/models/g:streamGenerateContent", call.clone()).await);
    let streamed: String = chunks
        .iter()
        .map(|chunk| chunk["candidates"][0]["content"]["parts"][0]["text"].as_str().unwrap())
        .collect();
    assert_eq!(streamed, said);
    assert_eq!(chunks.last().unwrap()["candidates"][0]["finishReason"], "STOP");
    let count: Value = serde_json::from_str(&answered("/v1/models/g:countTokens", call).await).unwrap();
    assert_eq!(count["totalTokens"], whole["usageMetadata"]["promptTokenCount"]);
}
