//! Pins: what is read is what was pinned, and a key is never replaced by another one quietly.
#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::PinnedKey;
use evidence::{Origin, Role, SigningKey};
use reviewer::{MADE_HERE, PINS_FILE, PinBook, PinError, parse_pins, print_pins};

fn pin(role: &str, seed: u8) -> PinnedKey {
    let key = SigningKey::generate(Role::Case, &mut |bytes| bytes.fill(seed)).unwrap();
    PinnedKey {
        origin: Origin::new(b"log", &[1; 16]).to_string(),
        role: role.to_owned(),
        spki: STANDARD.encode(key.public().spki_der()),
        name: "Example Ltd".to_owned(),
        source: "by hand".to_owned(),
        pinned_ms: 1_790_000_000_000,
    }
}

#[tokio::test]
async fn pins_live_through_a_restart_and_can_be_handed_on() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("not-there-yet");
    let mut book = PinBook::open(&data).unwrap();
    assert!(book.list().is_empty());
    book.pin(None, pin("log", 1)).await.unwrap();
    book.pin(None, pin("case", 2)).await.unwrap();
    book.pin(None, pin("case", 2)).await.unwrap();
    let again = PinBook::open(&data).unwrap();
    assert_eq!(again.list(), [pin("log", 1), pin("case", 2)]);
    assert_eq!(again.domain().len(), 2);
    assert_eq!(
        parse_pins(print_pins(again.list()).unwrap().as_bytes()).unwrap(),
        again.list()
    );
    assert_eq!(
        std::fs::read(data.join(PINS_FILE)).unwrap(),
        print_pins(again.list()).unwrap().into_bytes()
    );
}

#[tokio::test]
async fn another_key_for_the_same_log_and_role_needs_a_removal_first() {
    let dir = tempfile::tempdir().unwrap();
    let mut book = PinBook::open(dir.path()).unwrap();
    book.pin(None, pin("case", 1)).await.unwrap();
    assert!(matches!(
        book.pin(None, pin("case", 2)).await,
        Err(PinError::Other { .. })
    ));
    let origin = pin("case", 1).origin;
    assert!(matches!(
        book.unpin(None, &origin, "log").await,
        Err(PinError::NotFound { .. })
    ));
    assert_eq!(book.unpin(None, &origin, "case").await.unwrap(), pin("case", 1));
    book.pin(None, pin("case", 2)).await.unwrap();
}

#[tokio::test]
async fn anothers_key_never_reads_as_made_here_whatever_its_file_says() {
    let dir = tempfile::tempdir().unwrap();
    let mut book = PinBook::open(dir.path()).unwrap();
    let exported = PinnedKey {
        source: MADE_HERE.to_owned(),
        ..pin("case", 1)
    };
    book.pin(None, exported).await.unwrap();
    let again = PinBook::open(dir.path()).unwrap();
    assert!(again.list().iter().all(|pin| pin.source != MADE_HERE));
}

#[test]
fn a_file_that_isnt_wholly_pins_counts_for_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let good = print_pins(&[pin("case", 1)]).unwrap();
    let spki = pin("case", 1).spki;
    for (attack, text) in [
        ("empty", String::new()),
        (
            "a_duplicate_key",
            good.replace("{\n  \"pins\"", "{\"pins\":[],\n  \"pins\""),
        ),
        ("a_role_that_signs_no_files", good.replace("\"case\"", "\"reviewer\"")),
        ("no_origin", good.replace("countersign/log/", "")),
        ("a_key_cut_short", good.replace(&spki, spki.get(..40).unwrap())),
        (
            "two_keys_for_one_log_and_role",
            print_pins(&[pin("case", 1), pin("case", 2)]).unwrap(),
        ),
        ("trailing_data", format!("{good}{{}}")),
    ] {
        std::fs::write(dir.path().join(PINS_FILE), text).unwrap();
        assert!(
            matches!(PinBook::open(dir.path()), Err(PinError::Damaged { .. })),
            "{attack}"
        );
    }
}
