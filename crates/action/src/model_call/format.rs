//! The wire formats and operations that are read.

/// Which wire format and operation a call is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// OpenAI chat completions: `POST /v1/chat/completions`.
    OpenAiChat,
    /// OpenAI responses: `POST /v1/responses`.
    OpenAiResponses,
    /// OpenAI embeddings: `POST /v1/embeddings`.
    OpenAiEmbeddings,
    /// Anthropic messages: `POST /v1/messages`.
    AnthropicMessages,
    /// Anthropic's counting of a message's tokens: `POST /v1/messages/count_tokens`.
    AnthropicCountTokens,
    /// Gemini, answered whole: `POST /v1beta/models/{model}:generateContent`.
    GeminiGenerate,
    /// Gemini, answered as a stream: `POST /v1beta/models/{model}:streamGenerateContent`.
    GeminiStream,
    /// Gemini's counting of tokens: `POST /v1beta/models/{model}:countTokens`.
    GeminiCountTokens,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::OpenAiChat,
        Self::OpenAiResponses,
        Self::OpenAiEmbeddings,
        Self::AnthropicMessages,
        Self::AnthropicCountTokens,
        Self::GeminiGenerate,
        Self::GeminiStream,
        Self::GeminiCountTokens,
    ];

    /// The wire format's name, as policies and upstreams use it: `openai`, `anthropic`, `gemini`.
    #[must_use]
    pub fn wire(self) -> &'static str {
        match self {
            Self::OpenAiChat | Self::OpenAiResponses | Self::OpenAiEmbeddings => "openai",
            Self::AnthropicMessages | Self::AnthropicCountTokens => "anthropic",
            Self::GeminiGenerate | Self::GeminiStream | Self::GeminiCountTokens => "gemini",
        }
    }

    /// The operation's name in records and subjects, `chat.completions`.
    #[must_use]
    pub fn operation(self) -> &'static str {
        match self {
            Self::OpenAiChat => "chat.completions",
            Self::OpenAiResponses => "responses",
            Self::OpenAiEmbeddings => "embeddings",
            Self::AnthropicMessages => "messages",
            Self::AnthropicCountTokens => "messages.count_tokens",
            Self::GeminiGenerate => "gemini.generate_content",
            Self::GeminiStream => "gemini.stream_generate_content",
            Self::GeminiCountTokens => "gemini.count_tokens",
        }
    }

    /// The format of an operation, by the name that subjects use.
    #[must_use]
    pub fn of_operation(operation: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.operation() == operation)
    }

    /// The path under an upstream's base URL, `chat/completions`, `models/gemini-2.5-pro:generateContent`.
    ///
    /// The model stands in it as it is: [`read`](super::read) has refused what would need escaping.
    #[must_use]
    pub fn path(self, model: &str) -> String {
        match self {
            Self::OpenAiChat => "chat/completions".to_owned(),
            Self::OpenAiResponses => "responses".to_owned(),
            Self::OpenAiEmbeddings => "embeddings".to_owned(),
            Self::AnthropicMessages => "messages".to_owned(),
            Self::AnthropicCountTokens => "messages/count_tokens".to_owned(),
            Self::GeminiGenerate => format!("models/{model}:generateContent"),
            Self::GeminiStream => format!("models/{model}:streamGenerateContent?alt=sse"),
            Self::GeminiCountTokens => format!("models/{model}:countTokens"),
        }
    }

    /// Whether the model is named in the path, and not in the body.
    #[must_use]
    pub fn names_model_in_path(self) -> bool {
        self.wire() == "gemini"
    }

    /// Whether tokens are counted and no model is asked: no tool can be called for.
    #[must_use]
    pub fn counts_only(self) -> bool {
        matches!(self, Self::AnthropicCountTokens | Self::GeminiCountTokens)
    }
}
