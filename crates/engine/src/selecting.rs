//! Which records a case file is about, and which it has to have beside them so that they can be verified.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use evidence::{Digest, Record, Stream, casefile::Selection};
use ledger::{Filter, Ledger, Place, ReadError};

/// All of them.
const ALL: u32 = u32::MAX;
/// The most records that a case file is about; verifiers read some more, for those that stand beside them.
pub(crate) const MOST: u32 = 1_040_000;

/// What a selection looks through: a filter that the log answers quickly, and the places within which.
struct Looked {
    filter: Filter,
    within: Range<u64>,
}

fn looked(ledger: &Ledger, selection: &Selection, size: u64) -> Result<Looked, ReadError> {
    let mut filter = Filter::default();
    let mut within = 0..size;
    match selection {
        Selection::Agent { agent, .. } => filter.stream = Stream::agent(&agent.uid),
        Selection::Range { .. } => {}
        Selection::Correlation { correlation_uid } | Selection::Approval { correlation_uid, .. } => {
            filter.correlation = Some(correlation_uid.clone());
        }
        Selection::Records { sequences } => {
            let last = sequences.last().map_or(0, |last| last.saturating_add(1));
            within = sequences.first().copied().unwrap_or(0)..last.min(size);
        }
    }
    if let Some((from, to)) = selection.interval() {
        let range = ledger.range_by_time(from, to)?;
        within = range.start.min(size)..range.end.min(size);
    }
    Ok(Looked { filter, within })
}

/// The filter by which the log finds what came to a selection since it was looked at.
pub(crate) fn filter_of(selection: &Selection) -> Filter {
    match selection {
        Selection::Agent { agent, .. } => Filter {
            stream: Stream::agent(&agent.uid),
            correlation: None,
        },
        Selection::Correlation { correlation_uid } | Selection::Approval { correlation_uid, .. } => Filter {
            stream: None,
            correlation: Some(correlation_uid.clone()),
        },
        Selection::Range { .. } | Selection::Records { .. } => Filter::default(),
    }
}

/// The selected records of the log's first `size`, in their order; of more than [`MOST`] no more than one too many.
pub(crate) fn selected(ledger: &Ledger, selection: &Selection, size: u64) -> Result<Vec<Place>, ReadError> {
    let Looked { filter, within } = looked(ledger, selection, size)?;
    if let Selection::Records { sequences } = selection {
        let mut places = Vec::new();
        for sequence in sequences.iter().filter(|sequence| within.contains(sequence)) {
            places.extend(ledger.places(&filter, *sequence..sequence.saturating_add(1), 1)?);
        }
        return Ok(places);
    }
    ledger.places(&filter, within, MOST.saturating_add(1))
}

/// Whether a record that came since belongs to the selection.
pub(crate) fn takes(selection: &Selection, place: &Place) -> bool {
    match selection {
        Selection::Agent { from_ms, to_ms, .. } | Selection::Range { from_ms, to_ms } => {
            from_ms.is_none_or(|from| place.logged_ms >= from) && to_ms.is_none_or(|to| place.logged_ms < to)
        }
        Selection::Correlation { .. } | Selection::Approval { .. } => true,
        Selection::Records { sequences } => sequences.binary_search(&place.sequence).is_ok(),
    }
}

/// What of the selected records says which others have to stand beside them.
#[derive(Default)]
pub(crate) struct Selected {
    /// Ascending.
    pub(crate) sequences: Vec<u64>,
    streams: BTreeSet<Stream>,
    /// By request: whether it begins among them, and its last record there.
    stories: BTreeMap<String, (bool, u64)>,
}

impl Selected {
    /// Takes in the next of the selected records.
    pub(crate) fn take(&mut self, selection: &Selection, record: &Record) {
        self.sequences.push(record.sequence());
        if !self.streams.contains(record.stream()) {
            self.streams.insert(record.stream().clone());
        }
        if matches!(selection, Selection::Correlation { .. } | Selection::Approval { .. }) {
            return;
        }
        let Some(story) = record.correlation_uid() else { return };
        // A story whose first record is here begins here; of picked ones something may be passed over later on.
        let whole = record.kind() == "call_decided" && !matches!(selection, Selection::Records { .. });
        match self.stories.get_mut(story) {
            Some((_, last)) => *last = record.sequence(),
            None => {
                self.stories.insert(story.to_owned(), (whole, record.sequence()));
            }
        }
    }

    fn has(&self, sequence: u64) -> bool {
        self.sequences.binary_search(&sequence).is_ok()
    }

    /// What stands beside them: the sequences, each once.
    pub(crate) fn beside(&self, ledger: &Ledger, selection: &Selection, size: u64) -> Result<BTreeSet<u64>, ReadError> {
        let mut beside = self.neighbours(ledger, selection, size)?;
        beside.extend(self.earlier_in_stories(ledger)?);
        beside.retain(|sequence| !self.has(*sequence));
        let mut streams = self.streams.clone();
        let others: Vec<u64> = beside.iter().copied().collect();
        streams.extend(ledger.records_at(&others)?.iter().map(|record| record.stream().clone()));
        for stream in &streams {
            beside.extend(ledger.opened_at(stream)?.filter(|sequence| !self.has(*sequence)));
        }
        Ok(beside)
    }

    /// The records that bound an interval.
    fn neighbours(&self, ledger: &Ledger, selection: &Selection, size: u64) -> Result<BTreeSet<u64>, ReadError> {
        let (Some(first), Some(last)) = (self.sequences.first(), self.sequences.last()) else {
            return Ok(BTreeSet::new());
        };
        let (first, last) = (*first, last.saturating_add(1));
        Ok(match selection {
            Selection::Agent { .. } => {
                let filter = filter_of(selection);
                let before = ledger.page(Some(first), 1, &filter)?;
                let after = ledger.places(&filter, last..size, 1)?;
                let before = before.iter().map(Record::sequence);
                before.chain(after.iter().map(|place| place.sequence)).collect()
            }
            Selection::Range { .. } => first
                .checked_sub(1)
                .into_iter()
                .chain((last < size).then_some(last))
                .collect(),
            Selection::Correlation { .. } | Selection::Approval { .. } | Selection::Records { .. } => BTreeSet::new(),
        })
    }

    /// What came before in the stories that go on among the selected records: a hold, say, whose release is among them.
    fn earlier_in_stories(&self, ledger: &Ledger) -> Result<BTreeSet<u64>, ReadError> {
        let mut earlier = BTreeSet::new();
        for (story, (_, last)) in self.stories.iter().filter(|(_, (whole, _))| !whole) {
            let filter = Filter {
                stream: None,
                correlation: Some(story.clone()),
            };
            earlier.extend(
                ledger
                    .places(&filter, 0..*last, ALL)?
                    .iter()
                    .map(|place| place.sequence),
            );
        }
        Ok(earlier)
    }
}

/// What the record of an export says of its selection: how many, their digest, and the streams they are of.
pub(crate) fn summed(places: &[Place]) -> (u64, Digest, BTreeSet<Stream>) {
    let digest = evidence::casefile::selection(places.iter().map(|place| place.fingerprint));
    let streams = places.iter().map(|place| place.stream.clone()).collect();
    (places.len() as u64, digest, streams)
}
