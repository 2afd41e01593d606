//! The parts of a message, and of a tool's answer.

use serde_json::Value;

use super::super::parts::{audio, file_of_one_source};
use crate::model_call::found::Found;
use crate::model_call::shape::Object;
use crate::model_call::sources::{self, Media};
use crate::model_call::{Part, ReadError, Source};

/// Reads a field that is text or an array of parts.
pub(super) fn read(holder: &Object<'_>, key: &str, found: &mut Found) -> Result<Vec<Part>, ReadError> {
    let read = |path, value: &_| part(path, value, found);
    holder.parts(key, "a string or an array of parts", read)
}

/// Reads a text, or one part.
pub(super) fn text_or_part(path: String, value: &Value, found: &mut Found) -> Result<Part, ReadError> {
    match value {
        Value::String(text) => Ok(Part::Text(text.clone())),
        other => part(path, other, found),
    }
}

/// Reads a part. What else a part of its type may hold is unknown: a text part with an `image_url` doesn't hide it.
fn part(path: String, value: &Value, found: &mut Found) -> Result<Part, ReadError> {
    let kind = Object::new(path.clone(), value, &["type"])?.needed_string("type")?;
    let known: &'static [&'static str] = match kind {
        "input_text" => &["type", "text", "prompt_cache_breakpoint"],
        "output_text" => &["type", "text", "annotations", "logprobs"],
        "summary_text" | "reasoning_text" => &["type", "text"],
        "refusal" => &["type", "refusal"],
        "input_image" | "computer_screenshot" => &["type", "detail", "file_id", "image_url", "prompt_cache_breakpoint"],
        "input_file" => FILE,
        "input_audio" => &["type", "input_audio"],
        other => {
            found.unknown_content(other, &path, value);
            return Ok(Part::Other(other.to_owned(), value.to_string()));
        }
    };
    let part = Object::new(path.clone(), value, known)?;
    part.plain_but(&["annotations", "input_audio", "logprobs", "prompt_cache_breakpoint"])?;
    crate::model_call::body::plain_object(&part, "prompt_cache_breakpoint", &["mode", "ttl"], found)?;
    found.leftovers(&part);
    match kind {
        "input_image" | "computer_screenshot" => image(&part, path, found),
        "input_file" => file_of_one_source(&part, path, found),
        "input_audio" => audio(&part, found),
        "refusal" => Ok(Part::Other(kind.to_owned(), part.needed_string("refusal")?.to_owned())),
        "output_text" => Ok(answered(&part)?),
        _ => Ok(Part::Text(part.needed_string("text")?.to_owned())),
    }
}

const FILE: &[&str] = &[
    "type",
    "detail",
    "file_data",
    "file_id",
    "file_url",
    "filename",
    "prompt_cache_breakpoint",
];

/// Text that the model wrote, with what it said of its sources.
fn answered(part: &Object<'_>) -> Result<Part, ReadError> {
    let text = part.needed_string("text")?.to_owned();
    part.array("logprobs")?;
    if part.array("annotations")?.is_empty() {
        return Ok(Part::Text(text));
    }
    let annotations = part.value("annotations").map(Value::to_string).unwrap_or_default();
    Ok(Part::Other(
        "text with annotations".to_owned(),
        format!("{text}\n{annotations}"),
    ))
}

/// An image with exactly one of `image_url` and `file_id`.
fn image(part: &Object<'_>, path: String, found: &mut Found) -> Result<Part, ReadError> {
    let source = match (part.string("image_url")?, part.string("file_id")?) {
        (Some(url), None) => sources::addressed(url),
        (None, Some(id)) => Source::Stored(id.to_owned()),
        _ => {
            return Err(ReadError::WrongType {
                path,
                wanted: "an object with exactly one of `image_url` and `file_id`",
            });
        }
    };
    sources::reach(Media::Image, &source, "file_id", found);
    Ok(Part::Image(source))
}
