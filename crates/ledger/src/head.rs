//! The head in the key store: what the next opening has to find again.

use evidence::{Digest, Origin};
use serde::{Deserialize, Serialize};
use vault::KeyStore;

use crate::{Head, OpenError};

/// The head's name in the key store.
pub const HEAD: &str = "head";

/// `{"origin":"countersign/log/…","size":n,"root":"<hex>","mac":"<hex>","epoch":0,"verified":true}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptHead {
    pub(crate) origin: Origin,
    pub(crate) size: u64,
    pub(crate) root: Digest,
    /// A digest in form: 32 bytes of the MAC of record `size - 1`.
    pub(crate) mac: Digest,
    /// The MAC epoch that the record after it is in.
    pub(crate) epoch: u32,
    /// Whether everything up to it was verified, or written, by the process that kept it, and nothing was found wrong
    /// since. Else the next opening verifies all of it.
    #[serde(default)]
    pub(crate) verified: bool,
}

impl KeptHead {
    /// A head that was verified.
    pub(crate) fn new(origin: Origin, head: &Head) -> Self {
        Self {
            verified: true,
            origin,
            size: head.size,
            root: head.root,
            mac: Digest::new(head.mac),
            epoch: head.epoch,
        }
    }

    /// Reads it; none was kept before a log was made.
    pub(crate) fn read(keys: &dyn KeyStore) -> Result<Option<Self>, OpenError> {
        let Some(bytes) = keys.get(HEAD)? else { return Ok(None) };
        match serde_json::from_slice(&bytes) {
            Ok(head) => Ok(Some(head)),
            Err(error) => Err(OpenError::KeyUnreadable {
                name: HEAD.to_owned(),
                why: error.to_string(),
            }),
        }
    }

    /// Keeps it.
    pub(crate) fn keep(&self, keys: &dyn KeyStore) -> Result<(), vault::KeyStoreError> {
        // A struct of texts and a number always serialises.
        let text = serde_json::to_vec(self).unwrap_or_default();
        keys.set(HEAD, &text)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test's failure is its panic")]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_kept_is_what_is_read(
            size: u64, root: [u8; 32], mac: [u8; 32], epoch: u32, nonce: [u8; 16], verified: bool,
        ) {
            let (root, mac) = (Digest::new(root), Digest::new(mac));
            let head = KeptHead { origin: Origin::new(b"spki", &nonce), size, root, mac, epoch, verified };
            let text = serde_json::to_vec(&head).unwrap();
            prop_assert_eq!(serde_json::from_slice::<KeptHead>(&text).unwrap(), head);
        }
    }
}
