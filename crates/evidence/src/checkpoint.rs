//! Checkpoints: a signed statement of the log's size and root (C2SP tlog-checkpoint in a C2SP signed-note).
//!
//! ```text
//! countersign/log/6f1e…                        the origin, which is also the key's name
//! 48213                                        the size, decimal
//! sgg9…ahI=                                    the root, standard base64
//!                                              an empty line: above it, with its newline, is what is signed
//! — countersign/log/6f1e… q2Xw…                base64 of SHA-256(SPKI)[:4] ‖ DER signature
//! ```
//! Three lines and no extensions. The checkpoint at which a key retires carries its line, too, before the
//! new key's. P-256 (note type 0x02). Further lines by witnesses may follow; they are kept and not
//! judged here. The four-byte id only finds the line: an identity is a whole key.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::hash::Digest;
use crate::json::MAX_INTEGER;
use crate::key::{KeyError, PublicKey, Role, SigningKey};
use crate::origin::Origin;

/// The most signature lines that a note is read with.
const MAX_LINES: usize = 16;

/// The log's size and root, to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log.
    pub origin: Origin,
    /// How many records it has; at most 2⁵³ − 1.
    pub size: u64,
    /// The root of its tree.
    pub root: Digest,
}

/// A line of the note's second part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureLine {
    /// The key's name: the origin for the log's own, another for a witness's.
    pub name: String,
    /// Finds the key.
    pub id: [u8; 4],
    /// The signature; its form is the key's affair.
    pub signature: Vec<u8>,
}

/// A signed checkpoint: printing and parsing are exact inverses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    lines: Vec<SignatureLine>,
}

/// What keeps a text from being a checkpoint, or a checkpoint from being believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// A line isn't what belongs there; lines count from 1.
    #[error("line {line} of the checkpoint isn't {wanted}")]
    Line {
        /// Which line.
        line: usize,
        /// What belongs there.
        wanted: &'static str,
    },
    /// No line of the log's own under this key.
    #[error("the checkpoint carries no signature under this key")]
    NotSigned,
    /// A line claims to be under this key and isn't, or the key is for another role.
    #[error("the checkpoint's signature: {0}")]
    Key(#[from] KeyError),
}

impl Checkpoint {
    /// The three lines that are signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            STANDARD.encode(self.root.as_bytes())
        )
    }

    /// Signs it with the log's key.
    ///
    /// # Errors
    /// [`KeyError::WrongRole`] for any but a log key.
    pub fn sign(&self, key: &SigningKey) -> Result<SignedCheckpoint, KeyError> {
        Ok(SignedCheckpoint {
            checkpoint: *self,
            lines: vec![self.line(key)?],
        })
    }

    /// Signs it with the log's key and with the one that it retires, at the size from which on it signs.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn hand_over(&self, old: &SigningKey, new: &SigningKey) -> Result<SignedCheckpoint, KeyError> {
        Ok(SignedCheckpoint {
            checkpoint: *self,
            lines: vec![self.line(old)?, self.line(new)?],
        })
    }

    fn line(&self, key: &SigningKey) -> Result<SignatureLine, KeyError> {
        key.expect_role(Role::Log)?;
        Ok(SignatureLine {
            name: self.origin.to_string(),
            id: key.public().note_id(),
            signature: key.sign_der(self.text().as_bytes()),
        })
    }
}

impl SignedCheckpoint {
    /// Reads a note.
    ///
    /// # Errors
    /// [`CheckpointError::Line`] names the line that isn't right.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let wrong = |line, wanted| CheckpointError::Line { line, wanted };
        let Some(body) = text.strip_suffix('\n') else {
            return Err(wrong(text.split('\n').count(), "ended by a newline"));
        };
        let mut lines = body.split('\n').zip(1..);
        let mut next = |wanted| lines.next().ok_or(wrong(body.split('\n').count() + 1, wanted));
        let (origin, _) = next("the log's origin")?;
        let origin = origin.parse().map_err(|_| wrong(1, "the log's origin"))?;
        let (size, _) = next("the log's size")?;
        let size = parse_size(size).ok_or(wrong(2, "the log's size, a decimal number without leading zeros"))?;
        let (root, _) = next("the root")?;
        let root = decode(root).and_then(|bytes| Digest::from_slice(&bytes));
        let root = root.ok_or(wrong(3, "the root, 32 bytes in base64"))?;
        let (empty, _) = next("empty")?;
        if !empty.is_empty() {
            return Err(wrong(4, "empty; extensions aren't read"));
        }
        let mut signatures: Vec<SignatureLine> = Vec::new();
        for (line, number) in lines {
            let line = parse_line(line).ok_or(wrong(number, "a signature: `— name base64`"))?;
            let twice = signatures
                .iter()
                .any(|other| other.name == line.name && other.id == line.id);
            if twice || signatures.len() == MAX_LINES {
                return Err(wrong(number, "one of at most 16 signatures by different keys"));
            }
            signatures.push(line);
        }
        if signatures.is_empty() {
            return Err(wrong(5, "a signature: `— name base64`"));
        }
        Ok(Self {
            checkpoint: Checkpoint { origin, size, root },
            lines: signatures,
        })
    }

    /// What it claims; not to be believed before [`verify`](Self::verify).
    #[must_use]
    pub const fn claimed(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Its signature lines.
    #[must_use]
    pub fn lines(&self) -> &[SignatureLine] {
        &self.lines
    }

    /// Checks the log's own signature under this key, and gives the checkpoint.
    ///
    /// # Errors
    /// [`CheckpointError::NotSigned`] or [`CheckpointError::Key`].
    pub fn verify(&self, key: &PublicKey) -> Result<&Checkpoint, CheckpointError> {
        let (name, id) = (self.checkpoint.origin.to_string(), key.note_id());
        let line = self.lines.iter().find(|line| line.name == name && line.id == id);
        let line = line.ok_or(CheckpointError::NotSigned)?;
        key.verify_der(self.checkpoint.text().as_bytes(), &line.signature)?;
        Ok(&self.checkpoint)
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.checkpoint.text())?;
        for line in &self.lines {
            let mut bytes = line.id.to_vec();
            bytes.extend_from_slice(&line.signature);
            writeln!(f, "— {} {}", line.name, STANDARD.encode(bytes))?;
        }
        Ok(())
    }
}

impl FromStr for SignedCheckpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        Self::parse(text)
    }
}

/// Standard base64 with padding; the decoder refuses stray bits, so a value has one text.
fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

fn parse_size(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    if !digits || text.is_empty() || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.parse().ok().filter(|size| *size <= MAX_INTEGER.unsigned_abs())
}

fn parse_line(line: &str) -> Option<SignatureLine> {
    let (name, base64) = line.strip_prefix("— ")?.split_once(' ')?;
    // The note format forbids white space and plus signs in names.
    if name.is_empty() || name.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+') {
        return None;
    }
    let bytes = decode(base64)?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    if signature.is_empty() {
        return None;
    }
    Some(SignatureLine {
        name: name.to_owned(),
        id: *id,
        signature: signature.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test's failure is its panic"
    )]

    use proptest::prelude::*;

    use super::*;
    use crate::key::tests::key;

    fn checkpoint(log: &SigningKey) -> Checkpoint {
        let origin = Origin::new(&log.public().spki_der(), &[5; 16]);
        Checkpoint {
            origin,
            size: 48_213,
            root: Digest::sha256(b"root"),
        }
    }

    fn signed() -> (SigningKey, SignedCheckpoint) {
        let log = key(Role::Log, 1);
        let signed = checkpoint(&log).sign(&log).unwrap();
        (log, signed)
    }

    #[test]
    fn it_verifies_under_its_own_key_only() {
        let (log, signed) = signed();
        assert_eq!(signed.verify(&log.public()).unwrap().size, 48_213);
        assert_eq!(
            signed.verify(&key(Role::Log, 2).public()),
            Err(CheckpointError::NotSigned)
        );
    }

    #[test]
    fn the_id_alone_proves_nothing() {
        let (_, mut signed) = signed();
        let other = key(Role::Log, 2).public();
        signed.lines.first_mut().unwrap().id = other.note_id();
        assert_eq!(
            signed.verify(&other),
            Err(CheckpointError::Key(KeyError::WrongSignature))
        );
    }

    #[test]
    fn only_a_log_key_signs() {
        let case = key(Role::Case, 1);
        let error = checkpoint(&case).sign(&case).unwrap_err();
        assert_eq!(
            error,
            KeyError::WrongRole {
                have: Role::Case,
                want: Role::Log
            }
        );
    }

    #[test]
    fn a_changed_text_no_longer_verifies() {
        let (log, signed) = signed();
        let text = signed.to_string().replace("48213", "48214");
        let changed = SignedCheckpoint::parse(&text).unwrap();
        assert_eq!(
            changed.verify(&log.public()),
            Err(CheckpointError::Key(KeyError::WrongSignature))
        );
    }

    #[test]
    fn a_witness_line_is_kept_and_not_taken_for_the_logs_own() {
        let (log, signed) = signed();
        let text = format!("{signed}— witness.example.com/w1 {}\n", STANDARD.encode([9; 76]));
        let with_witness = SignedCheckpoint::parse(&text).unwrap();
        assert_eq!(with_witness.to_string(), text);
        assert!(with_witness.verify(&log.public()).is_ok());
        let only_witness = SignedCheckpoint {
            lines: with_witness.lines()[1..].to_vec(),
            ..with_witness
        };
        assert_eq!(only_witness.verify(&log.public()), Err(CheckpointError::NotSigned));
    }

    #[test]
    fn each_broken_line_is_named() {
        let (_, signed) = signed();
        let text = signed.to_string();
        let line = |n: usize| text.split('\n').nth(n - 1).unwrap().to_owned();
        let cases = [
            ("no_final_newline", text.trim_end().to_owned(), 5),
            ("carriage_returns", text.replace('\n', "\r\n"), 1),
            ("origin_in_capitals", text.replace("countersign", "COUNTERSIGN"), 1),
            ("leading_zero", text.replace("48213", "048213"), 2),
            ("signed_size", text.replace("48213", "+48213"), 2),
            ("size_over_two_to_the_53", text.replace("48213", "9007199254740992"), 2),
            ("empty_size", text.replace("48213", ""), 2),
            ("short_root", text.replace(&line(3), "AAAA"), 3),
            (
                "root_without_padding",
                text.replace(&line(3), line(3).trim_end_matches('=')),
                3,
            ),
            ("extension_line", text.replace("\n\n", "\nextension\n\n"), 4),
            ("no_signature", format!("{}\n\n", text.split("\n\n").next().unwrap()), 5),
            ("hyphen_for_dash", text.replace('—', "-"), 5),
            ("name_with_plus", text.replace("— ", "— a+"), 5),
            ("two_spaces", text.replace("— ", "—  "), 5),
            ("signature_not_base64", text.replace(&line(5), "— name !!!!"), 5),
            ("signature_only_an_id", text.replace(&line(5), "— name AAAAAA=="), 5),
            ("same_key_twice", format!("{text}{}\n", line(5)), 6),
            ("text_after_it", format!("{text}\n"), 6),
            ("nothing", String::new(), 1),
        ];
        for (name, bad, wanted) in cases {
            match SignedCheckpoint::parse(&bad) {
                Err(CheckpointError::Line { line, .. }) => assert_eq!(line, wanted, "{name}"),
                other => assert!(other.is_err(), "{name}: {other:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn printing_and_parsing_are_inverses(size in 0..=MAX_INTEGER.unsigned_abs(), root: [u8; 32], nonce: [u8; 16]) {
            let log = key(Role::Log, 1);
            let origin = Origin::new(&log.public().spki_der(), &nonce);
            let signed = Checkpoint { origin, size, root: Digest::new(root) }.sign(&log).unwrap();
            let text = signed.to_string();
            let parsed = SignedCheckpoint::parse(&text).unwrap();
            prop_assert_eq!(&parsed, &signed);
            prop_assert_eq!(parsed.to_string(), text);
        }

        #[test]
        fn what_parses_prints_as_it_was(at in 0usize..260, with in "[ -~\n—]") {
            let (_, signed) = signed();
            let mut text = signed.to_string();
            if let Some(at) = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)) {
                text.insert_str(at, &with);
            }
            if let Ok(parsed) = SignedCheckpoint::parse(&text) {
                prop_assert_eq!(parsed.to_string(), text);
            }
        }
    }
}
