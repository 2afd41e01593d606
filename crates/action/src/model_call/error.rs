//! Why a body can't be read as a model call.

use evidence::json::JsonError;

/// Why a body can't be read as a model call without doubt. The call is denied; the agent may see the message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// Not strict JSON: duplicate keys, lone surrogates, bytes after the end …
    #[error("the request isn't strict JSON: {0}")]
    Json(#[from] JsonError),
    /// A field isn't there.
    #[error("`{0}` is missing")]
    Missing(String),
    /// A field has another type than the format says.
    #[error("`{path}` must be {wanted}")]
    WrongType {
        /// Where: `messages[0].role`.
        path: String,
        /// What it must be: `a string`.
        wanted: &'static str,
    },
    /// A field's name is a known one in disguise: some parsers would take it for that one, others wouldn't.
    #[error("`{path}` differs from `{known}` only in case, punctuation or invisible characters; write `{known}`")]
    Disguised {
        /// Where, invisible characters written out.
        path: String,
        /// The name that it would be taken for.
        known: &'static str,
    },
    /// A field stands there in both of the spellings that protobuf's JSON has for it.
    #[error("`{path}` stands there in both of its spellings; write it once")]
    Twice {
        /// Where, in the spelling that protobuf prints: `systemInstruction`.
        path: String,
    },
    /// A value is longer than any honest one.
    #[error("`{path}` is longer than {limit} characters")]
    TooLong {
        /// Where.
        path: &'static str,
        /// The most characters it may have.
        limit: usize,
    },
    /// A model's name that would have to be escaped in a path.
    #[error("the model's name in the address may only have letters, digits, `.`, `_` and `-`")]
    ModelInPath,
    /// The body names another model than the path does.
    #[error("`{path}` names another model than the address does")]
    OtherModel {
        /// Where: `generateContentRequest.model`.
        path: String,
    },
}
