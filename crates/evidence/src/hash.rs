//! SHA-256 digests and the one way this project hashes with a purpose.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// 32 bytes of SHA-256; printed, parsed and serialised as 64 lowercase hex digits and in no other way.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Takes 32 bytes as a digest.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// SHA-256 of `bytes`, without any tag.
    #[must_use]
    pub fn sha256(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// SHA-256 of the concatenation of `parts`, without any tag.
    #[must_use]
    pub fn sha256_of(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The digest that these bytes are, if they are 32.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

/// `H(t, x) = SHA-256("countersign/" ‖ t ‖ "/v1" ‖ 0x00 ‖ x)`, where x is the concatenation of `parts`.
///
/// The tag keeps a digest made for one purpose from standing for another.
#[must_use]
pub fn tagged(tag: &str, parts: &[&[u8]]) -> Digest {
    tagged_each(tag, parts)
}

/// [`tagged`], of parts that needn't be in memory together.
pub(crate) fn tagged_each(tag: &str, parts: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Digest {
    let mut hasher = Sha256::new();
    hasher.update(b"countersign/");
    hasher.update(tag.as_bytes());
    hasher.update(b"/v1\0");
    for part in parts {
        hasher.update(part.as_ref());
    }
    Digest(hasher.finalize().into())
}

/// A digest's text wasn't 64 lowercase hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a digest: 64 lowercase hex digits are wanted")]
pub struct DigestError;

/// Exactly `N` bytes from exactly `2 N` lowercase hex digits.
pub(crate) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 64];
        // Twice the digest's length, so this can't fail.
        hex::encode_to_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        from_hex(text).map(Self).ok_or(DigestError)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
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
    fn sha256_of_nothing() {
        assert_eq!(
            Digest::sha256(b"").to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn the_tag_is_spelled_out() {
        assert_eq!(
            tagged("log", &[b"ab", b"c"]),
            Digest::sha256(b"countersign/log/v1\0abc")
        );
    }

    #[test]
    fn text_and_parsing_are_inverses_and_nothing_else_parses() {
        let digest = Digest::sha256(b"x");
        assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        let text = digest.to_string();
        for bad in [
            text.to_uppercase(),
            format!("{text}00"),
            format!("0x{text}"),
            format!(" {text}"),
            text.get(..62).unwrap().to_owned(),
            "é".repeat(32),
            String::new(),
        ] {
            assert_eq!(bad.parse::<Digest>(), Err(DigestError), "{bad}");
        }
    }
}
