//! What a monitor is told, and who isn't.

use std::net::SocketAddr;

use contract::ItemState;
use gateway::{GatewayOptions, serve};

use crate::house::{ANYWHERE, Answered, House, Sent, text, with_tool};

/// A house whose gateway has a port for a monitor.
async fn observed() -> (House, SocketAddr) {
    let mut house = House::open().await;
    house.gateway.take().unwrap().shut_down().await.unwrap();
    let options = GatewayOptions::new(house.stores())
        .agents_at(ANYWHERE)
        .observed_at(Some(ANYWHERE));
    let gateway = serve(options).await.unwrap();
    let address = gateway.observed_at().unwrap();
    house.gateway = Some(gateway);
    (house, address)
}

async fn asked(address: SocketAddr, path: &str, headers: &str) -> Answered {
    let request = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n");
    Sent::to(address, &request).await.end().await
}

fn token(house: &House) -> String {
    std::fs::read_to_string(house.data_dir().join("observe.token"))
        .unwrap()
        .trim()
        .to_owned()
}

/// The value of a series.
fn value<'a>(metrics: &'a str, series: &str) -> Option<&'a str> {
    metrics
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
}

#[tokio::test]
async fn calls_decisions_tokens_and_refusals_are_counted() {
    let (house, address) = observed().await;
    assert_eq!(house.call(&[], &text()).await.status, 200);
    let held = house.begin(&[], &with_tool()).await;
    house.item_when(|item| item.state == ItemState::Waiting).await;
    let forged =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    assert_eq!(Sent::to(house.address(), forged).await.end().await.status, 401);

    let bearer = format!("Host: localhost\r\nAuthorization: Bearer {}\r\n", token(&house));
    let answered = asked(address, "/metrics", &bearer).await;
    assert_eq!(answered.status, 200);
    assert!(
        answered
            .header("content-type")
            .unwrap()
            .starts_with("application/openmetrics-text")
    );
    let metrics = &answered.body;
    assert!(metrics.ends_with("# EOF\n"), "{metrics}");
    for (series, expected) in [
        (
            "countersign_decisions_total{operation=\"chat.completions\",decision=\"allow\"}",
            "1",
        ),
        (
            "countersign_decisions_total{operation=\"chat.completions\",decision=\"hold\"}",
            "1",
        ),
        (
            "countersign_calls_finished_total{operation=\"chat.completions\",upstream=\"practice\",outcome=\"answered\"}",
            "1",
        ),
        ("countersign_requests_refused_total{reason=\"missing\"}", "1"),
        ("countersign_items_waiting", "1"),
        ("countersign_log_accepting", "1"),
        ("countersign_calls_under_way", "1"),
    ] {
        assert_eq!(value(metrics, series), Some(expected), "{series} in\n{metrics}");
    }
    assert!(
        value(
            metrics,
            "countersign_tokens_total{upstream=\"practice\",direction=\"output\"}"
        )
        .is_some()
    );
    assert!(metrics.contains("countersign_call_step_seconds_bucket"), "{metrics}");
    assert!(!metrics.contains("gpt-x"), "a model's name is an agent's text");
    drop(held);
}

#[tokio::test]
async fn a_monitor_is_told_that_the_gateway_serves_and_nobody_else_more_than_that() {
    let (house, address) = observed().await;
    let local = "Host: localhost\r\n";
    assert_eq!(asked(address, "/health", local).await.status, 200);
    assert_eq!(asked(address, "/ready", local).await.status, 200);
    let key = format!("{local}Authorization: Bearer {}\r\n", house.runtime_key);
    for headers in [local, &key, &format!("{local}Authorization: Bearer \r\n")] {
        assert_eq!(asked(address, "/metrics", headers).await.status, 401, "{headers}");
    }
    let good = format!("Authorization: Bearer {}\r\n", token(&house));
    for page in [
        "Host: rebound.example\r\n",
        "Host: localhost\r\nOrigin: http://localhost\r\n",
        "",
    ] {
        for path in ["/health", "/ready", "/metrics"] {
            assert_eq!(
                asked(address, path, &format!("{page}{good}")).await.status,
                403,
                "{page}"
            );
        }
    }
    // The token opens nothing of the agents' or the operators'.
    assert_eq!(
        asked(address, "/operators/v1/status", &format!("{local}{good}"))
            .await
            .status,
        404
    );
    assert_eq!(
        asked(house.address(), "/v1/models", &format!("{local}{good}"))
            .await
            .status,
        401
    );
    assert_eq!(
        asked(house.address(), "/metrics", &format!("{local}{good}"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_monitors_port_is_for_this_machine_alone() {
    let mut house = House::open().await;
    house.gateway.take().unwrap().shut_down().await.unwrap();
    let options = GatewayOptions::new(house.stores()).agents_at(ANYWHERE);
    let refused = serve(options.observed_at(Some("0.0.0.0:0".parse().unwrap()))).await;
    assert!(refused.is_err_and(|error| error.to_string().contains("open to other machines")));
}
