//! A kind of action, as the administrator registers it.
//!
//! ```text
//! {"name":"payment.create","category":"move_money","title":"Pay {amount} {currency} to {payee}",
//!  "description":"A transfer from the operating account.","report_within_s":900,"schema":{"type":"object",…}}
//! ```

use std::fmt;
use std::str::FromStr;

use evidence::Digest;
use evidence::json::{self, parse_content};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::error::DefinitionError;
use super::wire::ObjectOf;
use crate::visible::visible;

/// The largest definition, in bytes.
const LARGEST: usize = 64 * 1024;

/// The longest title, in characters.
const LONGEST_TITLE: usize = 200;

/// The longest description, in characters.
const LONGEST_DESCRIPTION: usize = 2000;

/// How long a released action may take to be reported, s, where the definition doesn't say.
const REPORT_WITHIN_S: u32 = 15 * 60;

/// The one dialect of schemas that is read.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What an action does, in the field's words. The first four always go to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Moves money.
    MoveMoney,
    /// Deletes data.
    DeleteData,
    /// Changes credentials or permissions.
    ChangeAccess,
    /// Publishes something to the outside.
    PublishExternally,
    /// Reads, and changes nothing.
    Read,
    /// Changes something inside that can be changed back.
    InternalWrite,
    /// None of the others.
    Other,
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::MoveMoney,
        Self::DeleteData,
        Self::ChangeAccess,
        Self::PublishExternally,
        Self::Read,
        Self::InternalWrite,
        Self::Other,
    ];

    /// Its name in definitions, policies and records: `move_money`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MoveMoney => "move_money",
            Self::DeleteData => "delete_data",
            Self::ChangeAccess => "change_access",
            Self::PublishExternally => "publish_externally",
            Self::Read => "read",
            Self::InternalWrite => "internal_write",
            Self::Other => "other",
        }
    }

    /// What it does, for a person: `Moves money`.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::MoveMoney => "Moves money",
            Self::DeleteData => "Deletes data",
            Self::ChangeAccess => "Changes credentials or permissions",
            Self::PublishExternally => "Publishes externally",
            Self::Read => "Reads",
            Self::InternalWrite => "Writes internally",
            Self::Other => "Something else",
        }
    }

    /// Whether it always goes to a person, whatever the policy says.
    #[must_use]
    pub const fn is_floor(self) -> bool {
        matches!(
            self,
            Self::MoveMoney | Self::DeleteData | Self::ChangeAccess | Self::PublishExternally
        )
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Category {
    type Err = DefinitionError;

    fn from_str(text: &str) -> Result<Self, DefinitionError> {
        let found = Self::ALL.into_iter().find(|category| category.as_str() == text);
        found.ok_or_else(|| DefinitionError::Field {
            field: "category",
            wanted: format!("one of {}", Self::ALL.map(Self::as_str).join(", ")),
        })
    }
}

/// A registered kind of action. An approval binds to all of it, by [`sha256`](Self::sha256).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its name: 1 to 64 characters of a-z, 0-9, `.`, `_` and `-`.
    pub name: String,
    /// What it does.
    pub category: Category,
    /// One sentence with `{parameter}` where a parameter's value goes; empty for the kind's name and its parameters.
    pub title: String,
    /// What it does, for a reviewer; may be empty.
    pub description: String,
    /// How long after its release an action may be reported before its outcome counts as unknown, s: 5 to 86,400.
    pub report_within_s: u32,
    /// The JSON Schema (draft 2020-12) of its parameters, as text.
    pub schema: String,
}

/// What the administrator writes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    category: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    report_within_s: Option<u32>,
    schema: Map<String, Value>,
}

/// What is kept and committed to: canonical JSON, the schema as text because its numbers needn't be integers.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    v: u32,
    name: String,
    category: String,
    title: String,
    description: String,
    report_within_s: u32,
    schema: String,
}

impl Definition {
    /// Reads what an administrator wrote. That the schema is one, a validator has to say.
    ///
    /// # Errors
    /// [`DefinitionError`], with what to write instead.
    pub fn read(text: &[u8]) -> Result<Self, DefinitionError> {
        if text.len() > LARGEST {
            return Err(DefinitionError::TooLarge(LARGEST));
        }
        let value = parse_content(text)?;
        let written: ObjectOf<Written> =
            serde_json::from_value(value).map_err(|error| DefinitionError::Shape(visible(&error.to_string())))?;
        let written = written.0;
        let schema = Value::Object(written.schema);
        let definition = Self {
            name: written.name,
            category: written.category.parse()?,
            title: written.title,
            description: written.description,
            report_within_s: written.report_within_s.unwrap_or(REPORT_WITHIN_S),
            schema: schema.to_string(),
        };
        definition.check(&schema)?;
        Ok(definition)
    }

    fn check(&self, schema: &Value) -> Result<(), DefinitionError> {
        let wrong = |field, wanted: &str| DefinitionError::Field {
            field,
            wanted: wanted.to_owned(),
        };
        if !is_name(&self.name) {
            return Err(wrong("name", "1 to 64 characters of a-z, 0-9, `.`, `_` and `-`"));
        }
        let one_line = !self.title.contains(['\n', '\t']) && visible(&self.title) == self.title;
        if !one_line || self.title.chars().count() > LONGEST_TITLE {
            return Err(wrong("title", "one line of at most 200 visible characters"));
        }
        if visible(&self.description) != self.description || self.description.chars().count() > LONGEST_DESCRIPTION {
            return Err(wrong("description", "at most 2,000 visible characters"));
        }
        if !(5..=86_400).contains(&self.report_within_s) {
            return Err(wrong("report_within_s", "5 to 86,400 seconds"));
        }
        if schema.get("type").and_then(Value::as_str) != Some("object") {
            return Err(wrong(
                "schema",
                "a schema of objects: `\"type\": \"object\"` at its top",
            ));
        }
        if schema.get("$schema").is_some_and(|dialect| dialect != DIALECT) {
            return Err(wrong("schema", "of draft 2020-12, if it names its `$schema`"));
        }
        refers_to_itself(schema)?;
        self.title_names_parameters(schema)
    }

    /// Every `{…}` of the title is a parameter that the schema has.
    fn title_names_parameters(&self, schema: &Value) -> Result<(), DefinitionError> {
        let known = schema.get("properties").and_then(Value::as_object);
        let named = |name: &str| known.is_some_and(|properties| properties.contains_key(name));
        let fits = title_parts(&self.title).is_some_and(|parts| {
            parts.iter().all(|part| match part {
                TitlePart::Text(_) => true,
                TitlePart::Parameter(name) => named(name),
            })
        });
        if fits {
            return Ok(());
        }
        Err(DefinitionError::Field {
            field: "title",
            wanted: "a text in which every `{…}` is one of the schema's `properties`".to_owned(),
        })
    }

    /// SHA-256 over [`to_bytes`](Self::to_bytes): the `tool_schema_sha256` of every action of this kind.
    #[must_use]
    pub fn sha256(&self) -> Digest {
        Digest::sha256(&self.to_bytes())
    }

    /// Canonical JSON (RFC 8785).
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "strings and 32-bit integers always have a canonical form"
    )]
    pub fn to_bytes(&self) -> Vec<u8> {
        json::canonical(&self.document()).expect("a definition has a canonical form")
    }

    /// Reads them back. The exact inverse of [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    /// Anything but the bytes that `to_bytes` would print.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DefinitionError> {
        let document: Document = serde_json::from_value(json::parse_canonical(bytes)?)
            .map_err(|error| DefinitionError::Shape(error.to_string()))?;
        let definition = Self::of(document)?;
        match definition.to_bytes() == bytes {
            true => Ok(definition),
            false => Err(DefinitionError::NotCanonical),
        }
    }

    pub(super) fn document(&self) -> Document {
        Document {
            v: 1,
            name: self.name.clone(),
            category: self.category.as_str().to_owned(),
            title: self.title.clone(),
            description: self.description.clone(),
            report_within_s: self.report_within_s,
            schema: self.schema.clone(),
        }
    }

    pub(super) fn of(document: Document) -> Result<Self, DefinitionError> {
        if document.v != 1 {
            return Err(DefinitionError::NotCanonical);
        }
        Ok(Self {
            name: document.name,
            category: document.category.parse()?,
            title: document.title,
            description: document.description,
            report_within_s: document.report_within_s,
            schema: document.schema,
        })
    }
}

/// Whether it can name a kind.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b);
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

/// A schema that named another document would have it fetched, or change when that does.
fn refers_to_itself(schema: &Value) -> Result<(), DefinitionError> {
    match schema {
        Value::Array(elements) => elements.iter().try_for_each(refers_to_itself),
        Value::Object(members) => members.iter().try_for_each(|(keyword, value)| {
            let target = value.as_str().unwrap_or_default();
            let remote = match keyword.as_str() {
                "$ref" | "$dynamicRef" => value.is_string() && !target.starts_with('#'),
                "$id" | "id" => value.is_string(),
                "$schema" => value.is_string() && target != DIALECT,
                _ => false,
            };
            if remote {
                return Err(DefinitionError::Remote {
                    keyword: keyword.clone(),
                    target: visible(target),
                });
            }
            refers_to_itself(value)
        }),
        _ => Ok(()),
    }
}

/// A piece of a title.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TitlePart<'a> {
    Text(&'a str),
    Parameter(&'a str),
}

/// A title's pieces; nothing where a brace has no partner.
pub(super) fn title_parts(title: &str) -> Option<Vec<TitlePart<'_>>> {
    let mut parts = Vec::new();
    let mut rest = title;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        if before.contains('}') || name.contains('{') {
            return None;
        }
        parts.push(TitlePart::Text(before));
        parts.push(TitlePart::Parameter(name));
        rest = after;
    }
    parts.push(TitlePart::Text(rest));
    (!rest.contains('}')).then_some(parts)
}
