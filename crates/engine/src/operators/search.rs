//! Filters put to the index: what they mean there, where records stand, how they lie in time, what fields may say.

use std::time::Duration;

use contract::query::{Field, Matter, Named, Query, Term, fixed_values};
use contract::{
    Code, Completion, CompletionQuery, Completions, Decision, Density, DensityQuery, DensitySlot, FindQuery, Found,
    OperatorError,
};
use evidence::ocsf::Outcome;
use ledger::index::{self, Clause, Condition, Search};

use super::log::{filtered, parse};
use crate::{Engine, operators::fault};

/// How long a call waits for the index to have read the newest records.
const PATIENCE: Duration = Duration::from_secs(2);
/// The most records that a find names.
const MOST_FOUND: u64 = 100;
/// The most values that are offered.
const MOST_VALUES: u32 = 20;

/// A filter in the index's terms.
pub(crate) fn search(query: &Query) -> Search {
    let clause = |term: &Term| Clause {
        negated: term.negated,
        condition: condition(&term.matter),
    };
    Search {
        clauses: query.terms.iter().map(clause).collect(),
    }
}

fn condition(matter: &Matter) -> Condition {
    match matter {
        Matter::Is(named, value) => match column(*named) {
            Some(column) => Condition::Is(column, value.clone()),
            None if *named == Named::Story => Condition::Story(value.clone()),
            None => Condition::Id(value.clone()),
        },
        Matter::Decision(decision) => Condition::Decision(outcome(*decision)),
        Matter::Class(class) => Condition::Class(*class),
        Matter::Record(sequence) => Condition::Record(*sequence),
        Matter::After(ms) => Condition::After(*ms),
        Matter::Before(ms) => Condition::Before(*ms),
        Matter::Words { text, prefix } => Condition::Words {
            text: text.clone(),
            prefix: *prefix,
        },
    }
}

fn column(named: Named) -> Option<index::Named> {
    match named {
        Named::Agent => Some(index::Named::Agent),
        Named::Operator => Some(index::Named::Operator),
        Named::Kind => Some(index::Named::Kind),
        Named::Model => Some(index::Named::Model),
        Named::Operation => Some(index::Named::Operation),
        Named::Upstream => Some(index::Named::Upstream),
        Named::Story | Named::Id => None,
    }
}

fn outcome(decision: Decision) -> Outcome {
    match decision {
        Decision::Allowed => Outcome::Allowed,
        Decision::Refused => Outcome::Refused,
        Decision::Held => Outcome::Held,
        Decision::Signed => Outcome::Signed,
        Decision::Failed => Outcome::Failed,
        Decision::None => Outcome::None,
    }
}

impl Engine {
    /// How many of the first `size` records the index knows, after it had a moment to catch up. An engine that only
    /// reads follows the log here, for nothing else does.
    pub(crate) fn searched(&self, size: u64) -> Result<u64, OperatorError> {
        if self.reads_only() {
            self.index.catch_up(&self.ledger, || true).map_err(fault)?;
        } else {
            self.index.wait_for(size, PATIENCE);
        }
        Ok(self.index.size().min(size))
    }

    pub(crate) fn log_lies(&self, query: &DensityQuery) -> Result<Density, OperatorError> {
        let size = self.size_asked(query.size);
        let filter = search(&parse(&query.filter)?);
        let searched = self.searched(size)?;
        let slots = query.slots.clamp(1, 1000);
        let found = self
            .index
            .density(&filter, searched, (query.from_ms, query.to_ms), slots)
            .map_err(fault)?;
        let slot = |slot: &index::Slot| DensitySlot {
            records: slot.records,
            refused: slot.refused,
            held: slot.held,
            at: slot.newer,
        };
        Ok(found.map_or_else(
            || Density {
                from_ms: query.from_ms.unwrap_or_default(),
                to_ms: query.to_ms.unwrap_or_default(),
                slots: Vec::new(),
                searched,
            },
            |found| Density {
                from_ms: found.from_ms,
                to_ms: found.to_ms,
                slots: found.slots.iter().map(slot).collect(),
                searched,
            },
        ))
    }

    pub(crate) fn find_in_log(&self, query: &FindQuery) -> Result<Found, OperatorError> {
        let size = self.size_asked(query.size);
        let wanted: String = query.wanted.split_whitespace().collect();
        let number = wanted.strip_prefix('#').unwrap_or(&wanted).parse::<u64>().ok();
        // A number that no record has may be the beginning of a fingerprint.
        let matter = match number.filter(|number| *number < size) {
            Some(sequence) => Matter::Record(sequence),
            None if wanted.is_empty() => return Ok(Found::default()),
            None => Matter::Is(Named::Id, query.wanted.trim().to_owned()),
        };
        let wants = Query {
            terms: vec![Term::wants(matter.clone())],
        };
        let (records, of) = match matter {
            Matter::Record(sequence) => (vec![sequence], 1),
            _ => {
                let searched = self.searched(size)?;
                let found = self
                    .index
                    .page(&search(&wants), searched, 0, MOST_FOUND)
                    .map_err(fault)?;
                (found.sequences, found.of)
            }
        };
        let at = match records.first() {
            Some(first) => self.place_of(*first, &query.filter, size)?,
            None => None,
        };
        Ok(Found {
            records,
            of,
            at,
            filter: wants.to_string(),
        })
    }

    /// Where a record stands in a filtered list, counted from the newest.
    fn place_of(&self, sequence: u64, filter: &str, size: u64) -> Result<Option<u64>, OperatorError> {
        let filter = parse(filter)?;
        if filter.is_open() {
            return Ok(size.checked_sub(sequence.saturating_add(1)));
        }
        let searched = self.searched(size)?;
        self.index.place(&search(&filter), searched, sequence).map_err(fault)
    }

    pub(crate) fn complete(&self, query: &CompletionQuery) -> Result<Completions, OperatorError> {
        let field = filtered(&query.field)?;
        let begins = |value: &str| {
            let head = value.get(..query.prefix.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(&query.prefix))
        };
        let mut values: Vec<Completion> = Vec::new();
        if let Field::Named(named) = field
            && let Some(column) = column(named)
        {
            let known = self
                .index
                .values(column, &query.prefix, MOST_VALUES)
                .map_err(|error| OperatorError::new(Code::Internal, error.to_string()))?;
            values.extend(known.into_iter().map(|(value, note)| Completion { value, note }));
        }
        for (value, note) in fixed_values(field).into_iter().filter(|(value, _)| begins(value)) {
            if let Some(known) = values.iter_mut().find(|known| known.value == value) {
                note.clone_into(&mut known.note);
            } else {
                let note = note.to_owned();
                values.push(Completion { value, note });
            }
        }
        Ok(Completions { values })
    }
}
