//! Times in queries: a day or a moment, UTC.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat};

const DAY_MS: i64 = 86_400_000;

/// Reads `2026-11-20` (its midnight), `2026-11-20T08:30`, `2026-11-20T08:30:15.250`, each UTC, or RFC 3339 with its own
/// offset, as ms UTC. Years are 1970 to 9999.
#[must_use]
pub fn parse_time(text: &str) -> Option<i64> {
    let text = text.trim();
    let utc = |time: NaiveDateTime| time.and_utc();
    let time = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .map(|day| utc(day.and_time(NaiveTime::MIN)))
        .or_else(|_| DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()))
        .or_else(|_| {
            let text = text.replacen(' ', "T", 1);
            NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f")
                .or_else(|_| NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M"))
                .map(utc)
        })
        .ok()?;
    (1970..=9999).contains(&time.year()).then(|| time.timestamp_millis())
}

/// As short as says it: `2026-11-20` for a midnight, else RFC 3339.
#[must_use]
pub fn day_or_time(ms: i64) -> String {
    let Some(time) = DateTime::from_timestamp_millis(ms) else {
        return ms.to_string();
    };
    if ms.rem_euclid(DAY_MS) == 0 {
        time.format("%Y-%m-%d").to_string()
    } else {
        time.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }
}
