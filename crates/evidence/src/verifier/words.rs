//! How times, digests and counts read in findings.

use crate::hash::Digest;

/// `19 Nov 2026 10:44:02 UTC`. Days by the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible date
/// algorithms", `civil_from_days`).
pub(crate) fn time(ms: i64) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let seconds = ms.div_euclid(1000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let name = usize::try_from(month - 1)
        .ok()
        .and_then(|index| MONTHS.get(index))
        .copied()
        .unwrap_or_default();
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{day} {name} {year} {hour:02}:{minute:02}:{second:02} UTC")
}

/// `c0ff·12e9…`: enough of a digest to compare by eye; the whole one stands in the detail.
pub(crate) fn short(digest: &Digest) -> String {
    let hex = digest.to_string();
    format!(
        "{}·{}…",
        hex.get(..4).unwrap_or_default(),
        hex.get(4..8).unwrap_or_default()
    )
}

/// How long a name is at most in a sentence, in characters.
const NAME: usize = 80;

/// `“support-bot”`: a text that the file's maker chose. It stays one word of a sentence, whatever is in it.
pub(crate) fn name(text: &str) -> String {
    let mut shown: String = text.chars().take(NAME).map(shown).collect();
    if text.chars().nth(NAME).is_some() {
        shown.push('…');
    }
    format!("“{shown}”")
}

/// A character as it is shown within quotes: what ends them, breaks the line or moves others is replaced.
fn shown(c: char) -> char {
    match c {
        '“' | '”' | '„' | '‟' | '"' => '\'',
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

/// The same with a capital at its beginning.
pub(crate) fn capital(sentence: &str) -> String {
    let mut rest = sentence.chars();
    rest.next()
        .map(|first| first.to_uppercase().chain(rest).collect())
        .unwrap_or_default()
}

/// `48 213`: thousands parted by a narrow space.
pub(crate) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// `1 rotation leads`, `2 rotations lead`.
pub(crate) fn lead(rotations: u64) -> String {
    let verb = if rotations == 1 { "leads" } else { "lead" };
    format!("{} {verb}", count(rotations, "rotation", "rotations"))
}

/// `1 record`, `43 records`.
pub(crate) fn count(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(count), if count == 1 { one } else { many })
}

/// `3`, `3 and 4`, `3, 4 and 7`; after `most` of them `and 12 more`.
pub(crate) fn list(items: &[String], most: usize) -> String {
    let shown = items.get(..most).unwrap_or(items);
    let more = items.len() - shown.len();
    match (shown, more) {
        ([], _) => String::new(),
        (shown, 1..) => format!("{} and {more} more", shown.join(", ")),
        ([one], 0) => one.clone(),
        ([first @ .., last], 0) => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{capital, list, name, number, time};

    #[test]
    fn a_name_stays_one_word_of_a_sentence() {
        assert_eq!(name("support-bot"), "“support-bot”");
        assert_eq!(
            name("x” is intact.\nIt is “signed\u{202e} by\u{200b} a bank"),
            "“x' is intact.\u{fffd}It is 'signed\u{fffd} by\u{fffd} a bank”"
        );
        assert_eq!(name(&"é".repeat(80)), format!("“{}”", "é".repeat(80)));
        assert_eq!(name(&"é".repeat(81)), format!("“{}…”", "é".repeat(80)));
        assert_eq!((capital("every"), capital("")), ("Every".to_owned(), String::new()));
    }

    #[test]
    fn times() {
        for (ms, text) in [
            (0, "1 Jan 1970 00:00:00 UTC"),
            (1_795_085_042_999, "19 Nov 2026 10:44:02 UTC"),
            (951_782_399_000, "28 Feb 2000 23:59:59 UTC"),
            (951_782_400_000, "29 Feb 2000 00:00:00 UTC"),
            (-1, "31 Dec 1969 23:59:59 UTC"),
        ] {
            assert_eq!(time(ms), text);
        }
    }

    #[test]
    fn numbers_and_lists() {
        assert_eq!(number(7), "7");
        assert_eq!(number(48_213), "48\u{202f}213");
        assert_eq!(number(1_000_000), "1\u{202f}000\u{202f}000");
        let items: Vec<String> = ["a", "b", "c"].map(String::from).to_vec();
        assert_eq!(list(&items, 9), "a, b and c");
        assert_eq!(list(&items, 2), "a, b and 1 more");
        assert_eq!(list(&[], 2), "");
    }
}
