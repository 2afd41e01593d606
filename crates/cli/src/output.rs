//! What a person reads, and what a script reads.
//!
//! Text that came from an agent may hold anything; nothing is printed before its control and direction-changing
//! characters are made visible, so that no text can move the cursor, rename the window or hide what it says.

use std::io::{ErrorKind, Write as _};

use serde::Serialize;

use crate::failure::Failure;

/// Where a verb's answer goes: a page for a person, or one JSON document for a script.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// Prints the answer: `value` as JSON, or the page that `human` writes.
    pub(crate) fn show<T: Serialize>(self, value: &T, human: impl FnOnce(&mut Page)) -> Result<(), Failure> {
        let text = if self.json {
            serde_json::to_string_pretty(value)? + "\n"
        } else {
            let mut page = Page::default();
            human(&mut page);
            page.0
        };
        print(&text)
    }

    /// Prints one line of a stream as it comes: JSON on one line, or a sentence.
    pub(crate) fn line<T: Serialize>(self, value: &T, human: impl FnOnce() -> Option<String>) -> Result<(), Failure> {
        if self.json {
            print(&(serde_json::to_string(value)? + "\n"))
        } else {
            human().map_or(Ok(()), |line| print(&(plain(&line) + "\n")))
        }
    }

    /// Prints lines of records as they are: canonical JSON, in which control characters are escaped already.
    pub(crate) fn lines(self, text: &str) -> Result<(), Failure> {
        print(text)
    }

    /// Prints what is for a person only.
    pub(crate) fn say(self, human: impl FnOnce(&mut Page)) -> Result<(), Failure> {
        if self.json {
            return Ok(());
        }
        let mut page = Page::default();
        human(&mut page);
        print(&page.0)
    }
}

fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever reads has seen enough (`countersign log list | head`).
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Failure::from),
    }
}

/// Says on stderr why a verb failed. That stderr can't be written leaves nobody to tell.
pub(crate) fn complain(failure: &Failure, json: bool) {
    let text = if json {
        serde_json::json!({"error": {"exit": failure.exit as u8, "message": failure.message}}).to_string()
    } else {
        plain(&sentence(&failure.message))
    };
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}

/// Says something on stderr that isn't part of the answer.
pub(crate) fn aside(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "{}", plain(text)));
}

/// A message as a sentence of its own: libraries begin theirs in lower case and end them without a stop.
pub(crate) fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    let mut text: String = match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => return String::new(),
    };
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

/// Text for a person, line by line.
#[derive(Default)]
pub(crate) struct Page(String);

impl Page {
    /// One line, or several where the text has line feeds.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) -> &mut Self {
        self.0.push_str(&plain(text.as_ref()));
        self.0.push('\n');
        self
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) -> &mut Self {
        self.0.push('\n');
        self
    }

    /// Text set in by four spaces, each of its lines.
    pub(crate) fn block(&mut self, text: &str) -> &mut Self {
        for line in text.split('\n') {
            self.line(format!("    {line}").trim_end());
        }
        self
    }

    /// Another page, set in behind a line.
    pub(crate) fn quote(&mut self, page: Self) -> &mut Self {
        for line in page.0.lines() {
            self.line(format!("  │ {line}").trim_end());
        }
        self
    }

    /// Labels and values, the values under each other.
    pub(crate) fn facts<L: AsRef<str>, V: AsRef<str>>(&mut self, facts: &[(L, V)]) -> &mut Self {
        let width = facts.iter().map(|(label, _)| width(label.as_ref())).max().unwrap_or(0);
        for (label, value) in facts {
            // A value of several lines goes on under itself.
            let value = value.as_ref().replace('\n', &format!("\n{}", " ".repeat(width + 4)));
            self.line(format!("  {}  {value}", padded(label.as_ref(), width)));
        }
        self
    }

    /// A table: a head, and rows of as many cells.
    pub(crate) fn table(&mut self, head: &[&str], rows: &[Vec<String>]) -> &mut Self {
        let head: Vec<String> = head.iter().map(|&cell| cell.to_owned()).collect();
        let mut widths: Vec<usize> = head.iter().map(|cell| width(cell)).collect();
        for row in rows {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(width(&plain(cell)));
            }
        }
        for row in std::iter::once(&head).chain(rows) {
            let mut line = String::from(" ");
            for (cell, &width) in row.iter().zip(&widths) {
                line.push_str(&format!(" {} ", padded(&plain(cell).replace('\n', " "), width)));
            }
            self.line(line.trim_end());
        }
        self
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn padded(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(width(text))))
}

/// The text with its control and direction-changing characters made visible; line feeds and tabs stay.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let hidden = c.is_control() && !matches!(c, '\n' | '\t')
            || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
        if hidden {
            out.push_str(&format!("⟨U+{:04X}⟩", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

/// A digest's beginning in groups of four, as people compare them.
pub(crate) fn short(digest: &str) -> String {
    let mut out = String::new();
    for (i, c) in digest.chars().take(16).enumerate() {
        if i > 0 && i % 4 == 0 {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agents_text_can_neither_move_the_cursor_nor_turn_the_line_around() {
        assert_eq!(
            plain("a\u{1b}]0;x\u{7}b\r\u{202e}c\n\td"),
            "a⟨U+001B⟩]0;x⟨U+0007⟩b⟨U+000D⟩⟨U+202E⟩c\n\td"
        );
    }

    #[test]
    fn tables_and_facts_are_aligned() {
        let mut page = Page::default();
        page.table(
            &["no", "name"],
            &[vec!["1".into(), "ä".into()], vec!["100".into(), "b".into()]],
        );
        page.facts(&[("a", "x\ny"), ("long", "z")]);
        assert_eq!(
            page.0,
            "  no   name\n  1    ä\n  100  b\n  a     x\n        y\n  long  z\n"
        );
    }

    #[test]
    fn a_librarys_message_becomes_a_sentence() {
        assert_eq!(sentence("it failed"), "It failed.");
        assert_eq!(sentence("Nothing was changed."), "Nothing was changed.");
    }
}
