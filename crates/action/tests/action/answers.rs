//! What an answer says, read as it comes: wherever it is cut, whatever ends its lines.

use action::answer::{AnswerFacts, AnswerReader, ToolAsked, Usage, facts_of};
use action::model_call::Format;
use proptest::prelude::*;
use serde_json::json;

const CHAT: &str = r#"data: {"model":"gpt-5.2","choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}]}

: keep-alive

data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"pay","arguments":""}}]}}]}

data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"name":"ment","arguments":"{\"n\":1}"}}]}}]}

data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"c2","function":{"name":"mail","arguments":"{}"}}]}}]}

data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}

data: [DONE]

"#;

const RESPONSES: &str = r#"event: response.created
data: {"type":"response.created","response":{"model":"gpt-5.2","status":"in_progress","output":[]}}

event: response.output_item.done
data: {"type":"response.output_item.done","item":{"type":"function_call","call_id":"c1","name":"pay","arguments":"{}"}}

event: response.completed
data: {"type":"response.completed","response":{"model":"gpt-5.2","status":"completed","output":[{"type":"function_call","call_id":"c1","name":"pay"},{"type":"web_search_call","id":"w1"},{"type":"message"}],"usage":{"input_tokens":3,"output_tokens":4,"total_tokens":7}}}

"#;

const MESSAGES: &str = r#"event: message_start
data: {"type":"message_start","message":{"model":"claude-opus-5","content":[],"usage":{"input_tokens":3,"cache_read_input_tokens":10,"cache_creation_input_tokens":null,"output_tokens":1}}}

event: ping
data: {"type":"ping"}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t1","name":"pay","input":{}}}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":4}}

event: message_stop
data: {"type":"message_stop"}

"#;

const GEMINI: &str = r#"data: {"candidates":[{"content":{"parts":[{"text":"a"}],"role":"model"}}],"modelVersion":"gemini-2.5-pro"}

data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"pay","args":{}}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"thoughtsTokenCount":5,"totalTokenCount":12}}

"#;

const STREAMS: [(Format, &str); 4] = [
    (Format::OpenAiChat, CHAT),
    (Format::OpenAiResponses, RESPONSES),
    (Format::AnthropicMessages, MESSAGES),
    (Format::GeminiStream, GEMINI),
];

fn usage(prompt: u64, completion: u64, total: u64) -> Usage {
    Usage {
        prompt_tokens: Some(prompt),
        completion_tokens: Some(completion),
        total_tokens: Some(total),
    }
}

fn asked(name: &str, id: &str) -> ToolAsked {
    ToolAsked {
        name: name.to_owned(),
        id: id.to_owned(),
    }
}

fn said(model: &str, usage: Usage, reason: &str, tool_calls: Vec<ToolAsked>) -> AnswerFacts {
    AnswerFacts {
        usage,
        finish_reason: Some(reason.to_owned()),
        tool_calls,
        response_model: Some(model.to_owned()),
        ..AnswerFacts::default()
    }
}

/// What each of the streams says.
fn told(format: Format) -> AnswerFacts {
    match format {
        Format::OpenAiChat => {
            let tools = vec![asked("payment", "c1"), asked("mail", "c2")];
            said("gpt-5.2", usage(3, 4, 7), "tool_calls", tools)
        }
        Format::OpenAiResponses => {
            let tools = vec![asked("pay", "c1"), asked("web_search_call", "w1")];
            said("gpt-5.2", usage(3, 4, 7), "completed", tools)
        }
        Format::AnthropicMessages => said("claude-opus-5", usage(13, 4, 17), "tool_use", vec![asked("pay", "t1")]),
        _ => said("gemini-2.5-pro", usage(3, 9, 12), "STOP", vec![asked("pay", "")]),
    }
}

fn read_in(format: Format, pieces: &[&[u8]]) -> AnswerFacts {
    let mut reader = AnswerReader::new(format, true);
    pieces.iter().for_each(|piece| reader.push(piece));
    reader.finish()
}

#[test]
fn a_stream_says_the_same_wherever_it_is_cut_and_whatever_ends_its_lines() {
    for (format, stream) in STREAMS {
        for end in ["\n", "\r\n", "\r"] {
            let bytes = stream.replace('\n', end).into_bytes();
            assert_eq!(read_in(format, &[&bytes]), told(format), "{format:?} whole");
            for at in 0..=bytes.len() {
                let (one, two) = bytes.split_at(at);
                assert_eq!(read_in(format, &[one, two]), told(format), "{format:?} cut at {at}");
            }
            let each: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(read_in(format, &each), told(format), "{format:?} byte by byte");
        }
    }
}

#[test]
fn the_event_that_ends_a_stream_is_told_with_the_piece_that_completes_it() {
    for (format, stream) in STREAMS {
        for end in ["\n", "\r\n", "\r"] {
            let stream = stream.replace('\n', end);
            let last = stream.trim_end().rfind(&end.repeat(2)).unwrap() + 2 * end.len();
            // CR LF ends a line with its first byte.
            let complete = stream.len() + 1 - end.len();
            for at in 0..=stream.len() {
                let mut reader = AnswerReader::new(format, true);
                reader.push(&stream.as_bytes()[..at]);
                let ends = format != Format::GeminiStream;
                assert_eq!(reader.has_ended(), ends && at >= complete, "{format:?} cut at {at}");
                reader.push(&stream.as_bytes()[at..]);
                assert_eq!(reader.ends_at(), ends.then_some(last as u64), "{format:?} cut at {at}");
            }
        }
    }
}

#[test]
fn a_stream_that_is_cut_says_so() {
    for (format, stream) in STREAMS {
        let cut = &stream.as_bytes()[..stream.len() / 2];
        assert!(read_in(format, &[cut]).malformed, "{format:?}");
        assert!(read_in(format, &[]).malformed, "{format:?} empty");
        // Without the empty line after it clients don't act upon the last event, but what it says is told.
        let unended = AnswerFacts {
            malformed: format != Format::GeminiStream,
            ..told(format)
        };
        assert_eq!(read_in(format, &[stream.trim_end().as_bytes()]), unended, "{format:?}");
    }
}

#[test]
fn an_event_that_isnt_json_is_noted_and_the_others_are_read() {
    for (format, stream) in STREAMS {
        let garbled = format!("data: {{\"usage\":\n\n{stream}");
        let facts = read_in(format, &[garbled.as_bytes()]);
        let wanted = AnswerFacts {
            malformed: true,
            ..told(format)
        };
        assert_eq!(facts, wanted, "{format:?}");
    }
}

#[test]
fn the_last_event_of_another_format_ends_nothing() {
    for (format, last) in [
        (
            Format::OpenAiChat,
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        ),
        (Format::AnthropicMessages, "data: [DONE]\n\n"),
        (Format::GeminiStream, "data: [DONE]\n\n"),
    ] {
        let mut reader = AnswerReader::new(format, true);
        reader.push(last.as_bytes());
        assert!(!reader.has_ended(), "{format:?}");
        let facts = reader.finish();
        assert_eq!(
            facts,
            AnswerFacts {
                malformed: true,
                ..AnswerFacts::default()
            },
            "{format:?}"
        );
    }
    let relayed = [GEMINI, "data: [DONE]\n\n"].concat();
    assert_eq!(
        read_in(Format::GeminiStream, &[relayed.as_bytes()]),
        told(Format::GeminiStream)
    );
}

#[test]
fn an_error_in_a_stream_ends_it_and_is_named() {
    for (format, event, word) in [
        (
            Format::OpenAiChat,
            r#"data: {"error":{"message":"m","type":"server_error","code":null}}"#,
            "server_error",
        ),
        (Format::OpenAiChat, r#"data: {"error":"no shape"}"#, "error"),
        (
            Format::OpenAiResponses,
            "event: error\ndata: {\"type\":\"error\",\"code\":\"rate_limit_exceeded\",\"message\":\"m\"}",
            "rate_limit_exceeded",
        ),
        (
            Format::OpenAiResponses,
            r#"data: {"type":"response.failed","response":{"status":"failed","error":{"code":"server_error","message":"m"}}}"#,
            "server_error",
        ),
        (
            Format::AnthropicMessages,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"m\"}}",
            "overloaded_error",
        ),
    ] {
        let mut reader = AnswerReader::new(format, true);
        reader.push(format!("{event}\n\n").as_bytes());
        assert_eq!(reader.ends_at(), Some(0), "{event}");
        let facts = reader.finish();
        assert_eq!(
            (facts.error.as_deref(), facts.malformed),
            (Some(word), false),
            "{event}"
        );
    }
    let gemini = r#"data: {"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}"#;
    let facts = read_in(Format::GeminiStream, &[gemini.as_bytes(), b"\n\n"]);
    assert_eq!((facts.error.as_deref(), facts.malformed), (Some("UNAVAILABLE"), false));
}

#[test]
fn why_an_answer_is_short_is_told() {
    for (format, event, reason) in [
        (
            Format::OpenAiResponses,
            r#"data: {"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"}}}"#,
            "max_output_tokens",
        ),
        (
            Format::GeminiStream,
            r#"data: {"promptFeedback":{"blockReason":"SAFETY"}}"#,
            "SAFETY",
        ),
    ] {
        let facts = read_in(format, &[event.as_bytes(), b"\n\n"]);
        assert_eq!((facts.finish_reason.as_deref(), facts.malformed), (Some(reason), false));
    }
}

#[test]
fn a_whole_answer_says_the_same() {
    let chat = json!({"model": "gpt-5.2", "choices": [{"finish_reason": "tool_calls", "message": {"tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "payment"}},
        {"id": "c2", "type": "custom", "custom": {"name": "mail"}},
    ]}}], "usage": {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}});
    let response = json!({"model": "gpt-5.2", "status": "completed", "error": null, "output": [
        {"type": "reasoning", "id": "r"}, {"type": "function_call", "call_id": "c1", "name": "pay"}, {"type": "web_search_call", "id": "w1"},
    ], "usage": {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}});
    let message = json!({"type": "message", "model": "claude-opus-5", "stop_reason": "tool_use",
        "content": [{"type": "text", "text": "a"}, {"type": "tool_use", "id": "t1", "name": "pay"}],
        "usage": {"input_tokens": 3, "cache_read_input_tokens": 10, "output_tokens": 4}});
    let gemini = json!({"modelVersion": "gemini-2.5-pro", "candidates": [{"finishReason": "STOP", "content": {"parts": [
        {"text": "a"}, {"functionCall": {"name": "pay"}},
    ]}}], "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 9, "totalTokenCount": 12}});
    for (format, body) in [
        (Format::OpenAiChat, &chat),
        (Format::OpenAiResponses, &response),
        (Format::AnthropicMessages, &message),
        (Format::GeminiGenerate, &gemini),
        (Format::GeminiGenerate, &json!([gemini])),
    ] {
        let bytes = body.to_string().into_bytes();
        assert_eq!(
            facts_of(format, &bytes),
            told(if format == Format::GeminiGenerate {
                Format::GeminiStream
            } else {
                format
            })
        );
        for at in 0..=bytes.len() {
            let mut reader = AnswerReader::new(format, false);
            reader.push(&bytes[..at]);
            reader.push(&bytes[at..]);
            assert!(!reader.has_ended());
            assert_eq!(reader.finish(), facts_of(format, &bytes), "{format:?} cut at {at}");
        }
    }
}

#[test]
fn a_whole_answer_that_is_an_error_or_no_json_says_so() {
    for (format, body, word) in [
        (
            Format::OpenAiChat,
            json!({"error": {"type": "invalid_request_error", "code": "x", "message": "m"}}),
            "invalid_request_error",
        ),
        (
            Format::OpenAiResponses,
            json!({"error": {"type": null, "code": "rate_limit_exceeded"}}),
            "rate_limit_exceeded",
        ),
        (
            Format::AnthropicMessages,
            json!({"type": "error", "error": {"type": "not_found_error"}}),
            "not_found_error",
        ),
        (
            Format::GeminiGenerate,
            json!({"error": {"code": 400, "status": "INVALID_ARGUMENT"}}),
            "INVALID_ARGUMENT",
        ),
        (
            Format::GeminiGenerate,
            json!([{"error": {"code": 400, "status": "INVALID_ARGUMENT"}}]),
            "INVALID_ARGUMENT",
        ),
    ] {
        let facts = facts_of(format, body.to_string().as_bytes());
        assert_eq!(
            (facts.error.as_deref(), facts.malformed),
            (Some(word), false),
            "{format:?}"
        );
    }
    for format in Format::ALL {
        for body in ["", "<html>502</html>", "{\"usage\":", "{}{}"] {
            assert!(facts_of(format, body.as_bytes()).malformed, "{format:?}: {body}");
        }
    }
}

#[test]
fn embeddings_say_what_they_used_and_a_count_used_nothing() {
    let embedded = json!({"object": "list", "model": "m", "data": [{"embedding": [0.1, -0.2]}], "usage": {"prompt_tokens": 5, "total_tokens": 5}});
    let facts = facts_of(Format::OpenAiEmbeddings, embedded.to_string().as_bytes());
    assert_eq!(
        (facts.usage.prompt_tokens, facts.usage.total_tokens),
        (Some(5), Some(5))
    );
    for (format, body) in [
        (Format::AnthropicCountTokens, json!({"input_tokens": 14})),
        (Format::GeminiCountTokens, json!({"totalTokens": 14})),
    ] {
        assert_eq!(facts_of(format, body.to_string().as_bytes()), AnswerFacts::default());
    }
}

#[test]
fn a_value_of_another_type_says_nothing_and_the_rest_is_read() {
    let odd = json!({"model": 7, "choices": [{"finish_reason": {"a": 1}, "message": {"tool_calls": [{"id": 1, "function": {"name": "pay"}}]}}],
        "usage": {"prompt_tokens": "3", "completion_tokens": 4.5, "total_tokens": 7}});
    let facts = facts_of(Format::OpenAiChat, odd.to_string().as_bytes());
    assert_eq!((facts.usage.prompt_tokens, facts.usage.total_tokens), (None, Some(7)));
    assert_eq!((facts.tool_calls, facts.malformed), (vec![asked("pay", "")], false));
    let another_shape = facts_of(Format::OpenAiChat, br#"{"choices":"none"}"#);
    assert_eq!(another_shape, AnswerFacts::default());
}

#[test]
fn a_word_that_is_a_text_is_cut_down_and_lists_are_bounded() {
    let text = "secret ".repeat(100);
    let tools: Vec<_> = (0..200)
        .map(|n| json!({"id": "i".repeat(1000), "function": {"name": format!("{n}é").repeat(300)}}))
        .collect();
    let body = json!({"model": text.repeat(10), "choices": [{"finish_reason": text, "message": {"tool_calls": tools}}], "error": {"type": "<b>"}});
    let facts = facts_of(Format::OpenAiChat, body.to_string().as_bytes());
    assert_eq!(facts.finish_reason.as_deref(), Some("secret"));
    assert_eq!(facts.error.as_deref(), Some("error"));
    assert_eq!(facts.tool_calls.len(), 128);
    assert!(
        facts
            .tool_calls
            .iter()
            .all(|tool| tool.name.len() <= 256 && tool.id.len() <= 256)
    );
    assert!(facts.response_model.is_some_and(|model| model.len() <= 256));
}

#[test]
fn an_event_longer_than_is_read_is_noted_and_ends_the_stream_all_the_same() {
    let long = "x".repeat(2 << 20);
    for (format, event) in [
        (
            Format::OpenAiResponses,
            format!("event: response.completed\ndata: {{\"type\":\"response.completed\",\"x\":\"{long}\"}}\n"),
        ),
        (
            Format::AnthropicMessages,
            format!("event: message_stop\ndata: {{\"x\":\"{long}\"}}\n"),
        ),
    ] {
        let mut reader = AnswerReader::new(format, true);
        for piece in event.as_bytes().chunks(60_000) {
            reader.push(piece);
        }
        assert!(!reader.has_ended());
        reader.push(b"\n");
        assert_eq!(reader.ends_at(), Some(0));
        assert_eq!(reader.finish().skipped, 1);
    }
    let many_lines = format!("data: {}\n", "y".repeat(1000)).repeat(1200) + "\ndata: [DONE]\n\n";
    let facts = read_in(Format::OpenAiChat, &[many_lines.as_bytes()]);
    assert_eq!((facts.skipped, facts.malformed), (1, false));
}

#[test]
fn a_whole_answer_longer_than_is_read_is_noted() {
    let mut reader = AnswerReader::new(Format::OpenAiChat, false);
    let piece = vec![b' '; 1 << 20];
    (0..33).for_each(|_| reader.push(&piece));
    let facts = reader.finish();
    assert_eq!((facts.skipped, facts.malformed), (1, false));
}

proptest! {
    #[test]
    fn reading_never_panics(
        pieces in proptest::collection::vec(proptest::collection::vec(prop_oneof![any::<u8>(), Just(b'\n'), Just(b'\r')], 0..40), 0..8),
    ) {
        for format in Format::ALL {
            for is_stream in [true, false] {
                let mut reader = AnswerReader::new(format, is_stream);
                pieces.iter().for_each(|piece| reader.push(piece));
                let came: usize = pieces.iter().map(Vec::len).sum();
                prop_assert!(reader.ends_at().is_none_or(|at| at < came as u64));
                let _ = reader.finish();
            }
        }
    }
}
