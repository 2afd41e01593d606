//! Times, as people write and read them. All are UTC.

use chrono::{DateTime, SecondsFormat, Utc};

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

/// How long something took, from µs: `840 µs`, `12 ms`, `1.2 s`.
pub(crate) fn took(us: u64) -> String {
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..1_000_000 => format!("{} ms", us / 1_000),
        _ => format!("{}.{} s", us / 1_000_000, us / 100_000 % 10),
    }
}

/// Reads a day (its midnight) or a time as filters do, as ms UTC.
pub(crate) fn parse(text: &str) -> Result<i64, String> {
    contract::query::parse_time(text).ok_or_else(|| {
        let example = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
        format!("write a day (2026-11-20) or a time ({example}), UTC")
    })
}
