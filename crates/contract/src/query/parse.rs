//! Reading a query, strictly: what can't be read is an error with its place, never a guess.

use super::{Field, LONGEST, MOST_TERMS, Matter, Named, Query, QueryError, Term, parse_time};
use crate::Decision;

/// Characters with their place.
struct Reader {
    chars: Vec<char>,
    at: usize,
}

/// A value as written: where it stands, and whether it was in quotes.
struct Written {
    text: String,
    at: usize,
    quoted: bool,
}

pub(super) fn query(text: &str) -> Result<Query, QueryError> {
    let mut reader = Reader {
        chars: text.chars().collect(),
        at: 0,
    };
    if reader.chars.len() > LONGEST {
        return Err(reader.error(LONGEST, 1, format!("a query has at most {LONGEST} characters")));
    }
    let mut terms = Vec::new();
    loop {
        reader.skip_blanks();
        if reader.peek().is_none() {
            return Ok(Query { terms });
        }
        if terms.len() == MOST_TERMS {
            return Err(reader.error(reader.at, 1, format!("a query has at most {MOST_TERMS} terms")));
        }
        terms.push(reader.term()?);
    }
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
    }

    fn error(&self, at: usize, length: usize, message: impl Into<String>) -> QueryError {
        QueryError {
            at,
            length: length.max(1),
            message: message.into(),
        }
    }

    fn term(&mut self) -> Result<Term, QueryError> {
        let start = self.at;
        let negated = self.peek() == Some('-');
        if negated {
            self.at += 1;
            if self.peek().is_none_or(char::is_whitespace) {
                return Err(self.error(start, 1, "a minus stands right before what it takes out, as in `-word`"));
            }
        }
        let matter = self.matter()?;
        Ok(match matter {
            // Not from then on is before then, and the other way round.
            Matter::After(ms) if negated => Term::wants(Matter::Before(ms)),
            Matter::Before(ms) if negated => Term::wants(Matter::After(ms)),
            matter => Term { negated, matter },
        })
    }

    fn matter(&mut self) -> Result<Matter, QueryError> {
        let start = self.at;
        if self.peek() == Some('"') {
            let written = self.quoted()?;
            return self.words(written);
        }
        let name = self.bare(true)?;
        if self.peek() != Some(':') {
            return self.words(Written {
                text: name,
                at: start,
                quoted: false,
            });
        }
        // A key's id is written with a colon of its own.
        if name == "SHA256" {
            let rest = self.bare(false)?;
            return Ok(Matter::Is(Named::Id, name + &rest));
        }
        let Some(field) = Field::of(&name) else {
            let fields = Field::ALL.map(Field::name).join(", ");
            let message = format!("`{name}` isn't a field; there are {fields}. A text with a colon stands in quotes");
            return Err(self.error(start, name.chars().count(), message));
        };
        self.at += 1;
        let value = self.value(field, start)?;
        self.read(field, value)
    }

    fn value(&mut self, field: Field, start: usize) -> Result<Written, QueryError> {
        let at = self.at;
        let value = match self.peek() {
            Some('"') => self.quoted()?,
            _ => Written {
                text: self.bare(false)?,
                at,
                quoted: false,
            },
        };
        if value.text.trim().is_empty() {
            let message = format!("`{}:` needs a value right after the colon", field.name());
            return Err(self.error(start, self.at - start, message));
        }
        Ok(value)
    }

    /// Up to a blank; up to a colon too, where a field's name may come.
    fn bare(&mut self, name: bool) -> Result<String, QueryError> {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            if c == '"' {
                return Err(self.error(self.at, 1, "a quote stands at the beginning of a word or value only"));
            }
            if c.is_whitespace() || (name && c == ':') {
                break;
            }
            text.push(c);
            self.at += 1;
        }
        Ok(text)
    }

    fn quoted(&mut self) -> Result<Written, QueryError> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err(self.error(start, self.at - start, "this quote isn't closed")),
                Some('"') => break,
                Some('\\') => match self.next() {
                    Some(c @ ('"' | '\\')) => text.push(c),
                    other => {
                        let message = "a backslash in quotes stands before a quote or a backslash only";
                        let at = self.at.saturating_sub(1 + usize::from(other.is_some()));
                        return Err(self.error(at, 2, message));
                    }
                },
                Some(c) => text.push(c),
            }
        }
        if self.peek().is_some_and(|c| !c.is_whitespace()) {
            return Err(self.error(self.at, 1, "a blank stands after a closing quote"));
        }
        Ok(Written {
            text,
            at: start,
            quoted: true,
        })
    }

    fn words(&self, written: Written) -> Result<Matter, QueryError> {
        let Written { text, at, quoted } = written;
        let (text, prefix) = match text.strip_suffix('*') {
            Some(stem) if !quoted => (stem.to_owned(), true),
            _ => (text, false),
        };
        if !text.chars().any(char::is_alphanumeric) {
            return Err(self.error(at, self.at - at, "there is no letter or digit to look for"));
        }
        Ok(Matter::Words { text, prefix })
    }

    fn read(&self, field: Field, value: Written) -> Result<Matter, QueryError> {
        let Written { text, at, .. } = value;
        let wrong = |message: String| self.error(at, self.at - at, message);
        Ok(match field {
            Field::Named(named) => Matter::Is(named, text),
            Field::Decision => Matter::Decision(Decision::of(&text).ok_or_else(|| {
                wrong(format!(
                    "a decision is {}",
                    Decision::ALL.map(Decision::name).join(", ")
                ))
            })?),
            Field::Class => Matter::Class(
                whole(&text)
                    .ok_or_else(|| wrong("a class is an OCSF class's number, as in `class:6003`".to_owned()))?,
            ),
            Field::Record => Matter::Record(
                whole(text.trim_start_matches('#'))
                    .ok_or_else(|| wrong("a record is named by its number, as in `record:4711`".to_owned()))?,
            ),
            Field::After => Matter::After(parse_time(&text).ok_or_else(|| wrong(TIME.to_owned()))?),
            Field::Before => Matter::Before(parse_time(&text).ok_or_else(|| wrong(TIME.to_owned()))?),
        })
    }
}

const TIME: &str = "a time is a day (2026-11-20) or a moment (2026-11-20T08:30 or 2026-11-20T08:30:00Z), in UTC";

/// Digits alone: `+5` isn't how anybody writes a number of ours.
fn whole<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}
