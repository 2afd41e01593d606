//! Which records: one language for the page, the command line and the gateway.
//!
//! ```text
//! agent:support-bot decision:held after:2026-11-20 "over the limit" refund* -model:gpt-4o
//! ```
//! A term is `field:value`, a word, or a phrase in quotes; a minus in front takes out what matches. Values of one field
//! are alternatives, everything else has to hold together. A word is found in the record's readable text or among its
//! ids; `word*` finds what begins so. A backslash inside quotes stands before a quote or a backslash.

mod complete;
mod parse;
mod print;
mod time;

pub use complete::{Completing, Wanted, class_name, fixed_values};
pub use time::{day_or_time, parse_time};

use crate::Decision;

/// The longest query, in characters.
pub const LONGEST: usize = 4_000;
/// The most terms of a query.
pub const MOST_TERMS: usize = 64;

/// Which records. The empty one is every record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// What has to hold.
    pub terms: Vec<Term>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Whether it takes out instead.
    pub negated: bool,
    /// What it is about.
    pub matter: Matter,
}

/// What a term is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matter {
    /// A field that has this value.
    Is(Named, String),
    /// How it was decided.
    Decision(Decision),
    /// The OCSF class.
    Class(u32),
    /// The record of this sequence.
    Record(u64),
    /// Logged at this time or later, ms UTC.
    After(i64),
    /// Logged before this time, ms UTC.
    Before(i64),
    /// Said in the readable text, word after word, or one of its ids.
    Words {
        /// What is looked for.
        text: String,
        /// Whether the last word only begins so.
        prefix: bool,
    },
}

/// The fields whose values are texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Named {
    /// The agent that it is about, by name or uid; `sys` for what is about none.
    Agent,
    /// The person who acted, by name or uid.
    Operator,
    /// What kind of event, `call_decided`.
    Kind,
    /// The model.
    Model,
    /// The operation, `chat.completions`.
    Operation,
    /// The upstream.
    Upstream,
    /// The request whose story it belongs to.
    Story,
    /// Any digest, fingerprint, uid or key id that stands in it; hexadecimal ones may be cut short.
    Id,
}

/// What is wrong with a query, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at character {})", at.saturating_add(1))]
pub struct QueryError {
    /// Where it begins, in characters from 0.
    pub at: usize,
    /// How many characters it is about.
    pub length: usize,
    /// What is wrong and what to write instead.
    pub message: String,
}

/// A field as it is written, in the order in which it is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// A text.
    Named(Named),
    /// How it was decided.
    Decision,
    /// The OCSF class.
    Class,
    /// A record's sequence.
    Record,
    /// From a time on.
    After,
    /// Until before a time.
    Before,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Named(Named::Agent),
        Self::Named(Named::Operator),
        Self::Decision,
        Self::Named(Named::Model),
        Self::Named(Named::Operation),
        Self::Named(Named::Upstream),
        Self::Named(Named::Kind),
        Self::Class,
        Self::After,
        Self::Before,
        Self::Named(Named::Story),
        Self::Named(Named::Id),
        Self::Record,
    ];

    /// Its name, before the colon.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Named(Named::Agent) => "agent",
            Self::Named(Named::Operator) => "operator",
            Self::Named(Named::Kind) => "kind",
            Self::Named(Named::Model) => "model",
            Self::Named(Named::Operation) => "operation",
            Self::Named(Named::Upstream) => "upstream",
            Self::Named(Named::Story) => "story",
            Self::Named(Named::Id) => "id",
            Self::Decision => "decision",
            Self::Class => "class",
            Self::Record => "record",
            Self::After => "after",
            Self::Before => "before",
        }
    }

    /// What it selects, for a person.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::Named(Named::Agent) => "about this agent, by name or uid",
            Self::Named(Named::Operator) => "done by this person",
            Self::Named(Named::Kind) => "this kind of event",
            Self::Named(Named::Model) => "to this model",
            Self::Named(Named::Operation) => "this operation or tool",
            Self::Named(Named::Upstream) => "through this upstream",
            Self::Named(Named::Story) => "of one request, by its id",
            Self::Named(Named::Id) => "with this digest, fingerprint, uid or key",
            Self::Decision => "decided so",
            Self::Class => "of this OCSF class",
            Self::Record => "the record of this number",
            Self::After => "at this time (UTC) or later",
            Self::Before => "before this time (UTC)",
        }
    }

    /// The field of a name; `tool` is another name of `operation`.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        if name.eq_ignore_ascii_case("tool") {
            return Some(Self::Named(Named::Operation));
        }
        Self::ALL
            .into_iter()
            .find(|field| field.name().eq_ignore_ascii_case(name))
    }
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// [`QueryError`]: the first thing that can't be read, and where.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        parse::query(text)
    }

    /// Whether it lets every record through.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.terms.is_empty()
    }

    /// The query that also wants this.
    #[must_use]
    pub fn and(mut self, term: Term) -> Self {
        if !self.terms.contains(&term) {
            self.terms.push(term);
        }
        self
    }
}

impl Term {
    /// A condition that has to hold.
    #[must_use]
    pub const fn wants(matter: Matter) -> Self {
        Self { negated: false, matter }
    }
}

impl std::str::FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests;
