//! The ways in which a model call reaches beyond text in and text out.

/// One way in which a call reaches beyond text. What isn't known is a capability too: it can't hide among the known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// The model is offered tools that the agent will run: functions, custom tools.
    FunctionTools,
    /// The provider runs a tool of its own: `web_search`, `code_interpreter`, `web_search_options` …
    HostedTool(String),
    /// The provider is told to call an MCP server or connector: its address, connector or name.
    RemoteMcp(String),
    /// The provider is told to fetch an image from an address.
    RemoteImage,
    /// The provider is told to fetch a file from an address.
    RemoteFile,
    /// An image is sent along.
    InlineImage,
    /// A file is sent along.
    InlineFile,
    /// Sound is sent along.
    InlineAudio,
    /// The answer is to be sound or an image.
    MediaOutput,
    /// State kept at the provider is read or written: the field, `store`, `previous_response_id`, `file_id` …
    ServerState(String),
    /// An unknown field names an address or a key for it: the field's path, `messages[].api_base`.
    NamesEndpoint(String),
    /// A tool of an unknown type: the type.
    UnknownTool(String),
    /// A role, content part or tool call of an unknown type: where and which.
    UnknownContent(String),
    /// An unknown field that is no plain value: its path.
    UnknownField(String),
}

impl Capability {
    /// The names of all capabilities, as policies use them.
    pub const NAMES: [&'static str; 14] = [
        "function_tools",
        "hosted_tool",
        "remote_mcp",
        "remote_image",
        "remote_file",
        "inline_image",
        "inline_file",
        "inline_audio",
        "media_output",
        "server_state",
        "names_endpoint",
        "unknown_tool",
        "unknown_content",
        "unknown_field",
    ];

    /// Its name in policies: `Capability::"hosted_tool"`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::FunctionTools => "function_tools",
            Self::HostedTool(_) => "hosted_tool",
            Self::RemoteMcp(_) => "remote_mcp",
            Self::RemoteImage => "remote_image",
            Self::RemoteFile => "remote_file",
            Self::InlineImage => "inline_image",
            Self::InlineFile => "inline_file",
            Self::InlineAudio => "inline_audio",
            Self::MediaOutput => "media_output",
            Self::ServerState(_) => "server_state",
            Self::NamesEndpoint(_) => "names_endpoint",
            Self::UnknownTool(_) => "unknown_tool",
            Self::UnknownContent(_) => "unknown_content",
            Self::UnknownField(_) => "unknown_field",
        }
    }

    /// Which tool, field or type it is, as the agent wrote it: show it only through [`crate::visible`].
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::HostedTool(detail)
            | Self::RemoteMcp(detail)
            | Self::ServerState(detail)
            | Self::NamesEndpoint(detail)
            | Self::UnknownTool(detail)
            | Self::UnknownContent(detail)
            | Self::UnknownField(detail) => Some(detail),
            _ => None,
        }
    }

    /// What it is, in a word or two, for a person.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::FunctionTools => "Tools",
            Self::HostedTool(_) => "Provider's tool",
            Self::RemoteMcp(_) => "Tool server",
            Self::RemoteImage | Self::RemoteFile | Self::NamesEndpoint(_) => "Address",
            Self::InlineImage | Self::InlineFile | Self::InlineAudio => "Attachment",
            Self::MediaOutput => "Answer",
            Self::ServerState(_) => "Provider's state",
            Self::UnknownTool(_) | Self::UnknownContent(_) | Self::UnknownField(_) => "Unknown",
        }
    }

    /// What it means, for a person.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        match self {
            Self::FunctionTools => "The model may ask for tools that the agent then runs",
            Self::HostedTool(_) => "The provider runs a tool of its own",
            Self::RemoteMcp(_) => "The provider calls a tool server elsewhere",
            Self::RemoteImage => "The provider fetches an image from an address",
            Self::RemoteFile => "The provider fetches a file from an address",
            Self::InlineImage => "An image is sent along",
            Self::InlineFile => "A file is sent along",
            Self::InlineAudio => "Sound is sent along",
            Self::MediaOutput => "The answer is to be more than text",
            Self::ServerState(_) => "The provider keeps or reads back state",
            Self::NamesEndpoint(_) => "An unknown field names an address or a key for one",
            Self::UnknownTool(_) => "A tool of a kind that this gateway doesn't know",
            Self::UnknownContent(_) => "Content of a kind that this gateway doesn't know",
            Self::UnknownField(_) => "A field that this gateway doesn't know, with more than a plain value",
        }
    }
}
