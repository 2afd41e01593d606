//! Lists over the log as the page knows them: rows of a filtered list of any length, fetched as they come into view.
//!
//! A row is kept by its place counted from the *oldest* match: a log only grows, so that place never changes, while
//! the place in the list, counted from the newest, does.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::ops::Range;
use std::time::Duration;

use contract::query::{Query, Term};
use contract::{Call, LogQuery, LogRow, OperatorError};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::ipc::calls;

/// Rows in one page: what comes into view is asked for at once, whole pages of it, and little that nobody sees.
const PAGE: u64 = 8;
/// Pages that are asked for before it is known what a window shows.
const FIRST: u64 = 6;
/// What is taken to be in view until the window says it: whole pages of those, wherever they begin.
const SUPPOSED: (u64, u64) = (0, (FIRST - 1) * PAGE);
/// Rows that are kept; beyond them those furthest from the view are forgotten.
const MOST_KEPT: usize = 20_000;
/// How long to wait for a search that hasn't read the whole log.
const SEARCHING: Duration = Duration::from_secs(2);

/// Does something once the search will have read on.
pub(crate) fn later(ask: impl FnOnce() + 'static) {
    set_timeout(ask, SEARCHING);
}

/// Sets what is something else by now: whatever is drawn from it is drawn again only then.
fn change<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|before| *before != value) {
        signal.set(value);
    }
}

/// Whether the newest rows are being fetched before anybody looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ahead {
    No,
    UnderWay,
    /// They are, and somebody looks by now.
    Awaited,
}

/// What such a list is of.
pub(crate) trait Listing: Clone + Send + Sync + 'static {
    /// Whether, without a filter, every record of the log is a row.
    const EVERY_RECORD: bool;

    /// Asks for rows.
    fn ask(query: LogQuery) -> impl Future<Output = Result<Page<Self>, OperatorError>>;

    /// The record that stands for the row.
    fn sequence(&self) -> u64;
}

/// Rows, newest first, as of a size of the log.
pub(crate) struct Page<R> {
    rows: Vec<R>,
    size: u64,
    matching: u64,
    searched: u64,
}

impl Listing for LogRow {
    const EVERY_RECORD: bool = true;

    async fn ask(query: LogQuery) -> Result<Page<Self>, OperatorError> {
        let page = calls::log(query).await?;
        Ok(Page {
            rows: page.rows,
            size: page.size,
            matching: page.matching,
            searched: page.searched,
        })
    }

    fn sequence(&self) -> u64 {
        self.sequence
    }
}

impl Listing for Call {
    const EVERY_RECORD: bool = false;

    async fn ask(query: LogQuery) -> Result<Page<Self>, OperatorError> {
        let page = calls::traffic(query).await?;
        Ok(Page {
            rows: page.calls,
            size: page.size,
            matching: page.matching,
            searched: page.searched,
        })
    }

    fn sequence(&self) -> u64 {
        self.sequence
    }
}

/// The log's records.
pub(crate) type Log = Listed<LogRow>;
/// The calls in it.
pub(crate) type Traffic = Listed<Call>;

/// A list's state.
pub(crate) struct Listed<R: Listing> {
    /// Which rows are shown.
    pub(crate) filter: RwSignal<Query>,
    /// The log's size as last heard.
    pub(crate) size: RwSignal<u64>,
    /// The size that the list shows: it keeps still while a person reads.
    pub(crate) shown: RwSignal<u64>,
    /// How many records of the shown size match.
    pub(crate) matching: RwSignal<u64>,
    /// How many records the search has read; less than shown while it catches up.
    pub(crate) searched: RwSignal<u64>,
    /// Why rows couldn't be fetched.
    pub(crate) error: RwSignal<Option<OperatorError>>,
    /// Whether rows are being fetched.
    pub(crate) busy: RwSignal<bool>,
    /// Whether the log's size is known.
    pub(crate) known: RwSignal<bool>,
    /// Whether any rows have come.
    pub(crate) answered: RwSignal<bool>,
    rows: RwSignal<BTreeMap<u64, R>>,
    asked: StoredValue<BTreeSet<u64>>,
    turn: StoredValue<u32>,
    in_view: StoredValue<(u64, u64)>,
    ahead: StoredValue<Ahead>,
}

impl<R: Listing> Clone for Listed<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: Listing> Copy for Listed<R> {}

impl<R: Listing> Listed<R> {
    pub(crate) fn new() -> Self {
        Self {
            filter: RwSignal::new(Query::default()),
            size: RwSignal::new(0),
            shown: RwSignal::new(0),
            matching: RwSignal::new(0),
            searched: RwSignal::new(0),
            error: RwSignal::new(None),
            busy: RwSignal::new(false),
            known: RwSignal::new(false),
            answered: RwSignal::new(false),
            rows: RwSignal::new(BTreeMap::new()),
            asked: StoredValue::new(BTreeSet::new()),
            turn: StoredValue::new(0),
            in_view: StoredValue::new(SUPPOSED),
            ahead: StoredValue::new(Ahead::No),
        }
    }

    /// The log has this many records now.
    pub(crate) fn grew(self, size: u64) {
        if size > self.size.get_untracked() {
            self.size.set(size);
        }
        change(self.known, true);
    }

    /// Fetches the newest rows before anybody looks, unless that was done: whoever opens the list finds them there.
    pub(crate) fn fetch_ahead(self) {
        if self.shown.get_untracked() > 0 || self.ahead.get_value() != Ahead::No {
            return;
        }
        self.ahead.set_value(Ahead::UnderWay);
        let query = self.query(0, FIRST * PAGE, None);
        let turn = self.turn.get_value();
        spawn_local(async move {
            let answer = R::ask(query).await;
            let awaited = self.ahead.get_value() == Ahead::Awaited;
            self.ahead.set_value(Ahead::No);
            if let Ok(answer) = answer
                && self.turn.get_value() == turn
            {
                self.shown.set(answer.size);
                self.take(0, answer);
            }
            // Whoever looks is told what failed, and what has come since.
            if awaited && self.shown.get_untracked() < self.size.get_untracked() {
                self.show_newest();
            }
        });
    }

    /// Shows everything up to the head.
    pub(crate) fn show_newest(self) {
        if self.ahead.get_value() != Ahead::No {
            return self.ahead.set_value(Ahead::Awaited);
        }
        // The newest page was fetched when it was shorter.
        let from = self.matching.get_untracked() / PAGE;
        self.asked.update_value(|asked| {
            asked.split_off(&from);
        });
        self.turn.update_value(|turn| *turn = turn.wrapping_add(1));
        self.shown.set(self.size.get_untracked());
        self.fetch_newest();
    }

    /// Shows other records.
    pub(crate) fn narrow(self, filter: Query) {
        self.turn.update_value(|turn| *turn = turn.wrapping_add(1));
        self.rows.set(BTreeMap::new());
        self.asked.update_value(BTreeSet::clear);
        self.error.set(None);
        self.matching.set(0);
        self.filter.set(filter);
        self.in_view.set_value(SUPPOSED);
        self.shown.set(self.size.get_untracked());
        self.fetch_newest();
    }

    /// Shows those that also match this.
    pub(crate) fn narrow_by(self, term: Term) {
        self.narrow(self.filter.get_untracked().and(term));
    }

    /// How many rows the list has.
    pub(crate) fn rows(self) -> u64 {
        self.matching.get()
    }

    /// How many rows the list has, without following it.
    pub(crate) fn rows_untracked(self) -> u64 {
        self.matching.get_untracked()
    }

    /// Which record stands at this place of the list, where that is known.
    pub(crate) fn sequence_at(self, index: u64) -> Option<u64> {
        if R::EVERY_RECORD && self.filter.with_untracked(Query::is_open) {
            return self.shown.get_untracked().checked_sub(index + 1);
        }
        untrack(|| self.row(index)).map(|row| row.sequence())
    }

    /// The row at this place of the list, where it is known.
    pub(crate) fn row(self, index: u64) -> Option<R> {
        let place = self.matching.get().checked_sub(index + 1)?;
        self.rows.with(|rows| rows.get(&place).cloned())
    }

    /// Whether the rows from `first` to before `last` are known.
    pub(crate) fn knows(self, first: u64, last: u64) -> bool {
        let matching = self.matching.get();
        let places = matching.saturating_sub(last)..matching.saturating_sub(first);
        self.rows
            .with(|rows| rows.range(places.clone()).count() as u64 == places.end - places.start)
    }

    /// Where a record stands in the list, where that is known.
    pub(crate) fn place(self, sequence: u64) -> Option<u64> {
        if R::EVERY_RECORD && self.filter.with_untracked(Query::is_open) {
            return self.shown.get_untracked().checked_sub(sequence + 1);
        }
        let place = self.rows.with_untracked(|rows| {
            rows.iter()
                .find_map(|(place, row)| (row.sequence() == sequence).then_some(*place))
        })?;
        self.matching.get_untracked().checked_sub(place + 1)
    }

    /// Rows from `first` to before `last` came into view: fetches what is missing of them.
    pub(crate) fn into_view(self, first: u64, last: u64) {
        self.in_view.set_value((first, last));
        let matching = self.matching.get_untracked();
        if matching == 0 || last == 0 {
            return;
        }
        let newest = matching.saturating_sub(first + 1) / PAGE;
        let oldest = matching.saturating_sub(last) / PAGE;
        for pages in self.missing(oldest..newest + 1) {
            let end = (pages.end * PAGE).min(matching);
            self.fetch(matching - end, end - pages.start * PAGE, pages);
        }
    }

    /// Which of these pages nobody has asked for, those beside each other together; they are taken as asked for by now.
    fn missing(self, pages: Range<u64>) -> Vec<Range<u64>> {
        let mut runs: Vec<Range<u64>> = Vec::new();
        self.asked.update_value(|asked| {
            for page in pages.filter(|page| asked.insert(*page)) {
                match runs.last_mut() {
                    Some(run) if run.end == page => run.end += 1,
                    _ => runs.push(page..page + 1),
                }
            }
        });
        runs
    }

    /// Asks again for what is in view: a row may say something else by now.
    pub(crate) fn refresh(self) {
        let (first, last) = self.in_view.get_value();
        let matching = self.matching.get_untracked();
        let pages = (matching.saturating_sub(last) / PAGE)..=(matching.saturating_sub(first + 1) / PAGE);
        self.asked
            .update_value(|asked| asked.retain(|page| !pages.contains(page)));
        self.into_view(first, last);
    }

    /// Whether a row in view is like this.
    pub(crate) fn any_in_view(self, like: impl Fn(&R) -> bool) -> bool {
        let (first, last) = self.in_view.get_value();
        let matching = self.matching.get_untracked();
        let places = matching.saturating_sub(last)..matching.saturating_sub(first);
        self.rows
            .with_untracked(|rows| rows.range(places).any(|(_, row)| like(row)))
    }

    /// The search hadn't read the whole log: asks again, unless other records are wanted by now.
    fn search_on(self, turn: u32) {
        if self.turn.try_get_value() == Some(turn) {
            let from = self.matching.get_untracked() / PAGE;
            self.asked.update_value(|asked| {
                asked.split_off(&from);
            });
            self.fetch_newest();
        }
    }

    /// Tries again what failed.
    pub(crate) fn retry(self) {
        self.error.set(None);
        self.asked.update_value(BTreeSet::clear);
        self.fetch_newest();
        let (first, last) = self.in_view.get_value();
        self.into_view(first, last);
    }

    fn fetch_newest(self) {
        if self.shown.get_untracked() > 0 {
            self.fetch(0, FIRST * PAGE, 0..0);
        }
    }

    fn query(self, at: u64, limit: u64, size: Option<u64>) -> LogQuery {
        LogQuery {
            filter: self.filter.with_untracked(Query::to_string),
            at,
            limit: u32::try_from(limit).unwrap_or(100),
            size,
        }
    }

    /// Asks for `limit` rows after the newest `at`: those of these pages.
    fn fetch(self, at: u64, limit: u64, pages: Range<u64>) {
        let turn = self.turn.get_value();
        let query = self.query(at, limit, Some(self.shown.get_untracked()));
        self.busy.set(true);
        spawn_local(async move {
            let answer = R::ask(query).await;
            if self.turn.get_value() != turn {
                return;
            }
            self.busy.set(false);
            match answer {
                Ok(answer) => self.take(at, answer),
                Err(error) => {
                    self.asked.update_value(|asked| {
                        asked.retain(|page| !pages.contains(page));
                    });
                    self.error.set(Some(error));
                }
            }
        });
    }

    fn take(self, at: u64, answer: Page<R>) {
        let Page {
            rows,
            size,
            matching,
            searched,
        } = answer;
        self.grew(size);
        change(self.error, None);
        let (first, _) = self.in_view.get_value();
        let eye = matching.saturating_sub(first);
        if at == 0 {
            // Whole pages of them needn't be asked for once they are in view.
            let oldest = matching.saturating_sub(rows.len() as u64);
            let pages = oldest.div_ceil(PAGE)..matching.div_ceil(PAGE);
            self.asked.update_value(|asked| asked.extend(pages));
        }
        self.rows.update(|known| {
            let places = (0..matching.saturating_sub(at)).rev();
            known.extend(places.zip(rows));
            while known.len() > MOST_KEPT {
                let (Some(oldest), Some(newest)) = (known.keys().next().copied(), known.keys().next_back().copied())
                else {
                    break;
                };
                let furthest = if eye.abs_diff(oldest) > eye.abs_diff(newest) {
                    oldest
                } else {
                    newest
                };
                known.remove(&furthest);
                self.asked.update_value(|asked| {
                    asked.remove(&(furthest / PAGE));
                });
            }
        });
        change(self.searched, searched);
        change(self.answered, true);
        if searched < size {
            let turn = self.turn.get_value();
            later(move || self.search_on(turn));
        }
        let before = self.matching.get_untracked();
        if before != matching {
            self.matching.set(matching);
            let (first, last) = self.in_view.get_value();
            self.into_view(first, last.max(1));
        }
    }
}
