//! Findings about signatures over the whole: the checkpoint's, the attestation's, and whose keys they are.

use std::collections::BTreeMap;

use super::case::{Case, finding};
use super::facts::KeyAdded;
use super::follow::Followed;
use super::form::capitalised;
use super::ids;
use super::judge_rotation::{self, ByLog};
use super::pins::Pinned;
use super::report::{Finding, Status};
use super::words;
use crate::casefile::{Manifest, name};
use crate::checkpoint::Checkpoint;
use crate::envelope::IN_TOTO;
use crate::hash::Digest;
use crate::key::{PublicKey, Role};

/// "The seal is by the log's own key": the one that it began with, or one that rotations lead to.
pub(super) fn checkpoint(case: &Case) -> Finding {
    const TITLE: &str = "The seal is the log's own";
    let fail = |sentence: String| finding(ids::CHECKPOINT, TITLE, Status::Fail, sentence).about(name::CHECKPOINT);
    let Some(signed) = &case.checkpoint else {
        return fail("There is no checkpoint that can be read.".to_owned());
    };
    let Some(opened) = case.opened_log() else {
        return fail("Record 0, which carries the log's key, isn't here as it was signed.".to_owned());
    };
    let origin = signed.claimed().origin;
    if opened.founds != origin {
        return fail("It is the checkpoint of another log than the one that record 0 founds.".to_owned())
            .detailed(format!("checkpoint {origin}\nrecord 0 {}", opened.founds));
    }
    let Some(Followed { keys, .. }) = &case.log_keys else {
        return fail("Nothing shows which keys the log had.".to_owned());
    };
    let by = match keys.rotations() {
        0 => "the key that the log began with".to_owned(),
        rotations => format!(
            "the key in use at its size, to which {} from the key that the log began with",
            words::lead(rotations)
        ),
    };
    let key = keys.at(signed.claimed().size).key_id();
    match keys.verify(signed) {
        Ok(checkpoint) => {
            let size = words::number(checkpoint.size);
            let sentence = format!("{} signed its size, {size}, and its root.", capitalised(&by));
            let detail = format!("P-256, {key}\nroot {}", checkpoint.root);
            finding(ids::CHECKPOINT, TITLE, Status::Pass, sentence).detailed(detail)
        }
        Err(error) => fail(format!("It isn't signed by {by}: {error}.")).detailed(key.to_string()),
    }
}

/// What the log's own key sealed, if its signature verifies.
pub(super) fn sealed(case: &Case) -> Option<Checkpoint> {
    let (signed, opened) = (case.checkpoint.as_ref()?, case.opened_log()?);
    let sealed = case.log_keys.as_ref()?.keys.verify(signed).ok()?;
    (opened.founds == sealed.origin).then_some(*sealed)
}

/// The key that signed the attestation, with the sequence of the record that registers it.
fn signer(case: &Case) -> Result<(u64, &KeyAdded), String> {
    let Some(envelope) = &case.attestation else {
        return Err("The file carries no attestation that can be read, so nobody signed it.".to_owned());
    };
    let named = *envelope.key_id();
    let registered = case.key_added(Role::Case, named);
    let Some((sequence, added)) = registered else {
        return Err(format!(
            "It is signed by {named}, which no record here registers as a key for case files."
        ));
    };
    match envelope.verify(IN_TOTO, &added.key) {
        Ok(_) => Ok((sequence, added)),
        Err(error) => Err(format!("Its signature doesn't hold: {error}.")),
    }
}

/// The key whose signature over the case file holds.
pub(super) fn signer_key(case: &Case) -> Option<PublicKey> {
    signer(case).ok().map(|(_, added)| added.key)
}

/// "The case file is signed by a key that the log names", and what it signed is this log.
pub(super) fn signature(case: &Case) -> Finding {
    const TITLE: &str = "The case file is signed by a key that the log registers";
    let fail = |sentence: String| finding(ids::SIGNATURE, TITLE, Status::Fail, sentence).about(name::ATTESTATION);
    let (sequence, added) = match signer(case) {
        Ok(signer) => signer,
        Err(sentence) => return fail(sentence),
    };
    if let Some(difference) = difference(case) {
        return fail(format!(
            "The signature is right, but it is about something else: {difference}."
        ));
    }
    let sentence = format!(
        "The key that the record at sequence {} registers signed it.",
        words::number(sequence)
    );
    finding(ids::SIGNATURE, TITLE, Status::Pass, sentence).detailed(format!("P-256, {}", added.key.key_id()))
}

/// Where the attestation's own words aren't those of the rest of the file.
fn difference(case: &Case) -> Option<&'static str> {
    let Some(statement) = case.statement() else {
        return Some("it isn't the statement of a case file");
    };
    let (Some(manifest), Some(seal)) = (&case.manifest, &case.seal) else {
        return Some("the manifest or the checkpoint isn't there to compare it with");
    };
    let digest = |name: &str| case.files.get(name).copied().flatten().map(|(_, digest)| digest);
    let export = case.records.last().and_then(|seen| seen.hashes_to);
    let compared = [
        (statement.origin == seal.checkpoint.origin, "it names another log"),
        (statement.tenant_uid == manifest.tenant.uid, "it names another tenant"),
        (
            statement.tree_size == seal.checkpoint.size,
            "it names another size of the log",
        ),
        (
            statement.root == seal.checkpoint.root,
            "it names another root of the log",
        ),
        (
            Some(statement.checkpoint_sha256) == digest(name::CHECKPOINT),
            "it names another checkpoint",
        ),
        (
            Some(statement.manifest_sha256) == digest(name::MANIFEST),
            "it names another manifest",
        ),
        (
            Some(statement.export_fp) == export,
            "it names another record of the export",
        ),
    ];
    compared
        .into_iter()
        .find(|(same, _)| !same)
        .map(|(_, difference)| difference)
}

/// "Every file in it is the file that was signed."
pub(super) fn files(case: &Case) -> Finding {
    const TITLE: &str = "Every file in it is the file that was signed";
    let here: BTreeMap<&str, Option<Digest>> = case
        .files
        .iter()
        .filter(|(name, _)| ![name::ATTESTATION, name::BUNDLE].contains(&name.as_str()))
        .map(|(name, read)| (name.as_str(), read.map(|(_, digest)| digest)))
        .collect();
    let of = here.len() as u64;
    let Some(statement) = case.statement() else {
        let sentence = "Nothing that can be read says which files were signed.";
        return finding(ids::FILES, TITLE, Status::Fail, sentence)
            .counted(0, of)
            .about(name::ATTESTATION);
    };
    let signed: BTreeMap<&str, Digest> = statement.subjects.iter().map(|(name, d)| (name.as_str(), *d)).collect();
    let mut wrong: Vec<(String, String)> = Vec::new();
    for (name, found) in &here {
        match (signed.get(name), found) {
            (None, _) => wrong.push(((*name).to_owned(), "was not in it when it was signed".to_owned())),
            (Some(_), None) => wrong.push(((*name).to_owned(), "can't be read".to_owned())),
            (Some(signed), Some(found)) if signed != found => {
                let sentence = format!(
                    "is not the file that was signed: it has {}, signed was {}",
                    words::short(found),
                    words::short(signed)
                );
                wrong.push(((*name).to_owned(), sentence));
            }
            _ => {}
        }
    }
    let passed = of - (wrong.len() as u64).min(of);
    let absent = signed.keys().filter(|name| !here.contains_key(**name));
    wrong.extend(absent.map(|name| ((*name).to_owned(), "was signed and isn't here".to_owned())));
    // The manifest differs whenever another file does; that file is what says something.
    wrong.sort_by_key(|(name, _)| name == name::MANIFEST);
    let detail: Vec<String> = wrong
        .iter()
        .take(50)
        .map(|(name, why)| format!("{name} {why}"))
        .collect();
    let Some((name, why)) = wrong.first() else {
        let sentence = format!(
            "{} with the SHA-256 that the attestation names, and no other.",
            words::count(of, "file", "files")
        );
        return finding(ids::FILES, TITLE, Status::Pass, sentence).counted(passed, of);
    };
    let more = if wrong.len() > 1 {
        format!(" {} more differ.", wrong.len() - 1)
    } else {
        String::new()
    };
    finding(ids::FILES, TITLE, Status::Fail, format!("{name} {why}.{more}"))
        .counted(passed, of)
        .detailed(detail.join("\n"))
        .about(name.clone())
}

/// "The signer is who you expect": by a key that was pinned for this very log.
pub(super) fn pinned(case: &Case) -> Finding {
    const TITLE: &str = "The signer is established";
    let result = |status, sentence: String| finding(ids::SIGNER, TITLE, status, sentence);
    let (Some(seal), Ok((_, added))) = (&case.seal, signer(case)) else {
        return result(
            Status::NotEstablished,
            "Nobody's signature over the file holds, so there is no signer.".to_owned(),
        );
    };
    let origin = seal.checkpoint.origin;
    let stand = |role, key: &PublicKey| case.pins.standing(&origin, role, key);
    let by_case = stand(Role::Case, &added.key);
    let by_log = judge_rotation::pinned(case, &origin);
    let id = added.key.key_id();
    match (by_case, by_log) {
        (Pinned::Otherwise(pin), _) => {
            let sentence = format!(
                "For this log you pinned another {} key, {}'s. This file isn't theirs.",
                pin.role, pin.name
            );
            result(Status::Fail, sentence).detailed(format!("pinned {}\nfound {id}", pin.key.key_id()))
        }
        (Pinned::Yes(pin), Some(ByLog::NotReached(log))) => {
            let sentence = format!(
                "It is signed by {}'s key, which you pinned. You pinned {}'s key of this log, too, and nothing in this file \
                 leads to it: establish whether the file is older than that key.",
                pin.name, log.name
            );
            result(Status::Pass, sentence).detailed(format!("pinned {}\nfound {id}", log.key.key_id()))
        }
        (Pinned::Yes(pin), _) => result(
            Status::Pass,
            format!("It is signed by {}'s key, which you pinned.", pin.name),
        )
        .detailed(id.to_string()),
        (_, Some(ByLog::Reached(pin, 0))) => {
            let sentence = format!(
                "You pinned {}'s key of this log, and the log registers the key that signed.",
                pin.name
            );
            result(Status::Pass, sentence).detailed(id.to_string())
        }
        (_, Some(ByLog::Reached(pin, rotations))) => {
            let sentence = format!(
                "You pinned {}'s key of this log: {} from it to the key that seals this file, and the log registers the \
                 key that signed.",
                pin.name,
                words::lead(rotations)
            );
            result(Status::Pass, sentence).detailed(id.to_string())
        }
        (_, Some(ByLog::Unsealed(pin))) => {
            let sentence = format!(
                "You pinned {}'s key of this log, and no rotation that holds leads from it to the key that seals this file.",
                pin.name
            );
            result(Status::NotEstablished, sentence)
        }
        (_, Some(ByLog::NotReached(pin))) => {
            let sentence = format!(
                "You pinned {}'s key of this log, and nothing in this file leads to it. Trust runs forward only, from a \
                 key to those that take its place: a key that came later doesn't establish what earlier ones signed.",
                pin.name
            );
            result(Status::NotEstablished, sentence).detailed(format!("pinned {}\nfound {id}", pin.key.key_id()))
        }
        (Pinned::Unknown, None) => {
            let sentence = "Nobody pinned this key. The file alone can't show whose it is: compare it with the signer's, then pin it.";
            result(Status::NotEstablished, sentence.to_owned()).detailed(format!("P-256, {id}\nlog {origin}"))
        }
    }
}

/// "What the file says of itself agrees."
pub(super) fn manifest(case: &Case) -> Finding {
    const TITLE: &str = "What the file says of itself agrees with its records";
    let fail = |sentence: String, file: &str| finding(ids::MANIFEST, TITLE, Status::Fail, sentence).about(file);
    let Some(manifest) = &case.manifest else {
        return fail("There is no manifest that can be read.".to_owned(), name::MANIFEST);
    };
    if let Some(difference) = manifest_difference(case, manifest) {
        return fail(
            format!("The manifest differs from the rest: {difference}."),
            name::MANIFEST,
        );
    }
    let Some(keys) = &case.keys else {
        return fail("There is no list of keys that can be read.".to_owned(), name::KEYS);
    };
    for entry in &keys.keys {
        let registered = match (entry.role, entry.key()) {
            (_, Err(error)) => return fail(format!("In the list of keys, {}: {error}.", entry.key_id), name::KEYS),
            (Role::Log, Ok(key)) => judge_rotation::says(case, entry.record, &key),
            (role, Ok(key)) => case.key_added_at(entry.record).is_some_and(|added| {
                let owner = added.owner.as_ref().map(|(uid, _)| uid);
                added.role == role && added.key == key && owner == entry.owner_uid.as_ref()
            }),
        };
        if !registered {
            let sentence = format!(
                "The list of keys has {}, which no record here registers so.",
                entry.key_id
            );
            return fail(sentence, name::KEYS);
        }
    }
    let sentence = "Manifest and list of keys say what the records, the checkpoint and the files show.";
    finding(ids::MANIFEST, TITLE, Status::Pass, sentence)
}

fn manifest_difference(case: &Case, manifest: &Manifest) -> Option<String> {
    let Some(seal) = &case.seal else {
        return Some("there is no checkpoint to compare it with".to_owned());
    };
    if (manifest.origin, manifest.size, manifest.root)
        != (seal.checkpoint.origin, seal.checkpoint.size, seal.checkpoint.root)
    {
        return Some("it names another log, size or root than the checkpoint".to_owned());
    }
    if let Some(number) = case.foreign {
        return Some(format!(
            "record {} is of another tenant than it names",
            words::number(number)
        ));
    }
    if let Some(number) = case.misnamed {
        return Some(format!(
            "record {} names the agent otherwise than it does",
            words::number(number)
        ));
    }
    if manifest.records != case.total() {
        let (said, found) = (
            words::count(manifest.records, "record", "records"),
            words::number(case.total()),
        );
        return Some(format!("it says {said}, and {found} are here"));
    }
    let listed: BTreeMap<&str, (u64, Digest)> = manifest
        .files
        .iter()
        .map(|file| (file.name.as_str(), (file.bytes, file.sha256)))
        .collect();
    if listed.len() != manifest.files.len() {
        return Some("it lists a file twice".to_owned());
    }
    let own = [name::MANIFEST, name::ATTESTATION, name::BUNDLE];
    let here = case.files.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    for (name, read) in here.clone() {
        if listed.get(name.as_str()) != read.as_ref() {
            return Some(format!("it lists {name} otherwise, or not at all"));
        }
    }
    if let Some(absent) = listed.keys().find(|name| !case.files.contains_key(**name)) {
        return Some(format!("it lists {absent}, which isn't here"));
    }
    None
}
