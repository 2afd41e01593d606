//! Keeps a provider's key out of an upstream's answer: an upstream that echoes what it was sent would hand the key to
//! the agent.
//!
//! The body is searched as it streams, across the seams of its chunks (Knuth, Morris and Pratt, 1977). Only what could
//! be the beginning of the key is held back, so an ordinary chunk passes whole and uncopied. It finds the key's exact
//! bytes; a key that an upstream has re-encoded isn't recognised.

use bytes::{BufMut as _, Bytes, BytesMut};
use zeroize::Zeroizing;

/// A shorter secret would turn up in innocent text; no provider's key comes near.
const SHORTEST: usize = 8;

/// The answer holds the key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Leak;

/// Watches one answer for one key.
pub(crate) struct KeyGuard {
    key: Zeroizing<Vec<u8>>,
    /// `fallback[n]`: the longest proper prefix of the key that `key[..=n]` ends with.
    fallback: Vec<usize>,
    /// How many of the key's first bytes the answer ends with so far. Those are held back.
    matched: usize,
}

impl KeyGuard {
    /// A guard for this key.
    pub(crate) fn new(key: &str) -> Self {
        let key = if key.len() < SHORTEST { &[] } else { key.as_bytes() };
        let mut guard = Self {
            key: Zeroizing::new(key.to_vec()),
            fallback: Vec::with_capacity(key.len()),
            matched: 0,
        };
        guard.fallback.push(0);
        for byte in key.iter().skip(1) {
            let length = guard.step(guard.fallback.last().copied().unwrap_or(0), *byte);
            guard.fallback.push(length);
        }
        guard
    }

    /// Whether a header's value holds the key.
    pub(crate) fn is_in(&self, value: &[u8]) -> bool {
        !self.key.is_empty()
            && value
                .windows(self.key.len())
                .any(|window| window == self.key.as_slice())
    }

    /// Lets a chunk through, less what may be the beginning of the key and with what was held back before.
    pub(crate) fn pass(&mut self, chunk: Bytes) -> Result<Bytes, Leak> {
        let Some(first) = self.key.first().copied() else {
            return Ok(chunk);
        };
        let held = self.matched;
        let mut rest = chunk.as_ref();
        while let Some((byte, after)) = rest.split_first() {
            if self.matched == 0 && *byte != first {
                // Nothing is under way: on to where the key could begin.
                let skip = rest.iter().position(|byte| *byte == first).unwrap_or(rest.len());
                rest = rest.get(skip..).unwrap_or_default();
                continue;
            }
            self.matched = self.step(self.matched, *byte);
            if self.matched == self.key.len() {
                return Err(Leak);
            }
            rest = after;
        }
        let through = held + chunk.len() - self.matched;
        if held == 0 {
            return Ok(chunk.slice(..through));
        }
        let mut joined = BytesMut::with_capacity(through);
        joined.extend(self.key.iter().take(held.min(through)));
        joined.put(chunk.slice(..through.saturating_sub(held)));
        Ok(joined.freeze())
    }

    /// What is still held back when the answer has ended: it wasn't the key.
    pub(crate) fn end(self) -> Bytes {
        self.key.iter().take(self.matched).copied().collect()
    }

    /// How much of the key is matched after one more byte.
    fn step(&self, mut matched: usize, byte: u8) -> usize {
        loop {
            if self.key.get(matched) == Some(&byte) {
                return matched + 1;
            }
            match matched.checked_sub(1) {
                Some(last) => matched = self.fallback.get(last).copied().unwrap_or(0),
                None => return 0,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]
    use super::*;

    fn run(key: &str, chunks: &[&[u8]]) -> Result<Vec<u8>, Leak> {
        let mut guard = KeyGuard::new(key);
        let mut out = Vec::new();
        for chunk in chunks {
            out.extend(guard.pass(Bytes::copy_from_slice(chunk))?);
        }
        out.extend(guard.end());
        Ok(out)
    }

    #[test]
    fn a_key_split_at_every_byte_is_caught() {
        let answer = b"data: {\"echo\":\"Bearer sk-sk-proj-0123456789\"}\n\n";
        for split in 0..=answer.len() {
            let (a, b) = answer.split_at(split);
            assert_eq!(run("sk-proj-0123456789", &[a, b]), Err(Leak), "split at {split}");
        }
        let single: Vec<&[u8]> = answer.chunks(1).collect();
        assert_eq!(run("sk-proj-0123456789", &single), Err(Leak));
    }

    #[test]
    fn anything_else_passes_unchanged_however_it_is_split() {
        let answer = b"aabaabaac aabaab sk-proj-012345678 sk-sk-proj-01234567 aabaabaa";
        for key in ["aabaabaab", "sk-proj-0123456789", "zzzzzzzzzz", "short"] {
            for split in 0..=answer.len() {
                let (a, b) = answer.split_at(split);
                assert_eq!(run(key, &[a, b]).unwrap(), answer, "{key} at {split}");
            }
            let single: Vec<&[u8]> = answer.chunks(1).collect();
            assert_eq!(run(key, &single).unwrap(), answer, "{key}");
        }
    }

    #[test]
    fn an_ordinary_chunk_is_not_copied() {
        let chunk = Bytes::from_static(b"data: {}\n\n");
        let through = KeyGuard::new("sk-proj-0123456789").pass(chunk.clone()).unwrap();
        assert_eq!(through.as_ptr(), chunk.as_ptr());
    }

    #[test]
    fn a_key_in_a_header_is_seen() {
        let guard = KeyGuard::new("sk-proj-0123456789");
        assert!(guard.is_in(b"Bearer sk-proj-0123456789"));
        assert!(!guard.is_in(b"sk-proj-012345678"));
        assert!(!KeyGuard::new("").is_in(b"anything"));
    }
}
