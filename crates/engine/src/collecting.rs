//! Collects a case file from the log: everything that goes into it follows from the record of the export and what stands
//! before it, so it can be made again, byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

use contract::OperatorError;
use evidence::{
    Digest, Record, Stream,
    casefile::{Asked, CaseInput, CaseWriter, Disclosure, EarlierCheckpoint, Rotated, Selection, SignedCase, Skeleton},
    content::Opening,
    rotation::{BY_NEW, BY_OLD},
    tree::LogEntry,
};
use ledger::{Filter, ReadError};

use crate::{
    Engine,
    operators::fault,
    selecting::{self, Selected},
    steps::APPROVAL,
};

/// The longest range whose every leaf goes into the file.
const LONGEST_SKELETON: u64 = 100_000;
/// What the leaves from `first` on take in a case file, in bytes; none where they are too many.
pub(crate) const fn skeleton_bytes(first: u64, size: u64) -> u64 {
    match size.saturating_sub(first) {
        leaves @ ..=LONGEST_SKELETON => leaves.saturating_mul(LogEntry::LEN as u64),
        _ => 0,
    }
}

/// How many records are in memory at a time.
const PART: usize = 500;

/// What records rest on beside other records, gathered while they are gone through.
#[derive(Default)]
struct RestOn {
    policies: BTreeSet<Digest>,
    decided: Vec<u64>,
    rotated: Vec<u64>,
}

impl RestOn {
    fn take(&mut self, record: &Record) {
        self.policies.extend(record.fact_digest("policy_sha256"));
        match record.kind() {
            "item_decided" => self.decided.push(record.sequence()),
            "key_rotated" => self.rotated.push(record.sequence()),
            _ => {}
        }
    }
}

impl Engine {
    /// The case file of which this is the record: made in files without a name, since it may be larger than memory.
    pub(crate) fn made_case(&self, export: &Record) -> Result<SignedCase<File>, OperatorError> {
        let asked = Asked::of(export).ok_or_else(|| fault("the record of the export can't be read"))?;
        let size = export.sequence().saturating_add(1);
        let (input, sequences) = self.collect(&asked, export)?;
        let place = || tempfile::tempfile_in(&self.about.data_dir).map_err(fault);
        let mut writer = CaseWriter::new(input, place()?, place()?);
        for part in sequences.chunks(PART) {
            let paths = self.ledger.inclusions(part, size).map_err(fault)?;
            for (record, path) in self.ledger.records_at(part).map_err(fault)?.iter().zip(paths) {
                writer.put(record, path).map_err(fault)?;
            }
        }
        writer.sign(&self.case_key, place()?).map_err(fault)
    }

    /// What goes into the file beside its records, and which these are, in their order.
    fn collect(&self, asked: &Asked, export: &Record) -> Result<(CaseInput, Vec<u64>), OperatorError> {
        let head = export.sequence();
        let size = head.saturating_add(1);
        let (selection, disclosure) = (&asked.selection, asked.disclosure.clone().unwrap_or_default());
        let places = selecting::selected(&self.ledger, selection, head).map_err(fault)?;
        let (mut selected, mut rest_on) = (Selected::default(), RestOn::default());
        let sequences: Vec<u64> = places.into_iter().map(|place| place.sequence).collect();
        self.each(&sequences, |record| {
            selected.take(selection, record);
            rest_on.take(record);
        })?;
        let beside = selected.beside(&self.ledger, selection, head).map_err(fault)?;
        let contents = self.disclosed(&sequences, export, &disclosure).map_err(fault)?;
        let mut here: BTreeSet<u64> = sequences.into_iter().collect();
        self.each(&beside.iter().copied().collect::<Vec<_>>(), |record| {
            rest_on.take(record)
        })?;
        here.extend(beside);
        let approvals = self.approvals(&rest_on.decided).map_err(fault)?;
        let policies = self.policies_of(&rest_on.policies);
        let skeleton = match selection {
            Selection::Agent { .. } => {
                let first = here.first().copied().unwrap_or(0);
                self.skeleton(first, size).map_err(fault)?
            }
            // A range shows all its leaves as records, and of picked records nothing is claimed that it could show.
            _ => None,
        };
        let supporting = self.supporting(&mut rest_on, size)?;
        here.extend(supporting);
        let erasures = self.erasures(&here, size).map_err(fault)?;
        here.extend(erasures);
        let rotations = self.rotations_among(&rest_on.rotated).map_err(fault)?;
        let sealed = self.ledger.checkpoint_of(size).map_err(fault)?;
        let checkpoint = sealed.ok_or_else(|| fault("the export wasn't sealed"))?.checkpoint;
        let tenant = self.books.read().tenant.clone();
        let input = CaseInput {
            tenant_uid: tenant.uid,
            tenant_name: tenant.name,
            selection: selection.clone(),
            disclosure,
            skeleton,
            checkpoint,
            approvals,
            rotations,
            policies,
            contents,
            since: self.earlier(asked, size)?,
            verifier_page: self.about.verifier_page.read().clone(),
        };
        Ok((input, here.into_iter().collect()))
    }

    /// Goes through these records, some at a time.
    fn each(&self, sequences: &[u64], mut take: impl FnMut(&Record)) -> Result<(), OperatorError> {
        for part in sequences.chunks(PART) {
            self.ledger.records_at(part).map_err(fault)?.iter().for_each(&mut take);
        }
        Ok(())
    }

    /// The contents that the record of the export discloses, and the reasons that came with it.
    fn disclosed(&self, selected: &[u64], export: &Record, disclosure: &Disclosure) -> Result<Vec<Opening>, ReadError> {
        let mut contents = self.ledger.contents(export.sequence())?;
        if disclosure.is_nothing() {
            return Ok(contents);
        }
        for sequence in selected {
            // What isn't disclosed isn't opened either.
            let kept = self.ledger.kept_with(*sequence)?;
            for content in kept.iter().filter(|kept| disclosure.discloses(&kept.uid, &kept.slot)) {
                contents.extend(self.ledger.content(&content.uid)?);
            }
        }
        Ok(contents)
    }

    /// The checkpoint that the log is to be shown to go on from, as the log itself keeps it.
    fn earlier(&self, asked: &Asked, size: u64) -> Result<Option<EarlierCheckpoint>, OperatorError> {
        let Some(since) = asked.since else { return Ok(None) };
        let sealed = self.ledger.checkpoint_of(since.size).map_err(fault)?;
        Ok(Some(EarlierCheckpoint {
            checkpoint: sealed
                .ok_or_else(|| fault("the earlier checkpoint is gone"))?
                .checkpoint,
            path: self.ledger.consistency(since.size, size).map_err(fault)?,
        }))
    }

    /// What both keys signed of each of these rotations, by their records.
    fn rotations_among(&self, records: &[u64]) -> Result<BTreeMap<u64, Rotated>, ReadError> {
        let mut rotations = BTreeMap::new();
        for at in records.iter().copied() {
            let envelope = |name| Ok::<_, ReadError>(self.ledger.envelope(at, name)?.unwrap_or_default());
            let (by_old, by_new) = (envelope(BY_OLD)?, envelope(BY_NEW)?);
            rotations.insert(at, Rotated { by_old, by_new });
        }
        Ok(rotations)
    }

    /// The signed statements of these decisions, by their records.
    fn approvals(&self, records: &[u64]) -> Result<BTreeMap<u64, Vec<u8>>, ReadError> {
        let mut approvals = BTreeMap::new();
        for at in records.iter().copied() {
            if let Some(envelope) = self.ledger.envelope(at, APPROVAL)? {
                approvals.insert(at, envelope);
            }
        }
        Ok(approvals)
    }

    /// The texts of these policies.
    fn policies_of(&self, wanted: &BTreeSet<Digest>) -> Vec<String> {
        let books = self.books.read();
        let decided = |sha256: &str| sha256.parse().is_ok_and(|digest| wanted.contains(&digest));
        let texts: BTreeMap<_, _> = books
            .policies
            .iter()
            .filter(|policy| decided(&policy.sha256))
            .map(|policy| (policy.sha256.clone(), policy.text.clone()))
            .collect();
        texts.into_values().collect()
    }

    /// The records, beside these, that say that contents of these were erased.
    fn erasures(&self, here: &BTreeSet<u64>, size: u64) -> Result<BTreeSet<u64>, ReadError> {
        let mut wanted = BTreeSet::new();
        for sequence in here {
            let kept = self.ledger.kept_with(*sequence)?;
            wanted.extend(kept.into_iter().filter_map(|content| content.erased));
        }
        let missing = |sequence: &u64| *sequence < size && !here.contains(sequence);
        let mut beside: BTreeSet<u64> = wanted.into_iter().filter(missing).collect();
        // A record can only be proved with the one that opens its stream.
        for record in self.ledger.records_at(&beside.iter().copied().collect::<Vec<_>>())? {
            beside.extend(self.ledger.opened_at(record.stream())?.filter(missing));
        }
        Ok(beside)
    }

    fn skeleton(&self, first: u64, size: u64) -> Result<Option<Skeleton>, ReadError> {
        if skeleton_bytes(first, size) == 0 {
            return Ok(None);
        }
        let entries = self.ledger.entries(first, size)?;
        let proof = self.ledger.range_proof(first, size, size)?;
        Ok(Some(Skeleton { first, entries, proof }))
    }

    /// What the selected records lean on: the log's keys, the gateway's and the reviewers' keys, the policies that
    /// decided, and the export's own record.
    fn supporting(&self, rest_on: &mut RestOn, size: u64) -> Result<Vec<u64>, OperatorError> {
        let export = size.saturating_sub(1);
        let filter = Filter {
            stream: Some(Stream::sys()),
            correlation: None,
        };
        let sys = self.ledger.places(&filter, 0..size, u32::MAX).map_err(fault)?;
        let sys: Vec<u64> = sys.into_iter().map(|place| place.sequence).collect();
        let (mut supporting, mut rotated) = (Vec::new(), Vec::new());
        let policies = &rest_on.policies;
        self.each(&sys, |record| {
            let wanted = match record.kind() {
                "log_opened" | "key_added" => true,
                "key_rotated" => {
                    rotated.push(record.sequence());
                    true
                }
                "policy_published" => record
                    .fact_digest("policy_sha256")
                    .is_some_and(|sha256| policies.contains(&sha256)),
                _ => record.sequence() == export,
            };
            if wanted {
                supporting.push(record.sequence());
            }
        })?;
        rest_on.rotated = rotated;
        Ok(supporting)
    }
}
