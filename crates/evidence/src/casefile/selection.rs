//! What a case file is about: which records were selected, and which of their contents are disclosed.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::manifest::Named;
use crate::record::Record;

/// Which records a case file is about. The record of the export says it, and the manifest says the same.
///
/// What may be claimed differs by kind: of an agent and of a range, that nothing is missing; of the others only that each
/// record stands at its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Selection {
    /// One agent's stream in an interval of `logged_time`.
    Agent {
        /// The agent; its uid is the stream's name.
        agent: Named,
        /// From this time on, ms UTC; from the stream's beginning when null.
        from_ms: Option<i64>,
        /// To before this time, ms UTC; to the head when null.
        to_ms: Option<i64>,
    },
    /// Every record of the log in an interval of `logged_time`.
    Range {
        /// From this time on, ms UTC; from record 0 when null.
        from_ms: Option<i64>,
        /// To before this time, ms UTC; to the head when null.
        to_ms: Option<i64>,
    },
    /// The records that carry one correlation uid: the story of one request.
    Correlation {
        /// The request's uid.
        correlation_uid: String,
    },
    /// The story of the request whose held item was decided by a person.
    Approval {
        /// The item's uid.
        item_uid: String,
        /// The request's uid.
        correlation_uid: String,
    },
    /// Records that were picked one by one.
    Records {
        /// Their sequences, ascending, each once.
        sequences: Vec<u64>,
    },
}

impl Selection {
    /// The most records that can be picked one by one: the record of the export lists them.
    pub const MOST_PICKED: usize = 10_000;

    /// The interval, where the selection is one.
    #[must_use]
    pub fn interval(&self) -> Option<(Option<i64>, Option<i64>)> {
        match self {
            Self::Agent { from_ms, to_ms, .. } | Self::Range { from_ms, to_ms } => Some((*from_ms, *to_ms)),
            Self::Correlation { .. } | Self::Approval { .. } | Self::Records { .. } => None,
        }
    }

    /// Whether a file of this selection shows that nothing of it is missing.
    #[must_use]
    pub fn claims_completeness(&self) -> bool {
        self.interval().is_some()
    }

    /// Whether a record, by what it says of itself, belongs to the selection. The record of the export never does.
    #[must_use]
    pub fn selects(&self, stream: &str, sequence: u64, logged_ms: i64, correlation: Option<&str>) -> bool {
        let within = |from: &Option<i64>, to: &Option<i64>| {
            from.is_none_or(|from| logged_ms >= from) && to.is_none_or(|to| logged_ms < to)
        };
        match self {
            Self::Agent { agent, from_ms, to_ms } => stream == agent.uid && within(from_ms, to_ms),
            Self::Range { from_ms, to_ms } => within(from_ms, to_ms),
            Self::Correlation { correlation_uid } | Self::Approval { correlation_uid, .. } => {
                correlation == Some(correlation_uid)
            }
            Self::Records { sequences } => sequences.binary_search(&sequence).is_ok(),
        }
    }

    /// [`selects`](Self::selects), of a record.
    #[must_use]
    pub fn selects_record(&self, record: &Record) -> bool {
        self.selects(
            record.stream().as_str(),
            record.sequence(),
            record.logged_time(),
            record.correlation_uid(),
        )
    }

    /// Whether it is in its one form: an interval that isn't empty, uids that say something, ascending sequences.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        match self {
            Self::Agent { from_ms, to_ms, .. } | Self::Range { from_ms, to_ms } => {
                from_ms.zip(*to_ms).is_none_or(|(from, to)| from < to)
            }
            Self::Correlation { correlation_uid } => !correlation_uid.is_empty(),
            Self::Approval {
                item_uid,
                correlation_uid,
            } => !item_uid.is_empty() && !correlation_uid.is_empty(),
            Self::Records { sequences } => {
                let ascends = sequences.iter().zip(sequences.iter().skip(1)).all(|(a, b)| a < b);
                !sequences.is_empty() && sequences.len() <= Self::MOST_PICKED && ascends
            }
        }
    }
}

/// Which contents of the selected records are disclosed. Everything else is withheld.
///
/// A content is disclosed if its uid is in `disclosed`, or its slot is in `slots` and its uid isn't in `withheld`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    /// Slots, ascending, each once: `reason`, `request`, `response`, `view`.
    pub slots: Vec<String>,
    /// Uids of contents that are disclosed whatever their slot, ascending, each once.
    pub disclosed: Vec<String>,
    /// Uids of contents that are withheld though their slot is disclosed, ascending, each once.
    pub withheld: Vec<String>,
}

impl Disclosure {
    /// The most contents that can be named one by one: the record of the export lists them.
    pub const MOST_NAMED: usize = 5_000;
    /// The slot of the content that says why contents are disclosed.
    pub const WHY_DISCLOSED: &str = "disclosure_reason";
    /// The slot of the content that says why the others are withheld.
    pub const WHY_WITHHELD: &str = "withholding_reason";

    /// Whether a content of a selected record is disclosed.
    #[must_use]
    pub fn discloses(&self, content_uid: &str, slot: &str) -> bool {
        let named = |list: &[String], word: &str| list.binary_search_by(|other| other.as_str().cmp(word)).is_ok();
        named(&self.disclosed, content_uid) || (named(&self.slots, slot) && !named(&self.withheld, content_uid))
    }

    /// Whether it discloses nothing at all.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.slots.is_empty() && self.disclosed.is_empty()
    }

    /// Sorts its lists: the one form that is recorded.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        for list in [&mut self.slots, &mut self.disclosed, &mut self.withheld] {
            list.sort_unstable();
            list.dedup();
        }
        self
    }

    /// Whether it is in its one form: ascending lists, and no content in both.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let ascends = |list: &[String]| list.iter().zip(list.iter().skip(1)).all(|(a, b)| a < b);
        let both = self
            .withheld
            .iter()
            .any(|uid| self.disclosed.binary_search(uid).is_ok());
        let few = self.disclosed.len().saturating_add(self.withheld.len()) <= Self::MOST_NAMED;
        [&self.slots, &self.disclosed, &self.withheld]
            .into_iter()
            .all(|list| ascends(list))
            && !both
            && few
    }
}

/// A checkpoint that somebody saw before, which the file shows the log to go on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Since {
    /// Its size.
    pub size: u64,
    /// Its root.
    pub root: crate::hash::Digest,
}

/// What an export was asked for, as its record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Which records.
    pub selection: Selection,
    /// Which of their contents are disclosed; nothing in records of version 1, which say only whether any are.
    pub disclosure: Option<Disclosure>,
    /// The checkpoint that the log is shown to go on from.
    pub since: Option<Since>,
}

/// A value in its one form: serde also reads a list for an object, and an absent member for null.
fn exactly<T: DeserializeOwned + Serialize>(value: &Value) -> Option<T> {
    let read = T::deserialize(value).ok()?;
    let is_exact = serde_json::to_value(&read).is_ok_and(|again| again == *value);
    is_exact.then_some(read)
}

impl Asked {
    /// Reads the facts of a record of kind `exported`; nothing where they are of another form.
    #[must_use]
    pub fn of(record: &Record) -> Option<Self> {
        let facts = record.facts();
        let filter = facts.get("filter")?;
        // Records of version 1 name an agent and an interval, without a `kind`.
        if filter.get("kind").is_none() {
            let agent = Named {
                uid: filter.get("agent_uid")?.as_str()?.to_owned(),
                name: filter.get("agent_name")?.as_str()?.to_owned(),
            };
            let bound = |name: &str| match filter.get(name) {
                None | Some(Value::Null) => Some(None),
                Some(value) => value.as_i64().map(Some),
            };
            let (from_ms, to_ms) = (bound("from_ms")?, bound("to_ms")?);
            return Some(Self {
                selection: Selection::Agent { agent, from_ms, to_ms },
                disclosure: None,
                since: None,
            });
        }
        let selection: Selection = exactly(filter)?;
        let disclosure: Disclosure = exactly(facts.get("disclosure")?)?;
        let since = match facts.get("since") {
            None | Some(Value::Null) => None,
            Some(since) => Some(exactly(since)?),
        };
        (selection.is_well_formed() && disclosure.is_well_formed()).then_some(Self {
            selection,
            disclosure: Some(disclosure),
            since,
        })
    }
}
