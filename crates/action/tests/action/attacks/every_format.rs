//! The attacks that are the same in every format: bodies that two parsers read as two calls.

use action::model_call::{Format, ReadError, read};

use crate::bodies::{accepted_as, least, more, read_as, refused_as};

/// Fields of each format that are lists or objects.
fn structured(format: Format) -> &'static [&'static str] {
    match format {
        Format::OpenAiChat => &["messages", "tools", "stream_options", "metadata", "response_format"],
        Format::OpenAiResponses => &["input", "tools", "prompt", "reasoning", "text", "context_management"],
        Format::OpenAiEmbeddings => &["input"],
        Format::AnthropicMessages | Format::AnthropicCountTokens => &[
            "messages",
            "tools",
            "system",
            "mcp_servers",
            "metadata",
            "thinking",
            "tool_choice",
        ],
        _ => &[
            "contents",
            "tools",
            "systemInstruction",
            "generationConfig",
            "toolConfig",
            "safetySettings",
        ],
    }
}

/// Fields of each format that decide what a call may do.
fn deciding(format: Format) -> &'static [&'static str] {
    match format {
        Format::OpenAiChat => &[
            "messages",
            "tools",
            "store",
            "previous_response_id",
            "web_search_options",
        ],
        Format::OpenAiResponses => &[
            "input",
            "tools",
            "store",
            "previous_response_id",
            "conversation",
            "background",
        ],
        Format::OpenAiEmbeddings => &["input", "user", "encoding_format"],
        Format::AnthropicMessages | Format::AnthropicCountTokens => {
            &["messages", "tools", "system", "mcp_servers", "container", "metadata"]
        }
        _ => &[
            "contents",
            "tools",
            "systemInstruction",
            "cachedContent",
            "generationConfig",
            "toolConfig",
        ],
    }
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    for format in Format::ALL {
        let honest = format!("{{{}}}", least(format));
        accepted_as(format, &honest);
        for (attack, body) in [
            ("duplicate_unknown_key", more(format, r#""x":1,"x":2"#)),
            ("duplicate_key_escaped", more(format, r#""x":1,"\u0078":2"#)),
            (
                "duplicate_key_deep_inside",
                more(format, r#""x":{"y":[{"z":1,"z":2}]}"#),
            ),
            ("lone_surrogate", more(format, r#""x":"\ud800""#)),
            ("byte_order_mark", format!("\u{feff}{honest}")),
            ("trailing_second_document", format!("{honest}{{}}")),
            ("trailing_comma", format!("{{{},}}", least(format))),
            ("comment", format!("/* */{honest}")),
            ("single_quotes", honest.replace('"', "'")),
            ("not_a_number", more(format, r#""x":NaN"#)),
            ("number_beyond_a_double", more(format, r#""x":1e999"#)),
            (
                "nested_too_deep",
                more(format, &format!(r#""x":{}{}"#, "[".repeat(100), "]".repeat(100))),
            ),
            ("array_instead_of_object", format!("[{honest}]")),
            ("text_instead_of_object", serde_json::to_string(&honest).unwrap()),
            ("nothing", String::new()),
        ] {
            refused_as(format, attack, &body);
        }
        assert!(
            read_as(format, &[honest.as_bytes(), b"\xff"].concat()).is_err(),
            "not UTF-8"
        );
        let utf_16: Vec<u8> = honest.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(read_as(format, &utf_16).is_err(), "UTF-16");
    }
}

#[test]
fn a_known_field_in_disguise_is_refused() {
    for format in Format::ALL {
        for field in deciding(format) {
            let capital = field[..1].to_uppercase() + &field[1..];
            let mut disguises = vec![
                capital,
                field.to_uppercase(),
                format!("{field} "),
                format!("_{field}"),
                format!("{}\u{200b}{}", &field[..2], &field[2..]),
                format!("{}-{}", &field[..2], &field[2..]),
            ];
            if field.contains('s') {
                disguises.push(field.replacen('s', "\u{17f}", 1));
            }
            for disguise in disguises {
                let error = refused_as(format, "disguise", &more(format, &format!(r#""{disguise}":[]"#)));
                assert!(matches!(error, ReadError::Disguised { .. }), "{disguise}: {error}");
            }
        }
    }
}

#[test]
fn a_list_or_an_object_is_no_number() {
    for format in Format::ALL {
        for field in structured(format) {
            let asked = least(format).replacen(&format!("\"{field}\""), "\"was\"", 1);
            let error = refused_as(format, "number", &format!(r#"{{{asked},"{field}":7}}"#));
            assert!(
                matches!(error, ReadError::WrongType { .. }),
                "{field} of {format:?}: {error}"
            );
        }
    }
}

#[test]
fn without_what_it_is_about_a_body_is_refused() {
    for format in Format::ALL {
        refused_as(format, "nothing asked", r#"{"model":"gemini-2.5-pro"}"#);
        refused_as(format, "empty", "{}");
    }
}

#[test]
fn a_model_is_named_where_the_format_names_it() {
    for format in Format::ALL {
        let asked = least(format).replacen("\"model\"", "\"was\"", 1);
        if format.names_model_in_path() {
            let body = format!("{{{asked}}}");
            assert!(read(format, None, body.as_bytes()).is_err(), "none in the path");
            for attack in [
                "",
                "..",
                "../v1/files",
                "a/b",
                "a%2fb",
                "a?key=x",
                "a:countTokens",
                "a\u{430}",
                "a b",
                "a#b",
            ] {
                assert!(read(format, Some(attack), body.as_bytes()).is_err(), "{attack}");
            }
            refused_as(
                format,
                "another model in the body",
                &more(format, r#""model":"models/other""#),
            );
            accepted_as(format, &more(format, r#""model":"models/gemini-2.5-pro""#));
            continue;
        }
        for (attack, model) in [
            ("model_missing", "\"x\":1".to_owned()),
            ("model_empty", r#""model":"""#.to_owned()),
            ("model_null", r#""model":null"#.to_owned()),
            ("model_as_array", r#""model":["a","b"]"#.to_owned()),
            ("model_very_long", format!(r#""model":"{}""#, "m".repeat(257))),
            ("model_twice", r#""model":"a","model":"b""#.to_owned()),
        ] {
            refused_as(format, attack, &format!("{{{asked},{model}}}"));
        }
        let body = format!("{{{}}}", least(format));
        assert!(read(format, Some("m"), body.as_bytes()).is_err(), "also in the path");
    }
}

#[test]
fn what_no_format_knows_is_listed_and_what_reaches_further_is_named() {
    for format in Format::ALL {
        let call = accepted_as(format, &more(format, r#""zz":"plain""#));
        assert!(
            call.unknown_fields().iter().any(|field| field.path == "zz"),
            "{format:?}"
        );
        assert!(call.capabilities().is_empty(), "{format:?}: {:?}", call.capabilities());
        for (attack, member, capability) in [
            ("structure", r#""zz":{"a":1}"#, "unknown_field"),
            ("client_given_api_base", r#""api_base":"evil""#, "names_endpoint"),
            ("address_under_any_name", r#""zz":"ftp://evil""#, "names_endpoint"),
            (
                "address_nested",
                r#""zz":[{"a":{"endpoint":"evil"}}]"#,
                "names_endpoint",
            ),
            ("search_by_an_unknown_switch", r#""enable_search":true"#, "hosted_tool"),
        ] {
            let call = accepted_as(format, &more(format, member));
            let names: Vec<&str> = call.capabilities().iter().map(|found| found.name()).collect();
            assert!(names.contains(&capability), "{attack} in {format:?}: {names:?}");
        }
    }
}
