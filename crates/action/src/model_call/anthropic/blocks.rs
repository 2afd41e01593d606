//! The blocks of a message.

use serde_json::Value;

use super::CACHE_CONTROL;
use crate::model_call::body::plain_object;
use crate::model_call::found::Found;
use crate::model_call::shape::Object;
use crate::model_call::sources::{self, Media};
use crate::model_call::{Capability, Part, ReadError, Source};

/// Reads a field that is text or an array of blocks.
pub(super) fn content(holder: &Object<'_>, key: &str, found: &mut Found) -> Result<Vec<Part>, ReadError> {
    let read = |path, value: &_| block(path, value, found);
    holder.parts(key, "a string or an array of blocks", read)
}

/// What a block of a type may hold. What else it holds is unknown: a text block with a `source` doesn't hide it.
fn fields_of(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "text" => &["cache_control", "citations", "text", "type"],
        "image" => &["cache_control", "source", "type"],
        "document" => &["cache_control", "citations", "context", "source", "title", "type"],
        "search_result" => &["cache_control", "citations", "content", "source", "title", "type"],
        "thinking" => &["signature", "thinking", "type"],
        "redacted_thinking" => &["data", "type"],
        "tool_use" => &["cache_control", "caller", "id", "input", "name", "toolset_name", "type"],
        "tool_result" => &["cache_control", "content", "is_error", "tool_use_id", "type"],
        "tool_reference" => &["cache_control", "tool_name", "type"],
        "container_upload" => &["cache_control", "file_id", "type"],
        "compaction" => &["cache_control", "content", "encrypted_content", "type"],
        "mid_conv_system" => &["cache_control", "content", "type"],
        "mcp_tool_use" => &["cache_control", "id", "input", "name", "server_name", "type"],
        "mcp_tool_result" => &["cache_control", "content", "is_error", "tool_use_id", "type"],
        "server_tool_use" => &["cache_control", "caller", "id", "input", "name", "type"],
        kind if is_hosted_result(kind) => &["cache_control", "caller", "content", "tool_use_id", "type"],
        _ => return None,
    })
}

/// Whether a block tells what a tool of the provider's found.
fn is_hosted_result(kind: &str) -> bool {
    const HOSTED: &[&str] = &[
        "advisor",
        "bash_code_execution",
        "code_execution",
        "text_editor_code_execution",
    ];
    const SEARCHES: &[&str] = &["tool_search", "web_fetch", "web_search"];
    kind.strip_suffix("_tool_result")
        .is_some_and(|tool| HOSTED.contains(&tool) || SEARCHES.contains(&tool))
}

fn block(path: String, value: &Value, found: &mut Found) -> Result<Part, ReadError> {
    let kind = Object::new(path.clone(), value, &["type"])?.needed_string("type")?;
    let Some(known) = fields_of(kind) else {
        found.unknown_content(kind, &path, value);
        return Ok(Part::Other(kind.to_owned(), value.to_string()));
    };
    let block = Object::new(path, value, known)?;
    block.plain_but(&["cache_control", "caller", "citations", "content", "input", "source"])?;
    plain_object(&block, "cache_control", CACHE_CONTROL, found)?;
    plain_object(&block, "caller", &["tool_id", "type"], found)?;
    found.leftovers(&block);
    let json = || Part::Other(kind.to_owned(), value.to_string());
    match kind {
        "text" => text(&block),
        "image" => Ok(source(&block, Media::Image, found)?.map_or_else(json, Part::Image)),
        "document" => document(&block, found),
        "search_result" => search_result(&block, found),
        "thinking" => Ok(Part::Other(
            "thinking".to_owned(),
            block.needed_string("thinking")?.to_owned(),
        )),
        "redacted_thinking" => {
            let sealed = block.needed_string("data")?;
            Ok(Part::Sealed("thinking".to_owned(), sealed.chars().count()))
        }
        "tool_use" => tool_use(&block),
        "tool_result" => Ok(Part::ToolAnswer {
            call: block.needed_string("tool_use_id")?.to_owned(),
            failed: block.flag("is_error")?,
            parts: content(&block, "content", found)?,
        }),
        "tool_reference" => Ok(json()),
        "container_upload" => {
            found.reach(Capability::ServerState("container_upload".to_owned()));
            let id = block.needed_string("file_id")?.to_owned();
            Ok(Part::File(None, Source::Stored(id)))
        }
        "compaction" => compaction(&block, found),
        "mid_conv_system" => Ok(Part::Within("system".to_owned(), content(&block, "content", found)?)),
        "mcp_tool_use" | "mcp_tool_result" => {
            let server = block.string("server_name")?.unwrap_or(kind);
            found.reach(Capability::RemoteMcp(server.to_owned()));
            Ok(json())
        }
        "server_tool_use" => {
            found.reach(Capability::HostedTool(block.needed_string("name")?.to_owned()));
            Ok(json())
        }
        _ => {
            found.reach(Capability::HostedTool(kind.to_owned()));
            Ok(json())
        }
    }
}

/// Text, with what it says of its sources.
fn text(block: &Object<'_>) -> Result<Part, ReadError> {
    let text = block.needed_string("text")?.to_owned();
    if block.array("citations")?.is_empty() {
        return Ok(Part::Text(text));
    }
    let citations = block.value("citations").map(Value::to_string).unwrap_or_default();
    Ok(Part::Other(
        "text with citations".to_owned(),
        format!("{text}\n{citations}"),
    ))
}

fn tool_use(block: &Object<'_>) -> Result<Part, ReadError> {
    Ok(Part::ToolCall {
        id: block.needed_string("id")?.to_owned(),
        name: block.needed_string("name")?.to_owned(),
        arguments: block.value("input").map(Value::to_string).unwrap_or_default(),
    })
}

/// The bytes of an image or a document: in the call, at an address, at the provider. Nothing for a kind of source that
/// isn't known.
fn source(block: &Object<'_>, media: Media, found: &mut Found) -> Result<Option<Source>, ReadError> {
    let source = block.needed_object("source", &["data", "file_id", "media_type", "type", "url"])?;
    source.plain_but(&[])?;
    found.leftovers(&source);
    one_of_its_kind(&source)?;
    let read = match source.needed_string("type")? {
        "base64" => {
            let media_type = source.string("media_type")?.unwrap_or("unknown");
            sources::inline(media_type, source.needed_string("data")?)
        }
        "url" => Source::Address(source.needed_string("url")?.to_owned()),
        "file" => Source::Stored(source.needed_string("file_id")?.to_owned()),
        other => {
            found.reach(Capability::UnknownContent(format!("source {other}")));
            return Ok(None);
        }
    };
    sources::reach(media, &read, "file_id", found);
    Ok(Some(read))
}

/// That a source has the fields of one kind only: an address beside the bytes would be another source.
fn one_of_its_kind(source: &Object<'_>) -> Result<(), ReadError> {
    let there = ["data", "file_id", "url"].into_iter();
    if there.filter(|name| source.value(name).is_some()).count() > 1 {
        return Err(ReadError::WrongType {
            path: source.at("type"),
            wanted: "of a source with only one of `data`, `file_id` and `url`",
        });
    }
    Ok(())
}

/// A document. Its text is text; what else it may be is a file.
fn document(block: &Object<'_>, found: &mut Found) -> Result<Part, ReadError> {
    plain_object(block, "citations", &["enabled"], found)?;
    let title = block.string("title")?;
    let mut parts = Vec::new();
    if let Some(context) = block.string("context")? {
        parts.push(Part::Other("context".to_owned(), context.to_owned()));
    }
    let kind = block
        .needed_object("source", &["content", "data", "file_id", "media_type", "type", "url"])?
        .needed_string("type")?;
    match kind {
        "text" => {
            let source = block.needed_object("source", &["data", "media_type", "type"])?;
            source.plain_but(&[])?;
            found.leftovers(&source);
            parts.push(Part::Text(source.needed_string("data")?.to_owned()));
        }
        "content" => {
            let source = block.needed_object("source", &["content", "type"])?;
            found.leftovers(&source);
            parts.extend(content(&source, "content", found)?);
        }
        other => parts.push(match source(block, Media::File, found)? {
            Some(source) => Part::File(title.map(str::to_owned), source),
            None => Part::Other(
                format!("source {other}"),
                block.value("source").map(Value::to_string).unwrap_or_default(),
            ),
        }),
    }
    let what = title.map_or("document".to_owned(), |title| format!("document “{title}”"));
    Ok(Part::Within(what, parts))
}

fn search_result(block: &Object<'_>, found: &mut Found) -> Result<Part, ReadError> {
    plain_object(block, "citations", &["enabled"], found)?;
    let title = block.needed_string("title")?;
    let from = block.needed_string("source")?;
    let what = format!("search result “{title}” from {from}");
    Ok(Part::Within(what, content(block, "content", found)?))
}

/// A conversation that was cut short: what remains of it.
fn compaction(block: &Object<'_>, found: &mut Found) -> Result<Part, ReadError> {
    let what = "an earlier conversation, compacted";
    let mut parts = content(block, "content", found)?;
    if let Some(sealed) = block.string("encrypted_content")? {
        parts.push(Part::Sealed(what.to_owned(), sealed.chars().count()));
    }
    Ok(Part::Within(what.to_owned(), parts))
}
