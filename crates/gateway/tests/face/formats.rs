//! Each wire format, from an agent to the practice upstream and back, and its errors in its own SDK's shape.

use contract::{ItemState, LogQuery, Operators, ReviewerDecision};
use serde_json::{Value, json};

use crate::house::{Answered, House, Sent, has_receipt};

fn tool_of_openai() -> Value {
    json!({"type": "function", "name": "pay", "parameters": {"type": "object", "properties": {}}})
}

/// Path, body, and a body that offers a tool, which the built-in policy holds.
fn formats() -> Vec<(&'static str, Value, Option<Value>)> {
    let message = json!([{"role": "user", "content": "Hello"}]);
    let chat = json!({"model": "m", "messages": message});
    let responses = json!({"model": "m", "input": "Hello"});
    let anthropic = json!({"model": "m", "max_tokens": 9, "messages": message});
    let count = json!({"model": "m", "messages": message});
    let gemini = json!({"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]});
    let with = |body: &Value, tools: Value| {
        let mut body = body.clone();
        body["tools"] = tools;
        Some(body)
    };
    let parameters = json!({"type": "object", "properties": {}});
    let function = json!([{"type": "function", "function": {"name": "pay", "parameters": parameters}}]);
    let input_schema = json!([{"name": "pay", "input_schema": parameters}]);
    let declared = json!([{"functionDeclarations": [{"name": "pay", "parameters": parameters}]}]);
    vec![
        ("/v1/chat/completions", chat.clone(), with(&chat, function)),
        (
            "/v1/responses",
            responses.clone(),
            with(&responses, json!([tool_of_openai()])),
        ),
        ("/v1/embeddings", json!({"model": "m", "input": "Hello"}), None),
        ("/v1/messages", anthropic.clone(), with(&anthropic, input_schema)),
        ("/v1/messages/count_tokens", count, None),
        (
            "/v1beta/models/m:generateContent",
            gemini.clone(),
            with(&gemini, declared),
        ),
        ("/v1beta/models/m:countTokens", gemini.clone(), None),
    ]
}

/// The message of an error in any shape.
fn said(answered: &Answered) -> String {
    let body = answered.json();
    let message = body.pointer("/error/message").or_else(|| body.get("detail"));
    message.and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[tokio::test]
async fn every_format_is_answered_by_the_practice_upstream_with_a_receipt() {
    let house = House::open().await;
    for (path, body, _) in formats() {
        let answered = house.call_at(path, &body).await;
        assert_eq!(answered.status, 200, "{path}: {answered:?}");
        assert_eq!(answered.header("x-countersign-practice"), Some("true"), "{path}");
        has_receipt(&house, &answered).await;
    }
}

#[tokio::test]
async fn every_stream_ends_as_its_format_says_and_its_use_is_recorded() {
    let house = House::open().await;
    for (path, body, ending) in [
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "stream": true, "stream_options": {"include_usage": true}}),
            "data: [DONE]\n\n",
        ),
        (
            "/v1/responses",
            json!({"model": "m", "input": "Hi", "stream": true}),
            "\"type\":\"response.completed\"}\n\n",
        ),
        (
            "/v1/messages",
            json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}], "stream": true}),
            "{\"type\":\"message_stop\"}\n\n",
        ),
        (
            "/v1beta/models/m:streamGenerateContent?alt=sse",
            json!({"contents": [{"parts": [{"text": "Hi"}]}]}),
            "\r\n\r\n",
        ),
    ] {
        let answered = house.call_at(path, &body).await;
        assert_eq!((answered.status, answered.broken), (200, false), "{path}: {answered:?}");
        let end = answered
            .body
            .get(answered.body.len().saturating_sub(200)..)
            .unwrap_or_default();
        let sorted = end.contains("response.completed") || answered.body.ends_with(ending);
        assert!(sorted, "{path}: {end}");
        let uid = answered.header("x-request-id").unwrap();
        let filter = format!("kind:call_finished story:{uid}");
        let page = house
            .desk
            .log(LogQuery {
                filter,
                ..LogQuery::default()
            })
            .await
            .unwrap();
        let did = &page.rows[0].did;
        assert!(did.contains("tokens"), "{path}: {did}");
    }
}

#[tokio::test]
async fn every_format_is_held_for_a_person_where_it_offers_a_tool_and_then_answered() {
    let house = House::open().await;
    for (path, _, with_tool) in formats() {
        let Some(body) = with_tool else { continue };
        let (answered, ()) = tokio::join!(house.call_at(path, &body), async {
            let item = house.item_when(|item| item.state == ItemState::Waiting).await;
            house.decide(&item.uid, ReviewerDecision::Approve, "Seen.").await;
        });
        assert_eq!(answered.status, 200, "{path}: {answered:?}");
        assert_eq!(answered.header("x-should-retry"), Some("false"), "{path}");
        assert!(answered.body.contains("pay"), "{path}: {answered:?}");
    }
}

#[tokio::test]
async fn a_held_stream_of_anthropics_gets_pings_and_a_denial_is_an_error_event() {
    let house = House::open().await;
    let schema = json!({"type": "object", "properties": {}});
    let body = json!({
        "model": "m", "max_tokens": 9, "stream": true, "messages": [{"role": "user", "content": "Pay"}],
        "tools": [{"name": "pay", "input_schema": schema}],
    });
    let mut sent = house.begin_at("/v1/messages", &[], &body).await;
    sent.until("event: ping").await;
    let item = house.item_when(|item| item.state == ItemState::Waiting).await;
    house.decide(&item.uid, ReviewerDecision::Deny, "Not today.").await;
    let answered = sent.end().await;
    assert!(answered.body.contains("event: error\n"), "{answered:?}");
    let error = answered.events().pop().unwrap();
    assert_eq!(
        (&error["type"], &error["error"]["type"]),
        (&json!("error"), &json!("permission_error"))
    );
    assert_eq!(error["error"]["code"], "approval_denied");
}

#[tokio::test]
async fn errors_come_in_the_shape_that_the_paths_sdk_reads_always_with_the_requests_id() {
    let house = House::open().await;
    let body = json!({"model": "m", "store": true}).to_string();
    for (path, shape) in [
        ("/v1/chat/completions", "/error/type"),
        ("/v1/responses", "/error/type"),
        ("/v1/embeddings", "/error/type"),
        ("/v1/messages", "/error/type"),
        ("/v1/messages/count_tokens", "/request_id"),
        ("/v1beta/models/m:generateContent", "/error/status"),
        ("/v1beta/models/m:unknown", "/error/details/0/reason"),
        ("/v1/anything", "/error/code"),
        ("/v1/messages/batches", "/request_id"),
        ("/elsewhere", "/detail"),
    ] {
        for key in ["csk_unknown_key", house.runtime_key.as_str()] {
            let head = format!(
                "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let answered = Sent::to(house.address(), &head).await.end().await;
            assert!(answered.status >= 400, "{path}: {answered:?}");
            assert!(
                answered.json().pointer(shape).is_some_and(|found| !found.is_null()),
                "{path}: {answered:?}"
            );
            assert!(!said(&answered).is_empty(), "{path}: {answered:?}");
            assert!(
                answered.body.contains(answered.header("x-request-id").unwrap()),
                "{path}: {answered:?}"
            );
            assert_eq!(answered.header("x-should-retry"), Some("false"), "{path}");
        }
    }
    let problem = house.call_at("/elsewhere", &json!({})).await;
    assert_eq!(problem.header("content-type"), Some("application/problem+json"));
    assert_eq!(
        house
            .call_at("/v1/messages", &json!({}))
            .await
            .header("request-id")
            .map(str::len),
        Some(36)
    );
}

#[tokio::test]
async fn what_reaches_beyond_the_call_is_denied_in_every_format() {
    let house = House::open().await;
    let user = |content: Value| json!([{"role": "user", "content": content}]);
    for (attack, path, body) in [
        (
            "remote_mcp",
            "/v1/responses",
            json!({"model": "m", "input": "x", "tools": [{"type": "mcp", "server_label": "s", "server_url": "https://evil.example"}]}),
        ),
        (
            "hosted_search",
            "/v1/responses",
            json!({"model": "m", "input": "x", "tools": [{"type": "web_search"}]}),
        ),
        (
            "hosted_code",
            "/v1/responses",
            json!({"model": "m", "input": "x", "tools": [{"type": "code_interpreter", "container": {"type": "auto"}}]}),
        ),
        (
            "unknown_tool",
            "/v1/responses",
            json!({"model": "m", "input": "x", "tools": [{"type": "teleport"}]}),
        ),
        (
            "server_state",
            "/v1/responses",
            json!({"model": "m", "input": "x", "previous_response_id": "resp_1"}),
        ),
        (
            "background",
            "/v1/responses",
            json!({"model": "m", "input": "x", "background": true}),
        ),
        (
            "image_url",
            "/v1/responses",
            json!({"model": "m", "input": [{"role": "user", "content": [{"type": "input_image", "image_url": "https://evil.example/x.png"}]}]}),
        ),
        (
            "remote_mcp",
            "/v1/messages",
            json!({"model": "m", "max_tokens": 9, "messages": user(json!("x")), "mcp_servers": [{"type": "url", "url": "https://evil.example", "name": "s"}]}),
        ),
        (
            "hosted_search",
            "/v1/messages",
            json!({"model": "m", "max_tokens": 9, "messages": user(json!("x")), "tools": [{"type": "web_search_20250305", "name": "web_search"}]}),
        ),
        (
            "image_url",
            "/v1/messages",
            json!({"model": "m", "max_tokens": 9, "messages": user(json!([{"type": "image", "source": {"type": "url", "url": "https://evil.example/x.png"}}]))}),
        ),
        (
            "container",
            "/v1/messages",
            json!({"model": "m", "max_tokens": 9, "messages": user(json!("x")), "container": "c_1"}),
        ),
        (
            "google_search",
            "/v1beta/models/m:generateContent",
            json!({"contents": [{"parts": [{"text": "x"}]}], "tools": [{"googleSearch": {}}]}),
        ),
        (
            "google_search_in_snake_case",
            "/v1beta/models/m:generateContent",
            json!({"contents": [{"parts": [{"text": "x"}]}], "tools": [{"google_search": {}}]}),
        ),
        (
            "url_context",
            "/v1beta/models/m:generateContent",
            json!({"contents": [{"parts": [{"text": "x"}]}], "tools": [{"urlContext": {}}]}),
        ),
        (
            "code_execution",
            "/v1beta/models/m:generateContent",
            json!({"contents": [{"parts": [{"text": "x"}]}], "tools": [{"codeExecution": {}}]}),
        ),
        (
            "file_uri",
            "/v1beta/models/m:generateContent",
            json!({"contents": [{"parts": [{"fileData": {"fileUri": "https://evil.example/x"}}]}]}),
        ),
        (
            "cached_content",
            "/v1beta/models/m:generateContent",
            json!({"contents": [{"parts": [{"text": "x"}]}], "cachedContent": "cachedContents/1"}),
        ),
    ] {
        let answered = house.call_at(path, &body).await;
        assert_eq!(answered.status, 403, "{attack} at {path}: {answered:?}");
        assert_eq!(
            answered.header("x-countersign-practice"),
            None,
            "{attack} at {path} went upstream"
        );
    }
    let twice = "{\"model\":\"m\",\"model\":\"n\",\"input\":\"x\"}";
    for path in [
        "/v1/responses",
        "/v1/embeddings",
        "/v1/messages",
        "/v1beta/models/m:generateContent",
    ] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{twice}",
            house.runtime_key,
            twice.len()
        );
        let answered = Sent::to(house.address(), &head).await.end().await;
        assert_eq!(answered.status, 400, "duplicate keys at {path}: {answered:?}");
    }
    let escaped = house
        .call_at("/v1beta/models/..%2F..%2Fx:generateContent", &formats()[5].1)
        .await;
    assert_eq!(escaped.status, 400, "{escaped:?}");
}

#[tokio::test]
async fn the_models_that_are_listed_are_the_aliases_in_either_sdks_shape() {
    let house = House::open().await;
    let alias = contract::Alias {
        name: "fast".to_owned(),
        upstream: "practice".to_owned(),
        model: "m-2".to_owned(),
    };
    house.desk.alias_set(alias).await.unwrap();
    let openai = house.get("/v1/models", &[]).await;
    assert_eq!(openai.json()["data"][0]["id"], "fast");
    let anthropic = house
        .get("/v1/models", &[("anthropic-version", "2023-06-01")])
        .await
        .json();
    assert_eq!(
        (&anthropic["first_id"], &anthropic["data"][0]["type"]),
        (&json!("fast"), &json!("model"))
    );
    assert_eq!(house.get("/v1/models/fast", &[]).await.status, 200);
    assert_eq!(house.get("/v1/models/slow", &[]).await.status, 404);
    let stranger = "GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    assert_eq!(Sent::to(house.address(), stranger).await.end().await.status, 401);
}
