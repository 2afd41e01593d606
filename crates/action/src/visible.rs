//! Makes visible what a screen wouldn't show, or would show where it doesn't stand.
//!
//! An agent's text can hold characters that have no shape, or that turn the direction of others (Trojan Source,
//! CVE-2021-42574). A reviewer who can't see them signs blind.

/// Inclusive ranges of characters without a shape of their own, or that move others. Sorted.
const INVISIBLE: &[(u32, u32)] = &[
    (0x0000, 0x0008), // C0 controls before tab
    (0x000B, 0x001F), // C0 controls after line feed; a carriage return overwrites on a terminal
    (0x007F, 0x009F), // delete and C1 controls
    (0x00AD, 0x00AD), // soft hyphen
    (0x034F, 0x034F), // combining grapheme joiner
    (0x0600, 0x0605), // Arabic number signs (format)
    (0x061C, 0x061C), // Arabic letter mark
    (0x06DD, 0x06DD),
    (0x070F, 0x070F),
    (0x0890, 0x0891),
    (0x08E2, 0x08E2),
    (0x115F, 0x1160), // Hangul fillers
    (0x17B4, 0x17B5), // Khmer inherent vowels
    (0x180B, 0x180F), // Mongolian variation selectors and vowel separator
    (0x200B, 0x200F), // zero-width space, joiners, left-to-right and right-to-left marks
    (0x2028, 0x202E), // line and paragraph separators, bidirectional embeddings and overrides
    (0x2060, 0x206F), // word joiner, invisible operators, bidirectional isolates
    (0x2800, 0x2800), // blank Braille pattern
    (0x3164, 0x3164), // Hangul filler
    (0xE000, 0xF8FF), // private use
    (0xFDD0, 0xFDEF), // noncharacters
    (0xFE00, 0xFE0F), // variation selectors
    (0xFEFF, 0xFEFF), // byte order mark
    (0xFFA0, 0xFFA0), // half-width Hangul filler
    (0xFFF0, 0xFFFB), // specials but the replacement characters
    (0xFFFE, 0xFFFF), // noncharacters
    (0x110BD, 0x110BD),
    (0x110CD, 0x110CD),
    (0x13430, 0x1345F),  // hieroglyph format controls
    (0x1BCA0, 0x1BCA3),  // shorthand format controls
    (0x1D173, 0x1D17A),  // musical format controls
    (0xE0000, 0x10FFFF), // tags, variation selectors supplement, unassigned ignorables, private use planes
];

const OPEN: char = '⟨';
const CLOSE: char = '⟩';

/// Whether a character has no shape of its own on a screen, or moves others: controls (but not line feed and tab),
/// bidirectional controls, zero-width and filler characters, variation selectors, tags, private use, noncharacters.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    if matches!(c, ' '..='~' | '\n' | '\t') {
        return false;
    }
    let code = u32::from(c);
    INVISIBLE.iter().any(|&(first, last)| (first..=last).contains(&code)) || (code & 0xFFFE) == 0xFFFE
}

/// The text with every invisible character ([`is_invisible`]) written out as `⟨U+202E⟩`.
///
/// Line feeds and tabs stay. The brackets `⟨` and `⟩` themselves are written out too, so that no text can pretend to
/// hold such a mark: [`restore`] is the exact inverse.
#[must_use]
pub fn visible(text: &str) -> String {
    write_out(text, |c| is_invisible(c) || c == OPEN || c == CLOSE)
}

/// As [`visible`], and everything beyond printable ASCII is written out as well, so that `раyment` can't pass for
/// `payment`, nor a line feed end a name.
#[must_use]
pub fn visible_identifier(text: &str) -> String {
    write_out(text, |c| !(' '..='~').contains(&c))
}

fn write_out(text: &str, hidden: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) {
            shown.push(OPEN);
            shown.push_str(&format!("U+{:04X}", u32::from(c)));
            shown.push(CLOSE);
        } else {
            shown.push(c);
        }
    }
    shown
}

/// The text that [`visible`] or [`visible_identifier`] was given; nothing where the marks aren't as they write them.
#[must_use]
pub fn restore(shown: &str) -> Option<String> {
    let mut text = String::with_capacity(shown.len());
    let mut rest = shown;
    while let Some((before, from_mark)) = rest.split_once(OPEN) {
        let (mark, after) = from_mark.split_once(CLOSE)?;
        if before.contains(CLOSE) {
            return None;
        }
        text.push_str(before);
        text.push(marked(mark)?);
        rest = after;
    }
    if rest.contains(CLOSE) {
        return None;
    }
    text.push_str(rest);
    Some(text)
}

/// The character of `U+202E`, in exactly the digits that are written: upper case, at least four, no more than needed.
fn marked(mark: &str) -> Option<char> {
    let code = u32::from_str_radix(mark.strip_prefix("U+")?, 16).ok()?;
    (mark == format!("U+{code:04X}")).then_some(())?;
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn attack_fixtures_become_visible() {
        for (attack, text, shown) in [
            (
                "bidi override reverses a file's extension",
                "invoice\u{202e}fdp.exe",
                "invoice⟨U+202E⟩fdp.exe",
            ),
            (
                "zero-width space splits a word past a filter",
                "pass\u{200b}word",
                "pass⟨U+200B⟩word",
            ),
            (
                "tag characters smuggle a prompt",
                "hi\u{e0049}\u{e0047}",
                "hi⟨U+E0049⟩⟨U+E0047⟩",
            ),
            (
                "variation selectors smuggle bytes",
                "a\u{e0101}b\u{fe0f}",
                "a⟨U+E0101⟩b⟨U+FE0F⟩",
            ),
            (
                "carriage return overwrites the line",
                "pay 9\rpay 1",
                "pay 9⟨U+000D⟩pay 1",
            ),
            ("escape sequence recolours a terminal", "\u{1b}[31m", "⟨U+001B⟩[31m"),
            ("text that pretends to be a mark", "⟨U+202E⟩", "⟨U+27E8⟩U+202E⟨U+27E9⟩"),
            ("isolates", "\u{2066}x\u{2069}", "⟨U+2066⟩x⟨U+2069⟩"),
            (
                "plain text, tabs and lines stay as they are",
                "Zażółć\tgęślą\njaźń 東京",
                "Zażółć\tgęślą\njaźń 東京",
            ),
        ] {
            assert_eq!(visible(text), shown, "{attack}");
        }
        assert_eq!(
            visible_identifier("p\u{430}yment"),
            "p⟨U+0430⟩yment",
            "homoglyph in a tool's name"
        );
    }

    #[test]
    fn the_table_is_sorted_and_disjoint() {
        assert!(INVISIBLE.iter().all(|(first, last)| first <= last));
        assert!(INVISIBLE.iter().zip(INVISIBLE.iter().skip(1)).all(|(a, b)| a.1 < b.0));
    }

    #[test]
    fn only_marks_as_written_are_restored() {
        for other in [
            "⟨U+202e⟩",
            "⟨U+0202E⟩",
            "⟨U+20⟩",
            "⟨U+D800⟩",
            "⟨text⟩",
            "⟨U+202E",
            "U+202E⟩",
            "⟨⟩",
            "⟨U++20⟩",
        ] {
            assert_eq!(restore(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn restore_is_the_inverse(text in any::<String>()) {
            prop_assert_eq!(restore(&visible(&text)), Some(text.clone()));
            prop_assert_eq!(restore(&visible_identifier(&text)), Some(text));
        }

        #[test]
        fn nothing_invisible_is_left(text in any::<String>()) {
            prop_assert!(!visible(&text).chars().any(is_invisible));
            prop_assert!(visible_identifier(&text).chars().all(|c| (' '..='~').contains(&c) || c == OPEN || c == CLOSE));
        }
    }
}
