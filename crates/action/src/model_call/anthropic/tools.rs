//! The tools that the model is offered.

use serde_json::Value;

use super::CACHE_CONTROL;
use crate::model_call::body::plain_object;
use crate::model_call::found::Found;
use crate::model_call::hosted::{callers, defined_by_provider, described, not_the_agents, show};
use crate::model_call::shape::Object;
use crate::model_call::{Capability, OfferedTool, ReadError, ToolChoice};

const CUSTOM: &[&str] = &[
    "allowed_callers",
    "cache_control",
    "defer_loading",
    "description",
    "eager_input_streaming",
    "input_examples",
    "input_schema",
    "name",
    "strict",
    "type",
];

/// What a tool that the provider defined and the agent runs may say.
const DEFINED: &[&str] = &[
    "allowed_callers",
    "cache_control",
    "configs",
    "defer_loading",
    "display_height_px",
    "display_number",
    "display_width_px",
    "enable_zoom",
    "input_examples",
    "max_characters",
    "name",
    "strict",
    "type",
];

/// What a tool that the provider runs may say.
const HOSTED: &[&str] = &[
    "allowed_callers",
    "allowed_domains",
    "blocked_domains",
    "cache_control",
    "caching",
    "citations",
    "defer_loading",
    "max_content_tokens",
    "max_tokens",
    "max_uses",
    "model",
    "name",
    "response_inclusion",
    "strict",
    "type",
    "url_sources",
    "use_cache",
    "user_location",
];

/// Reads `tools`: those that the agent runs are given back, what the others reach is noted.
pub(super) fn offered(body: &Object<'_>, found: &mut Found) -> Result<Vec<OfferedTool>, ReadError> {
    let mut tools = Vec::new();
    for (path, value) in body.array("tools")? {
        tools.extend(tool(path, value, found)?);
    }
    Ok(tools)
}

fn tool(path: String, value: &Value, found: &mut Found) -> Result<Option<OfferedTool>, ReadError> {
    let kind = Object::new(path.clone(), value, &["type"])?
        .string("type")?
        .unwrap_or("custom");
    if kind == "custom" {
        let tool = Object::new(path, value, CUSTOM)?;
        tool.plain_but(&["allowed_callers", "cache_control", "input_examples", "input_schema"])?;
        common(&tool, found)?;
        return described(&tool, &["input_schema", "input_examples"]).map(Some);
    }
    if is_the_agents(kind) {
        let tool = Object::new(path, value, DEFINED)?;
        tool.plain_but(&["allowed_callers", "cache_control", "configs", "input_examples"])?;
        common(&tool, found)?;
        return Ok(Some(defined_by_provider(kind, value)));
    }
    if kind == "mcp_toolset" {
        toolset(path, value, found)?;
        return Ok(None);
    }
    let reached = not_the_agents(kind);
    // Of a type that nobody knows, nothing is known.
    let known = if matches!(reached, Capability::HostedTool(_)) {
        HOSTED
    } else {
        &["type"]
    };
    let tool = Object::new(path, value, known)?;
    found.reach(reached);
    show(&tool, kind, value, found);
    settings(&tool, found)?;
    common(&tool, found)?;
    Ok(None)
}

/// The settings of a tool that the provider runs.
fn settings(tool: &Object<'_>, found: &mut Found) -> Result<(), ReadError> {
    const LOCATION: &[&str] = &["city", "country", "region", "timezone", "type"];
    tool.plain_but(&[
        "allowed_callers",
        "allowed_domains",
        "blocked_domains",
        "cache_control",
        "caching",
        "citations",
        "url_sources",
        "user_location",
    ])?;
    tool.strings("allowed_domains")?;
    tool.strings("blocked_domains")?;
    plain_object(tool, "caching", CACHE_CONTROL, found)?;
    plain_object(tool, "citations", &["enabled"], found)?;
    plain_object(tool, "user_location", LOCATION, found)
}

/// Whether the provider defined the tool and the agent runs it: a known beginning, and the date of its version.
fn is_the_agents(kind: &str) -> bool {
    const DEFINED: &[&str] = &[
        "bash_",
        "browser_toolset_",
        "computer_",
        "computer_toolset_",
        "memory_",
        "text_editor_",
    ];
    let is_date = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    DEFINED
        .iter()
        .any(|start| kind.strip_prefix(start).is_some_and(is_date))
}

/// What all kinds of tools may say.
fn common(tool: &Object<'_>, found: &mut Found) -> Result<(), ReadError> {
    plain_object(tool, "cache_control", CACHE_CONTROL, found)?;
    callers(tool, found)?;
    found.leftovers(tool);
    Ok(())
}

/// The tools of a server that `mcp_servers` names.
fn toolset(path: String, value: &Value, found: &mut Found) -> Result<(), ReadError> {
    const KNOWN: &[&str] = &[
        "cache_control",
        "configs",
        "default_config",
        "mcp_server_name",
        "tools",
        "type",
    ];
    let set = Object::new(path, value, KNOWN)?;
    plain_object(&set, "cache_control", CACHE_CONTROL, found)?;
    found.leftovers(&set);
    found.reach(Capability::RemoteMcp(set.needed_string("mcp_server_name")?.to_owned()));
    show(&set, "mcp_toolset", value, found);
    Ok(())
}

/// Reads `tool_choice`.
pub(super) fn choice(body: &Object<'_>, found: &mut Found) -> Result<ToolChoice, ReadError> {
    const KNOWN: &[&str] = &["disable_parallel_tool_use", "name", "type"];
    let Some(choice) = body.object("tool_choice", KNOWN)? else {
        return Ok(ToolChoice::Free);
    };
    choice.plain_but(&[])?;
    found.leftovers(&choice);
    match choice.needed_string("type")? {
        "auto" => Ok(ToolChoice::Free),
        "none" => Ok(ToolChoice::None),
        "any" => Ok(ToolChoice::Required),
        "tool" => Ok(ToolChoice::Named(choice.needed_string("name")?.to_owned())),
        other => {
            found.reach(not_the_agents(other));
            Ok(ToolChoice::Free)
        }
    }
}
