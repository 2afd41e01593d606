//! Collects a case file from the log: everything that goes into it follows from the record of the export and what stands
//! before it, so it can be made again, byte for byte.

use std::collections::{BTreeMap, BTreeSet};

use contract::OperatorError;
use evidence::{
    Record, Stream,
    casefile::{Asked, CaseInput, CaseWriter, Disclosure, EarlierCheckpoint, Rotated, Selection, Skeleton},
    content::Opening,
    rotation::{BY_NEW, BY_OLD},
};
use ledger::ReadError;

use crate::{Engine, operators::fault, selecting, steps::APPROVAL};

/// The longest range whose every leaf goes into the file.
const LONGEST_SKELETON: u64 = 100_000;

impl Engine {
    /// The case file of which this is the record.
    pub(crate) fn made_case(&self, export: &Record) -> Result<Vec<u8>, OperatorError> {
        let asked = Asked::of(export).ok_or_else(|| fault("the record of the export can't be read"))?;
        let input = self.collect(&asked, export)?;
        CaseWriter::new(input).sign(&self.case_key).map_err(fault)
    }

    fn collect(&self, asked: &Asked, export: &Record) -> Result<CaseInput, OperatorError> {
        let head = export.sequence();
        let size = head.saturating_add(1);
        let (selection, disclosure) = (&asked.selection, asked.disclosure.clone().unwrap_or_default());
        let places = selecting::selected(&self.ledger, selection, head).map_err(fault)?;
        let sequences: Vec<u64> = places.iter().map(|place| place.sequence).collect();
        let selected = self.ledger.records_at(&sequences).map_err(fault)?;
        let beside = selecting::beside(&self.ledger, selection, &selected, head).map_err(fault)?;
        let beside: Vec<u64> = beside.into_iter().collect();
        let contents = self.disclosed(&selected, export, &disclosure).map_err(fault)?;

        let mut records = selected;
        records.extend(self.ledger.records_at(&beside).map_err(fault)?);
        let approvals = self.approvals(records.iter()).map_err(fault)?;
        let policies = self.policies_of(records.iter());
        let skeleton = match selection {
            Selection::Agent { .. } => {
                let first = records.iter().map(Record::sequence).min().unwrap_or(0);
                self.skeleton(first, size).map_err(fault)?
            }
            // A range shows all its leaves as records, and of picked records nothing is claimed that it could show.
            _ => None,
        };
        records.extend(self.supporting(&records, size).map_err(fault)?);
        records.extend(self.erasures(&records, size).map_err(fault)?);
        let rotations = self.rotations_among(&records).map_err(fault)?;
        let mut inclusion = BTreeMap::new();
        for record in &records {
            let sequence = record.sequence();
            inclusion.insert(sequence, self.ledger.inclusion(sequence, size).map_err(fault)?);
        }
        let sealed = self.ledger.checkpoint_of(size).map_err(fault)?;
        let checkpoint = sealed.ok_or_else(|| fault("the export wasn't sealed"))?.checkpoint;
        let tenant = self.books.read().tenant.clone();
        Ok(CaseInput {
            tenant_uid: tenant.uid,
            tenant_name: tenant.name,
            selection: selection.clone(),
            disclosure,
            records,
            inclusion,
            skeleton,
            checkpoint,
            approvals,
            rotations,
            policies,
            contents,
            since: self.earlier(asked, size)?,
            verifier_page: self.about.verifier_page.read().clone(),
        })
    }

    /// The contents that the record of the export discloses, and the reasons that came with it.
    fn disclosed(
        &self,
        selected: &[Record],
        export: &Record,
        disclosure: &Disclosure,
    ) -> Result<Vec<Opening>, ReadError> {
        let mut contents = self.ledger.contents(export.sequence())?;
        if disclosure.is_nothing() {
            return Ok(contents);
        }
        for record in selected {
            // What isn't disclosed isn't opened either.
            let kept = self.ledger.kept_with(record.sequence())?;
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

    /// What both keys signed of each rotation among these records.
    fn rotations_among(&self, records: &[Record]) -> Result<BTreeMap<u64, Rotated>, ReadError> {
        let mut rotations = BTreeMap::new();
        for record in records.iter().filter(|record| record.kind() == "key_rotated") {
            let at = record.sequence();
            let envelope = |name| Ok::<_, ReadError>(self.ledger.envelope(at, name)?.unwrap_or_default());
            let (by_old, by_new) = (envelope(BY_OLD)?, envelope(BY_NEW)?);
            rotations.insert(at, Rotated { by_old, by_new });
        }
        Ok(rotations)
    }

    /// The signed statements of the decisions among these records.
    fn approvals<'a>(&self, records: impl Iterator<Item = &'a Record>) -> Result<BTreeMap<u64, Vec<u8>>, ReadError> {
        let mut approvals = BTreeMap::new();
        for record in records.filter(|record| record.kind() == "item_decided") {
            if let Some(envelope) = self.ledger.envelope(record.sequence(), APPROVAL)? {
                approvals.insert(record.sequence(), envelope);
            }
        }
        Ok(approvals)
    }

    /// The texts of the policies that decided these records.
    fn policies_of<'a>(&self, records: impl Iterator<Item = &'a Record>) -> Vec<String> {
        let wanted: BTreeSet<_> = records
            .filter_map(|record| record.fact_digest("policy_sha256"))
            .collect();
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
    fn erasures(&self, records: &[Record], size: u64) -> Result<Vec<Record>, ReadError> {
        let here: BTreeSet<u64> = records.iter().map(Record::sequence).collect();
        let mut wanted = BTreeSet::new();
        for sequence in &here {
            let kept = self.ledger.kept_with(*sequence)?;
            wanted.extend(kept.into_iter().filter_map(|content| content.erased));
        }
        let missing = |sequence: &u64| *sequence < size && !here.contains(sequence);
        let mut beside: BTreeSet<u64> = wanted.into_iter().filter(missing).collect();
        // A record can only be proved with the one that opens its stream.
        for record in self.ledger.records_at(&beside.iter().copied().collect::<Vec<_>>())? {
            beside.extend(self.ledger.opened_at(record.stream())?.filter(missing));
        }
        self.ledger.records_at(&beside.into_iter().collect::<Vec<_>>())
    }

    fn skeleton(&self, first: u64, size: u64) -> Result<Option<Skeleton>, ReadError> {
        if size.saturating_sub(first) > LONGEST_SKELETON {
            return Ok(None);
        }
        let entries = self.ledger.entries(first, size)?;
        let proof = self.ledger.range_proof(first, size, size)?;
        Ok(Some(Skeleton { first, entries, proof }))
    }

    /// What the selected records lean on: the log's keys, the gateway's and the reviewers' keys, the policies that
    /// decided, and the export's own record.
    fn supporting(&self, selected: &[Record], size: u64) -> Result<Vec<Record>, ReadError> {
        let policies: BTreeSet<_> = selected
            .iter()
            .filter_map(|record| record.fact_digest("policy_sha256"))
            .collect();
        let export = size.saturating_sub(1);
        let wanted = |record: &Record| match record.kind() {
            "log_opened" | "key_added" | "key_rotated" => true,
            "policy_published" => record
                .fact_digest("policy_sha256")
                .is_some_and(|sha256| policies.contains(&sha256)),
            _ => record.sequence() == export,
        };
        let sys = self.ledger.by_time(&Stream::sys(), None, None)?;
        Ok(sys
            .into_iter()
            .filter(|record| record.sequence() < size && wanted(record))
            .collect())
    }
}
