//! Times, for people.

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A time in ms UTC as a person reads it: `20 Nov 2026, 10:42:07 UTC`.
#[must_use]
pub fn moment(ms: i64) -> String {
    let seconds = ms.div_euclid(1_000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let month = usize::try_from(month - 1)
        .ok()
        .and_then(|index| MONTHS.get(index))
        .copied()
        .unwrap_or("?");
    format!(
        "{day} {month} {year}, {:02}:{:02}:{:02} UTC",
        second / 3_600,
        second / 60 % 60,
        second % 60
    )
}

/// Year, month (1 to 12) and day of a day counted from 1 January 1970, in the proleptic Gregorian calendar.
///
/// Years are taken to begin in March, so that the leap day is a year's last (H. Hinnant, "chrono-Compatible Low-Level
/// Date Algorithms").
const fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn moments() {
        for (ms, text) in [
            (0, "1 Jan 1970, 00:00:00 UTC"),
            (-1, "31 Dec 1969, 23:59:59 UTC"),
            (951_782_400_000, "29 Feb 2000, 00:00:00 UTC"),
            (1_709_251_199_999, "29 Feb 2024, 23:59:59 UTC"),
            (1_709_251_200_000, "1 Mar 2024, 00:00:00 UTC"),
            (1_795_000_000_000, "18 Nov 2026, 11:06:40 UTC"),
            (4_107_542_400_000, "1 Mar 2100, 00:00:00 UTC"),
        ] {
            assert_eq!(moment(ms), text);
        }
        // No time that signed JSON can carry, nor any other, ends in a panic.
        for ms in [i64::MIN, i64::MAX] {
            assert!(moment(ms).ends_with("UTC"));
        }
    }
}
