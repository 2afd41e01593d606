//! The model that a body names, and the same body under another name.

use action::model_call::{Format, named_model, read, with_model};
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::bodies::{least, more};

const CHAT: Format = Format::OpenAiChat;

fn named_in_body() -> impl Iterator<Item = Format> {
    Format::ALL.into_iter().filter(|format| !format.names_model_in_path())
}

#[test]
fn the_name_is_found_wherever_it_stands() {
    for (body, name) in [
        (r#"{"model":"a"}"#, "a"),
        (
            r#" { "x" : [ {"model":"no"} , "]" ] , "model" : "openai/a" } "#,
            "openai/a",
        ),
        (r#"{"x":"\"model\":\"no\"","model":"a"}"#, "a"),
        (r#"{"x":"\\","model":"a","y":{"model":"no"}}"#, "a"),
        (r#"{"\u006dodel":"a"}"#, "a"),
        (r#"{"model":"\u0061"}"#, "a"),
        (r#"{"x":-1.5e+3,"y":true,"z":null,"model":"a"}"#, "a"),
    ] {
        assert_eq!(named_model(CHAT, body.as_bytes()).unwrap(), name, "{body}");
    }
}

#[test]
fn no_name_is_taken_from_a_body_that_hides_it() {
    for (attack, body) in [
        ("model_twice", r#"{"model":"a","model":"b"}"#),
        ("model_twice_escaped", r#"{"model":"a","\u006dodel":"b"}"#),
        ("model_as_array", r#"{"model":["a"]}"#),
        ("model_null", r#"{"model":null}"#),
        ("model_empty", r#"{"model":""}"#),
        ("model_missing", r#"{"x":{"model":"a"}}"#),
        ("model_in_a_list", r#"[{"model":"a"}]"#),
        ("model_by_case", r#"{"Model":"a"}"#),
        ("lone_surrogate", r#"{"model":"\ud800"}"#),
        ("cut_in_a_string", r#"{"model":"a"#),
        ("cut_in_an_escape", r#"{"model":"a\"#),
        ("cut_in_a_list", r#"{"x":[1,2"#),
        ("cut_after_a_comma", r#"{"model":"a","#),
        ("nothing", ""),
        ("empty", "{}"),
    ] {
        assert!(named_model(CHAT, body.as_bytes()).is_err(), "{attack}");
        assert!(with_model(CHAT, body.as_bytes(), "b").is_err(), "{attack}");
    }
    let long = format!(r#"{{"model":"{}"}}"#, "m".repeat(257));
    assert!(named_model(CHAT, long.as_bytes()).is_err());
    assert!(with_model(CHAT, br#"{"model":"a"}"#, "").is_err());
    assert!(with_model(CHAT, br#"{"model":"a"}"#, &"m".repeat(257)).is_err());
}

#[test]
fn only_the_name_changes() {
    let body = "{\"temperature\": 1.0e0,\r\n  \"model\" : \"openai\\/gpt\",\"x\":\"\\u0061 model\" }";
    let renamed = with_model(CHAT, body.as_bytes(), "gpt \"5\"").unwrap();
    let wanted = "{\"temperature\": 1.0e0,\r\n  \"model\" : \"gpt \\\"5\\\"\",\"x\":\"\\u0061 model\" }";
    assert_eq!(String::from_utf8(renamed).unwrap(), wanted);
}

#[test]
fn a_model_in_the_path_isnt_in_the_body() {
    for format in Format::ALL.into_iter().filter(|format| format.names_model_in_path()) {
        let body = more(format, r#""model":"models/x""#);
        assert!(named_model(format, body.as_bytes()).is_err(), "{format:?}");
        assert_eq!(
            with_model(format, body.as_bytes(), "y").unwrap(),
            body.as_bytes(),
            "{format:?}"
        );
    }
}

#[test]
fn every_operation_has_its_own_name_and_path() {
    for (format, wire, operation, path) in [
        (CHAT, "openai", "chat.completions", "chat/completions"),
        (Format::OpenAiResponses, "openai", "responses", "responses"),
        (Format::OpenAiEmbeddings, "openai", "embeddings", "embeddings"),
        (Format::AnthropicMessages, "anthropic", "messages", "messages"),
        (
            Format::AnthropicCountTokens,
            "anthropic",
            "messages.count_tokens",
            "messages/count_tokens",
        ),
        (
            Format::GeminiGenerate,
            "gemini",
            "gemini.generate_content",
            "models/m-1.5:generateContent",
        ),
        (
            Format::GeminiStream,
            "gemini",
            "gemini.stream_generate_content",
            "models/m-1.5:streamGenerateContent?alt=sse",
        ),
        (
            Format::GeminiCountTokens,
            "gemini",
            "gemini.count_tokens",
            "models/m-1.5:countTokens",
        ),
    ] {
        assert_eq!(
            (format.wire(), format.operation(), format.path("m-1.5").as_str()),
            (wire, operation, path)
        );
        assert_eq!(Format::of_operation(operation), Some(format));
        let model = format.names_model_in_path().then_some("m-1.5");
        let subject = read(format, model, format!("{{{}}}", least(format)).as_bytes())
            .unwrap()
            .subject("up", "https://a");
        assert_eq!(subject.operation, operation);
        assert_eq!(subject.path, format.path(&subject.model));
    }
    assert_eq!(Format::of_operation("completions"), None);
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let names = prop_oneof![any::<String>(), Just("model".to_owned()), Just("mo\\\"del".to_owned())];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(names, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn the_name_is_the_one_that_reading_the_whole_body_finds(
        before in proptest::collection::btree_map("[a-z]{1,3}|\\PC{1,4}", json(), 0..4),
        model in "\\PC{1,20}",
        spaced in any::<bool>(),
    ) {
        let mut map: Map<String, Value> = before.into_iter().filter(|(key, _)| key != "model").collect();
        map.insert("model".to_owned(), model.clone().into());
        let value = Value::Object(map);
        let body = if spaced { serde_json::to_string_pretty(&value).unwrap() } else { value.to_string() };
        for format in named_in_body() {
            prop_assert_eq!(named_model(format, body.as_bytes()).unwrap(), model.clone());
            let renamed = with_model(format, body.as_bytes(), "another").unwrap();
            let mut wanted = value.clone();
            wanted["model"] = "another".into();
            prop_assert_eq!(serde_json::from_slice::<Value>(&renamed).unwrap(), wanted);
            prop_assert_eq!(with_model(format, &renamed, &model).unwrap().len(), with_model(format, body.as_bytes(), &model).unwrap().len());
        }
    }

    #[test]
    fn naming_never_panics(bytes in proptest::collection::vec(prop_oneof![any::<u8>(), Just(b'"'), Just(b'{'), Just(b'\\')], 0..60)) {
        for format in Format::ALL {
            let _ = named_model(format, &bytes);
            let _ = with_model(format, &bytes, "m");
        }
    }

    /// Whatever has no name for routing has none for reading, either.
    #[test]
    fn what_cant_be_named_cant_be_read(cut in any::<proptest::sample::Index>(), with in "[\\[\\]{}\",:\\\\m]") {
        for format in named_in_body() {
            let mut body = format!("{{{}}}", least(format));
            let at = cut.index(body.len());
            body.replace_range(at..at, &with);
            if named_model(format, body.as_bytes()).is_err() {
                prop_assert!(read(format, None, body.as_bytes()).is_err(), "{}", body);
            } else if let Ok(call) = read(format, None, body.as_bytes()) {
                prop_assert_eq!(named_model(format, body.as_bytes()).unwrap(), call.model());
            }
        }
    }
}
