//! JSON objects whose fields are known: typed access, disguised names refused, unknown fields listed.

use serde_json::{Map, Value};

use super::ReadError;
use crate::visible::{is_invisible, visible};

/// An object at a place in the body.
pub(super) struct Object<'a> {
    /// Where it is, with indexes, for messages: `messages[2].content[0]`; empty for the body itself.
    path: String,
    known: &'static [&'static str],
    map: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    /// The object at `path`, whose fields are `known`.
    pub(super) fn new(path: String, value: &'a Value, known: &'static [&'static str]) -> Result<Self, ReadError> {
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
        let object = Self { path, known, map };
        for key in map.keys() {
            if let Some(known) = disguised(key, known) {
                return Err(ReadError::Disguised {
                    path: object.at(key),
                    known,
                });
            }
        }
        Ok(object)
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

    /// A field; `null` counts as absent.
    pub(super) fn value(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
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

    /// An object, where there is one.
    pub(super) fn object(&self, key: &str, known: &'static [&'static str]) -> Result<Option<Self>, ReadError> {
        self.value(key)
            .map(|value| Self::new(self.at(key), value, known))
            .transpose()
    }

    /// An object that has to be there.
    pub(super) fn needed_object(&self, key: &str, known: &'static [&'static str]) -> Result<Self, ReadError> {
        self.object(key, known)?.ok_or_else(|| ReadError::Missing(self.at(key)))
    }

    /// The fields that aren't known, with their paths without indexes, `messages[].content[].cache_control`.
    pub(super) fn unknown(&self) -> impl Iterator<Item = (String, &'a Value)> + '_ {
        let unknown = self.map.iter().filter(|(key, _)| !self.known.contains(&key.as_str()));
        unknown.map(|(key, value)| {
            let place = without_indexes(&self.path);
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
/// protobuf's JSON takes `toolChoice` for `tool_choice`), if it isn't exactly one itself.
fn disguised(key: &str, known: &'static [&'static str]) -> Option<&'static str> {
    if known.contains(&key) {
        return None;
    }
    let folded = fold(key);
    known.iter().copied().find(|name| fold(name) == folded)
}

/// A name without what lenient parsers overlook: case, `_` and `-`, white space, invisible characters.
pub(super) fn fold(name: &str) -> String {
    let overlooked = |c: &char| matches!(c, '_' | '-') || c.is_whitespace() || is_invisible(*c);
    name.chars()
        .filter(|c| !overlooked(c))
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .collect()
}

/// `messages[12].content[0]` as `messages[].content[]`.
fn without_indexes(path: &str) -> String {
    let mut in_index = false;
    path.chars()
        .filter(|c| {
            let keep = !(in_index && c.is_ascii_digit());
            in_index = *c == '[' || (in_index && c.is_ascii_digit());
            keep
        })
        .collect()
}
