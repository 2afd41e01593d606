//! What happened, record by record, within bounds.

use super::case::Case;
use super::records::{Body, Standing};
use super::report::{Status, TimelineEntry};
use super::words;
use crate::casefile::Selection;
use crate::ocsf::describe;
use crate::record::Record;

/// Entries kept while the records are read; how each stands is known only at the end.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    entries: Vec<(u64, TimelineEntry)>,
    bytes: usize,
}

impl Timeline {
    /// Keeps a record, as its number of line. Beyond the limits (entries, bytes) only those that seem altered are kept, up
    /// to twice as much.
    pub(super) fn keep(
        &mut self,
        number: u64,
        altered: bool,
        limits: (usize, usize),
        entry: impl FnOnce() -> TimelineEntry,
    ) {
        let factor = if altered { 2 } else { 1 };
        let (count, bytes) = (limits.0.saturating_mul(factor), limits.1.saturating_mul(factor));
        if self.entries.len() < count && self.bytes < bytes {
            let entry = entry();
            self.bytes = self.bytes.saturating_add(entry.ocsf.len());
            self.entries.push((number, entry));
        }
    }

    /// The records that the file is about, and whatever was altered, each as it stands in the end.
    pub(super) fn finish(self, case: &Case) -> Vec<TimelineEntry> {
        let last = case.seal.as_ref().map(|seal| seal.checkpoint.size.saturating_sub(1));
        let mut shown = Vec::new();
        for (number, mut entry) in self.entries {
            let index = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX);
            let Some(seen) = case.records.get(index) else { continue };
            let meant = seen.body.as_ref().is_some_and(|body| is_meant(case, body));
            entry.status = match seen.standing {
                Standing::AsSigned => Status::Pass,
                Standing::Altered(_) => Status::Fail,
                Standing::Unproved => Status::NotEstablished,
            };
            if entry.status == Status::Fail || meant || seen.place == last {
                shown.push(entry);
            }
        }
        shown
    }
}

/// Whether the file is about this record; of an agent, the ones beside the interval are shown too.
fn is_meant(case: &Case, body: &Body) -> bool {
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
    }
}
