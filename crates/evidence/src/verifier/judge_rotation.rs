//! Findings about keys that took one another's place: from the key that the log began with, forward.

use std::collections::BTreeSet;

use super::case::{Case, finding};
use super::follow::Followed;
use super::ids;
use super::pins::{Pin, Pinned};
use super::report::{Finding, Status};
use super::words;
use crate::casefile::name;
use crate::key::{PublicKey, Role};
use crate::origin::Origin;
use crate::rotation::{KeyRotation, LogKeys, RotationError};

/// Takes in one rotation, if it holds and both its keys signed it.
pub(super) fn follow(
    case: &Case,
    sequence: u64,
    rotation: &Result<KeyRotation, RotationError>,
    keys: &mut LogKeys,
) -> Result<(), String> {
    let rotation = rotation.as_ref().map_err(ToString::to_string)?;
    let envelopes = case.rotations.get(&sequence);
    let envelopes = envelopes.ok_or("what its two keys signed isn't here")?;
    for (bytes, by_new) in [(&envelopes.by_old, false), (&envelopes.by_new, true)] {
        if bytes.is_empty() {
            return Err(format!("{} isn't here", name::rotation(sequence, by_new)));
        }
    }
    rotation
        .signed(&envelopes.by_old, &envelopes.by_new)
        .and_then(|()| keys.rotate(rotation))
        .map_err(|error| error.to_string())
}

/// "Each key of the log was handed over by the one before it." Nothing where no key was rotated.
pub(super) fn rotations(case: &Case) -> Option<Finding> {
    const TITLE: &str = "Each key of the log was handed over by the one before it";
    let recorded: BTreeSet<u64> = case.key_rotations().map(|(sequence, _)| sequence).collect();
    let stray = case.rotations.keys().find(|sequence| !recorded.contains(sequence));
    let of = recorded.len().saturating_add(usize::from(stray.is_some())) as u64;
    if of == 0 {
        return None;
    }
    let (keys, broken) = match &case.log_keys {
        Some(Followed { keys, broken }) => (Some(keys), broken.clone()),
        None => {
            let sentence = "record 0, which carries the log's first key, isn't here as it was signed".to_owned();
            (None, Some((0, sentence)))
        }
    };
    let broken = broken.map(|(sequence, why)| {
        let at = words::number(sequence);
        (sequence, format!("The rotation at sequence {at} doesn't hold: {why}."))
    });
    let stray = stray.map(|sequence| {
        let file = name::rotation(*sequence, false);
        let sentence = format!("{file}, or its twin, is here, and no record as signed rotates a key at that place.");
        (*sequence, sentence)
    });
    let passed = keys.map_or(0, LogKeys::rotations);
    let made = |status, sentence: String| finding(ids::ROTATION, TITLE, status, sentence).counted(passed.min(of), of);
    Some(match (broken.or(stray), keys) {
        (None, Some(keys)) => {
            let detail: Vec<String> = keys
                .all()
                .map(|(from, key)| format!("from size {}: {}", words::number(from), key.key_id()))
                .collect();
            let sentence = format!(
                "{} to the key in use, each signed by both its keys.",
                super::form::capitalised(&words::lead(keys.rotations()))
            );
            made(Status::Pass, sentence).detailed(detail.join("\n"))
        }
        (Some((sequence, sentence)), _) => made(Status::Fail, sentence).naming_places([sequence]),
        (None, None) => made(Status::Fail, "No rotation can be followed.".to_owned()),
    })
}

/// How the keys that were pinned for the log stand to those that this file shows.
pub(super) enum ByLog<'a> {
    /// This one is among them, and so many rotations lead from it to the key that seals the file.
    Reached(&'a Pin, u64),
    /// This one is among them, and neither it nor a key that it leads to seals the file.
    Unsealed(&'a Pin),
    /// This one isn't.
    NotReached(&'a Pin),
}

/// Trust runs forward: from a pinned key to those that took its place.
pub(super) fn pinned<'a>(case: &'a Case, origin: &Origin) -> Option<ByLog<'a>> {
    let keys = &case.log_keys.as_ref()?.keys;
    let sealed = case
        .checkpoint
        .as_ref()
        .is_some_and(|signed| keys.verify(signed).is_ok());
    let mut other = None;
    for ((_, key), passed) in keys.all().zip(0u64..) {
        match case.pins.standing(origin, Role::Log, key) {
            Pinned::Yes(pin) if !sealed => return Some(ByLog::Unsealed(pin)),
            Pinned::Yes(pin) => return Some(ByLog::Reached(pin, keys.rotations().saturating_sub(passed))),
            Pinned::Otherwise(pin) => other = Some(ByLog::NotReached(pin)),
            Pinned::Unknown => {}
        }
    }
    other
}

/// Whether the record at this sequence gives this key to the log.
pub(super) fn says(case: &Case, record: u64, key: &PublicKey) -> bool {
    let first = case.opened_log().filter(|_| record == 0);
    let rotated = || {
        let rotation = case.key_rotation_at(record);
        rotation.is_some_and(|said| said.as_ref().is_ok_and(|said| said.statement.new == *key))
    };
    first.is_some_and(|opened| opened.key == *key) || rotated()
}
