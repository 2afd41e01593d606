//! Contents and their commitments: whatever a person or agent typed or sent stands in records as a commitment only.

use crate::hash::{Digest, tagged};
use crate::json::write_string;

/// What a content is, beside its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Header {
    /// The content's uid (a UUID).
    pub content_uid: String,
    /// What it is: `request`, `view`, `response`, `reason`.
    pub slot: String,
    /// RFC 6838 media type.
    pub media_type: String,
    /// The bytes' length; at most 2⁵³ − 1.
    pub length: u64,
}

impl Header {
    /// The header of these bytes.
    #[must_use]
    pub fn of(content_uid: &str, slot: &str, media_type: &str, bytes: &[u8]) -> Self {
        Self {
            content_uid: content_uid.to_owned(),
            slot: slot.to_owned(),
            media_type: media_type.to_owned(),
            length: bytes.len() as u64,
        }
    }

    /// `h = JCS{content_uid, slot, media_type, length}`.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut out = b"{\"content_uid\":".to_vec();
        write_string(&self.content_uid, &mut out);
        out.extend_from_slice(format!(",\"length\":{},\"media_type\":", self.length).as_bytes());
        write_string(&self.media_type, &mut out);
        out.extend_from_slice(b",\"slot\":");
        write_string(&self.slot, &mut out);
        out.push(b'}');
        out
    }
}

/// `C = H("content", salt ‖ u32 len(h) ‖ h ‖ bytes)`.
///
/// The salt is random for each content and kept only with the content's key: without it the commitment tells nothing,
/// and after both are destroyed nothing can be guessed from it.
#[must_use]
pub fn commit(header: &Header, salt: &[u8; 32], bytes: &[u8]) -> Digest {
    let h = header.canonical();
    // A header is some hundred bytes; one over 4 GiB can't be built.
    let length = u32::try_from(h.len()).unwrap_or(u32::MAX).to_be_bytes();
    tagged("content", &[salt, &length, &h, bytes])
}

/// Everything needed to recompute a commitment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// What the content is.
    pub header: Header,
    /// Its salt.
    pub salt: [u8; 32],
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Why an opening doesn't open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    /// The header speaks of another length.
    #[error("the content `{content_uid}` has {found} bytes and its header says {claimed}")]
    WrongLength {
        /// Which content.
        content_uid: String,
        /// How many bytes there are.
        found: u64,
        /// How many the header says.
        claimed: u64,
    },
    /// Header, salt or bytes aren't those that were committed to.
    #[error("the content `{content_uid}` isn't the one that the record commits to")]
    WrongCommitment {
        /// Which content.
        content_uid: String,
    },
}

impl Opening {
    /// The commitment that it opens.
    #[must_use]
    pub fn commitment(&self) -> Digest {
        commit(&self.header, &self.salt, &self.bytes)
    }

    /// Checks that it opens this commitment.
    ///
    /// # Errors
    /// [`OpeningError`].
    pub fn open(&self, commitment: &Digest) -> Result<&[u8], OpeningError> {
        let content_uid = || self.header.content_uid.clone();
        let found = self.bytes.len() as u64;
        if found != self.header.length {
            let claimed = self.header.length;
            return Err(OpeningError::WrongLength {
                content_uid: content_uid(),
                found,
                claimed,
            });
        }
        if self.commitment() == *commitment {
            Ok(&self.bytes)
        } else {
            Err(OpeningError::WrongCommitment {
                content_uid: content_uid(),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test's failure is its panic")]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::json::canonical;

    fn opening() -> Opening {
        let bytes = b"please pay".to_vec();
        Opening {
            header: Header::of("uid-1", "request", "application/json", &bytes),
            salt: [4; 32],
            bytes,
        }
    }

    #[test]
    fn the_commitment_is_over_the_bytes_that_the_format_names() {
        let h = br#"{"content_uid":"uid-1","length":10,"media_type":"application/json","slot":"request"}"#;
        let mut x = vec![4; 32];
        x.extend(u32::try_from(h.len()).unwrap().to_be_bytes());
        x.extend(h);
        x.extend(b"please pay");
        assert_eq!(opening().commitment(), tagged("content", &[&x]));
    }

    #[test]
    fn every_part_counts() {
        let good = opening();
        let c = good.commitment();
        assert_eq!(good.open(&c).unwrap(), b"please pay");
        let wrong = Err(OpeningError::WrongCommitment {
            content_uid: "uid-1".to_owned(),
        });
        let header = good.header.clone();
        for (name, bent) in [
            (
                "salt",
                Opening {
                    salt: [5; 32],
                    ..good.clone()
                },
            ),
            (
                "bytes",
                Opening {
                    bytes: b"please paY".to_vec(),
                    ..good.clone()
                },
            ),
            (
                "slot",
                Opening {
                    header: Header {
                        slot: "view".into(),
                        ..header.clone()
                    },
                    ..good.clone()
                },
            ),
            (
                "media_type",
                Opening {
                    header: Header {
                        media_type: "text/plain".into(),
                        ..header.clone()
                    },
                    ..good.clone()
                },
            ),
        ] {
            assert_eq!(bent.open(&c), wrong, "{name}");
        }
        let uid = Opening {
            header: Header {
                content_uid: "uid-2".into(),
                ..header.clone()
            },
            ..good.clone()
        };
        assert!(uid.open(&c).is_err());
    }

    #[test]
    fn bytes_cannot_move_between_header_and_content() {
        let moved = Opening {
            header: Header {
                length: 9,
                ..opening().header
            },
            ..opening()
        };
        let c = moved.commitment();
        assert!(matches!(
            moved.open(&c),
            Err(OpeningError::WrongLength {
                found: 10,
                claimed: 9,
                ..
            })
        ));
    }

    proptest! {
        #[test]
        fn the_header_is_canonical_whatever_stands_in_it(uid: String, slot: String, kind: String, bytes: Vec<u8>) {
            let header = Header::of(&uid, &slot, &kind, &bytes);
            let expected = json!({"content_uid": uid, "slot": slot, "media_type": kind, "length": bytes.len()});
            prop_assert_eq!(header.canonical(), canonical(&expected).unwrap());
        }
    }
}
