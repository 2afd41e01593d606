//! Contents, each sealed under its own key, so that one can be erased without touching another.

use zeroize::Zeroizing;

use crate::{SealError, Sealer};

/// A content at rest. Without `wrapped_key` neither the bytes nor the salt can be had again: destroying that is erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedContent {
    /// The content's own key and its salt, 64 bytes, sealed under the key-encryption key: 92 bytes.
    pub wrapped_key: Vec<u8>,
    /// The bytes, sealed under the content's own key.
    pub body: Vec<u8>,
}

/// A content that was opened.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenedContent {
    /// The salt of its commitment.
    pub salt: Zeroizing<[u8; 32]>,
    /// The bytes.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for OpenedContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenedContent")
            .field("length", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

impl Sealer {
    /// Seals a content under a fresh key of its own, which with the salt is wrapped under this sealer's key.
    /// `context` is the content's uid.
    ///
    /// # Errors
    /// There are no random bytes, or the content is longer than AES-GCM takes.
    pub fn seal_content(&self, context: &[u8], salt: &[u8; 32], bytes: &[u8]) -> Result<SealedContent, SealError> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut_slice()).map_err(|_| SealError::NoRandomness)?;
        let mut secret = Zeroizing::new(Vec::with_capacity(64));
        secret.extend_from_slice(key.as_slice());
        secret.extend_from_slice(salt);
        Ok(SealedContent {
            wrapped_key: self.seal(&purpose("content-key", context), &secret)?,
            body: Sealer::new(&key).seal(&purpose("content", context), bytes)?,
        })
    }

    /// Opens what [`Sealer::seal_content`] sealed for the same uid.
    ///
    /// # Errors
    /// Either part isn't what was sealed under this key for this uid.
    pub fn open_content(&self, context: &[u8], sealed: &SealedContent) -> Result<OpenedContent, SealError> {
        let secret = self.open(&purpose("content-key", context), &sealed.wrapped_key)?;
        let (key, salt) = secret.split_first_chunk::<32>().ok_or(SealError::NotAuthentic)?;
        let salt = Zeroizing::new(<[u8; 32]>::try_from(salt).map_err(|_| SealError::NotAuthentic)?);
        let bytes = Sealer::new(key).open(&purpose("content", context), &sealed.body)?;
        Ok(OpenedContent { salt, bytes })
    }

    /// Wraps a content's key and salt anew, under another key-encryption key; the body stays as it is. What results is
    /// as long as what was given.
    ///
    /// # Errors
    /// `wrapped_key` isn't what was sealed under this key for this uid, or there are no random bytes.
    pub fn rewrap(&self, context: &[u8], wrapped_key: &[u8], under: &Self) -> Result<Vec<u8>, SealError> {
        let purpose = purpose("content-key", context);
        under.seal(&purpose, &self.open(&purpose, wrapped_key)?)
    }
}

/// `"countersign/" ‖ what ‖ "/v1" ‖ 00 ‖ context`: a wrapped key never opens as a body, nor a body as a key.
fn purpose(what: &str, context: &[u8]) -> Vec<u8> {
    [b"countersign/", what.as_bytes(), b"/v1\0", context].concat()
}
