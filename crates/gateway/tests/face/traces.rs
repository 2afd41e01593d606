//! Calls' traces: what a collector is told of each, and what never.

use contract::{AgentRef, ItemState, Operators, RecordRef, ReviewerDecision};
use opentelemetry_proto::tonic::trace::v1::{Span, status::StatusCode};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;

use crate::actions::{self, PERMIT_ALL, id_of, look_up, lookup};
use crate::collector::{Collector, Trace, said, traced_to};
use crate::house::{Answered, House, streaming, text, with_tool};
use crate::routes::{add, by_hand};
use crate::upstreams::{KEY, house_with, set_key, upstream};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

const WHOLE: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n\
    {\"model\":\"gpt-x\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"content\":\"Answered words\"}}],\
    \"usage\":{\"prompt_tokens\":7,\"completion_tokens\":11,\"total_tokens\":18}}";

const STREAM: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n\
    data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Answered words\"},\"finish_reason\":\"stop\"}]}\n\n\
    data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":11,\"total_tokens\":18}}\n\n\
    data: [DONE]\n\n";

/// A house with an upstream that answers so, whose calls are traced, and what that upstream is sent.
async fn traced(answer: &'static str, collector: &Collector) -> (House, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let (base, asked) = upstream(answer).await;
    let mut house = house_with(&base).await;
    set_key(&house).await;
    traced_to(&mut house, &collector.base, None).await;
    (house, asked)
}

fn is_error(span: &Span) -> bool {
    span.status
        .as_ref()
        .is_some_and(|status| status.code() == StatusCode::Error)
}

fn header(asked: &str, name: &str) -> Option<String> {
    let lines = asked.lines().filter_map(|line| line.split_once(": "));
    let mut found = lines.filter(|(found, _)| found.eq_ignore_ascii_case(name));
    found.next().map(|(_, value)| value.to_owned())
}

/// The root's record is in the log, and part of the story of its request.
async fn links_to_the_record(house: &House, root: &Trace, answered: &Answered) {
    let sequence = root.said("countersign.record.sequence").unwrap().parse().unwrap();
    let record = house.desk.log_record(RecordRef { sequence }).await.unwrap();
    let request = root.said("countersign.request_id");
    assert_eq!(record.row.correlation_uid, request);
    assert_eq!(answered.header("x-request-id"), request.as_deref());
}

#[tokio::test]
async fn an_allowed_call_is_a_trace_of_its_agents_and_the_upstream_is_told_its_own_span() {
    for (answer, call) in [(WHOLE, text()), (STREAM, streaming(text()))] {
        let mut collector = Collector::open().await;
        let (mut house, mut asked) = traced(answer, &collector).await;
        let parent = format!("00-{TRACE}-{SPAN}-01");
        let headers = [("Traceparent", parent.as_str()), ("Tracestate", "vendor=opaque")];
        let answered = house.call(&headers, &call).await;
        assert_eq!((answered.status, answered.broken), (200, false), "{answered:?}");

        let export = collector.next().await;
        assert_eq!(export.path, "/v1/traces");
        assert_eq!(export.headers["content-type"], "application/x-protobuf");
        let exports = [export];
        let [trace] = &Trace::all(&exports)[..] else {
            panic!("one call is one trace")
        };
        assert_eq!(trace.root.name, "countersign chat.completions");
        assert_eq!(
            (
                hex::encode(&trace.root.trace_id),
                hex::encode(&trace.root.parent_span_id)
            ),
            (TRACE.to_owned(), SPAN.to_owned())
        );
        assert_eq!(trace.names(), ["decide", "record", "chat gpt-x", "outcome"]);
        for (key, expected) in [
            ("countersign.decision", "allow"),
            ("countersign.outcome", "answered"),
            ("countersign.upstream", "real"),
            ("gen_ai.request.model", "gpt-x"),
            ("gen_ai.agent.name", "support-bot"),
        ] {
            assert_eq!(trace.said(key).as_deref(), Some(expected), "{key}");
        }
        links_to_the_record(&house, trace, &answered).await;

        let client = trace.client().unwrap();
        for (key, expected) in [
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.provider.name", "openai"),
            ("gen_ai.usage.input_tokens", "7"),
            ("gen_ai.usage.output_tokens", "11"),
            ("http.response.status_code", "200"),
        ] {
            assert_eq!(said(client, key).as_deref(), Some(expected), "{key}");
        }
        let first_byte = client.events[0].time_unix_nano;
        assert!(client.start_time_unix_nano <= first_byte && first_byte <= client.end_time_unix_nano);
        assert!(!is_error(client) && !is_error(&trace.root));

        let asked = asked.recv().await.unwrap();
        let told = format!("00-{}-01", Trace::place(client));
        assert_eq!(header(&asked, "traceparent"), Some(told));
        assert_eq!(header(&asked, "tracestate").as_deref(), Some("vendor=opaque"));

        for secret in ["Hello", "Answered words", KEY, &house.runtime_key, "vendor=opaque"] {
            let found = exports[0]
                .bytes
                .windows(secret.len())
                .any(|bytes| bytes == secret.as_bytes());
            assert!(!found, "`{secret}` was told to the collector");
        }
        assert!(collector.got_from(&mut house).await.is_empty(), "it is told once");
    }
}

#[tokio::test]
async fn the_wait_for_a_reviewer_is_a_span_of_its_own() {
    let mut collector = Collector::open().await;
    let (mut house, _asked) = traced(WHOLE, &collector).await;
    let (whole, streamed) = (with_tool(), streaming(with_tool()));
    let (answered, item) = tokio::join!(house.call(&[], &whole), async {
        let item = house.item_when(|item| item.state == ItemState::Waiting).await;
        house
            .decide(&item.uid, ReviewerDecision::Approve, "Checked words")
            .await;
        item
    });
    assert_eq!(answered.status, 200, "{answered:?}");
    let (denied, _) = tokio::join!(house.call(&[], &streamed), async {
        let item = house.item_when(|item| item.state == ItemState::Waiting).await;
        house
            .decide(&item.uid, ReviewerDecision::Deny, "Not this account")
            .await
    });
    assert!(denied.body.contains("approval_denied"), "{denied:?}");
    let impatient = house.call(&[("x-stainless-read-timeout", "1")], &with_tool()).await;
    assert_eq!(impatient.code(), "approval_required");

    let exports = collector.got_from(&mut house).await;
    let traces = Trace::all(&exports);
    let [approved, denied, required] = &traces[..] else {
        panic!("{traces:?}")
    };
    assert_eq!(
        approved.names(),
        ["decide", "record", "hold", "record", "chat gpt-x", "outcome"]
    );
    assert_eq!(approved.said("countersign.approval_id"), Some(item.uid));
    assert_eq!(approved.said("countersign.outcome").as_deref(), Some("answered"));
    for (trace, outcome) in [(denied, "approval_denied"), (required, "approval_required")] {
        assert_eq!(trace.names(), ["decide", "record", "hold"]);
        assert_eq!(trace.said("countersign.outcome").as_deref(), Some(outcome));
        // Nobody failed.
        assert!(!is_error(&trace.root) && trace.said("error.type").is_none());
    }
    for trace in &traces {
        assert_eq!(trace.said("countersign.decision").as_deref(), Some("hold"));
        assert!(trace.root.parent_span_id.is_empty());
    }
    for secret in ["Checked words", "Not this account", "Pay the invoice", "amount"] {
        let tells = |bytes: &[u8]| bytes.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
        assert!(!exports.iter().any(|export| tells(&export.bytes)), "{secret}");
    }
}

#[tokio::test]
async fn a_denial_is_no_error_and_what_the_upstream_or_the_gateway_fails_at_is() {
    let mut collector = Collector::open().await;
    let answer =
        "HTTP/1.1 500 Oh\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
    let (mut house, _asked) = traced(answer, &collector).await;
    let mut searching = text();
    searching["tools"] = json!([{"type": "web_search"}]);
    assert_eq!(house.call(&[], &searching).await.code(), "policy_denied");
    let unreadable = json!({"model": "gpt-x", "Messages": "secret words"});
    assert_eq!(house.call(&[], &unreadable).await.code(), "invalid_request");
    assert_eq!(house.call(&[], &text()).await.status, 500);
    let exports = collector.got_from(&mut house).await;
    let traces = Trace::all(&exports);
    let [denied, unreadable, failed] = &traces[..] else {
        panic!("{traces:?}")
    };
    for (trace, outcome) in [(denied, "policy_denied"), (unreadable, "invalid_request")] {
        assert_eq!(trace.said("countersign.decision").as_deref(), Some("deny"));
        assert_eq!(trace.said("countersign.outcome").as_deref(), Some(outcome));
        assert!(trace.said("countersign.record.sequence").is_some());
        assert!(!is_error(&trace.root) && trace.client().is_none(), "{trace:?}");
    }
    assert_eq!(failed.said("countersign.decision").as_deref(), Some("allow"));
    for span in [&failed.root, failed.client().unwrap()] {
        assert!(is_error(span), "{span:?}");
        assert_eq!(said(span, "error.type").as_deref(), Some("500"));
    }
}

#[tokio::test]
async fn what_its_agent_does_not_sample_is_not_traced_and_goes_along_as_it_came() {
    let mut collector = Collector::open().await;
    let (mut house, mut asked) = traced(WHOLE, &collector).await;
    let unsampled = format!("00-{TRACE}-{SPAN}-00");
    let answered = house.call(&[("traceparent", &unsampled)], &text()).await;
    assert_eq!(answered.status, 200);
    assert_eq!(header(&asked.recv().await.unwrap(), "traceparent"), Some(unsampled));
    assert!(collector.got_from(&mut house).await.is_empty());
}

#[tokio::test]
async fn an_invalid_traceparent_is_as_none_and_takes_its_tracestate_with_it() {
    let mut collector = Collector::open().await;
    let (mut house, mut asked) = traced(WHOLE, &collector).await;
    let table = [
        "00-1-2-01".to_owned(),
        format!("00-{}-{SPAN}-01", "0".repeat(32)),
        format!("00-{TRACE}-{}-01", "0".repeat(16)),
        format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
        format!("00-{TRACE}-{SPAN}-01-more"),
        format!("ff-{TRACE}-{SPAN}-01"),
        format!("00-{TRACE}-{SPAN}-1"),
        format!("{TRACE}-{SPAN}"),
    ];
    for invalid in &table {
        let headers = [("traceparent", invalid.as_str()), ("tracestate", "vendor=opaque")];
        assert_eq!(house.call(&headers, &text()).await.status, 200, "{invalid}");
    }
    let later = format!("01-{TRACE}-{SPAN}-01-more");
    assert_eq!(house.call(&[("traceparent", &later)], &text()).await.status, 200);

    let exports = collector.got_from(&mut house).await;
    let mut traces = Trace::all(&exports);
    let of_later = traces.pop().unwrap();
    assert_eq!(hex::encode(&of_later.root.parent_span_id), SPAN);
    assert_eq!(traces.len(), table.len());
    for (trace, invalid) in traces.iter().zip(&table) {
        assert!(trace.root.parent_span_id.is_empty(), "{invalid}");
        assert_ne!(hex::encode(&trace.root.trace_id), TRACE, "{invalid}");
        let asked = asked.recv().await.unwrap();
        let told = format!("00-{}-01", Trace::place(trace.client().unwrap()));
        assert_eq!(header(&asked, "traceparent"), Some(told), "{invalid}");
        assert_eq!(header(&asked, "tracestate"), None, "{invalid}");
    }
}

#[tokio::test]
async fn what_an_agent_proposes_and_reports_is_traced_and_asking_for_its_state_is_not() {
    let mut collector = Collector::open().await;
    let mut house = House::open().await;
    traced_to(
        &mut house,
        &collector.base,
        Some("Authorization: Bearer collectors-own"),
    )
    .await;
    actions::register(&house, &lookup()).await;
    actions::publish(&house, PERMIT_ALL).await;
    let id = id_of(&actions::propose(&house, &look_up()).await);
    assert_eq!(actions::state(&house, &id).await.status, 200);
    let reported = actions::report(&house, &id, &actions::done()).await;
    assert_eq!(reported.status, 200, "{reported:?}");

    let exports = collector.got_from(&mut house).await;
    assert_eq!(exports[0].headers["authorization"], "Bearer collectors-own");
    let traces = Trace::all(&exports);
    let [proposed, reported] = &traces[..] else {
        panic!("{traces:?}")
    };
    assert_eq!(proposed.root.name, "countersign actions.propose");
    assert_eq!(proposed.said("countersign.decision").as_deref(), Some("allow"));
    assert_eq!(proposed.names(), ["read", "decide", "record"]);
    assert_eq!(reported.root.name, "countersign actions.report");
    for trace in &traces {
        assert_eq!(trace.said("countersign.request_id"), Some(id.clone()));
        assert_eq!(trace.said("countersign.action.kind").as_deref(), Some("crm.lookup"));
        assert!(!is_error(&trace.root));
    }
}

#[tokio::test]
async fn an_action_that_is_held_is_traced_when_it_is_proposed_and_when_it_is_released() {
    let mut collector = Collector::open().await;
    let mut house = House::open().await;
    traced_to(&mut house, &collector.base, None).await;
    actions::register(&house, &actions::payment()).await;
    let id = id_of(&actions::propose(&house, &actions::pay("48200.00")).await);
    let item = house.item_when(|item| item.state == ItemState::Waiting).await;
    assert_eq!(actions::state_of(&actions::state(&house, &id).await), "held");
    house.decide(&item.uid, ReviewerDecision::Approve, "").await;
    for _ in 0..2 {
        assert_eq!(actions::state_of(&actions::state(&house, &id).await), "released");
    }

    let exports = collector.got_from(&mut house).await;
    let traces = Trace::all(&exports);
    let [proposed, released] = &traces[..] else {
        panic!("{traces:?}")
    };
    assert_eq!(proposed.said("countersign.decision").as_deref(), Some("hold"));
    assert_eq!(proposed.names(), ["read", "decide", "record"]);
    assert_eq!(released.names(), ["hold", "record"]);
    for trace in &traces {
        assert_eq!(trace.said("countersign.request_id"), Some(id.clone()));
        assert!(!is_error(&trace.root));
    }
    for secret in ["48200.00", "Acme GmbH", "Invoice 4711", "files.example"] {
        let tells = |bytes: &[u8]| bytes.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
        assert!(!exports.iter().any(|export| tells(&export.bytes)), "{secret}");
    }
}

#[tokio::test]
async fn a_halted_agents_call_ends_as_halted_and_is_no_error() {
    let mut collector = Collector::open().await;
    let (base, mut asked) = by_hand().await;
    let mut house = House::open().await;
    add(&house, "second", &base).await;
    traced_to(&mut house, &collector.base, None).await;
    let mut call = streaming(text());
    call["model"] = json!("second/m");
    let mut sent = house.begin(&[], &call).await;
    let (_, mut upstream) = asked.recv().await.unwrap();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    let begins = format!("{head}data: {{\"choices\":[]}}\n\n");
    upstream.write_all(begins.as_bytes()).await.unwrap();
    sent.until("data: {\"choices\"").await;
    let agent = "support-bot".to_owned();
    house.desk.agent_disable(AgentRef { agent }).await.unwrap();
    assert!(sent.end().await.broken);

    let exports = collector.got_from(&mut house).await;
    let traces = Trace::all(&exports);
    let [halted] = &traces[..] else { panic!("{traces:?}") };
    assert_eq!(halted.said("countersign.outcome").as_deref(), Some("halted"));
    assert!(!is_error(&halted.root) && !is_error(halted.client().unwrap()));
}
