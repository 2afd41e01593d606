//! The held items: what waits for a person, and what became of it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use contract::{InboxItem, InboxPage, InboxQuery, ItemState, Reason};
use evidence::Digest;
use ledger::Ledger;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::{
    books::{BooksError, Kept, all},
    routes::Via,
    steps::Story,
};

/// A held item, as the state table keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ItemRow {
    /// The approval's id: sorts by the time it was asked.
    pub(crate) uid: String,
    pub(crate) story: Story,
    /// Headers that go along with the call.
    pub(crate) headers: Vec<(String, String)>,
    /// How it came to its upstream.
    pub(crate) via: Via,
    /// Says what is asked, so it is a content: read out of the view, and never stored beside it.
    #[serde(skip)]
    pub(crate) title: String,
    pub(crate) tier: u8,
    pub(crate) state: ItemState,
    pub(crate) asked_ms: i64,
    pub(crate) expires_ms: i64,
    /// HMAC over agent and exact call under a private key: recognises the same call sent again.
    pub(crate) retry_mac: String,
    /// The action's canonical document (JCS).
    pub(crate) action: String,
    pub(crate) action_digest: Digest,
    /// The contents by uid: the exact bytes asked for, and what the reviewer is shown.
    pub(crate) subject_content: String,
    pub(crate) request_content: String,
    pub(crate) view_content: String,
    pub(crate) reasons: Vec<Reason>,
    pub(crate) policy_sha256: Digest,
    /// The record that held it.
    pub(crate) record: u64,
    pub(crate) decision: Option<DecisionRow>,
}

impl Kept for ItemRow {
    const KIND: &'static str = "item";
    fn key(&self) -> &str {
        &self.uid
    }
}

impl ItemRow {
    /// With the title that its view has.
    fn titled(mut self, ledger: &Ledger) -> Result<Self, BooksError> {
        let view = ledger
            .content(&self.view_content)
            .map_err(|error| BooksError::Storage(error.to_string()))?;
        let view: Option<serde_json::Value> = view.and_then(|view| serde_json::from_slice(&view.bytes).ok());
        let title = view.as_ref().and_then(|view| view.get("title")?.as_str());
        self.title = title.unwrap_or("A call whose contents were erased").to_owned();
        Ok(self)
    }
}

/// A person's decision on an item.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DecisionRow {
    pub(crate) reviewer_uid: String,
    pub(crate) reviewer_name: String,
    pub(crate) key_id: String,
    pub(crate) approved: bool,
    /// The record that holds the decision, and beside it the signed statement.
    pub(crate) record: u64,
    pub(crate) payload_sha256: Digest,
    pub(crate) decided_ms: i64,
    /// An approval that isn't used by then lapses.
    pub(crate) expires_ms: i64,
    pub(crate) reason_content: Option<String>,
}

/// An item that can still change.
pub(crate) struct Live {
    row: Mutex<ItemRow>,
    state: watch::Sender<ItemState>,
    attached: AtomicBool,
    /// Held through every change of state, so that deciding, expiring and releasing happen one after another.
    pub(crate) gate: tokio::sync::Mutex<()>,
}

impl Live {
    fn new(row: ItemRow) -> Self {
        let state = watch::channel(row.state).0;
        Self {
            row: Mutex::new(row),
            state,
            attached: AtomicBool::new(false),
            gate: tokio::sync::Mutex::new(()),
        }
    }

    /// The item now.
    pub(crate) fn row(&self) -> ItemRow {
        self.row.lock().clone()
    }

    /// Its state now.
    pub(crate) fn state(&self) -> ItemState {
        self.row.lock().state
    }

    /// Tells when the state changes.
    pub(crate) fn watch(&self) -> watch::Receiver<ItemState> {
        self.state.subscribe()
    }

    /// Takes the item's one place for a waiting call. Nothing where another call waits on it already.
    pub(crate) fn attach(self: &Arc<Self>) -> Option<Attached> {
        let free = self
            .attached
            .compare_exchange(false, true, Ordering::AcqRel, Ordering::Acquire)
            .is_ok();
        free.then(|| Attached { item: Arc::clone(self) })
    }
}

/// A call's connection that waits on an item; leaves its place when dropped.
pub(crate) struct Attached {
    item: Arc<Live>,
}

impl Attached {
    pub(crate) fn item(&self) -> &Arc<Live> {
        &self.item
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.item.attached.store(false, Ordering::Release);
    }
}

/// All items: the states of every one, and the whole of those that can still change.
pub(crate) struct Items {
    states: Mutex<BTreeMap<String, ItemState>>,
    live: Mutex<HashMap<String, Arc<Live>>>,
}

fn can_change(state: ItemState) -> bool {
    matches!(state, ItemState::Waiting | ItemState::Approved)
}

impl Items {
    /// Reads them from the ledger's state table.
    pub(crate) fn read(ledger: &Ledger) -> Result<Self, BooksError> {
        let items = Self {
            states: Mutex::new(BTreeMap::new()),
            live: Mutex::new(HashMap::new()),
        };
        for row in all::<ItemRow>(ledger)? {
            items.states.lock().insert(row.uid.clone(), row.state);
            if can_change(row.state) {
                let row = row.titled(ledger)?;
                items.live.lock().insert(row.uid.clone(), Arc::new(Live::new(row)));
            }
        }
        Ok(items)
    }

    /// A new item, once its record is on disk.
    pub(crate) fn add(&self, row: ItemRow) -> Arc<Live> {
        let uid = row.uid.clone();
        self.states.lock().insert(uid.clone(), row.state);
        let live = Arc::new(Live::new(row));
        self.live.lock().insert(uid, Arc::clone(&live));
        live
    }

    /// The item's new row, once its record is on disk. Whoever waits is told.
    pub(crate) fn changed(&self, live: &Live, row: ItemRow) {
        let (uid, state) = (row.uid.clone(), row.state);
        *live.row.lock() = row;
        self.states.lock().insert(uid.clone(), state);
        if !can_change(state) {
            self.live.lock().remove(&uid);
        }
        live.state.send_replace(state);
    }

    /// An item that can still change.
    pub(crate) fn live(&self, uid: &str) -> Option<Arc<Live>> {
        self.live.lock().get(uid).cloned()
    }

    /// All that can still change.
    pub(crate) fn all_live(&self) -> Vec<Arc<Live>> {
        self.live.lock().values().cloned().collect()
    }

    /// How many wait for a person.
    pub(crate) fn waiting(&self) -> u32 {
        count(
            self.live
                .lock()
                .values()
                .filter(|item| item.state() == ItemState::Waiting)
                .count(),
        )
    }

    /// The oldest undecided or unused item that the same call was held as, under the same policy, if its caller is gone.
    pub(crate) fn attach_to_same(&self, retry_mac: &str, policy_sha256: Digest) -> Option<Attached> {
        let mut same: Vec<_> = self
            .all_live()
            .into_iter()
            .filter(|item| {
                let row = item.row.lock();
                row.retry_mac == retry_mac && row.policy_sha256 == policy_sha256 && can_change(row.state)
            })
            .collect();
        same.sort_by_key(|item| item.row.lock().uid.clone());
        same.iter().find_map(Live::attach)
    }

    /// An item's line in the list.
    pub(crate) fn line(&self, row: &ItemRow) -> InboxItem {
        let live = self.live.lock();
        let twins = live
            .values()
            .filter(|other| {
                let other = other.row.lock();
                other.uid != row.uid && other.retry_mac == row.retry_mac && other.state == ItemState::Waiting
            })
            .count();
        let attached = live
            .get(&row.uid)
            .is_some_and(|item| item.attached.load(Ordering::Acquire));
        InboxItem {
            uid: row.uid.clone(),
            title: row.title.clone(),
            agent_uid: row.story.agent_uid.clone(),
            agent_name: row.story.agent_name.clone(),
            tier: row.tier,
            state: row.state,
            asked_ms: row.asked_ms,
            expires_ms: row
                .decision
                .as_ref()
                .filter(|d| d.approved)
                .map_or(row.expires_ms, |d| d.expires_ms),
            attached,
            twins: count(twins),
        }
    }

    /// One item, whether it can still change or not.
    pub(crate) fn find(&self, ledger: &Ledger, uid: &str) -> Result<Option<ItemRow>, BooksError> {
        if let Some(live) = self.live(uid) {
            return Ok(Some(live.row()));
        }
        let stored = ledger
            .state_get(ItemRow::KIND, uid)
            .map_err(|error| BooksError::Storage(error.to_string()))?;
        stored.map(|bytes| ItemRow::read(&bytes)?.titled(ledger)).transpose()
    }

    /// A page of the inbox, newest first.
    pub(crate) fn page(&self, ledger: &Ledger, query: &InboxQuery) -> Result<InboxPage, BooksError> {
        let limit = if query.limit == 0 { 100 } else { query.limit.min(500) };
        let (uids, total, missed) = {
            let states = self.states.lock();
            let wanted = |state: &ItemState| query.states.is_empty() || query.states.contains(state);
            let matching = states.iter().rev().filter(|(_, state)| wanted(state));
            let uids: Vec<_> = matching
                .clone()
                .skip(query.offset as usize)
                .take(limit as usize)
                .map(|(uid, _)| uid.clone())
                .collect();
            let missed = states.values().filter(|state| **state == ItemState::Expired).count();
            (uids, matching.count(), missed)
        };
        let mut items = Vec::with_capacity(uids.len());
        for uid in uids {
            if let Some(row) = self.find(ledger, &uid)? {
                items.push(self.line(&row));
            }
        }
        Ok(InboxPage {
            items,
            total: count(total),
            waiting: self.waiting(),
            missed: count(missed),
        })
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
