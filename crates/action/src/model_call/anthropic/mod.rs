//! Anthropic messages, `POST /v1/messages`, and the counting of their tokens, `POST /v1/messages/count_tokens`: the
//! request body.
//!
//! Source: Anthropic's published OpenAPI description as its SDKs are generated from it (MessageCreateParams and the
//! beta of the same). What isn't listed here is unknown, and listed as such.

mod blocks;
mod tools;

use serde_json::Value;

use crate::model_call::body::{self, Read, Settings};
use crate::model_call::found::Found;
use crate::model_call::shape::Object;
use crate::model_call::{Capability, Field, Format, Message, ModelCall, ReadError};

/// Every field of the body that is read here.
const BODY: &[&str] = &[
    "cache_control",
    "container",
    "context_management",
    "inference_geo",
    "max_tokens",
    "mcp_servers",
    "messages",
    "metadata",
    "model",
    "output_config",
    "output_format",
    "service_tier",
    "speed",
    "stop_sequences",
    "stream",
    "system",
    "temperature",
    "thinking",
    "tool_choice",
    "tools",
    "top_k",
    "top_p",
    "user_profile_id",
];

const SETTINGS: Settings = Settings {
    all: BODY,
    apart: &["messages", "model", "system", "tools"],
    structured: &[
        "cache_control",
        "container",
        "context_management",
        "mcp_servers",
        "metadata",
        "output_config",
        "output_format",
        "stop_sequences",
        "thinking",
        "tool_choice",
    ],
    state: &["container"],
};

const ROLES: &[&str] = &["assistant", "system", "user"];

/// How a block of the prompt is kept for other calls that begin with the same.
const CACHE_CONTROL: &[&str] = &["scope", "ttl", "type"];

/// Reads a body.
pub(super) fn read(format: Format, bytes: &[u8]) -> Result<ModelCall, ReadError> {
    let (value, exact) = body::parse(bytes)?;
    let body = Object::new(String::new(), &value, BODY)?;
    let mut found = Found::default();
    let read = Read {
        model: body::model(&body, &mut found)?,
        stream: body.flag("stream")? && !format.counts_only(),
        include_usage: false,
        messages: messages(&body, &mut found)?,
        tools: tools::offered(&body, &mut found)?,
        tool_choice: tools::choice(&body, &mut found)?,
        settings: settings(&body, &mut found)?,
    };
    if !read.tools.is_empty() && !format.counts_only() {
        found.reach(Capability::FunctionTools);
    }
    found.leftovers(&body);
    Ok(read.call(format, exact, found))
}

/// `system`, and `messages`.
fn messages(body: &Object<'_>, found: &mut Found) -> Result<Vec<Message>, ReadError> {
    if body.value("messages").is_none() {
        return Err(ReadError::Missing("messages".to_owned()));
    }
    let mut messages = Vec::new();
    if body.value("system").is_some() {
        messages.push(Message::of_parts("system", blocks::content(body, "system", found)?));
    }
    for (path, value) in body.array("messages")? {
        let message = Object::new(path, value, &["content", "role"])?;
        found.leftovers(&message);
        let role = message.needed_string("role")?;
        if !ROLES.contains(&role) {
            found.reach(Capability::UnknownContent(format!("role {role}")));
        }
        messages.push(Message::of_parts(role, blocks::content(&message, "content", found)?));
    }
    Ok(messages)
}

/// The known fields that are neither the conversation nor the tools; what they reach is noted.
fn settings(body: &Object<'_>, found: &mut Found) -> Result<Vec<Field>, ReadError> {
    const THINKING: &[&str] = &["budget_tokens", "display", "type"];
    let settings = SETTINGS.read(body, found)?;
    body.strings("stop_sequences")?;
    body::plain_object(body, "cache_control", CACHE_CONTROL, found)?;
    body::plain_object(body, "metadata", &["user_id"], found)?;
    body::plain_object(body, "thinking", THINKING, found)?;
    output_format(body, "output_format", found)?;
    if let Some(config) = body.object("output_config", &["effort", "format", "task_budget"])? {
        config.plain_but(&["format", "task_budget"])?;
        output_format(&config, "format", found)?;
        body::plain_object(&config, "task_budget", &["remaining", "total", "type"], found)?;
        found.leftovers(&config);
    }
    container(body, found)?;
    context_management(body, found)?;
    servers(body, found)?;
    Ok(settings)
}

/// The form of the text that is wanted.
fn output_format(holder: &Object<'_>, key: &str, found: &mut Found) -> Result<(), ReadError> {
    if let Some(format) = holder.object(key, &["schema", "type"])? {
        if format.needed_string("type")? != "json_schema" {
            found.reach(Capability::UnknownField(key.to_owned()));
        }
        found.leftovers(&format);
    }
    Ok(())
}

/// A machine at the provider, by its id, and skills that are loaded into it.
fn container(body: &Object<'_>, found: &mut Found) -> Result<(), ReadError> {
    if !body.value("container").is_some_and(Value::is_object) {
        return body.string("container").map(|_| ());
    }
    let container = body.needed_object("container", &["id", "skills"])?;
    container.plain_but(&["skills"])?;
    for (path, value) in container.array("skills")? {
        let skill = Object::new(path, value, &["skill_id", "type", "version"])?;
        skill.plain_but(&[])?;
        found.leftovers(&skill);
    }
    found.leftovers(&container);
    Ok(())
}

/// What the provider may leave out of a conversation that grows too long.
fn context_management(body: &Object<'_>, found: &mut Found) -> Result<(), ReadError> {
    const EDIT: &[&str] = &[
        "clear_at_least",
        "clear_tool_inputs",
        "exclude_tools",
        "instructions",
        "keep",
        "pause_after_compaction",
        "trigger",
        "type",
    ];
    const EDITS: &[&str] = &["clear_thinking_", "clear_tool_uses_", "compact_"];
    let Some(management) = body.object("context_management", &["edits"])? else {
        return Ok(());
    };
    found.leftovers(&management);
    for (path, value) in management.array("edits")? {
        let edit = Object::new(path, value, EDIT)?;
        edit.strings("exclude_tools")?;
        found.leftovers(&edit);
        let kind = edit.needed_string("type")?;
        if !EDITS.iter().any(|start| kind.starts_with(start)) {
            found.reach(Capability::UnknownField("context_management".to_owned()));
        }
    }
    Ok(())
}

/// Tool servers that the provider is to call.
fn servers(body: &Object<'_>, found: &mut Found) -> Result<(), ReadError> {
    const SERVER: &[&str] = &["authorization_token", "name", "tool_configuration", "type", "url"];
    for (path, value) in body.array("mcp_servers")? {
        let server = Object::new(path, value, SERVER)?;
        server.plain_but(&["tool_configuration"])?;
        if let Some(tools) = server.object("tool_configuration", &["allowed_tools", "enabled"])? {
            tools.plain_but(&["allowed_tools"])?;
            tools.strings("allowed_tools")?;
            found.leftovers(&tools);
        }
        found.leftovers(&server);
        let address = match server.string("url")? {
            Some(url) => url,
            None => server.string("name")?.unwrap_or("mcp_servers"),
        };
        found.reach(Capability::RemoteMcp(address.to_owned()));
    }
    Ok(())
}
