//! What is gathered from an answer, and how its JSON is read: leniently, for it goes on to the agent whatever it is.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The most tools that are gathered from one answer.
const MOST_TOOLS: usize = 128;

/// The longest name or id of a tool call, in bytes.
const LONGEST_NAME: usize = 256;

/// The longest word, in characters.
const LONGEST_WORD: usize = 32;

/// What the provider says that a call used, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// What was sent, cached or not.
    pub prompt_tokens: Option<u64>,
    /// What was answered, reasoning included.
    pub completion_tokens: Option<u64>,
    /// Both. Anthropic doesn't say it: it is the sum.
    pub total_tokens: Option<u64>,
}

/// A tool that the model asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolAsked {
    /// Its name, as the provider wrote it; of a call without one, its type (`computer_call`). At most 256 bytes.
    pub name: String,
    /// The call's id; empty where the format has none. At most 256 bytes.
    pub id: String,
}

/// What an answer said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AnswerFacts {
    /// What it used. Empty for a counting of tokens, which counts and uses none.
    pub usage: Usage,
    /// Why it ended, in the provider's word: `stop`, `tool_calls`, `end_turn`, `max_output_tokens`, `SAFETY`. ASCII letters,
    /// digits, `_`, `-`, `.`; at most 32.
    pub finish_reason: Option<String>,
    /// The tools that the model asked for, in their order; at most 128.
    pub tool_calls: Vec<ToolAsked>,
    /// The model that answered, as the provider names it; at most 256 bytes.
    pub response_model: Option<String>,
    /// The type of the error that the answer is, or ended with, in the provider's word, like `finish_reason`.
    pub error: Option<String>,
    /// An event's data isn't JSON, a stream ended without the event that ends it, or a whole answer isn't JSON.
    pub malformed: bool,
    /// How many events were longer than is read (1 MiB; a whole answer: 32 MiB), so that what they said isn't known.
    pub skipped: u64,
}

/// The facts while they are gathered.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) facts: AnswerFacts,
    /// Which choice's and which call's pieces each of the tools is made of, where it comes in pieces.
    pieces: Vec<Option<(u64, u64)>>,
    /// Anthropic counts what it read in three parts.
    pub(super) input: [Option<u64>; 3],
}

impl Gathered {
    /// Notes a tool call.
    pub(super) fn tool(&mut self, name: Option<String>, id: Option<String>) {
        self.piece(None, name, id);
    }

    /// Notes a piece of a tool call: the names in all pieces of one call follow one another, as clients join them.
    pub(super) fn piece(&mut self, key: Option<(u64, u64)>, name: Option<String>, id: Option<String>) {
        let known = match key {
            Some(_) => self.pieces.iter().position(|piece| *piece == key),
            None => None,
        };
        let tool = match known {
            Some(at) => self.facts.tool_calls.get_mut(at),
            None if self.facts.tool_calls.len() < MOST_TOOLS => {
                self.pieces.push(key);
                self.facts.tool_calls.push(ToolAsked::default());
                self.facts.tool_calls.last_mut()
            }
            None => None,
        };
        if let Some(tool) = tool {
            append(&mut tool.name, &name.unwrap_or_default());
            append(&mut tool.id, &id.unwrap_or_default());
        }
    }

    /// Notes why the answer ended.
    pub(super) fn ended(&mut self, reason: Option<String>) {
        if let Some(reason) = reason.as_deref().and_then(word) {
            self.facts.finish_reason = Some(reason);
        }
    }

    /// Notes that the answer is an error.
    pub(super) fn failed(&mut self, problem: Option<Problem>) {
        let word = problem.and_then(Problem::word);
        self.facts.error = Some(word.unwrap_or_else(|| "error".to_owned()));
    }

    /// Notes which model answered.
    pub(super) fn model(&mut self, model: Maybe<String>) {
        if let Some(model) = model.get() {
            let mut kept = String::new();
            append(&mut kept, &model);
            self.facts.response_model = Some(kept);
        }
    }

    /// What was gathered.
    pub(super) fn facts(self) -> AnswerFacts {
        self.facts
    }
}

/// Sets a count that was said; what wasn't said stays as it was.
pub(super) fn set(count: &mut Option<u64>, said: Option<u64>) {
    *count = said.or(*count);
}

/// The sum of what is known; nothing where nothing is.
pub(super) fn sum(counts: &[Option<u64>]) -> Option<u64> {
    let known = counts.iter().flatten();
    known.copied().reduce(u64::saturating_add)
}

fn append(text: &mut String, more: &str) {
    for c in more.chars() {
        if text.len() + c.len_utf8() > LONGEST_NAME {
            return;
        }
        text.push(c);
    }
}

/// The word that a text begins with. By every provider's documents the text is that word; anything longer belongs in the
/// answer's content alone.
fn word(text: &str) -> Option<String> {
    let in_word = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let word: String = text.chars().take_while(in_word).take(LONGEST_WORD).collect();
    (!word.is_empty()).then_some(word)
}

/// A value of the wanted type, or any other, which says nothing.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Maybe<T> {
    Is(T),
    Not(IgnoredAny),
}

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self::Not(IgnoredAny)
    }
}

impl<T> Maybe<T> {
    pub(super) fn get(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Not(_) => None,
        }
    }
}

/// An error, in any provider's shape.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Problem {
    r#type: Maybe<String>,
    status: Maybe<String>,
    code: Maybe<String>,
}

impl Problem {
    /// The error that a code says.
    pub(super) fn of(code: String) -> Self {
        Self {
            code: Maybe::Is(code),
            ..Self::default()
        }
    }

    /// The word that says what kind of error it is.
    fn word(self) -> Option<String> {
        [self.r#type, self.status, self.code]
            .into_iter()
            .find_map(|text| word(&text.get()?))
    }
}

/// Reads a document; what doesn't have the wanted shape says nothing. Nothing where it isn't JSON at all.
pub(super) fn document<'a, T: Deserialize<'a> + Default>(json: &'a [u8]) -> Option<T> {
    match serde_json::from_slice(json) {
        Ok(document) => Some(document),
        Err(_) => serde_json::from_slice::<IgnoredAny>(json).is_ok().then(T::default),
    }
}
