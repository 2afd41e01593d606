//! The log as the page knows it: pages of rows, fetched as they come into view.

use std::collections::{BTreeMap, BTreeSet};

use contract::{LogPage, LogQuery, LogRow, OperatorError};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::ipc::calls;

/// Rows in one page.
const PAGE: u64 = 200;

/// Which records are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LogFilter {
    /// Only this agent's stream.
    pub(crate) agent_uid: Option<String>,
    /// Only one request's records.
    pub(crate) correlation_uid: Option<String>,
}

impl LogFilter {
    /// Whether it lets everything through.
    pub(crate) fn is_open(&self) -> bool {
        *self == Self::default()
    }
}

/// The log's state. Unfiltered, a row's place follows from its sequence, so any part can be fetched at once;
/// filtered, rows are fetched one page after the other.
#[derive(Clone, Copy)]
pub(crate) struct Log {
    pub(crate) filter: RwSignal<LogFilter>,
    /// The log's size as last heard.
    pub(crate) size: RwSignal<u64>,
    /// The size that the list shows: it keeps still while a person reads.
    pub(crate) shown: RwSignal<u64>,
    /// Rows of the filtered list known so far, and of how many.
    pub(crate) matching: RwSignal<u64>,
    /// Why rows couldn't be fetched.
    pub(crate) error: RwSignal<Option<OperatorError>>,
    /// Whether rows are being fetched.
    pub(crate) busy: RwSignal<bool>,
    /// Whether any answer has come.
    pub(crate) known: RwSignal<bool>,
    pages: RwSignal<BTreeMap<u64, Vec<LogRow>>>,
    matched: RwSignal<Vec<LogRow>>,
    asked: StoredValue<BTreeSet<u64>>,
    turn: StoredValue<u32>,
    in_view: StoredValue<(u64, u64)>,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self {
            filter: RwSignal::new(LogFilter::default()),
            size: RwSignal::new(0),
            shown: RwSignal::new(0),
            matching: RwSignal::new(0),
            error: RwSignal::new(None),
            busy: RwSignal::new(false),
            known: RwSignal::new(false),
            pages: RwSignal::new(BTreeMap::new()),
            matched: RwSignal::new(Vec::new()),
            asked: StoredValue::new(BTreeSet::new()),
            turn: StoredValue::new(0),
            in_view: StoredValue::new((0, 60)),
        }
    }

    /// The log has this many records now.
    pub(crate) fn grew(self, size: u64) {
        if size > self.size.get_untracked() {
            self.size.set(size);
        }
        self.known.set(true);
    }

    /// Shows everything up to the head.
    pub(crate) fn show_newest(self) {
        let size = self.size.get_untracked();
        // The page at the head was fetched when it was shorter.
        let from = self.shown.get_untracked().div_euclid(PAGE);
        self.pages.update(|pages| {
            pages.split_off(&from);
        });
        self.asked.update_value(|asked| {
            asked.split_off(&from);
        });
        self.shown.set(size);
        if self.filter.with_untracked(LogFilter::is_open) {
            self.fetch_in_view();
        } else {
            self.narrow(self.filter.get_untracked());
        }
    }

    /// Shows other records.
    pub(crate) fn narrow(self, filter: LogFilter) {
        self.turn.update_value(|turn| *turn = turn.wrapping_add(1));
        self.matched.set(Vec::new());
        self.matching.set(0);
        self.error.set(None);
        self.busy.set(false);
        self.asked.update_value(BTreeSet::clear);
        self.filter.set(filter);
        self.in_view.set_value((0, 60));
        self.fetch_in_view();
    }

    /// How many rows the list has.
    pub(crate) fn rows(self) -> u64 {
        if self.filter.with(LogFilter::is_open) {
            self.shown.get()
        } else {
            self.matching.get()
        }
    }

    /// How many rows the list has, without following it.
    pub(crate) fn rows_untracked(self) -> u64 {
        untrack(|| self.rows())
    }

    /// Which record stands at this place of the list, where that is known.
    pub(crate) fn sequence_at(self, index: u64) -> Option<u64> {
        if self.filter.with_untracked(LogFilter::is_open) {
            return self.shown.get_untracked().checked_sub(index + 1);
        }
        untrack(|| self.row(index)).map(|row| row.sequence)
    }

    /// The row at this place of the list, where it is known.
    pub(crate) fn row(self, index: u64) -> Option<LogRow> {
        if !self.filter.with(LogFilter::is_open) {
            let index = usize::try_from(index).ok()?;
            return self.matched.with(|rows| rows.get(index).cloned());
        }
        let sequence = self.shown.get().checked_sub(index + 1)?;
        self.pages.with(|pages| {
            let page = pages.get(&(sequence / PAGE))?;
            page.iter().find(|row| row.sequence == sequence).cloned()
        })
    }

    /// Where a record stands in the list, where that is known.
    pub(crate) fn place(self, sequence: u64) -> Option<u64> {
        if self.filter.with_untracked(LogFilter::is_open) {
            return self.shown.get_untracked().checked_sub(sequence + 1);
        }
        let at = self
            .matched
            .with_untracked(|rows| rows.iter().position(|row| row.sequence == sequence))?;
        u64::try_from(at).ok()
    }

    /// Rows from `first` to before `last` came into view: fetches what is missing of them.
    pub(crate) fn into_view(self, first: u64, last: u64) {
        self.in_view.set_value((first, last));
        if !self.filter.with_untracked(LogFilter::is_open) {
            self.fetch_matching(last);
            return;
        }
        let shown = self.shown.get_untracked();
        if shown == 0 || last == 0 {
            return;
        }
        let newest = shown.saturating_sub(first + 1) / PAGE;
        let oldest = shown.saturating_sub(last) / PAGE;
        for page in oldest..=newest {
            let new = self.asked.try_update_value(|asked| asked.insert(page)).unwrap_or(false);
            if new {
                self.fetch_page(page);
            }
        }
    }

    /// The newest rows without a gap, newest first, at most so many.
    pub(crate) fn newest(self, most: usize) -> Vec<LogRow> {
        if !self.filter.with(LogFilter::is_open) {
            return self.matched.with(|rows| rows.iter().take(most).cloned().collect());
        }
        let Some(head) = self.shown.get().checked_sub(1) else {
            return Vec::new();
        };
        self.pages.with(|pages| {
            (0..=head / PAGE)
                .rev()
                .map_while(|page| pages.get(&page))
                .flatten()
                .filter(|row| row.sequence <= head)
                .take(most)
                .cloned()
                .collect()
        })
    }

    /// Tries again what failed.
    pub(crate) fn retry(self) {
        self.error.set(None);
        self.asked.update_value(BTreeSet::clear);
        self.fetch_in_view();
    }

    fn fetch_in_view(self) {
        let (first, last) = self.in_view.get_value();
        self.into_view(first, last);
    }

    fn fetch_page(self, page: u64) {
        let turn = self.turn.get_value();
        let query = LogQuery {
            before: Some((page + 1) * PAGE),
            limit: u32::try_from(PAGE).unwrap_or(100),
            ..LogQuery::default()
        };
        self.busy.set(true);
        spawn_local(async move {
            let answer = calls::log(query).await;
            self.busy.set(false);
            match answer {
                Ok(LogPage { rows, size, .. }) => {
                    self.grew(size);
                    self.error.set(None);
                    let rows = rows.into_iter().filter(|row| row.sequence / PAGE == page).collect();
                    self.pages.update(|pages| {
                        pages.insert(page, rows);
                    });
                }
                Err(error) => {
                    self.asked.update_value(|asked| {
                        asked.remove(&page);
                    });
                    if self.turn.get_value() == turn {
                        self.error.set(Some(error));
                    }
                }
            }
        });
    }

    fn fetch_matching(self, until: u64) {
        let known = self.matched.with_untracked(Vec::len) as u64;
        let complete = known > 0 && known >= self.matching.get_untracked();
        if self.busy.get_untracked() || complete || known >= until.max(1) {
            return;
        }
        let turn = self.turn.get_value();
        let filter = self.filter.get_untracked();
        let query = LogQuery {
            before: self.matched.with_untracked(|rows| rows.last().map(|row| row.sequence)),
            agent_uid: filter.agent_uid,
            correlation_uid: filter.correlation_uid,
            limit: 1000,
        };
        self.busy.set(true);
        spawn_local(async move {
            let answer = calls::log(query).await;
            if self.turn.get_value() != turn {
                return;
            }
            self.busy.set(false);
            match answer {
                Ok(page) => {
                    self.grew(page.size);
                    self.error.set(None);
                    let went_on = !page.rows.is_empty();
                    self.matched.update(|rows| rows.extend(page.rows));
                    // A gateway that gives no more has no more, whatever it counted.
                    let known = self.matched.with_untracked(Vec::len) as u64;
                    self.matching
                        .set(if went_on { page.matching.max(known) } else { known });
                    self.fetch_matching(until);
                }
                Err(error) => self.error.set(Some(error)),
            }
        });
    }
}
