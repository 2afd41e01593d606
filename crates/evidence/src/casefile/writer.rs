//! Makes a case file: a pure function of what the log gives and the case key, so equal inputs give equal bytes.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::sync::Arc;

use super::container::{PackError, Part, Unwritten, pack_into};
use super::copies::{ConsistencyFile, public_key_pem, sigstore_bundle, tlog_proof};
use super::files::{InclusionLine, KeyEntry, KeysFile, OpeningFile, RangeFile, name};
use super::manifest::{Manifest, Named, PackedFile};
use super::readme;
use super::report::Told;
use super::selection::{Disclosure, Selection, Since};
use super::spool::{Spool, Spooled};
use crate::checkpoint::SignedCheckpoint;
use crate::content::Opening;
use crate::envelope::{Envelope, IN_TOTO};
use crate::hash::{Digest, tagged_each};
use crate::json::JsonError;
use crate::key::{KeyError, PublicKey, Role, SigningKey};
use crate::record::Record;
use crate::rotation::KeyRotation;
use crate::statement::CaseStatement;
use crate::tree::{LogEntry, RangeProof};
use crate::verifier::{Pin, Pins, Step, Verdict, Verifier};

/// The most records that get a proof in a file of its own.
const MOST_SINGLE_PROOFS: usize = 1_000;

/// Everything that goes into a case file beside its records, which follow one by one.
///
/// The caller freezes the head N, appends the export record (sequence N), checkpoints N + 1, and then collects. The records
/// are the selected ones and the **supporting** ones: record 0 (the log's key), the record that opens each stream (its tag),
/// of an agent its last record before and first record after the interval and of a range the records beside it (the
/// boundaries), earlier records of the same stories (what was held before and decided within), the `KeyAdded` records of the
/// case key and of every reviewer who signed, the `KeyRotated` records of the log's key, the policy publications in force,
/// and the export record.
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
    /// A record that doesn't come after the one before it.
    #[error("record {0} of the case file doesn't come after the one before it")]
    Order(u64),
    /// Too large, or a name that can't be used.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// What is written can't be kept, or not be read again.
    #[error("the case file can't be kept while it is made: {0}")]
    Io(#[from] io::Error),
    /// The key isn't a case key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The file would not verify, so it isn't signed: what the log gave doesn't hold together.
    #[error("the case file would not verify, so it was not signed: {0}")]
    WouldNotVerify(String),
}

impl From<Unwritten> for CaseError {
    fn from(error: Unwritten) -> Self {
        match error {
            Unwritten::Refused(error) => Self::Pack(error),
            Unwritten::Io(error) => Self::Io(error),
        }
    }
}

/// `H("selection", d…)`: what the export record says of the selected records, by ascending sequence.
#[must_use]
pub fn selection(fingerprints: impl IntoIterator<Item = Digest>) -> Digest {
    tagged_each("selection", fingerprints.into_iter().map(|d| *d.as_bytes()))
}

/// A case file that is made and signed, and was verified.
#[derive(Debug)]
pub struct SignedCase<S> {
    /// The zip.
    pub zip: S,
    /// How many bytes it has.
    pub bytes: u64,
    /// Its SHA-256, hex.
    pub sha256: String,
}

/// Makes case files. Of the records nothing stays in memory but what the report and the list of keys say of them: they are
/// kept in `S`, a file without a name for instance, until the zip is put together.
#[derive(Debug)]
pub struct CaseWriter<S> {
    input: CaseInput,
    files: BTreeMap<String, Vec<u8>>,
    records: Spool<S>,
    proofs: Spool<S>,
    told: Told,
    keys: Vec<KeyEntry>,
    single: VecDeque<(u64, Vec<Digest>)>,
    count: u64,
    last: Option<(u64, Digest)>,
}

impl<S: Read + Write + Seek> CaseWriter<S> {
    /// A writer of this case file, which keeps records and proofs in two empty places until [`sign`](Self::sign).
    #[must_use]
    pub fn new(input: CaseInput, records: S, proofs: S) -> Self {
        Self {
            input,
            files: BTreeMap::new(),
            records: Spool::new(records),
            proofs: Spool::new(proofs),
            told: Told::default(),
            keys: Vec::new(),
            single: VecDeque::new(),
            count: 0,
            last: None,
        }
    }

    /// Takes in the next record, with its inclusion proof to the checkpoint's size. They come by ascending sequence.
    ///
    /// # Errors
    /// [`CaseError::Order`], or that it can't be kept.
    pub fn put(&mut self, record: &Record, path: Vec<Digest>) -> Result<(), CaseError> {
        let sequence = record.sequence();
        if self.last.is_some_and(|(last, _)| last >= sequence) {
            return Err(CaseError::Order(sequence));
        }
        self.last = Some((sequence, *record.fingerprint()));
        self.count = self.count.saturating_add(1);
        self.told.take(&self.input, record);
        self.keys.extend(registered(record));
        self.records.line(record.bytes())?;
        let line = InclusionLine { sequence, path };
        self.proofs.line(&line.to_bytes()?)?;
        // The records that a person who has other tools would want to prove alone: decisions of people, and this export.
        let export = self.input.checkpoint.claimed().size.saturating_sub(1);
        if record.kind() == "item_decided" || sequence == export {
            self.single.push_back((sequence, line.path));
            if self.single.len() > MOST_SINGLE_PROOFS {
                self.single.pop_front();
            }
        }
        Ok(())
    }

    /// Signs the case file, writes it into an empty place, and verifies it as anybody would.
    ///
    /// # Errors
    /// Missing inputs, a size beyond the format, a key of another role, or a file that wouldn't verify: nothing wrong
    /// is ever signed and handed out.
    pub fn sign(mut self, key: &SigningKey, into: S) -> Result<SignedCase<S>, CaseError> {
        key.expect_role(Role::Case)?;
        self.put_files()?;
        self.file(name::PEM, public_key_pem(&key.public()).into_bytes());
        let Self {
            input,
            mut files,
            records,
            proofs,
            count,
            last,
            ..
        } = self;
        let last = last.ok_or_else(|| CaseError::Missing("every record".to_owned()))?;
        let mut long = [(name::RECORDS, records.end()?), (name::INCLUSION, proofs.end()?)];
        let manifest = manifest(&input, listed(&files, &long), count, last.0).to_bytes()?;
        files.insert(name::MANIFEST.to_owned(), manifest);
        let payload = statement(&input, &listed(&files, &long), last.1)?.to_bytes()?;
        let envelope = Envelope::sign(IN_TOTO, &payload, key);
        files.insert(name::ATTESTATION.to_owned(), envelope.to_bytes()?);
        files.insert(name::BUNDLE.to_owned(), sigstore_bundle(&envelope)?);
        let mut parts: Vec<Part<'_>> = files.iter().map(|(name, bytes)| Part::of(name, bytes)).collect();
        for (name, spooled) in &mut long {
            parts.push(Part {
                name,
                crc32: spooled.crc32,
                length: spooled.length,
                bytes: Box::new(spooled.bytes()?),
            });
        }
        let mut out = BufWriter::with_capacity(1 << 18, into);
        pack_into(parts, &mut out)?;
        let zip = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        verified(zip, &input, &key.public())
    }

    fn file(&mut self, name: impl Into<String>, bytes: Vec<u8>) {
        self.files.insert(name.into(), bytes);
    }

    fn put_files(&mut self) -> Result<(), CaseError> {
        let page = self.told.page(&self.input, self.count);
        self.file(name::REPORT, page.into_bytes());
        let page = self.input.verifier_page.clone();
        let readme = readme::text(&self.input.selection, page.is_some());
        self.file(name::README, readme.into_bytes());
        if let Some(page) = page {
            self.file(name::VERIFIER, page.to_vec());
        }
        self.file(name::CHECKPOINT, self.input.checkpoint.to_string().into_bytes());
        let keys = KeysFile {
            keys: std::mem::take(&mut self.keys),
        };
        self.file(name::KEYS, keys.to_bytes()?);
        self.put_skeleton()?;
        self.put_since()?;
        for (sequence, path) in std::mem::take(&mut self.single) {
            let proof = tlog_proof(sequence, &path, &self.input.checkpoint);
            self.file(name::tlog_proof(sequence), proof.into_bytes());
        }
        for (sequence, envelope) in std::mem::take(&mut self.input.approvals) {
            self.file(name::approval(sequence), envelope);
        }
        for (sequence, Rotated { by_old, by_new }) in std::mem::take(&mut self.input.rotations) {
            self.file(name::rotation(sequence, false), by_old);
            self.file(name::rotation(sequence, true), by_new);
        }
        for text in std::mem::take(&mut self.input.policies) {
            self.file(name::policy(&Digest::sha256(text.as_bytes())), text.into_bytes());
        }
        for opening in std::mem::take(&mut self.input.contents) {
            let file = OpeningFile::new(&opening.header, &opening.salt).to_bytes()?;
            self.file(name::opening(&opening.header.content_uid), file);
            self.file(name::content(&opening.header.content_uid), opening.bytes);
        }
        Ok(())
    }

    fn put_skeleton(&mut self) -> Result<(), CaseError> {
        let Some(Skeleton { first, entries, proof }) = self.input.skeleton.take() else {
            return Ok(());
        };
        let size = self.input.checkpoint.claimed().size;
        self.file(
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
        self.file(name::SKELETON, bytes);
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
        self.file(name::SINCE, checkpoint.to_string().into_bytes());
        self.file(name::CONSISTENCY, proof.to_bytes()?);
        Ok(())
    }
}

/// The entry of the list of keys of a record that registers one.
fn registered(record: &Record) -> Option<KeyEntry> {
    let text = |name: &str| record.facts().get(name)?.as_str();
    let registered = || PublicKey::from_spki_der(&record.spki()?).ok();
    let (role, key) = match record.kind() {
        "log_opened" => (Role::Log, registered()?),
        "key_added" => (text("role")?.parse().ok()?, registered()?),
        "key_rotated" => (Role::Log, KeyRotation::of(record).ok()??.statement.new),
        _ => return None,
    };
    let owner = text("owner_uid").map(str::to_owned);
    Some(KeyEntry::new(role, &key, owner, record.sequence()))
}

/// Every file so far, by ascending name.
fn listed<S>(files: &BTreeMap<String, Vec<u8>>, long: &[(&str, Spooled<S>)]) -> Vec<PackedFile> {
    let short = files.iter().map(|(name, bytes)| PackedFile {
        name: name.clone(),
        bytes: bytes.len() as u64,
        sha256: Digest::sha256(bytes),
    });
    let long = long.iter().map(|(name, spooled)| PackedFile {
        name: (*name).to_owned(),
        bytes: spooled.length,
        sha256: spooled.sha256,
    });
    let mut files: Vec<PackedFile> = short.chain(long).collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

fn manifest(input: &CaseInput, files: Vec<PackedFile>, records: u64, export_record: u64) -> Manifest {
    let checkpoint = input.checkpoint.claimed();
    Manifest {
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
        records,
        export_record,
        size: checkpoint.size,
        root: checkpoint.root,
        files,
    }
}

fn statement(input: &CaseInput, files: &[PackedFile], export_fp: Digest) -> Result<CaseStatement, CaseError> {
    let checkpoint = input.checkpoint.claimed();
    let digest = |name: &str| {
        let file = files.iter().find(|file| file.name == name);
        file.map(|file| file.sha256)
            .ok_or_else(|| CaseError::Missing(name.to_owned()))
    };
    Ok(CaseStatement {
        subjects: files.iter().map(|file| (file.name.clone(), file.sha256)).collect(),
        origin: checkpoint.origin,
        tenant_uid: input.tenant_uid.clone(),
        tree_size: checkpoint.size,
        root: checkpoint.root,
        checkpoint_sha256: digest(name::CHECKPOINT)?,
        export_fp,
        manifest_sha256: digest(name::MANIFEST)?,
    })
}

/// Nothing that wouldn't verify leaves: a flipped bit in the database is found here, not by the auditor.
fn verified<S: Read + Seek>(mut zip: S, input: &CaseInput, key: &PublicKey) -> Result<SignedCase<S>, CaseError> {
    let pins = Pins::new(vec![Pin {
        origin: input.checkpoint.claimed().origin,
        role: Role::Case,
        key: *key,
        name: input.tenant_name.clone(),
    }]);
    let mut verifier = Verifier::new(&mut zip, "case.zip", &pins);
    let report = loop {
        if let Step::Done(report) = verifier.step(u64::MAX)? {
            break report;
        }
    };
    drop(verifier);
    match report.verdict {
        Verdict::Verified => Ok(SignedCase {
            zip,
            bytes: report.bytes,
            sha256: report.sha256,
        }),
        _ => Err(CaseError::WouldNotVerify(report.sentence)),
    }
}
