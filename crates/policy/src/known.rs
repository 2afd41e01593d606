//! Who asked before, as Cedar wants to have them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cedar_policy::Entities;

/// Agents, upstreams and kinds come from an administrator's configuration, so pairs of them are few; more than this many are
/// begun anew.
const MOST: usize = 1024;

/// Everything that the entities of a question are made from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Pair {
    pub(crate) agent: [String; 3],
    pub(crate) agent_practice: bool,
    pub(crate) resource: Resource,
}

/// On what something is asked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Resource {
    Upstream { name: String, practice: bool },
    Kind { name: String, category: &'static str },
}

/// The entities of pairs that asked before: making them and holding them against the schema costs as much as deciding.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<HashMap<Pair, Arc<Entities>>>);

impl Known {
    /// The entities of a pair; made, where it is new.
    pub(crate) fn of<E>(&self, pair: Pair, make: impl FnOnce() -> Result<Entities, E>) -> Result<Arc<Entities>, E> {
        let known = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&pair)
            .cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let made = Arc::new(make()?);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(pair, Arc::clone(&made));
        Ok(made)
    }
}
