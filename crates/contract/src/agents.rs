//! Registered agents.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A registered machine actor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Agent {
    /// The agent's uid, which is also its stream's name in the log.
    pub uid: String,
    /// Its name.
    pub name: String,
    /// The operator who answers for it.
    pub sponsor_uid: String,
    /// That operator's name.
    pub sponsor_name: String,
    /// Whether its key is accepted.
    pub enabled: bool,
    /// The public part of its runtime key's name: `csk_1a2b…`.
    pub key_hint: String,
    /// When it was registered, ms UTC.
    #[ts(type = "number")]
    pub added_ms: i64,
    /// Whether it is the built-in agent that sends practice calls.
    pub practice: bool,
}

/// All agents.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Agents {
    /// In the order they were added.
    pub agents: Vec<Agent>,
}

/// An agent to register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NewAgent {
    /// 1 to 64 characters, unique.
    pub name: String,
}

/// Names an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AgentRef {
    /// The agent's uid or name.
    pub agent: String,
}

/// A new agent and its runtime key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AddedAgent {
    /// The agent.
    pub agent: Agent,
    /// The runtime key, shown this once: only its hash is kept.
    pub runtime_key: String,
    /// What to paste where.
    pub snippets: Vec<Snippet>,
}

impl std::fmt::Debug for AddedAgent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AddedAgent")
            .field("agent", &self.agent)
            .finish_non_exhaustive()
    }
}

/// Lines to paste into a client.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Snippet {
    /// The program that it is for: `OpenAI, Python`, `curl`.
    pub title: String,
    /// The lines.
    pub code: String,
}

/// What to paste into a client: `url` is where agents connect, up to and with `/v1`; `key` is the runtime key, or what
/// stands in its place.
#[must_use]
pub fn snippets(url: &str, key: &str) -> Vec<Snippet> {
    // The SDKs of Anthropic and Google put the version into the path themselves.
    let bare = url.strip_suffix("/v1").unwrap_or(url);
    let snippet = |title: &str, code: String| Snippet {
        title: title.to_owned(),
        code,
    };
    vec![
        snippet(
            "OpenAI, Python",
            format!("from openai import OpenAI\nclient = OpenAI(base_url=\"{url}\", api_key=\"{key}\")"),
        ),
        snippet(
            "OpenAI, Node",
            format!(
                "import OpenAI from \"openai\";\nconst client = new OpenAI({{ baseURL: \"{url}\", apiKey: \"{key}\" }});"
            ),
        ),
        snippet(
            "Anthropic, Python",
            format!("from anthropic import Anthropic\nclient = Anthropic(base_url=\"{bare}\", api_key=\"{key}\")"),
        ),
        snippet(
            "Anthropic, Node",
            format!(
                "import Anthropic from \"@anthropic-ai/sdk\";\nconst client = new Anthropic({{ baseURL: \"{bare}\", apiKey: \"{key}\" }});"
            ),
        ),
        snippet(
            "Gemini, Python",
            format!(
                "from google import genai\nclient = genai.Client(api_key=\"{key}\", http_options={{\"base_url\": \"{bare}\"}})"
            ),
        ),
        snippet(
            "LangChain",
            format!(
                "from langchain_openai import ChatOpenAI\nmodel = ChatOpenAI(model=\"gpt-5.2\", base_url=\"{url}\", api_key=\"{key}\")"
            ),
        ),
        snippet(
            "curl",
            format!(
                "curl {url}/chat/completions \\\n  -H \"Authorization: Bearer {key}\" -H \"Content-Type: application/json\" \\\n  \
                 -d '{{\"model\": \"gpt-5.2\", \"messages\": [{{\"role\": \"user\", \"content\": \"Hello\"}}]}}'"
            ),
        ),
        snippet(
            "Environment",
            format!(
                "export OPENAI_BASE_URL=\"{url}\" OPENAI_API_KEY=\"{key}\"\n\
                 export ANTHROPIC_BASE_URL=\"{bare}\" ANTHROPIC_API_KEY=\"{key}\"\n\
                 export GOOGLE_GEMINI_BASE_URL=\"{bare}\" GEMINI_API_KEY=\"{key}\""
            ),
        ),
    ]
}
