//! Times, as people write and read them. All are UTC.

use chrono::{DateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};

/// `2026-11-20 21:45:03`, UTC.
pub(crate) fn moment(ms: i64) -> String {
    match DateTime::from_timestamp_millis(ms) {
        Some(time) => time.format("%Y-%m-%d %H:%M:%S").to_string(),
        None => format!("{ms} ms"),
    }
}

/// How long from now, in words: `in 4 min`, `12 s ago`.
pub(crate) fn from_now(ms: i64) -> String {
    let seconds = ms.saturating_sub(Utc::now().timestamp_millis()) / 1000;
    let amount = match seconds.unsigned_abs() {
        s @ 0..120 => format!("{s} s"),
        s @ 120..7200 => format!("{} min", s / 60),
        s => format!("{} h", s / 3600),
    };
    if seconds >= 0 {
        format!("in {amount}")
    } else {
        format!("{amount} ago")
    }
}

/// Reads `2026-11-20` (its midnight) or RFC 3339, as ms UTC.
pub(crate) fn parse(text: &str) -> Result<i64, String> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Ok(time.timestamp_millis());
    }
    match NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        Ok(day) => Ok(day.and_time(NaiveTime::MIN).and_utc().timestamp_millis()),
        Err(_) => {
            let example = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
            Err(format!("write a day (2026-11-20) or a time ({example}), UTC"))
        }
    }
}
