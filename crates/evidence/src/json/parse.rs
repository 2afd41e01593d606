//! The strict reader.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Number, Value};

use super::canonical::utf16_order;
use super::{JsonError, MAX_DEPTH, MAX_INTEGER, write_string};

/// Reads signed JSON: integers within ±(2⁵³ − 1) and no −0; no duplicate keys, lone surrogates, byte order mark,
/// trailing bytes, or nesting over 64.
///
/// # Errors
/// Names what is wrong and where.
pub fn parse_signed(bytes: &[u8]) -> Result<Value, JsonError> {
    parse(bytes, true)
}

/// Reads what an agent or an upstream sent: as strict as [`parse_signed`], but any JSON number with a finite double
/// passes.
///
/// # Errors
/// Names what is wrong and where.
pub fn parse_content(bytes: &[u8]) -> Result<Value, JsonError> {
    parse(bytes, false)
}

/// Signed JSON that is in canonical form (RFC 8785), proved while it is read: no white space, names in ascending order,
/// nothing escaped that needn't be. Numbers and literals have one form in signed JSON anyway.
pub(super) fn canonical_at_once(bytes: &[u8]) -> Option<Value> {
    let mut reader = Reader {
        text: std::str::from_utf8(bytes).ok()?,
        at: 0,
        depth: 0,
        signed: true,
        canonical: true,
    };
    let value = reader.value().ok()?;
    (reader.at == bytes.len()).then_some(value)
}

fn parse(bytes: &[u8], signed: bool) -> Result<Value, JsonError> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(JsonError::ByteOrderMark);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| JsonError::NotUtf8 {
        at: error.valid_up_to(),
    })?;
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
        signed,
        canonical: false,
    };
    reader.white_space();
    let value = reader.value()?;
    reader.white_space();
    match reader.peek() {
        None => Ok(value),
        Some(_) => Err(JsonError::TrailingBytes { at: reader.at }),
    }
}

struct Reader<'a> {
    text: &'a str,
    /// The next byte; always on a character's boundary when a method begins or ends.
    at: usize,
    depth: usize,
    signed: bool,
    /// Only canonical form is read; what else is wrong then doesn't matter.
    canonical: bool,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn white_space(&mut self) {
        while !self.canonical && matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn unexpected(&self, wanted: &'static str) -> JsonError {
        match self.rest().chars().next() {
            Some(found) => JsonError::Unexpected {
                at: self.at,
                found,
                wanted,
            },
            None => JsonError::EndsEarly { at: self.at },
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

    fn value(&mut self) -> Result<Value, JsonError> {
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Number),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn word(&mut self, word: &'static str, value: Value) -> Result<Value, JsonError> {
        if self.rest().starts_with(word) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(self.unexpected("a value"))
        }
    }

    fn nested(&mut self, inner: fn(&mut Self) -> Result<Value, JsonError>) -> Result<Value, JsonError> {
        if self.depth == MAX_DEPTH {
            return Err(JsonError::TooDeep { at: self.at });
        }
        self.depth += 1;
        self.at += 1;
        let value = inner(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn array(&mut self) -> Result<Value, JsonError> {
        let mut items = Vec::new();
        self.white_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            self.white_space();
            items.push(self.value()?);
            self.white_space();
            if self.peek() == Some(b',') {
                self.at += 1;
                continue;
            }
            self.want(b']', "`,` or `]`")?;
            return Ok(Value::Array(items));
        }
    }

    fn object(&mut self) -> Result<Value, JsonError> {
        let mut members = Map::new();
        let mut before: Option<Cow<'a, str>> = None;
        self.white_space();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(members));
        }
        loop {
            self.white_space();
            let at = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a key"));
            }
            let key = self.string()?;
            // Compared after unescaping: `"a"` and `"\u0061"` are one key.
            if self.canonical {
                // An escape is longer than what it stands for: without one, the key is what stands between the quotes.
                let plain = self.text.get(at + 1..self.at - 1).filter(|raw| raw.len() == key.len());
                let name = plain.map_or_else(|| Cow::Owned(key.clone()), Cow::Borrowed);
                if before.is_some_and(|before| utf16_order(&before, &name) != Ordering::Less) {
                    return Err(JsonError::NotCanonical { at });
                }
                before = Some(name);
            } else if members.contains_key(&key) {
                return Err(JsonError::DuplicateKey { at, key });
            }
            self.white_space();
            self.want(b':', "`:`")?;
            self.white_space();
            let value = self.value()?;
            members.insert(key, value);
            self.white_space();
            if self.peek() == Some(b',') {
                self.at += 1;
                continue;
            }
            self.want(b'}', "`,` or `}`")?;
            return Ok(Value::Object(members));
        }
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.rest();
            // All of them are ASCII, so no character is cut in two.
            let plain = rest
                .bytes()
                .position(|byte| byte == b'"' || byte == b'\\' || byte < 0x20)
                .unwrap_or(rest.len());
            out.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape_in_form()?),
                Some(_) => return Err(JsonError::BadString { at: self.at }),
                None => return Err(JsonError::EndsEarly { at: self.at }),
            }
        }
    }

    /// An escape; where canonical form is wanted, one that it writes so.
    fn escape_in_form(&mut self) -> Result<char, JsonError> {
        let at = self.at;
        let escaped = self.escape()?;
        if self.canonical {
            let mut wanted = Vec::with_capacity(8);
            write_string(escaped.encode_utf8(&mut [0; 4]), &mut wanted);
            let found = self.text.as_bytes().get(at..self.at).unwrap_or_default();
            if wanted.get(1..wanted.len() - 1) != Some(found) {
                return Err(JsonError::NotCanonical { at });
            }
        }
        Ok(escaped)
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let at = self.at;
        let letter = self.text.as_bytes().get(at + 1).copied();
        if letter == Some(b'u') {
            return self.unicode_escape();
        }
        let plain = match letter {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(_) => return Err(JsonError::BadString { at }),
            None => return Err(JsonError::EndsEarly { at }),
        };
        self.at += 2;
        Ok(plain)
    }

    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let at = self.at;
        let first = self.four_digits()?;
        if !(0xd800..0xe000).contains(&first) {
            return char::from_u32(first).ok_or(JsonError::LoneSurrogate { at });
        }
        if first >= 0xdc00 || !self.rest().starts_with("\\u") {
            return Err(JsonError::LoneSurrogate { at });
        }
        let second = self.four_digits()?;
        if !(0xdc00..0xe000).contains(&second) {
            return Err(JsonError::LoneSurrogate { at });
        }
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        char::from_u32(code).ok_or(JsonError::LoneSurrogate { at })
    }

    /// `\uXXXX` at the reader's place.
    fn four_digits(&mut self) -> Result<u32, JsonError> {
        let digits = self
            .text
            .as_bytes()
            .get(self.at + 2..self.at + 6)
            .ok_or(JsonError::EndsEarly { at: self.at })?;
        let mut code = 0;
        for digit in digits {
            let value = char::from(*digit)
                .to_digit(16)
                .ok_or(JsonError::BadString { at: self.at })?;
            code = code * 16 + value;
        }
        self.at += 6;
        Ok(code)
    }

    fn digits(&mut self) -> usize {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at - from
    }

    /// RFC 8259 §6: `[minus] int [frac] [exp]`.
    fn number(&mut self) -> Result<Number, JsonError> {
        let at = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let leading_zero = self.peek() == Some(b'0');
        let int = self.digits();
        let mut plain = true;
        let mut good = int > 0 && !(leading_zero && int > 1);
        if self.peek() == Some(b'.') {
            plain = false;
            self.at += 1;
            good &= self.digits() > 0;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            plain = false;
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            good &= self.digits() > 0;
        }
        if !good {
            return Err(JsonError::BadNumber { at });
        }
        let text = self.text.get(at..self.at).unwrap_or_default();
        if self.signed {
            signed_number(text, plain, at)
        } else {
            any_number(text, plain, at)
        }
    }
}

fn signed_number(text: &str, plain: bool, at: usize) -> Result<Number, JsonError> {
    if !plain || text == "-0" {
        return Err(JsonError::NotAnInteger { at });
    }
    match text.parse::<i64>() {
        Ok(integer) if (-MAX_INTEGER..=MAX_INTEGER).contains(&integer) => Ok(Number::from(integer)),
        _ => Err(JsonError::NumberTooLarge { at }),
    }
}

fn any_number(text: &str, plain: bool, at: usize) -> Result<Number, JsonError> {
    if plain && text != "-0" {
        if let Ok(integer) = text.parse::<i64>() {
            return Ok(Number::from(integer));
        }
        if let Ok(integer) = text.parse::<u64>() {
            return Ok(Number::from(integer));
        }
    }
    text.parse::<f64>()
        .ok()
        .and_then(Number::from_f64)
        .ok_or(JsonError::NumberTooLarge { at })
}

#[cfg(test)]
mod tests;
