//! Model calls: read strictly, every reach beyond text named.
//!
//! [`read`] takes the exact bytes that will be sent. What it can't read without doubt is an error, and an error is a
//! denial: a gateway that reads a call otherwise than the upstream does guards nothing.

mod anthropic;
mod body;
mod capability;
mod error;
mod format;
mod found;
mod gemini;
mod hosted;
mod named;
mod openai;
mod render;
mod shape;
mod sources;
mod title;

use std::collections::BTreeSet;

pub use capability::Capability;
pub use error::ReadError;
pub use format::Format;
pub use named::{named_model, with_model};
pub use render::Parties;

use crate::Subject;
use crate::view::View;

/// Reads a call's exact bytes. `model` is the one that the path names: there for the formats that name it so
/// ([`Format::names_model_in_path`]), nothing for the others, whose bodies name it.
///
/// # Errors
/// [`ReadError`] where the bytes aren't strict JSON (duplicate keys, lone surrogates, trailing bytes …), a field that
/// decides something has the wrong type, a field's name is a known one in disguise (`Tools`, `toolChoice`), or the model
/// isn't named exactly where the format names it.
pub fn read(format: Format, model: Option<&str>, body: &[u8]) -> Result<ModelCall, ReadError> {
    let model = match (format.names_model_in_path(), model) {
        (true, Some(model)) => model,
        (false, None) => "",
        (true, None) => return Err(ReadError::Missing("model".to_owned())),
        (false, Some(_)) => {
            return Err(ReadError::OtherModel {
                path: "model".to_owned(),
            });
        }
    };
    match format {
        Format::OpenAiChat => openai::chat::read(body),
        Format::OpenAiResponses => openai::responses::read(body),
        Format::OpenAiEmbeddings => openai::embeddings::read(body),
        Format::AnthropicMessages | Format::AnthropicCountTokens => anthropic::read(format, body),
        Format::GeminiGenerate | Format::GeminiStream | Format::GeminiCountTokens => gemini::read(format, model, body),
    }
}

/// A model call as read. Its strings are the agent's own: show them only through [`crate::visible`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCall {
    format: Format,
    exact: String,
    model: String,
    stream: bool,
    include_usage: bool,
    messages: Vec<Message>,
    tools: Vec<OfferedTool>,
    tool_choice: ToolChoice,
    capabilities: BTreeSet<Capability>,
    settings: Vec<Field>,
    unknown_fields: Vec<Field>,
}

impl ModelCall {
    /// The wire format it was read in.
    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// The exact text that was read, byte for byte.
    #[must_use]
    pub fn exact(&self) -> &str {
        &self.exact
    }

    /// The model it names: 1 to 256 characters.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Whether the answer is to be streamed: by a field of the body, or by the path.
    #[must_use]
    pub fn stream(&self) -> bool {
        self.stream
    }

    /// Whether a streamed answer is to end with a usage chunk (`stream_options.include_usage` of chat completions).
    #[must_use]
    pub fn include_usage(&self) -> bool {
        self.include_usage
    }

    /// The conversation, in its order, instructions first; an embedding's texts.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The tools that the model is offered and the agent will run, in their order.
    #[must_use]
    pub fn tools(&self) -> &[OfferedTool] {
        &self.tools
    }

    /// Whether the model may, must or can't ask for a tool.
    #[must_use]
    pub fn tool_choice(&self) -> &ToolChoice {
        &self.tool_choice
    }

    /// Every way in which the call reaches beyond text. Empty: text in, text out.
    #[must_use]
    pub fn capabilities(&self) -> &BTreeSet<Capability> {
        &self.capabilities
    }

    /// The known fields that are neither the conversation nor the tools, as JSON.
    #[must_use]
    pub fn settings(&self) -> &[Field] {
        &self.settings
    }

    /// Every field that this program doesn't know; they are passed on. Where one is more than a plain value, it is a
    /// capability too ([`Capability::UnknownField`]).
    #[must_use]
    pub fn unknown_fields(&self) -> &[Field] {
        &self.unknown_fields
    }

    /// On what it acts, sent to this upstream.
    #[must_use]
    pub fn subject(&self, upstream: &str, base_url: &str) -> Subject {
        Subject {
            v: 1,
            operation: self.format.operation().to_owned(),
            upstream: upstream.to_owned(),
            base_url: base_url.to_owned(),
            path: self.format.path(&self.model),
            model: self.model.clone(),
        }
    }

    /// How it reads to a person: complete, nothing truncated, invisible characters made visible.
    #[must_use]
    pub fn view(&self, who: &Parties) -> View {
        render::view(self, who)
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// `system`, `user`, `assistant`, `tool` …; for what isn't said by anybody, what it is: `instructions`, `prompt`,
    /// `item`, `input`.
    pub role: String,
    /// The participant's name, where one is given.
    pub name: Option<String>,
    /// Which tool call it answers, where it does.
    pub answers: Option<String>,
    /// What it holds, in its order.
    pub parts: Vec<Part>,
}

impl Message {
    /// A message with one part.
    fn of(role: &str, part: Part) -> Self {
        Self::of_parts(role, vec![part])
    }

    /// A message with these parts.
    fn of_parts(role: &str, parts: Vec<Part>) -> Self {
        Self {
            role: role.to_owned(),
            name: None,
            answers: None,
            parts,
        }
    }
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Part {
    /// Text.
    Text(String),
    /// An image.
    Image(Source),
    /// A file, with its name where it has one.
    File(Option<String>, Source),
    /// Sound.
    Audio(Source),
    /// A call of a tool that the model asked for earlier.
    ToolCall {
        /// Its id.
        id: String,
        /// The tool's name.
        name: String,
        /// The arguments, as text.
        arguments: String,
    },
    /// What the agent answers to a tool call, where it is one part of a message among others.
    ToolAnswer {
        /// The call's id, or the tool's name where the format has no id.
        call: String,
        /// Whether it says that the tool failed.
        failed: bool,
        /// What it says.
        parts: Vec<Part>,
    },
    /// What the provider wrote for itself and nobody else can read (reasoning, a compacted conversation): what it is,
    /// and how many characters it has.
    Sealed(String, usize),
    /// Parts that stand in one: what it is (a document, a search result), and they.
    Within(String, Vec<Part>),
    /// Anything else: what it is, and its text or JSON.
    Other(String, String),
}

/// Where an image's, file's or sound's bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// In the call.
    Inline {
        /// What it says it is.
        media_type: String,
        /// How many characters its encoding has.
        characters: usize,
    },
    /// At an address, from which the provider fetches them.
    Address(String),
    /// At the provider, under an id.
    Stored(String),
}

/// A tool that the model is offered and the agent will run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedTool {
    /// Its name.
    pub name: String,
    /// What the agent says it does: claimed, never trusted.
    pub description: String,
    /// Its parameters' schema or input format, as JSON in lines; empty where it has none.
    pub parameters: String,
}

/// Whether the model may, must or can't ask for a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ToolChoice {
    /// It may.
    #[default]
    Free,
    /// It can't.
    None,
    /// It must ask for one.
    Required,
    /// It must ask for this one.
    Named(String),
}

/// A field and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its path, without indexes: `temperature`, `messages[].content[].cache_control`.
    pub path: String,
    /// Its value, as JSON.
    pub value: String,
}
