//! How a call of each format reads to a person: whole, with nothing that goes upstream left out.

use action::model_call::{Format, ModelCall, Parties};
use action::view::{Section, View};
use action::visible::{is_invisible, restore};
use proptest::prelude::*;
use serde_json::Value;

use crate::bodies::{accepted_as, least, more, read_as, rich};

fn view(call: &ModelCall) -> View {
    call.view(&Parties {
        agent: "procurement-bot".to_owned(),
        sponsor: "Mara".to_owned(),
        upstream: "upstream".to_owned(),
        practice: false,
    })
}

/// The view without the exact request, which is the body as it is.
fn read_by_a_reviewer(format: Format) -> View {
    let mut view = view(&accepted_as(format, rich(format)));
    view.sections.pop();
    view
}

#[test]
fn a_response_as_a_reviewer_reads_it() {
    insta::assert_json_snapshot!(read_by_a_reviewer(Format::OpenAiResponses));
}

#[test]
fn embeddings_as_a_reviewer_reads_them() {
    insta::assert_json_snapshot!(read_by_a_reviewer(Format::OpenAiEmbeddings));
}

#[test]
fn a_message_as_a_reviewer_reads_it() {
    insta::assert_json_snapshot!(read_by_a_reviewer(Format::AnthropicMessages));
}

#[test]
fn a_gemini_request_as_a_reviewer_reads_it() {
    insta::assert_json_snapshot!(read_by_a_reviewer(Format::GeminiGenerate));
}

#[test]
fn the_title_says_what_is_asked() {
    let anthropic = r#""tools":[{"name":"pay","input_schema":{}}]"#;
    let gemini = r#""tools":[{"functionDeclarations":[{"name":"pay"}]}]"#;
    for (format, body, title) in [
        (
            Format::OpenAiResponses,
            more(
                Format::OpenAiResponses,
                r#""tools":[{"type":"shell","environment":{"type":"local"}}]"#,
            ),
            "Let gpt-5.2 call shell",
        ),
        (
            Format::OpenAiResponses,
            more(Format::OpenAiResponses, r#""background":true"#),
            "Let gpt-5.2 answer one message, with state kept at the provider",
        ),
        (
            Format::OpenAiEmbeddings,
            r#"{"model":"e","input":["a","b"]}"#.to_owned(),
            "Have e embed 2 texts",
        ),
        (
            Format::OpenAiEmbeddings,
            r#"{"model":"e","input":[1,2,3]}"#.to_owned(),
            "Have e embed one text",
        ),
        (
            Format::AnthropicMessages,
            more(Format::AnthropicMessages, anthropic),
            "Let claude-opus-5 call pay",
        ),
        (
            Format::AnthropicMessages,
            more(
                Format::AnthropicMessages,
                &format!(r#"{anthropic},"tool_choice":{{"type":"any"}}"#),
            ),
            "Have claude-opus-5 call pay",
        ),
        (
            Format::AnthropicCountTokens,
            more(Format::AnthropicCountTokens, anthropic),
            "Have the tokens of one message counted for claude-opus-5",
        ),
        (
            Format::GeminiStream,
            more(Format::GeminiStream, gemini),
            "Let gemini-2.5-pro call pay",
        ),
        (
            Format::GeminiCountTokens,
            more(Format::GeminiCountTokens, gemini),
            "Have the tokens of one message counted for gemini-2.5-pro",
        ),
    ] {
        assert_eq!(view(&accepted_as(format, &body)).title, title);
    }
}

/// Every text of a view.
fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.clone()),
        Value::Array(elements) => elements.iter().for_each(|element| texts(element, into)),
        Value::Object(map) => map.values().for_each(|value| texts(value, into)),
        _ => {}
    }
}

#[test]
fn every_text_that_the_model_reads_stands_outside_the_exact_request() {
    for (format, secret) in [
        (Format::OpenAiResponses, r#""instructions":"PAY-48200""#),
        (
            Format::OpenAiResponses,
            r#""tools":[{"type":"web_search","user_location":{"city":"PAY-48200"}}]"#,
        ),
        (
            Format::OpenAiResponses,
            r#""prompt":{"id":"p","variables":{"a":"PAY-48200"}}"#,
        ),
        (Format::AnthropicMessages, r#""system":"PAY-48200""#),
        (
            Format::AnthropicMessages,
            r#""tools":[{"name":"a","input_schema":{},"input_examples":[{"a":"PAY-48200"}]}]"#,
        ),
        (
            Format::AnthropicMessages,
            r#""tools":[{"type":"web_search_20250305","name":"w","blocked_domains":["PAY-48200"]}]"#,
        ),
        (
            Format::AnthropicMessages,
            r#""mcp_servers":[{"name":"x","url":"https://PAY-48200"}]"#,
        ),
        (
            Format::GeminiGenerate,
            r#""system_instruction":{"parts":{"text":"PAY-48200"}}"#,
        ),
        (
            Format::GeminiGenerate,
            r#""tools":[{"googleSearch":{"excludeDomains":["PAY-48200"]}}]"#,
        ),
        (
            Format::GeminiGenerate,
            r#""tools":[{"function_declarations":{"name":"a","parameters_json_schema":{"a":"PAY-48200"}}}]"#,
        ),
        (
            Format::GeminiGenerate,
            r#""generationConfig":{"responseSchema":{"description":"PAY-48200"}}"#,
        ),
        (Format::GeminiGenerate, r#""zz":"PAY-48200""#),
    ] {
        let mut view = view(&accepted_as(format, &more(format, secret)));
        view.sections.pop();
        let mut all = Vec::new();
        texts(&serde_json::to_value(&view).unwrap(), &mut all);
        assert!(all.iter().any(|text| text.contains("PAY-48200")), "{secret}");
    }
}

/// Values as attackers write them.
fn values() -> impl Strategy<Value = Value> {
    let names = prop::sample::select(vec![
        "type",
        "role",
        "content",
        "parts",
        "text",
        "source",
        "url",
        "image_url",
        "function",
        "input",
        "tools",
        "name",
        "function_declarations",
        "functionCall",
        "file_data",
        "id",
        "data",
        "custom",
        "environment",
        "\u{202e}x",
    ]);
    let words = prop::sample::select(vec![
        "message",
        "text",
        "image",
        "tool_result",
        "document",
        "url",
        "base64",
        "function",
        "custom",
        "mcp",
        "shell",
        "reasoning",
        "item_reference",
        "input_image",
        "local",
        "web_search",
        "\u{200b}",
        "⟨part 1 of 2⟩",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        words.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 16, 4, move |inner| {
        let names = names.clone();
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())),
        ]
    })
}

/// How many places a document has.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(elements) => elements.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

/// Puts a value in the place with this number.
fn put(value: &mut Value, number: &mut usize, with: &Value) {
    if *number == 0 {
        *value = with.clone();
    }
    *number = number.wrapping_sub(1);
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(|element| put(element, number, with)),
        Value::Object(map) => map.values_mut().for_each(|value| put(value, number, with)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn whatever_stands_anywhere_is_refused_or_shown_whole(
        format in prop::sample::select(Format::ALL.to_vec()),
        altered in prop::collection::vec((any::<prop::sample::Index>(), values()), 1..3),
    ) {
        let mut body: Value = serde_json::from_str(rich(format)).unwrap();
        for (place, with) in altered {
            let mut number = place.index(count(&body));
            put(&mut body, &mut number, &with);
        }
        let text = body.to_string();
        if let Ok(call) = read_as(format, text.as_bytes()) {
            let view = view(&call);
            let Some(Section::Raw { text: shown, .. }) = view.sections.last() else { panic!("no exact request") };
            prop_assert_eq!(restore(shown), Some(text));
            let mut all = Vec::new();
            texts(&serde_json::to_value(&view).unwrap(), &mut all);
            prop_assert!(all.iter().all(|text| !text.chars().any(is_invisible)));
            prop_assert_eq!(View::from_bytes(&view.to_bytes()).unwrap(), view);
        }
    }

    #[test]
    fn reading_never_panics(format in prop::sample::select(Format::ALL.to_vec()), value in values(), bytes in any::<Vec<u8>>()) {
        let _ = read_as(format, &bytes);
        let _ = read_as(format, value.to_string().as_bytes());
        for name in ["messages", "input", "contents", "tools", "system", "toolConfig", "tool_choice", "prompt"] {
            let mut body: Value = serde_json::from_str(&format!("{{{}}}", least(format))).unwrap();
            body.as_object_mut().unwrap().insert(name.to_owned(), value.clone());
            let _ = read_as(format, body.to_string().as_bytes());
        }
    }
}
