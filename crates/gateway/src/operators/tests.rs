#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]
mod samples;

use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use client::ConnectError;
use contract::*;
use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::listen::Server;

/// Operators that answer each call with the sample, and keep what they were asked.
#[derive(Default)]
struct Desk {
    asked: Mutex<Vec<(&'static str, Value)>>,
    refuses: Option<OperatorError>,
}

impl Desk {
    fn answer<A: serde::de::DeserializeOwned>(&self, name: &'static str, asked: Value) -> Result<A, OperatorError> {
        self.asked.lock().unwrap().push((name, asked));
        match &self.refuses {
            Some(error) => Err(error.clone()),
            None => Ok(serde_json::from_value(samples::of(name).1).unwrap()),
        }
    }
}

macro_rules! answered_from_samples {
    ($($(#[$doc:meta])* $name:ident($request:ty) -> $response:ty;)*) => {
        #[async_trait]
        impl Operators for Desk {
            $(async fn $name(&self, request: $request) -> Result<$response, OperatorError> {
                self.answer(stringify!($name), serde_json::to_value(&request).unwrap())
            })*

            async fn events(&self, since: Option<u64>) -> Result<EventStream, OperatorError> {
                let first = since.map_or(100, |since| since + 1);
                let event = |cursor| Event { cursor, happening: Happening::Appended { size: cursor * 10, head: "ab".repeat(32) } };
                Ok(stream::iter([event(first), event(first + 1)]).boxed())
            }
        }

        async fn round_trips(client: &client::Client, desk: &Desk) {
            $({
                let (request, response) = samples::of(stringify!($name));
                let asked: $request = serde_json::from_value(request.clone()).unwrap();
                let answered: $response = client.$name(asked).await.unwrap();
                assert_eq!(serde_json::to_value(&answered).unwrap(), response, stringify!($name));
                assert_eq!(desk.asked.lock().unwrap().pop(), Some((stringify!($name), request)));
            })*
        }

        async fn refusals(client: &client::Client) -> Vec<OperatorError> {
            vec![$({
                let asked: $request = serde_json::from_value(samples::of(stringify!($name)).0).unwrap();
                client.$name(asked).await.map(|_| ()).unwrap_err()
            },)*]
        }
    };
}

for_each_call!(answered_from_samples);

struct Running {
    server: Server,
    desk: Arc<Desk>,
    socket: Option<OperatorsSocket>,
    data: tempfile::TempDir,
}

async fn running(desk: Desk) -> Running {
    let data = tempfile::tempdir().unwrap();
    let (server, desk) = (Server::new(), Arc::new(desk));
    let socket = OperatorsSocket::open(data.path(), Arc::clone(&desk) as _, None, &server)
        .await
        .unwrap();
    Running {
        server,
        desk,
        socket: Some(socket),
        data,
    }
}

#[tokio::test]
async fn every_call_goes_there_and_back() {
    let running = running(Desk::default()).await;
    let client = client::connect(running.data.path()).await.unwrap();
    round_trips(&client, &running.desk).await;
}

#[tokio::test]
async fn every_error_keeps_its_code_and_words() {
    for code in [
        Code::Invalid,
        Code::NotFound,
        Code::Conflict,
        Code::Refused,
        Code::Expired,
        Code::Unauthenticated,
        Code::LogStopped,
        Code::KeyStore,
        Code::Unreachable,
        Code::Internal,
    ] {
        let error = OperatorError::new(code, "What happened, and what to do.");
        let running = running(Desk {
            refuses: Some(error.clone()),
            ..Desk::default()
        })
        .await;
        let client = client::connect(running.data.path()).await.unwrap();
        for refusal in refusals(&client).await {
            assert_eq!(refusal, error);
        }
    }
}

#[tokio::test]
async fn events_go_on_from_where_the_reader_was() {
    let running = running(Desk::default()).await;
    let client = client::connect(running.data.path()).await.unwrap();
    for (since, cursors) in [(None, [100, 101]), (Some(7), [8, 9])] {
        let events: Vec<_> = client.events(since).await.unwrap().collect().await;
        assert_eq!(events.iter().map(|event| event.cursor).collect::<Vec<_>>(), cursors);
    }
}

/// The answer to a request written by hand.
async fn raw(data: &Path, request: &str) -> String {
    use interprocess::local_socket::tokio::{Stream, prelude::*};
    let mut stream = Stream::connect(client::listening_name(data, "").unwrap())
        .await
        .unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[cfg(unix)]
#[tokio::test]
async fn without_the_runs_own_token_nothing_is_answered() {
    let running = running(Desk::default()).await;
    let token = std::fs::read_to_string(client::token_file(running.data.path())).unwrap();
    let token = token.trim();
    let ask = async |headers: &str, path: &str| {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: operators\r\n{headers}Connection: close\r\nContent-Length: 2\r\n\r\n{{}}"
        );
        raw(running.data.path(), &request).await
    };
    let right = format!("Authorization: Bearer {token}\r\n");
    assert!(ask(&right, "/operators/v1/status").await.starts_with("HTTP/1.1 200"));
    for wrong in [
        String::new(),
        "Authorization: Bearer \r\n".to_owned(),
        format!("Authorization: {token}\r\n"),
        format!("Authorization: Bearer {}\r\n", token.get(..63).unwrap()),
        format!("Authorization: Bearer {token}0\r\n"),
        format!("Authorization: Bearer {}\r\n", "0".repeat(64)),
        format!("x-api-key: {token}\r\n"),
        format!("{right}{right}"),
        "Authorization: Bearer csk_12345678_an-agents-runtime-key\r\n".to_owned(),
    ] {
        for path in [
            "/operators/v1/status",
            "/operators/v1/credential_set",
            "/operators/v1/events",
            "/elsewhere",
        ] {
            let answer = ask(&wrong, path).await;
            assert!(
                answer.starts_with("HTTP/1.1 401") && answer.contains("unauthenticated"),
                "{wrong}: {answer}"
            );
        }
    }
    assert_eq!(running.desk.asked.lock().unwrap().len(), 1);
    let unlisted = ask(&right, "/operators/v1/sign_for_me").await;
    assert!(
        unlisted.starts_with("HTTP/1.1 404") && unlisted.contains("not_found"),
        "{unlisted}"
    );
    let agents_route = ask(&right, "/v1/chat/completions").await;
    assert!(agents_route.starts_with("HTTP/1.1 404"), "{agents_route}");
    let unreadable = ask(&right, "/operators/v1/agent_add").await;
    assert!(
        unreadable.starts_with("HTTP/1.1 400") && unreadable.contains("name"),
        "{unreadable}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn the_socket_and_the_token_are_the_owners_alone_and_go_with_the_gateway() {
    use std::os::unix::fs::PermissionsExt as _;
    let mut running = running(Desk::default()).await;
    let files = [
        client::socket_file(running.data.path()),
        client::token_file(running.data.path()),
    ];
    for file in &files {
        assert_eq!(
            std::fs::metadata(file).unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            file.display()
        );
    }
    running.server.shut_down().await;
    drop(running.socket.take());
    for file in &files {
        assert!(!file.exists(), "{}", file.display());
    }
    let gone = client::connect(running.data.path()).await;
    assert!(matches!(gone, Err(ConnectError::NoGateway { .. })), "{gone:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_dead_gateways_socket_counts_as_none_and_is_replaced() {
    let data = tempfile::tempdir().unwrap();
    drop(std::os::unix::net::UnixListener::bind(client::socket_file(data.path())).unwrap());
    std::fs::write(client::token_file(data.path()), "0".repeat(64)).unwrap();
    let dead = client::connect(data.path()).await;
    assert!(matches!(dead, Err(ConnectError::NoGateway { .. })), "{dead:?}");

    let server = Server::new();
    let _socket = OperatorsSocket::open(data.path(), Arc::new(Desk::default()), None, &server)
        .await
        .unwrap();
    let client = client::connect(data.path()).await.unwrap();
    assert!(client.status(Empty {}).await.is_ok());
}

#[tokio::test]
async fn a_client_outlives_a_restart_of_the_gateway() {
    let mut running = running(Desk::default()).await;
    let client = client::connect(running.data.path()).await.unwrap();
    running.server.shut_down().await;
    drop(running.socket.take());
    assert_eq!(client.status(Empty {}).await.unwrap_err().code, Code::Unreachable);
    let server = Server::new();
    let _socket = OperatorsSocket::open(running.data.path(), Arc::new(Desk::default()), None, &server)
        .await
        .unwrap();
    assert!(client.status(Empty {}).await.is_ok());
}

#[cfg(unix)]
#[tokio::test]
async fn a_data_directory_with_too_long_a_path_is_said_so() {
    let data = tempfile::tempdir().unwrap();
    let deep = data.path().join("d".repeat(120));
    std::fs::create_dir(&deep).unwrap();
    let Err(error) = OperatorsSocket::open(&deep, Arc::new(Desk::default()), None, &Server::new()).await else {
        panic!("it opened")
    };
    assert!(error.to_string().contains("choose a shorter data directory"), "{error}");
}

#[tokio::test]
async fn a_stop_ends_event_streams_at_once() {
    struct Quiet;
    macro_rules! never {
        ($($(#[$doc:meta])* $name:ident($request:ty) -> $response:ty;)*) => {
            #[async_trait]
            impl Operators for Quiet {
                $(async fn $name(&self, _: $request) -> Result<$response, OperatorError> {
                    Err(OperatorError::new(Code::Internal, "never asked"))
                })*

                async fn events(&self, _: Option<u64>) -> Result<EventStream, OperatorError> {
                    Ok(stream::pending().boxed())
                }
            }
        };
    }
    for_each_call!(never);
    let (data, server) = (tempfile::tempdir().unwrap(), Server::new());
    let _socket = OperatorsSocket::open(data.path(), Arc::new(Quiet), None, &server)
        .await
        .unwrap();
    let events = client::connect(data.path()).await.unwrap().events(None).await.unwrap();
    let (ended, ()) = tokio::join!(events.collect::<Vec<_>>(), server.shut_down());
    assert_eq!(ended, []);
}
