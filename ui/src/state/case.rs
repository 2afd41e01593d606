//! The case file that a person puts together: what is wanted of it, kept while they look elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use contract::{CaseDisclosure, CasePreview, CaseRequest, CaseSelection, DISCLOSABLE};
use leptos::prelude::*;

use super::Fetched;
use crate::format;
use crate::ipc::shell;

/// Which records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One agent's, in a time.
    Agent,
    /// All of a time.
    Range,
    /// Those of one request.
    Request,
    /// Those of one approval.
    Approval,
    /// Picked ones.
    Picked,
}

/// How far the wizard is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Which records.
    What,
    /// Which contents.
    Contents,
    /// What will be in it.
    Preview,
}

/// What is wanted, and what was found of it.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    pub(crate) open: RwSignal<bool>,
    pub(crate) stage: RwSignal<Stage>,
    pub(crate) kind: RwSignal<Kind>,
    pub(crate) agent: RwSignal<String>,
    pub(crate) from: RwSignal<String>,
    pub(crate) to: RwSignal<String>,
    pub(crate) request: RwSignal<String>,
    pub(crate) item: RwSignal<String>,
    /// Records that were picked in the list.
    pub(crate) picked: RwSignal<BTreeSet<u64>>,
    pub(crate) slots: RwSignal<BTreeSet<&'static str>>,
    /// Contents that are disclosed or withheld against their slot, by uid.
    pub(crate) single: RwSignal<BTreeMap<String, bool>>,
    pub(crate) reason: RwSignal<String>,
    pub(crate) withholding: RwSignal<String>,
    /// What would be in it with nothing disclosed: the contents to choose from.
    pub(crate) found: Fetched<CasePreview>,
    /// What will be in it.
    pub(crate) preview: Fetched<CasePreview>,
    pub(crate) saving: Fetched<Option<shell::Saved>>,
    /// Bytes that are saved, of how many.
    pub(crate) progress: RwSignal<Option<(u64, u64)>>,
}

impl Case {
    pub(crate) fn new() -> Self {
        Self {
            open: RwSignal::new(false),
            stage: RwSignal::new(Stage::What),
            kind: RwSignal::new(Kind::Agent),
            agent: RwSignal::new(String::new()),
            from: RwSignal::new(String::new()),
            to: RwSignal::new(String::new()),
            request: RwSignal::new(String::new()),
            item: RwSignal::new(String::new()),
            picked: RwSignal::new(BTreeSet::new()),
            slots: RwSignal::new(BTreeSet::new()),
            single: RwSignal::new(BTreeMap::new()),
            reason: RwSignal::new(String::new()),
            withholding: RwSignal::new(String::new()),
            found: Fetched::new(),
            preview: Fetched::new(),
            saving: Fetched::new(),
            progress: RwSignal::new(None),
        }
    }

    /// Opens the wizard at its beginning.
    pub(crate) fn begin(self) {
        self.saving.forget();
        self.found.forget();
        self.preview.forget();
        self.progress.set(None);
        self.stage.set(Stage::What);
        self.open.set(true);
    }

    /// Opens it for one request's records.
    pub(crate) fn of_request(self, request: &str) {
        self.kind.set(Kind::Request);
        self.request.set(request.to_owned());
        self.begin();
    }

    /// Opens it for one approval.
    pub(crate) fn of_approval(self, item: &str) {
        self.kind.set(Kind::Approval);
        self.item.set(item.to_owned());
        self.begin();
    }

    /// Picks a record, or puts it back.
    pub(crate) fn pick(self, sequence: u64) {
        self.picked.update(|picked| {
            if !picked.remove(&sequence) {
                picked.insert(sequence);
            }
        });
    }

    /// Which records are wanted.
    ///
    /// # Errors
    /// Says what is missing.
    pub(crate) fn selection(self) -> Result<CaseSelection, String> {
        let filled = |signal: RwSignal<String>, what: &str| {
            let text = signal.with(|text| text.trim().to_owned());
            if text.is_empty() {
                Err(what.to_owned())
            } else {
                Ok(text)
            }
        };
        let span = || {
            let from_ms = self.from.with(|from| format::typed_time(from))?;
            let to_ms = self.to.with(|to| format::typed_time(to))?;
            if from_ms.zip(to_ms).is_some_and(|(from, to)| from >= to) {
                return Err("The end is not after the beginning.".to_owned());
            }
            Ok((from_ms, to_ms))
        };
        Ok(match self.kind.get() {
            Kind::Agent => {
                let (from_ms, to_ms) = span()?;
                let agent = filled(self.agent, "Choose an agent.")?;
                CaseSelection::Agent { agent, from_ms, to_ms }
            }
            Kind::Range => {
                let (from_ms, to_ms) = span()?;
                CaseSelection::Range { from_ms, to_ms }
            }
            Kind::Request => CaseSelection::Correlation {
                correlation_uid: filled(self.request, "Name the request.")?,
            },
            Kind::Approval => CaseSelection::Approval {
                item_uid: filled(self.item, "Name the held item.")?,
            },
            Kind::Picked => {
                let sequences: Vec<u64> = self.picked.with(|picked| picked.iter().copied().collect());
                if sequences.is_empty() {
                    return Err("No record is picked yet: open one and choose “Pick for a case file”.".to_owned());
                }
                CaseSelection::Records { sequences }
            }
        })
    }

    /// Whether anything is disclosed.
    pub(crate) fn discloses(self) -> bool {
        !self.slots.with(BTreeSet::is_empty) || self.single.with(|single| single.values().any(|disclosed| *disclosed))
    }

    /// Whether a content is disclosed.
    pub(crate) fn disclosed(self, uid: &str, slot: &str) -> bool {
        let of_slot = || self.slots.with(|slots| slots.contains(slot));
        self.single
            .with(|single| single.get(uid).copied())
            .unwrap_or_else(of_slot)
    }

    /// Discloses one content, or withholds it.
    pub(crate) fn set_single(self, uid: &str, slot: &str, disclosed: bool) {
        let of_slot = self.slots.with(|slots| slots.contains(slot));
        self.single.update(|single| {
            if disclosed == of_slot {
                single.remove(uid);
            } else {
                single.insert(uid.to_owned(), disclosed);
            }
        });
    }

    /// Discloses a whole slot, or withholds it; nothing of it is an exception any more.
    pub(crate) fn set_slot(self, slot: &str, disclosed: bool) {
        let Some(slot) = DISCLOSABLE.into_iter().find(|known| *known == slot) else {
            return;
        };
        self.slots.update(|slots| {
            if disclosed {
                slots.insert(slot);
            } else {
                slots.remove(slot);
            }
        });
        let contents = self.found.value.with(|found| {
            let contents = found
                .as_ref()
                .map(|found| found.contents.as_slice())
                .unwrap_or_default();
            let of_slot = contents.iter().filter(|content| content.slot == slot);
            of_slot.map(|content| content.content_uid.clone()).collect::<Vec<_>>()
        });
        self.single.update(|single| {
            for uid in contents {
                single.remove(&uid);
            }
        });
    }

    /// What is asked of the gateway.
    ///
    /// # Errors
    /// Says what is missing.
    pub(crate) fn wish(self) -> Result<CaseRequest, String> {
        let typed = |signal: RwSignal<String>| {
            let text = signal.with(|text| text.trim().to_owned());
            (!text.is_empty()).then_some(text)
        };
        let single = |wanted: bool| {
            self.single.with(|single| {
                let all = single.iter().filter(|(_, disclosed)| **disclosed == wanted);
                all.map(|(uid, _)| uid.clone()).collect::<Vec<_>>()
            })
        };
        let reason = typed(self.reason).filter(|_| self.discloses());
        if self.discloses() && reason.is_none() {
            return Err("Say why contents are disclosed.".to_owned());
        }
        Ok(CaseRequest {
            selection: self.selection()?,
            disclosure: CaseDisclosure {
                slots: self
                    .slots
                    .with(|slots| slots.iter().map(|slot| (*slot).to_owned()).collect()),
                disclosed: single(true),
                withheld: single(false),
                reason,
                withholding_reason: typed(self.withholding),
            },
            since: None,
        })
    }
}
