#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that can't go on fails")]
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

const KEY: &str = "sk-proj-the-providers-key";

async fn way_out() -> HttpEgress {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    HttpEgress::new(Arc::new(PracticeUpstream::start().await.unwrap())).unwrap()
}

fn call(base_url: &str, headers: &[(&str, &str)]) -> Dispatch {
    Dispatch {
        endpoint: Endpoint {
            name: "up".to_owned(),
            base_url: base_url.to_owned(),
            format: WireFormat::Openai,
            practice: base_url == "embedded",
            silence: Duration::from_secs(600),
            exceptions: Vec::new(),
        },
        path: "chat/completions".to_owned(),
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: Bytes::from_static(b"{\"exact\": [1.0, 1e2,\t2]}"),
    }
}

/// An upstream that answers one connection with these bytes, and gives what it was sent.
async fn upstream(answer: String) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = String::new();
        while !asked.ends_with("2]}") {
            let mut chunk = [0; 4096];
            let read = stream.read(&mut chunk).await.unwrap();
            assert_ne!(read, 0, "it was cut off after {asked}");
            asked.push_str(std::str::from_utf8(chunk.get(..read).unwrap()).unwrap());
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        asked
    });
    (base, asked)
}

async fn body(reply: Reply) -> (String, Option<SendError>) {
    let mut body = reply.body;
    let mut text = String::new();
    while let Some(chunk) = body.next().await {
        match chunk {
            Ok(chunk) => text.push_str(std::str::from_utf8(&chunk).unwrap()),
            Err(error) => return (text, Some(error)),
        }
    }
    (text, None)
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

#[tokio::test]
async fn exactly_the_released_bytes_go_out_with_the_providers_key_and_no_hop_or_key_of_the_agents() {
    let (base, asked) = upstream(OK.to_owned()).await;
    let hostile = [
        ("authorization", "Bearer csk_agent"),
        ("Authorization", "Bearer csk_agent"),
        ("x-api-key", "csk_agent"),
        ("cookie", "a=b"),
        ("host", "evil.example"),
        ("connection", "close, x"),
        ("te", "trailers"),
        ("transfer-encoding", "chunked"),
        ("content-length", "1"),
        ("upgrade", "h2c"),
        ("keep-alive", "1"),
        ("proxy-authorization", "Basic x"),
        ("trailer", "x"),
        ("content-type", "text/evil"),
        ("bad\r\nname", "x"),
        ("x-bad-value", "a\r\nInjected: yes"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
    ];
    let reply = way_out().await.dispatch(call(&base, &hostile), KEY).await.unwrap();
    assert_eq!(reply.status, 200);
    assert_eq!(body(reply).await.0, "{}");

    let asked = asked.await.unwrap();
    let (head, sent) = asked.split_once("\r\n\r\n").unwrap();
    assert_eq!(sent, "{\"exact\": [1.0, 1e2,\t2]}");
    let mut lines: Vec<_> = head.lines().map(str::to_ascii_lowercase).collect();
    assert_eq!(lines.remove(0), "post /v1/chat/completions http/1.1");
    lines.sort();
    let host = base.trim_start_matches("http://").trim_end_matches("/v1");
    assert_eq!(
        lines,
        [
            "accept-encoding: identity".to_owned(),
            "accept: */*".to_owned(),
            format!("authorization: bearer {KEY}"),
            "content-length: 24".to_owned(),
            "content-type: application/json".to_owned(),
            format!("host: {host}"),
            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned(),
            format!("user-agent: countersign/{}", env!("CARGO_PKG_VERSION")),
        ]
    );
}

#[tokio::test]
async fn an_anthropic_upstream_gets_the_key_in_its_own_header() {
    let (base, asked) = upstream(OK.to_owned()).await;
    let mut dispatch = call(&base, &[("anthropic-version", "2026-10-21")]);
    dispatch.endpoint.format = WireFormat::Anthropic;
    assert!(way_out().await.dispatch(dispatch, KEY).await.is_ok());
    let asked = asked.await.unwrap().to_ascii_lowercase();
    assert!(
        asked.contains(&format!("\r\nx-api-key: {KEY}\r\n")) && !asked.contains("authorization"),
        "{asked}"
    );
    assert!(asked.contains("\r\nanthropic-version: 2026-10-21\r\n"), "{asked}");
}

#[tokio::test]
async fn only_listed_headers_come_back_and_none_with_the_key() {
    let answer = format!(
        "HTTP/1.1 429 Too Many\r\nContent-Type: application/json\r\nContent-Length: 2\r\nSet-Cookie: a=b\r\n\
         Location: http://evil\r\nServer: x\r\nAuthorization: Bearer {KEY}\r\nX-Request-Id: req_{KEY}\r\n\
         X-Ratelimit-Remaining-Requests: 3\r\nRetry-After: 7\r\nOpenai-Organization: org-ours\r\n\r\n{{}}"
    );
    let (base, _asked) = upstream(answer).await;
    let reply = way_out().await.dispatch(call(&base, &[]), KEY).await.unwrap();
    let mut names: Vec<_> = reply.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(reply.status, 429);
    assert_eq!(
        names,
        [
            "content-length",
            "content-type",
            "retry-after",
            "x-ratelimit-remaining-requests"
        ]
    );
}

#[tokio::test]
async fn an_answer_that_echoes_the_key_is_cut_before_it() {
    let echo = format!("{{\"headers\":\"Bearer {KEY}\"}}");
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{echo}",
        echo.len()
    );
    let (base, _asked) = upstream(answer).await;
    let reply = way_out().await.dispatch(call(&base, &[]), KEY).await.unwrap();
    let (text, error) = body(reply).await;
    assert!(!text.contains("sk-proj"), "{text}");
    assert!(matches!(error, Some(SendError::Cut(_))), "{error:?}");
}

#[tokio::test]
async fn a_broken_off_answer_is_cut_and_not_complete() {
    let (base, _asked) = upstream("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"half".to_owned()).await;
    let reply = way_out().await.dispatch(call(&base, &[]), KEY).await.unwrap();
    let (text, error) = body(reply).await;
    assert_eq!(text, "{\"half");
    assert!(matches!(error, Some(SendError::Cut(_))), "{error:?}");
}

#[tokio::test]
async fn redirects_and_compressed_answers_are_refused() {
    let (elsewhere, never_asked) = upstream(OK.to_owned()).await;
    for head in [
        format!("HTTP/1.1 307 Elsewhere\r\nLocation: {elsewhere}/chat/completions\r\n"),
        format!("HTTP/1.1 302 Elsewhere\r\nLocation: {elsewhere}/\r\n"),
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n".to_owned(),
    ] {
        let (base, _asked) = upstream(format!("{head}Content-Length: 0\r\n\r\n")).await;
        let refused = way_out().await.dispatch(call(&base, &[]), KEY).await;
        assert!(matches!(refused, Err(SendError::Cut(_))), "{head}");
    }
    assert!(!never_asked.is_finished());
    never_asked.abort();
}

#[tokio::test]
async fn addresses_that_no_provider_has_are_refused() {
    let way_out = way_out().await;
    for base in [
        "http://169.254.169.254/latest",
        "https://169.254.169.254/",
        "https://10.0.0.1/v1",
        "https://192.168.1.1/v1",
        "https://[fd00:ec2::254]/v1",
        "https://[::ffff:169.254.169.254]/v1",
        "https://0.0.0.0/v1",
        "https://2852039166/v1",
        "https://0xa9fea9fe/v1",
        "https://[fe80::1]/v1",
        "http://api.openai.com/v1",
        "http://8.8.8.8/v1",
        "https://user:pass@api.openai.com/v1",
        "https://api.openai.com/v1?x=y",
        "https://api.openai.com/v1#x",
        "file:///etc/passwd",
        "unix:/run/x.sock",
        "ftp://127.0.0.1/",
        "http://localhost.evil.example/v1",
        "http://",
        "not an address",
        "",
    ] {
        let refused = way_out.dispatch(call(base, &[]), KEY).await;
        assert!(matches!(refused, Err(SendError::Unreachable(_))), "{base}");
    }
}

#[test]
fn plain_http_goes_to_private_addresses_alone_and_only_where_both_were_permitted() {
    use UpstreamException::{Plaintext, PrivateNetwork};
    let reach_of = |base: &str, exceptions: &[UpstreamException]| {
        let mut endpoint = call(base, &[]).endpoint;
        endpoint.exceptions = exceptions.to_vec();
        (checked_url(base, Reach::of(&endpoint)).is_ok(), Reach::of(&endpoint))
    };
    for (base, exceptions, allowed) in [
        ("https://10.0.0.1/v1", &[][..], false),
        ("https://10.0.0.1/v1", &[Plaintext], false),
        ("https://10.0.0.1/v1", &[PrivateNetwork], true),
        ("http://10.0.0.1/v1", &[PrivateNetwork], false),
        ("http://10.0.0.1/v1", &[Plaintext], false),
        ("http://10.0.0.1/v1", &[PrivateNetwork, Plaintext], true),
        ("http://8.8.8.8/v1", &[PrivateNetwork, Plaintext], false),
        ("http://169.254.169.254/latest", &[PrivateNetwork, Plaintext], false),
        ("https://[fd00:ec2::254]/v1", &[PrivateNetwork], false),
    ] {
        let (checked, reach) = reach_of(base, exceptions);
        assert_eq!(checked, allowed, "{base} {exceptions:?} {reach:?}");
    }
}

#[test]
fn a_path_stays_under_its_base_whatever_it_holds() {
    let base = || Url::parse("https://generativelanguage.googleapis.com/v1beta").unwrap();
    for (path, whole) in [
        ("chat/completions", "/v1beta/chat/completions"),
        (
            "models/gemini-3-pro:streamGenerateContent?alt=sse",
            "/v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse",
        ),
    ] {
        let joined = under(base(), path);
        assert_eq!(
            joined.as_str(),
            format!("https://generativelanguage.googleapis.com{whole}")
        );
    }
    assert_eq!(under(base(), "//evil.example/x").host_str(), base().host_str());
}

#[tokio::test]
async fn a_connection_that_does_not_come_up_is_tried_again_and_one_that_took_bytes_never() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let taken = tokio::spawn(async move {
        let mut taken = 0;
        while let Ok(Ok((mut stream, _))) = tokio::time::timeout(CONNECT_PAUSE * 4, listener.accept()).await {
            taken += 1;
            let mut chunk = [0; 4096];
            assert_ne!(stream.read(&mut chunk).await.unwrap(), 0);
        }
        taken
    });
    let cut = way_out().await.dispatch(call(&base, &[]), KEY).await;
    assert!(matches!(cut, Err(SendError::Unreachable(_))));
    assert_eq!(taken.await.unwrap(), 1, "a call whose bytes were taken went out once");
}

#[test]
fn a_name_that_leads_inside_is_refused_whole() {
    let at = |addresses: &[&str]| {
        addresses
            .iter()
            .map(|address| format!("{address}:443").parse().unwrap())
            .collect::<Vec<_>>()
    };
    use Reach::{Plain, Private, Public};
    for (reach, name, addresses, allowed) in [
        (
            Public,
            "api.openai.com",
            &["104.18.6.192", "[2606:4700::6812:7c0]"][..],
            true,
        ),
        (Public, "rebound.example", &["104.18.6.192", "127.0.0.1"], false),
        (Public, "rebound.example", &["[::ffff:127.0.0.1]"], false),
        (Public, "metadata.google.internal", &["169.254.169.254"], false),
        (Public, "printer.example", &["192.168.1.7"], false),
        (Public, "localhost", &["127.0.0.1", "[::1]"], true),
        (Public, "localhost", &["104.18.6.192"], false),
        (Private, "models.internal", &["10.1.2.3", "[fd12::7]"], true),
        (Private, "rebound.example", &["10.1.2.3", "169.254.169.254"], false),
        (Private, "rebound.example", &["127.0.0.1"], false),
        (Private, "aws.example", &["[fd00:ec2::254]"], false),
        (Plain, "models.internal", &["10.1.2.3"], true),
        (Plain, "public.example", &["104.18.6.192"], false),
    ] {
        assert_eq!(
            checked_addresses(name, at(addresses), reach).is_ok(),
            allowed,
            "{reach:?} {name} {addresses:?}"
        );
    }
}

#[tokio::test]
async fn a_name_is_checked_when_it_is_connected_to() {
    // `localhost.` ends in the root's dot, so it is an ordinary name that leads to loopback.
    let refused = way_out().await.dispatch(call("https://localhost./v1", &[]), KEY).await;
    let Err(SendError::Unreachable(why)) = refused else {
        panic!("it was let out")
    };
    assert!(!why.contains(KEY), "{why}");
}

#[tokio::test]
async fn nobody_listening_is_unreachable_and_says_so_without_the_key() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = way_out()
        .await
        .dispatch(call(&format!("http://{address}/v1"), &[]), KEY)
        .await;
    let Err(SendError::Unreachable(why)) = refused else {
        panic!("somebody answered")
    };
    assert!(why.contains("refused") && !why.contains(KEY), "{why}");
}

#[tokio::test]
async fn the_practice_upstream_takes_the_key_that_is_sealed_for_it_and_no_other() {
    let way_out = way_out().await;
    way_out.practice.accept(Sha256::digest("practice-key").into());
    let hello = || Dispatch {
        body: Bytes::from_static(b"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}"),
        ..call("embedded", &[])
    };
    let refused = way_out.dispatch(hello(), KEY).await.unwrap();
    assert_eq!(refused.status, 401);
    let reply = way_out.dispatch(hello(), "practice-key").await.unwrap();
    assert!(
        reply
            .headers
            .contains(&("x-countersign-practice".to_owned(), "true".to_owned()))
    );
    assert_eq!(reply.status, 200);
    assert!(body(reply).await.0.contains("No model was asked"));
}
