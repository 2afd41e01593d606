//! The tools that the model is offered.

use serde_json::Value;

use super::super::parts::in_a_word;
use crate::model_call::found::Found;
use crate::model_call::hosted::{callers, defined_by_provider, described, not_the_agents, show};
use crate::model_call::shape::Object;
use crate::model_call::sources::{self, Media};
use crate::model_call::{Capability, OfferedTool, ReadError, Source, ToolChoice};

const FUNCTION: &[&str] = &[
    "allowed_callers",
    "async",
    "defer_loading",
    "description",
    "name",
    "output_schema",
    "parameters",
    "strict",
    "type",
];

const CUSTOM: &[&str] = &[
    "allowed_callers",
    "async",
    "defer_loading",
    "description",
    "format",
    "name",
    "type",
];

/// Reads `tools`: those that the agent runs are given back, what the others reach is noted.
pub(super) fn offered(holder: &Object<'_>, found: &mut Found) -> Result<Vec<OfferedTool>, ReadError> {
    let mut tools = Vec::new();
    for (path, value) in holder.array("tools")? {
        tool(path, value, &mut tools, found)?;
    }
    Ok(tools)
}

fn tool(path: String, value: &Value, tools: &mut Vec<OfferedTool>, found: &mut Found) -> Result<(), ReadError> {
    match Object::new(path.clone(), value, &["type"])?.needed_string("type")? {
        "function" => {
            let function = Object::new(path, value, FUNCTION)?;
            function.plain_but(&["allowed_callers", "output_schema", "parameters"])?;
            function.flag("strict")?;
            callers(&function, found)?;
            found.leftovers(&function);
            tools.push(described(&function, &["parameters", "output_schema"])?);
        }
        "custom" => {
            let custom = Object::new(path, value, CUSTOM)?;
            custom.plain_but(&["allowed_callers", "format"])?;
            callers(&custom, found)?;
            found.leftovers(&custom);
            tools.push(described(&custom, &["format"])?);
        }
        "namespace" => namespace(path, value, tools, found)?,
        kind @ ("computer" | "computer_use" | "computer_use_preview" | "local_shell" | "apply_patch") => {
            const KNOWN: &[&str] = &[
                "allowed_callers",
                "display_height",
                "display_width",
                "environment",
                "type",
            ];
            let tool = Object::new(path, value, KNOWN)?;
            tool.plain_but(&["allowed_callers"])?;
            callers(&tool, found)?;
            found.leftovers(&tool);
            tools.push(defined_by_provider(kind, value));
        }
        "shell" => {
            let shell = Object::new(path, value, &["allowed_callers", "environment", "type"])?;
            callers(&shell, found)?;
            environment(&shell, found)?;
            found.leftovers(&shell);
            tools.push(defined_by_provider("shell", value));
        }
        "tool_search" => tool_search(path, value, tools, found)?,
        "mcp" => mcp(path, value, found)?,
        kind => hosted(kind, path, value, found)?,
    }
    Ok(())
}

/// Functions under one name: `crm.read`.
fn namespace(path: String, value: &Value, tools: &mut Vec<OfferedTool>, found: &mut Found) -> Result<(), ReadError> {
    let space = Object::new(path, value, &["description", "name", "tools", "type"])?;
    space.plain_but(&["tools"])?;
    found.leftovers(&space);
    let name = space.needed_string("name")?;
    let about = space.string("description")?.unwrap_or_default();
    for (path, value) in space.array("tools")? {
        let mut inner = Vec::new();
        match Object::new(path.clone(), value, &["type"])?.needed_string("type")? {
            "function" | "custom" => tool(path, value, &mut inner, found)?,
            other => found.reach(Capability::UnknownTool(format!("{other} in a namespace"))),
        }
        tools.extend(inner.into_iter().map(|tool| OfferedTool {
            name: format!("{name}.{}", tool.name),
            description: format!("{about}\n{}", tool.description),
            ..tool
        }));
    }
    Ok(())
}

/// Where a shell runs. Only what says that it is local is the agent's; what says nothing may be the provider's.
pub(super) fn environment(holder: &Object<'_>, found: &mut Found) -> Result<(), ReadError> {
    const KNOWN: &[&str] = &["container_id", "file_ids", "memory_limit", "type"];
    let environment = holder.object("environment", KNOWN)?;
    let local = match &environment {
        Some(environment) => environment.needed_string("type")? == "local",
        None => false,
    };
    if !local {
        found.reach(Capability::HostedTool("shell".to_owned()));
    }
    if let Some(environment) = environment {
        environment.plain_but(&["file_ids"])?;
        environment.strings("file_ids")?;
        kept(&environment, &["container_id", "file_ids"], found);
        found.leftovers(&environment);
    }
    Ok(())
}

/// Fields that name what is kept at the provider.
fn kept(holder: &Object<'_>, names: &[&str], found: &mut Found) {
    for name in names.iter().filter(|name| holder.value(name).is_some()) {
        found.reach(Capability::ServerState((*name).to_owned()));
    }
}

/// A search among tools that the call brings along, by the provider or by the agent.
fn tool_search(path: String, value: &Value, tools: &mut Vec<OfferedTool>, found: &mut Found) -> Result<(), ReadError> {
    let search = Object::new(path, value, &["description", "execution", "parameters", "type"])?;
    search.plain_but(&["parameters"])?;
    found.leftovers(&search);
    if search.string("execution")? == Some("client") {
        tools.push(defined_by_provider("tool_search", value));
    } else {
        found.reach(Capability::HostedTool("tool_search".to_owned()));
        show(&search, "tool_search", value, found);
    }
    Ok(())
}

fn mcp(path: String, value: &Value, found: &mut Found) -> Result<(), ReadError> {
    const KNOWN: &[&str] = &[
        "allowed_callers",
        "allowed_tools",
        "authorization",
        "connector_id",
        "defer_loading",
        "headers",
        "require_approval",
        "server_description",
        "server_label",
        "server_url",
        "tunnel_id",
        "type",
    ];
    let server = Object::new(path, value, KNOWN)?;
    server.plain_but(&["allowed_callers", "allowed_tools", "headers", "require_approval"])?;
    callers(&server, found)?;
    found.leftovers(&server);
    show(&server, "mcp", value, found);
    let mut named = false;
    for name in ["server_url", "connector_id", "tunnel_id"] {
        if let Some(address) = server.string(name)? {
            named = true;
            found.reach(Capability::RemoteMcp(address.to_owned()));
        }
    }
    if !named {
        let label = server.string("server_label")?.unwrap_or("mcp");
        found.reach(Capability::RemoteMcp(label.to_owned()));
    }
    Ok(())
}

/// What a hosted tool may say; what is structured in it is shown, and what is named in it at the provider is noted.
fn fields_of(kind: &str) -> &'static [&'static str] {
    match kind {
        "code_interpreter" => &["allowed_callers", "container", "type"],
        "file_search" => &[
            "filters",
            "max_num_results",
            "ranking_options",
            "type",
            "vector_store_ids",
        ],
        "image_generation" => &[
            "action",
            "background",
            "complexity",
            "frame_count",
            "frame_duration_ms",
            "input_fidelity",
            "input_image_mask",
            "model",
            "moderation",
            "output_compression",
            "output_format",
            "partial_images",
            "quality",
            "size",
            "svg",
            "type",
        ],
        kind if kind.starts_with("web_search") => &[
            "external_web_access",
            "filters",
            "search_content_types",
            "search_context_size",
            "type",
            "user_location",
        ],
        _ => &["type"],
    }
}

/// A tool that the provider runs, or one that nobody knows.
fn hosted(kind: &str, path: String, value: &Value, found: &mut Found) -> Result<(), ReadError> {
    const STRUCTURED: &[&str] = &[
        "allowed_callers",
        "container",
        "filters",
        "input_image_mask",
        "ranking_options",
        "search_content_types",
        "svg",
        "user_location",
        "vector_store_ids",
    ];
    found.reach(not_the_agents(kind));
    let tool = Object::new(path, value, fields_of(kind))?;
    tool.plain_but(STRUCTURED)?;
    found.leftovers(&tool);
    show(&tool, kind, value, found);
    tool.strings("vector_store_ids")?;
    kept(&tool, &["vector_store_ids"], found);
    if tool.value("container").is_some_and(Value::is_string) {
        kept(&tool, &["container"], found);
    } else if let Some(container) = tool.object("container", &["file_ids", "memory_limit", "type"])? {
        container.plain_but(&["file_ids"])?;
        container.strings("file_ids")?;
        kept(&container, &["file_ids"], found);
        found.leftovers(&container);
    }
    if kind == "image_generation" {
        found.reach(Capability::MediaOutput);
    }
    if let Some(mask) = tool.object("input_image_mask", &["file_id", "image_url"])? {
        let sources = [
            mask.string("image_url")?.map(sources::addressed),
            mask.string("file_id")?.map(|id| Source::Stored(id.to_owned())),
        ];
        for source in sources.iter().flatten() {
            sources::reach(Media::Image, source, "file_id", found);
        }
        found.leftovers(&mask);
    }
    Ok(())
}

/// Reads `tool_choice`.
pub(super) fn choice(body: &Object<'_>, found: &mut Found) -> Result<ToolChoice, ReadError> {
    match body.value("tool_choice") {
        Some(Value::Object(_)) => chosen(body, found),
        _ => Ok(in_a_word(body.string("tool_choice")?, found)),
    }
}

/// A `tool_choice` that names tools.
fn chosen(body: &Object<'_>, found: &mut Found) -> Result<ToolChoice, ReadError> {
    let choice = body.needed_object("tool_choice", &["mode", "name", "server_label", "tools", "type"])?;
    choice.plain_but(&["tools"])?;
    found.leftovers(&choice);
    let kind = choice.needed_string("type")?;
    if kind != "allowed_tools" {
        return named(kind, &choice, found);
    }
    for (path, value) in choice.array("tools")? {
        let tool = Object::new(path, value, &["name", "server_label", "type"])?;
        tool.plain_but(&[])?;
        found.leftovers(&tool);
        named(tool.needed_string("type")?, &tool, found)?;
    }
    Ok(match choice.string("mode")? {
        Some("required") => ToolChoice::Required,
        _ => ToolChoice::Free,
    })
}

/// One tool that is named: by its name where the agent described it, else by its type.
fn named(kind: &str, choice: &Object<'_>, found: &mut Found) -> Result<ToolChoice, ReadError> {
    match kind {
        "function" | "custom" => Ok(ToolChoice::Named(choice.needed_string("name")?.to_owned())),
        "computer" | "computer_use" | "computer_use_preview" | "local_shell" | "apply_patch" | "shell" => {
            Ok(ToolChoice::Named(kind.to_owned()))
        }
        "mcp" => {
            let server = choice.string("server_label")?.unwrap_or(kind);
            found.reach(Capability::RemoteMcp(server.to_owned()));
            Ok(ToolChoice::Free)
        }
        other => {
            found.reach(not_the_agents(other));
            Ok(ToolChoice::Free)
        }
    }
}
