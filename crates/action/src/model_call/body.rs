//! What the bodies of all formats have in common: strict JSON, a model, settings that are plain values.

use evidence::json;
use serde_json::Value;

use super::found::Found;
use super::shape::Object;
use super::{Capability, Field, Format, Message, ModelCall, OfferedTool, ReadError, ToolChoice, named};

/// Parts of names of models that search the web without being asked to by a field.
const SEARCHING_MODELS: &[&str] = &["-search-preview", "-search-api", "-deep-research", ":online"];

/// The strict JSON of a body, and its exact text.
pub(super) fn parse(bytes: &[u8]) -> Result<(Value, &str), ReadError> {
    let value = json::parse_content(bytes)?;
    let exact = std::str::from_utf8(bytes).map_err(|_| ReadError::WrongType {
        path: "the request".to_owned(),
        wanted: "UTF-8 text",
    })?;
    Ok((value, exact))
}

/// The model that the body names, and what it reaches by itself.
pub(super) fn model(body: &Object<'_>, found: &mut Found) -> Result<String, ReadError> {
    let model = body.needed_string("model")?;
    named::checked(model)?;
    reaches_of_model(model, found);
    Ok(model.to_owned())
}

/// What a model reaches without being asked to by a field.
pub(super) fn reaches_of_model(model: &str, found: &mut Found) {
    let lower = model.to_lowercase();
    if SEARCHING_MODELS.iter().any(|part| lower.contains(part)) {
        found.reach(Capability::HostedTool(format!("web search, by the model {model}")));
    }
}

/// How the fields of a body are that are neither the conversation nor the tools.
pub(super) struct Settings {
    /// Every field of the body that is read.
    pub(super) all: &'static [&'static str],
    /// Shown in places of their own.
    pub(super) apart: &'static [&'static str],
    /// More than a plain value by their nature; the format looks into each.
    pub(super) structured: &'static [&'static str],
    /// Reach into state that the provider keeps, unless they are false.
    pub(super) state: &'static [&'static str],
}

impl Settings {
    /// The fields that are there, as JSON; what they reach is noted.
    pub(super) fn read(&self, body: &Object<'_>, found: &mut Found) -> Result<Vec<Field>, ReadError> {
        let mut settings = Vec::new();
        for name in self.all.iter().copied().filter(|name| !self.apart.contains(name)) {
            let Some(value) = body.value(name) else { continue };
            if !self.structured.contains(&name) && (value.is_array() || value.is_object()) {
                return Err(ReadError::WrongType {
                    path: body.at(name),
                    wanted: "a plain value",
                });
            }
            if self.state.contains(&name) && value != &Value::Bool(false) {
                found.reach(Capability::ServerState(name.to_owned()));
            }
            settings.push(Field {
                path: name.to_owned(),
                value: value.to_string(),
            });
        }
        Ok(settings)
    }
}

/// Reads an object whose fields are plain values; what else it has is listed as unknown.
pub(super) fn plain_object(
    holder: &Object<'_>,
    key: &str,
    known: &'static [&'static str],
    found: &mut Found,
) -> Result<(), ReadError> {
    if let Some(object) = holder.object(key, known)? {
        object.plain_but(&[])?;
        found.leftovers(&object);
    }
    Ok(())
}

/// OpenAI's `moderation`: a model, and what follows from what it finds.
pub(super) fn moderation(body: &Object<'_>, found: &mut Found) -> Result<(), ReadError> {
    let Some(moderation) = body.object("moderation", &["model", "policy"])? else {
        return Ok(());
    };
    moderation.plain_but(&["policy"])?;
    found.leftovers(&moderation);
    if let Some(policy) = moderation.object("policy", &["input", "output"])? {
        plain_object(&policy, "input", &["mode"], found)?;
        plain_object(&policy, "output", &["mode"], found)?;
        found.leftovers(&policy);
    }
    Ok(())
}

/// A map of plain strings, where there is one.
pub(super) fn map_of_strings(holder: &Object<'_>, key: &str) -> Result<(), ReadError> {
    let fits = |value: &Value| value.as_object().is_some_and(|map| map.values().all(Value::is_string));
    if holder.value(key).is_none_or(fits) {
        return Ok(());
    }
    Err(ReadError::WrongType {
        path: holder.at(key),
        wanted: "an object of strings",
    })
}

/// The parts of a call that its format reads.
#[derive(Default)]
pub(super) struct Read {
    pub(super) model: String,
    pub(super) stream: bool,
    pub(super) include_usage: bool,
    pub(super) messages: Vec<Message>,
    pub(super) tools: Vec<OfferedTool>,
    pub(super) tool_choice: ToolChoice,
    pub(super) settings: Vec<Field>,
}

impl Read {
    /// The call, with everything that was found.
    pub(super) fn call(self, format: Format, exact: &str, found: Found) -> ModelCall {
        let mut settings = self.settings;
        settings.extend(found.shown);
        ModelCall {
            format,
            exact: exact.to_owned(),
            model: self.model,
            stream: self.stream,
            include_usage: self.include_usage,
            messages: self.messages,
            tools: self.tools,
            tool_choice: self.tool_choice,
            capabilities: found.capabilities,
            settings,
            unknown_fields: found.unknown,
        }
    }
}
