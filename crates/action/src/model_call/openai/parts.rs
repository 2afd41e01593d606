//! What OpenAI's chat completions and responses have in common.

use crate::model_call::found::Found;
use crate::model_call::hosted::not_the_agents;
use crate::model_call::shape::Object;
use crate::model_call::sources::{self, Media};
use crate::model_call::{Part, ReadError, Source, ToolChoice};

/// Reads an `input_audio`.
pub(super) fn audio(part: &Object<'_>, found: &mut Found) -> Result<Part, ReadError> {
    let audio = part.needed_object("input_audio", &["data", "format"])?;
    audio.plain_but(&[])?;
    found.leftovers(&audio);
    let media_type = format!("audio/{}", audio.string("format")?.unwrap_or("?"));
    let source = sources::inline(&media_type, audio.needed_string("data")?);
    sources::reach(Media::Audio, &source, "input_audio", found);
    Ok(Part::Audio(source))
}

/// A file with exactly one of `file_data`, `file_id` and `file_url`.
pub(super) fn file_of_one_source(file: &Object<'_>, path: String, found: &mut Found) -> Result<Part, ReadError> {
    file.plain_but(&["prompt_cache_breakpoint"])?;
    let name = file.string("filename")?.map(str::to_owned);
    let sources = [
        file.string("file_id")?.map(|id| Source::Stored(id.to_owned())),
        file.string("file_url")?.map(|url| Source::Address(url.to_owned())),
        file.string("file_data")?.map(sources::inline_or_addressed),
    ];
    let mut sources = sources.into_iter().flatten();
    match (sources.next(), sources.next()) {
        (Some(source), None) => {
            sources::reach(Media::File, &source, "file_id", found);
            Ok(Part::File(name, source))
        }
        _ => Err(ReadError::WrongType {
            path,
            wanted: "an object with exactly one of `file_data`, `file_id` and `file_url`",
        }),
    }
}

/// A tool call with its name and these arguments.
pub(super) fn called(id: String, call: &Object<'_>, arguments: &str) -> Result<Part, ReadError> {
    let name = call.needed_string("name")?.to_owned();
    Ok(Part::ToolCall {
        id,
        name,
        arguments: call.string(arguments)?.unwrap_or_default().to_owned(),
    })
}

/// A choice in one word; whatever isn't known may stand for a tool of the provider's.
pub(super) fn in_a_word(word: Option<&str>, found: &mut Found) -> ToolChoice {
    match word {
        None | Some("auto") => ToolChoice::Free,
        Some("none") => ToolChoice::None,
        // Other providers of the format say `any` for `required`.
        Some("required" | "any") => ToolChoice::Required,
        Some(other) => {
            found.reach(not_the_agents(other));
            ToolChoice::Free
        }
    }
}
