//! Gemini, `POST /v1beta/models/{model}:generateContent`, its stream, and its counting of tokens: the request body.
//!
//! Source: Google's published description of GenerateContentRequest and CountTokensRequest, as its SDKs know it. What
//! isn't listed here is unknown, and listed as such.
//!
//! The bodies are protobuf's JSON: a field is taken as `systemInstruction` and as `system_instruction`, and where one
//! element is wanted a list may lack its brackets. Both are read here, and the two spellings of one field at once are
//! refused, because nobody says which of them counts.

mod contents;
mod tools;

use serde_json::Value;

use crate::model_call::body::{self, Read, Settings};
use crate::model_call::found::Found;
use crate::model_call::shape::Object;
use crate::model_call::{Capability, Field, Format, ModelCall, ReadError, named};

/// Every field of the body that is read here.
const BODY: &[&str] = &[
    "cachedContent",
    "contents",
    "generationConfig",
    "labels",
    "model",
    "safetySettings",
    "serviceTier",
    "store",
    "systemInstruction",
    "toolConfig",
    "tools",
];

const SETTINGS: Settings = Settings {
    all: BODY,
    apart: &["contents", "model", "systemInstruction", "tools"],
    structured: &["generationConfig", "labels", "safetySettings", "toolConfig"],
    state: &["cachedContent", "store"],
};

const GENERATION: &[&str] = &[
    "audioTimestamp",
    "candidateCount",
    "enableEnhancedCivicAnswers",
    "frequencyPenalty",
    "imageConfig",
    "logprobs",
    "maxOutputTokens",
    "mediaResolution",
    "presencePenalty",
    "responseJsonSchema",
    "responseLogprobs",
    "responseMimeType",
    "responseModalities",
    "responseSchema",
    "seed",
    "speechConfig",
    "stopSequences",
    "temperature",
    "thinkingConfig",
    "topK",
    "topP",
];

/// Parts of names of models that answer with more than text without being asked to by a field.
const PICTURING_MODELS: &[&str] = &["-image", "-tts", "-audio"];

/// Reads a body, for the model that the path names.
pub(super) fn read(format: Format, model: &str, bytes: &[u8]) -> Result<ModelCall, ReadError> {
    named::checked(model)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if !model.bytes().all(plain) || model.starts_with('.') {
        return Err(ReadError::ModelInPath);
    }
    let (value, exact) = body::parse(bytes)?;
    let mut found = Found::default();
    body::reaches_of_model(model, &mut found);
    if !format.counts_only() && PICTURING_MODELS.iter().any(|part| model.contains(part)) {
        found.reach(Capability::MediaOutput);
    }
    let read = Read {
        model: model.to_owned(),
        stream: format == Format::GeminiStream,
        ..request(&value, format, model, &mut found)?
    };
    if !read.tools.is_empty() && !format.counts_only() {
        found.reach(Capability::FunctionTools);
    }
    Ok(read.call(format, exact, found))
}

/// The request: the body itself, or, where tokens are counted, the one that may stand in it.
fn request(value: &Value, format: Format, model: &str, found: &mut Found) -> Result<Read, ReadError> {
    const COUNTED: &str = "generateContentRequest";
    let body = || Object::protobuf(String::new(), value, BODY);
    if !format.counts_only() {
        return content(&body()?, model, found);
    }
    let around = Object::protobuf(String::new(), value, &[COUNTED, "model"])?;
    match around.object(COUNTED, BODY)? {
        Some(counted) => {
            same_model(&around, model)?;
            // A request beside the one that is counted is a field that doesn't belong there.
            found.leftovers(&around);
            content(&counted, model, found)
        }
        None => content(&body()?, model, found),
    }
}

fn content(body: &Object<'_>, model: &str, found: &mut Found) -> Result<Read, ReadError> {
    same_model(body, model)?;
    let read = Read {
        messages: contents::read(body, found)?,
        tools: tools::offered(body, found)?,
        tool_choice: tools::choice(body, found)?,
        settings: settings(body, found)?,
        ..Read::default()
    };
    found.leftovers(body);
    Ok(read)
}

/// A body may repeat the path's model, as `models/x` or `x`. It can't name another.
fn same_model(body: &Object<'_>, model: &str) -> Result<(), ReadError> {
    match body.string("model")? {
        Some(named) if named.strip_prefix("models/").unwrap_or(named) != model => {
            Err(ReadError::OtherModel { path: body.at("model") })
        }
        _ => Ok(()),
    }
}

/// The known fields that are neither the conversation nor the tools; what they reach is noted.
fn settings(body: &Object<'_>, found: &mut Found) -> Result<Vec<Field>, ReadError> {
    let settings = SETTINGS.read(body, found)?;
    body.flag("store")?;
    body::map_of_strings(body, "labels")?;
    for (path, value) in body.repeated("safetySettings")? {
        let setting = body.element(path, value, &["category", "method", "threshold"])?;
        setting.plain_but(&[])?;
        found.leftovers(&setting);
    }
    generation(body, found)?;
    Ok(settings)
}

/// How the answer is to be: anything but text is a reach beyond text.
fn generation(body: &Object<'_>, found: &mut Found) -> Result<(), ReadError> {
    const STRUCTURED: &[&str] = &[
        "imageConfig",
        "responseJsonSchema",
        "responseModalities",
        "responseSchema",
        "speechConfig",
        "stopSequences",
        "thinkingConfig",
    ];
    const THINKING: &[&str] = &["includeThoughts", "thinkingBudget", "thinkingLevel"];
    let Some(config) = body.object("generationConfig", GENERATION)? else {
        return Ok(());
    };
    config.plain_but(STRUCTURED)?;
    found.leftovers(&config);
    body::plain_object(&config, "thinkingConfig", THINKING, found)?;
    config.repeated_strings("stopSequences")?;
    let modalities = config.repeated_strings("responseModalities")?;
    let answers_otherwise = modalities.iter().any(|modality| *modality != "TEXT")
        || ["imageConfig", "speechConfig"]
            .iter()
            .any(|key| config.value(key).is_some());
    if answers_otherwise {
        found.reach(Capability::MediaOutput);
    }
    Ok(())
}
