//! The conversation.

use serde_json::Value;

use super::super::found::Found;
use super::super::shape::Object;
use super::super::{Capability, Message, Part, ReadError, Source};

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
    match holder.value("content") {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![Part::Text(text.clone())]),
        Some(Value::Array(_)) => holder
            .array("content")?
            .into_iter()
            .map(|(path, value)| part(path, value, found))
            .collect(),
        Some(_) => Err(ReadError::WrongType {
            path: holder.at("content"),
            wanted: "a string or an array of parts",
        }),
    }
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
            found.reach(Capability::UnknownContent(other.to_owned()));
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
            found.leftovers(&image);
            image.needed_string("url")?
        }
    };
    let source = addressed(url);
    found.reach(match source {
        Source::Inline { .. } => Capability::InlineImage,
        _ => Capability::RemoteImage,
    });
    Ok(Part::Image(source))
}

fn audio(part: &Object<'_>, found: &mut Found) -> Result<Part, ReadError> {
    let audio = part.needed_object("input_audio", &["data", "format"])?;
    found.leftovers(&audio);
    let data = audio.needed_string("data")?;
    if !is_base64(data) {
        found.reach(Capability::RemoteFile);
        return Ok(Part::Audio(Source::Address(data.to_owned())));
    }
    found.reach(Capability::InlineAudio);
    let media_type = format!("audio/{}", audio.string("format")?.unwrap_or("?"));
    Ok(Part::Audio(Source::Inline {
        media_type,
        characters: data.len(),
    }))
}

fn file(part: &Object<'_>, found: &mut Found) -> Result<Part, ReadError> {
    let file = part.needed_object("file", &["file_data", "file_id", "file_url", "filename"])?;
    found.leftovers(&file);
    let name = file.string("filename")?.map(str::to_owned);
    let mut sources = Vec::new();
    if let Some(id) = file.string("file_id")? {
        found.reach(Capability::ServerState("file_id".to_owned()));
        sources.push(Source::Stored(id.to_owned()));
    }
    if let Some(url) = file.string("file_url")? {
        found.reach(Capability::RemoteFile);
        sources.push(Source::Address(url.to_owned()));
    }
    if let Some(data) = file.string("file_data")? {
        let source = if is_base64(data) {
            Source::Inline {
                media_type: "unknown".to_owned(),
                characters: data.len(),
            }
        } else {
            addressed(data)
        };
        found.reach(match source {
            Source::Inline { .. } => Capability::InlineFile,
            _ => Capability::RemoteFile,
        });
        sources.push(source);
    }
    let mut sources = sources.into_iter();
    match (sources.next(), sources.next()) {
        (Some(source), None) => Ok(Part::File(name, source)),
        _ => Err(ReadError::WrongType {
            path: part.at("file"),
            wanted: "an object with exactly one of `file_data`, `file_id` and `file_url`",
        }),
    }
}

/// The bytes in a `data:` URL, or an address. Only the plainest form is taken for inline (lower case, base64, no white
/// space): URL parsers forgive more than that, so everything else counts as an address.
fn addressed(url: &str) -> Source {
    let inline = url.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,"));
    match inline {
        Some((media_type, data)) if is_media_type(media_type) && is_base64(data) => Source::Inline {
            media_type: media_type.to_owned(),
            characters: data.len(),
        },
        _ => Source::Address(url.to_owned()),
    }
}

fn is_media_type(text: &str) -> bool {
    let token = |c: char| c.is_ascii_alphanumeric() || "/.+-_".contains(c);
    text.matches('/').count() == 1 && text.chars().all(token)
}

fn is_base64(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_'))
}

fn tool_call(path: String, value: &Value, found: &mut Found) -> Result<Part, ReadError> {
    let call = Object::new(path, value, &["id", "type", "function", "custom", "index"])?;
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

fn called(id: String, call: &Object<'_>, arguments: &str) -> Result<Part, ReadError> {
    let name = call.needed_string("name")?.to_owned();
    Ok(Part::ToolCall {
        id,
        name,
        arguments: call.string(arguments)?.unwrap_or_default().to_owned(),
    })
}
