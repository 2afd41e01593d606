//! Keys and signatures: one form each.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's failure is its panic"
)]

mod published;

use p256::elliptic_curve::ops::Neg as _;
use proptest::prelude::*;

use super::*;

/// A fixed key for tests.
pub(crate) fn key(role: Role, seed: u8) -> SigningKey {
    SigningKey::generate(role, &mut |bytes: &mut [u8]| bytes.fill(seed)).unwrap()
}

/// A key made by OpenSSL, its fingerprint by `ssh-keygen -lf`, and its signature over `a message` by `openssl dgst`,
/// which has a high s.
const OPENSSL_SPKI: &str = "3059301306072a8648ce3d020106082a8648ce3d03010703420004d1f156009f3a9dd00b8d925d986e5afd15c2b6039\
                            e051b72c4669b056a9aeb054c7b3974e080d54524088fb0557c5a9eeb89cdb63b5065bba574d43178808f7d";
const SSH_FINGERPRINT: &str = "SHA256:DBQzf22nMqhsep1L/jlTZM1m/8OLPv+jGYOV0k/UxhQ";
const OPENSSL_HIGH_S: &str = "3046022100e2c6f19d75e7f96c2370297f47453b885d1f13366ae8e9fd4cfd1e9674e5e61d022100d02a8cc25c909f\
                              e35d1029ad80c2ac01abed0e03edc5523cefdccc9299d36e3c";

fn openssl_key() -> PublicKey {
    PublicKey::from_spki_der(&hex::decode(OPENSSL_SPKI).unwrap()).unwrap()
}

#[test]
fn the_key_id_is_what_ssh_keygen_says() {
    assert_eq!(openssl_key().key_id().to_string(), SSH_FINGERPRINT);
    assert_eq!(SSH_FINGERPRINT.parse::<KeyId>().unwrap(), openssl_key().key_id());
}

#[test]
fn the_notes_id_is_over_the_spki() {
    let spki = hex::decode(OPENSSL_SPKI).unwrap();
    assert_eq!(openssl_key().note_id(), Digest::sha256(&spki).as_bytes()[..4]);
}

#[test]
fn key_ids_of_other_forms_are_refused() {
    for bad in [
        "sha256:DBQzf22nMqhsep1L/jlTZM1m/8OLPv+jGYOV0k/UxhQ",
        "DBQzf22nMqhsep1L/jlTZM1m/8OLPv+jGYOV0k/UxhQ",
        "SHA256:DBQzf22nMqhsep1L/jlTZM1m/8OLPv+jGYOV0k/UxhQ=",
        "SHA256:DBQzf22nMqhsep1L_jlTZM1m_8OLPv-jGYOV0k_UxhQ",
        // The last digit carries two bits that must be zero.
        "SHA256:DBQzf22nMqhsep1L/jlTZM1m/8OLPv+jGYOV0k/UxhR",
        "SHA256:",
    ] {
        assert_eq!(bad.parse::<KeyId>(), Err(KeyError::NotAKeyId), "{bad}");
    }
}

#[test]
fn high_s_is_refused_and_its_low_twin_accepted() {
    let high = hex::decode(OPENSSL_HIGH_S).unwrap();
    assert_eq!(
        openssl_key().verify_der(b"a message", &high),
        Err(KeyError::MalformedSignature)
    );
    let parsed = Signature::from_der(&high).unwrap();
    assert_eq!(
        openssl_key().verify_raw(b"a message", &parsed.to_bytes()),
        Err(KeyError::MalformedSignature)
    );
    let low = parsed.normalize_s();
    assert_eq!(openssl_key().verify_der(b"a message", low.to_der().as_bytes()), Ok(()));
    assert_eq!(openssl_key().verify_raw(b"a message", &low.to_bytes()), Ok(()));
}

#[test]
fn dsse_protocol_vector() {
    // https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md, "Test Vectors": raw r ‖ s.
    use base64::engine::general_purpose::STANDARD;
    let mut spki = hex::decode("3059301306072a8648ce3d020106082a8648ce3d03010703420004").unwrap();
    spki.extend(hex::decode("67cd390f77aa359cb08c2235f652270493a9ed832b0abcc01f70954c0390d238").unwrap());
    spki.extend(hex::decode("0c782bd54e269125a44f4433aff1432ce94e12bca73aa67ac80cea12608ddf74").unwrap());
    let key = PublicKey::from_spki_der(&spki).unwrap();
    let signature = "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA==";
    let signature = STANDARD.decode(signature).unwrap();
    let pae = crate::envelope::pae("http://example.com/HelloWorld", b"hello world");
    assert_eq!(pae, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    assert_eq!(key.verify_raw(&pae, &signature), Ok(()));
    let der = Signature::from_slice(&signature).unwrap().to_der();
    assert_eq!(key.verify_der(&pae, der.as_bytes()), Ok(()));
}

#[test]
fn rfc_6979_a_2_5() {
    // "sample" with P-256 and SHA-256; the RFC's s is high, ours is n − s.
    let scalar = hex::decode("c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721").unwrap();
    let key = SigningKey::generate(Role::Log, &mut |bytes: &mut [u8]| bytes.copy_from_slice(&scalar)).unwrap();
    let signature = key.sign_raw(b"sample");
    let r = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";
    let s = hex::decode("f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8").unwrap();
    let r_s: Vec<u8> = hex::decode(r).unwrap().into_iter().chain(s).collect();
    let (_, s) = Signature::from_slice(&r_s).unwrap().split_scalars();
    assert_eq!(hex::encode(&signature[..32]), r);
    assert_eq!(Signature::from_slice(&signature).unwrap().split_scalars().1, s.neg());
}

#[test]
fn psychic_and_out_of_range_signatures_are_refused() {
    let public = key(Role::Log, 1).public();
    let order = hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap();
    let zero = [0; 32];
    let one: Vec<u8> = zero.iter().copied().take(31).chain([1]).collect();
    for (name, r, s) in [
        ("both_zero", &zero[..], &zero[..]),
        ("r_zero", &zero, &one),
        ("s_zero", &one, &zero),
        ("r_is_the_order", &order, &one),
        ("s_is_the_order", &one, &order),
    ] {
        let raw = [r, s].concat();
        assert_eq!(
            public.verify_raw(b"m", &raw),
            Err(KeyError::MalformedSignature),
            "{name}"
        );
    }
    for (name, der) in [
        ("both_zero", "3006020100020100"),
        ("s_zero", "3006020101020100"),
        ("r_zero", "3006020100020101"),
    ] {
        let der = hex::decode(der).unwrap();
        assert_eq!(
            public.verify_der(b"m", &der),
            Err(KeyError::MalformedSignature),
            "{name}"
        );
    }
}

#[test]
fn lax_der_is_refused() {
    let signing = key(Role::Log, 1);
    // A message whose r and s both need no leading zero makes every variant below plain bytes.
    let (message, good) = (0u32..)
        .map(|n| (n.to_be_bytes(), signing.sign_der(&n.to_be_bytes())))
        .find(|(_, der)| der.len() == 70)
        .unwrap();
    let (r, s) = (&good[4..36], &good[38..70]);
    let integer = |body: &[u8]| [&[2, u8::try_from(body.len()).unwrap()], body].concat();
    let sequence = |body: &[u8]| [&[0x30, u8::try_from(body.len()).unwrap()], body].concat();
    let built = sequence(&[integer(r), integer(s)].concat());
    assert_eq!(built, good);
    let zero_led = |n: &[u8]| integer(&[&[0], n].concat());
    let cases = [
        ("trailing_byte", [&good[..], &[0]].concat()),
        (
            "trailing_in_sequence",
            sequence(&[integer(r), integer(s), vec![0]].concat()),
        ),
        (
            "third_integer",
            sequence(&[integer(r), integer(s), integer(&[1])].concat()),
        ),
        ("leading_zero_r", sequence(&[zero_led(r), integer(s)].concat())),
        ("leading_zero_s", sequence(&[integer(r), zero_led(s)].concat())),
        ("long_form_length", [&[0x30, 0x81, 68], &good[2..]].concat()),
        ("long_form_inner", [&[0x30, 69, 2, 0x81, 32], &good[4..]].concat()),
        ("indefinite_length", [&[0x30, 0x80], &good[2..], &[0, 0]].concat()),
        ("a_set", [&[0x31], &good[1..]].concat()),
        ("octet_string_for_integer", [&good[..2], &[4], &good[3..]].concat()),
        ("cut", good[..69].to_vec()),
        ("raw", [r, s].concat()),
        ("nothing", Vec::new()),
    ];
    for (name, der) in cases {
        assert_eq!(
            signing.public().verify_der(&message, &der),
            Err(KeyError::MalformedSignature),
            "{name}"
        );
    }
    assert_eq!(signing.public().verify_der(&message, &good), Ok(()));
    for length in [0, 63, 65, 70] {
        let raw = vec![1; length];
        assert_eq!(
            signing.public().verify_raw(&message, &raw),
            Err(KeyError::MalformedSignature),
            "{length}"
        );
    }
}

#[test]
fn a_public_key_has_one_form() {
    let good = hex::decode(OPENSSL_SPKI).unwrap();
    assert_eq!(openssl_key().spki_der(), good);
    let compressed = hex::decode(
        "3039301306072a8648ce3d020106082a8648ce3d03010703220003d1f156009f3a9dd00b8d925d986e5afd15c2b6039e051b72c4669b056a9aeb05",
    )
    .unwrap();
    let off_curve = [&good[..90], &[0x7e]].concat();
    let p384 = [&good[..20], &[0x22], &good[21..]].concat();
    for (name, bad) in [
        ("compressed_point", compressed),
        ("off_curve", off_curve),
        ("other_curve", p384),
        ("trailing_byte", [&good[..], &[0]].concat()),
        ("cut", good[..90].to_vec()),
        ("bare_point", good[26..].to_vec()),
    ] {
        assert_eq!(PublicKey::from_spki_der(&bad), Err(KeyError::NotAPublicKey), "{name}");
    }
}

#[test]
fn a_broken_source_of_randomness_is_an_error() {
    let zeros = SigningKey::generate(Role::Log, &mut |bytes: &mut [u8]| bytes.fill(0));
    assert_eq!(zeros.unwrap_err(), KeyError::NoRandomness);
    let mut calls = 0;
    let third = SigningKey::generate(Role::Log, &mut |bytes: &mut [u8]| {
        calls += 1;
        bytes.fill(if calls < 3 { 0xff } else { 7 });
    });
    assert_eq!(third.unwrap().public(), key(Role::Log, 7).public());
}

#[test]
fn a_private_key_is_stored_and_never_printed() {
    let signing = key(Role::Case, 9);
    let der = signing.to_pkcs8_der().unwrap();
    let read = SigningKey::from_pkcs8_der(Role::Case, &der).unwrap();
    assert_eq!(read.public(), signing.public());
    assert_eq!(
        SigningKey::from_pkcs8_der(Role::Case, &der[1..]).unwrap_err(),
        KeyError::NotAPrivateKey
    );
    let shown = format!("{signing:?}");
    assert_eq!(shown, format!("SigningKey(case, {})", signing.public().key_id()));
    assert!(!shown.contains("0909"));
}

#[test]
fn roles_have_one_name_each() {
    for role in [Role::Log, Role::Case, Role::Release, Role::Reviewer] {
        assert_eq!(role.to_string().parse::<Role>().unwrap(), role);
    }
    assert_eq!("Log".parse::<Role>(), Err(KeyError::UnknownRole));
}

proptest! {
    #[test]
    fn what_is_signed_verifies_and_nothing_else(seed in 1u8..=254, message: Vec<u8>, flip in 0usize..64, bit in 0u32..8) {
        let signing = key(Role::Log, seed);
        let public = signing.public();
        let (raw, der) = (signing.sign_raw(&message), signing.sign_der(&message));
        prop_assert_eq!(public.verify_raw(&message, &raw), Ok(()));
        prop_assert_eq!(public.verify_der(&message, &der), Ok(()));
        let mut other = message.clone();
        other.push(0);
        prop_assert_eq!(public.verify_der(&other, &der), Err(KeyError::WrongSignature));
        let mut bent = raw;
        bent[flip] ^= 1 << bit;
        prop_assert!(public.verify_raw(&message, &bent).is_err());
        let mut bent = der.clone();
        let at = flip % bent.len();
        bent[at] ^= 1 << bit;
        prop_assert!(public.verify_der(&message, &bent).is_err());
    }
}
