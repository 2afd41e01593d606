//! What was learnt of a case file, before it is judged.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::facts::{self, Exported, Fact, KeyAdded, LogOpened};
use super::index::Index;
use super::pins::Pins;
use super::records::{Body, Seen, Tags};
use super::report::{Count, Finding, Status};
use super::seal::Seal;
use super::words;
use crate::casefile::{ConsistencyFile, KeysFile, Manifest, Selection};
use crate::checkpoint::SignedCheckpoint;
use crate::envelope::Envelope;
use crate::hash::Digest;
use crate::key::{KeyId, Role};
use crate::record::Record;
use crate::rotation::{KeyRotation, RotationError};
use crate::statement::CaseStatement;

/// How one thing was found, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Checked {
    /// It holds.
    Holds(String),
    /// It doesn't.
    Fails(String),
    /// What it would be checked against lies before the interval, and isn't here.
    Beyond(String),
}

/// A rotation's statement, as each of its keys signed it.
#[derive(Debug, Default)]
pub(super) struct Envelopes {
    pub(super) by_old: Vec<u8>,
    pub(super) by_new: Vec<u8>,
}

/// Everything that the file shows, with nothing believed yet.
#[derive(Debug, Default)]
pub(super) struct Case {
    pub(super) pins: Pins,
    /// Every entry of the zip, with length and SHA-256 once it was read.
    pub(super) files: BTreeMap<String, Option<(u64, Digest)>>,
    /// Files that aren't what their names say, with what is wrong.
    pub(super) faults: Vec<(String, String)>,
    pub(super) manifest: Option<Manifest>,
    pub(super) checkpoint: Option<SignedCheckpoint>,
    pub(super) seal: Option<Seal>,
    pub(super) keys: Option<KeysFile>,
    pub(super) attestation: Option<Envelope>,
    /// The attestation's copy for other tools, with the name of its file.
    pub(super) bundle: Option<(String, Vec<u8>)>,
    /// The signer's key for other tools, with the name of its file.
    pub(super) pem: Option<(String, Vec<u8>)>,
    /// Single proofs for other tools, with the names of their files.
    pub(super) tlog_proofs: BTreeMap<u64, (String, Vec<u8>)>,
    /// The checkpoint that was seen before, and that the log goes on from it.
    pub(super) since_note: Option<SignedCheckpoint>,
    pub(super) consistency: Option<ConsistencyFile>,
    pub(super) records: Vec<Seen>,
    /// Made once all records are read.
    pub(super) index: Index,
    /// Records that name another tenant than the manifest does, by number.
    pub(super) foreign: Vec<u64>,
    pub(super) tags: Tags,
    /// Commitments by content uid: slot, commitment, and the record that carries it.
    pub(super) commitments: HashMap<String, (String, Digest, u64)>,
    /// Contents that a later record, by sequence, commits to otherwise than an earlier one did.
    pub(super) twofold: Vec<(String, u64)>,
    /// How each reviewer's statement was found, by the sequence of the record that decided.
    pub(super) approvals: BTreeMap<u64, Checked>,
    /// The envelopes of rotations, by their records' sequences; empty where one isn't here.
    pub(super) rotations: BTreeMap<u64, Envelopes>,
    /// Digests of the policy texts that are here.
    pub(super) policies: HashSet<Digest>,
    /// Contents that open.
    pub(super) opened: BTreeSet<String>,
    /// Contents that don't, with why.
    pub(super) unopened: Vec<(String, String)>,
    /// Salts seen so far.
    pub(super) salts: HashSet<[u8; 32]>,
}

impl Case {
    pub(super) fn total(&self) -> u64 {
        self.records.len() as u64
    }

    /// The records that are as signed, with what they say.
    pub(super) fn proved(&self) -> impl Iterator<Item = (&Seen, &Body)> {
        self.records
            .iter()
            .inspect(|_| self.index.count())
            .filter(|seen| seen.is_as_signed())
            .filter_map(|seen| Some((seen, seen.body.as_ref()?)))
    }

    /// What a record of the index says.
    pub(super) fn body(&self, at: usize) -> Option<&Body> {
        self.index.count();
        self.records.get(at)?.body.as_ref()
    }

    /// What a record of the index says, if it stands before this one in the log.
    pub(super) fn earlier(&self, at: Option<usize>, body: &Body) -> Option<&Body> {
        self.body(at?).filter(|other| other.sequence < body.sequence)
    }

    /// What the log's record 0 says, if it is as signed. Records go by ascending place, so it can only be the first.
    pub(super) fn opened_log(&self) -> Option<&LogOpened> {
        let first = self.records.first().filter(|seen| seen.is_as_signed())?.body.as_ref()?;
        match &first.fact {
            Fact::LogOpened(opened) if first.sequence == 0 => Some(opened),
            _ => None,
        }
    }

    /// The key of this id as the first record that registers it in this role has it, with that record's sequence.
    pub(super) fn key_added(&self, role: Role, id: KeyId) -> Option<(u64, &KeyAdded)> {
        self.key_at(self.index.key(role, id))
    }

    /// The key that the record at this sequence registers.
    pub(super) fn key_added_at(&self, sequence: u64) -> Option<&KeyAdded> {
        self.key_at(self.index.registration(sequence)).map(|(_, added)| added)
    }

    fn key_at(&self, at: Option<usize>) -> Option<(u64, &KeyAdded)> {
        let body = self.body(at?)?;
        match &body.fact {
            Fact::KeyAdded(added) => Some((body.sequence, added)),
            _ => None,
        }
    }

    /// The rotation of the log's key that the record at this sequence says.
    pub(super) fn key_rotation_at(&self, sequence: u64) -> Option<&Result<KeyRotation, RotationError>> {
        match &self.body(self.index.rotation(sequence)?)?.fact {
            Fact::KeyRotated(rotation) => Some(rotation),
            _ => None,
        }
    }

    /// The rotations of the log's key that records say, with those records' sequences, in their order.
    pub(super) fn key_rotations(&self) -> impl Iterator<Item = (u64, &Result<KeyRotation, RotationError>)> {
        let rotations = self.index.rotations().iter();
        rotations
            .filter_map(|at| self.body(*at))
            .filter_map(|body| match &body.fact {
                Fact::KeyRotated(rotation) => Some((body.sequence, rotation.as_ref())),
                _ => None,
            })
    }

    /// The record of this export, if it is as signed: the last leaf under the checkpoint, so the last record here.
    pub(super) fn export(&self) -> Option<(&Body, &Exported)> {
        let end = self.seal.as_ref()?.checkpoint.size.checked_sub(1)?;
        let last = self.records.last().filter(|seen| seen.is_as_signed())?.body.as_ref()?;
        match &last.fact {
            Fact::Exported(exported) if last.sequence == end => Some((last, exported.as_ref())),
            _ => None,
        }
    }

    /// What the attestation says, before its signature was checked.
    pub(super) fn statement(&self) -> Option<CaseStatement> {
        CaseStatement::parse(self.attestation.as_ref()?.unverified_payload()).ok()
    }

    /// Takes in what a record that is as signed commits to. A content is committed to once: of two that differ, whoever
    /// reads the other record would take the content for something else.
    pub(super) fn commit(&mut self, record: &Record) {
        for (uid, slot, c) in facts::commitments(record).unwrap_or_default() {
            match self.commitments.entry(uid) {
                Entry::Vacant(free) => {
                    free.insert((slot, c, record.sequence()));
                }
                Entry::Occupied(taken) if (&taken.get().0, taken.get().1) != (&slot, c) => {
                    self.twofold.push((taken.key().clone(), record.sequence()));
                }
                Entry::Occupied(_) => {}
            }
        }
    }

    /// Whether a record lies in the interval that the file is about; those beside it only support it.
    pub(super) fn is_within(&self, body: &Body) -> bool {
        match self.selection() {
            None => true,
            // Whatever else lies in the interval is judged with it, though it only supports the agent's records.
            Some(Selection::Agent { from_ms, to_ms, .. }) => {
                from_ms.is_none_or(|from| body.logged_ms >= from) && to_ms.is_none_or(|to| body.logged_ms < to)
            }
            Some(selection) => {
                selection.selects(&body.stream, body.sequence, body.logged_ms, body.correlation.as_deref())
            }
        }
    }

    /// What the manifest says was selected.
    pub(super) fn selection(&self) -> Option<&Selection> {
        self.manifest.as_ref().map(|manifest| &manifest.selection)
    }

    /// Whether what came before the selected records may rightly be absent.
    pub(super) fn begins_late(&self) -> bool {
        match self.selection() {
            Some(Selection::Records { .. }) => true,
            Some(selection) => selection.interval().is_some_and(|(from, _)| from.is_some()),
            None => false,
        }
    }

    /// Why it may be absent, after "it".
    pub(super) fn beyond(&self) -> &'static str {
        match self.selection() {
            Some(Selection::Records { .. }) => "isn't among the records that were picked",
            _ => "lies before the interval",
        }
    }

    /// Names a record by its number for a sentence: "record 17".
    pub(super) fn names(&self, failed: &[&Seen]) -> String {
        let names: Vec<String> = failed.iter().map(|seen| words::number(seen.number)).collect();
        let word = if names.len() == 1 { "Record" } else { "Records" };
        format!("{word} {}", words::list(&names, 8))
    }
}

/// How many records a finding names at most.
const NAMED: usize = 1000;

/// A finding under construction.
pub(super) fn finding(
    id: &'static str,
    title: impl Into<String>,
    status: Status,
    sentence: impl Into<String>,
) -> Finding {
    Finding {
        id,
        title: title.into(),
        status,
        sentence: sentence.into(),
        detail: None,
        count: None,
        records: Vec::new(),
        file: None,
    }
}

impl Finding {
    pub(super) fn counted(mut self, passed: u64, of: u64) -> Self {
        self.count = Some(Count { passed, of });
        self
    }

    pub(super) fn detailed(mut self, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        self.detail = (!detail.is_empty()).then_some(detail);
        self
    }

    pub(super) fn about(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// The records that failed, by place.
    pub(super) fn naming<'a>(mut self, failed: impl IntoIterator<Item = &'a Seen>) -> Self {
        self.records = failed.into_iter().filter_map(|seen| seen.place).take(NAMED).collect();
        self
    }

    pub(super) fn naming_places(mut self, places: impl IntoIterator<Item = u64>) -> Self {
        self.records = places.into_iter().take(NAMED).collect();
        self
    }
}
