//! A day, added up from the index's sums.

use std::collections::BTreeMap;

use contract::query::{Matter, Named, Query, Term, day_or_time, parse_time};
use contract::{Code, Day, DayHour, DayPart, DayQuery, DaySums, DayTime, OperatorError};
use ledger::index::{Added, Part, QUARTER_MS, Row, Sums, Took};

use crate::{Engine, clock::now_ms, operators::fault};

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;
/// The clocks of the world, in minutes from UTC.
const OFFSETS: std::ops::RangeInclusive<i32> = -720..=840;

impl Engine {
    pub(crate) fn add_up_day(&self, query: &DayQuery) -> Result<Day, OperatorError> {
        let (date, from_ms) = midnight(query, now_ms())?;
        let to_ms = from_ms.saturating_add(24 * HOUR_MS);
        let size = self.ledger.size();
        self.searched(size)?;
        let added = self.index.added(&(from_ms..to_ms)).map_err(fault)?;
        let hours = (0..24).map(|hour| {
            let from_ms = from_ms + hour * HOUR_MS;
            let within = from_ms..from_ms + HOUR_MS;
            DayHour {
                from_ms,
                sums: sums(added.rows.iter().filter(|row| within.contains(&row.from_ms))),
                own: took(&added, Part::Own, &within),
                upstream: took(&added, Part::Upstream, &within),
            }
        });
        let within = from_ms..to_ms;
        Ok(Day {
            date,
            from_ms,
            to_ms,
            sums: sums(added.rows.iter()),
            own: took(&added, Part::Own, &within),
            upstream: took(&added, Part::Upstream, &within),
            hours: hours.collect(),
            agents: parts(&added, &within, |row| (row.agent.1.clone(), by_agent(row))),
            models: parts(&added, &within, |row| {
                let model = row.model.clone().unwrap_or_default();
                (
                    model.clone(),
                    (!model.is_empty()).then_some(Matter::Is(Named::Model, model)),
                )
            }),
            first_ms: added.first_ms,
            upto_ms: added.upto_ms,
            searched: added.size.min(size),
            size,
        })
    }
}

/// When the day begins that is meant.
fn midnight(query: &DayQuery, now: i64) -> Result<(String, i64), OperatorError> {
    let invalid = |message: String| OperatorError::new(Code::Invalid, message);
    let offset = query.offset_min;
    if !OFFSETS.contains(&offset) || (i64::from(offset) * MINUTE_MS) % QUARTER_MS != 0 {
        return Err(invalid(format!("No clock is {offset} minutes ahead of UTC.")));
    }
    let ahead = i64::from(offset) * MINUTE_MS;
    // A date, and not a time, which would be read as well.
    let is_date = query.date.len() == "2026-11-22".len();
    let begins = if query.date.is_empty() {
        let here = now.saturating_add(ahead);
        Some(here - here.rem_euclid(24 * HOUR_MS))
    } else {
        parse_time(&query.date).filter(|_| is_date)
    };
    let begins = begins.ok_or_else(|| invalid(format!("`{}` is no day. Write it as 2026-11-22.", query.date)))?;
    Ok((day_or_time(begins), begins.saturating_sub(ahead)))
}

fn by_agent(row: &Row) -> Option<Matter> {
    (!row.agent.0.is_empty()).then(|| Matter::Is(Named::Agent, row.agent.0.clone()))
}

fn sums<'a>(rows: impl Iterator<Item = &'a Row>) -> DaySums {
    let mut all = Sums::default();
    rows.for_each(|row| all.add(&row.sums));
    DaySums {
        calls: all.calls,
        held: all.held,
        refused: all.refused,
        failed: all.failed,
        answered: all.answered,
        tokens_in: all.tokens_in,
        tokens_out: all.tokens_out,
    }
}

fn took(added: &Added, part: Part, within: &std::ops::Range<i64>) -> Option<DayTime> {
    let mut all = Took::default();
    for (from_ms, of, took) in &added.took {
        if *of == part && within.contains(from_ms) {
            all.extend(took);
        }
    }
    Some(DayTime {
        p50_us: all.percentile(50)?,
        p95_us: all.percentile(95)?,
        calls: all.calls(),
    })
}

/// The sums by what each row is put under, most calls first.
fn parts(
    added: &Added,
    within: &std::ops::Range<i64>,
    under: impl Fn(&Row) -> (String, Option<Matter>),
) -> Vec<DayPart> {
    let mut rows: BTreeMap<(String, String), Vec<&Row>> = BTreeMap::new();
    for row in &added.rows {
        let (name, matter) = under(row);
        let filter = matter.map(|matter| {
            let query = [matter, Matter::After(within.start), Matter::Before(within.end)]
                .into_iter()
                .map(Term::wants)
                .fold(Query::default(), Query::and);
            query.to_string()
        });
        rows.entry((name, filter.unwrap_or_default())).or_default().push(row);
    }
    let mut parts: Vec<DayPart> = rows
        .into_iter()
        .map(|((name, filter), rows)| DayPart {
            name,
            filter,
            sums: sums(rows.into_iter()),
        })
        .collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.sums.calls));
    parts
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

    use super::*;

    #[test]
    fn a_day_begins_at_midnight_of_the_clock_that_is_meant() {
        // 2026-11-22 23:30:00 UTC.
        let now = 1_795_390_200_000;
        for (date, offset_min, day, begins) in [
            ("", 0, "2026-11-22", 1_795_305_600_000),
            ("", 60, "2026-11-23", 1_795_388_400_000),
            ("", -300, "2026-11-22", 1_795_323_600_000),
            ("2026-11-20", 345, "2026-11-20", 1_795_112_100_000),
        ] {
            let query = DayQuery {
                date: date.to_owned(),
                offset_min,
            };
            let (is, at) = midnight(&query, now).unwrap();
            assert_eq!((is.as_str(), at), (day, begins), "{date} {offset_min}");
        }
    }

    #[test]
    fn what_is_no_day_and_no_clock_is_refused() {
        for (date, offset_min) in [("yesterday", 0), ("2026-13-01", 0), ("", 7), ("", 900), ("", -735)] {
            let query = DayQuery {
                date: date.to_owned(),
                offset_min,
            };
            assert_eq!(
                midnight(&query, 0).unwrap_err().code,
                Code::Invalid,
                "{date} {offset_min}"
            );
        }
    }
}
