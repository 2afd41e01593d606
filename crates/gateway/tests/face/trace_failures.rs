//! Collectors that are down, hang, answer nonsense or lead elsewhere: calls go on, and it is counted.

use std::time::Duration;

use gateway::{GatewayOptions, TraceCollector, serve};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::collector::{Collector, traced_to};
use crate::house::{ANYWHERE, House, Sent, text};

/// Says this to whoever connects, or, with nothing to say, keeps the connection open.
async fn collector_that_says(answer: Option<String>) -> String {
    let listener = TcpListener::bind(ANYWHERE).await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut kept = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = Vec::new();
            while !head.windows(4).any(|end| end == b"\r\n\r\n") && stream.read_buf(&mut head).await.unwrap() > 0 {}
            match &answer {
                Some(answer) => drop(stream.write_all(answer.as_bytes()).await),
                None => kept.push(stream),
            }
        }
    });
    base
}

async fn counted(house: &House, result: &str) -> u64 {
    let token = std::fs::read_to_string(house.data_dir().join("observe.token")).unwrap();
    let request = format!(
        "GET /metrics HTTP/1.1\r\nConnection: close\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\r\n",
        token.trim()
    );
    let metrics = Sent::to(house.gateway().observed_at().unwrap(), &request)
        .await
        .end()
        .await
        .body;
    let series = format!("countersign_traces_total{{result=\"{result}\"}} ");
    let value = metrics.lines().find_map(|line| line.strip_prefix(&series));
    value
        .unwrap_or_else(|| panic!("no {series}in\n{metrics}"))
        .parse()
        .unwrap()
}

/// Returns once so many have gone this way.
async fn until_counted(house: &House, result: &str, wanted: u64) {
    while counted(house, result).await < wanted {
        // Without it, whoever runs the tests stops them in the end.
        drop(tokio::time::timeout(Duration::from_millis(50), std::future::pending::<()>()).await);
    }
}

#[tokio::test]
async fn a_collector_that_does_not_take_traces_costs_calls_nothing() {
    let mut elsewhere = Collector::open().await;
    let down = {
        let listener = TcpListener::bind(ANYWHERE).await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nConnection: close\r\n";
    let redirect = format!(
        "HTTP/1.1 307 Elsewhere\r\nLocation: {}/v1/traces\r\nContent-Length: 0\r\n\r\n",
        elsewhere.base
    );
    // Partial success: one span was rejected.
    let rejected = format!("{head}Content-Length: 4\r\n\r\n\n\u{2}\u{8}\u{1}");
    for (how, base) in [
        ("is down", down),
        ("redirects", collector_that_says(Some(redirect)).await),
        ("hangs up", collector_that_says(Some(String::new())).await),
        (
            "isn't HTTP",
            collector_that_says(Some("220 smtp.example ESMTP\r\n".to_owned())).await,
        ),
        (
            "fails",
            collector_that_says(Some("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n".to_owned())).await,
        ),
        (
            "answers garbage",
            collector_that_says(Some(format!("{head}\r\n<html>"))).await,
        ),
        ("rejects some", collector_that_says(Some(rejected)).await),
    ] {
        let mut house = House::open().await;
        traced_to(&mut house, &base, None).await;
        assert_eq!(house.call(&[], &text()).await.status, 200, "{how}");
        until_counted(&house, "failed", 1).await;
        assert_eq!(house.call(&[], &text()).await.status, 200, "{how}");
        assert_eq!(counted(&house, "exported").await, 0, "{how}");
        assert!(
            elsewhere.got_from(&mut house).await.is_empty(),
            "a redirect was followed"
        );
    }
}

#[tokio::test]
async fn a_collector_that_hangs_delays_neither_calls_nor_the_stop() {
    let mut house = House::open().await;
    let base = collector_that_says(None).await;
    traced_to(&mut house, &base, None).await;
    for _ in 0..3 {
        assert_eq!(house.call(&[], &text()).await.status, 200);
    }
    house.gateway.take().unwrap().shut_down().await.unwrap();
    house.start().await;
    assert_eq!(house.call(&[], &text()).await.status, 200);
}

#[tokio::test]
async fn what_a_collector_takes_is_counted_and_without_one_nothing_is() {
    let mut collector = Collector::open().await;
    let mut house = House::open().await;
    traced_to(&mut house, &collector.base, None).await;
    assert_eq!(house.call(&[], &text()).await.status, 200);
    until_counted(&house, "exported", 1).await;
    assert_eq!(
        (counted(&house, "failed").await, counted(&house, "dropped").await),
        (0, 0)
    );
    drop(collector.next().await);
    house.restart().await;
    assert_eq!(house.call(&[], &text()).await.status, 200);
    assert!(!house.gateway().engine().metrics().contains("countersign_traces"));
    assert!(collector.got_from(&mut house).await.is_empty());
}

#[tokio::test]
async fn a_collector_in_plain_text_elsewhere_or_with_a_password_in_its_address_is_refused() {
    let mut house = House::open().await;
    house.gateway.take().unwrap().shut_down().await.unwrap();
    for (address, header) in [
        ("http://otel.example:4318", None),
        ("https://user:secret@otel.example", None),
        ("https://otel.example/?key=secret", None),
        ("http://127.0.0.1:4318", Some("no header")),
    ] {
        let collector = TraceCollector {
            address: address.to_owned(),
            header: header.map(|header: &str| header.to_owned().into()),
        };
        let options = GatewayOptions::new(house.stores()).agents_at(ANYWHERE);
        let refused = serve(options.traced_to(Some(collector))).await;
        let error = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(!error.contains("secret"), "{error}");
        assert!(
            error.contains("traces can't be sent") || error.contains("Name: value"),
            "{error}"
        );
    }
    house.start().await;
}
