//! How numbers, times and digests read.

use chrono::{DateTime, Local, TimeZone as _, Utc};

/// Keeps a number or a name on one line.
const THIN: char = '\u{00a0}';

/// `48 213`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(THIN);
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 record`, `48 213 records`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    let noun = if number == 1 { one } else { many };
    format!("{}{THIN}{noun}", count(number))
}

/// `1.8 MB`.
pub fn size(bytes: u64) -> String {
    const STEPS: [(&str, f64); 3] = [("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
    #[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
    let exact = bytes as f64;
    STEPS.iter().find(|(_, step)| exact >= *step).map_or_else(
        || counted(bytes, "byte", "bytes"),
        |(unit, step)| format!("{:.1}{THIN}{unit}", exact / step),
    )
}

fn local(ms: i64) -> Option<DateTime<Local>> {
    Local.timestamp_millis_opt(ms).single()
}

fn timed(ms: i64, pattern: &str) -> String {
    local(ms).map_or_else(|| "—".to_owned(), |at| at.format(pattern).to_string())
}

/// `10:42:07`, by this machine's clock.
pub fn clock(ms: i64) -> String {
    timed(ms, "%H:%M:%S")
}

/// `10:42`.
pub fn minute(ms: i64) -> String {
    timed(ms, "%H:%M")
}

/// `19 Nov 2026`.
pub fn day(ms: i64) -> String {
    timed(ms, "%-d %b %Y")
}

/// A time for a narrow column: `10:42:07` today, `19 Nov 10:42` within the year, `19 Nov 2025` before.
pub fn column_moment(ms: i64, now: i64) -> String {
    const MOST_OF_A_YEAR: i64 = 300 * 24 * 3600 * 1000;
    if same_day(ms, now) {
        clock(ms)
    } else if now - ms < MOST_OF_A_YEAR {
        timed(ms, "%-d %b %H:%M")
    } else {
        day(ms)
    }
}

/// `19 Nov 2026, 10:42:07`.
pub fn moment(ms: i64) -> String {
    timed(ms, "%-d %b %Y, %H:%M:%S")
}

/// `19 Nov 2026, 10:42:07.311`.
pub fn exact_moment(ms: i64) -> String {
    timed(ms, "%-d %b %Y, %H:%M:%S%.3f")
}

fn universal(ms: i64, pattern: &str) -> String {
    let at = DateTime::<Utc>::from_timestamp_millis(ms);
    at.map_or_else(|| "—".to_owned(), |at| at.format(pattern).to_string())
}

/// `10:42:07` UTC. What travels is read in UTC, so that two people who read the same report see the same times.
pub fn utc_clock(ms: i64) -> String {
    universal(ms, "%H:%M:%S")
}

/// `19 Nov 2026`, in UTC.
pub fn utc_day(ms: i64) -> String {
    universal(ms, "%-d %b %Y")
}

/// `19 Nov 2026, 10:42:07.311 UTC`.
pub fn utc_moment(ms: i64) -> String {
    universal(ms, "%-d %b %Y, %H:%M:%S%.3f UTC")
}

/// How far this machine's clock is ahead of UTC at a time, in minutes, to the quarter of an hour.
pub fn ahead_of_utc(ms: i64) -> i32 {
    let seconds = local(ms).map_or(0, |at| at.offset().local_minus_utc());
    seconds.div_euclid(900) * 15
}

/// Whether two times fall on one day here.
pub fn same_day(a: i64, b: i64) -> bool {
    local(a).map(|at| at.date_naive()) == local(b).map(|at| at.date_naive())
}

/// What a person typed as a time of this machine's clock, `2026-11-01` or `2026-11-01 09:00`, as ms UTC; nothing where
/// the field is empty.
///
/// # Errors
/// It isn't a time, or one that a change of clocks leaps over. It is never taken for an empty field: that would export
/// more than was asked for.
pub fn typed_time(field: &str) -> Result<Option<i64>, String> {
    let field = field.trim().replace('T', " ");
    if field.is_empty() {
        return Ok(None);
    }
    let whole = if field.contains(' ') {
        field.clone()
    } else {
        format!("{field} 00:00")
    };
    ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]
        .iter()
        .find_map(|pattern| chrono::NaiveDateTime::parse_from_str(&whole, pattern).ok())
        .and_then(|at| Local.from_local_datetime(&at).earliest())
        .map(|at| Some(at.timestamp_millis()))
        .ok_or_else(|| format!("“{field}” is no time. Write it as 2026-11-01 or 2026-11-01 09:00."))
}

/// `3:41`, `1:02:09`; `0:00` once it is over.
pub fn remaining(ms: i64) -> String {
    let seconds = ms.max(0).div_euclid(1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes}:{seconds:02}")
    }
}

/// How long something took, from µs: `840 µs`, `12.4 ms`, `1.24 s`, `3:41`.
pub fn took(us: u64) -> String {
    let parts = |unit: u64, digits: usize| {
        #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
        let exact = us as f64 / unit as f64;
        format!("{exact:.digits$}")
    };
    match us {
        0..1_000 => format!("{us}{THIN}µs"),
        1_000..100_000 => format!("{}{THIN}ms", parts(1_000, 1)),
        100_000..1_000_000 => format!("{}{THIN}ms", us / 1_000),
        1_000_000..10_000_000 => format!("{}{THIN}s", parts(1_000_000, 2)),
        10_000_000..60_000_000 => format!("{}{THIN}s", parts(1_000_000, 1)),
        _ => remaining(i64::try_from(us / 1_000).unwrap_or(i64::MAX)),
    }
}

/// How long ago in words, for lists: `just now`, `4 min ago`, then the time or the day.
pub fn ago(ms: i64, now: i64) -> String {
    let seconds = (now - ms).max(0) / 1000;
    if seconds < 60 {
        "just now".to_owned()
    } else if seconds < 3600 {
        format!("{}{THIN}min ago", seconds / 60)
    } else if same_day(ms, now) {
        minute(ms)
    } else {
        day(ms)
    }
}

/// The first twelve hex digits in groups of four: `7f3a·c91e·04bd`.
pub fn short_digest(hex: &str) -> String {
    let first: Vec<char> = hex.chars().take(12).collect();
    first
        .chunks(4)
        .map(|group| group.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join("·")
}

/// A key's id, `SHA256:k3Tq…9wE`.
pub fn short_key(id: &str) -> String {
    let Some((kind, print)) = id.split_once(':') else {
        return short_middle(id, 8, 4);
    };
    format!("{kind}:{}", short_middle(print, 4, 3))
}

/// The log's name: `countersign/log/9d41·b7c2·…`.
pub fn short_origin(origin: &str) -> String {
    match origin.rsplit_once('/') {
        Some((name, hex)) if hex.len() >= 12 => format!("{name}/{}…", short_digest(hex)),
        _ => origin.to_owned(),
    }
}

fn short_middle(text: &str, first: usize, last: usize) -> String {
    let length = text.chars().count();
    if length <= first + last + 1 {
        return text.to_owned();
    }
    let head: String = text.chars().take(first).collect();
    let tail: String = text.chars().skip(length - last).collect();
    format!("{head}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_in_threes() {
        for (number, reads) in [
            (0, "0"),
            (999, "999"),
            (1043, "1\u{a0}043"),
            (48_213, "48\u{a0}213"),
            (1_000_000, "1\u{a0}000\u{a0}000"),
        ] {
            assert_eq!(count(number), reads);
        }
    }

    #[test]
    fn what_is_left_never_reads_as_a_negative_time() {
        for (ms, reads) in [
            (-5000, "0:00"),
            (0, "0:00"),
            (59_999, "0:59"),
            (221_000, "3:41"),
            (3_729_000, "1:02:09"),
        ] {
            assert_eq!(remaining(ms), reads);
        }
    }

    #[test]
    fn what_took_long_and_what_was_quick_read_in_their_own_unit() {
        for (us, reads) in [
            (0, "0\u{a0}µs"),
            (840, "840\u{a0}µs"),
            (1_240, "1.2\u{a0}ms"),
            (240_900, "240\u{a0}ms"),
            (1_240_000, "1.24\u{a0}s"),
            (59_900_000, "59.9\u{a0}s"),
            (221_000_000, "3:41"),
        ] {
            assert_eq!(took(us), reads);
        }
    }

    #[test]
    fn digests_and_keys_are_cut_where_an_eye_can_compare_them() {
        assert_eq!(short_digest("7f3ac91e04bd55aa"), "7f3a·c91e·04bd");
        assert_eq!(short_digest("7f3a"), "7f3a");
        assert_eq!(short_key("SHA256:k3TqAAAAAAAAAAA9wE"), "SHA256:k3Tq…9wE");
        assert_eq!(short_key("odd"), "odd");
    }

    #[test]
    fn a_time_is_read_or_refused_but_never_taken_for_none() {
        assert_eq!(typed_time("  "), Ok(None));
        assert!(typed_time("2026-11-01").is_ok_and(|at| at.is_some()));
        assert_eq!(typed_time("2026-11-01 00:00"), typed_time("2026-11-01"));
        assert_eq!(typed_time("2026-11-01T09:30"), typed_time("2026-11-01 09:30:00"));
        for wrong in ["yesterday", "2026-13-01", "2026-11-01 25:00", "01.11.2026"] {
            assert!(typed_time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn sizes_read_in_their_own_unit() {
        for (bytes, reads) in [
            (1, "1\u{a0}byte"),
            (812, "812\u{a0}bytes"),
            (1184, "1.2\u{a0}kB"),
            (1_800_000, "1.8\u{a0}MB"),
        ] {
            assert_eq!(size(bytes), reads);
        }
    }
}
