//! Held items as the page knows them.

use contract::{InboxItem, InboxPage, InboxQuery, ItemState, OperatorError};
use leptos::prelude::*;

use super::{Fetched, Soon};
use crate::ipc::calls;

/// As many as the gateway gives in one answer.
const PAGE: u32 = 500;
/// Enough to see what is new.
const NEWEST: u32 = 50;

/// Which items the list shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Those that wait, the most urgent first.
    Waiting,
    /// Those that nobody decided in time, newest first.
    Missed,
    /// Those that a person decided, newest first.
    Decided,
}

impl Shown {
    fn states(self) -> Vec<ItemState> {
        match self {
            Self::Waiting => vec![ItemState::Waiting],
            Self::Missed => vec![ItemState::Expired],
            Self::Decided => vec![
                ItemState::Approved,
                ItemState::Released,
                ItemState::Denied,
                ItemState::Lapsed,
            ],
        }
    }
}

/// The inbox's state.
#[derive(Clone, Copy)]
pub(crate) struct Inbox {
    /// Which items the list shows.
    pub(crate) shown: RwSignal<Shown>,
    /// Those that are known of what is shown.
    pub(crate) items: RwSignal<Vec<InboxItem>>,
    /// How many there are in all of what is shown.
    pub(crate) total: RwSignal<u32>,
    /// How many wait for a person.
    pub(crate) waiting: RwSignal<u32>,
    /// How many nobody decided in time.
    pub(crate) missed: RwSignal<u32>,
    /// Rises when the open item may have changed.
    pub(crate) touched: RwSignal<(String, u32)>,
    /// Words that rows must contain.
    pub(crate) filter: RwSignal<String>,
    pub(crate) fetched: Fetched<InboxPage>,
    arrivals: Fetched<InboxPage>,
    arrived: StoredValue<Vec<String>>,
    soon: Soon,
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self {
            shown: RwSignal::new(Shown::Waiting),
            items: RwSignal::new(Vec::new()),
            total: RwSignal::new(0),
            waiting: RwSignal::new(0),
            missed: RwSignal::new(0),
            touched: RwSignal::new((String::new(), 0)),
            filter: RwSignal::new(String::new()),
            fetched: Fetched::new(),
            arrivals: Fetched::new(),
            arrived: StoredValue::new(Vec::new()),
            soon: Soon::new(),
        }
    }

    /// Shows other items.
    pub(crate) fn show(self, shown: Shown) {
        if self.shown.get_untracked() != shown {
            self.shown.set(shown);
            self.items.set(Vec::new());
            self.fetched.forget();
        }
        self.fetch();
    }

    /// Fetches what is shown from the beginning.
    pub(crate) fn fetch(self) {
        self.fetch_from(0);
    }

    /// Fetches on, where there is more.
    pub(crate) fn fetch_more(self) {
        let known = u32::try_from(self.items.with_untracked(Vec::len)).unwrap_or(u32::MAX);
        if known < self.total.get_untracked() && !self.fetched.busy.get_untracked() {
            self.fetch_from(known);
        }
    }

    fn fetch_from(self, offset: u32) {
        let shown = self.shown.get_untracked();
        self.fetched.ask_then(page(shown.states(), offset, PAGE), move |page| {
            self.count(page);
            self.total.set(page.total);
            let mut items = if offset == 0 {
                Vec::new()
            } else {
                self.items.get_untracked()
            };
            merge(&mut items, &page.items);
            let complete = u32::try_from(items.len()).unwrap_or(u32::MAX) >= page.total || page.items.is_empty();
            order(&mut items, shown);
            self.items.set(items);
            // The most urgent of those that wait is the oldest, which comes last: all are wanted.
            if shown == Shown::Waiting && !complete {
                set_timeout(move || self.fetch_more(), std::time::Duration::ZERO);
            }
        });
    }

    fn count(self, page: &InboxPage) {
        self.waiting.set(page.waiting);
        self.missed.set(page.missed);
    }

    /// An item came or changed its state. Those that came are announced: how many, and the first of them where it is
    /// known.
    pub(crate) fn changed(self, uid: String, state: ItemState, announce: impl Fn(usize, Option<&InboxItem>) + 'static) {
        self.items.update(|items| {
            if let Some(item) = items.iter_mut().find(|item| item.uid == uid) {
                item.state = state;
            }
        });
        self.touched.update(|touched| {
            touched.1 = touched.1.wrapping_add(1);
            touched.0.clone_from(&uid);
        });
        if state == ItemState::Waiting {
            self.arrived.update_value(|arrived| arrived.push(uid));
        }
        self.soon.want(move || {
            let shown = self.shown.get_untracked();
            let arrived = self.arrived.try_update_value(std::mem::take).unwrap_or_default();
            self.arrivals.ask_then(page(shown.states(), 0, NEWEST), move |page| {
                self.count(page);
                self.total.set(page.total);
                if !arrived.is_empty() {
                    announce(
                        arrived.len(),
                        page.items.iter().find(|item| arrived.contains(&item.uid)),
                    );
                }
                self.items.update(|items| {
                    merge(items, &page.items);
                    order(items, shown);
                });
            });
        });
    }

    /// Takes in how an item stands now.
    pub(crate) fn take(self, item: &InboxItem) {
        self.items.update(|items| {
            if let Some(known) = items.iter_mut().find(|known| known.uid == item.uid) {
                known.clone_from(item);
            }
        });
    }
}

async fn page(states: Vec<ItemState>, offset: u32, limit: u32) -> Result<InboxPage, OperatorError> {
    calls::inbox(InboxQuery { states, offset, limit }).await
}

fn merge(items: &mut Vec<InboxItem>, new: &[InboxItem]) {
    for item in new {
        match items.iter_mut().find(|known| known.uid == item.uid) {
            Some(known) => known.clone_from(item),
            None => items.push(item.clone()),
        }
    }
}

/// Those that wait by what is left, so that an arrival goes to the end and nothing moves under a reader's eye.
fn order(items: &mut [InboxItem], shown: Shown) {
    if shown == Shown::Waiting {
        items.sort_by_key(|item| (item.expires_ms, item.asked_ms, item.uid.clone()));
    } else {
        items.sort_by_key(|item| (std::cmp::Reverse(item.asked_ms), item.uid.clone()));
    }
}
