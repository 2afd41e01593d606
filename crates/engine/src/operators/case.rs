//! Case files: frozen, recorded, checkpointed, signed.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract::{CaseFile, CaseRequest, Code, OperatorError};
use evidence::{
    Digest, Record, Stream,
    casefile::{CaseInput, CaseWriter, Rotated, Skeleton, selection},
    ocsf::{AgentName, StreamHead},
    rotation::{BY_NEW, BY_OLD},
};
use ledger::{AppendError, Durable, Entry, ReadError, Recordable};

use crate::{
    Engine,
    books::AgentRow,
    operators::fault,
    records::{Acting, Export, day},
    steps::{APPROVAL, Noted},
};

/// The longest range whose every leaf goes into the file.
const LONGEST_SKELETON: u64 = 100_000;

/// The records of one agent that a case file is about, and those beside them: the first of the stream, the neighbours
/// that bound the interval, and what came before it in the stories that go on in it (a hold, say, whose release is in).
struct Selected {
    records: Vec<Record>,
    beside: Vec<Record>,
}

impl Selected {
    fn of(stream: Vec<Record>, request: &CaseRequest) -> Self {
        let (mut earlier, mut records, mut after) = (Vec::new(), Vec::new(), None);
        for record in stream {
            match within(request, &record) {
                Ordering::Less => earlier.push(record),
                Ordering::Equal => records.push(record),
                Ordering::Greater => after = after.or(Some(record)),
            }
        }
        let stories: BTreeSet<_> = records.iter().filter_map(Record::correlation_uid).collect();
        let last = earlier.len().saturating_sub(1);
        let mut beside: Vec<_> = earlier
            .into_iter()
            .enumerate()
            .filter(|(place, record)| {
                let goes_on = record.correlation_uid().is_some_and(|story| stories.contains(story));
                goes_on || *place == 0 || *place == last
            })
            .map(|(_, record)| record)
            .collect();
        beside.extend(after);
        Self { records, beside }
    }
}

/// Where a record lies: before the interval, in it or after it.
fn within(request: &CaseRequest, record: &Record) -> Ordering {
    if request.from_ms.is_some_and(|from| record.logged_time() < from) {
        Ordering::Less
    } else if request.to_ms.is_some_and(|to| record.logged_time() >= to) {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

/// The export's record, and what it says was selected.
struct Exported {
    noted: Noted,
    selected: Selected,
}

impl Recordable for Exported {
    fn entry(&self) -> Entry {
        self.noted.entry()
    }
}

impl Engine {
    pub(crate) async fn export_case(&self, request: &CaseRequest) -> Result<CaseFile, OperatorError> {
        let agent = self.books.read().agent(&request.agent).cloned().ok_or_else(|| {
            let message = format!(
                "There is no agent `{}`; `countersign agent list` shows them.",
                request.agent
            );
            OperatorError::new(Code::NotFound, message)
        })?;
        if let (Some(from), Some(to)) = (request.from_ms, request.to_ms)
            && from >= to
        {
            return Err(OperatorError::new(
                Code::Invalid,
                "The interval ends before it begins; nothing was exported.",
            ));
        }
        let operator = self.acting_operator()?;
        let acting = self.acting(&operator);
        let exported = self.freeze(request, &agent, acting).await?;
        let receipt = exported.receipt().clone();
        let selected = exported.into_value().selected;
        let size = receipt.sequence.saturating_add(1);
        let checkpoint = self.ledger.checkpoint_at(size).await.map_err(fault)?.checkpoint;
        let count = selected.records.len() as u64;
        let export_record = receipt.sequence;

        let engine = self.me.upgrade().ok_or_else(|| fault("the gateway is closing"))?;
        let request = request.clone();
        let name = file_name(&agent, receipt.logged_time);
        let zip = tokio::task::spawn_blocking(move || {
            let input = engine.collect(&request, &agent, selected, size, checkpoint)?;
            CaseWriter::new(input).sign(&engine.case_key).map_err(fault)
        });
        let zip = zip.await.map_err(fault)??;
        let sha256 = Digest::sha256(&zip).to_string();
        Ok(CaseFile {
            name,
            zip: STANDARD.encode(zip),
            sha256,
            records: count,
            export_record,
        })
    }

    /// Selects the records, and writes the export's own record directly after the head that they were selected under:
    /// what comes in between is added by the ledger's writer, while nothing else is written.
    async fn freeze(
        &self,
        request: &CaseRequest,
        agent: &AgentRow,
        acting: Acting,
    ) -> Result<Durable<Exported>, OperatorError> {
        let stream = Stream::agent(&agent.uid).ok_or_else(|| fault("the agent's uid can't name a stream"))?;
        let known = self.ledger.by_time(&stream, None, None).map_err(fault)?;
        if known.is_empty() {
            let message = "Nothing is recorded of this agent yet; nothing was exported.";
            return Err(OperatorError::new(Code::NotFound, message));
        }
        if !known.iter().any(|record| within(request, record) == Ordering::Equal) {
            let message = "Nothing of this agent is recorded in this interval; nothing was exported.";
            return Err(OperatorError::new(Code::NotFound, message));
        }
        let (request, agent) = (
            request.clone(),
            AgentName {
                uid: agent.uid.clone(),
                name: agent.name.clone(),
            },
        );
        let exported = self.ledger.append_at_head(None, move |at| {
            let mut records = known;
            let next = records.last().map_or(0, |record| record.sequence().saturating_add(1));
            records.extend(at.since(&stream, next)?);
            let end = at
                .stream_head(&stream)
                .ok_or_else(|| AppendError::Invalid("the agent's records are gone".to_owned()))?;
            let selected = Selected::of(records, &request);
            let export = Export {
                agent,
                from_ms: request.from_ms,
                to_ms: request.to_ms,
                disclose_contents: request.disclose_contents,
                head: StreamHead {
                    stream: stream.to_string(),
                    stream_seq: end.stream_seq,
                    fp: end.fingerprint,
                },
                size: at.head().size,
                selected: selected.records.len() as u64,
                selection: selection(selected.records.iter().map(|record| *record.fingerprint())),
            };
            Ok(Exported {
                noted: Noted::alone(acting.exported(export)),
                selected,
            })
        });
        exported.await.map_err(|error| self.nothing_changed(&error))
    }

    fn collect(
        &self,
        request: &CaseRequest,
        agent: &AgentRow,
        selected: Selected,
        size: u64,
        checkpoint: evidence::SignedCheckpoint,
    ) -> Result<CaseInput, OperatorError> {
        let approvals = self
            .approvals(selected.records.iter().chain(&selected.beside))
            .map_err(fault)?;
        let policies = self.policies_of(selected.records.iter().chain(&selected.beside));
        let mut contents = Vec::new();
        if request.disclose_contents {
            for record in &selected.records {
                contents.extend(self.ledger.contents(record.sequence()).map_err(fault)?);
            }
        }
        let first = selected
            .records
            .iter()
            .chain(&selected.beside)
            .map(Record::sequence)
            .min()
            .unwrap_or(0);
        let skeleton = self.skeleton(first, size).map_err(fault)?;
        let mut records = selected.records;
        records.extend(selected.beside);
        records.extend(self.supporting(&records, size).map_err(fault)?);
        records.extend(self.erasures(&records, size).map_err(fault)?);
        let rotations = self.rotations_among(&records).map_err(fault)?;
        let mut inclusion = BTreeMap::new();
        for record in &records {
            inclusion.insert(
                record.sequence(),
                self.ledger.inclusion(record.sequence(), size).map_err(fault)?,
            );
        }
        let tenant = self.books.read().tenant.clone();
        Ok(CaseInput {
            tenant_uid: tenant.uid,
            tenant_name: tenant.name,
            agent_uid: agent.uid.clone(),
            agent_name: agent.name.clone(),
            from_ms: request.from_ms,
            to_ms: request.to_ms,
            records,
            inclusion,
            skeleton,
            checkpoint,
            approvals,
            rotations,
            policies,
            contents,
        })
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
        let beside = wanted
            .into_iter()
            .filter(|sequence| *sequence < size && !here.contains(sequence));
        let found: Result<Vec<_>, _> = beside.map(|sequence| self.ledger.record(sequence)).collect();
        Ok(found?.into_iter().flatten().collect())
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

/// `support-bot-2026-11-20.case.zip`: nothing of a name that a file system could take otherwise.
fn file_name(agent: &AgentRow, ms: i64) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '-'
        }
    };
    let agent: String = agent.name.chars().map(plain).collect();
    let day: String = day(ms).to_lowercase().replace(' ', "-");
    format!("{}-{day}.case.zip", agent.trim_matches('-'))
}
