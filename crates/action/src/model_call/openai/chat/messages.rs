//! The conversation.

use serde_json::Value;

use super::super::parts::{audio, called, file_of_one_source};
use crate::model_call::found::Found;
use crate::model_call::shape::Object;
use crate::model_call::sources::{self, Media};
use crate::model_call::{Capability, Message, Part, ReadError};

const MESSAGE: &[&str] = &[
    "annotations",
    "audio",
    "content",
    "function_call",
    "name",
    "reasoning",
    "reasoning_content",
    "refusal",
    "role",
    "tool_call_id",
    "tool_calls",
];

const ROLES: &[&str] = &["developer", "system", "user", "assistant", "tool", "function"];

/// Reads `messages`.
pub(super) fn read(body: &Object<'_>, found: &mut Found) -> Result<Vec<Message>, ReadError> {
    if body.value("messages").is_none() {
        return Err(ReadError::Missing("messages".to_owned()));
    }
    body.array("messages")?
        .into_iter()
        .map(|(path, value)| message(path, value, found))
        .collect()
}

fn message(path: String, value: &Value, found: &mut Found) -> Result<Message, ReadError> {
    let message = Object::new(path, value, MESSAGE)?;
    let role = message.needed_string("role")?;
    if !ROLES.contains(&role) {
        found.reach(Capability::UnknownContent(format!("role {role}")));
    }
    let mut parts = content(&message, found)?;
    for name in ["refusal", "reasoning", "reasoning_content"] {
        if let Some(text) = message.string(name)? {
            parts.push(Part::Other(name.to_owned(), text.to_owned()));
        }
    }
    for (path, call) in message.array("tool_calls")? {
        parts.push(tool_call(path, call, found)?);
    }
    if let Some(call) = message.object("function_call", &["name", "arguments"])? {
        found.leftovers(&call);
        parts.push(called(String::new(), &call, "arguments")?);
    }
    if let Some(audio) = message.value("audio") {
        found.reach(Capability::ServerState("audio".to_owned()));
        parts.push(Part::Other(
            "earlier sound kept at the provider".to_owned(),
            audio.to_string(),
        ));
    }
    if !message.array("annotations")?.is_empty()
        && let Some(annotations) = message.value("annotations")
    {
        parts.push(Part::Other("annotations".to_owned(), annotations.to_string()));
    }
    found.leftovers(&message);
    Ok(Message {
        role: role.to_owned(),
        name: message.string("name")?.map(str::to_owned),
        answers: message.string("tool_call_id")?.map(str::to_owned),
        parts,
    })
}

/// Reads a `content`: nothing, text, or an array of parts.
pub(super) fn content(holder: &Object<'_>, found: &mut Found) -> Result<Vec<Part>, ReadError> {
    let read = |path, value: &_| part(path, value, found);
    holder.parts("content", "a string or an array of parts", read)
}

/// Reads a part. What else a part of its type may hold is unknown: a text part with an `image_url` doesn't hide it.
fn part(path: String, value: &Value, found: &mut Found) -> Result<Part, ReadError> {
    let kind = Object::new(path.clone(), value, &["type"])?.needed_string("type")?;
    let known: &'static [&'static str] = match kind {
        "text" => &["type", "text"],
        "refusal" => &["type", "refusal"],
        "image_url" => &["type", "image_url"],
        "input_audio" => &["type", "input_audio"],
        "file" => &["type", "file"],
        other => {
            found.unknown_content(other, &path, value);
            return Ok(Part::Other(other.to_owned(), value.to_string()));
        }
    };
    let part = Object::new(path, value, known)?;
    found.leftovers(&part);
    match kind {
        "text" => Ok(Part::Text(part.needed_string("text")?.to_owned())),
        "image_url" => image(&part, found),
        "input_audio" => audio(&part, found),
        "file" => file(&part, found),
        _ => Ok(Part::Other(
            "refusal".to_owned(),
            part.needed_string("refusal")?.to_owned(),
        )),
    }
}

fn image(part: &Object<'_>, found: &mut Found) -> Result<Part, ReadError> {
    let url = match part.value("image_url") {
        // Some clients and providers leave out the object.
        Some(Value::String(url)) => url.as_str(),
        _ => {
            let image = part.needed_object("image_url", &["url", "detail"])?;
            image.plain_but(&[])?;
            found.leftovers(&image);
            image.needed_string("url")?
        }
    };
    let source = sources::addressed(url);
    sources::reach(Media::Image, &source, "image_url", found);
    Ok(Part::Image(source))
}

fn file(part: &Object<'_>, found: &mut Found) -> Result<Part, ReadError> {
    let file = part.needed_object("file", &["file_data", "file_id", "file_url", "filename"])?;
    found.leftovers(&file);
    file_of_one_source(&file, part.at("file"), found)
}

fn tool_call(path: String, value: &Value, found: &mut Found) -> Result<Part, ReadError> {
    let call = Object::new(path, value, &["id", "type", "function", "custom", "index"])?;
    call.plain_but(&["custom", "function"])?;
    found.leftovers(&call);
    let id = call.string("id")?.unwrap_or_default().to_owned();
    match call.string("type")?.unwrap_or("function") {
        "function" => {
            let function = call.needed_object("function", &["name", "arguments"])?;
            found.leftovers(&function);
            called(id, &function, "arguments")
        }
        "custom" => {
            let custom = call.needed_object("custom", &["name", "input"])?;
            found.leftovers(&custom);
            called(id, &custom, "input")
        }
        other => {
            found.reach(Capability::UnknownContent(format!("tool call {other}")));
            Ok(Part::Other(format!("tool call {other}"), value.to_string()))
        }
    }
}
