//! What happened, record by record, within bounds.

use super::case::Case;
use super::examine::Standing;
use super::report::{RecordProof, Status, TimelineEntry};
use super::seen::{Body, Seen};
use super::words;
use crate::casefile::{InclusionLine, Selection};
use crate::hash::Digest;
use crate::ocsf::describe;
use crate::record::Record;
use crate::tree::LogEntry;

/// Entries kept while the records are read; how each stands is known only at the end.
#[derive(Debug)]
pub(super) struct Timeline {
    /// The first record that is told, by number.
    from: u64,
    entries: Vec<Kept>,
    bytes: usize,
    /// The first record that there was no room for.
    next: Option<u64>,
}

/// A record's entry, its number of line, and the audit path that stands beside it.
#[derive(Debug)]
struct Kept {
    number: u64,
    entry: TimelineEntry,
    path: Vec<Digest>,
}

impl Timeline {
    /// One that begins with the record of this number.
    pub(super) fn from(from: u64) -> Self {
        Self {
            from,
            entries: Vec::new(),
            bytes: 0,
            next: None,
        }
    }

    /// Keeps a record, as its number of line, with its proof. Beyond the limits (entries, bytes) only those that have to be told are
    /// kept, up to twice as much.
    pub(super) fn keep(
        &mut self,
        number: u64,
        must: bool,
        limits: (usize, usize),
        proof: Option<&InclusionLine>,
        entry: impl FnOnce() -> TimelineEntry,
    ) {
        if number < self.from {
            return;
        }
        let factor = if must { 2 } else { 1 };
        let (count, bytes) = (limits.0.saturating_mul(factor), limits.1.saturating_mul(factor));
        if self.entries.len() < count && self.bytes < bytes {
            let entry = entry();
            let path = proof.map(|proof| proof.path.clone()).unwrap_or_default();
            let size = entry.ocsf.len().saturating_add(path.len().saturating_mul(32));
            self.bytes = self.bytes.saturating_add(size);
            self.entries.push(Kept { number, entry, path });
        } else {
            self.next = self.next.or(Some(number));
        }
    }

    /// The first record that there was no room for, by number.
    pub(super) fn next(&self) -> Option<u64> {
        self.next
    }

    /// The records that the file is about, and whatever was altered, each as it stands in the end.
    pub(super) fn finish(self, case: &Case) -> Vec<TimelineEntry> {
        let last = case.seal.as_ref().map(|seal| seal.checkpoint.size.saturating_sub(1));
        let mut shown = Vec::new();
        for Kept {
            number,
            mut entry,
            path,
        } in self.entries
        {
            let index = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
            let Some(seen) = case.records.get(index) else { continue };
            let meant = seen.body.is_some_and(|body| is_meant(case, &body));
            entry.status = match seen.standing {
                Standing::AsSigned => Status::Pass,
                Standing::Altered(_) => Status::Fail,
                Standing::Unproved => Status::NotEstablished,
            };
            if entry.status == Status::Fail || meant || seen.place == last {
                entry.proof = proof(case, &seen, path);
                shown.push(entry);
            }
        }
        shown
    }
}

/// What it takes to check a record against the checkpoint by hand.
fn proof(case: &Case, seen: &Seen<'_>, path: Vec<Digest>) -> Option<RecordProof> {
    let seal = case.seal.as_ref()?;
    let signed = match seen.standing {
        Standing::AsSigned => seen.hashes_to,
        Standing::Altered(signed) => signed,
        Standing::Unproved => None,
    };
    let in_skeleton = || Some(seal.entry(seen.place?)?.tag);
    let of_stream = seen.body.and_then(|body| case.tags.best(body.stream));
    let tag = of_stream.or_else(in_skeleton);
    let leaf = |d| Some(LogEntry { tag: tag?, d }.leaf_hash());
    Some(RecordProof {
        claimed: seen.body.map(|body| body.claimed),
        recomputed: seen.hashes_to,
        signed,
        tag,
        leaf: signed.or(seen.hashes_to).and_then(leaf),
        path,
        size: seal.checkpoint.size,
        root: seal.checkpoint.root,
        fault: seen.unproved.map(str::to_owned),
    })
}

/// Whether the file is about this record; of an agent, the ones beside the interval are shown too.
fn is_meant(case: &Case, body: &Body<'_>) -> bool {
    match case.selection() {
        Some(Selection::Agent { agent, .. }) => body.stream == agent.uid,
        Some(_) => case.is_within(body),
        None => false,
    }
}

/// The entry of a record that can be read.
pub(super) fn entry(record: &Record) -> TimelineEntry {
    let said = describe(record.event());
    let text = match said.who.is_empty() {
        true => said.did,
        false => format!("{} {}", said.who, said.did),
    };
    TimelineEntry {
        sequence: record.sequence(),
        logged_ms: record.logged_time(),
        text,
        status: Status::NotEstablished,
        ocsf: String::from_utf8_lossy(record.bytes()).into_owned(),
        proof: None,
    }
}

/// The entry of a line that is no record.
pub(super) fn unreadable(number: u64, place: Option<u64>, bytes: &[u8]) -> TimelineEntry {
    TimelineEntry {
        sequence: place.unwrap_or_default(),
        logged_ms: 0,
        text: format!("record {} can't be read", words::number(number)),
        status: Status::Fail,
        ocsf: String::from_utf8_lossy(bytes.get(..bytes.len().min(64 << 10)).unwrap_or_default()).into_owned(),
        proof: None,
    }
}
