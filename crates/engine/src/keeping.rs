//! What keeps contents from being erased, and for how long they are kept: retention, legal holds, items that wait.

use std::collections::{BTreeMap, HashMap, HashSet};

use contract::HoldScope;
use ledger::{Filter, KeptContent, Ledger, ReadError};
use serde::{Deserialize, Serialize};

use crate::{
    books::{BooksError, Kept},
    items::Items,
};

/// How long contents are kept where nothing else was set: seven years.
pub(crate) const DEFAULT_DAYS: u32 = 2557;
/// The least that can be set where no higher minimum was: six months, as Article 26(6) of Regulation (EU) 2024/1689
/// wants of the logs of high-risk AI systems.
pub(crate) const DEFAULT_MINIMUM_DAYS: u32 = 183;
/// The most that can be set: a hundred years.
pub(crate) const MOST_DAYS: u32 = 36_525;

/// How long contents are kept. There is at most one row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RetentionRow {
    pub(crate) days: u32,
    pub(crate) minimum_days: u32,
}

impl Kept for RetentionRow {
    const KIND: &'static str = "retention";
    fn key(&self) -> &'static str {
        "contents"
    }
}

/// A legal hold.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LegalHoldRow {
    /// Sorts by the time it was set.
    pub(crate) uid: String,
    /// Agents by their uid.
    pub(crate) scope: HoldScope,
    pub(crate) keeps: String,
    pub(crate) reason_content: String,
    pub(crate) set_by: String,
    pub(crate) set_ms: i64,
}

impl Kept for LegalHoldRow {
    const KIND: &'static str = "legal_hold";
    fn key(&self) -> &str {
        &self.uid
    }
}

/// That an operator was shown a held item's contents: recorded once for each operator and item.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ItemReadRow {
    pub(crate) key: String,
}

impl Kept for ItemReadRow {
    const KIND: &'static str = "item_read";
    fn key(&self) -> &str {
        &self.key
    }
}

/// A part of an erasure that isn't done yet: found again at the next start, should this one end before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ErasingRow {
    /// Erasure and part: sorts by both.
    pub(crate) key: String,
    pub(crate) erasure_uid: String,
    pub(crate) cause: String,
    pub(crate) operator_uid: String,
    pub(crate) operator_name: String,
    pub(crate) reason_c: Option<evidence::Digest>,
    /// Contents by their uids, all of one group.
    pub(crate) contents: Vec<String>,
}

impl Kept for ErasingRow {
    const KIND: &'static str = "erasing";
    fn key(&self) -> &str {
        &self.key
    }
}

/// Why a content isn't erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Because {
    /// A legal hold keeps it.
    LegalHold,
    /// A held item isn't decided and used yet: what was reviewed must be what runs.
    Waits,
    /// It says why a legal hold was set.
    Explains,
}

impl Because {
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::LegalHold => "a legal hold keeps them until it is lifted",
            Self::Waits => {
                "they belong to a call that waits for a person or for its agent: what was reviewed must be what runs"
            }
            Self::Explains => "they say why a legal hold was set, which still holds",
        }
    }
}

/// What must not be erased now.
#[derive(Default)]
pub(crate) struct Protections {
    all: bool,
    streams: HashSet<String>,
    records: HashSet<u64>,
    contents: HashMap<String, Because>,
}

impl Protections {
    /// As things stand.
    pub(crate) fn now(
        ledger: &Ledger,
        holds: &BTreeMap<String, LegalHoldRow>,
        items: &Items,
    ) -> Result<Self, ReadError> {
        let mut protections = Self::default();
        for live in items.all_live() {
            let row = live.row();
            let reason = row.decision.and_then(|decision| decision.reason_content);
            let contents = [row.subject_content, row.request_content, row.view_content];
            for uid in contents.into_iter().chain(reason) {
                protections.contents.insert(uid, Because::Waits);
            }
        }
        for hold in holds.values() {
            protections
                .contents
                .insert(hold.reason_content.clone(), Because::Explains);
            match &hold.scope {
                HoldScope::All => protections.all = true,
                HoldScope::Agent { agent } => drop(protections.streams.insert(agent.clone())),
                HoldScope::Content { content_uid } => {
                    protections.contents.insert(content_uid.clone(), Because::LegalHold);
                }
                HoldScope::Request { correlation_uid } => {
                    protections.records.extend(records_of(ledger, correlation_uid)?);
                }
            }
        }
        Ok(protections)
    }

    /// Why this content can't be erased now, if it can't.
    pub(crate) fn keep(&self, content: &KeptContent) -> Option<Because> {
        let held = self.all || self.streams.contains(&content.stream) || self.records.contains(&content.sequence);
        if held {
            return Some(Because::LegalHold);
        }
        self.contents.get(&content.uid).copied()
    }
}

/// The sequences of a story's records.
fn records_of(ledger: &Ledger, correlation_uid: &str) -> Result<Vec<u64>, ReadError> {
    const PAGE: u32 = 1000;
    let filter = Filter {
        correlation: Some(correlation_uid.to_owned()),
        ..Filter::default()
    };
    let mut sequences = Vec::new();
    loop {
        let page = ledger.page(sequences.last().copied(), PAGE, &filter)?;
        sequences.extend(page.iter().map(evidence::Record::sequence));
        if page.len() < PAGE as usize {
            return Ok(sequences);
        }
    }
}

/// The retention in force.
pub(crate) fn retention(ledger: &Ledger) -> Result<Option<RetentionRow>, BooksError> {
    Ok(crate::books::all::<RetentionRow>(ledger)?.pop())
}
