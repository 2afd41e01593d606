//! OpenAI chat completions, `POST /v1/chat/completions`: the request body.
//!
//! Source: OpenAI's published OpenAPI description (CreateChatCompletionRequest), and, for what other providers of the
//! same format add, their documentation. What isn't listed here is unknown, and listed as such.

mod messages;
mod tools;

use evidence::json;
use serde_json::Value;

use super::found::Found;
use super::shape::Object;
use super::{Capability, Field, Format, ModelCall, ReadError};

/// The longest honest model name, in characters.
const MODEL_LIMIT: usize = 256;

/// Every field of the body that is read here.
const BODY: &[&str] = &[
    "audio",
    "background",
    "container",
    "conversation",
    "assistant_id",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "thread_id",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

/// Shown in places of their own.
const SHOWN_APART: &[&str] = &["functions", "messages", "model", "tools"];

/// More than a plain value by their nature; each is looked into below.
const STRUCTURED: &[&str] = &[
    "audio",
    "conversation",
    "container",
    "function_call",
    "logit_bias",
    "metadata",
    "modalities",
    "prediction",
    "prompt",
    "response_format",
    "stop",
    "stream_options",
    "tool_choice",
    "web_search_options",
];

/// Reach into state that the provider keeps. They belong to other operations, but a relay may serve them here too.
const SERVER_STATE: &[&str] = &[
    "store",
    "previous_response_id",
    "background",
    "conversation",
    "prompt",
    "container",
    "thread_id",
    "assistant_id",
];

/// Parts of names of models that search the web without being asked to by a field.
const SEARCHING_MODELS: &[&str] = &["-search-preview", "-search-api", "-deep-research", ":online"];

/// Reads a body.
pub(super) fn read(bytes: &[u8]) -> Result<ModelCall, ReadError> {
    let value = json::parse_content(bytes)?;
    let exact = std::str::from_utf8(bytes)
        .map_err(|_| ReadError::WrongType {
            path: "the request".to_owned(),
            wanted: "UTF-8 text",
        })?
        .to_owned();
    let body = Object::new(String::new(), &value, BODY)?;
    let mut found = Found::default();
    let model = model(&body, &mut found)?;
    let (stream, include_usage) = streaming(&body, &mut found)?;
    let messages = messages::read(&body, &mut found)?;
    let tools = tools::offered(&body, &mut found)?;
    let tool_choice = tools::choice(&body, &mut found)?;
    let settings = settings(&body, &mut found)?;
    found.leftovers(&body);
    Ok(ModelCall {
        format: Format::OpenAiChat,
        exact,
        model,
        stream,
        include_usage,
        messages,
        tools,
        tool_choice,
        capabilities: found.capabilities,
        settings,
        unknown_fields: found.unknown,
    })
}

fn model(body: &Object<'_>, found: &mut Found) -> Result<String, ReadError> {
    let model = body.needed_string("model")?;
    if model.is_empty() {
        return Err(ReadError::Missing("model".to_owned()));
    }
    if model.chars().count() > MODEL_LIMIT {
        return Err(ReadError::TooLong {
            path: "model",
            limit: MODEL_LIMIT,
        });
    }
    let lower = model.to_lowercase();
    if SEARCHING_MODELS.iter().any(|part| lower.contains(part)) {
        found.reach(Capability::HostedTool(format!("web search, by the model {model}")));
    }
    Ok(model.to_owned())
}

/// Whether the answer is streamed, and whether it ends with a usage chunk.
fn streaming(body: &Object<'_>, found: &mut Found) -> Result<(bool, bool), ReadError> {
    let stream = body.flag("stream")?;
    let mut include_usage = false;
    if let Some(options) = body.object("stream_options", &["include_usage", "include_obfuscation"])? {
        include_usage = options.flag("include_usage")?;
        options.flag("include_obfuscation")?;
        found.leftovers(&options);
    }
    Ok((stream, stream && include_usage))
}

/// The known fields that are neither the conversation nor the tools; what they reach is noted.
fn settings(body: &Object<'_>, found: &mut Found) -> Result<Vec<Field>, ReadError> {
    let mut settings = Vec::new();
    for name in BODY.iter().copied().filter(|name| !SHOWN_APART.contains(name)) {
        let Some(value) = body.value(name) else { continue };
        if !STRUCTURED.contains(&name) && (value.is_array() || value.is_object()) {
            return Err(ReadError::WrongType {
                path: name.to_owned(),
                wanted: "a plain value",
            });
        }
        if SERVER_STATE.contains(&name) && value != &Value::Bool(false) {
            found.reach(Capability::ServerState(name.to_owned()));
        }
        settings.push(Field {
            path: name.to_owned(),
            value: value.to_string(),
        });
    }
    body.flag("store")?;
    outputs(body, found)?;
    plain_maps(body)?;
    if body.value("web_search_options").is_some() {
        found.reach(Capability::HostedTool("web_search_options".to_owned()));
    }
    if let Some(prediction) = body.object("prediction", &["type", "content"])? {
        if prediction.needed_string("type")? != "content" {
            found.reach(Capability::UnknownContent("prediction".to_owned()));
        }
        messages::content(&prediction, found)?;
        found.leftovers(&prediction);
    }
    Ok(settings)
}

/// What the answer is to be: anything but text is a reach beyond text.
fn outputs(body: &Object<'_>, found: &mut Found) -> Result<(), ReadError> {
    for (path, modality) in body.array("modalities")? {
        let modality = modality.as_str().ok_or(ReadError::WrongType {
            path,
            wanted: "a string",
        })?;
        if modality != "text" {
            found.reach(Capability::MediaOutput);
        }
    }
    if let Some(audio) = body.object("audio", &["format", "voice"])? {
        found.reach(Capability::MediaOutput);
        found.leftovers(&audio);
    }
    if let Some(format) = body.object("response_format", &["type", "json_schema"])? {
        if !matches!(format.needed_string("type")?, "text" | "json_object" | "json_schema") {
            found.reach(Capability::UnknownField("response_format".to_owned()));
        }
        if let Some(schema) = format.object("json_schema", &["name", "description", "schema", "strict"])? {
            found.leftovers(&schema);
        }
        found.leftovers(&format);
    }
    Ok(())
}

/// `stop` is text, `metadata` text by name, `logit_bias` numbers by token: nothing can hide in them.
fn plain_maps(body: &Object<'_>) -> Result<(), ReadError> {
    let fits = |name: &str, fit: fn(&Value) -> bool| body.value(name).is_none_or(fit);
    let wrong = |path: &str, wanted| {
        Err(ReadError::WrongType {
            path: path.to_owned(),
            wanted,
        })
    };
    if !fits("stop", |stop| match stop {
        Value::Array(texts) => texts.iter().all(Value::is_string),
        other => other.is_string(),
    }) {
        return wrong("stop", "a string or an array of strings");
    }
    if !fits("metadata", |map| {
        map.as_object().is_some_and(|map| map.values().all(Value::is_string))
    }) {
        return wrong("metadata", "an object of strings");
    }
    if !fits("logit_bias", |map| {
        map.as_object().is_some_and(|map| map.values().all(Value::is_number))
    }) {
        return wrong("logit_bias", "an object of numbers");
    }
    Ok(())
}
