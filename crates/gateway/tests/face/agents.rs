//! Calls that are let through or aren't, and gateways that start or don't.

use contract::{AgentRef, Empty, NewAgent, Operators};
use engine::OpenError;
use gateway::{GatewayOptions, ServeError, serve};
use serde_json::json;

use crate::house::{ANYWHERE, House, Sent, has_receipt, streaming, text};

#[tokio::test]
async fn an_allowed_call_is_answered_and_its_receipt_is_in_the_log() {
    let house = House::open().await;
    let before = house.log_size().await;
    let answered = house.call(&[], &text()).await;
    assert_eq!(answered.status, 200, "{answered:?}");
    assert_eq!(answered.json()["model"], "practice/gpt-x");
    assert_eq!(answered.header("x-countersign-practice"), Some("true"));
    assert_eq!(answered.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answered.header("cache-control"), Some("no-store"));
    has_receipt(&house, &answered).await;
    // Decision and outcome: both on disk before the answer's end.
    assert_eq!(house.log_size().await, before + 2);
}

#[tokio::test]
async fn an_allowed_stream_is_passed_on_whole() {
    let house = House::open().await;
    let answered = house.call(&[], &streaming(text())).await;
    assert_eq!((answered.status, answered.broken), (200, false), "{answered:?}");
    assert_eq!(answered.header("content-type"), Some("text/event-stream"));
    assert!(answered.body.ends_with("data: [DONE]\n\n"));
    assert!(!answered.body.contains("\nid:"));
    assert_eq!(answered.events()[0]["object"], "chat.completion.chunk");
    has_receipt(&house, &answered).await;
}

#[tokio::test]
async fn every_authentication_error_is_401_and_never_a_default_identity() {
    let house = House::open().await;
    let before = house.log_size().await;
    let body = text().to_string();
    let key = &house.runtime_key;
    let disabled = house
        .desk
        .agent_add(NewAgent {
            name: "leaver".to_owned(),
        })
        .await
        .unwrap();
    house
        .desk
        .agent_disable(AgentRef {
            agent: "leaver".to_owned(),
        })
        .await
        .unwrap();
    for credentials in [
        String::new(),
        "Authorization: \r\n".to_owned(),
        "Authorization: Bearer\r\n".to_owned(),
        "Authorization: Bearer \r\n".to_owned(),
        format!("Authorization: {key}\r\n"),
        format!("Authorization: Basic {key}\r\n"),
        format!("Authorization: Bearer {key}x\r\n"),
        format!("Authorization: Bearer {}\r\n", &key[..key.len() - 1]),
        // A prefix that collides with a live key's (CVE-2026-35030).
        format!("Authorization: Bearer {}{}\r\n", &key[..20], "A".repeat(key.len() - 20)),
        format!("Authorization: Bearer {key}\r\nAuthorization: Bearer {key}\r\n"),
        format!("Authorization: Bearer {key}\r\nx-api-key: other\r\n"),
        "Authorization: Bearer ' OR '1'='1\r\n".to_owned(),
        "Authorization: Bearer csk_'; DROP TABLE records;--\r\n".to_owned(),
        "Authorization: Bearer \u{fc}\r\n".to_owned(),
        format!("Authorization: Bearer {}\r\n", "A".repeat(20_000)),
        format!("Authorization: Bearer {}\r\n", disabled.runtime_key),
        format!(
            "Authorization: Bearer {}\r\n",
            std::fs::read_to_string(house.data_dir().join("operators.token"))
                .unwrap()
                .trim()
        ),
    ] {
        let request = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{credentials}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let answered = Sent::to(house.address(), &request).await.end().await;
        assert_eq!(
            (answered.status, answered.code().as_str()),
            (401, "invalid_api_key"),
            "{credentials}"
        );
        assert_eq!(answered.header("x-should-retry"), Some("false"));
        assert!(answered.header("x-request-id").is_some());
    }
    // The agent that came and went; refused logons are counted, not recorded one by one.
    assert_eq!(house.log_size().await, before + 3);
    assert_eq!(house.call(&[], &text()).await.status, 200);
}

/// CVE-2026-42271, CVE-2025-6514: gateways that started what a request named as a tool's server.
#[tokio::test]
async fn a_request_that_names_a_command_starts_nothing() {
    let house = House::open().await;
    let folder = tempfile::TempDir::new().unwrap();
    let trace = folder.path().join("started");
    let server = json!({"command": "/bin/touch", "args": [trace], "env": {"PATH": "/bin"}, "transport": "stdio"});
    let named = [
        json!({"command": "/bin/touch", "args": [trace]}),
        json!({"mcp_servers": [server]}),
        json!({"mcpServers": {"files": server}}),
        json!({"litellm": {"mcp": server}}),
        json!({"tools": [{"type": "mcp", "server_label": "files", "server": server}]}),
        json!({"tools": [{"type": "local_shell", "command": ["/bin/touch", trace]}]}),
        json!({"model": format!("practice/$(touch {})", trace.display())}),
    ];
    for fields in named {
        let mut call = text();
        let with = call.as_object_mut().unwrap();
        with.extend(fields.as_object().unwrap().clone());
        let answered = house.call(&[], &call).await;
        assert!(
            [200, 202, 400, 403, 404].contains(&answered.status),
            "{fields}: {answered:?}"
        );
        assert!(!trace.exists(), "{fields}");
    }
}

#[tokio::test]
async fn a_denied_call_is_the_sdks_own_error_and_isnt_to_be_retried() {
    let house = House::open().await;
    let mut call = text();
    call["tools"] = json!([{"type": "web_search"}]);
    for call in [call.clone(), streaming(call)] {
        let answered = house.call(&[], &call).await;
        assert_eq!(
            (answered.status, answered.code().as_str()),
            (403, "policy_denied"),
            "{answered:?}"
        );
        assert_eq!(answered.header("x-should-retry"), Some("false"));
        assert_eq!(
            answered.json()["error"]["request_id"].as_str(),
            answered.header("x-request-id")
        );
        has_receipt(&house, &answered).await;
    }
    let answered = house.call(&[], &json!("no call at all")).await;
    assert_eq!(
        (answered.status, answered.code().as_str()),
        (400, "invalid_request"),
        "{answered:?}"
    );
    has_receipt(&house, &answered).await;
}

#[tokio::test]
async fn a_second_gateway_on_the_same_directory_is_told_that_one_runs() {
    let house = House::open().await;
    let second = serve(GatewayOptions::new(house.stores()).agents_at(ANYWHERE)).await;
    assert!(matches!(second, Err(ServeError::Open(OpenError::Lock(_)))));
    // And hasn't taken the first one's socket away.
    assert!(house.desk.status(Empty {}).await.is_ok());
}

#[tokio::test]
async fn an_address_that_other_machines_reach_is_refused() {
    let house = House::open().await;
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:4180"] {
        let options = GatewayOptions::new(house.stores()).agents_at(address.parse().unwrap());
        assert!(
            matches!(serve(options).await, Err(ServeError::NotLoopback(_))),
            "{address}"
        );
    }
}

#[tokio::test]
async fn many_calls_at_once_are_all_recorded() {
    let house = House::open().await;
    let before = house.log_size().await;
    let calls = (0..64).map(|_| async { house.call(&[], &text()).await.status });
    assert!(
        futures_util::future::join_all(calls)
            .await
            .iter()
            .all(|status| *status == 200)
    );
    assert_eq!(house.log_size().await, before + 128);
}
