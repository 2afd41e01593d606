//! What honest clients send, and what is read of it.

use action::model_call::Capability;

use crate::bodies::{accepted, content, with};

#[test]
fn what_an_sdk_sends_for_text_reaches_nothing() {
    for (case, body) in [
        ("plain", content("\"hi\"")),
        (
            "parts",
            content(r#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#),
        ),
        (
            "settings",
            with(r#""temperature":0.7,"top_p":1e-3,"n":1,"stop":["\n"],"logit_bias":{"50256":-100},"user":"u""#),
        ),
        (
            "switched_off",
            with(r#""store":false,"background":false,"tools":[],"tool_choice":"none","web_search_options":null"#),
        ),
        (
            "streaming",
            with(r#""stream":true,"stream_options":{"include_usage":true}"#),
        ),
        (
            "json_schema",
            with(r#""response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"$ref":"x"}}}"#),
        ),
        (
            "unknown_plain_value",
            with(r#""top_k":40,"seed2":"a text that mentions https://example.org""#),
        ),
        (
            "an_answer_given_back",
            r#"{"model":"m","messages":[{"role":"assistant","content":"a","refusal":null,"annotations":[],"audio":null,
                "function_call":null,"tool_calls":null}]}"#
                .to_owned(),
        ),
        (
            "tool_results",
            r#"{"model":"m","messages":[{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function",
                "function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c","content":"4"}]}"#
                .to_owned(),
        ),
    ] {
        assert!(
            accepted(&body).capabilities().is_empty(),
            "{case}: {:?}",
            accepted(&body).capabilities()
        );
    }
}

#[test]
fn big_numbers_pass_and_stay_as_they_are() {
    let body = with(r#""seed":9007199254740993,"temperature":0.1000000000000000055"#);
    let call = accepted(&body);
    assert_eq!(call.exact(), body);
    let seed = call.settings().iter().find(|field| field.path == "seed").unwrap();
    assert_eq!(seed.value, "9007199254740993");
}

#[test]
fn what_decides_the_answers_form_is_read() {
    let call = accepted(&with(r#""stream":true,"stream_options":{"include_usage":true}"#));
    assert!(call.stream() && call.include_usage());
    let call = accepted(&with(r#""stream_options":{"include_usage":true}"#));
    assert!(
        !call.stream() && !call.include_usage(),
        "without a stream there is no usage chunk"
    );
}

#[test]
fn every_capability_has_its_own_name() {
    let mut names = Capability::NAMES.to_vec();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Capability::NAMES.len());
}
