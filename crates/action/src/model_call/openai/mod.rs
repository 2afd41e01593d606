//! OpenAI's formats, which most other providers speak, too.

pub(super) mod chat;
pub(super) mod embeddings;
pub(super) mod responses;

mod parts;
