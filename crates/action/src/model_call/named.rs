//! The model that a body names, before the body is read whole, and the same body under another model's name.
//!
//! Routing needs the name to know which upstream is asked. It is found by going along the members of the outermost
//! object; what a member holds is passed over, and [`read`](super::read) then reads it strictly.

use std::ops::Range;

use evidence::json::JsonError;

use super::{Format, ReadError};

/// The longest honest model name, in characters.
const LIMIT: usize = 256;

/// The model's name alone, for routing: 1 to 256 characters.
///
/// # Errors
/// Where `model` is missing, empty, too long, no string, or stands twice; for a format that names it in the path.
pub fn named_model(format: Format, body: &[u8]) -> Result<String, ReadError> {
    let place = place(format, body)?;
    let text = body.get(place).unwrap_or_default();
    let name: String = serde_json::from_slice(text).map_err(|_| ReadError::WrongType {
        path: "model".to_owned(),
        wanted: "a string",
    })?;
    checked(&name)?;
    Ok(name)
}

/// The body with the value of its `model` replaced, every other byte as it was. For a format that names the model in
/// the path, the body as it is.
///
/// # Errors
/// As [`named_model`], and where the new name is empty or too long.
pub fn with_model(format: Format, body: &[u8], model: &str) -> Result<Vec<u8>, ReadError> {
    checked(model)?;
    if format.names_model_in_path() {
        return Ok(body.to_vec());
    }
    named_model(format, body)?;
    let place = place(format, body)?;
    let name = serde_json::Value::from(model).to_string();
    let before = body.get(..place.start).unwrap_or_default();
    let after = body.get(place.end..).unwrap_or_default();
    Ok([before, name.as_bytes(), after].concat())
}

/// Whether a model's name has a length that one may have.
pub(super) fn checked(name: &str) -> Result<(), ReadError> {
    if name.is_empty() {
        return Err(ReadError::Missing("model".to_owned()));
    }
    if name.chars().count() > LIMIT {
        return Err(ReadError::TooLong {
            path: "model",
            limit: LIMIT,
        });
    }
    Ok(())
}

/// Where the value of the body's `model` stands.
fn place(format: Format, body: &[u8]) -> Result<Range<usize>, ReadError> {
    let missing = || ReadError::Missing("model".to_owned());
    if format.names_model_in_path() {
        return Err(missing());
    }
    Walk { bytes: body, at: 0 }.member("model")?.ok_or_else(missing)
}

/// A walk along the members of the outermost object. It trusts nothing but that strings end at their quotes.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Walk<'_> {
    /// Where the value of the one member with this name stands.
    fn member(&mut self, name: &str) -> Result<Option<Range<usize>>, JsonError> {
        let mut found = None;
        self.white_space();
        self.want(b'{', "an object")?;
        self.white_space();
        if self.peek() == Some(b'}') {
            return Ok(None);
        }
        loop {
            self.white_space();
            let at = self.at;
            let is_it = self.is_key(name)?;
            self.white_space();
            self.want(b':', "`:`")?;
            self.white_space();
            let value = self.value()?;
            if is_it && found.replace(value).is_some() {
                return Err(JsonError::DuplicateKey {
                    at,
                    key: name.to_owned(),
                });
            }
            self.white_space();
            if self.peek() != Some(b',') {
                self.want(b'}', "`,` or `}`")?;
                return Ok(found);
            }
            self.at += 1;
        }
    }

    /// Passes a key, and says whether it is this one: `"\u006dodel"` is `model`, too.
    fn is_key(&mut self, name: &str) -> Result<bool, JsonError> {
        let key = self.string()?;
        let raw = self.bytes.get(key).unwrap_or_default();
        Ok(match raw {
            [b'"', plain @ .., b'"'] if !plain.contains(&b'\\') => plain == name.as_bytes(),
            escaped => serde_json::from_slice::<String>(escaped).is_ok_and(|key| key == name),
        })
    }

    /// Passes a value.
    fn value(&mut self) -> Result<Range<usize>, JsonError> {
        let from = self.at;
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.string()?;
                }
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.at += 1;
                }
                Some(b'}' | b']') if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                Some(_) if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                _ => self.word()?,
            }
            if depth == 0 {
                return Ok(from..self.at);
            }
        }
    }

    /// Passes a number or a literal.
    fn word(&mut self) -> Result<(), JsonError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let length = rest
            .iter()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
            .count();
        self.at += length;
        if length == 0 {
            Err(self.unexpected("a value"))
        } else {
            Ok(())
        }
    }

    /// Passes a string, quotes and all.
    fn string(&mut self) -> Result<Range<usize>, JsonError> {
        let from = self.at;
        self.want(b'"', "a key")?;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(from..self.at);
                }
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
                None => return Err(JsonError::EndsEarly { at: self.bytes.len() }),
            }
        }
    }

    fn white_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn want(&mut self, byte: u8, wanted: &'static str) -> Result<(), JsonError> {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            Err(self.unexpected(wanted))
        }
    }

    fn unexpected(&self, wanted: &'static str) -> JsonError {
        match self.peek() {
            Some(byte) => JsonError::Unexpected {
                at: self.at,
                found: if byte.is_ascii() {
                    char::from(byte)
                } else {
                    char::REPLACEMENT_CHARACTER
                },
                wanted,
            },
            None => JsonError::EndsEarly { at: self.at },
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}
