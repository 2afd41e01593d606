//! Where calls go, by the model that they name; and what stops them on the way.

use contract::{
    AgentRef, Alias, Code, Empty, ItemState, LogQuery, NewCredential, NewUpstream, Operators, ReviewerDecision,
    UpstreamException, UpstreamRef, WireFormat,
};
use futures_util::StreamExt as _;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use crate::house::{House, streaming, text, with_tool};

/// An upstream whose answers the test gives one by one: what each was sent, and the connection it waits on.
pub(crate) async fn by_hand() -> (String, mpsc::UnboundedReceiver<(String, TcpStream)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let (tell, asked) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut read = Vec::new();
            while !read.ends_with(b"}") && stream.read_buf(&mut read).await.unwrap() > 0 {}
            if tell.send((String::from_utf8(read).unwrap(), stream)).is_err() {
                return;
            }
        }
    });
    (base, asked)
}

fn upstream(name: &str, base: &str) -> NewUpstream {
    NewUpstream {
        name: name.to_owned(),
        format: WireFormat::Openai,
        base_url: base.to_owned(),
        silence_s: Some(60),
        exceptions: Vec::new(),
        justification: String::new(),
    }
}

pub(crate) async fn add(house: &House, name: &str, base: &str) {
    house.desk.upstream_add(upstream(name, base)).await.unwrap();
    let key = NewCredential {
        upstream: name.to_owned(),
        secret: format!("sk-of-{name}"),
    };
    house.desk.credential_set(key).await.unwrap();
}

pub(crate) const OK: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
const STREAM: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

/// What the newest outcome's record says.
async fn outcome(house: &House) -> String {
    let filter = "kind:call_finished".to_owned();
    let query = LogQuery {
        filter,
        limit: 1,
        ..LogQuery::default()
    };
    let page = house.desk.log(query).await.unwrap();
    page.rows.first().map(|row| row.did.clone()).unwrap_or_default()
}

/// Waits until the newest outcome's record says this.
async fn outcome_is(house: &House, said: &str) {
    let mut events = house.desk.events(None).await.unwrap();
    while !outcome(house).await.contains(said) {
        // Any event may be the one; without one, whoever runs the tests stops them in the end.
        drop(tokio::time::timeout(std::time::Duration::from_millis(100), events.next()).await);
    }
}

#[tokio::test]
async fn a_call_goes_where_its_model_says_and_names_there_the_model_alone() {
    let house = House::open().await;
    let (base, mut asked) = by_hand().await;
    add(&house, "second", &base).await;
    let alias = Alias {
        name: "fast".to_owned(),
        upstream: "second".to_owned(),
        model: "org/gpt-mini".to_owned(),
    };
    house.desk.alias_set(alias).await.unwrap();
    for (named, sent) in [
        ("second/gpt-5.2", "gpt-5.2"),
        ("second/a/b", "a/b"),
        ("fast", "org/gpt-mini"),
    ] {
        let body = format!(
            "{{\"messages\": [{{\"role\":\"user\",\"content\":\"Hello\"}}],  \"model\" : \"{named}\", \"n\":1.0}}"
        );
        let expected = body.replace(&format!("\"{named}\""), &format!("\"{sent}\""));
        let head = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            house.address(),
            house.runtime_key,
            body.len()
        );
        let mut call = crate::house::Sent::to(house.address(), &head).await;
        let (request, mut stream) = asked.recv().await.unwrap();
        assert!(request.ends_with(&expected), "{named}: {request}");
        assert!(
            request.contains("Bearer sk-of-second") || request.contains("bearer sk-of-second"),
            "{request}"
        );
        stream.write_all(OK.as_bytes()).await.unwrap();
        call.until("{}").await;
    }
    // What names no upstream of this format is a model's own name, `/` and all, for the route's upstream.
    for named in ["gpt-5.2", "practice-anthropic/claude", "nowhere/gpt", "second/"] {
        let answered = house
            .call(
                &[],
                &json!({"model": named, "messages": [{"role": "user", "content": "Hello"}]}),
            )
            .await;
        assert_eq!(answered.json()["model"], format!("practice/{named}"), "{named}");
    }
}

#[tokio::test]
async fn a_held_call_is_released_where_it_was_reviewed_to_go_or_not_at_all() {
    let house = House::open().await;
    let (base, mut asked) = by_hand().await;
    add(&house, "second", &base).await;
    let alias = |model: &str| Alias {
        name: "fast".to_owned(),
        upstream: "second".to_owned(),
        model: model.to_owned(),
    };
    house.desk.alias_set(alias("m-1")).await.unwrap();
    let mut call = with_tool();
    call["model"] = json!("fast");
    let (answered, ()) = tokio::join!(house.call(&[], &call), async {
        let item = house.item_when(|item| item.state == ItemState::Waiting).await;
        house.desk.alias_set(alias("m-2")).await.unwrap();
        house.decide(&item.uid, ReviewerDecision::Approve, "Seen.").await;
    });
    assert_eq!(
        (answered.status, answered.code().as_str()),
        (403, "approval_expired"),
        "{answered:?}"
    );
    assert!(asked.try_recv().is_err(), "it went upstream");

    let (answered, ()) = tokio::join!(house.call(&[], &call), async {
        let item = house.item_when(|item| item.state == ItemState::Waiting).await;
        house.decide(&item.uid, ReviewerDecision::Approve, "Seen.").await;
        let (request, mut stream) = asked.recv().await.unwrap();
        assert!(request.contains("\"m-2\""), "{request}");
        stream.write_all(OK.as_bytes()).await.unwrap();
    });
    assert_eq!(answered.status, 200, "{answered:?}");
}

#[tokio::test]
async fn a_halted_agents_stream_is_cut_and_its_calls_are_refused_until_it_may_go_on() {
    let house = House::open().await;
    let (base, mut asked) = by_hand().await;
    add(&house, "second", &base).await;
    let mut call = streaming(text());
    call["model"] = json!("second/m");
    let mut sent = house.begin(&[], &call).await;
    let (_, mut stream) = asked.recv().await.unwrap();
    stream
        .write_all(format!("{STREAM}data: {{\"choices\":[]}}\n\n").as_bytes())
        .await
        .unwrap();
    sent.until("data: {\"choices\"").await;
    // It is silent now, as a model that reasons: the halt doesn't wait for its next chunk.
    let agent = || AgentRef {
        agent: "support-bot".to_owned(),
    };
    house.desk.agent_disable(agent()).await.unwrap();
    let answered = sent.end().await;
    assert!(answered.broken && answered.body.contains("halted"), "{answered:?}");
    assert!(outcome(&house).await.contains("halted"), "{}", outcome(&house).await);
    assert_eq!(house.call(&[], &text()).await.status, 401);

    house.desk.agent_enable(agent()).await.unwrap();
    assert_eq!(house.call(&[], &text()).await.status, 200);
}

#[tokio::test]
async fn what_is_held_for_a_halted_agent_is_not_released() {
    let house = House::open().await;
    let call = with_tool();
    let (answered, ()) = tokio::join!(house.call(&[], &call), async {
        let item = house.item_when(|item| item.state == ItemState::Waiting).await;
        let agent = AgentRef {
            agent: "support-bot".to_owned(),
        };
        house.desk.agent_disable(agent).await.unwrap();
        house.decide(&item.uid, ReviewerDecision::Approve, "Seen.").await;
    });
    assert_eq!(
        (answered.status, answered.code().as_str()),
        (403, "approval_expired"),
        "{answered:?}"
    );
}

#[tokio::test]
async fn a_client_that_leaves_before_the_answer_began_ends_the_call_upstream_and_that_is_recorded() {
    let house = House::open().await;
    let (base, mut asked) = by_hand().await;
    add(&house, "second", &base).await;
    let mut call = text();
    call["model"] = json!("second/m");
    let sent = house.begin(&[], &call).await;
    let (_, mut stream) = asked.recv().await.unwrap();
    drop(sent);
    assert_eq!(
        stream.read(&mut [0; 1]).await.unwrap_or(0),
        0,
        "the upstream's connection goes on"
    );
    outcome_is(&house, "went away").await;
}

#[tokio::test]
async fn a_stream_without_its_last_event_is_a_broken_one_however_tidily_it_ended() {
    let house = House::open().await;
    let (base, mut asked) = by_hand().await;
    add(&house, "second", &base).await;
    let mut call = streaming(text());
    call["model"] = json!("second/m");
    let sent = house.begin(&[], &call).await;
    let (_, mut stream) = asked.recv().await.unwrap();
    let said = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"half\"}}]}\n\n";
    stream.write_all(format!("{STREAM}{said}").as_bytes()).await.unwrap();
    drop(stream);
    let answered = sent.end().await;
    assert!(answered.broken, "{answered:?}");
    let error = answered.events().pop().unwrap();
    assert_eq!(error["error"]["code"], "upstream_answer", "{answered:?}");
    outcome_is(&house, "broke off").await;
}

#[tokio::test]
async fn a_success_that_is_no_json_is_an_error_and_never_an_empty_success() {
    let house = House::open().await;
    let (base, mut asked) = by_hand().await;
    add(&house, "second", &base).await;
    let mut call = text();
    call["model"] = json!("second/m");
    for answer in [
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\nConnection: close\r\n\r\n<htm>",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\nConnection: close\r\n\r\n{\"cut\":",
    ] {
        let sent = house.begin(&[], &call).await;
        let (_, mut stream) = asked.recv().await.unwrap();
        stream.write_all(answer.as_bytes()).await.unwrap();
        drop(stream);
        let answered = sent.end().await;
        assert_eq!(
            (answered.status, answered.code().as_str()),
            (502, "upstream_answer"),
            "{answered:?}"
        );
    }
}

#[tokio::test]
async fn an_upstream_that_can_not_be_reached_again_and_again_is_left_alone_for_a_while() {
    let house = House::open().await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    add(&house, "second", &format!("http://{nobody}/v1")).await;
    let mut call = text();
    call["model"] = json!("second/m");
    for _ in 0..5 {
        let answered = house.call(&[], &call).await;
        assert_eq!(
            (answered.status, answered.code().as_str()),
            (502, "upstream_unreachable")
        );
    }
    let answered = house.call(&[], &call).await;
    assert_eq!(
        (answered.status, answered.code().as_str()),
        (503, "upstream_resting"),
        "{answered:?}"
    );
    assert_eq!(answered.header("x-should-retry"), None);
    outcome_is(&house, "never sent").await;
    // The others go on.
    assert_eq!(house.call(&[], &text()).await.status, 200);
}

#[tokio::test]
async fn exceptions_need_a_reason_and_upstreams_that_are_needed_stay() {
    let house = House::open().await;
    let refused = |new: NewUpstream| async { house.desk.upstream_add(new).await.unwrap_err().code };
    let private = |why: &str, exceptions: &[UpstreamException]| NewUpstream {
        exceptions: exceptions.to_vec(),
        justification: why.to_owned(),
        ..upstream("rack", "http://10.1.2.3:8000/v1")
    };
    use UpstreamException::{LongSilence, Plaintext, PrivateNetwork};
    assert_eq!(refused(private("", &[PrivateNetwork, Plaintext])).await, Code::Invalid);
    assert_eq!(
        refused(private("short", &[PrivateNetwork, Plaintext])).await,
        Code::Invalid
    );
    assert_eq!(
        refused(private("It stands in our own rack.", &[Plaintext])).await,
        Code::Invalid
    );
    assert_eq!(
        refused(private("It stands in our own rack.", &[PrivateNetwork])).await,
        Code::Invalid
    );
    let slow = |silence_s, exceptions: &[UpstreamException]| NewUpstream {
        silence_s: Some(silence_s),
        ..private("It reasons for long.", exceptions)
    };
    assert_eq!(refused(slow(601, &[PrivateNetwork, Plaintext])).await, Code::Invalid);
    assert_eq!(refused(slow(0, &[PrivateNetwork, Plaintext])).await, Code::Invalid);
    assert_eq!(
        refused(slow(3601, &[PrivateNetwork, Plaintext, LongSilence])).await,
        Code::Invalid
    );
    let added = house
        .desk
        .upstream_add(slow(3600, &[LongSilence, Plaintext, PrivateNetwork]))
        .await
        .unwrap();
    assert_eq!(added.exceptions, [PrivateNetwork, Plaintext, LongSilence]);
    let listed = house.desk.upstreams(Empty {}).await.unwrap().upstreams;
    let justified = listed.iter().find_map(|upstream| upstream.justified.clone()).unwrap();
    assert_eq!(
        (justified.by.as_str(), justified.why.as_deref()),
        ("Robin Example", Some("It reasons for long."))
    );

    let named = |name: &str| UpstreamRef { name: name.to_owned() };
    assert_eq!(
        house.desk.upstream_remove(named("practice")).await.unwrap_err().code,
        Code::Refused
    );
    let alias = Alias {
        name: "ours".to_owned(),
        upstream: "rack".to_owned(),
        model: "m".to_owned(),
    };
    house.desk.alias_set(alias.clone()).await.unwrap();
    assert_eq!(
        house.desk.upstream_remove(named("rack")).await.unwrap_err().code,
        Code::Refused
    );
    house
        .desk
        .alias_remove(contract::AliasRef { name: alias.name })
        .await
        .unwrap();
    house.desk.upstream_remove(named("rack")).await.unwrap();
    let left = house.desk.upstreams(Empty {}).await.unwrap().upstreams;
    assert!(left.iter().all(|upstream| upstream.name != "rack"), "{left:?}");
    assert_eq!(
        house.desk.upstream_remove(named("rack")).await.unwrap_err().code,
        Code::NotFound
    );
}

#[tokio::test]
async fn a_halt_reaches_a_stream_that_nobody_reads_also_when_the_agent_may_go_on_at_once() {
    let house = House::open().await;
    let (base, mut asked) = by_hand().await;
    add(&house, "second", &base).await;
    let mut call = streaming(text());
    call["model"] = json!("second/m");
    let sent = house.begin(&[], &call).await;
    let (_, mut stream) = asked.recv().await.unwrap();
    stream.write_all(STREAM.as_bytes()).await.unwrap();
    // Until every buffer between the upstream and the agent is full: then the gateway reads on no more.
    let said = format!("data: {{\"choices\":[],\"x\":\"{}\"}}\n\n", "y".repeat(64 * 1024));
    let second = std::time::Duration::from_secs(1);
    while tokio::time::timeout(second, stream.write_all(said.as_bytes()))
        .await
        .is_ok()
    {}
    let agent = || AgentRef {
        agent: "support-bot".to_owned(),
    };
    house.desk.agent_disable(agent()).await.unwrap();
    house.desk.agent_enable(agent()).await.unwrap();
    outcome_is(&house, "halted").await;
    let answered = sent.end().await;
    assert!(answered.broken && answered.body.contains("halted"), "it looks whole");
    assert_eq!(house.call(&[], &text()).await.status, 200);
}
