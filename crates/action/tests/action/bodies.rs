//! Bodies of chat completions.

use action::model_call::{Format, ModelCall, read};

/// Reads a body that must be readable.
pub(crate) fn accepted(body: &str) -> ModelCall {
    read(Format::OpenAiChat, None, body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// A body with one user message and these further fields.
pub(crate) fn with(fields: &str) -> String {
    format!(r#"{{"model":"gpt-5.2","messages":[{{"role":"user","content":"hi"}}],{fields}}}"#)
}

/// A body whose user message has this content.
pub(crate) fn content(content: &str) -> String {
    format!(r#"{{"model":"gpt-5.2","messages":[{{"role":"user","content":{content}}}]}}"#)
}
