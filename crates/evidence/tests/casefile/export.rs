//! Collects a case file from the fixture's log, as the gateway does from its own.

use evidence::casefile::{CaseError, CaseInput, CaseWriter, Skeleton, selection};
use evidence::content::Opening;
use evidence::ocsf::{Actor, AgentName, Exported, StreamHead};
use evidence::tree::{self, RangeProof, TreeError};
use evidence::verifier::{Pin, Pins};
use evidence::{Record, Role, Stream};

use crate::fixture::{Log, POLICY, TENANT, ada, bot};

impl Log {
    /// Appends the export record and collects everything for a case file of `agent` in this interval.
    pub(crate) fn export(&mut self, agent: &AgentName, from_ms: Option<i64>, to_ms: Option<i64>) -> CaseInput {
        let within = |record: &Record| {
            let at = record.logged_time();
            from_ms.is_none_or(|from| at >= from) && to_ms.is_none_or(|to| at < to)
        };
        let of_agent = |record: &&Record| record.stream().as_str() == agent.uid;
        let last = self.records.iter().rfind(of_agent).unwrap();
        let heads = vec![StreamHead {
            stream: agent.uid.clone(),
            stream_seq: last.stream_seq(),
            fp: *last.fingerprint(),
        }];
        let selected: Vec<Record> = self
            .records
            .iter()
            .filter(of_agent)
            .filter(|r| within(r))
            .cloned()
            .collect();
        let exported = Exported {
            context: self.now(),
            actor: Actor::Person(ada()),
            agent: agent.clone(),
            from_ms,
            to_ms,
            disclose_contents: true,
            heads,
            size: self.records.len() as u64,
            selected: selected.len() as u64,
            selection: selection(selected.iter().map(|record| *record.fingerprint())),
        };
        let export = self.append(Stream::sys(), exported.event());

        let of_agent = |record: &&Record| record.stream().as_str() == agent.uid;
        let supporting = self.records.iter().filter(|record| {
            ["log_opened", "key_added", "key_rotated", "policy_published"].contains(&record.kind())
                || record.sequence() == export
        });
        let before = self
            .records
            .iter()
            .filter(of_agent)
            .rfind(|r| from_ms.is_some_and(|from| r.logged_time() < from));
        let after = self
            .records
            .iter()
            .filter(of_agent)
            .find(|r| to_ms.is_some_and(|to| r.logged_time() >= to));
        let opener = self.records.iter().find(of_agent);
        let story = self.records.iter().filter(of_agent).filter(|record| {
            let same = |other: &&Record| other.correlation_uid() == record.correlation_uid();
            record.correlation_uid().is_some()
                && selected.iter().any(|other| same(&other))
                && from_ms.is_some_and(|from| record.logged_time() < from)
        });
        let mut records = selected.clone();
        records.extend(
            supporting
                .chain(before)
                .chain(after)
                .chain(opener)
                .chain(story)
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
        let first = records.iter().filter(of_agent).map(Record::sequence).min().unwrap();
        let proof: RangeProof = tree::range_proof::<TreeError>(first, size, size, &mut nodes).unwrap();
        let entries = self.entries[usize::try_from(first).unwrap()..].to_vec();
        let here: Vec<u64> = records.iter().map(Record::sequence).collect();
        let committed: Vec<String> = records.iter().map(|record| record.facts().to_string()).collect();
        let named = |opening: &&Opening| {
            committed
                .iter()
                .any(|facts| facts.contains(&opening.header.content_uid))
        };
        CaseInput {
            tenant_uid: TENANT.into(),
            tenant_name: "Norwind Trading".into(),
            agent_uid: agent.uid.clone(),
            agent_name: agent.name.clone(),
            from_ms,
            to_ms,
            records,
            inclusion,
            skeleton: Some(Skeleton { first, entries, proof }),
            checkpoint: self.checkpoint(),
            approvals: self
                .approvals
                .iter()
                .filter(|(at, _)| here.contains(at))
                .map(|(at, e)| (*at, e.clone()))
                .collect(),
            rotations: self.rotations.clone(),
            policies: vec![POLICY.into()],
            contents: self.contents.iter().filter(named).cloned().collect(),
        }
    }

    /// The whole stream's case file.
    pub(crate) fn case(&mut self) -> Result<Vec<u8>, CaseError> {
        let input = self.export(&bot(), None, None);
        CaseWriter::new(input).sign(&self.keys.case)
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
