//! Collects a case file from the fixture's log, as the gateway does from its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::ops::{Deref, DerefMut};

use evidence::casefile::{CaseError, CaseInput, CaseWriter, Disclosure, Named, Selection, Since, Skeleton, selection};
use evidence::content::Opening;
use evidence::ocsf::{Actor, AgentName, Exported, StreamHead};
use evidence::tree::{self, RangeProof, TreeError};
use evidence::verifier::{Pin, Pins};
use evidence::{Checkpoint, Digest, Record, Role, SignedCheckpoint, SigningKey, Stream};

use crate::fixture::{Log, POLICY, TENANT, ada, bot};

/// Everything for a case file: what goes in, and its records with their proofs.
#[derive(Debug, Clone)]
pub(crate) struct Collected {
    pub(crate) input: CaseInput,
    pub(crate) records: Vec<Record>,
    pub(crate) inclusion: BTreeMap<u64, Vec<Digest>>,
}

impl Deref for Collected {
    type Target = CaseInput;

    fn deref(&self) -> &CaseInput {
        &self.input
    }
}

impl DerefMut for Collected {
    fn deref_mut(&mut self) -> &mut CaseInput {
        &mut self.input
    }
}

/// A case file that is made in memory, its records in their order, each once.
pub(crate) fn signed(collected: Collected, key: &SigningKey) -> Result<Vec<u8>, CaseError> {
    let Collected {
        input,
        mut records,
        inclusion,
    } = collected;
    records.sort_by_key(Record::sequence);
    records.dedup_by_key(|record| record.sequence());
    let mut writer = CaseWriter::new(input, Cursor::default(), Cursor::default());
    for record in &records {
        writer.put(record, inclusion[&record.sequence()].clone())?;
    }
    Ok(writer.sign(key, Cursor::default())?.zip.into_inner())
}

/// One agent in an interval.
pub(crate) fn of_agent_in(agent: &AgentName, from_ms: Option<i64>, to_ms: Option<i64>) -> Selection {
    let agent = Named {
        uid: agent.uid.clone(),
        name: agent.name.clone(),
    };
    Selection::Agent { agent, from_ms, to_ms }
}

/// Every slot disclosed.
pub(crate) fn everything() -> Disclosure {
    Disclosure {
        slots: ["reason", "request", "response", "subject", "view"]
            .map(String::from)
            .to_vec(),
        ..Disclosure::default()
    }
}

impl Log {
    /// Appends the export record and collects everything for a case file of `agent` in this interval.
    pub(crate) fn export(&mut self, agent: &AgentName, from_ms: Option<i64>, to_ms: Option<i64>) -> Collected {
        self.export_as(of_agent_in(agent, from_ms, to_ms), everything())
    }

    /// Appends the export record of a selection, and collects everything for the case file.
    pub(crate) fn export_as(&mut self, asked: Selection, disclosure: Disclosure) -> Collected {
        let selected: Vec<Record> = self.selected(&asked);
        self.record_export(&asked, &disclosure, None, &selected);
        self.collect(asked, disclosure, &selected)
    }

    /// The records of a selection, as things stand.
    pub(crate) fn selected(&self, asked: &Selection) -> Vec<Record> {
        let selected = self.records.iter().filter(|record| asked.selects_record(record));
        selected.cloned().collect()
    }

    /// Appends the record of an export: what the log then says, whatever is collected.
    pub(crate) fn record_export(
        &mut self,
        asked: &Selection,
        disclosure: &Disclosure,
        since: Option<Since>,
        selected: &[Record],
    ) {
        let mut streams: BTreeSet<&str> = selected.iter().map(|record| record.stream().as_str()).collect();
        if let Selection::Agent { agent, .. } = asked {
            streams.insert(&agent.uid);
        }
        let head = |stream: &str| {
            let last = self.records.iter().rfind(|record| record.stream().as_str() == stream);
            last.map(|last| StreamHead {
                stream: stream.to_owned(),
                stream_seq: last.stream_seq(),
                fp: *last.fingerprint(),
            })
        };
        let heads = streams.into_iter().filter_map(head).collect();
        self.record_export_naming(asked, disclosure, since, selected, heads);
    }

    /// As [`record_export`](Self::record_export), with these heads.
    pub(crate) fn record_export_naming(
        &mut self,
        asked: &Selection,
        disclosure: &Disclosure,
        since: Option<Since>,
        selected: &[Record],
        heads: Vec<StreamHead>,
    ) {
        let exported = Exported {
            context: self.now(),
            actor: Actor::Person(ada()),
            filter: asked.clone(),
            disclosure: disclosure.clone(),
            since,
            contents: vec![],
            heads,
            size: self.records.len() as u64,
            selected: selected.len() as u64,
            selection: selection(selected.iter().map(|record| *record.fingerprint())),
        };
        self.append(Stream::sys(), exported.event());
    }

    /// The checkpoint over so many records, signed by the key in use now.
    pub(crate) fn checkpoint_at(&self, size: u64) -> SignedCheckpoint {
        let leaves = self.leaves();
        let root = tree::root(size, &mut tree::of_leaves(&leaves)).unwrap();
        let origin = self.origin;
        Checkpoint { origin, size, root }.sign(&self.keys.log).unwrap()
    }

    /// What stands beside selected records, by sequence.
    fn beside(&self, asked: &Selection, selected: &[Record]) -> BTreeSet<u64> {
        let export = self.records.len() as u64 - 1;
        let mut beside: BTreeSet<u64> = self
            .records
            .iter()
            .filter(|record| {
                ["log_opened", "key_added", "key_rotated", "policy_published"].contains(&record.kind())
                    || record.sequence() == export
            })
            .map(Record::sequence)
            .collect();
        let streams: BTreeSet<&str> = match asked {
            Selection::Agent { agent, .. } => BTreeSet::from([agent.uid.as_str()]),
            _ => selected.iter().map(|record| record.stream().as_str()).collect(),
        };
        let of = |stream: &str| {
            let stream = stream.to_owned();
            self.records
                .iter()
                .filter(move |record| record.stream().as_str() == stream)
        };
        beside.extend(
            streams
                .iter()
                .filter_map(|stream| of(stream).next())
                .map(Record::sequence),
        );
        let (from, to) = asked.interval().unwrap_or_default();
        let before = |record: &&Record| from.is_some_and(|from| record.logged_time() < from);
        let after = |record: &&Record| to.is_some_and(|to| record.logged_time() >= to);
        match asked {
            Selection::Agent { agent, .. } => {
                beside.extend(of(&agent.uid).rfind(before).map(Record::sequence));
                beside.extend(of(&agent.uid).find(after).map(Record::sequence));
            }
            Selection::Range { .. } => {
                beside.extend(self.records.iter().rfind(before).map(Record::sequence));
                beside.extend(self.records.iter().find(after).map(Record::sequence));
            }
            _ => {}
        }
        let story = self.records.iter().filter(|record| {
            let same = |other: &&Record| other.correlation_uid() == record.correlation_uid();
            record.correlation_uid().is_some()
                && selected
                    .iter()
                    .filter(same)
                    .any(|other| other.sequence() > record.sequence())
        });
        beside.extend(story.map(Record::sequence));
        beside
    }

    /// Everything for a case file of these records; the record of the export is the log's last.
    pub(crate) fn collect(&self, asked: Selection, disclosure: Disclosure, selected: &[Record]) -> Collected {
        let mut records = selected.to_vec();
        let beside = self.beside(&asked, selected);
        records.extend(
            self.records
                .iter()
                .filter(|record| beside.contains(&record.sequence()))
                .cloned(),
        );
        let leaves = self.leaves();
        let size = leaves.len() as u64;
        let mut nodes = tree::of_leaves(&leaves);
        let inclusion = records
            .iter()
            .map(|record| {
                (
                    record.sequence(),
                    tree::inclusion::<TreeError>(record.sequence(), size, &mut nodes).unwrap(),
                )
            })
            .collect();
        let skeleton = match &asked {
            Selection::Agent { agent, .. } => {
                let of_agent = |record: &&Record| record.stream().as_str() == agent.uid;
                let first = records.iter().filter(of_agent).map(Record::sequence).min().unwrap();
                let proof: RangeProof = tree::range_proof::<TreeError>(first, size, size, &mut nodes).unwrap();
                let entries = self.entries[usize::try_from(first).unwrap()..].to_vec();
                Some(Skeleton { first, entries, proof })
            }
            _ => None,
        };
        let here: Vec<u64> = records.iter().map(Record::sequence).collect();
        let committed: Vec<String> = selected.iter().map(|record| record.facts().to_string()).collect();
        let disclosed = |opening: &&Opening| {
            disclosure.discloses(&opening.header.content_uid, &opening.header.slot)
                && committed
                    .iter()
                    .any(|facts| facts.contains(&opening.header.content_uid))
        };
        let input = CaseInput {
            tenant_uid: TENANT.into(),
            tenant_name: "Norwind Trading".into(),
            contents: self.contents.iter().filter(disclosed).cloned().collect(),
            selection: asked,
            disclosure: disclosure.clone(),
            skeleton,
            checkpoint: self.checkpoint(),
            approvals: self
                .approvals
                .iter()
                .filter(|(at, _)| here.contains(at))
                .map(|(at, e)| (*at, e.clone()))
                .collect(),
            rotations: self.rotations.clone(),
            policies: vec![POLICY.into()],
            since: None,
            verifier_page: None,
        };
        Collected {
            input,
            records,
            inclusion,
        }
    }

    /// The whole stream's case file.
    pub(crate) fn case(&mut self) -> Result<Vec<u8>, CaseError> {
        let input = self.export(&bot(), None, None);
        signed(input, &self.keys.case)
    }

    /// Pins this log's case key.
    pub(crate) fn pins(&self) -> Pins {
        Pins::new(vec![Pin {
            origin: self.origin,
            role: Role::Case,
            key: self.keys.case.public(),
            name: "Norwind Trading".into(),
        }])
    }
}
