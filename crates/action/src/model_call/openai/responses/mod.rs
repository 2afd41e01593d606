//! OpenAI responses, `POST /v1/responses`: the request body.
//!
//! Source: OpenAI's published OpenAPI description (CreateResponse). What isn't listed here is unknown, and listed as
//! such.
//!
//! `store` is true at OpenAI where a call doesn't say otherwise, so every default call leaves a copy of its answer
//! there. That alone is no capability, or no unmodified client could make a call that a policy lets pass as text. What
//! is: to ask for it (`store`: true), and to read what another call left (`previous_response_id`, `conversation`,
//! `prompt`, item references, file ids), because then what is reviewed isn't all that the model sees.

mod content;
mod items;
mod tools;

use crate::model_call::body::{self, Read, Settings};
use crate::model_call::found::Found;
use crate::model_call::shape::Object;
use crate::model_call::{Capability, Field, Format, Message, ModelCall, Part, ReadError};

/// Every field of the body that is read here.
const BODY: &[&str] = &[
    "access_programs",
    "background",
    "context_management",
    "conversation",
    "image",
    "include",
    "input",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "model",
    "moderation",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "service_tier",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

const SETTINGS: Settings = Settings {
    all: BODY,
    apart: &["input", "instructions", "model", "tools"],
    structured: &[
        "access_programs",
        "context_management",
        "conversation",
        "image",
        "include",
        "metadata",
        "moderation",
        "prompt",
        "prompt_cache_options",
        "reasoning",
        "stream_options",
        "text",
        "tool_choice",
    ],
    state: &["store", "previous_response_id", "background", "conversation", "prompt"],
};

/// Reads a body.
pub(in crate::model_call) fn read(bytes: &[u8]) -> Result<ModelCall, ReadError> {
    let (value, exact) = body::parse(bytes)?;
    let body = Object::new(String::new(), &value, BODY)?;
    let mut found = Found::default();
    let model = body::model(&body, &mut found)?;
    let mut offered = tools::offered(&body, &mut found)?;
    let mut messages = Vec::new();
    if let Some(text) = body.string("instructions")? {
        messages.push(Message::of("instructions", Part::Text(text.to_owned())));
    }
    messages.extend(prompt(&body, &mut found)?);
    messages.extend(items::read(&body, &mut offered, &mut found)?);
    let read = Read {
        model,
        stream: body.flag("stream")?,
        include_usage: false,
        messages,
        tools: offered,
        tool_choice: tools::choice(&body, &mut found)?,
        settings: settings(&body, &mut found)?,
    };
    if !read.tools.is_empty() {
        found.reach(Capability::FunctionTools);
    }
    found.leftovers(&body);
    Ok(read.call(Format::OpenAiResponses, exact, found))
}

/// A prompt that is kept at the provider, and what is put into it.
fn prompt(body: &Object<'_>, found: &mut Found) -> Result<Option<Message>, ReadError> {
    let Some(prompt) = body.object("prompt", &["id", "variables", "version"])? else {
        return Ok(None);
    };
    prompt.plain_but(&["variables"])?;
    found.leftovers(&prompt);
    let mut parts = vec![Part::Other(
        "prompt kept at the provider".to_owned(),
        prompt.needed_string("id")?.to_owned(),
    )];
    if let Some(variables) = prompt.value("variables") {
        let Some(map) = variables.as_object() else {
            return Err(ReadError::WrongType {
                path: prompt.at("variables"),
                wanted: "an object",
            });
        };
        for (name, value) in map {
            let path = format!("{}.{name}", prompt.at("variables"));
            parts.push(content::text_or_part(path, value, found)?);
        }
    }
    Ok(Some(Message::of_parts("prompt", parts)))
}

/// The known fields that are neither the conversation nor the tools; what they reach is noted.
fn settings(body: &Object<'_>, found: &mut Found) -> Result<Vec<Field>, ReadError> {
    let settings = SETTINGS.read(body, found)?;
    body.flag("store")?;
    body.flag("background")?;
    body.strings("include")?;
    body::map_of_strings(body, "metadata")?;
    body::moderation(body, found)?;
    const REASONING: &[&str] = &["context", "effort", "generate_summary", "mode", "summary"];
    body::plain_object(body, "reasoning", REASONING, found)?;
    body::plain_object(body, "access_programs", &["cyber"], found)?;
    body::plain_object(body, "image", &["context_compression"], found)?;
    body::plain_object(body, "stream_options", &["include_obfuscation"], found)?;
    if body.value("conversation").is_some_and(serde_json::Value::is_object) {
        body::plain_object(body, "conversation", &["id"], found)?;
    }
    cache_options(body, found)?;
    context_management(body, found)?;
    text(body, found)?;
    Ok(settings)
}

/// How the prompt's beginning is kept for other calls; comparing it to another response reads that one.
fn cache_options(body: &Object<'_>, found: &mut Found) -> Result<(), ReadError> {
    const OPTIONS: &[&str] = &["comparison_response_id", "mode", "prewarm", "ttl"];
    body::plain_object(body, "prompt_cache_options", OPTIONS, found)?;
    if let Some(options) = body.object("prompt_cache_options", OPTIONS)?
        && options.value("comparison_response_id").is_some()
    {
        found.reach(Capability::ServerState("comparison_response_id".to_owned()));
    }
    Ok(())
}

/// What the provider may do with a conversation that grows too long.
fn context_management(body: &Object<'_>, found: &mut Found) -> Result<(), ReadError> {
    for (path, value) in body.array("context_management")? {
        let step = Object::new(path, value, &["type", "compact_threshold"])?;
        step.plain_but(&[])?;
        found.leftovers(&step);
        if step.needed_string("type")? != "compaction" {
            found.reach(Capability::UnknownField("context_management".to_owned()));
        }
    }
    Ok(())
}

/// The form of the text that is wanted.
fn text(body: &Object<'_>, found: &mut Found) -> Result<(), ReadError> {
    let Some(text) = body.object("text", &["format", "verbosity"])? else {
        return Ok(());
    };
    text.plain_but(&["format"])?;
    found.leftovers(&text);
    if let Some(format) = text.object("format", &["type", "name", "description", "schema", "strict"])? {
        format.plain_but(&["schema"])?;
        found.leftovers(&format);
        if !matches!(format.needed_string("type")?, "text" | "json_object" | "json_schema") {
            found.reach(Capability::UnknownField("text.format".to_owned()));
        }
    }
    Ok(())
}
