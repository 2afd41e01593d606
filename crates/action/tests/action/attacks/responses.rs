//! Responses of OpenAI's.

use action::model_call::{Capability as C, Format};

use super::{each_reaches, endpoint, hosted, server, state, unknown_content, unknown_field, unknown_tool};
use crate::bodies::{accepted_as, more, refused_as};

const FORMAT: Format = Format::OpenAiResponses;

fn with(members: &str) -> String {
    more(FORMAT, members)
}

fn item(item: &str) -> String {
    format!(r#"{{"model":"gpt-5.2","input":[{item}]}}"#)
}

fn part(part: &str) -> String {
    item(&format!(r#"{{"role":"user","content":[{part}]}}"#))
}

fn tool(tool: &str) -> String {
    with(&format!(
        r#""tools":[{{"type":"function","name":"a","parameters":{{}}}},{tool}]"#
    ))
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    for (attack, body) in [
        ("stream_as_text", with(r#""stream":"true""#)),
        ("store_as_text", with(r#""store":"true""#)),
        ("background_as_text", with(r#""background":"true""#)),
        ("input_as_object", r#"{"model":"m","input":{"role":"user"}}"#.to_owned()),
        ("item_without_type_or_role", item(r#"{"content":"a"}"#)),
        ("item_as_text", item(r#""hi""#)),
        ("part_as_text", part(r#""hi""#)),
        (
            "image_with_two_sources",
            part(r#"{"type":"input_image","image_url":"data:image/png;base64,AA==","file_id":"f"}"#),
        ),
        ("image_without_source", part(r#"{"type":"input_image","detail":"low"}"#)),
        (
            "file_with_two_sources",
            part(r#"{"type":"input_file","file_id":"f","file_url":"https://evil"}"#),
        ),
        ("tool_without_type", tool(r#"{"name":"pay"}"#)),
        ("tools_as_object", with(r#""tools":{"0":{"type":"web_search"}}"#)),
        (
            "tool_of_another_operation",
            tool(r#"{"type":"function","function":{"name":"pay"}}"#),
        ),
        (
            "call_without_id",
            item(r#"{"type":"function_call","name":"f","arguments":"{}"}"#),
        ),
        (
            "metadata_with_structure",
            with(r#""metadata":{"a":{"server_url":"https://x"}}"#),
        ),
        (
            "instructions_as_items",
            with(r#""instructions":[{"role":"user","content":"a"}]"#),
        ),
        (
            "part_type_by_case",
            part(r#"{"Type":"input_image","type":"input_text","text":"a"}"#),
        ),
    ] {
        refused_as(FORMAT, attack, &body);
    }
}

#[test]
fn every_reach_beyond_text_is_a_capability() {
    each_reaches(
        FORMAT,
        &[
            (
                "hosted_tool",
                tool(r#"{"type":"web_search_preview"}"#),
                hosted("web_search_preview"),
            ),
            (
                "hosted_tool_by_version",
                tool(r#"{"type":"web_search_2025_08_26"}"#),
                hosted("web_search_2025_08_26"),
            ),
            (
                "code_interpreter",
                tool(r#"{"type":"code_interpreter","container":"cntr_1"}"#),
                hosted("code_interpreter"),
            ),
            (
                "container_kept",
                tool(r#"{"type":"code_interpreter","container":"cntr_1"}"#),
                state("container"),
            ),
            (
                "files_in_a_container",
                tool(r#"{"type":"code_interpreter","container":{"type":"auto","file_ids":["f"]}}"#),
                state("file_ids"),
            ),
            (
                "network_of_a_container",
                tool(
                    r#"{"type":"code_interpreter","container":{"type":"auto","network_policy":{"type":"allowlist"}}}"#,
                ),
                unknown_field("tools[].container.network_policy"),
            ),
            (
                "file_search",
                tool(r#"{"type":"file_search","vector_store_ids":["v"]}"#),
                state("vector_store_ids"),
            ),
            (
                "image_generation",
                tool(r#"{"type":"image_generation"}"#),
                C::MediaOutput,
            ),
            (
                "address_as_a_mask",
                tool(r#"{"type":"image_generation","input_image_mask":{"image_url":"https://evil"}}"#),
                C::RemoteImage,
            ),
            (
                "programs",
                tool(r#"{"type":"programmatic_tool_calling"}"#),
                hosted("programmatic_tool_calling"),
            ),
            (
                "function_for_programs",
                tool(r#"{"type":"function","name":"b","parameters":{},"allowed_callers":["programmatic"]}"#),
                hosted("allowed_callers programmatic"),
            ),
            ("shell_that_says_nothing", tool(r#"{"type":"shell"}"#), hosted("shell")),
            (
                "shell_of_the_provider",
                tool(r#"{"type":"shell","environment":{"type":"container_auto"}}"#),
                hosted("shell"),
            ),
            (
                "shell_in_a_known_container",
                tool(r#"{"type":"shell","environment":{"type":"container_reference","container_id":"c"}}"#),
                state("container_id"),
            ),
            (
                "search_among_tools",
                tool(r#"{"type":"tool_search"}"#),
                hosted("tool_search"),
            ),
            (
                "remote_mcp",
                tool(r#"{"type":"mcp","server_label":"x","server_url":"https://evil"}"#),
                server("https://evil"),
            ),
            (
                "connector",
                tool(r#"{"type":"mcp","connector_id":"connector_gmail"}"#),
                server("connector_gmail"),
            ),
            ("tunnel", tool(r#"{"type":"mcp","tunnel_id":"t"}"#), server("t")),
            (
                "remote_mcp_without_address",
                tool(r#"{"type":"mcp","server_label":"x"}"#),
                server("x"),
            ),
            (
                "unknown_tool_type",
                tool(r#"{"type":"teleport","to":"https://evil"}"#),
                unknown_tool("teleport"),
            ),
            (
                "tool_type_by_case",
                tool(r#"{"type":"Function","name":"b"}"#),
                unknown_tool("Function"),
            ),
            (
                "hosted_tool_in_a_namespace",
                tool(r#"{"type":"namespace","name":"n","description":"d","tools":[{"type":"web_search"}]}"#),
                unknown_tool("web_search in a namespace"),
            ),
            (
                "address_beside_a_function",
                tool(r#"{"type":"function","name":"b","parameters":{},"server_url":"https://evil"}"#),
                endpoint("tools[].server_url"),
            ),
            (
                "custom_tool",
                with(r#""tools":[{"type":"custom","name":"sh"}]"#),
                C::FunctionTools,
            ),
            ("computer", with(r#""tools":[{"type":"computer"}]"#), C::FunctionTools),
            (
                "hosted_tool_by_choice",
                with(r#""tool_choice":{"type":"file_search"}"#),
                hosted("file_search"),
            ),
            (
                "server_among_allowed",
                with(r#""tool_choice":{"type":"allowed_tools","tools":[{"type":"mcp","server_label":"x"}]}"#),
                server("x"),
            ),
            (
                "tools_in_an_item",
                item(r#"{"type":"additional_tools","role":"developer","tools":[{"type":"web_search"}]}"#),
                hosted("web_search"),
            ),
            (
                "functions_in_an_item",
                item(r#"{"type":"tool_search_output","tools":[{"type":"function","name":"b","parameters":{}}]}"#),
                C::FunctionTools,
            ),
            ("store", with(r#""store":true"#), state("store")),
            (
                "previous_response_id",
                with(r#""previous_response_id":"resp_1""#),
                state("previous_response_id"),
            ),
            (
                "conversation",
                with(r#""conversation":"conv_1""#),
                state("conversation"),
            ),
            (
                "conversation_as_object",
                with(r#""conversation":{"id":"conv_1"}"#),
                state("conversation"),
            ),
            ("background", with(r#""background":true"#), state("background")),
            (
                "prompt_kept_at_the_provider",
                with(r#""prompt":{"id":"pmpt_1"}"#),
                state("prompt"),
            ),
            (
                "image_in_a_prompts_variable",
                with(r#""prompt":{"id":"p","variables":{"a":{"type":"input_image","image_url":"https://evil"}}}"#),
                C::RemoteImage,
            ),
            (
                "comparison_to_another_response",
                with(r#""prompt_cache_options":{"comparison_response_id":"resp_1"}"#),
                state("comparison_response_id"),
            ),
            (
                "item_reference",
                item(r#"{"type":"item_reference","id":"msg_1"}"#),
                state("item_reference"),
            ),
            (
                "item_reference_without_type",
                item(r#"{"id":"msg_1"}"#),
                state("item_reference"),
            ),
            (
                "reasoning_looked_up",
                item(r#"{"type":"reasoning","id":"rs_1","summary":[]}"#),
                state("reasoning"),
            ),
            (
                "image_looked_up",
                item(r#"{"type":"image_generation_call","id":"ig_1","status":"completed"}"#),
                state("image_generation_call"),
            ),
            (
                "file_id",
                part(r#"{"type":"input_file","file_id":"file-1"}"#),
                state("file_id"),
            ),
            (
                "image_by_file_id",
                part(r#"{"type":"input_image","file_id":"file-1"}"#),
                state("file_id"),
            ),
            (
                "remote_image",
                part(r#"{"type":"input_image","image_url":"http://169.254.169.254/"}"#),
                C::RemoteImage,
            ),
            (
                "remote_image_in_capitals",
                part(r#"{"type":"input_image","image_url":"DATA:image/png;base64,AA=="}"#),
                C::RemoteImage,
            ),
            (
                "inline_image",
                part(r#"{"type":"input_image","image_url":"data:image/png;base64,AA=="}"#),
                C::InlineImage,
            ),
            (
                "remote_file",
                part(r#"{"type":"input_file","file_url":"https://evil"}"#),
                C::RemoteFile,
            ),
            (
                "remote_file_as_data",
                part(r#"{"type":"input_file","file_data":"https://evil"}"#),
                C::RemoteFile,
            ),
            (
                "inline_file",
                part(r#"{"type":"input_file","file_data":"AA=="}"#),
                C::InlineFile,
            ),
            (
                "sound",
                part(r#"{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}"#),
                C::InlineAudio,
            ),
            (
                "unknown_part",
                part(r#"{"type":"image_url","image_url":{"url":"https://evil"}}"#),
                unknown_content("image_url"),
            ),
            (
                "image_hidden_in_a_text_part",
                part(r#"{"type":"input_text","text":"a","image_url":"https://evil"}"#),
                endpoint("input[].content[].image_url"),
            ),
            (
                "image_in_a_tools_answer",
                item(
                    r#"{"type":"function_call_output","call_id":"c","output":[{"type":"input_image","image_url":"https://evil"}]}"#,
                ),
                C::RemoteImage,
            ),
            (
                "screenshot_by_address",
                item(
                    r#"{"type":"computer_call_output","call_id":"c","output":{"type":"computer_screenshot","image_url":"https://evil"}}"#,
                ),
                C::RemoteImage,
            ),
            (
                "approval_of_a_servers_tool",
                item(r#"{"type":"mcp_approval_response","approval_request_id":"a","approve":true}"#),
                server("mcp_approval_response"),
            ),
            (
                "listing_of_a_server",
                item(r#"{"type":"mcp_list_tools","server_label":"x","tools":[]}"#),
                server("x"),
            ),
            (
                "trace_of_a_hosted_tool",
                item(r#"{"type":"web_search_call","id":"w","status":"completed"}"#),
                hosted("web_search_call"),
            ),
            (
                "unknown_item",
                item(r#"{"type":"teleport_call","to":"x"}"#),
                unknown_content("teleport_call"),
            ),
            (
                "unknown_role",
                item(r#"{"role":"root","content":"a"}"#),
                unknown_content("role root"),
            ),
            (
                "unknown_format_of_text",
                with(r#""text":{"format":{"type":"grammar"}}"#),
                unknown_field("text.format"),
            ),
            (
                "unknown_management",
                with(r#""context_management":[{"type":"teleport"}]"#),
                unknown_field("context_management"),
            ),
            (
                "address_beside_the_form",
                with(r#""text":{"format":{"type":"text"},"url":"https://evil"}"#),
                endpoint("text.url"),
            ),
        ],
    );
}

#[test]
fn what_an_sdk_sends_for_text_reaches_nothing() {
    for (case, body) in [
        ("plain", with(r#""temperature":1"#)),
        ("without_store_the_default_holds", with(r#""top_p":1"#)),
        (
            "switched_off",
            with(r#""store":false,"background":false,"tools":[],"tool_choice":"auto","previous_response_id":null"#),
        ),
        (
            "turns",
            item(
                r#"{"role":"user","content":"a"},{"type":"message","id":"m","status":"completed","role":"assistant","content":[{"type":"output_text","text":"b","annotations":[],"logprobs":[]}]},{"role":"user","content":[{"type":"input_text","text":"c"}]}"#,
            ),
        ),
        (
            "sealed_reasoning",
            item(r#"{"type":"reasoning","id":"r","summary":[],"encrypted_content":"gAAA"}"#),
        ),
        (
            "tool_results",
            item(
                r#"{"type":"function_call","call_id":"c","name":"f","arguments":"{}","id":"fc","status":"completed"},{"type":"function_call_output","call_id":"c","output":"4"}"#,
            ),
        ),
    ] {
        let call = accepted_as(FORMAT, &body);
        assert!(call.capabilities().is_empty(), "{case}: {:?}", call.capabilities());
    }
}

#[test]
fn a_tool_that_the_provider_defined_goes_by_its_type() {
    let body = with(
        r#""tools":[{"type":"local_shell"},{"type":"shell","environment":{"type":"local"}},{"type":"namespace","name":"crm","description":"d","tools":[{"type":"function","name":"read"}]}]"#,
    );
    let call = accepted_as(FORMAT, &body);
    let names: Vec<&str> = call.tools().iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["local_shell", "shell", "crm.read"]);
    assert_eq!(call.capabilities().iter().collect::<Vec<_>>(), [&C::FunctionTools]);
}
