//! How a call reads to a person: complete, in plain words, nothing invisible.

use action::model_call::{Format, ModelCall, Parties, read};
use action::view::{Section, View};
use action::visible::{is_invisible, restore};
use proptest::prelude::*;
use serde_json::{Value, json};

fn call(body: &Value) -> ModelCall {
    read(Format::OpenAiChat, None, body.to_string().as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"))
}

fn parties() -> Parties {
    Parties {
        agent: "procurement-bot".to_owned(),
        sponsor: "Mara".to_owned(),
        upstream: "openai".to_owned(),
        practice: false,
    }
}

fn view(body: &Value) -> View {
    call(body).view(&parties())
}

fn function(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name, "description": "d", "parameters": {"type": "object"}}})
}

fn asking(fields: Value) -> Value {
    let mut body = json!({"model": "gpt-5.2", "messages": [{"role": "user", "content": "hi"}]});
    body.as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    body
}

#[test]
fn the_title_is_one_plain_sentence() {
    let two = json!([function("payment.create"), function("mail.send")]);
    let four = json!([function("a"), function("b"), function("c"), function("d")]);
    for (fields, title) in [
        (json!({}), "Let gpt-5.2 answer one message"),
        (
            json!({"tools": [function("payment.create")]}),
            "Let gpt-5.2 call payment.create",
        ),
        (json!({"tools": two}), "Let gpt-5.2 call payment.create or mail.send"),
        (json!({"tools": four}), "Let gpt-5.2 call any of 4 tools"),
        (
            json!({"tools": two, "tool_choice": "required"}),
            "Have gpt-5.2 call payment.create or mail.send",
        ),
        (
            json!({"tools": two, "tool_choice": {"type": "function", "function": {"name": "mail.send"}}}),
            "Have gpt-5.2 call mail.send",
        ),
        (
            json!({"tools": two, "tool_choice": "none"}),
            "Let gpt-5.2 answer one message, shown 2 tools it may not call",
        ),
        (
            json!({"tools": [function("a"), {"type": "web_search"}], "store": true}),
            "Let gpt-5.2 call a, with state kept at the provider and the provider's own tools",
        ),
        // An agent can't write the sentence that its reviewer reads.
        (
            json!({"tools": [function("nothing, really")]}),
            "Let gpt-5.2 call a tool with an unusual name",
        ),
        (
            json!({"tools": [function("a"), function("p\u{430}y")]}),
            "Let gpt-5.2 call any of 2 tools, some with unusual names",
        ),
        (
            json!({"model": "gpt-5.2 say \u{202e}hello"}),
            "Let the model “gpt-5.2 say ⟨U+202E⟩hello” answer one message",
        ),
    ] {
        assert_eq!(view(&asking(fields)).title, title);
    }
}

#[test]
fn the_facts_say_who_asks_what_of_whom() {
    let facts = view(&asking(json!({}))).facts;
    let facts: Vec<(&str, &str)> = facts
        .iter()
        .map(|fact| (fact.label.as_str(), fact.value.as_str()))
        .collect();
    assert_eq!(
        facts,
        [
            ("Agent", "procurement-bot"),
            ("Sponsor", "Mara"),
            ("Model", "gpt-5.2"),
            ("Upstream", "openai")
        ]
    );
    let practice = call(&asking(json!({}))).view(&Parties {
        practice: true,
        ..parties()
    });
    assert_eq!(
        practice.facts.last().unwrap().value,
        "openai (practice: no model answers)"
    );
}

#[test]
fn a_whole_held_call_as_a_reviewer_reads_it() {
    let body = json!({
        "model": "gpt-5.2",
        "stream": true,
        "temperature": 0.2,
        "cache": "no",
        "messages": [
            {"role": "system", "content": "You pay invoices."},
            {"role": "user", "name": "mara", "content": [
                {"type": "text", "text": "Pay it\u{202e} now"},
                {"type": "image_url", "image_url": {"url": "https://evil.example/x.png"}},
            ]},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "ledger.read", "arguments": "{\"n\":1}"}},
            ]},
            {"role": "tool", "tool_call_id": "c1", "content": "⟨part 1 of 1⟩ 48 200.00 EUR"},
        ],
        "tools": [{"type": "function", "function": {
            "name": "payment.create",
            "description": "Creates a payment.\u{200b}",
            "parameters": {"type": "object", "properties": {"amount": {"type": "string"}}},
        }}],
    });
    insta::assert_json_snapshot!(view(&body));
}

/// Bodies with text of every kind in every place.
fn bodies() -> impl Strategy<Value = Value> {
    let text = any::<String>();
    let message = (text, any::<String>(), proptest::option::of(any::<String>())).prop_map(|(text, other, name)| {
        json!({"role": "user", "name": name, "content": [{"type": "text", "text": text}, {"type": "text", "text": other}]})
    });
    let tool = (any::<String>(), any::<String>(), any::<String>()).prop_map(|(name, description, key)| {
        json!({"type": "function", "function": {"name": name, "description": description, "parameters": {key: 1}}})
    });
    let model = "\\PC{1,20}";
    let messages = proptest::collection::vec(message, 0..4);
    let tools = proptest::collection::vec(tool, 0..4);
    (model, messages, tools, any::<String>()).prop_map(
        |(model, messages, tools, user)| json!({"model": model, "messages": messages, "tools": tools, "user": user}),
    )
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

proptest! {
    #[test]
    fn the_exact_request_stands_at_the_end_and_nothing_is_lost(body in bodies()) {
        let call = call(&body);
        let view = call.view(&parties());
        let Some(Section::Raw { text, .. }) = view.sections.last() else { panic!("no exact request") };
        prop_assert_eq!(restore(text), Some(body.to_string()));
        prop_assert_eq!(call.exact(), body.to_string());
    }

    #[test]
    fn no_text_of_a_view_holds_an_invisible_character(body in bodies()) {
        let mut all = Vec::new();
        texts(&serde_json::to_value(view(&body)).unwrap(), &mut all);
        prop_assert!(all.iter().all(|text| !text.chars().any(is_invisible)));
    }

    #[test]
    fn a_views_bytes_read_back_as_the_view(body in bodies()) {
        let view = view(&body);
        let bytes = view.to_bytes();
        prop_assert_eq!(View::from_bytes(&bytes).unwrap(), view);
    }

    #[test]
    fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(Format::OpenAiChat, None, &bytes);
    }
}

#[test]
fn only_a_views_own_bytes_are_a_view() {
    let bytes = view(&asking(json!({}))).to_bytes();
    let text = String::from_utf8(bytes).unwrap();
    for (attack, altered) in [
        ("white space", format!(" {text}")),
        ("another version", text.replace("\"v\":1", "\"v\":2")),
        ("a field more", text.replace("\"v\":1", "\"v\":1,\"w\":1")),
        ("a field less", text.replace("\"locale\":\"en\",", "")),
        (
            "an unknown section",
            text.replace("\"kind\":\"raw\"", "\"kind\":\"html\""),
        ),
        ("a field twice", text.replace("\"v\":1", "\"v\":1,\"v\":1")),
        (
            "a fact as a list, which serde reads, too",
            text.replacen("{\"label\":", "[", 1)
                .replacen(",\"value\":", ",", 1)
                .replacen('}', "]", 1),
        ),
    ] {
        assert_ne!(altered, text, "{attack}");
        assert!(View::from_bytes(altered.as_bytes()).is_err(), "{attack}");
    }
}
