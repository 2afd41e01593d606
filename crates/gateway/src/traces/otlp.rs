//! Calls as the spans that OpenTelemetry's protocol has for them (OTLP 1.x), named by its conventions for HTTP and for
//! generative AI where these fit.
//!
//! ```text
//! countersign chat.completions          SERVER    the call, in its agent's trace
//! ├─ decide, record, hold, record       INTERNAL  its steps
//! ├─ chat gpt-x                         CLIENT    upstream, which was told this span's id
//! └─ outcome                            INTERNAL  the outcome's record
//! ```
//! As with HTTP's status codes, the call's span is an error where the gateway or the upstream failed, never where a policy,
//! a person or the agent itself ended it: a denial is the gateway doing its work.

use std::time::{Duration, SystemTime};

use engine::{Ended, Format, TracedCall, TracedSending, TracedStep};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{
    ResourceSpans, ScopeSpans, Span, Status,
    span::{Event, SpanKind},
    status::StatusCode,
};
use prost::Message as _;

use crate::agents::told;

const NAME: &str = "countersign";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The trace was begun elsewhere or here, and is recorded.
const SAMPLED: u32 = 1;

/// A request that brings these calls.
pub(super) fn request(calls: &[TracedCall]) -> Vec<u8> {
    let scope = InstrumentationScope {
        name: NAME.to_owned(),
        version: VERSION.to_owned(),
        ..InstrumentationScope::default()
    };
    let of_here = ResourceSpans {
        resource: Some(Resource {
            attributes: vec![text("service.name", NAME), text("service.version", VERSION)],
            ..Resource::default()
        }),
        scope_spans: vec![ScopeSpans {
            scope: Some(scope),
            spans: calls.iter().flat_map(spans).collect(),
            schema_url: String::new(),
        }],
        schema_url: String::new(),
    };
    ExportTraceServiceRequest {
        resource_spans: vec![of_here],
    }
    .encode_to_vec()
}

/// Whether an answer says that all was taken.
pub(super) fn takes_all(answer: &[u8]) -> bool {
    ExportTraceServiceResponse::decode(answer)
        .is_ok_and(|answer| answer.partial_success.is_none_or(|partial| partial.rejected_spans == 0))
}

fn spans(call: &TracedCall) -> Vec<Span> {
    let steps = call.steps.iter().zip(1..).map(|(step, nth)| step_span(call, step, nth));
    let sent = call.sent.iter().map(|sent| client_span(call, sent));
    std::iter::once(server_span(call)).chain(steps).chain(sent).collect()
}

fn server_span(call: &TracedCall) -> Span {
    let mut attributes = vec![
        text("countersign.request_id", &call.request_uid),
        text("countersign.operation", &call.operation),
        text("gen_ai.agent.id", &call.agent_uid),
        text("gen_ai.agent.name", &call.agent_name),
    ];
    let (outcome, failed) = ending(call);
    let given = [
        ("gen_ai.request.model", Some(call.model.as_str())),
        ("countersign.upstream", Some(call.upstream.as_str())),
        ("countersign.action.kind", call.kind.as_deref()),
        ("countersign.decision", call.decision),
        ("countersign.approval_id", call.approval_uid.as_deref()),
        ("countersign.outcome", outcome),
        ("error.type", failed),
    ];
    attributes.extend(texts(&given));
    attributes.extend(
        call.sequence
            .map(|sequence| number("countersign.record.sequence", sequence)),
    );
    Span {
        parent_span_id: call.parent.map(Vec::from).unwrap_or_default(),
        name: format!("{NAME} {}", call.operation),
        kind: SpanKind::Server.into(),
        attributes,
        status: status(failed),
        ..timed(call, &call.span_id, Duration::ZERO, call.took)
    }
}

/// How it ended, and what failed.
fn ending(call: &TracedCall) -> (Option<&str>, Option<&str>) {
    match &call.ended {
        Some(Ended::Finished { outcome, failed }) => (Some(outcome), failed.as_deref()),
        Some(Ended::Refused(kind)) => {
            let (status, code) = told(*kind);
            (Some(code), status.is_server_error().then_some(code))
        }
        Some(Ended::Noted) | None => (None, None),
    }
}

fn step_span(call: &TracedCall, step: &TracedStep, nth: u64) -> Span {
    // Unlike every other of this trace's here, and as random as the call's own.
    let span_id = u64::from_be_bytes(call.span_id).wrapping_add(nth).max(1).to_be_bytes();
    Span {
        parent_span_id: call.span_id.to_vec(),
        name: step.name.to_owned(),
        kind: SpanKind::Internal.into(),
        ..timed(call, &span_id, step.from, step.to)
    }
}

fn client_span(call: &TracedCall, sent: &TracedSending) -> Span {
    let (operation, provider) = conventional(&call.operation);
    let given = [
        ("gen_ai.operation.name", Some(operation)),
        ("gen_ai.provider.name", provider),
        ("gen_ai.request.model", Some(call.model.as_str())),
        ("countersign.upstream", Some(call.upstream.as_str())),
        ("error.type", sent.failed.as_deref()),
    ];
    let numbers = [
        ("http.response.status_code", sent.status.map(u64::from)),
        ("gen_ai.usage.input_tokens", sent.input_tokens),
        ("gen_ai.usage.output_tokens", sent.output_tokens),
    ];
    let numbers = numbers.iter().filter_map(|(key, value)| Some(number(key, (*value)?)));
    let first_byte = sent.first_byte.map(|at| Event {
        time_unix_nano: nanoseconds(call.began + at),
        name: "first_byte".to_owned(),
        ..Event::default()
    });
    Span {
        parent_span_id: call.span_id.to_vec(),
        name: format!("{operation} {}", call.model).trim_end().to_owned(),
        kind: SpanKind::Client.into(),
        attributes: texts(&given).chain(numbers).collect(),
        events: first_byte.into_iter().collect(),
        status: status(sent.failed.as_deref()),
        ..timed(call, &sent.span_id, sent.from, sent.to)
    }
}

/// What the conventions for generative AI call an operation, and the provider whose format it speaks.
fn conventional(operation: &str) -> (&str, Option<&'static str>) {
    let Some(format) = Format::of_operation(operation) else {
        return (operation, None);
    };
    let name = match format {
        Format::OpenAiChat | Format::OpenAiResponses | Format::AnthropicMessages => "chat",
        Format::OpenAiEmbeddings => "embeddings",
        Format::GeminiGenerate | Format::GeminiStream => "generate_content",
        Format::AnthropicCountTokens | Format::GeminiCountTokens => "count_tokens",
        _ => operation,
    };
    let provider = match format.wire() {
        "gemini" => "gcp.gemini",
        wire => wire,
    };
    (name, Some(provider))
}

fn timed(call: &TracedCall, span_id: &[u8; 8], from: Duration, to: Duration) -> Span {
    Span {
        trace_id: call.trace_id.to_vec(),
        span_id: span_id.to_vec(),
        flags: SAMPLED,
        start_time_unix_nano: nanoseconds(call.began + from),
        end_time_unix_nano: nanoseconds(call.began + to),
        ..Span::default()
    }
}

fn nanoseconds(at: SystemTime) -> u64 {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

fn status(failed: Option<&str>) -> Option<Status> {
    failed.map(|_| Status {
        code: StatusCode::Error.into(),
        message: String::new(),
    })
}

fn texts(given: &[(&str, Option<&str>)]) -> impl Iterator<Item = KeyValue> {
    let there = given.iter().filter_map(|(key, value)| Some((*key, (*value)?)));
    there
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| text(key, value))
}

fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

fn number(key: &str, value: u64) -> KeyValue {
    attribute(key, Value::IntValue(i64::try_from(value).unwrap_or(i64::MAX)))
}

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}
