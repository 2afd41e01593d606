//! A call on its way to a configured upstream: what it gets, what the agent gets back, and what neither ever sees.

use contract::{NewCredential, NewUpstream, Operators, UpstreamRef, WireFormat};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::house::{House, streaming, text};

pub(crate) const KEY: &str = "sk-proj-the-providers-own-key";

/// An upstream that answers each connection with these bytes and hangs up; what it was sent comes out of the channel.
pub(crate) async fn upstream(answer: &'static str) -> (String, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let (tell, asked) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = Vec::new();
            while !read.ends_with(b"}") {
                if stream.read_buf(&mut read).await.unwrap() == 0 {
                    break;
                }
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            drop(tell.send(String::from_utf8(read).unwrap()));
        }
    });
    (base, asked)
}

pub(crate) async fn house_with(base_url: &str) -> House {
    let house = House::open().await;
    let new = NewUpstream {
        name: "real".to_owned(),
        format: WireFormat::Openai,
        base_url: base_url.to_owned(),
        silence_s: None,
        exceptions: Vec::new(),
        justification: String::new(),
    };
    house.desk.upstream_add(new).await.unwrap();
    house
        .desk
        .upstream_use(UpstreamRef {
            name: "real".to_owned(),
        })
        .await
        .unwrap();
    house
}

pub(crate) async fn set_key(house: &House) {
    let new = NewCredential {
        upstream: "real".to_owned(),
        secret: KEY.to_owned(),
    };
    house.desk.credential_set(new).await.unwrap();
}

#[tokio::test]
async fn the_upstream_gets_the_exact_bytes_and_the_providers_key_and_nothing_of_the_agents() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\nConnection: close\r\n\
                  X-Request-Id: req_upstream\r\nSet-Cookie: a=b\r\n\r\n{\"ok\":true}";
    let (base, mut asked) = upstream(answer).await;
    let house = house_with(&base).await;
    set_key(&house).await;
    let hostile = [
        ("Cookie", "a=b"),
        ("X-Forwarded-For", "1.2.3.4"),
        ("TE", "trailers"),
        ("Keep-Alive", "5"),
        ("Proxy-Authorization", "Basic x"),
        ("OpenAI-Organization", "org-other"),
        ("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("Idempotency-Key", "nominated"),
        ("Connection", "idempotency-key"),
    ];
    let answered = house.call(&hostile, &text()).await;
    assert_eq!(
        (answered.status, answered.body.as_str()),
        (200, "{\"ok\":true}"),
        "{answered:?}"
    );
    assert_eq!(answered.header("countersign-upstream-request-id"), Some("req_upstream"));
    assert_ne!(answered.header("x-request-id"), Some("req_upstream"));
    assert_eq!(answered.header("set-cookie"), None);
    assert!(!format!("{answered:?}").contains(KEY));

    let asked = asked.recv().await.unwrap();
    let (head, body) = asked.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, text().to_string());
    let head = head.to_lowercase();
    assert!(head.starts_with("post /v1/chat/completions http/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("authorization: bearer {KEY}")), "{head}");
    assert!(
        head.contains("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        "{head}"
    );
    for absent in [
        "csk_",
        "cookie",
        "x-forwarded",
        "\nte:",
        "keep-alive",
        "proxy",
        "organization",
        "idempotency",
    ] {
        assert!(!head.contains(absent), "{absent} in {head}");
    }
}

#[tokio::test]
async fn an_upstream_that_echoes_the_key_gives_the_agent_a_broken_answer_and_no_key() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n\
                  data: {\"a\":1}\n\ndata: {\"echo\":\"sk-proj-the-providers-own-key\"}\n\ndata: [DONE]\n\n";
    let (base, _asked) = upstream(answer).await;
    let house = house_with(&base).await;
    set_key(&house).await;
    let answered = house.call(&[], &streaming(text())).await;
    assert!(answered.broken && !answered.body.contains("sk-proj"), "{answered:?}");
}

#[tokio::test]
async fn without_a_key_or_without_an_upstream_the_call_fails_in_words() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let house = house_with(&format!("http://{address}/v1")).await;
    let answered = house.call(&[], &text()).await;
    assert_eq!(
        (answered.status, answered.code().as_str()),
        (503, "no_credential"),
        "{answered:?}"
    );
    assert_eq!(answered.header("x-should-retry"), Some("false"));
    set_key(&house).await;
    let answered = house.call(&[], &text()).await;
    assert_eq!(
        (answered.status, answered.code().as_str()),
        (502, "upstream_unreachable"),
        "{answered:?}"
    );
    assert_eq!(answered.header("x-should-retry"), None);
    assert!(!format!("{answered:?}").contains(KEY));
}

#[tokio::test]
async fn an_upstreams_own_error_reaches_the_agent_as_it_is() {
    let answer = "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: 7\r\n\
                  Content-Length: 37\r\nConnection: close\r\n\r\n{\"error\":{\"message\":\"slow down, bot\"}}";
    let (base, _asked) = upstream(answer).await;
    let house = house_with(&base).await;
    set_key(&house).await;
    let answered = house.call(&[], &text()).await;
    assert_eq!(
        (answered.status, answered.header("retry-after")),
        (429, Some("7")),
        "{answered:?}"
    );
    assert!(answered.body.contains("slow down"), "{answered:?}");
}
