//! Rotations: what counts, and each attack by its name.

#![expect(clippy::unwrap_used, reason = "a test's failure is its panic")]

use super::*;
use crate::key::tests::key;
use crate::ocsf::samples::{context, person};
use crate::ocsf::{Actor, KeyRotated, MacRotated};
use crate::record::tests::placed_at;
use crate::{Origin, SigningKey};

const AT: u64 = 7;

fn origin() -> Origin {
    *rotated(&statement(1, 2, AT + 1)).origin()
}

fn statement(old: u8, new: u8, from_size: u64) -> RotationStatement {
    RotationStatement {
        origin: crate::record::tests::origin(),
        role: Role::Log,
        old: key(Role::Log, old).public(),
        new: key(Role::Log, new).public(),
        from_size,
    }
}

fn rotated(of: &RotationStatement) -> Record {
    let event = KeyRotated {
        context: context(),
        actor: Actor::Person(person()),
        role: of.role,
        old: of.old,
        new: of.new,
        from_size: of.from_size,
        statement_sha256: Digest::sha256(&of.to_bytes().unwrap()),
        reason: None,
    };
    placed_at(event.event(), of.from_size - 1)
}

fn envelope(of: &RotationStatement, by: &SigningKey) -> Vec<u8> {
    of.sign(by).unwrap().to_bytes().unwrap()
}

fn rotation(old: u8, new: u8, from_size: u64) -> KeyRotation {
    KeyRotation::of(&rotated(&statement(old, new, from_size)))
        .unwrap()
        .unwrap()
}

fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint {
        origin: origin(),
        size,
        root: Digest::sha256(b"root"),
    }
}

#[test]
fn a_statement_says_exactly_this() {
    let good = statement(1, 2, 8);
    let bytes = good.to_bytes().unwrap();
    assert_eq!(RotationStatement::parse(&bytes).unwrap(), good);
    let text = String::from_utf8(bytes).unwrap();
    let spki = |key: &PublicKey| STANDARD.encode(key.spki_der());
    let expected = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","predicate":{{"from_size":8,"new_spki":"{}","old_spki":"{}","origin":"{}","role":"log"}},"predicateType":"urn:countersign:rotation:v1","subject":[{{"digest":{{"sha256":"{}"}},"name":"key"}}]}}"#,
        spki(&good.new),
        spki(&good.old),
        good.origin,
        Digest::sha256(&good.new.spki_der()),
    );
    assert_eq!(text, expected);
    for (attack, bent) in [
        ("same_key", text.replace(&spki(&good.old), &spki(&good.new))),
        (
            "subject_is_another",
            text.replace("\"sha256\":\"", "\"sha256\":\"0")
                .replace("0\"},\"name", "\"},\"name"),
        ),
        (
            "further_member",
            text.replace("\"from_size\"", "\"for\":1,\"from_size\""),
        ),
        ("negative_size", text.replace("\"from_size\":8", "\"from_size\":-8")),
        ("no_role", text.replace("\"role\":\"log\"", "\"role\":\"root\"")),
    ] {
        assert!(RotationStatement::parse(bent.as_bytes()).is_err(), "{attack}");
    }
}

#[test]
fn both_keys_sign_what_the_record_says() {
    let (old, new) = (key(Role::Log, 1), key(Role::Log, 2));
    let good = statement(1, 2, AT + 1);
    let rotation = rotation(1, 2, AT + 1);
    assert_eq!(rotation.signed(&envelope(&good, &old), &envelope(&good, &new)), Ok(()));
    let bent = |change: &dyn Fn(&mut RotationStatement)| {
        let mut bent = good.clone();
        change(&mut bent);
        (envelope(&bent, &old), envelope(&bent, &new))
    };
    let other = key(Role::Log, 3);
    for (attack, by_old, by_new) in [
        ("old_key_alone", envelope(&good, &old), envelope(&good, &old)),
        ("new_key_alone", envelope(&good, &new), envelope(&good, &new)),
        ("swapped", envelope(&good, &new), envelope(&good, &old)),
        ("by_a_stranger", envelope(&good, &other), envelope(&good, &new)),
        ("none_by_the_new", envelope(&good, &old), Vec::new()),
    ] {
        let refused = rotation.signed(&by_old, &by_new);
        assert!(
            matches!(refused, Err(RotationError::Envelope { .. })),
            "{attack}: {refused:?}"
        );
    }
    for (attack, differs, (by_old, by_new)) in [
        ("from_size_lied", "size", bent(&|said| said.from_size = 2)),
        ("other_role", "role", bent(&|said| said.role = Role::Case)),
        (
            "other_origin",
            "log",
            bent(&|said| said.origin = Origin::new(b"other", &[1; 16])),
        ),
        (
            "other_new_key",
            "new key",
            bent(&|said| said.new = key(Role::Log, 3).public()),
        ),
        (
            "other_old_key",
            "old key",
            bent(&|said| said.old = key(Role::Log, 3).public()),
        ),
    ] {
        assert_eq!(
            rotation.signed(&by_old, &by_new),
            Err(RotationError::Differs(differs)),
            "{attack}"
        );
    }
}

#[test]
fn a_record_rotates_from_the_place_after_it_only() {
    let statement = statement(1, 2, AT + 1);
    let record = rotated(&statement);
    assert!(KeyRotation::of(&record).unwrap().is_some());
    let elsewhere = KeyRotated {
        context: context(),
        actor: Actor::Person(person()),
        role: Role::Log,
        old: statement.old,
        new: statement.new,
        from_size: AT + 1,
        statement_sha256: Digest::sha256(b""),
        reason: None,
    };
    let refused = KeyRotation::of(&placed_at(elsewhere.event(), AT + 3));
    assert_eq!(
        refused,
        Err(RotationError::From {
            said: AT + 1,
            is: AT + 4
        })
    );
}

#[test]
fn an_epoch_follows_the_one_before_it_only() {
    let begins = |epoch, from, at| {
        let event = MacRotated {
            context: context(),
            actor: Actor::Person(person()),
            epoch,
            from,
            reason: None,
        };
        placed_at(event.event(), at)
    };
    assert_eq!(epoch_after(&begins(1, 8, 7), 0), Ok(1));
    assert_eq!(epoch_after(&begins(3, 8, 7), 2), Ok(3));
    for (attack, epoch) in [("skips", 3), ("stays", 1), ("goes_back", 0)] {
        let refused = epoch_after(&begins(epoch, 8, 7), 1);
        assert!(matches!(refused, Err(RotationError::Epoch { next: 2, .. })), "{attack}");
    }
    assert_eq!(
        epoch_after(&begins(1, 9, 7), 0),
        Err(RotationError::From { said: 9, is: 8 })
    );
}

#[test]
fn each_key_counts_for_the_sizes_that_it_signs() {
    let (one, two, three) = (key(Role::Log, 1), key(Role::Log, 2), key(Role::Log, 3));
    let mut keys = LogKeys::new(one.public());
    keys.rotate(&rotation(1, 2, 8)).unwrap();
    keys.rotate(&rotation(2, 3, 20)).unwrap();
    for (size, by) in [(1, &one), (7, &one), (9, &two), (19, &two), (21, &three), (900, &three)] {
        assert!(keys.verify(&checkpoint(size).sign(by).unwrap()).is_ok(), "{size}");
    }
    for (size, by, from_size) in [(9, &one, 8), (900, &one, 8), (21, &two, 20)] {
        let signed = checkpoint(size).sign(by).unwrap();
        assert_eq!(keys.verify(&signed), Err(SealError::Retired { from_size }), "{size}");
    }
    // Nor does a key count before it was in use.
    assert!(keys.verify(&checkpoint(7).sign(&two).unwrap()).is_err());
    // Where one hands over to another, both sign; elsewhere a retired key's line has no place.
    assert!(keys.verify(&checkpoint(8).hand_over(&one, &two).unwrap()).is_ok());
    let alone = checkpoint(8).sign(&two).unwrap();
    assert_eq!(
        keys.verify(&alone),
        Err(SealError::HandOver(CheckpointError::NotSigned))
    );
    let late = checkpoint(9).hand_over(&one, &two).unwrap();
    assert_eq!(keys.verify(&late), Err(SealError::Retired { from_size: 8 }));
}

#[test]
fn a_known_key_leads_forward_only() {
    let (one, two, three) = (key(Role::Log, 1), key(Role::Log, 2), key(Role::Log, 3));
    let signed = |old: &SigningKey, new: &SigningKey, from_size| {
        let said = RotationStatement {
            old: old.public(),
            new: new.public(),
            ..statement(1, 2, from_size)
        };
        KeyRotation::of_envelopes(&envelope(&said, old), &envelope(&said, new)).unwrap()
    };
    let rotations = [signed(&one, &two, 8), signed(&two, &three, 20)];
    let from = |known: &SigningKey| LogKeys::from_known(known.public(), &rotations).unwrap();
    assert_eq!(
        (from(&one).rotations(), from(&two).rotations(), from(&three).rotations()),
        (2, 1, 0)
    );
    let early = checkpoint(3).sign(&one).unwrap();
    assert!(from(&one).verify(&early).is_ok());
    assert!(from(&two).verify(&early).is_err() && from(&three).verify(&early).is_err());
    let late = checkpoint(30).sign(&three).unwrap();
    for known in [&one, &two, &three] {
        assert!(from(known).verify(&late).is_ok());
    }
    let said = statement(1, 2, 8);
    let half = KeyRotation::of_envelopes(&envelope(&said, &one), &envelope(&said, &one));
    assert!(matches!(half, Err(RotationError::Envelope { key: "new", .. })));
}

#[test]
fn rotations_follow_one_another() {
    let mut keys = LogKeys::new(key(Role::Log, 1).public());
    assert!(
        matches!(keys.rotate(&rotation(2, 3, 20)), Err(RotationError::NotInUse(_))),
        "dropped"
    );
    keys.rotate(&rotation(1, 2, 20)).unwrap();
    assert!(
        matches!(keys.rotate(&rotation(1, 3, 30)), Err(RotationError::NotInUse(_))),
        "retired twice"
    );
    assert!(
        matches!(keys.rotate(&rotation(2, 3, 8)), Err(RotationError::From { .. })),
        "swapped"
    );
}
