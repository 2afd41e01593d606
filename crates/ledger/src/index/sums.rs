//! What happened in each quarter of an hour: sums that are kept as records come, so that a day is added up and not read.
//!
//! A quarter of an hour, for some places of the world are a quarter of an hour from the full one.

use std::collections::HashMap;
use std::ops::Range;

use evidence::ocsf::Outcome;
use rusqlite::{Connection, params};
use serde_json::Value;

use super::file;

/// The length of a slot of sums, ms.
pub const QUARTER_MS: i64 = 15 * 60 * 1000;

/// What happened, counted. Each record counts where it was logged: a call that ends after midnight is asked for on one
/// day and answered on the next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Calls asked for.
    pub calls: u64,
    /// Calls that began to wait for a person.
    pub held: u64,
    /// Refusals: by policy, by a person, for want of a decision in time, by a halt.
    pub refused: u64,
    /// Calls that were let through and failed.
    pub failed: u64,
    /// Calls that were answered.
    pub answered: u64,
    /// Tokens in, as the upstreams say.
    pub tokens_in: u64,
    /// Tokens out, as the upstreams say.
    pub tokens_out: u64,
}

/// What time was spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// By the gateway itself: deciding and recording, before anything is sent.
    Own,
    /// By the upstream, until it began to answer.
    Upstream,
}

/// How many calls took how long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Took {
    /// Calls by bucket, ascending.
    counts: Vec<(u32, u64)>,
}

/// What one agent asked of one model in a quarter of an hour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// When the quarter begins, ms UTC.
    pub from_ms: i64,
    /// The agent's uid and name.
    pub agent: (String, String),
    /// The model, where one is known.
    pub model: Option<String>,
    /// What happened.
    pub sums: Sums,
}

/// The sums of a stretch of time, as far as the index knows the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Added {
    /// How many records the index knows.
    pub size: u64,
    /// When the last of them was logged, ms UTC.
    pub upto_ms: Option<i64>,
    /// When the first of them was logged, ms UTC.
    pub first_ms: Option<i64>,
    /// The sums, by quarter, agent and model.
    pub rows: Vec<Row>,
    /// How long calls took that ended in a quarter, by its beginning (ms UTC).
    pub took: Vec<(i64, Part, Took)>,
}

/// A record's place in the story of a call.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CallStep {
    pub(super) correlation: String,
    /// Whether it is the first.
    pub(super) asks: bool,
    /// Whether nothing comes after it.
    pub(super) ends: bool,
    sums: Sums,
    own_us: Option<u64>,
    upstream_us: Option<u64>,
}

impl CallStep {
    /// From a record's event and how it reads; nothing where it is no part of a call's story.
    pub(super) fn of(event: &Value, outcome: Outcome) -> Option<Self> {
        let correlation = event.pointer("/metadata/correlation_uid")?.as_str()?.to_owned();
        let ours = event.pointer("/unmapped/countersign")?;
        let kind = ours.get("kind")?.as_str()?;
        let said = |pointer: &str| event.pointer(pointer).and_then(Value::as_u64);
        let fact = |name: &str| ours.pointer(name).and_then(Value::as_str);
        let latency = |name: &str| said(&format!("/unmapped/countersign/facts/latency_us/{name}"));
        let one = |so: bool| u64::from(so);
        // A late report comes after the outcome that counts already: that nothing was known in time.
        let late = ours.pointer("/facts/late").and_then(Value::as_bool) == Some(true);
        let finished = kind == "call_finished" || (kind == "execution_reported" && !late);
        let (asks, ends) = match kind {
            "call_decided" => (true, fact("/facts/effect") == Some("deny")),
            "call_finished" | "execution_reported" | "item_expired" => (false, true),
            "item_decided" => (false, fact("/facts/decision") == Some("deny")),
            "released" => (false, false),
            _ => return None,
        };
        Some(Self {
            correlation,
            asks,
            ends,
            sums: Sums {
                calls: one(asks),
                held: one(asks && outcome == Outcome::Held),
                refused: one(outcome == Outcome::Refused),
                failed: one(finished && outcome == Outcome::Failed),
                answered: one(finished && outcome == Outcome::Allowed),
                tokens_in: said("/message_context/prompt_tokens").unwrap_or_default(),
                tokens_out: said("/message_context/completion_tokens").unwrap_or_default(),
            },
            own_us: latency("decide").map(|decide| decide.saturating_add(latency("record").unwrap_or_default())),
            upstream_us: latency("first_byte"),
        })
    }
}

impl Sums {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in self.numbers().into_iter().zip({ *other }.numbers()) {
            *sum = sum.saturating_add(*more);
        }
    }

    fn numbers(&mut self) -> [&mut u64; 7] {
        [
            &mut self.calls,
            &mut self.held,
            &mut self.refused,
            &mut self.failed,
            &mut self.answered,
            &mut self.tokens_in,
            &mut self.tokens_out,
        ]
    }
}

/// Sixteen buckets for each doubling, so that a bucket is never wider than a sixteenth of what is in it.
const fn bucket(us: u64) -> u32 {
    if us < 32 {
        return us as u32;
    }
    let doubling = us.ilog2();
    32 + (doubling - 5) * 16 + ((us >> (doubling - 4)) & 15) as u32
}

/// The middle of a bucket, µs.
const fn middle(bucket: u32) -> u64 {
    if bucket < 32 {
        return bucket as u64;
    }
    let (doubling, sixteenth) = ((bucket - 32) / 16 + 5, (bucket - 32) % 16);
    let wide = 1u64 << (doubling - 4);
    (16 + sixteenth as u64) * wide + wide / 2
}

impl Took {
    /// Counts a call.
    pub fn count(&mut self, us: u64) {
        self.add(bucket(us), 1);
    }

    fn add(&mut self, bucket: u32, calls: u64) {
        match self.counts.binary_search_by_key(&bucket, |(bucket, _)| *bucket) {
            Ok(at) => {
                if let Some((_, sum)) = self.counts.get_mut(at) {
                    *sum += calls;
                }
            }
            Err(at) => self.counts.insert(at, (bucket, calls)),
        }
    }

    /// Adds others.
    pub fn extend(&mut self, other: &Self) {
        for (bucket, calls) in &other.counts {
            self.add(*bucket, *calls);
        }
    }

    /// How many calls were counted.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.counts.iter().map(|(_, calls)| calls).sum()
    }

    /// What so many hundredths of the calls didn't exceed, µs, to within four hundredths of itself; nothing where none was
    /// counted.
    #[must_use]
    pub fn percentile(&self, hundredths: u64) -> Option<u64> {
        let wanted = (self.calls() * hundredths).div_ceil(100).max(1);
        let mut passed = 0;
        self.counts.iter().find_map(|(bucket, calls)| {
            passed += calls;
            (passed >= wanted).then(|| middle(*bucket))
        })
    }
}

/// What the records of one transaction add.
#[derive(Default)]
pub(super) struct Tally {
    sums: HashMap<(i64, i64, i64), Sums>,
    took: HashMap<(i64, i64, u32), u64>,
}

impl Tally {
    /// Adds a record, by its agent and model.
    pub(super) fn add(&mut self, logged: i64, (agent, model): (i64, i64), step: &CallStep) {
        let quarter = logged.div_euclid(QUARTER_MS);
        self.sums.entry((quarter, agent, model)).or_default().add(&step.sums);
        for (part, us) in [(0, step.own_us), (1, step.upstream_us)] {
            if let Some(us) = us {
                *self.took.entry((quarter, part, bucket(us))).or_default() += 1;
            }
        }
    }

    /// Writes it to what is there.
    pub(super) fn write(self, db: &Connection) -> rusqlite::Result<()> {
        let mut statement = db.prepare_cached(
            "INSERT INTO quarter (quarter, agent, model, calls, held, refused, failed, answered, tokens_in, tokens_out) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO UPDATE SET \
             calls = calls + excluded.calls, held = held + excluded.held, refused = refused + excluded.refused, \
             failed = failed + excluded.failed, answered = answered + excluded.answered, \
             tokens_in = tokens_in + excluded.tokens_in, tokens_out = tokens_out + excluded.tokens_out",
        )?;
        for ((quarter, agent, model), mut sums) in self.sums {
            let [calls, held, refused, failed, answered, tokens_in, tokens_out] =
                sums.numbers().map(|sum| i64::try_from(*sum).unwrap_or(i64::MAX));
            statement.execute(params![
                quarter, agent, model, calls, held, refused, failed, answered, tokens_in, tokens_out
            ])?;
        }
        let mut statement = db.prepare_cached(
            "INSERT INTO took (quarter, part, bucket, calls) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET calls = calls + excluded.calls",
        )?;
        for ((quarter, part, bucket), calls) in self.took {
            statement.execute(params![quarter, part, bucket, calls.cast_signed()])?;
        }
        Ok(())
    }
}

/// The sums of the quarters that begin in a stretch of time, ms UTC.
pub(super) fn added(db: &Connection, within: &Range<i64>) -> rusqlite::Result<Added> {
    // One transaction, so that the sums are those of the size that is said.
    let db = db.unchecked_transaction()?;
    let first = |ms: i64| -ms.saturating_neg().div_euclid(QUARTER_MS);
    let (from, to) = (first(within.start), first(within.end));
    let size = file::reached(&db)?.size;
    let logged = |aggregate: &str| {
        db.query_row(
            &format!("SELECT {aggregate}(logged) FROM entry WHERE seq IN (0, ?1)"),
            [size.cast_signed() - 1],
            |row| row.get(0),
        )
    };
    let mut statement = db.prepare_cached(
        "SELECT quarter, a.uid, a.name, m.uid, calls, held, refused, failed, answered, tokens_in, tokens_out \
         FROM quarter LEFT JOIN value a ON a.id = agent LEFT JOIN value m ON m.id = model \
         WHERE quarter >= ?1 AND quarter < ?2 ORDER BY quarter, agent, model",
    )?;
    let rows = statement.query_map([from, to], |row| {
        let number = |at: usize| row.get::<_, i64>(at).map(i64::cast_unsigned);
        let text = |at: usize| row.get::<_, Option<String>>(at).map(Option::unwrap_or_default);
        Ok(Row {
            from_ms: row.get::<_, i64>(0)?.saturating_mul(QUARTER_MS),
            agent: (text(1)?, text(2)?),
            model: row.get(3)?,
            sums: Sums {
                calls: number(4)?,
                held: number(5)?,
                refused: number(6)?,
                failed: number(7)?,
                answered: number(8)?,
                tokens_in: number(9)?,
                tokens_out: number(10)?,
            },
        })
    })?;
    let rows = rows.collect::<rusqlite::Result<_>>()?;
    Ok(Added {
        size,
        upto_ms: logged("max")?,
        first_ms: logged("min")?,
        rows,
        took: took(&db, from, to)?,
    })
}

fn took(db: &Connection, from: i64, to: i64) -> rusqlite::Result<Vec<(i64, Part, Took)>> {
    let mut all: Vec<(i64, Part, Took)> = Vec::new();
    let mut statement = db.prepare_cached(
        "SELECT quarter, part, bucket, calls FROM took WHERE quarter >= ?1 AND quarter < ?2 ORDER BY quarter, part, bucket",
    )?;
    let mut rows = statement.query([from, to])?;
    while let Some(row) = rows.next()? {
        let from_ms = row.get::<_, i64>(0)?.saturating_mul(QUARTER_MS);
        let part = if row.get::<_, i64>(1)? == 0 {
            Part::Own
        } else {
            Part::Upstream
        };
        let counted = (row.get(2)?, row.get::<_, i64>(3)?.cast_unsigned());
        match all.last_mut() {
            Some((at, of, took)) if *at == from_ms && *of == part => took.counts.push(counted),
            _ => all.push((from_ms, part, Took { counts: vec![counted] })),
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

    use super::*;

    #[test]
    fn a_bucket_is_never_wider_than_a_sixteenth_of_what_is_in_it() {
        for us in (0..5000).chain([40_000, 123_456, 9_999_999, u64::from(u32::MAX), 1 << 52]) {
            let near = middle(bucket(us));
            assert!(near.abs_diff(us) <= us / 32 + 1, "{us} reads as {near}");
            assert!(bucket(us) <= bucket(us + 1), "buckets rise with the time: {us}");
        }
    }

    #[test]
    fn percentiles_are_those_of_what_was_counted() {
        let mut took = Took::default();
        assert_eq!(took.percentile(50), None);
        for us in 1..=20 {
            took.count(us);
        }
        assert_eq!(
            (took.calls(), took.percentile(50), took.percentile(95)),
            (20, Some(10), Some(19))
        );
        let mut more = Took::default();
        more.count(30);
        took.extend(&more);
        assert_eq!(took.percentile(100).unwrap(), 30);
    }
}
