//! Case files: frozen, recorded, checkpointed, signed.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use contract::{CaseFile, CaseRequest, Code, OperatorError};
use evidence::{
    Digest, Record, Stream,
    casefile::{CaseInput, CaseWriter, Skeleton, selection},
    ocsf::{AgentName, StreamHead},
};
use ledger::{AppendError, Durable, Guard, ReadError};

use crate::{
    Engine,
    books::AgentRow,
    operators::fault,
    records::{Acting, Export, day},
    steps::{APPROVAL, Noted},
};

/// How often an export begins again because the log moved on before its record was written.
const ATTEMPTS: u32 = 1000;
/// The longest range whose every leaf goes into the file.
const LONGEST_SKELETON: u64 = 100_000;

/// The records of one agent that a case file is about, and those beside them that bound the interval.
struct Selected {
    records: Vec<Record>,
    beside: Vec<Record>,
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
        let (selected, exported) = self.freeze(request, &agent, &acting).await?;
        let size = exported.receipt().sequence.saturating_add(1);
        let checkpoint = self.ledger.checkpoint_at(size).await.map_err(fault)?.checkpoint;
        let count = selected.records.len() as u64;
        let export_record = exported.receipt().sequence;

        let engine = self.me.upgrade().ok_or_else(|| fault("the gateway is closing"))?;
        let request = request.clone();
        let name = file_name(&agent, exported.receipt().logged_time);
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

    /// Selects the records and writes the export's own record directly after the head that they were selected under.
    async fn freeze(
        &self,
        request: &CaseRequest,
        agent: &AgentRow,
        acting: &Acting,
    ) -> Result<(Selected, Durable<Noted>), OperatorError> {
        let stream = Stream::agent(&agent.uid).ok_or_else(|| fault("the agent's uid can't name a stream"))?;
        for _ in 0..ATTEMPTS {
            let size = self.ledger.size();
            let head = self.ledger.stream_head(&stream).ok_or_else(|| {
                OperatorError::new(
                    Code::NotFound,
                    "Nothing is recorded of this agent yet; nothing was exported.",
                )
            })?;
            let selected = self.select(&stream, request).map_err(fault)?;
            if selected.records.is_empty() {
                let message = "Nothing of this agent is recorded in this interval; nothing was exported.";
                return Err(OperatorError::new(Code::NotFound, message));
            }
            let export = Export {
                agent: AgentName {
                    uid: agent.uid.clone(),
                    name: agent.name.clone(),
                },
                from_ms: request.from_ms,
                to_ms: request.to_ms,
                disclose_contents: request.disclose_contents,
                head: StreamHead {
                    stream: stream.to_string(),
                    stream_seq: head.stream_seq,
                    fp: head.fingerprint,
                },
                size,
                selected: selected.records.len() as u64,
                selection: selection(selected.records.iter().map(|record| *record.fingerprint())),
            };
            let noted = Noted::alone(acting.exported(export));
            match self.ledger.append_if(Guard::Size(size), noted).await {
                Ok(exported) => return Ok((selected, exported)),
                Err(AppendError::Moved) => {}
                Err(error) => return Err(self.nothing_changed(&error)),
            }
        }
        Err(OperatorError::new(
            Code::Conflict,
            "The log is too busy to be frozen; nothing was exported. Try again.",
        ))
    }

    fn select(&self, stream: &Stream, request: &CaseRequest) -> Result<Selected, ReadError> {
        let mut before = None;
        let mut after = None;
        let mut first = None;
        let mut records = Vec::new();
        for record in self.ledger.by_time(stream, None, None)? {
            if record.stream_seq() == 0 {
                first = Some(record.clone());
            }
            if request.from_ms.is_some_and(|from| record.logged_time() < from) {
                before = Some(record);
            } else if request.to_ms.is_some_and(|to| record.logged_time() >= to) {
                after = after.or(Some(record));
            } else {
                records.push(record);
            }
        }
        Ok(Selected {
            records,
            beside: [first, before, after].into_iter().flatten().collect(),
        })
    }

    fn collect(
        &self,
        request: &CaseRequest,
        agent: &AgentRow,
        selected: Selected,
        size: u64,
        checkpoint: evidence::SignedCheckpoint,
    ) -> Result<CaseInput, OperatorError> {
        let approvals = self.approvals(&selected.records).map_err(fault)?;
        let policies = self.policies_of(&selected.records);
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
            policies,
            contents,
        })
    }

    /// The signed statements of the decisions among these records.
    fn approvals(&self, records: &[Record]) -> Result<BTreeMap<u64, Vec<u8>>, ReadError> {
        let mut approvals = BTreeMap::new();
        for record in records.iter().filter(|record| record.kind() == "item_decided") {
            if let Some(envelope) = self.ledger.envelope(record.sequence(), APPROVAL)? {
                approvals.insert(record.sequence(), envelope);
            }
        }
        Ok(approvals)
    }

    /// The texts of the policies that decided these records.
    fn policies_of(&self, records: &[Record]) -> Vec<String> {
        let wanted: BTreeSet<_> = records
            .iter()
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

    fn skeleton(&self, first: u64, size: u64) -> Result<Option<Skeleton>, ReadError> {
        if size.saturating_sub(first) > LONGEST_SKELETON {
            return Ok(None);
        }
        let entries = self.ledger.entries(first, size)?;
        let proof = self.ledger.range_proof(first, size, size)?;
        Ok(Some(Skeleton { first, entries, proof }))
    }

    /// What the selected records lean on: the log's key, the gateway's and the reviewers' keys, the policies that
    /// decided, and the export's own record.
    fn supporting(&self, selected: &[Record], size: u64) -> Result<Vec<Record>, ReadError> {
        let policies: BTreeSet<_> = selected
            .iter()
            .filter_map(|record| record.fact_digest("policy_sha256"))
            .collect();
        let export = size.saturating_sub(1);
        let wanted = |record: &Record| match record.kind() {
            "log_opened" | "key_added" => true,
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
