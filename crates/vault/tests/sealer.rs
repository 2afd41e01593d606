//! Sealing: what is opened is what was sealed, at the place it was sealed for, or nothing.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that can't go on has failed"
)]

use vault::{KeyStoreError, Scope, SealError, SealedContent, Sealer, StoreChoice};
use zeroize::Zeroizing;

#[test]
fn every_flipped_bit_is_caught_and_so_is_every_cut() {
    let sealer = Sealer::new(&[1; 32]);
    let sealed = sealer.seal(b"place", b"provider key").unwrap();
    assert_eq!(sealed.len(), 12 + 12 + 16);
    assert_eq!(sealer.open(b"place", &sealed).unwrap().as_slice(), b"provider key");
    for bit in 0..sealed.len() * 8 {
        let mut bad = sealed.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert!(
            matches!(sealer.open(b"place", &bad), Err(SealError::NotAuthentic)),
            "bit {bit}"
        );
    }
    for length in 0..sealed.len() {
        assert!(sealer.open(b"place", &sealed[..length]).is_err(), "{length} bytes");
    }
}

#[test]
fn sealed_bytes_moved_to_another_place_or_key_dont_open() {
    let sealed = Sealer::new(&[1; 32]).seal(b"credential/openai", b"sk-1").unwrap();
    assert!(Sealer::new(&[1; 32]).open(b"credential/anthropic", &sealed).is_err());
    assert!(Sealer::new(&[2; 32]).open(b"credential/openai", &sealed).is_err());
}

#[test]
fn sealing_the_same_twice_shows_nothing_in_common() {
    let sealer = Sealer::new(&[1; 32]);
    assert_ne!(
        sealer.seal(b"", b"same").unwrap()[..12],
        sealer.seal(b"", b"same").unwrap()[..12]
    );
}

#[test]
fn a_content_opens_with_its_salt_and_its_parts_cant_be_swapped() {
    let sealer = Sealer::new(&[1; 32]);
    let one = sealer.seal_content(b"uid-1", &[8; 32], b"prompt").unwrap();
    let two = sealer.seal_content(b"uid-2", &[9; 32], b"answer").unwrap();
    let opened = sealer.open_content(b"uid-1", &one).unwrap();
    assert_eq!(
        (opened.salt.as_slice(), opened.bytes.as_slice()),
        ([8; 32].as_slice(), b"prompt".as_slice())
    );
    assert!(!format!("{opened:?}").contains("prompt"));

    assert!(sealer.open_content(b"uid-2", &one).is_err());
    let other_body = SealedContent {
        wrapped_key: one.wrapped_key.clone(),
        body: two.body.clone(),
    };
    assert!(sealer.open_content(b"uid-1", &other_body).is_err());
    let key_as_body = SealedContent {
        wrapped_key: one.wrapped_key.clone(),
        body: one.wrapped_key,
    };
    assert!(sealer.open_content(b"uid-1", &key_as_body).is_err());
}

#[test]
fn the_sealers_key_is_made_once_and_never_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let choice = StoreChoice::SealedFile {
        passphrase: Zeroizing::new("correct horse".to_owned()),
    };
    let store = vault::open(&choice, dir.path(), Scope::Gateway).unwrap();
    let missing = Sealer::from_store(&*store, "vault-key").err().unwrap();
    assert!(matches!(missing, KeyStoreError::Missing { .. }), "{missing}");
    let sealed = Sealer::create_in(&*store, "vault-key")
        .unwrap()
        .seal(b"", b"kept")
        .unwrap();
    assert!(Sealer::create_in(&*store, "vault-key").is_err());
    assert_eq!(
        Sealer::from_store(&*store, "vault-key")
            .unwrap()
            .open(b"", &sealed)
            .unwrap()
            .as_slice(),
        b"kept"
    );
    store.set("vault-key", &[0; 31]).unwrap();
    assert!(matches!(
        Sealer::from_store(&*store, "vault-key"),
        Err(KeyStoreError::Unfit { .. })
    ));
}
