//! JSON objects whose fields are known: typed access, disguised names refused, unknown fields listed.

use serde_json::{Map, Value};

use super::{Part, ReadError};
use crate::visible::{is_invisible, visible};

/// How a format spells the names of its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// In one way.
    Exact,
    /// As protobuf's JSON does: `systemInstruction` is known, and `system_instruction` is the same field.
    Protobuf,
}

/// An object at a place in the body.
pub(super) struct Object<'a> {
    /// Where it is, with indexes, for messages: `messages[2].content[0]`; empty for the body itself.
    path: String,
    known: &'static [&'static str],
    spelling: Spelling,
    map: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    /// The object at `path`, whose fields are `known`.
    pub(super) fn new(path: String, value: &'a Value, known: &'static [&'static str]) -> Result<Self, ReadError> {
        Self::spelt(path, value, known, Spelling::Exact)
    }

    /// The object at `path` of a format that is protobuf's JSON. Its fields are `known`, as protobuf prints them
    /// (`systemInstruction`); each may stand there in snake case instead.
    pub(super) fn protobuf(path: String, value: &'a Value, known: &'static [&'static str]) -> Result<Self, ReadError> {
        Self::spelt(path, value, known, Spelling::Protobuf)
    }

    fn spelt(
        path: String,
        value: &'a Value,
        known: &'static [&'static str],
        spelling: Spelling,
    ) -> Result<Self, ReadError> {
        let Value::Object(map) = value else {
            let path = if path.is_empty() {
                "the request".to_owned()
            } else {
                path
            };
            return Err(ReadError::WrongType {
                path,
                wanted: "an object",
            });
        };
        let object = Self {
            path,
            known,
            spelling,
            map,
        };
        for key in map.keys().filter(|key| object.known_as(key).is_none()) {
            if let Some(known) = disguised(key, known) {
                return Err(ReadError::Disguised {
                    path: object.at(key),
                    known,
                });
            }
        }
        object.one_spelling_each()?;
        Ok(object)
    }

    /// An element of this object's, in its spelling.
    pub(super) fn element(
        &self,
        path: String,
        value: &'a Value,
        known: &'static [&'static str],
    ) -> Result<Self, ReadError> {
        Self::spelt(path, value, known, self.spelling)
    }

    /// Which known field a key is.
    fn known_as(&self, key: &str) -> Option<&'static str> {
        let is = |name: &&'static str| *name == key || (self.spelling == Spelling::Protobuf && is_snake_of(key, name));
        self.known.iter().copied().find(is)
    }

    fn one_spelling_each(&self) -> Result<(), ReadError> {
        if self.spelling == Spelling::Exact {
            return Ok(());
        }
        for key in self.map.keys().filter(|key| key.contains('_')) {
            if let Some(name) = self.known_as(key)
                && name != key
                && self.map.contains_key(name)
            {
                return Err(ReadError::Twice { path: self.at(name) });
            }
        }
        Ok(())
    }

    /// Where a field is, for a message.
    pub(super) fn at(&self, key: &str) -> String {
        let key = visible(key);
        if self.path.is_empty() {
            key
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// Where it is itself, without indexes, `tools[]`: for lists of fields.
    pub(super) fn place(&self) -> String {
        without_indexes(&self.path)
    }

    /// A field; `null` counts as absent.
    pub(super) fn value(&self, key: &str) -> Option<&'a Value> {
        let found = match self.map.get(key) {
            None if self.spelling == Spelling::Protobuf => self
                .map
                .iter()
                .find(|(name, _)| is_snake_of(name, key))
                .map(|(_, value)| value),
            found => found,
        };
        found.filter(|value| !value.is_null())
    }

    /// A string, where there is one.
    pub(super) fn string(&self, key: &str) -> Result<Option<&'a str>, ReadError> {
        self.typed(key, "a string", Value::as_str)
    }

    /// A string that has to be there.
    pub(super) fn needed_string(&self, key: &str) -> Result<&'a str, ReadError> {
        self.string(key)?.ok_or_else(|| ReadError::Missing(self.at(key)))
    }

    /// A boolean; false where there is none.
    pub(super) fn flag(&self, key: &str) -> Result<bool, ReadError> {
        Ok(self.typed(key, "true or false", Value::as_bool)?.unwrap_or(false))
    }

    /// An array, where there is one, each element with its path.
    pub(super) fn array(&self, key: &str) -> Result<Vec<(String, &'a Value)>, ReadError> {
        let elements = self.typed(key, "an array", Value::as_array)?;
        let numbered = elements.into_iter().flatten().enumerate();
        Ok(numbered
            .map(|(index, element)| (format!("{}[{index}]", self.at(key)), element))
            .collect())
    }

    /// A repeated field of protobuf's JSON: an array, or one element without its brackets, which Google takes, too.
    pub(super) fn repeated(&self, key: &str) -> Result<Vec<(String, &'a Value)>, ReadError> {
        match self.value(key) {
            Some(Value::Array(_)) | None => self.array(key),
            Some(one) => Ok(vec![(self.at(key), one)]),
        }
    }

    /// The parts of a field that is text or an array, as `wanted` says; none where there is no such field.
    pub(super) fn parts(
        &self,
        key: &str,
        wanted: &'static str,
        mut part: impl FnMut(String, &'a Value) -> Result<Part, ReadError>,
    ) -> Result<Vec<Part>, ReadError> {
        match self.value(key) {
            None => Ok(Vec::new()),
            Some(Value::String(text)) => Ok(vec![Part::Text(text.clone())]),
            Some(Value::Array(_)) => {
                let elements = self.array(key)?.into_iter();
                elements.map(|(path, value)| part(path, value)).collect()
            }
            Some(_) => Err(ReadError::WrongType {
                path: self.at(key),
                wanted,
            }),
        }
    }

    /// Strings of a [`repeated`](Self::repeated) field.
    pub(super) fn repeated_strings(&self, key: &str) -> Result<Vec<&'a str>, ReadError> {
        let strings = self.repeated(key)?.into_iter().map(|(path, value)| {
            value.as_str().ok_or(ReadError::WrongType {
                path,
                wanted: "a string",
            })
        });
        strings.collect()
    }

    /// Strings: none where there is no such field.
    pub(super) fn strings(&self, key: &str) -> Result<Vec<&'a str>, ReadError> {
        let strings = |value: &'a Value| value.as_array()?.iter().map(Value::as_str).collect();
        Ok(self.typed(key, "an array of strings", strings)?.unwrap_or_default())
    }

    /// An object, where there is one.
    pub(super) fn object(&self, key: &str, known: &'static [&'static str]) -> Result<Option<Self>, ReadError> {
        self.value(key)
            .map(|value| self.element(self.at(key), value, known))
            .transpose()
    }

    /// An object that has to be there.
    pub(super) fn needed_object(&self, key: &str, known: &'static [&'static str]) -> Result<Self, ReadError> {
        self.object(key, known)?.ok_or_else(|| ReadError::Missing(self.at(key)))
    }

    /// That each of its known fields, but for `structured`, is a plain value: nothing can hide in one.
    pub(super) fn plain_but(&self, structured: &[&str]) -> Result<(), ReadError> {
        for name in self.known.iter().filter(|name| !structured.contains(name)) {
            if self
                .value(name)
                .is_some_and(|value| value.is_array() || value.is_object())
            {
                return Err(ReadError::WrongType {
                    path: self.at(name),
                    wanted: "a plain value",
                });
            }
        }
        Ok(())
    }

    /// The names of the fields that aren't known, as they are written.
    pub(super) fn unknown_names(&self) -> impl Iterator<Item = &'a str> + '_ {
        let names = self.map.keys().map(String::as_str);
        names.filter(|key| self.known_as(key).is_none())
    }

    /// The fields that aren't known, with their paths without indexes, `messages[].content[].cache_control`.
    pub(super) fn unknown(&self) -> impl Iterator<Item = (String, &'a Value)> + '_ {
        let unknown = self.map.iter().filter(|(key, _)| self.known_as(key).is_none());
        unknown.map(|(key, value)| {
            let place = self.place();
            (
                if place.is_empty() {
                    key.clone()
                } else {
                    format!("{place}.{key}")
                },
                value,
            )
        })
    }

    fn typed<T>(
        &self,
        key: &str,
        wanted: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, ReadError> {
        self.value(key)
            .map(|value| {
                read(value).ok_or_else(|| ReadError::WrongType {
                    path: self.at(key),
                    wanted,
                })
            })
            .transpose()
    }
}

/// The known name that `key` would be taken for by a lenient parser (Go's encoding/json folds case, Unicode's too;
/// protobuf's JSON takes `toolChoice` for `tool_choice`). It isn't exactly one itself.
fn disguised(key: &str, known: &'static [&'static str]) -> Option<&'static str> {
    // Most keys differ in their first character: nothing is written out to see it.
    known.iter().copied().find(|name| folded(name).eq(folded(key)))
}

/// Whether `key` is `name` in snake case, exactly as protobuf's JSON takes it: `function_declarations` of
/// `functionDeclarations`.
fn is_snake_of(key: &str, name: &str) -> bool {
    let mut key = key.chars();
    for c in name.chars() {
        let fits = if c.is_ascii_uppercase() {
            key.next() == Some('_') && key.next() == Some(c.to_ascii_lowercase())
        } else {
            key.next() == Some(c)
        };
        if !fits {
            return false;
        }
    }
    key.next().is_none()
}

/// A name without what lenient parsers overlook: case, `_` and `-`, white space, invisible characters.
pub(super) fn fold(name: &str) -> String {
    folded(name).collect()
}

fn folded(name: &str) -> impl Iterator<Item = char> + '_ {
    let overlooked = |c: &char| matches!(c, '_' | '-') || c.is_whitespace() || is_invisible(*c);
    name.chars()
        .filter(move |c| !overlooked(c))
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
}

/// `messages[12].content[0]` as `messages[].content[]`.
pub(super) fn without_indexes(path: &str) -> String {
    let mut in_index = false;
    path.chars()
        .filter(|c| {
            let keep = !(in_index && c.is_ascii_digit());
            in_index = *c == '[' || (in_index && c.is_ascii_digit());
            keep
        })
        .collect()
}
