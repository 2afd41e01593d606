//! Writing a query: the inverse of reading it.

use std::fmt::{Display, Formatter, Result, Write as _};

use super::{Field, Matter, Query, Term, day_or_time};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (at, term) in self.terms.iter().enumerate() {
            if at > 0 {
                f.write_char(' ')?;
            }
            write!(f, "{term}")?;
        }
        Ok(())
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.negated {
            f.write_char('-')?;
        }
        match &self.matter {
            Matter::Words { text, prefix } => word(f, text, *prefix),
            matter => field(f, matter),
        }
    }
}

fn field(f: &mut Formatter<'_>, matter: &Matter) -> Result {
    let name = |field: Field| field.name();
    match matter {
        Matter::Is(named, text) => {
            write!(f, "{}:", name(Field::Named(*named)))?;
            value(f, text)
        }
        Matter::Decision(decision) => write!(f, "{}:{}", name(Field::Decision), decision.name()),
        Matter::Class(class) => write!(f, "{}:{class}", name(Field::Class)),
        Matter::Record(sequence) => write!(f, "{}:{sequence}", name(Field::Record)),
        Matter::After(ms) => write!(f, "{}:{}", name(Field::After), day_or_time(*ms)),
        Matter::Before(ms) => write!(f, "{}:{}", name(Field::Before), day_or_time(*ms)),
        Matter::Words { text, prefix } => word(f, text, *prefix),
    }
}

/// A word as it is, where it would be read as one; else in quotes.
fn word(f: &mut Formatter<'_>, text: &str, prefix: bool) -> Result {
    let plain = |c: char| !c.is_whitespace() && !matches!(c, '"' | ':');
    let bare = !text.starts_with('-') && !text.ends_with('*') && text.chars().all(plain);
    match (bare || prefix, prefix) {
        (true, true) => write!(f, "{text}*"),
        (true, false) => f.write_str(text),
        (false, _) => quoted(f, text),
    }
}

fn value(f: &mut Formatter<'_>, text: &str) -> Result {
    if !text.is_empty() && text.chars().all(|c| !c.is_whitespace() && c != '"') {
        f.write_str(text)
    } else {
        quoted(f, text)
    }
}

fn quoted(f: &mut Formatter<'_>, text: &str) -> Result {
    f.write_char('"')?;
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(c)?;
    }
    f.write_char('"')
}
