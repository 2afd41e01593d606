#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]
use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::*;

async fn served(most: usize) -> (Server, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = Server::new();
    server.serve_tcp(
        listener,
        Router::new().route("/", get(|| async { "served" })),
        most,
        None,
    );
    (server, address)
}

async fn ask(stream: &mut TcpStream) -> String {
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn slowloris_crowds_out_itself() {
    let (_server, address) = served(8).await;
    let mut slow = Vec::new();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nX-Slow: ").await.unwrap();
        slow.push(stream);
        // An agent gets through at any moment of the attack.
        assert!(
            ask(&mut TcpStream::connect(address).await.unwrap())
                .await
                .ends_with("served")
        );
    }
    // The first of them was sent away for it.
    let mut left = Vec::new();
    drop(slow.first_mut().unwrap().read_to_end(&mut left).await);
    assert!(left.is_empty());
}

#[tokio::test]
async fn a_connection_that_has_asked_keeps_its_place() {
    let (_server, address) = served(1).await;
    let mut agent = TcpStream::connect(address).await.unwrap();
    agent
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut answer = [0; 12];
    agent.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    let _waits = TcpStream::connect(address).await.unwrap();
    assert!(ask(&mut agent).await.ends_with("served"));
}

#[tokio::test]
async fn shutting_down_ends_idle_connections_and_the_listener() {
    let (server, address) = served(8).await;
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.unwrap();
    server.shut_down().await;
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
