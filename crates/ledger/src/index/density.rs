//! How matching records lie in time. Times never fall, so a slot of time is a range of sequences.

use evidence::ocsf::Outcome;
use rusqlite::Connection;

use super::extract::decision_number;
use super::matches::{Spine, View};

const REFUSED: u8 = decision_number(Outcome::Refused);
const FAILED: u8 = decision_number(Outcome::Failed);
const HELD: u8 = decision_number(Outcome::Held);

/// How matching records lie in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Density {
    /// Where the first slot begins, ms UTC.
    pub from_ms: i64,
    /// Where the last slot ends, ms UTC.
    pub to_ms: i64,
    /// The slots, oldest first.
    pub slots: Vec<Slot>,
}

/// The matching records of one slot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slot {
    /// How many.
    pub records: u32,
    /// How many of them are refusals or failures.
    pub refused: u32,
    /// How many of them wait for a person.
    pub held: u32,
    /// How many matching records are newer than the slot.
    pub newer: u64,
}

/// The slots as ranges of sequences, before anything is counted.
pub(super) struct Layout {
    from_ms: i64,
    to_ms: i64,
    /// The first sequence of each slot, and one past the last slot.
    bounds: Vec<u64>,
}

impl Layout {
    /// Nothing, where there is no record or no time to lay out.
    pub(super) fn new(
        db: &Connection,
        size: u64,
        (from, to): (Option<i64>, Option<i64>),
        slots: u32,
    ) -> rusqlite::Result<Option<Self>> {
        let Some(last) = size.checked_sub(1) else {
            return Ok(None);
        };
        let from_ms = match from {
            Some(from) => from,
            None => logged(db, 0)?,
        };
        let to_ms = match to {
            Some(to) => to,
            None => logged(db, last)?.saturating_add(1),
        };
        if from_ms >= to_ms || slots == 0 {
            return Ok(None);
        }
        let whole = i128::from(to_ms) - i128::from(from_ms);
        let bounds = (0..=slots)
            .map(|slot| {
                let past = whole * i128::from(slot) / i128::from(slots);
                first_at(db, size, i64::try_from(i128::from(from_ms) + past).unwrap_or(i64::MAX))
            })
            .collect::<rusqlite::Result<_>>()?;
        Ok(Some(Self { from_ms, to_ms, bounds }))
    }

    pub(super) fn fill(&self, matches: &View<'_>, spine: &Spine) -> Density {
        let places: Vec<u64> = self.bounds.iter().map(|bound| matches.below(*bound)).collect();
        let slots = places.iter().zip(places.iter().skip(1)).map(|(start, end)| {
            let mut slot = Slot {
                newer: matches.len() - end,
                ..Slot::default()
            };
            let mut count = |sequence: u64| {
                slot.records += 1;
                match spine.decision(sequence) {
                    REFUSED | FAILED => slot.refused += 1,
                    HELD => slot.held += 1,
                    _ => {}
                }
            };
            match matches {
                View::All(_) => (*start..*end).for_each(&mut count),
                View::Some(_) => matches.oldest(*start, end - start).into_iter().for_each(&mut count),
            }
            slot
        });
        Density {
            from_ms: self.from_ms,
            to_ms: self.to_ms,
            slots: slots.collect(),
        }
    }
}

fn logged(db: &Connection, sequence: u64) -> rusqlite::Result<i64> {
    db.prepare_cached("SELECT logged FROM entry WHERE seq = ?1")?
        .query_row([sequence.cast_signed()], |row| row.get(0))
}

/// The first sequence that was logged at `ms` or later, below `size`.
pub(super) fn first_at(db: &Connection, size: u64, ms: i64) -> rusqlite::Result<u64> {
    let (mut low, mut high) = (0, size);
    while low < high {
        let middle = low + (high - low) / 2;
        if logged(db, middle)? < ms {
            low = middle + 1
        } else {
            high = middle
        }
    }
    Ok(low)
}
