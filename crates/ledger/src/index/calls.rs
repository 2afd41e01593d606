//! Calls: of each, the record that asked for it stands for the whole story.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use super::matches::Spine;
use super::search::{Clause, Condition, Search, by_time};
use super::{Index, Matching};
use crate::ReadError;

/// The calls that a filter found last, as of a size: a list that keeps still asks for them again and again.
#[derive(Debug, Default)]
pub(super) struct LastFound(Option<(Search, u64, Arc<Vec<u64>>)>);

impl Index {
    /// The calls that match among the first `size` records, newest first, by the records that asked for them: `limit` of
    /// them after the first `at`.
    ///
    /// A call matches where one of its records says all that is wanted, none of them says what is left out, and it was
    /// asked for at the wanted time.
    ///
    /// # Errors
    /// As [`page`](Self::page).
    pub fn calls(&self, search: &Search, size: u64, at: u64, limit: u64) -> Result<Matching, ReadError> {
        let size = size.min(self.size());
        let spine = self.spine(size)?;
        let newest = |calls: &[u64]| {
            let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
            Matching {
                sequences: calls.iter().rev().skip(index(at)).take(index(limit)).copied().collect(),
                of: calls.len() as u64,
            }
        };
        if search.is_open() {
            return Ok(newest(spine.calls(&(0..size))));
        }
        let kept = match &self.last_calls.lock().0 {
            Some((of, as_of, calls)) if of == search && *as_of == size => Some(Arc::clone(calls)),
            _ => None,
        };
        let calls = match kept {
            Some(calls) => calls,
            None => {
                let calls = Arc::new(self.calls_matching(&spine, search, size)?);
                self.last_calls.lock().0 = Some((search.clone(), size, Arc::clone(&calls)));
                calls
            }
        };
        Ok(newest(&calls))
    }

    fn calls_matching(&self, spine: &Spine, search: &Search, size: u64) -> Result<Vec<u64>, ReadError> {
        let timed = |clause: &&Clause| matches!(clause.condition, Condition::After(_) | Condition::Before(_));
        let (times, others): (Vec<_>, Vec<_>) = search.clauses.iter().partition(timed);
        let only = |clauses: Vec<&Clause>| Search {
            clauses: clauses.into_iter().cloned().collect(),
        };
        let within = self.read(|db| by_time(db, &only(times), 0..size))?;
        let (unwanted, wanted): (Vec<_>, Vec<_>) = others.into_iter().partition(|clause| clause.negated);
        let mut calls = if wanted.is_empty() {
            spine.calls(&within).to_vec()
        } else {
            self.calls_of(spine, &only(wanted), size, &within)?
        };
        for clause in unwanted {
            let stated = Search {
                clauses: vec![Clause {
                    negated: false,
                    condition: clause.condition.clone(),
                }],
            };
            let out: HashSet<u64> = self.calls_of(spine, &stated, size, &within)?.into_iter().collect();
            calls.retain(|call| !out.contains(call));
        }
        Ok(calls)
    }

    /// The calls of the matching records, ascending, each once.
    fn calls_of(&self, spine: &Spine, search: &Search, size: u64, within: &Range<u64>) -> Result<Vec<u64>, ReadError> {
        self.with_matches(search, size, |matches| {
            let sequences = matches.oldest(0, u64::MAX);
            let mut calls: Vec<u64> = sequences
                .into_iter()
                .filter_map(|sequence| spine.call(sequence))
                .filter(|call| within.contains(call))
                .collect();
            calls.sort_unstable();
            calls.dedup();
            calls
        })
    }
}
