//! Makes a case file: a pure function of what the log gives and the case key, so equal inputs give equal bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::container::{PackError, pack};
use super::copies::{ConsistencyFile, public_key_pem, sigstore_bundle, tlog_proof};
use super::files::{InclusionLine, KeyEntry, KeysFile, OpeningFile, RangeFile, name};
use super::manifest::{Manifest, Named, PackedFile};
use super::selection::{Disclosure, Selection, Since};
use super::{readme, report};
use crate::checkpoint::SignedCheckpoint;
use crate::content::Opening;
use crate::envelope::{Envelope, IN_TOTO};
use crate::hash::{Digest, tagged};
use crate::json::JsonError;
use crate::key::{KeyError, PublicKey, Role, SigningKey};
use crate::record::Record;
use crate::rotation::KeyRotation;
use crate::statement::CaseStatement;
use crate::tree::{LogEntry, RangeProof};
use crate::verifier::{Pin, Pins, Verdict, verify};

/// The most records that get a proof in a file of its own.
const MOST_SINGLE_PROOFS: usize = 1_000;

/// Everything that goes into a case file.
///
/// The caller freezes the head N, appends the export record (sequence N), checkpoints N + 1, and then collects:
/// - `records`: the selected records, and the **supporting** ones: record 0 (the log's key), the record that opens each
///   stream (its tag), of an agent its last record before and first record after the interval and of a range the records
///   beside it (the boundaries), earlier records of the same stories (what was held before and decided within), the
///   `KeyAdded` records of the case key and of every reviewer who signed, the `KeyRotated` records of the log's key, the
///   policy publications in force, and the export record. Order and doubles don't matter;
/// - `inclusion`: for each of these the inclusion proof to N + 1.
#[derive(Debug, Clone)]
pub struct CaseInput {
    /// The tenant's uid.
    pub tenant_uid: String,
    /// The tenant's name.
    pub tenant_name: String,
    /// Which records the file is about: what the export record says.
    pub selection: Selection,
    /// Which of their contents are disclosed: what the export record says.
    pub disclosure: Disclosure,
    /// The selected and the supporting records, the export record among them.
    pub records: Vec<Record>,
    /// By sequence: the inclusion proof of each record to the checkpoint's size.
    pub inclusion: BTreeMap<u64, Vec<Digest>>,
    /// Every leaf of the range, where it is short enough (100,000 by default).
    pub skeleton: Option<Skeleton>,
    /// The checkpoint of size N + 1.
    pub checkpoint: SignedCheckpoint,
    /// By the sequence of the record that holds the decision: the DSSE envelope's bytes.
    pub approvals: BTreeMap<u64, Vec<u8>>,
    /// By the sequence of the record of a rotation: the two envelopes of its statement.
    pub rotations: BTreeMap<u64, Rotated>,
    /// The texts of the policies that decided.
    pub policies: Vec<String>,
    /// The contents to disclose.
    pub contents: Vec<Opening>,
    /// The checkpoint that the log goes on from, as somebody saw it before.
    pub since: Option<EarlierCheckpoint>,
    /// The page `verifier.html`, where the program that writes the file has one.
    pub verifier_page: Option<Arc<[u8]>>,
}

/// A checkpoint that was seen before, and the proof that the log goes on from it.
#[derive(Debug, Clone)]
pub struct EarlierCheckpoint {
    /// The checkpoint.
    pub checkpoint: SignedCheckpoint,
    /// The consistency proof to the case file's checkpoint.
    pub path: Vec<Digest>,
}

/// The statement of a rotation, as each of its keys signed it: the DSSE envelopes' bytes.
#[derive(Debug, Clone)]
pub struct Rotated {
    /// Signed by the key that retired.
    pub by_old: Vec<u8>,
    /// Signed by the key that took its place.
    pub by_new: Vec<u8>,
}

/// The entries of every leaf from `first` to the checkpoint's end, without what the records say.
#[derive(Debug, Clone)]
pub struct Skeleton {
    /// The sequence of the first leaf: at most that of the first selected record.
    pub first: u64,
    /// The leaves' entries, up to and with the checkpoint's last leaf.
    pub entries: Vec<LogEntry>,
    /// The subtree roots beside the range; nothing stands to its right.
    pub proof: RangeProof,
}

/// Why a case file can't be made.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// An input is missing.
    #[error("the case file lacks {0}")]
    Missing(String),
    /// A number that JSON can't carry.
    #[error("the case file can't be written: {0}")]
    Json(#[from] JsonError),
    /// Too large, or a name that can't be used.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The key isn't a case key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The file would not verify, so it isn't signed: what the log gave doesn't hold together.
    #[error("the case file would not verify, so it was not signed: {0}")]
    WouldNotVerify(String),
}

/// `H("selection", d…)`: what the export record says of the selected records, by ascending sequence.
#[must_use]
pub fn selection(fingerprints: impl IntoIterator<Item = Digest>) -> Digest {
    let mut bytes = Vec::new();
    for d in fingerprints {
        bytes.extend_from_slice(d.as_bytes());
    }
    tagged("selection", &[&bytes])
}

/// Makes case files.
#[derive(Debug)]
pub struct CaseWriter {
    input: CaseInput,
    files: BTreeMap<String, Vec<u8>>,
}

impl CaseWriter {
    /// A writer of this case file.
    #[must_use]
    pub fn new(mut input: CaseInput) -> Self {
        input.records.sort_by_key(Record::sequence);
        input.records.dedup_by_key(|record| record.sequence());
        Self {
            input,
            files: BTreeMap::new(),
        }
    }

    /// Signs the case file and verifies it as anybody would. Gives the zip's bytes.
    ///
    /// # Errors
    /// Missing inputs, a size beyond the format, a key of another role, or a file that wouldn't verify: nothing wrong
    /// is ever signed and handed out.
    pub fn sign(mut self, key: &SigningKey) -> Result<Vec<u8>, CaseError> {
        key.expect_role(Role::Case)?;
        self.put_files()?;
        self.put(name::PEM, public_key_pem(&key.public()).into_bytes());
        let manifest = self.manifest()?.to_bytes()?;
        self.files.insert(name::MANIFEST.to_owned(), manifest);
        let payload = self.statement()?.to_bytes()?;
        let envelope = Envelope::sign(IN_TOTO, &payload, key);
        self.put(name::ATTESTATION, envelope.to_bytes()?);
        self.put(name::BUNDLE, sigstore_bundle(&envelope)?);
        let zip = pack(self.files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())))?;
        self.verify(&zip, &key.public())?;
        Ok(zip)
    }

    fn put(&mut self, name: impl Into<String>, bytes: Vec<u8>) {
        self.files.insert(name.into(), bytes);
    }

    fn put_files(&mut self) -> Result<(), CaseError> {
        self.put(name::REPORT, report::page(&self.input).into_bytes());
        let page = self.input.verifier_page.clone();
        let readme = readme::text(&self.input.selection, page.is_some());
        self.put(name::README, readme.into_bytes());
        if let Some(page) = page {
            self.put(name::VERIFIER, page.to_vec());
        }
        self.put(name::CHECKPOINT, self.input.checkpoint.to_string().into_bytes());
        let (mut records, mut proofs) = (Vec::new(), Vec::new());
        for record in &self.input.records {
            let sequence = record.sequence();
            let path = self.input.inclusion.get(&sequence).cloned();
            let path = path.ok_or_else(|| CaseError::Missing(format!("the inclusion proof of record {sequence}")))?;
            records.extend_from_slice(record.bytes());
            records.push(b'\n');
            proofs.append(&mut InclusionLine { sequence, path }.to_bytes()?);
            proofs.push(b'\n');
        }
        self.put(name::RECORDS, records);
        self.put(name::INCLUSION, proofs);
        self.put(name::KEYS, self.keys().to_bytes()?);
        self.put_skeleton()?;
        self.put_since()?;
        self.put_single_proofs();
        for (sequence, envelope) in std::mem::take(&mut self.input.approvals) {
            self.put(name::approval(sequence), envelope);
        }
        for (sequence, Rotated { by_old, by_new }) in std::mem::take(&mut self.input.rotations) {
            self.put(name::rotation(sequence, false), by_old);
            self.put(name::rotation(sequence, true), by_new);
        }
        for text in std::mem::take(&mut self.input.policies) {
            self.put(name::policy(&Digest::sha256(text.as_bytes())), text.into_bytes());
        }
        for opening in std::mem::take(&mut self.input.contents) {
            let file = OpeningFile::new(&opening.header, &opening.salt).to_bytes()?;
            self.put(name::opening(&opening.header.content_uid), file);
            self.put(name::content(&opening.header.content_uid), opening.bytes);
        }
        Ok(())
    }

    fn put_skeleton(&mut self) -> Result<(), CaseError> {
        let Some(Skeleton { first, entries, proof }) = self.input.skeleton.take() else {
            return Ok(());
        };
        let size = self.input.checkpoint.claimed().size;
        self.put(
            name::RANGE,
            RangeFile {
                first,
                size,
                left: proof.left,
            }
            .to_bytes()?,
        );
        let mut bytes = Vec::with_capacity(entries.len().saturating_mul(LogEntry::LEN));
        for entry in entries {
            bytes.extend_from_slice(&entry.to_bytes());
        }
        self.put(name::SKELETON, bytes);
        Ok(())
    }

    fn put_since(&mut self) -> Result<(), CaseError> {
        let Some(EarlierCheckpoint { checkpoint, path }) = self.input.since.clone() else {
            return Ok(());
        };
        let proof = ConsistencyFile {
            from: checkpoint.claimed().size,
            path,
            size: self.input.checkpoint.claimed().size,
        };
        self.put(name::SINCE, checkpoint.to_string().into_bytes());
        self.put(name::CONSISTENCY, proof.to_bytes()?);
        Ok(())
    }

    /// The records that a person who has other tools would want to prove alone: decisions of people, and this export.
    fn put_single_proofs(&mut self) {
        let export = self.input.checkpoint.claimed().size.saturating_sub(1);
        let wanted = |record: &&Record| record.kind() == "item_decided" || record.sequence() == export;
        let mut proofs = Vec::new();
        for record in self.input.records.iter().rev().filter(wanted).take(MOST_SINGLE_PROOFS) {
            let sequence = record.sequence();
            if let Some(path) = self.input.inclusion.get(&sequence) {
                let proof = tlog_proof(sequence, path, &self.input.checkpoint);
                proofs.push((name::tlog_proof(sequence), proof.into_bytes()));
            }
        }
        self.files.extend(proofs);
    }

    fn keys(&self) -> KeysFile {
        let entry = |record: &Record| {
            let text = |name: &str| record.facts().get(name)?.as_str();
            let registered = || PublicKey::from_spki_der(&record.spki()?).ok();
            let (role, key) = match record.kind() {
                "log_opened" => (Role::Log, registered()?),
                "key_added" => (text("role")?.parse().ok()?, registered()?),
                "key_rotated" => (Role::Log, KeyRotation::of(record).ok()??.statement.new),
                _ => return None,
            };
            Some(KeyEntry::new(
                role,
                &key,
                text("owner_uid").map(str::to_owned),
                record.sequence(),
            ))
        };
        KeysFile {
            keys: self.input.records.iter().filter_map(entry).collect(),
        }
    }

    fn manifest(&self) -> Result<Manifest, CaseError> {
        let input = &self.input;
        let last = input
            .records
            .last()
            .ok_or_else(|| CaseError::Missing("every record".to_owned()))?;
        let checkpoint = input.checkpoint.claimed();
        let file = |(name, bytes): (&String, &Vec<u8>)| PackedFile {
            name: name.clone(),
            bytes: bytes.len() as u64,
            sha256: Digest::sha256(bytes),
        };
        Ok(Manifest {
            origin: checkpoint.origin,
            tenant: Named {
                uid: input.tenant_uid.clone(),
                name: input.tenant_name.clone(),
            },
            selection: input.selection.clone(),
            disclosure: Some(input.disclosure.clone()),
            since: input.since.as_ref().map(|earlier| Since {
                size: earlier.checkpoint.claimed().size,
                root: earlier.checkpoint.claimed().root,
            }),
            records: input.records.len() as u64,
            export_record: last.sequence(),
            size: checkpoint.size,
            root: checkpoint.root,
            files: self.files.iter().map(file).collect(),
        })
    }

    fn statement(&self) -> Result<CaseStatement, CaseError> {
        let checkpoint = self.input.checkpoint.claimed();
        let digest = |name: &str| self.files.get(name).map(|bytes| Digest::sha256(bytes));
        let missing = |what: &str| CaseError::Missing(what.to_owned());
        let export = self.input.records.last().ok_or_else(|| missing("every record"))?;
        Ok(CaseStatement {
            subjects: self
                .files
                .iter()
                .map(|(name, bytes)| (name.clone(), Digest::sha256(bytes)))
                .collect(),
            origin: checkpoint.origin,
            tenant_uid: self.input.tenant_uid.clone(),
            tree_size: checkpoint.size,
            root: checkpoint.root,
            checkpoint_sha256: digest(name::CHECKPOINT).ok_or_else(|| missing("the checkpoint"))?,
            export_fp: *export.fingerprint(),
            manifest_sha256: digest(name::MANIFEST).ok_or_else(|| missing("the manifest"))?,
        })
    }

    /// Nothing that wouldn't verify leaves: a flipped bit in the database is found here, not by the auditor.
    fn verify(&self, zip: &[u8], key: &PublicKey) -> Result<(), CaseError> {
        let origin = self.input.checkpoint.claimed().origin;
        let pins = Pins::new(vec![Pin {
            origin,
            role: Role::Case,
            key: *key,
            name: self.input.tenant_name.clone(),
        }]);
        let report = verify(zip, "case.zip", &pins);
        match report.verdict {
            Verdict::Verified => Ok(()),
            _ => Err(CaseError::WouldNotVerify(report.sentence)),
        }
    }
}
