//! Messages of Anthropic's, and the counting of their tokens, which is read alike.

use action::model_call::{Capability as C, Format};

use super::{each_reaches, endpoint, hosted, server, state, unknown_content, unknown_field, unknown_tool};
use crate::bodies::{accepted_as, more, refused_as};

const FORMAT: Format = Format::AnthropicMessages;

fn with(members: &str) -> String {
    more(FORMAT, members)
}

fn block(block: &str) -> String {
    format!(r#"{{"model":"claude-opus-5","max_tokens":9,"messages":[{{"role":"user","content":[{block}]}}]}}"#)
}

fn image(source: &str) -> String {
    block(&format!(r#"{{"type":"image","source":{source}}}"#))
}

fn document(source: &str) -> String {
    block(&format!(r#"{{"type":"document","source":{source}}}"#))
}

fn tool(tool: &str) -> String {
    with(&format!(r#""tools":[{{"name":"a","input_schema":{{}}}},{tool}]"#))
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    for (attack, body) in [
        ("stream_as_text", with(r#""stream":"true""#)),
        (
            "content_as_object",
            block("").replace("[]", r#"{"type":"text","text":"a"}"#),
        ),
        ("block_without_type", block(r#"{"text":"a"}"#)),
        (
            "block_type_by_case",
            block(r#"{"Type":"image","type":"text","text":"a"}"#),
        ),
        ("text_as_array", block(r#"{"type":"text","text":["a"]}"#)),
        (
            "source_with_two_places",
            image(r#"{"type":"base64","media_type":"image/png","data":"AA==","url":"https://evil"}"#),
        ),
        (
            "source_of_two_kinds",
            image(r#"{"type":"file","file_id":"f","url":"https://evil"}"#),
        ),
        ("source_as_text", image(r#""https://evil""#)),
        (
            "tools_as_object",
            with(r#""tools":{"0":{"type":"web_search_20250305"}}"#),
        ),
        ("tool_without_name", tool(r#"{"input_schema":{}}"#)),
        ("tool_choice_as_text", with(r#""tool_choice":"any""#)),
        ("system_as_object", with(r#""system":{"type":"text","text":"a"}"#)),
        ("container_as_array", with(r#""container":["c"]"#)),
        (
            "metadata_with_structure",
            with(r#""metadata":{"user_id":{"url":"https://x"}}"#),
        ),
        (
            "cache_control_with_structure",
            with(r#""cache_control":{"type":{"url":"https://x"}}"#),
        ),
        ("servers_as_object", with(r#""mcp_servers":{"url":"https://evil"}"#)),
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
                "web_search",
                tool(r#"{"type":"web_search_20250305","name":"web_search"}"#),
                hosted("web_search_20250305"),
            ),
            (
                "web_fetch",
                tool(r#"{"type":"web_fetch_20260318","name":"web_fetch"}"#),
                hosted("web_fetch_20260318"),
            ),
            (
                "code_execution",
                tool(r#"{"type":"code_execution_20260521","name":"code_execution"}"#),
                hosted("code_execution_20260521"),
            ),
            (
                "search_among_tools",
                tool(r#"{"type":"tool_search_tool_bm25_20251119","name":"t"}"#),
                hosted("tool_search_tool_bm25_20251119"),
            ),
            (
                "another_model_advises",
                tool(r#"{"type":"advisor_20260301","name":"advisor","model":"m"}"#),
                hosted("advisor_20260301"),
            ),
            (
                "hosted_tool_under_a_harmless_name",
                tool(r#"{"type":"web_search_20250305","name":"get_weather","input_schema":{}}"#),
                hosted("web_search_20250305"),
            ),
            (
                "function_for_programs",
                tool(r#"{"name":"b","input_schema":{},"allowed_callers":["code_execution_20250825"]}"#),
                hosted("allowed_callers code_execution_20250825"),
            ),
            (
                "toolset_of_a_server",
                tool(r#"{"type":"mcp_toolset","mcp_server_name":"crm"}"#),
                server("crm"),
            ),
            (
                "remote_mcp",
                with(r#""mcp_servers":[{"type":"url","name":"x","url":"https://evil"}]"#),
                server("https://evil"),
            ),
            (
                "remote_mcp_without_address",
                with(r#""mcp_servers":[{"name":"x"}]"#),
                server("x"),
            ),
            (
                "function",
                with(r#""tools":[{"name":"pay","input_schema":{}}]"#),
                C::FunctionTools,
            ),
            (
                "shell",
                with(r#""tools":[{"type":"bash_20250124","name":"bash"}]"#),
                C::FunctionTools,
            ),
            (
                "shell_without_its_date",
                tool(r#"{"type":"bash_latest","name":"bash"}"#),
                unknown_tool("bash_latest"),
            ),
            (
                "unknown_tool_type",
                tool(r#"{"type":"teleport_20260101","name":"t"}"#),
                unknown_tool("teleport_20260101"),
            ),
            (
                "tool_type_by_case",
                tool(r#"{"type":"Custom","name":"b","input_schema":{}}"#),
                unknown_tool("Custom"),
            ),
            (
                "address_beside_a_function",
                tool(r#"{"name":"b","input_schema":{},"server_url":"https://evil"}"#),
                endpoint("tools[].server_url"),
            ),
            (
                "hosted_tool_by_choice",
                with(r#""tool_choice":{"type":"web_search"}"#),
                hosted("web_search"),
            ),
            ("container", with(r#""container":"container_1""#), state("container")),
            (
                "container_with_skills",
                with(r#""container":{"skills":[{"type":"custom","skill_id":"s"}]}"#),
                state("container"),
            ),
            (
                "file_for_a_container",
                block(r#"{"type":"container_upload","file_id":"f"}"#),
                state("container_upload"),
            ),
            (
                "image_kept_at_the_provider",
                image(r#"{"type":"file","file_id":"f"}"#),
                state("file_id"),
            ),
            (
                "document_kept_at_the_provider",
                document(r#"{"type":"file","file_id":"f"}"#),
                state("file_id"),
            ),
            (
                "remote_image",
                image(r#"{"type":"url","url":"http://169.254.169.254/"}"#),
                C::RemoteImage,
            ),
            (
                "address_as_base64",
                image(r#"{"type":"base64","media_type":"image/png","data":"https://evil"}"#),
                C::RemoteImage,
            ),
            (
                "inline_image",
                image(r#"{"type":"base64","media_type":"image/png","data":"AA=="}"#),
                C::InlineImage,
            ),
            (
                "remote_file",
                document(r#"{"type":"url","url":"https://evil/x.pdf"}"#),
                C::RemoteFile,
            ),
            (
                "inline_file",
                document(r#"{"type":"base64","media_type":"application/pdf","data":"AA=="}"#),
                C::InlineFile,
            ),
            (
                "image_within_a_document",
                document(
                    r#"{"type":"content","content":[{"type":"image","source":{"type":"url","url":"https://evil"}}]}"#,
                ),
                C::RemoteImage,
            ),
            (
                "image_within_a_tools_answer",
                block(
                    r#"{"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":{"type":"url","url":"https://evil"}}]}"#,
                ),
                C::RemoteImage,
            ),
            (
                "unknown_source",
                image(r#"{"type":"teleport"}"#),
                unknown_content("source teleport"),
            ),
            (
                "image_hidden_in_a_text_block",
                block(r#"{"type":"text","text":"a","image_url":"https://evil"}"#),
                endpoint("messages[].content[].image_url"),
            ),
            (
                "image_in_the_system",
                with(r#""system":[{"type":"image","source":{"type":"url","url":"https://evil"}}]"#),
                C::RemoteImage,
            ),
            (
                "trace_of_a_hosted_tool",
                block(r#"{"type":"server_tool_use","id":"t","name":"web_search","input":{}}"#),
                hosted("web_search"),
            ),
            (
                "findings_of_a_hosted_tool",
                block(r#"{"type":"web_fetch_tool_result","tool_use_id":"t","content":{}}"#),
                hosted("web_fetch_tool_result"),
            ),
            (
                "call_of_a_servers_tool",
                block(r#"{"type":"mcp_tool_use","id":"t","name":"n","server_name":"crm","input":{}}"#),
                server("crm"),
            ),
            (
                "unknown_block",
                block(r#"{"type":"image_url","image_url":{"url":"https://evil"}}"#),
                unknown_content("image_url"),
            ),
            (
                "block_of_an_unknown_tool",
                block(r#"{"type":"teleport_tool_result","tool_use_id":"t","content":[]}"#),
                unknown_content("teleport_tool_result"),
            ),
            (
                "unknown_role",
                r#"{"model":"m","messages":[{"role":"root","content":"a"}]}"#.to_owned(),
                unknown_content("role root"),
            ),
            (
                "models_to_fall_back_on",
                with(r#""fallbacks":[{"model":"m"}]"#),
                unknown_field("fallbacks"),
            ),
            (
                "betas_in_the_body",
                with(r#""anthropic_beta":["files-api-2025-04-14"]"#),
                unknown_field("anthropic_beta"),
            ),
            (
                "unknown_management",
                with(r#""context_management":{"edits":[{"type":"teleport_20260101"}]}"#),
                unknown_field("context_management"),
            ),
            (
                "address_beside_thinking",
                with(r#""thinking":{"type":"enabled","url":"https://evil"}"#),
                endpoint("thinking.url"),
            ),
        ],
    );
}

#[test]
fn what_an_sdk_sends_for_text_reaches_nothing() {
    for (case, body) in [
        (
            "plain",
            with(r#""temperature":1,"top_k":5,"stop_sequences":["x"],"stream":true,"service_tier":"auto""#),
        ),
        (
            "system",
            with(r#""system":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}}]"#),
        ),
        (
            "thinking",
            with(r#""thinking":{"type":"adaptive","display":"omitted"},"output_config":{"effort":"high"}"#),
        ),
        (
            "switched_off",
            with(r#""tools":[],"container":null,"mcp_servers":[],"tool_choice":{"type":"none"}"#),
        ),
        (
            "an_answer_given_back",
            block(
                r#"{"type":"thinking","thinking":"a","signature":"s"},{"type":"redacted_thinking","data":"d"},{"type":"text","text":"b","citations":null}"#,
            ),
        ),
        (
            "tool_results",
            block(
                r#"{"type":"tool_use","id":"t","name":"n","input":{"url":"https://example.org"},"caller":{"type":"direct"}},{"type":"tool_result","tool_use_id":"t","content":"4"}"#,
            ),
        ),
        (
            "a_document_of_text",
            document(r#"{"type":"text","media_type":"text/plain","data":"https://example.org"}"#),
        ),
        (
            "a_search_result",
            block(
                r#"{"type":"search_result","title":"t","source":"https://example.org","content":[{"type":"text","text":"a"}],"citations":{"enabled":true}}"#,
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
        r#""tools":[{"type":"bash_20250124","name":"get_weather"},{"type":"custom","name":"pay","input_schema":{}}]"#,
    );
    let call = accepted_as(FORMAT, &body);
    let names: Vec<&str> = call.tools().iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, ["bash_20250124", "pay"]);
}

#[test]
fn where_tokens_are_counted_no_tool_can_be_called() {
    let members =
        r#""stream":true,"tools":[{"name":"pay","input_schema":{}},{"type":"web_search_20250305","name":"w"}]"#;
    let call = accepted_as(
        Format::AnthropicCountTokens,
        &more(Format::AnthropicCountTokens, members),
    );
    assert_eq!(
        call.capabilities().iter().collect::<Vec<_>>(),
        [&hosted("web_search_20250305")]
    );
    assert_eq!(call.tools().len(), 1);
    assert!(!call.stream());
}
