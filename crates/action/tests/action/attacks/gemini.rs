//! Gemini, whose bodies are protobuf's JSON: one field, two spellings, and lists that may lack their brackets.

use action::model_call::{Capability as C, Format, ReadError, ToolChoice, read};

use super::{each_reaches, endpoint, hosted, server, state, unknown_content, unknown_field, unknown_tool};
use crate::bodies::{accepted_as, more, refused_as};

const FORMAT: Format = Format::GeminiGenerate;

fn with(members: &str) -> String {
    more(FORMAT, members)
}

fn part(part: &str) -> String {
    format!(r#"{{"contents":[{{"role":"user","parts":[{part}]}}]}}"#)
}

fn tool(tool: &str) -> String {
    with(&format!(
        r#""tools":[{{"functionDeclarations":[{{"name":"a"}}]}},{tool}]"#
    ))
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    for (attack, body) in [
        (
            "both_spellings",
            with(r#""systemInstruction":{"parts":[]},"system_instruction":{"parts":[]}"#),
        ),
        (
            "both_spellings_one_null",
            with(r#""cachedContent":null,"cached_content":"c""#),
        ),
        (
            "both_spellings_in_a_part",
            part(r#"{"fileData":{"fileUri":"a","file_uri":"https://evil"}}"#),
        ),
        (
            "both_spellings_in_a_tool",
            tool(r#"{"googleSearch":{},"google_search":{}}"#),
        ),
        ("half_a_spelling", with(r#""systeminstruction":{"parts":[]}"#)),
        ("a_spelling_too_many", with(r#""system__instruction":{"parts":[]}"#)),
        ("spelling_by_hyphen", with(r#""system-instruction":{"parts":[]}"#)),
        ("spelling_in_capitals", with(r#""SYSTEM_INSTRUCTION":{"parts":[]}"#)),
        (
            "schema_by_an_inner_name",
            with(r#""generationConfig":{"_responseJsonSchema":{}}"#),
        ),
        (
            "part_that_is_two_things",
            part(r#"{"text":"a","fileData":{"fileUri":"https://evil"}}"#),
        ),
        (
            "part_that_is_two_things_in_snake_case",
            part(r#"{"text":"a","file_data":{"file_uri":"https://evil"}}"#),
        ),
        ("part_as_text", part(r#""hi""#)),
        ("contents_as_text", r#"{"contents":"hi"}"#.to_owned()),
        ("text_as_array", part(r#"{"text":["a"]}"#)),
        ("thought_as_text", part(r#"{"text":"a","thought":"true"}"#)),
        ("file_without_address", part(r#"{"fileData":{"mimeType":"image/png"}}"#)),
        ("labels_with_structure", with(r#""labels":{"a":{"url":"https://x"}}"#)),
        ("store_as_text", with(r#""store":"true""#)),
        (
            "function_without_name",
            with(r#""tools":[{"functionDeclarations":[{"description":"d"}]}]"#),
        ),
        (
            "modality_as_object",
            with(r#""generationConfig":{"responseModalities":[{"a":1}]}"#),
        ),
    ] {
        refused_as(FORMAT, attack, &body);
    }
}

#[test]
fn both_spellings_are_read_as_one_field() {
    for (attack, camel, snake) in [
        (
            "cached_content",
            with(r#""cachedContent":"c""#),
            with(r#""cached_content":"c""#),
        ),
        (
            "file",
            part(r#"{"fileData":{"fileUri":"https://evil"}}"#),
            part(r#"{"file_data":{"file_uri":"https://evil"}}"#),
        ),
        (
            "search",
            with(r#""tools":[{"googleSearch":{}}]"#),
            with(r#""tools":[{"google_search":{}}]"#),
        ),
        (
            "functions",
            with(r#""tools":{"functionDeclarations":{"name":"a"}}"#),
            with(r#""tools":[{"function_declarations":[{"name":"a"}]}]"#),
        ),
        (
            "server",
            with(r#""tools":[{"mcpServers":[{"streamableHttpTransport":{"url":"https://evil"}}]}]"#),
            with(r#""tools":[{"mcp_servers":{"streamable_http_transport":{"url":"https://evil"}}}]"#),
        ),
    ] {
        let (camel, snake) = (accepted_as(FORMAT, &camel), accepted_as(FORMAT, &snake));
        assert!(!camel.capabilities().is_empty(), "{attack}");
        assert_eq!(camel.capabilities(), snake.capabilities(), "{attack}");
        assert_eq!(camel.tools(), snake.tools(), "{attack}");
        assert!(
            snake.unknown_fields().is_empty(),
            "{attack}: {:?}",
            snake.unknown_fields()
        );
    }
    let error = refused_as(FORMAT, "twice", &with(r#""toolConfig":{},"tool_config":{}"#));
    assert!(
        matches!(&error, ReadError::Twice { path } if path == "toolConfig"),
        "{error}"
    );
}

#[test]
fn one_element_may_lack_its_brackets_and_is_read_all_the_same() {
    let body = r#"{"contents":{"parts":{"fileData":{"fileUri":"https://evil"}}},"tools":{"codeExecution":{}}}"#;
    let call = accepted_as(FORMAT, body);
    assert!(
        call.capabilities().contains(&C::RemoteFile),
        "{:?}",
        call.capabilities()
    );
    assert!(
        call.capabilities().contains(&hosted("codeExecution")),
        "{:?}",
        call.capabilities()
    );
}

#[test]
fn every_reach_beyond_text_is_a_capability() {
    each_reaches(
        FORMAT,
        &[
            ("google_search", tool(r#"{"googleSearch":{}}"#), hosted("googleSearch")),
            (
                "search_retrieval",
                tool(r#"{"google_search_retrieval":{}}"#),
                hosted("googleSearchRetrieval"),
            ),
            ("url_context", tool(r#"{"urlContext":{}}"#), hosted("urlContext")),
            (
                "code_execution",
                tool(r#"{"codeExecution":{}}"#),
                hosted("codeExecution"),
            ),
            ("maps", tool(r#"{"googleMaps":{}}"#), hosted("googleMaps")),
            (
                "retrieval",
                tool(r#"{"retrieval":{"vertexAiSearch":{"datastore":"d"}}}"#),
                hosted("retrieval"),
            ),
            (
                "file_search",
                tool(r#"{"fileSearch":{"fileSearchStoreNames":["s"]}}"#),
                state("fileSearchStoreNames"),
            ),
            (
                "remote_mcp",
                tool(r#"{"mcpServers":[{"name":"x","streamableHttpTransport":{"url":"https://evil"}}]}"#),
                server("https://evil"),
            ),
            (
                "remote_mcp_without_address",
                tool(r#"{"mcpServers":[{"name":"x"}]}"#),
                server("x"),
            ),
            (
                "hosted_tool_beside_a_function",
                with(r#""tools":[{"functionDeclarations":[{"name":"a"}],"googleSearch":{}}]"#),
                hosted("googleSearch"),
            ),
            (
                "function",
                with(r#""tools":[{"functionDeclarations":[{"name":"pay"}]}]"#),
                C::FunctionTools,
            ),
            (
                "computer",
                with(r#""tools":[{"computerUse":{"environment":"ENVIRONMENT_BROWSER"}}]"#),
                C::FunctionTools,
            ),
            ("unknown_tool", tool(r#"{"teleport":{}}"#), unknown_tool("teleport")),
            (
                "unknown_tool_as_a_switch",
                tool(r#"{"teleport":true}"#),
                unknown_tool("teleport"),
            ),
            (
                "address_in_a_function",
                with(r#""tools":[{"functionDeclarations":[{"name":"a","serverUrl":"https://evil"}]}]"#),
                endpoint("tools[].functionDeclarations[].serverUrl"),
            ),
            (
                "cached_content",
                with(r#""cachedContent":"cachedContents/1""#),
                state("cachedContent"),
            ),
            ("store", with(r#""store":true"#), state("store")),
            (
                "uploaded_file",
                part(r#"{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc"}}"#),
                state("fileUri"),
            ),
            (
                "address_that_looks_like_an_uploaded_file",
                part(r#"{"fileData":{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/../../evil"}}"#),
                C::RemoteFile,
            ),
            (
                "address_at_a_host_that_begins_alike",
                part(r#"{"fileData":{"fileUri":"https://generativelanguage.googleapis.com.evil/v1beta/files/a"}}"#),
                C::RemoteFile,
            ),
            (
                "remote_image",
                part(r#"{"fileData":{"mimeType":"image/png","fileUri":"https://evil"}}"#),
                C::RemoteImage,
            ),
            (
                "video_elsewhere",
                part(r#"{"fileData":{"fileUri":"https://youtu.be/x"}}"#),
                C::RemoteFile,
            ),
            (
                "bucket",
                part(r#"{"fileData":{"fileUri":"gs://b/x.pdf"}}"#),
                C::RemoteFile,
            ),
            (
                "inline_image",
                part(r#"{"inlineData":{"mimeType":"IMAGE/png","data":"AA=="}}"#),
                C::InlineImage,
            ),
            (
                "sound",
                part(r#"{"inlineData":{"mimeType":"audio/wav","data":"AA=="}}"#),
                C::InlineAudio,
            ),
            (
                "inline_file",
                part(r#"{"inlineData":{"mimeType":"application/pdf","data":"AA=="}}"#),
                C::InlineFile,
            ),
            (
                "address_as_base64",
                part(r#"{"inlineData":{"mimeType":"image/png","data":"https://evil"}}"#),
                C::RemoteImage,
            ),
            (
                "file_in_a_tools_answer",
                part(
                    r#"{"functionResponse":{"name":"f","response":{},"parts":[{"fileData":{"fileUri":"https://evil"}}]}}"#,
                ),
                C::RemoteFile,
            ),
            (
                "image_in_the_system",
                with(
                    r#""systemInstruction":{"parts":[{"fileData":{"mimeType":"image/png","fileUri":"https://evil"}}]}"#,
                ),
                C::RemoteImage,
            ),
            (
                "trace_of_code_that_ran",
                part(r#"{"executableCode":{"language":"PYTHON","code":"1"}}"#),
                hosted("executableCode"),
            ),
            (
                "call_of_a_hosted_tool",
                part(r#"{"toolCall":{"id":"t"}}"#),
                hosted("toolCall"),
            ),
            ("unknown_part", part(r#"{"teleport":"x"}"#), unknown_content("teleport")),
            (
                "address_beside_text",
                part(r#"{"text":"a","imageUrl":"https://evil"}"#),
                endpoint("contents[].parts[].imageUrl"),
            ),
            (
                "unknown_role",
                r#"{"contents":[{"role":"root","parts":[{"text":"a"}]}]}"#.to_owned(),
                unknown_content("role root"),
            ),
            (
                "sound_as_an_answer",
                with(r#""generationConfig":{"responseModalities":["AUDIO"]}"#),
                C::MediaOutput,
            ),
            (
                "image_as_an_answer",
                with(r#""generation_config":{"response_modalities":"IMAGE"}"#),
                C::MediaOutput,
            ),
            (
                "modality_by_number",
                with(r#""generationConfig":{"responseModalities":["text"]}"#),
                C::MediaOutput,
            ),
            (
                "voice",
                with(r#""generationConfig":{"speechConfig":{"voiceConfig":{}}}"#),
                C::MediaOutput,
            ),
            (
                "another_model_by_routing",
                with(r#""generationConfig":{"modelConfig":{"model":"x"}}"#),
                unknown_field("generationConfig.modelConfig"),
            ),
            (
                "request_within_a_request",
                with(r#""generateContentRequest":{"contents":[]}"#),
                unknown_field("generateContentRequest"),
            ),
        ],
    );
}

#[test]
fn what_an_sdk_sends_for_text_reaches_nothing() {
    for (case, body) in [
        (
            "plain",
            with(r#""generationConfig":{"temperature":1,"maxOutputTokens":9,"responseModalities":["TEXT"]}"#),
        ),
        (
            "system",
            with(r#""systemInstruction":{"role":"user","parts":[{"text":"a"}]}"#),
        ),
        (
            "curl",
            r#"{"contents":{"parts":{"text":"https://example.org"}}}"#.to_owned(),
        ),
        (
            "safety",
            with(r#""safetySettings":[{"category":"C","threshold":"BLOCK_NONE"}],"tools":[]"#),
        ),
        (
            "thought",
            part(r#"{"text":"a","thought":true,"thoughtSignature":"s"},{"thoughtSignature":"s"}"#),
        ),
        (
            "tool_results",
            part(
                r#"{"functionCall":{"name":"f","args":{"url":"https://example.org"}}},{"functionResponse":{"name":"f","response":{"result":4}}}"#,
            ),
        ),
    ] {
        let call = accepted_as(FORMAT, &body);
        assert!(call.capabilities().is_empty(), "{case}: {:?}", call.capabilities());
    }
}

#[test]
fn the_mode_of_calling_is_read_exactly() {
    let chosen = |config: &str| {
        let body = with(&format!(r#""toolConfig":{{"functionCallingConfig":{config}}}"#));
        accepted_as(FORMAT, &body).tool_choice().clone()
    };
    assert_eq!(chosen(r#"{"mode":"ANY"}"#), ToolChoice::Required);
    assert_eq!(
        chosen(r#"{"mode":"ANY","allowedFunctionNames":["pay"]}"#),
        ToolChoice::Named("pay".to_owned())
    );
    assert_eq!(chosen(r#"{"mode":"NONE"}"#), ToolChoice::None);
    assert_eq!(chosen(r#"{"mode":"none"}"#), ToolChoice::Free);
    assert_eq!(chosen(r#"{"mode":3}"#), ToolChoice::Free);
}

#[test]
fn a_request_whose_tokens_are_counted_is_read_like_one_that_is_sent() {
    let counted = Format::GeminiCountTokens;
    let inner = r#"{"model":"models/gemini-2.5-pro","contents":[{"parts":[{"fileData":{"fileUri":"https://evil"}}]}],"tools":[{"functionDeclarations":[{"name":"a"}]}]}"#;
    let call = accepted_as(counted, &format!(r#"{{"generateContentRequest":{inner}}}"#));
    assert_eq!(
        call.capabilities().iter().collect::<Vec<_>>(),
        [&C::RemoteFile],
        "no tool is called for"
    );
    assert_eq!(call.messages().len(), 1);
    let beside = format!(r#"{{"generate_content_request":{inner},"contents":[{{"parts":[{{"text":"a"}}]}}]}}"#);
    assert!(
        accepted_as(counted, &beside)
            .capabilities()
            .contains(&unknown_field("contents"))
    );
    for attack in [
        inner.replace("gemini-2.5-pro", "other"),
        inner.replace("models/gemini-2.5-pro", "tunedModels/gemini-2.5-pro"),
    ] {
        refused_as(
            counted,
            "another model",
            &format!(r#"{{"generateContentRequest":{attack}}}"#),
        );
    }
}

#[test]
fn the_stream_is_the_paths_choice() {
    let body = with(r#""stream":false"#);
    assert!(
        read(Format::GeminiStream, Some("gemini-2.5-pro"), body.as_bytes())
            .unwrap()
            .stream()
    );
    assert!(
        !read(Format::GeminiGenerate, Some("gemini-2.5-pro"), body.as_bytes())
            .unwrap()
            .stream()
    );
}
