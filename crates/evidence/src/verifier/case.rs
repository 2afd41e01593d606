//! What was learnt of a case file, before it is judged.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::facts::{Exported, Fact, KeyAdded, LogOpened};
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
use crate::key::Role;
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
            .filter(|seen| seen.is_as_signed())
            .filter_map(|seen| Some((seen, seen.body.as_ref()?)))
    }

    /// What a record of the index says.
    pub(super) fn body(&self, at: usize) -> Option<&Body> {
        self.records.get(at)?.body.as_ref()
    }

    /// What the log's record 0 says, if it is as signed. Records go by ascending place, so it can only be the first.
    pub(super) fn opened_log(&self) -> Option<&LogOpened> {
        let first = self.records.first().filter(|seen| seen.is_as_signed())?.body.as_ref()?;
        match &first.fact {
            Fact::LogOpened(opened) if first.sequence == 0 => Some(opened),
            _ => None,
        }
    }

    /// The keys that records register in a role, with the registering record's sequence.
    pub(super) fn keys_added(&self, role: Role) -> impl Iterator<Item = (u64, &KeyAdded)> {
        self.index
            .keys()
            .iter()
            .filter_map(|at| self.body(*at))
            .filter_map(move |body| match &body.fact {
                // Only the log itself registers keys: a record filed under an agent can't.
                Fact::KeyAdded(key) if key.role == role && body.stream == "sys" => Some((body.sequence, key)),
                _ => None,
            })
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
