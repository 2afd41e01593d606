//! Keys of the log that aren't handed over by the one before, and checkpoints by keys that were given up.

use evidence::casefile::Rotated;
use evidence::statement::RotationStatement;
use evidence::verifier::ids;
use evidence::{Checkpoint, Origin, Role, SignedCheckpoint, SigningKey};

use super::{Attack, Honest, told};
use crate::attackers::{Who, drop_line};
use crate::fixture::{Log, envelope, key};
use crate::tamper::{Files, edit_record};

/// The keys' seeds: the log's first, and those that took its place.
const FIRST: u8 = 1;
const SECOND: u8 = 40;
const THIRD: u8 = 50;
const STRANGER: u8 = 90;

/// Where the two rotations stand in the log.
const AT: u64 = 16;
const AGAIN: u64 = 17;

fn of(seed: u8) -> SigningKey {
    key(Role::Log, seed)
}

fn name(at: u64, by: &str) -> String {
    format!("rotations/{at}.{by}.dsse.json")
}

/// The first rotation's statement.
fn said(log: &Log) -> RotationStatement {
    RotationStatement {
        origin: log.origin,
        role: Role::Log,
        old: of(FIRST).public(),
        new: of(SECOND).public(),
        from_size: AT + 1,
    }
}

/// What is changed in a statement that both keys then sign.
type Bend = fn(&mut RotationStatement);

/// Envelopes that aren't those of the record.
fn envelopes(log: &Log, honest: &Honest) -> Vec<Attack> {
    let by =
        |name: &str, words, change: &dyn Fn(&mut Files)| honest.by(Who::Operator, name, ids::ROTATION, words, change);
    let put = |named: &str, words, by_old: Vec<u8>, by_new: Vec<u8>| {
        by(named, words, &|files: &mut Files| {
            files.extend([(name(AT, "old"), by_old.clone()), (name(AT, "new"), by_new.clone())]);
        })
    };
    let good = said(log);
    let both = |said: &RotationStatement| (envelope(said, &of(FIRST)), envelope(said, &of(SECOND)));
    let (by_old, by_new) = both(&good);
    let elsewhere = {
        let mut other = Log::scripted(9);
        let at = other.rotate(SECOND);
        other.rotations.remove(&at).unwrap()
    };
    let mut attacks = vec![
        by(
            "rotation_without_the_old_keys_envelope",
            "16.old.dsse.json isn't here",
            &|files| {
                files.remove(&name(AT, "old"));
            },
        ),
        by(
            "rotation_without_the_new_keys_envelope",
            "16.new.dsse.json isn't here",
            &|files| {
                files.remove(&name(AT, "new"));
            },
        ),
        by(
            "rotation_without_its_envelopes",
            "what its two keys signed isn't here",
            &|files| {
                files.retain(|file, _| !file.starts_with(&format!("rotations/{AT}.")));
            },
        ),
        put(
            "rotation_by_a_strangers_old_key",
            "the old key's envelope",
            envelope(&good, &of(STRANGER)),
            by_new.clone(),
        ),
        put(
            "rotation_by_a_strangers_new_key",
            "the new key's envelope",
            by_old.clone(),
            envelope(&good, &of(STRANGER)),
        ),
        put(
            "rotation_by_the_old_key_alone",
            "the new key's envelope",
            by_old.clone(),
            by_old.clone(),
        ),
        put(
            "rotation_by_the_new_key_alone",
            "the old key's envelope",
            by_new.clone(),
            by_new.clone(),
        ),
        put(
            "rotation_with_its_envelopes_exchanged",
            "the old key's envelope",
            by_new,
            by_old,
        ),
        put(
            "rotation_with_another_logs_envelopes",
            "the old key's envelope",
            elsewhere.by_old,
            elsewhere.by_new,
        ),
        by(
            "rotation_with_the_envelopes_of_the_next",
            "the old key's envelope",
            &|files| {
                for by in ["old", "new"] {
                    let next = files[&name(AGAIN, by)].clone();
                    files.insert(name(AT, by), next);
                }
            },
        ),
        by(
            "rotation_envelopes_of_no_record",
            "no record as signed rotates a key at that place",
            &|files| {
                let (by_old, by_new) = both(&good);
                files.extend([(name(2, "old"), by_old), (name(2, "new"), by_new)]);
            },
        ),
    ];
    let bends: [(&str, Bend, &str); 5] = [
        (
            "rotation_signed_for_another_log",
            |said| said.origin = Origin::new(b"other", &[1; 16]),
            "another log",
        ),
        (
            "rotation_signed_for_another_role",
            |said| said.role = Role::Case,
            "another role",
        ),
        (
            "rotation_signed_for_another_old_key",
            |said| said.old = of(STRANGER).public(),
            "another old key",
        ),
        (
            "rotation_signed_for_another_new_key",
            |said| said.new = of(THIRD).public(),
            "another new key",
        ),
        (
            "rotation_signed_for_another_size",
            |said| said.from_size = 3,
            "another size",
        ),
    ];
    attacks.extend(bends.map(|(name, bend, words)| {
        let mut bent = good.clone();
        bend(&mut bent);
        let (by_old, by_new) = both(&bent);
        put(name, words, by_old, by_new)
    }));
    attacks
}

/// Records of rotations that are altered, or aren't here.
fn records(honest: &Honest) -> Vec<Attack> {
    let stray = "no record as signed rotates a key at that place";
    let without = |files: &mut Files, at: u64| {
        drop_line(files, at);
        files.retain(|name, _| !name.starts_with(&format!("rotations/{at}.")));
    };
    vec![
        honest.by(
            Who::Operator,
            "rotation_record_dropped",
            ids::ROTATION,
            stray,
            |files| drop_line(files, AGAIN),
        ),
        honest.by(
            Who::Operator,
            "rotation_record_dropped_with_its_envelopes",
            ids::ROTATION,
            "isn't the key that was in use",
            |files| without(files, AT),
        ),
        honest.by(
            Who::Operator,
            "last_rotation_dropped_with_its_envelopes",
            ids::CHECKPOINT,
            "isn't signed by the key in use at its size",
            |files| without(files, AGAIN),
        ),
        honest.by(Who::Operator, "rotation_record_edited", ids::ROTATION, stray, |files| {
            edit_record(files, AGAIN, true, |event| event["time"] = 0.into());
        }),
    ]
}

/// Checkpoints by a key that isn't in use any more.
fn seals(honest: &Honest) -> Vec<Attack> {
    let text = String::from_utf8(honest.files["checkpoint.txt"].clone()).unwrap();
    let claimed: Checkpoint = *SignedCheckpoint::parse(&text).unwrap().claimed();
    let sealed = |name: &str, words, by: SignedCheckpoint| {
        honest.by(Who::Operator, name, ids::CHECKPOINT, words, |files| {
            files.insert("checkpoint.txt".into(), by.to_string().into_bytes());
        })
    };
    vec![
        sealed(
            "checkpoint_by_the_logs_first_key",
            "retired from size 17 on",
            claimed.sign(&of(FIRST)).unwrap(),
        ),
        sealed(
            "checkpoint_by_the_key_before",
            "retired from size 18 on",
            claimed.sign(&of(SECOND)).unwrap(),
        ),
        sealed(
            "checkpoint_by_the_key_before_too",
            "retired from size 18 on",
            claimed.hand_over(&of(SECOND), &of(THIRD)).unwrap(),
        ),
    ]
}

/// Rotations that were recorded as they are, and sealed: the log itself tells them.
fn recorded() -> Vec<Attack> {
    let recorded = |name: &str, words, says: &[RotationStatement], by: [u8; 2], seals: u8| {
        let mut log = Log::scripted(FIRST);
        for said in says {
            let (by_old, by_new) = (envelope(said, &of(by[0])), envelope(said, &of(by[1])));
            log.record_rotation(said, Rotated { by_old, by_new });
        }
        log.keys.log = of(seals);
        told(name, ids::ROTATION, words, log)
    };
    let good = said(&Log::scripted(FIRST));
    let with = |bend: &dyn Fn(&mut RotationStatement)| {
        let mut said = good.clone();
        bend(&mut said);
        vec![said]
    };
    vec![
        recorded(
            "rotation_from_an_earlier_place",
            "its record makes that 17",
            &with(&|said| said.from_size = 3),
            [FIRST, SECOND],
            FIRST,
        ),
        recorded(
            "rotation_from_a_later_place",
            "its record makes that 17",
            &with(&|said| said.from_size = 900),
            [FIRST, SECOND],
            FIRST,
        ),
        recorded(
            "rotation_of_the_case_files_key",
            "only a log's key is rotated",
            &with(&|said| said.role = Role::Case),
            [FIRST, SECOND],
            FIRST,
        ),
        recorded(
            "rotation_forged_by_a_stranger",
            "the old key's envelope",
            &with(&|said| said.new = of(STRANGER).public()),
            [STRANGER, STRANGER],
            STRANGER,
        ),
        recorded(
            "rotation_of_a_key_that_was_not_in_use",
            "isn't the key that was in use",
            &with(&|said| said.old = of(STRANGER).public()),
            [STRANGER, SECOND],
            SECOND,
        ),
        recorded(
            "rotation_told_twice",
            "isn't the key that was in use",
            &[
                good.clone(),
                RotationStatement {
                    from_size: AT + 2,
                    ..good.clone()
                },
            ],
            [FIRST, SECOND],
            SECOND,
        ),
    ]
}

/// All of these.
pub(super) fn attacks() -> Vec<Attack> {
    let mut log = Log::scripted(FIRST);
    assert_eq!([log.rotate(SECOND), log.rotate(THIRD)], [AT, AGAIN]);
    let zip = log.case().unwrap();
    let honest = Honest::of(&log, zip);
    [envelopes(&log, &honest), records(&honest), seals(&honest), recorded()]
        .into_iter()
        .flatten()
        .collect()
}
