//! OpenAI chat completions, `POST /v1/chat/completions`: the request body.
//!
//! Source: OpenAI's published OpenAPI description (CreateChatCompletionRequest), and, for what other providers of the
//! same format add, their documentation. What isn't listed here is unknown, and listed as such.

mod messages;
mod tools;

use serde_json::Value;

use crate::model_call::body::{self, Read, Settings};
use crate::model_call::found::Found;
use crate::model_call::shape::Object;
use crate::model_call::{Capability, Field, Format, ModelCall, ReadError};

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
    "moderation",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "previous_response_id",
    "prompt",
    "prompt_cache_key",
    "prompt_cache_options",
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

const SETTINGS: Settings = Settings {
    all: BODY,
    apart: &["functions", "messages", "model", "tools"],
    structured: &[
        "audio",
        "conversation",
        "container",
        "function_call",
        "logit_bias",
        "metadata",
        "modalities",
        "moderation",
        "prediction",
        "prompt",
        "prompt_cache_options",
        "response_format",
        "stop",
        "stream_options",
        "tool_choice",
        "web_search_options",
    ],
    // Most belong to other operations, but a relay may serve them here too.
    state: &[
        "store",
        "previous_response_id",
        "background",
        "conversation",
        "prompt",
        "container",
        "thread_id",
        "assistant_id",
    ],
};

/// Reads a body.
pub(in crate::model_call) fn read(bytes: &[u8]) -> Result<ModelCall, ReadError> {
    let (value, exact) = body::parse(bytes)?;
    let body = Object::new(String::new(), &value, BODY)?;
    let mut found = Found::default();
    let model = body::model(&body, &mut found)?;
    let (stream, include_usage) = streaming(&body, &mut found)?;
    let read = Read {
        model,
        stream,
        include_usage,
        messages: messages::read(&body, &mut found)?,
        tools: tools::offered(&body, &mut found)?,
        tool_choice: tools::choice(&body, &mut found)?,
        settings: settings(&body, &mut found)?,
    };
    found.leftovers(&body);
    Ok(read.call(Format::OpenAiChat, exact, found))
}

/// Whether the answer is streamed, and whether it ends with a usage chunk.
fn streaming(body: &Object<'_>, found: &mut Found) -> Result<(bool, bool), ReadError> {
    let stream = body.flag("stream")?;
    let mut include_usage = false;
    if let Some(options) = body.object("stream_options", &["include_usage", "include_obfuscation"])? {
        include_usage = options.flag("include_usage")?;
        options.plain_but(&[])?;
        found.leftovers(&options);
    }
    Ok((stream, stream && include_usage))
}

/// The known fields that are neither the conversation nor the tools; what they reach is noted.
fn settings(body: &Object<'_>, found: &mut Found) -> Result<Vec<Field>, ReadError> {
    let settings = SETTINGS.read(body, found)?;
    body.flag("store")?;
    outputs(body, found)?;
    plain_maps(body)?;
    body::moderation(body, found)?;
    body::plain_object(body, "prompt_cache_options", &["mode", "ttl"], found)?;
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
    if body.strings("modalities")?.iter().any(|modality| *modality != "text") {
        found.reach(Capability::MediaOutput);
    }
    if let Some(audio) = body.object("audio", &["format", "voice"])? {
        found.reach(Capability::MediaOutput);
        audio.plain_but(&["voice"])?;
        found.leftovers(&audio);
    }
    if let Some(format) = body.object("response_format", &["type", "json_schema"])? {
        if !matches!(format.needed_string("type")?, "text" | "json_object" | "json_schema") {
            found.reach(Capability::UnknownField("response_format".to_owned()));
        }
        if let Some(schema) = format.object("json_schema", &["name", "description", "schema", "strict"])? {
            schema.plain_but(&["schema"])?;
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
    if !fits("logit_bias", |map| {
        map.as_object().is_some_and(|map| map.values().all(Value::is_number))
    }) {
        return wrong("logit_bias", "an object of numbers");
    }
    body::map_of_strings(body, "metadata")
}
