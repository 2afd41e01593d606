//! Strict JSON, and its one canonical form (RFC 8785).
//!
//! Parsers differ on duplicate keys, lone surrogates, byte order marks and big numbers, and each difference lets two
//! readers see two documents in the same bytes. Here all of them are errors.

mod canonical;
mod parse;

pub use canonical::{canonical, canonical_content, canonical_value};
pub(crate) use canonical::{canonical_without, write_string};
pub use parse::{parse_content, parse_signed};

use serde_json::Value;

/// The deepest nesting that is read: 64 arrays and objects.
pub const MAX_DEPTH: usize = 64;

/// The largest magnitude of an integer in signed JSON: 2⁵³ − 1.
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// What keeps bytes from being the JSON that is wanted, and at which byte (from 0).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// RFC 8259 §8.1 forbids it in transmitted JSON.
    #[error("a byte order mark stands at the beginning; leave it out")]
    ByteOrderMark,
    /// Not UTF-8.
    #[error("the bytes aren't UTF-8 from byte {at} on")]
    NotUtf8 {
        /// Where.
        at: usize,
    },
    /// The text ends too early.
    #[error("the JSON ends too early, at byte {at}")]
    EndsEarly {
        /// Where.
        at: usize,
    },
    /// A character that doesn't belong there.
    #[error("unexpected `{found}` at byte {at}; {wanted} is wanted")]
    Unexpected {
        /// Where.
        at: usize,
        /// What stands there.
        found: char,
        /// What is wanted.
        wanted: &'static str,
    },
    /// Something follows the value.
    #[error("something follows the JSON value at byte {at}")]
    TrailingBytes {
        /// Where.
        at: usize,
    },
    /// Nested too deeply.
    #[error("nested more than 64 deep at byte {at}")]
    TooDeep {
        /// Where.
        at: usize,
    },
    /// A member's name twice in one object.
    #[error("the key `{key}` stands twice in one object, the second time at byte {at}")]
    DuplicateKey {
        /// Where.
        at: usize,
        /// Which.
        key: String,
    },
    /// A surrogate without its other half.
    #[error("a lone surrogate at byte {at}")]
    LoneSurrogate {
        /// Where.
        at: usize,
    },
    /// An unescaped control character, or an unknown escape.
    #[error("a string has an unescaped control character or an unknown escape at byte {at}")]
    BadString {
        /// Where.
        at: usize,
    },
    /// Not a JSON number at all.
    #[error("not a JSON number at byte {at}")]
    BadNumber {
        /// Where.
        at: usize,
    },
    /// A fraction, an exponent or −0 where only integers are allowed.
    #[error("the number at byte {at} isn't a plain integer; signed JSON has integers only")]
    NotAnInteger {
        /// Where.
        at: usize,
    },
    /// Outside ±(2⁵³ − 1), or of no finite value.
    #[error("the number at byte {at} is too large to be read alike everywhere")]
    NumberTooLarge {
        /// Where.
        at: usize,
    },
    /// A value that is to be written has a number that signed JSON doesn't allow.
    #[error("the value has a number that signed JSON doesn't allow: `{number}`")]
    UnwritableNumber {
        /// Which.
        number: String,
    },
    /// A type that doesn't serialise to JSON.
    #[error("the value can't be written as JSON: {message}")]
    Unserialisable {
        /// What serde says.
        message: String,
    },
    /// The value is right, but its bytes aren't the canonical ones.
    #[error("the JSON isn't in canonical form (RFC 8785); it differs from it at byte {at}")]
    NotCanonical {
        /// The first byte that differs.
        at: usize,
    },
}

/// Reads signed JSON whose bytes must be exactly its canonical form.
///
/// # Errors
/// As [`parse_signed`], and [`JsonError::NotCanonical`].
pub fn parse_canonical(bytes: &[u8]) -> Result<Value, JsonError> {
    // One pass where all is well; where it isn't, the long way says what is wrong.
    if let Some(value) = parse::canonical_at_once(bytes) {
        return Ok(value);
    }
    let value = parse_signed(bytes)?;
    let canonical = canonical_value(&value)?;
    if canonical == bytes {
        return Ok(value);
    }
    let same = canonical.iter().zip(bytes).take_while(|(a, b)| a == b).count();
    Err(JsonError::NotCanonical { at: same })
}
