//! What can be written next. Fields and fixed values are known here; the values of other fields are the log's to tell.

use super::{Field, Named};
use crate::Decision;

/// The piece of a query that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completing {
    /// Where the piece begins, in bytes.
    pub start: usize,
    /// Where it ends, in bytes.
    pub end: usize,
    /// What belongs there.
    pub wanted: Wanted,
}

/// What belongs at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// A field's name, beginning so; a word is as good.
    Field(String),
    /// A value of the field, beginning so.
    Value(Field, String),
}

impl Completing {
    /// The piece at the cursor (in bytes).
    #[must_use]
    pub fn at(text: &str, cursor: usize) -> Option<Self> {
        let before = text.get(..cursor)?;
        let start = beginning(before);
        let piece = text.get(start..cursor)?;
        let negated = usize::from(piece.starts_with('-'));
        let piece = piece.get(negated..)?;
        let start = start + negated;
        let end = cursor
            + text
                .get(cursor..)?
                .find(char::is_whitespace)
                .unwrap_or(text.len() - cursor);
        if piece.starts_with('"') {
            return None;
        }
        let Some((name, value)) = piece.split_once(':') else {
            return Some(Self {
                start,
                end,
                wanted: Wanted::Field(piece.to_owned()),
            });
        };
        let field = Field::of(name)?;
        let prefix = value
            .strip_prefix('"')
            .unwrap_or(value)
            .trim_end_matches('"')
            .to_owned();
        Some(Self {
            start: start + name.len() + 1,
            end,
            wanted: Wanted::Value(field, prefix),
        })
    }

    /// The text with the piece completed, and where the cursor goes, in bytes.
    #[must_use]
    pub fn with(&self, text: &str, completion: &str) -> (String, usize) {
        let (before, after) = (text.get(..self.start), text.get(self.end..));
        let mut done = before.unwrap_or_default().to_owned();
        match &self.wanted {
            Wanted::Field(_) => {
                done.push_str(completion);
                done.push(':');
            }
            Wanted::Value(..) => {
                let plain = !completion.is_empty() && completion.chars().all(|c| !c.is_whitespace() && c != '"');
                if plain {
                    done.push_str(completion);
                } else {
                    let escaped = completion.replace('\\', "\\\\").replace('"', "\\\"");
                    done.push_str(&format!("\"{escaped}\""));
                }
                if after.is_none_or(|after| !after.starts_with(char::is_whitespace)) {
                    done.push(' ');
                }
            }
        }
        let cursor = done.len();
        done.push_str(after.unwrap_or_default());
        (done, cursor)
    }
}

/// Where the piece that the text ends with begins: after the last blank that isn't in quotes.
fn beginning(text: &str) -> usize {
    let (mut start, mut in_quotes, mut escaped) = (0, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_quotes => escaped = true,
            '"' => in_quotes = !in_quotes,
            c if c.is_whitespace() && !in_quotes => start = at + c.len_utf8(),
            _ => {}
        }
    }
    start
}

/// The values that a field may have, where they are fixed, and what each means.
#[must_use]
pub fn fixed_values(field: Field) -> Vec<(String, &'static str)> {
    match field {
        Field::Decision => Decision::ALL
            .into_iter()
            .map(|decision| (decision.name().to_owned(), decision.meaning()))
            .collect(),
        Field::Class => CLASSES.iter().map(|(class, name)| (class.to_string(), *name)).collect(),
        Field::Named(Named::Agent) => vec![("sys".to_owned(), "the gateway itself")],
        Field::Named(_) | Field::Record | Field::After | Field::Before => Vec::new(),
    }
}

/// The OCSF classes that records have.
const CLASSES: [(u32, &str); 7] = [
    (1008, "event log activity"),
    (2004, "detection finding"),
    (2006, "data security finding"),
    (3002, "authentication"),
    (3004, "entity management"),
    (3007, "user management"),
    (6003, "API activity"),
];

/// An OCSF class, in words.
#[must_use]
pub fn class_name(class_uid: u32) -> Option<&'static str> {
    CLASSES
        .iter()
        .find_map(|(class, name)| (*class == class_uid).then_some(*name))
}
