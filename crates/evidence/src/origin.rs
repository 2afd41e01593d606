//! A log's name: bound to its first key, so that nobody can name another's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hash::{Digest, tagged};

const PREFIX: &str = "countersign/log/";

/// `countersign/log/<64 hex>`, the digits being `H("log", SPKI0 ‖ nonce16)`: record 0 carries both.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(Digest);

impl Origin {
    /// The origin of a log whose first key has this SubjectPublicKeyInfo (DER).
    #[must_use]
    pub fn new(spki: &[u8], nonce: &[u8; 16]) -> Self {
        Self(tagged("log", &[spki, nonce]))
    }

    /// The digest within it.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.0
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.0)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({self})")
    }
}

/// A text that names no log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a log's origin: `countersign/log/` and 64 lowercase hex digits are wanted")]
pub struct OriginError;

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let digits = text.strip_prefix(PREFIX).ok_or(OriginError)?;
        digits.parse().map(Self).map_err(|_| OriginError)
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test's failure is its panic")]

    use super::*;

    #[test]
    fn text_and_parsing_are_inverses_and_nothing_else_parses() {
        let origin = Origin::new(b"spki", &[7; 16]);
        let text = origin.to_string();
        assert_eq!(text.parse::<Origin>().unwrap(), origin);
        for bad in [
            text.to_uppercase(),
            text.replace("log", "LOG"),
            format!("{text}\n"),
            format!("/{text}"),
        ] {
            assert_eq!(bad.parse::<Origin>(), Err(OriginError), "{bad}");
        }
    }

    #[test]
    fn key_and_nonce_both_count() {
        assert_ne!(Origin::new(b"a", &[0; 16]), Origin::new(b"b", &[0; 16]));
        assert_ne!(Origin::new(b"a", &[0; 16]), Origin::new(b"a", &[1; 16]));
    }
}
