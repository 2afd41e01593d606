//! Findings about what stands beside the proofs: the copies for other tools, the checkpoint that was seen before, and the
//! pages that a person reads.

use super::case::{Case, finding};
use super::ids;
use super::judge_seal;
use super::report::{Finding, Status};
use super::seen::Seen;
use super::words;
use crate::casefile::{path_of_tlog_proof, public_key_pem, sigstore_bundle, tlog_proof};
use crate::tree::{LogEntry, verify_consistency, verify_inclusion};

/// "The copies for other tools say the same": the Sigstore bundle, the signer's key in PEM, the single proofs.
pub(super) fn copies(case: &Case) -> Option<Finding> {
    const TITLE: &str = "The copies for other tools say what the file itself says";
    let bundle = case
        .bundle
        .as_ref()
        .map(|(name, bytes)| (name, bundle_difference(case, bytes)));
    let pem = case
        .pem
        .as_ref()
        .map(|(name, bytes)| (name, pem_difference(case, bytes)));
    let proofs = case
        .tlog_proofs
        .iter()
        .map(|(sequence, (name, bytes))| (name, proof_difference(case, *sequence, bytes)));
    let checked: Vec<(&String, Option<&str>)> = bundle.into_iter().chain(pem).chain(proofs).collect();
    let of = checked.len() as u64;
    let wrong: Vec<String> = checked
        .iter()
        .filter_map(|(name, why)| why.map(|why| format!("{name} isn't what it has to be: {why}")))
        .collect();
    let first = checked.iter().find(|(_, why)| why.is_some()).map(|(name, _)| *name);
    let (status, sentence) = match wrong.first() {
        Some(why) => (Status::Fail, format!("{why}.")),
        None => (
            Status::Pass,
            format!(
                "{} the same signature, key and proofs in the forms of other tools.",
                match of {
                    1 => "1 file has".to_owned(),
                    of => format!("{} files have", words::number(of)),
                }
            ),
        ),
    };
    let finding = || {
        let made = finding(ids::COPIES, TITLE, status, sentence)
            .counted(of - (wrong.len() as u64).min(of), of)
            .detailed(wrong.join("\n"));
        match first {
            Some(name) => made.about(name.clone()),
            None => made,
        }
    };
    (of > 0).then(finding)
}

fn bundle_difference(case: &Case, bytes: &[u8]) -> Option<&'static str> {
    let made = case
        .attestation
        .as_ref()
        .and_then(|envelope| sigstore_bundle(envelope).ok());
    (made.as_deref() != Some(bytes)).then_some("it has another payload, signature or key than attestation.dsse.json")
}

fn pem_difference(case: &Case, bytes: &[u8]) -> Option<&'static str> {
    let made = judge_seal::signer_key(case).map(|key| public_key_pem(&key));
    (made.as_deref().map(str::as_bytes) != Some(bytes)).then_some("it isn't the key that signed the case file")
}

fn proof_difference(case: &Case, sequence: u64, bytes: &[u8]) -> Option<&'static str> {
    let (Some(checkpoint), Some(path)) = (&case.checkpoint, path_of_tlog_proof(bytes, sequence)) else {
        return Some("it isn't a proof for that place");
    };
    if tlog_proof(sequence, &path, checkpoint).as_bytes() != bytes {
        return Some("it names another checkpoint than checkpoint.txt, or isn't in its one form");
    }
    let seen = case.records.at_place(sequence).filter(Seen::is_as_signed);
    let entry = seen.and_then(|seen| {
        let tag = case.tags.proved(seen.body?.stream)?;
        Some(LogEntry {
            tag,
            d: seen.hashes_to?,
        })
    });
    let Some(entry) = entry else {
        return Some("no record here, as it was signed, stands at that place");
    };
    let claimed = checkpoint.claimed();
    let holds = verify_inclusion(&entry.leaf_hash(), sequence, claimed.size, &path, &claimed.root).is_ok();
    (!holds).then_some("it doesn't lead from the record to the sealed root")
}

/// "The log goes on from the checkpoint that was seen before"; nothing where none is named.
pub(super) fn consistency(case: &Case) -> Option<Finding> {
    const TITLE: &str = "The log goes on from the checkpoint that was seen before";
    let since = case.manifest.as_ref().and_then(|manifest| manifest.since);
    if since.is_none() && case.since_note.is_none() && case.consistency.is_none() {
        return None;
    }
    let fail = |sentence: &str| Some(finding(ids::CONSISTENCY, TITLE, Status::Fail, sentence));
    let (Some(since), Some(note), Some(proof)) = (since, &case.since_note, &case.consistency) else {
        return fail("Of the manifest's word, the earlier checkpoint and the proof, one isn't here, or can't be read.");
    };
    let (Some(seal), Some(followed)) = (&case.seal, &case.log_keys) else {
        return fail("There is no checkpoint, or no record 0, to hold it against.");
    };
    if since.size == 0 {
        return fail("The earlier checkpoint is of an empty log, from which any log goes on.");
    }
    let earlier = note.claimed();
    if (earlier.size, earlier.root) != (since.size, since.root) || earlier.origin != seal.checkpoint.origin {
        return fail("The earlier checkpoint isn't the one that the manifest names, or is of another log.");
    }
    if (proof.from, proof.size) != (since.size, seal.checkpoint.size) {
        return fail("The proof is about other sizes of the log than those of the two checkpoints.");
    }
    if let Err(error) = verify_consistency(proof.from, &since.root, proof.size, &seal.checkpoint.root, &proof.path) {
        let sentence = format!(
            "Nothing shows that the {} of the earlier checkpoint are the beginning of this log: the proof doesn't hold.",
            words::count(since.size, "record", "records")
        );
        return fail(&sentence).map(|finding| finding.detailed(error.to_string()));
    }
    if followed.keys.verify(note).is_err() {
        return fail("The earlier checkpoint isn't signed by the log's key of its time.");
    }
    let sentence = format!(
        "The {} that the earlier checkpoint sealed are the beginning of this log: nothing of them was changed since. Compare \
         the checkpoint in proofs/since.txt with the one that you saw.",
        words::count(since.size, "record", "records")
    );
    Some(finding(ids::CONSISTENCY, TITLE, Status::Pass, sentence).detailed(format!("root {}", since.root)))
}

/// What the pages in the file say, which nothing here checks: not established, and said. Nothing where there are none.
pub(super) fn pages(case: &Case) -> Option<Finding> {
    let named: Vec<&str> = super::form::PAGES
        .into_iter()
        .filter(|page| case.files.contains_key(*page))
        .collect();
    let sentence = format!(
        "{} came from the signer, whole; what stands there isn't checked. Go by these findings, and take a verifier from \
         somewhere else than this file.",
        words::list(&named.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>(), 4),
    );
    (!named.is_empty()).then(|| {
        finding(
            ids::PAGES,
            "The pages in the file say what the records say",
            Status::NotEstablished,
            sentence,
        )
    })
}
