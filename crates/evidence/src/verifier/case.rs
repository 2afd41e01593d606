//! What was learnt of a case file, before it is judged.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::commitments::{Commitments, Committed};
use super::ending::Ending;
use super::examine::{Examined, Tags};
use super::facts::{self, Exported, Fact, KeyAdded, LogOpened};
use super::follow::Followed;
use super::index::{Index, Item, Story};
use super::order::{Links, Order};
use super::pins::Pins;
use super::records::Records;
use super::report::{Count, Finding, Status};
use super::seal::Seal;
use super::seen::{Body, Held, Said, Seen};
use super::words;
use crate::casefile::{ConsistencyFile, Disclosure, KeysFile, Manifest, Selection};
use crate::checkpoint::SignedCheckpoint;
use crate::envelope::Envelope;
use crate::hash::Digest;
use crate::key::{KeyId, Role};
use crate::record::Record;
use crate::rotation::{KeyRotation, RotationError};
use crate::statement::{CaseStatement, SeenCheckpoint};
use crate::tree::empty_root;

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

/// A reviewer's statement, as it was found.
#[derive(Debug)]
pub(super) struct Approval {
    pub(super) checked: Checked,
    /// Until when it may be used, where it can be read.
    pub(super) expires_ms: Option<i64>,
    /// What the reviewer signed to have seen of the log, where it can be read.
    pub(super) saw: Option<SeenCheckpoint>,
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
    /// The log's keys; nothing where record 0 isn't here, and before they were followed.
    pub(super) log_keys: Option<Followed>,
    /// Roots that the log had at earlier sizes, as far as they are shown.
    pub(super) roots: BTreeMap<u64, Digest>,
    pub(super) records: Records,
    pub(super) ending: Ending,
    pub(super) index: Index,
    pub(super) order: Order,
    /// The first record that names another tenant than the manifest does, by number.
    pub(super) foreign: Option<u64>,
    /// The first record of the agent that the file is about which names it otherwise than the manifest does, by number.
    pub(super) misnamed: Option<u64>,
    pub(super) tags: Tags,
    pub(super) commitments: Commitments,
    /// How each reviewer's statement was found, by the sequence of the record that decided.
    pub(super) approvals: BTreeMap<u64, Approval>,
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
    /// Whether what came before the selected records may rightly be absent.
    pub(super) begins_late: bool,
}

impl Case {
    pub(super) fn total(&self) -> u64 {
        self.records.len() as u64
    }

    /// The records that are as signed, with what they say.
    pub(super) fn proved(&self) -> impl Iterator<Item = (Seen<'_>, Body<'_>)> {
        self.records
            .iter()
            .inspect(|_| self.index.count())
            .filter(Seen::is_as_signed)
            .filter_map(|seen| Some((seen, seen.body?)))
    }

    /// What a record of the index says.
    pub(super) fn body(&self, at: usize) -> Option<Body<'_>> {
        self.index.count();
        self.records.get(at)?.body
    }

    /// What a record of the index says, if it stands before this one in the log.
    pub(super) fn earlier(&self, at: Option<usize>, body: &Body<'_>) -> Option<Body<'_>> {
        self.body(at?).filter(|other| other.sequence < body.sequence)
    }

    /// The records of this item of this stream.
    pub(super) fn item(&self, stream: &str, item_uid: &str) -> Item {
        let name = |text: &str| self.records.names.find(text);
        self.index.item(name(stream), name(item_uid))
    }

    /// The records of this record's request.
    pub(super) fn story(&self, body: &Body<'_>) -> Story {
        let name = |text: &str| self.records.names.find(text);
        let request = name(body.stream).zip(body.correlation.and_then(name));
        request.map_or_else(Story::default, |(stream, correlation)| {
            self.index.story(stream, correlation)
        })
    }

    /// About how many bytes of memory the records take beside what every record takes.
    pub(super) fn bytes_beside(&self) -> u64 {
        self.records.bytes_beside().saturating_add(self.commitments.bytes())
    }

    /// What the log's record 0 says, if it is as signed. Records go by ascending place, so it can only be the first.
    pub(super) fn opened_log(&self) -> Option<&LogOpened> {
        let first = self.records.first().filter(Seen::is_as_signed)?.body?;
        match first.said {
            Said::Fact(Fact::LogOpened(opened)) if first.sequence == 0 => Some(opened),
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
        match body.said {
            Said::Fact(Fact::KeyAdded(added)) => Some((body.sequence, added)),
            _ => None,
        }
    }

    /// The rotation of the log's key that the record at this sequence says.
    pub(super) fn key_rotation_at(&self, sequence: u64) -> Option<&Result<KeyRotation, RotationError>> {
        match self.body(self.index.rotation(sequence)?)?.said {
            Said::Fact(Fact::KeyRotated(rotation)) => Some(rotation),
            _ => None,
        }
    }

    /// The rotations of the log's key that records say, with those records' sequences, in their order.
    pub(super) fn key_rotations(&self) -> impl Iterator<Item = (u64, &Result<KeyRotation, RotationError>)> {
        (0..).map_while(|nth| self.key_rotation(nth))
    }

    /// The nth of them.
    pub(super) fn key_rotation(&self, nth: usize) -> Option<(u64, &Result<KeyRotation, RotationError>)> {
        let body = self.body(*self.index.rotations().get(nth)?)?;
        match body.said {
            Said::Fact(Fact::KeyRotated(rotation)) => Some((body.sequence, rotation.as_ref())),
            _ => None,
        }
    }

    /// The record of this export, if it is as signed: the last leaf under the checkpoint, so the last record here.
    pub(super) fn export(&self) -> Option<(Body<'_>, &Exported)> {
        let end = self.seal.as_ref()?.checkpoint.size.checked_sub(1)?;
        let last = self.records.last().filter(Seen::is_as_signed)?.body?;
        match last.said {
            Said::Fact(Fact::Exported(exported)) if last.sequence == end => Some((last, exported.as_ref())),
            _ => None,
        }
    }

    /// The root that the log had at this size, where that is shown.
    pub(super) fn root_at(&self, size: u64) -> Option<Digest> {
        let sealed = self.seal.as_ref().map(|seal| seal.checkpoint);
        match sealed {
            Some(sealed) if sealed.size == size => Some(sealed.root),
            _ if size == 0 => Some(empty_root()),
            _ => self.roots.get(&size).copied(),
        }
    }

    /// What the attestation says, before its signature was checked.
    pub(super) fn statement(&self) -> Option<CaseStatement> {
        CaseStatement::parse(self.attestation.as_ref()?.unverified_payload()).ok()
    }

    /// Takes in a line that was looked at, and the record in it, where it is one.
    pub(super) fn take(&mut self, mut seen: Examined, record: Option<&Record>) {
        let at = self.records.len();
        let links = Links::of(&seen, at);
        let is_as_signed = seen.is_as_signed();
        if let Some(record) = record.filter(|_| is_as_signed) {
            self.commit(at, record);
        }
        if is_as_signed && let Some(body) = &mut seen.body {
            self.erase(at, &mut body.fact);
        }
        let decided = seen.body.as_ref().and_then(|body| self.decided(body));
        self.records.push(seen, decided);
        if is_as_signed {
            self.index.add(at, &mut self.records);
        }
        self.order.follow(&links, &self.records);
    }

    /// The action that was decided on for the request of an outcome, by what was read before it.
    fn decided(&self, body: &super::examine::Body) -> Option<Digest> {
        let (Fact::CallFinished(_), Some(correlation)) = (&body.fact, &body.correlation) else {
            return None;
        };
        let name = |text: &str| self.records.names.find(text);
        let story = self.index.story(name(&body.stream)?, name(correlation)?);
        match self.records.get(story.decided()?)?.body?.said {
            Said::Call(call) => call.action_digest,
            _ => None,
        }
    }

    /// Takes in what a record that is as signed commits to. A content is committed to once: of two that differ, whoever
    /// reads the other record would take the content for something else.
    fn commit(&mut self, at: usize, record: &Record) {
        let sequence = record.sequence();
        let end = self.seal.as_ref().and_then(|seal| seal.checkpoint.size.checked_sub(1));
        let is_export = end == Some(sequence) && record.kind() == "exported";
        let manifest = self.manifest.as_ref();
        let rule = manifest.and_then(|manifest| manifest.disclosure.as_ref());
        let is_selected = manifest.is_some_and(|manifest| manifest.selection.selects_record(record));
        for (uid, slot, c) in facts::commitments(record).unwrap_or_default() {
            let meant = match is_export {
                // Why contents are disclosed or withheld is always in the file.
                true => [Disclosure::WHY_DISCLOSED, Disclosure::WHY_WITHHELD].contains(&slot.as_str()),
                false => is_selected && rule.is_some_and(|rule| rule.discloses(&uid, &slot)),
            };
            let committed = Committed {
                slot,
                c,
                record: sequence,
                meant,
            };
            self.commitments.commit(at, &uid, committed, &mut self.records.names);
        }
    }

    /// Takes in what a record says that was erased; nothing else rests on that record.
    fn erase(&mut self, at: usize, fact: &mut Fact) {
        if let Fact::ContentsErased(list) = fact {
            for (uid, c) in list.iter() {
                self.commitments.erase(at, uid, c);
            }
            *fact = Fact::Other;
        }
    }

    /// Every record that can be read was read: what depends on later ones is told now.
    pub(super) fn settle(&mut self) {
        self.records.settle();
        let records = &self.records;
        self.commitments.settle(|one, other| records.is_before(one, other));
        self.begins_late = self.may_begin_late();
    }

    /// Whether a record lies in the interval that the file is about; those beside it only support it.
    pub(super) fn is_within(&self, body: &Body<'_>) -> bool {
        match self.selection() {
            None => true,
            // Whatever else lies in the interval is judged with it, though it only supports the agent's records.
            Some(Selection::Agent { from_ms, to_ms, .. }) => {
                from_ms.is_none_or(|from| body.logged_ms >= from) && to_ms.is_none_or(|to| body.logged_ms < to)
            }
            Some(selection) => selection.selects(body.stream, body.sequence, body.logged_ms, body.correlation),
        }
    }

    /// What the manifest says was selected.
    pub(super) fn selection(&self) -> Option<&Selection> {
        self.manifest.as_ref().map(|manifest| &manifest.selection)
    }

    /// Nothing can come before the first record of all.
    fn may_begin_late(&self) -> bool {
        let stream = match self.selection() {
            Some(Selection::Records { .. }) => return true,
            Some(Selection::Agent {
                agent,
                from_ms: Some(_),
                ..
            }) => Some(agent.uid.as_str()),
            Some(Selection::Range { from_ms: Some(_), .. }) => None,
            _ => return false,
        };
        let is_selected = |body: &Body<'_>| stream.is_none_or(|stream| body.stream == stream) && self.is_within(body);
        let first = self
            .records
            .iter()
            .filter_map(|seen| Some((seen, seen.body?)))
            .find(|(_, body)| is_selected(body));
        let is_first_of_all = first.is_some_and(|(seen, body)| {
            let number = if stream.is_some() {
                body.stream_seq
            } else {
                body.sequence
            };
            seen.is_as_signed() && number == 0
        });
        !is_first_of_all
    }

    /// Whether the file claims to hold all of an interval.
    pub(super) fn is_of_interval(&self) -> bool {
        self.selection().is_some_and(|selection| selection.interval().is_some())
    }

    /// The first record that ended this held item without a release.
    pub(super) fn ended(&self, body: &Body<'_>, held: &Held) -> Option<usize> {
        let stream = self.records.names.find(body.stream);
        self.index.item(stream, Some(held.item)).ended
    }

    /// Why it may be absent, after "it".
    pub(super) fn beyond(&self) -> &'static str {
        match self.selection() {
            Some(Selection::Records { .. }) => "isn't among the records that were picked",
            _ => "lies before the interval",
        }
    }

    /// Names a record by its number for a sentence: "record 17".
    pub(super) fn names(&self, failed: &[Seen<'_>]) -> String {
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
    pub(super) fn naming<'a>(mut self, failed: impl IntoIterator<Item = Seen<'a>>) -> Self {
        self.records = failed.into_iter().filter_map(|seen| seen.place).take(NAMED).collect();
        self
    }

    pub(super) fn naming_places(mut self, places: impl IntoIterator<Item = u64>) -> Self {
        self.records = places.into_iter().take(NAMED).collect();
        self
    }
}
