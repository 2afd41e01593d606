//! The records at the end of a case file of which each is the next in the log: their leaves are the log's last ones, as a
//! skeleton's are, where the file has none.

use super::case::Case;
use super::examine::Examined;
use crate::casefile::InclusionLine;
use crate::tree::{Frontier, LogEntry};

/// Where those records begin, as far as lines were read.
#[derive(Debug, Default)]
pub(super) struct Ending(Option<Run>);

#[derive(Debug)]
struct Run {
    /// The first of these lines.
    at: usize,
    /// The tree before its record.
    before: Frontier,
    /// The place of the record that goes on from the last.
    next: u64,
}

impl Ending {
    /// Takes in the line at this place of the file, with its proof; `size` is the checkpoint's.
    pub(super) fn follow(&mut self, seen: &Examined, at: usize, proof: Option<&InclusionLine>, size: u64) {
        let place = seen.place.filter(|_| seen.is_in_order());
        match (&mut self.0, place) {
            (Some(run), Some(place)) if run.next == place => run.next = place.saturating_add(1),
            _ => {
                self.0 = place.zip(proof).and_then(|(place, proof)| {
                    Some(Run {
                        at,
                        before: Frontier::before(place, size, &proof.path).ok()?,
                        next: place.saturating_add(1),
                    })
                });
            }
        }
    }
}

impl Case {
    /// The tree before the last leaves that are here: the skeleton's, or those of the records at the file's end.
    pub(super) fn before_last_leaves(&self) -> Option<&Frontier> {
        let skeleton = self.seal.as_ref()?.before_skeleton();
        skeleton.or_else(|| self.ending.0.as_ref().map(|run| &run.before))
    }

    /// Those leaves, from this place on. Whether a record's stream has the tag that is taken for it shows only where they
    /// lead to the checkpoint's root.
    pub(super) fn last_leaves(&self, from: u64) -> impl Iterator<Item = LogEntry> {
        let seal = self.seal.as_ref();
        let skeleton = seal.map(|seal| seal.entries_from(from));
        let has_skeleton = seal.is_some_and(|seal| seal.before_skeleton().is_some());
        let run = self.ending.0.as_ref().filter(|_| !has_skeleton);
        let line = run.and_then(|run| {
            let further = usize::try_from(from.checked_sub(run.before.size())?).ok()?;
            run.at.checked_add(further)
        });
        let lines = line.into_iter().flat_map(|line| line..self.records.len());
        let entry = |line| {
            let body = self.body(line)?;
            let tag = self.tags.best(body.stream)?;
            Some(LogEntry { tag, d: body.claimed })
        };
        skeleton.into_iter().flatten().chain(lines.map_while(entry))
    }
}
