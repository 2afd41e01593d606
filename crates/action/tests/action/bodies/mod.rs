//! Bodies of every format.

use action::model_call::{Format, ModelCall, ReadError, read};

/// The model that a path names, for the formats that name it there.
const IN_PATH: &str = "gemini-2.5-pro";

/// Reads a body of a format.
pub(crate) fn read_as(format: Format, body: &[u8]) -> Result<ModelCall, ReadError> {
    read(format, format.names_model_in_path().then_some(IN_PATH), body)
}

/// Reads a body of a format that must be readable.
pub(crate) fn accepted_as(format: Format, body: &str) -> ModelCall {
    read_as(format, body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// What reading a body says that mustn't be read.
pub(crate) fn refused_as(format: Format, attack: &str, body: &str) -> ReadError {
    match read_as(format, body.as_bytes()) {
        Err(error) => error,
        Ok(call) => panic!(
            "{attack}: read as a call of {format:?} with {:?}: {body}",
            call.capabilities()
        ),
    }
}

/// Reads a chat completion that must be readable.
pub(crate) fn accepted(body: &str) -> ModelCall {
    accepted_as(Format::OpenAiChat, body)
}

/// A chat completion with one user message and these further fields.
pub(crate) fn with(fields: &str) -> String {
    format!(r#"{{"model":"gpt-5.2","messages":[{{"role":"user","content":"hi"}}],{fields}}}"#)
}

/// A chat completion whose user message has this content.
pub(crate) fn content(content: &str) -> String {
    format!(r#"{{"model":"gpt-5.2","messages":[{{"role":"user","content":{content}}}]}}"#)
}

/// The members of a body that asks no more than "hi".
pub(crate) fn least(format: Format) -> &'static str {
    match format {
        Format::OpenAiChat => r#""model":"gpt-5.2","messages":[{"role":"user","content":"hi"}]"#,
        Format::OpenAiResponses => r#""model":"gpt-5.2","input":"hi""#,
        Format::OpenAiEmbeddings => r#""model":"text-embedding-3-small","input":"hi""#,
        Format::AnthropicMessages => {
            r#""model":"claude-opus-5","max_tokens":9,"messages":[{"role":"user","content":"hi"}]"#
        }
        Format::AnthropicCountTokens => r#""model":"claude-opus-5","messages":[{"role":"user","content":"hi"}]"#,
        _ => r#""contents":[{"role":"user","parts":[{"text":"hi"}]}]"#,
    }
}

/// A body of a format that asks "hi", with these further members.
pub(crate) fn more(format: Format, members: &str) -> String {
    format!("{{{},{members}}}", least(format))
}

/// A body with something in every place that is read.
pub(crate) fn rich(format: Format) -> &'static str {
    match format {
        Format::OpenAiChat => include_str!("chat.json"),
        Format::OpenAiResponses => include_str!("responses.json"),
        Format::OpenAiEmbeddings => include_str!("embeddings.json"),
        Format::AnthropicMessages | Format::AnthropicCountTokens => include_str!("messages.json"),
        _ => include_str!("gemini.json"),
    }
}
