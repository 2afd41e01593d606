//! The conversation: contents, and the parts of each.

use serde_json::Value;

use crate::model_call::body::plain_object;
use crate::model_call::found::Found;
use crate::model_call::shape::Object;
use crate::model_call::sources::{self, Media};
use crate::model_call::{Capability, Message, Part, ReadError, Source};

const ROLES: &[&str] = &["function", "model", "system", "user"];

/// What a part may hold: one of these …
const DATA: &[&str] = &[
    "codeExecutionResult",
    "executableCode",
    "fileData",
    "functionCall",
    "functionResponse",
    "inlineData",
    "text",
    "toolCall",
    "toolResponse",
];

/// … and these beside it.
const PART: &[&str] = &[
    "codeExecutionResult",
    "executableCode",
    "fileData",
    "functionCall",
    "functionResponse",
    "inlineData",
    "mediaResolution",
    "text",
    "thought",
    "thoughtSignature",
    "toolCall",
    "toolResponse",
    "videoMetadata",
];

/// Where the files lie that were uploaded to the provider. Any other address is one that it fetches from.
const UPLOADED: &str = "https://generativelanguage.googleapis.com/";

/// Reads `systemInstruction` and `contents`.
pub(super) fn read(body: &Object<'_>, found: &mut Found) -> Result<Vec<Message>, ReadError> {
    let mut messages = Vec::new();
    if let Some(value) = body.value("systemInstruction") {
        let mut system = content(body, body.at("systemInstruction"), value, found)?;
        system.role = "system".to_owned();
        messages.push(system);
    }
    if body.value("contents").is_none() {
        return Err(ReadError::Missing(body.at("contents")));
    }
    for (path, value) in body.repeated("contents")? {
        messages.push(content(body, path, value, found)?);
    }
    Ok(messages)
}

fn content(body: &Object<'_>, path: String, value: &Value, found: &mut Found) -> Result<Message, ReadError> {
    let content = body.element(path, value, &["parts", "role"])?;
    found.leftovers(&content);
    let role = content.string("role")?.unwrap_or("user");
    if !ROLES.contains(&role) {
        found.reach(Capability::UnknownContent(format!("role {role}")));
    }
    let mut parts = Vec::new();
    for (path, value) in content.repeated("parts")? {
        parts.push(part(&content, path, value, found)?);
    }
    Ok(Message::of_parts(role, parts))
}

/// Reads a part. It is exactly one thing; what else it may say belongs to that.
fn part(content: &Object<'_>, path: String, value: &Value, found: &mut Found) -> Result<Part, ReadError> {
    let part = content.element(path.clone(), value, PART)?;
    found.leftovers(&part);
    plain_object(&part, "videoMetadata", &["endOffset", "fps", "startOffset"], found)?;
    if !part.value("mediaResolution").is_some_and(Value::is_string) {
        plain_object(&part, "mediaResolution", &["level", "numTokens"], found)?;
    }
    part.string("thoughtSignature")?;
    let thought = part.flag("thought")?;
    let there: Vec<&'static str> = DATA.iter().copied().filter(|name| part.value(name).is_some()).collect();
    match there.as_slice() {
        [] => Ok(match part.unknown_names().next() {
            // What a part is, the name of its field says.
            Some(name) => {
                found.unknown_content(name, &path, value);
                Part::Other(name.to_owned(), value.to_string())
            }
            None => Part::Text(String::new()),
        }),
        ["text"] if thought => Ok(Part::Other("thought".to_owned(), text(&part)?)),
        ["text"] => Ok(Part::Text(text(&part)?)),
        ["inlineData"] => inline(&part, found),
        ["fileData"] => file(&part, found),
        ["functionCall"] => called(&part, found),
        ["functionResponse"] => answered(&part, found),
        [hosted] => {
            found.reach(Capability::HostedTool((*hosted).to_owned()));
            let said = part.value(hosted).map(Value::to_string).unwrap_or_default();
            Ok(Part::Other((*hosted).to_owned(), said))
        }
        _ => Err(ReadError::WrongType {
            path,
            wanted: "a part that is one thing: text, data, a call or an answer",
        }),
    }
}

fn text(part: &Object<'_>) -> Result<String, ReadError> {
    Ok(part.needed_string("text")?.to_owned())
}

/// Bytes that are sent along, in base64.
fn inline(part: &Object<'_>, found: &mut Found) -> Result<Part, ReadError> {
    let blob = part.needed_object("inlineData", &["data", "displayName", "mimeType"])?;
    blob.plain_but(&[])?;
    found.leftovers(&blob);
    let media_type = blob.string("mimeType")?.unwrap_or("unknown");
    let source = sources::inline(media_type, blob.needed_string("data")?);
    media(media_type, blob.string("displayName")?, source, found)
}

/// Bytes that the provider has, or fetches.
fn file(part: &Object<'_>, found: &mut Found) -> Result<Part, ReadError> {
    let file = part.needed_object("fileData", &["displayName", "fileUri", "mimeType"])?;
    file.plain_but(&[])?;
    found.leftovers(&file);
    let uri = file.needed_string("fileUri")?;
    let source = if is_uploaded(uri) {
        Source::Stored(uri.to_owned())
    } else {
        Source::Address(uri.to_owned())
    };
    let media_type = file.string("mimeType")?.unwrap_or("unknown");
    media(media_type, file.string("displayName")?, source, found)
}

/// `https://generativelanguage.googleapis.com/v1beta/files/abc-123`.
fn is_uploaded(uri: &str) -> bool {
    let id = uri.strip_prefix(UPLOADED).and_then(|rest| {
        let (version, file) = rest.split_once("/files/")?;
        ["v1", "v1alpha", "v1beta"].contains(&version).then_some(file)
    });
    id.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}

fn media(media_type: &str, name: Option<&str>, source: Source, found: &mut Found) -> Result<Part, ReadError> {
    let media = Media::of_type(media_type);
    sources::reach(media, &source, "fileUri", found);
    Ok(match media {
        Media::Image => Part::Image(source),
        Media::Audio => Part::Audio(source),
        Media::File => Part::File(name.map(str::to_owned), source),
    })
}

/// A call of a tool that the model asked for earlier.
fn called(part: &Object<'_>, found: &mut Found) -> Result<Part, ReadError> {
    let call = part.needed_object("functionCall", &["args", "id", "name", "partialArgs", "willContinue"])?;
    call.plain_but(&["args", "partialArgs"])?;
    found.leftovers(&call);
    let arguments = ["args", "partialArgs"].iter().filter_map(|name| call.value(name));
    Ok(Part::ToolCall {
        id: call.string("id")?.unwrap_or_default().to_owned(),
        name: call.needed_string("name")?.to_owned(),
        arguments: arguments.map(Value::to_string).collect::<Vec<_>>().join("\n"),
    })
}

/// What the agent answers to it.
fn answered(part: &Object<'_>, found: &mut Found) -> Result<Part, ReadError> {
    const KNOWN: &[&str] = &["id", "name", "parts", "response", "scheduling", "willContinue"];
    let answer = part.needed_object("functionResponse", KNOWN)?;
    answer.plain_but(&["parts", "response"])?;
    found.leftovers(&answer);
    let name = answer.needed_string("name")?;
    let mut parts = Vec::new();
    if let Some(response) = answer.value("response") {
        parts.push(Part::Text(response.to_string()));
    }
    for (path, value) in answer.repeated("parts")? {
        let media = answer.element(path, value, &["fileData", "inlineData"])?;
        found.leftovers(&media);
        if media.value("inlineData").is_some() {
            parts.push(inline(&media, found)?);
        }
        if media.value("fileData").is_some() {
            parts.push(file(&media, found)?);
        }
    }
    Ok(Part::ToolAnswer {
        call: answer.string("id")?.unwrap_or(name).to_owned(),
        failed: false,
        parts,
    })
}
