//! Chat completions of OpenAI's, and of those who speak the same.

use action::model_call::{Capability, Format};

use super::{each_reaches, endpoint, hosted, server, state, unknown_content, unknown_field, unknown_tool};
use crate::bodies::{content, refused_as, with};

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    let function = r#"{"type":"function","function":{"name":"pay","parameters":{}}}"#;
    for (attack, body) in [
        (
            "duplicate_key_tools",
            with(&format!(r#""tools":[],"tools":[{function}]"#)),
        ),
        (
            "duplicate_key_escaped",
            with(&format!(r#""tools":[],"\u0074ools":[{function}]"#)),
        ),
        ("duplicate_key_in_a_message", content("\"a\",\"content\":\"b\"")),
        ("lone_surrogate", content(r#""\ud800""#)),
        ("byte_order_mark", format!("\u{feff}{}", content("\"a\""))),
        ("trailing_second_document", format!("{}{{}}", content("\"a\""))),
        (
            "nested_too_deep",
            content(&format!("{}{}", "[".repeat(100), "]".repeat(100))),
        ),
        ("array_instead_of_object", format!("[{}]", content("\"a\""))),
        ("capability_smuggled_by_case", with(&format!(r#""Tools":[{function}]"#))),
        (
            "capability_smuggled_by_long_s",
            with(&format!(r#""tool\u017f":[{function}]"#)),
        ),
        (
            "capability_smuggled_by_camel_case",
            with(r#""previousResponseId":"resp_1""#),
        ),
        ("capability_smuggled_by_hyphen", with(r#""web-search-options":{}"#)),
        ("capability_smuggled_by_zero_width_space", with("\"to\u{200b}ols\":[]")),
        ("capability_smuggled_by_trailing_space", with(r#""tools ":[]"#)),
        (
            "messages_by_another_case",
            r#"{"model":"m","messages":[],"MESSAGES":[]}"#.to_owned(),
        ),
        (
            "part_type_by_case",
            content(r#"[{"Type":"image_url","type":"text","text":"a"}]"#),
        ),
        (
            "image_url_by_case",
            content(r#"[{"type":"image_url","image_url":{"url":"data:,","URL":"https://x"}}]"#),
        ),
        ("stream_as_text", with(r#""stream":"true""#)),
        ("store_as_text", with(r#""store":"true""#)),
        ("tools_as_object", with(r#""tools":{"0":{"type":"web_search"}}"#)),
        ("tool_without_type", with(r#""tools":[{"function":{"name":"pay"}}]"#)),
        (
            "flat_tool_of_another_operation",
            with(r#""tools":[{"type":"function","name":"pay"}]"#),
        ),
        (
            "plain_setting_with_structure",
            with(r#""user":{"tools":[{"type":"mcp"}]}"#),
        ),
        (
            "metadata_with_structure",
            with(r#""metadata":{"a":{"server_url":"https://x"}}"#),
        ),
        ("content_as_object", content(r#"{"type":"text","text":"a"}"#)),
        ("model_as_array", r#"{"model":["a","b"],"messages":[]}"#.to_owned()),
        ("model_missing", r#"{"messages":[]}"#.to_owned()),
        ("model_empty", r#"{"model":"","messages":[]}"#.to_owned()),
        (
            "model_very_long",
            format!(r#"{{"model":"{}","messages":[]}}"#, "m".repeat(257)),
        ),
        (
            "file_with_two_sources",
            content(r#"[{"type":"file","file":{"file_id":"f","file_data":"AA=="}}]"#),
        ),
    ] {
        refused_as(Format::OpenAiChat, attack, &body);
    }
}

#[test]
fn a_refusal_names_the_place() {
    for (body, message) in [
        (with(r#""Tools":[]"#), "`Tools` differs from `tools` only in case"),
        (with("\"to\u{200b}ols\":[]"), "`to⟨U+200B⟩ols` differs from `tools`"),
        (
            content(r#"[{"type":"text","text":1}]"#),
            "`messages[0].content[0].text` must be a string",
        ),
        (
            with(r#""tools":[{"type":"function"}]"#),
            "`tools[0].function` is missing",
        ),
        (with(r#""tools":[],"tools":[]"#), "the key `tools` stands twice"),
    ] {
        let said = refused_as(Format::OpenAiChat, "names the place", &body).to_string();
        assert!(said.contains(message), "{said}");
    }
}

#[test]
fn every_reach_beyond_text_is_a_capability() {
    use Capability as C;
    let tools = |tool: &str| {
        with(&format!(
            r#""tools":[{{"type":"function","function":{{"name":"a"}}}},{tool}]"#
        ))
    };
    let attacks = [
        (
            "hosted_tool_hidden_in_tools",
            tools(r#"{"type":"web_search_preview"}"#),
            hosted("web_search_preview"),
        ),
        (
            "hosted_tool_by_version",
            tools(r#"{"type":"web_search_2025_08_26"}"#),
            hosted("web_search_2025_08_26"),
        ),
        (
            "code_interpreter",
            tools(r#"{"type":"code_interpreter","container":{"type":"auto"}}"#),
            hosted("code_interpreter"),
        ),
        (
            "remote_mcp",
            tools(r#"{"type":"mcp","server_label":"x","server_url":"https://evil"}"#),
            server("mcp"),
        ),
        (
            "remote_mcp_address",
            tools(r#"{"type":"mcp","server_url":"https://evil"}"#),
            endpoint("tools[].server_url"),
        ),
        (
            "tool_type_by_case",
            tools(r#"{"type":"Function","function":{}}"#),
            unknown_tool("Function"),
        ),
        (
            "unknown_tool_type",
            tools(r#"{"type":"teleport"}"#),
            unknown_tool("teleport"),
        ),
        (
            "address_beside_a_function",
            tools(r#"{"type":"function","function":{"name":"b"},"server_url":"https://evil"}"#),
            endpoint("tools[].server_url"),
        ),
        (
            "hosted_tool_by_choice",
            with(r#""tool_choice":{"type":"file_search"}"#),
            hosted("file_search"),
        ),
        (
            "hosted_tool_among_allowed",
            with(r#""tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"mcp"}]}}"#),
            server("mcp"),
        ),
        (
            "hosted_tool_by_choice_behind_the_old_field",
            with(r#""function_call":"none","tool_choice":{"type":"file_search"}"#),
            hosted("file_search"),
        ),
        (
            "old_functions",
            with(r#""functions":[{"name":"pay"}]"#),
            C::FunctionTools,
        ),
        (
            "custom_tool",
            with(r#""tools":[{"type":"custom","custom":{"name":"sh"}}]"#),
            C::FunctionTools,
        ),
        (
            "web_search_options",
            with(r#""web_search_options":{}"#),
            hosted("web_search_options"),
        ),
        (
            "search_by_an_unknown_switch",
            with(r#""enable_search":true"#),
            hosted("enable_search"),
        ),
        (
            "search_by_the_model",
            r#"{"model":"gpt-4o-search-preview","messages":[]}"#.to_owned(),
            hosted("web search, by the model gpt-4o-search-preview"),
        ),
        ("store", with(r#""store":true"#), state("store")),
        (
            "previous_response_id",
            with(r#""previous_response_id":"resp_1""#),
            state("previous_response_id"),
        ),
        ("background", with(r#""background":true"#), state("background")),
        (
            "conversation",
            with(r#""conversation":{"id":"c"}"#),
            state("conversation"),
        ),
        (
            "prompt_kept_at_the_provider",
            with(r#""prompt":{"id":"pmpt_1"}"#),
            state("prompt"),
        ),
        (
            "file_id",
            content(r#"[{"type":"file","file":{"file_id":"file-1"}}]"#),
            state("file_id"),
        ),
        (
            "remote_image_nested_in_parts",
            content(r#"[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"https://evil/x.png"}}]"#),
            C::RemoteImage,
        ),
        (
            "remote_image_as_text",
            content(r#"[{"type":"image_url","image_url":"http://169.254.169.254/"}]"#),
            C::RemoteImage,
        ),
        (
            "remote_image_in_capitals",
            content(r#"[{"type":"image_url","image_url":{"url":"HTTPS://evil"}}]"#),
            C::RemoteImage,
        ),
        (
            "remote_image_that_begins_as_data",
            content(r#"[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA==\nhttps://evil"}}]"#),
            C::RemoteImage,
        ),
        (
            "image_from_a_file_address",
            content(r#"[{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}]"#),
            C::RemoteImage,
        ),
        (
            "inline_image",
            content(r#"[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]"#),
            C::InlineImage,
        ),
        (
            "inline_file",
            content(r#"[{"type":"file","file":{"file_data":"data:application/pdf;base64,AA=="}}]"#),
            C::InlineFile,
        ),
        (
            "remote_file",
            content(r#"[{"type":"file","file":{"file_url":"https://evil"}}]"#),
            C::RemoteFile,
        ),
        (
            "remote_file_as_data",
            content(r#"[{"type":"file","file":{"file_data":"https://evil"}}]"#),
            C::RemoteFile,
        ),
        (
            "sound",
            content(r#"[{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}]"#),
            C::InlineAudio,
        ),
        (
            "sound_as_an_answer",
            with(r#""modalities":["text","audio"]"#),
            C::MediaOutput,
        ),
        (
            "unknown_part",
            content(r#"[{"type":"input_image","image_url":"https://evil"}]"#),
            unknown_content("input_image"),
        ),
        (
            "image_hidden_in_a_text_part",
            content(r#"[{"type":"text","text":"a","image_url":{"url":"https://evil"}}]"#),
            endpoint("messages[].content[].image_url"),
        ),
        (
            "unknown_role",
            r#"{"model":"m","messages":[{"role":"root","content":"a"}]}"#.to_owned(),
            unknown_content("role root"),
        ),
        (
            "unknown_structure",
            with(r#""extra_body":{"a":1}"#),
            unknown_field("extra_body"),
        ),
        (
            "other_models_to_fall_back_on",
            with(r#""models":["a","b"]"#),
            unknown_field("models"),
        ),
        (
            "client_given_api_base",
            with(r#""api_base":"https://evil""#),
            endpoint("api_base"),
        ),
        (
            "client_given_api_base_nested",
            with(r#""litellm":{"x":[{"api_base":"evil"}]}"#),
            endpoint("litellm"),
        ),
        (
            "address_under_any_name",
            with(r#""sink":"ftp://evil""#),
            endpoint("sink"),
        ),
    ];
    each_reaches(Format::OpenAiChat, &attacks);
}
