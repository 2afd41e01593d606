//! The operator's own chain: a MAC over every record, under a key that isn't in the database.
//!
//! It catches edits and insertions after the last checkpoint by one who can write the database but can't open the
//! keychain. It doesn't catch a cut tail.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::hash::Digest;
use crate::origin::Origin;

/// An epoch's key. Never printed, zeroized when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MacKey([u8; 32]);

impl MacKey {
    /// Takes 32 random bytes as a key.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key in these bytes, if they are 32.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }
}

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MacKey(…)")
    }
}

/// `mac_{−1}`: what stands before the first record's.
pub const FIRST_MAC: [u8; 32] = [0; 32];

/// One epoch's MACs over one log's records:
/// `mac_n = HMAC-SHA256(K_epoch, "countersign/mac/v1" ‖ 00 ‖ SHA-256(origin) ‖ u64 n ‖ u32 epoch ‖ mac_{n−1} ‖ d_n)`,
/// integers big-endian, the origin as its text.
///
/// It has taken in the key and what every message begins with, so that a record costs four blocks of SHA-256.
#[derive(Clone)]
pub struct ChainMac(Hmac<Sha256>);

impl ChainMac {
    /// The MACs under a key, of the records of a log.
    #[must_use]
    pub fn new(key: &MacKey, origin: &Origin) -> Self {
        let mut mac = keyed(key);
        mac.update(b"countersign/mac/v1\0");
        mac.update(Digest::sha256(origin.to_string().as_bytes()).as_bytes());
        Self(mac)
    }

    /// The MAC of record `sequence`; `previous` is [`FIRST_MAC`] for record 0.
    #[must_use]
    pub fn of(&self, sequence: u64, epoch: u32, previous: &[u8; 32], fingerprint: &Digest) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(&sequence.to_be_bytes());
        mac.update(&epoch.to_be_bytes());
        mac.update(previous);
        mac.update(fingerprint.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl std::fmt::Debug for ChainMac {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ChainMac(…)")
    }
}

/// HMAC under a key of exactly its block size (RFC 2104 pads shorter keys with zeros, so this is the same MAC, and
/// has no error to handle).
fn keyed(key: &MacKey) -> Hmac<Sha256> {
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    for (to, from) in block.iter_mut().zip(key.0) {
        *to = from;
    }
    let mac = Hmac::new(&block);
    block.as_mut_slice().zeroize();
    mac
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test's failure is its panic")]

    use super::*;

    fn origin() -> Origin {
        Origin::new(b"spki", &[1; 16])
    }

    #[test]
    fn it_is_hmac_over_the_bytes_that_the_format_names() {
        let (key, d) = (MacKey::new([3; 32]), Digest::sha256(b"d"));
        let mut message = b"countersign/mac/v1\0".to_vec();
        message.extend(Digest::sha256(origin().to_string().as_bytes()).as_bytes());
        message.extend(7u64.to_be_bytes());
        message.extend(2u32.to_be_bytes());
        message.extend([9; 32]);
        message.extend(d.as_bytes());
        let mut plain = Hmac::<Sha256>::new_from_slice(&[3; 32]).unwrap();
        plain.update(&message);
        let expected: [u8; 32] = plain.finalize().into_bytes().into();
        assert_eq!(ChainMac::new(&key, &origin()).of(7, 2, &[9; 32], &d), expected);
    }

    #[test]
    fn every_input_counts() {
        let d = Digest::sha256(b"d");
        let other = Origin::new(b"spki", &[2; 16]);
        let base = ChainMac::new(&MacKey::new([3; 32]), &origin()).of(7, 2, &[9; 32], &d);
        for changed in [
            ChainMac::new(&MacKey::new([4; 32]), &origin()).of(7, 2, &[9; 32], &d),
            ChainMac::new(&MacKey::new([3; 32]), &other).of(7, 2, &[9; 32], &d),
            ChainMac::new(&MacKey::new([3; 32]), &origin()).of(8, 2, &[9; 32], &d),
            ChainMac::new(&MacKey::new([3; 32]), &origin()).of(7, 3, &[9; 32], &d),
            ChainMac::new(&MacKey::new([3; 32]), &origin()).of(7, 2, &FIRST_MAC, &d),
            ChainMac::new(&MacKey::new([3; 32]), &origin()).of(7, 2, &[9; 32], &Digest::sha256(b"e")),
        ] {
            assert_ne!(base, changed);
        }
    }

    #[test]
    fn a_key_never_prints() {
        let key = MacKey::new([3; 32]);
        assert_eq!(format!("{:?}", ChainMac::new(&key, &origin())), "ChainMac(…)");
        assert_eq!(format!("{key:?}"), "MacKey(…)");
    }

    /// Project Wycheproof's vectors for HMAC-SHA256: through our own keying where the key is of our length, else through
    /// the crate's.
    #[test]
    fn published_attacks_on_hmac() {
        use wycheproof::{TestResult, mac};

        let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
        let (mut tried, mut ours) = (0, 0);
        for group in set.test_groups {
            for test in group.tests {
                let mut mac = match MacKey::from_slice(&test.key) {
                    Some(key) => keyed(&key),
                    None => Hmac::<Sha256>::new_from_slice(&test.key).unwrap(),
                };
                mac.update(&test.msg);
                // Ours are never cut; the vectors' shorter tags are compared by their length.
                let computed = mac.finalize().into_bytes();
                let holds = computed.get(..test.tag.len()) == Some(&test.tag[..]);
                assert_eq!(holds, test.result == TestResult::Valid, "vector {}", test.tc_id);
                tried += 1;
                ours += usize::from(test.key.len() == 32);
            }
        }
        assert!(
            tried > 150 && ours > 100,
            "{tried} vectors, {ours} under keys of our length"
        );
    }
}
