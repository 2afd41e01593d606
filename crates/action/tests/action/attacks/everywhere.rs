//! The same attack in every place of a body that has something in every place: an address that a relay would take for
//! one of its own settings. It must be refused, or named as what it is.
//!
//! There are places where anything may stand, because nobody but the model and the agent reads it: a tool's schema, the
//! arguments of a call, the settings of a tool that a policy had to allow by its name anyway.

use action::model_call::{Capability, Format};
use serde_json::{Value, json};

use crate::bodies::{read_as, rich};

/// The beginnings of the paths, without indexes, and of the pointers, under which anything may stand.
fn free(format: Format) -> &'static [&'static str] {
    match format {
        Format::OpenAiChat => &[
            "response_format.json_schema.schema",
            "tools[].function.parameters",
            "tools[].custom.format",
        ],
        Format::OpenAiResponses => &[
            "text.format.schema",
            "tools[].parameters",
            "tools[].format",
            "tools[].tools[].parameters",
            "input[].tools[].parameters",
            // What a tool did is shown as it is.
            "input[].action",
            "input[].content[].annotations",
            // The tool itself is a capability, and shown whole.
            "tools[].filters",
            "tools[].headers",
            "tools[].require_approval",
        ],
        Format::AnthropicMessages | Format::AnthropicCountTokens => &[
            "output_config.format.schema",
            "context_management.edits[].keep",
            "messages[].content[].input",
            "tools[].input_schema",
            "tools[].input_examples",
            // What the provider's tool found, which is a capability.
            "/messages/1/content/5/content",
        ],
        Format::GeminiGenerate | Format::GeminiStream | Format::GeminiCountTokens => &[
            "generationConfig.responseSchema",
            "contents[].parts[].functionCall.args",
            "contents[].parts[].functionResponse.response",
            "tools[].functionDeclarations[].parameters",
            // What the provider ran, and the tools that it runs, which are capabilities.
            "contents[].parts[].executableCode",
            "contents[].parts[].codeExecutionResult",
            "tools[].googleSearch",
            "tools[].urlContext",
            "tools[].fileSearch.fileSearchStoreNames",
            "tools[].computerUse",
            "tools[].mcpServers[].streamableHttpTransport.headers",
        ],
        _ => &[],
    }
}

/// Every place of a document, as a JSON pointer.
fn places(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.to_owned());
    match value {
        Value::Array(elements) => {
            for (index, element) in elements.iter().enumerate() {
                places(element, &format!("{at}/{index}"), into);
            }
        }
        Value::Object(map) => map
            .iter()
            .for_each(|(key, value)| places(value, &format!("{at}/{key}"), into)),
        _ => {}
    }
}

/// `/messages/0/content` as `messages[].content`.
fn path(pointer: &str) -> String {
    pointer.split('/').skip(1).fold(String::new(), |path, name| {
        if name.parse::<usize>().is_ok() {
            path + "[]"
        } else if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    })
}

fn evil() -> Value {
    json!({"api_base": "https://evil.example", "nested": [{"callback_url": "https://evil.example"}]})
}

/// The bodies that come of altering one place after the other.
fn altered(format: Format, alter: fn(&mut Value) -> bool) -> Vec<(String, Value)> {
    let honest: Value = serde_json::from_str(rich(format)).unwrap();
    let mut all = Vec::new();
    places(&honest, "", &mut all);
    let is_free = |pointer: &str| {
        let mut free = free(format).iter();
        free.any(|free| path(pointer).starts_with(free) || pointer.starts_with(free))
    };
    all.retain(|pointer| !is_free(pointer));
    let bodies = all.into_iter().filter_map(|pointer| {
        let mut body = honest.clone();
        alter(body.pointer_mut(&pointer)?).then_some((pointer, body))
    });
    bodies.collect()
}

/// That each of the altered bodies is refused, or that what was put there is named.
fn each_is_caught(alter: fn(&mut Value) -> bool) {
    for format in Format::ALL {
        let bodies = altered(format, alter);
        assert!(!bodies.is_empty());
        let passed = bodies
            .iter()
            .filter(|(_, body)| match read_as(format, body.to_string().as_bytes()) {
                Ok(call) => !call
                    .capabilities()
                    .iter()
                    .any(|found| matches!(found, Capability::NamesEndpoint(_))),
                Err(_) => false,
            });
        let passed: Vec<&str> = passed.map(|(pointer, _)| pointer.as_str()).collect();
        assert!(passed.is_empty(), "{format:?}: {passed:#?}");
    }
}

#[test]
fn address_in_a_field_that_nobody_knows() {
    each_is_caught(|place| match place {
        Value::Object(map) => map.insert("zz_setting".to_owned(), evil()).is_none(),
        _ => false,
    });
}

#[test]
fn address_in_the_place_of_a_plain_value() {
    each_is_caught(|place| {
        let is_plain = !place.is_object() && !place.is_array() && !place.is_null();
        if is_plain {
            *place = evil();
        }
        is_plain
    });
}

#[test]
fn address_in_the_place_of_a_list_or_an_object() {
    each_is_caught(|place| {
        let is_structure = place.is_object() || place.is_array();
        if is_structure {
            *place = serde_json::json!([evil()]);
        }
        is_structure
    });
}

#[test]
fn the_rich_bodies_are_read_as_they_are() {
    for format in Format::ALL {
        assert!(read_as(format, rich(format).as_bytes()).is_ok(), "{format:?}");
    }
}
