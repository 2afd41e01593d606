//! A filter's conditions as questions to the index.

use std::fmt::Write as _;
use std::ops::Range;

use evidence::ocsf::Outcome;
use rusqlite::types::Value;
use rusqlite::{Connection, params, params_from_iter};

use super::density::first_at;
use super::extract::{decision_number, id_wanted};

/// What has to hold. Conditions on the same field are alternatives, unless they exclude; everything else holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Search {
    /// The conditions; every record where there is none.
    pub clauses: Vec<Clause>,
}

/// A condition, or its opposite.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Clause {
    /// Whether it excludes what matches.
    pub negated: bool,
    /// What is looked for.
    pub condition: Condition,
}

/// What a record can be looked for by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Condition {
    /// A field has this value: its uid, or its name in any case.
    Is(Named, String),
    /// How it was decided.
    Decision(Outcome),
    /// Its OCSF class.
    Class(u32),
    /// Its sequence.
    Record(u64),
    /// Logged at this time or later, ms UTC.
    After(i64),
    /// Logged before this time, ms UTC.
    Before(i64),
    /// The story of this correlation id.
    Story(String),
    /// An id that stands in it; a hexadecimal one may be cut short (to eight digits).
    Id(String),
    /// These words, one after the other, in the readable text; or an id.
    Words {
        /// The words.
        text: String,
        /// Whether the last of them only begins so.
        prefix: bool,
    },
}

/// The fields that are looked for by their value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Named {
    /// The agent whose stream it is in; `sys`.
    Agent,
    /// The person who acted.
    Operator,
    /// What kind of event.
    Kind,
    /// The model.
    Model,
    /// The operation.
    Operation,
    /// The upstream.
    Upstream,
}

impl Named {
    /// In the order of the columns; a field's number in the index is its place here.
    pub(super) const COLUMNS: [Self; 6] = [
        Self::Agent,
        Self::Operator,
        Self::Kind,
        Self::Model,
        Self::Operation,
        Self::Upstream,
    ];

    const fn column(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Operator => "operator",
            Self::Kind => "kind",
            Self::Model => "model",
            Self::Operation => "operation",
            Self::Upstream => "upstream",
        }
    }

    const fn number(self) -> i64 {
        match self {
            Self::Agent => 0,
            Self::Operator => 1,
            Self::Kind => 2,
            Self::Model => 3,
            Self::Operation => 4,
            Self::Upstream => 5,
        }
    }
}

impl Search {
    /// Whether it lets every record through.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.clauses.is_empty()
    }

    fn some<T>(&self, negated: bool, take: impl Fn(&Condition) -> Option<T>) -> Vec<T> {
        self.clauses
            .iter()
            .filter(|clause| clause.negated == negated)
            .filter_map(|clause| take(&clause.condition))
            .collect()
    }
}

/// The matching sequences within a range, ascending.
pub(super) fn matching(db: &Connection, search: &Search, within: Range<u64>) -> rusqlite::Result<Vec<u64>> {
    let within = by_time(db, search, within)?;
    if within.is_empty() {
        return Ok(Vec::new());
    }
    let columns = Columns::of(db, search)?;
    let (wanted, unwanted) = (texts(search, false), texts(search, true));
    let said = wanted.map(|wanted| {
        let query = match &unwanted {
            Some(unwanted) => format!("({wanted}) NOT ({unwanted})"),
            None => wanted,
        };
        said(db, &query, &within)
    });
    match (said.transpose()?, unwanted) {
        (Some(said), _) if columns.sql.is_empty() => Ok(said),
        (Some(said), _) => Ok(both(&columns.matching(db, &within)?, &said)),
        (None, None) if columns.sql.is_empty() => Ok(within.collect()),
        (None, None) => columns.matching(db, &within),
        (None, Some(unwanted)) => {
            let found = columns.matching(db, &within)?;
            Ok(without(&found, &self::said(db, &unwanted, &within)?))
        }
    }
}

/// The part of the range that its times leave: times never fall, so it is one range.
pub(super) fn by_time(db: &Connection, search: &Search, within: Range<u64>) -> rusqlite::Result<Range<u64>> {
    let (mut start, mut end) = (within.start, within.end);
    for clause in &search.clauses {
        let (ms, from) = match clause.condition {
            Condition::After(ms) => (ms, !clause.negated),
            Condition::Before(ms) => (ms, clause.negated),
            _ => continue,
        };
        let first = first_at(db, within.end, ms)?;
        if from {
            start = start.max(first)
        } else {
            end = end.min(first)
        }
    }
    Ok(start..end.max(start))
}

/// Conditions on the columns of `entry`.
#[derive(Default)]
struct Columns {
    sql: String,
    values: Vec<Value>,
}

impl Columns {
    fn of(db: &Connection, search: &Search) -> rusqlite::Result<Self> {
        let mut columns = Self::default();
        for negated in [false, true] {
            for field in Named::COLUMNS {
                let texts = search.some(negated, |condition| match condition {
                    Condition::Is(named, text) if *named == field => Some(text.clone()),
                    _ => None,
                });
                if !texts.is_empty() {
                    let mut ids = Vec::new();
                    for text in &texts {
                        ids.extend(value_ids(db, field, text)?);
                    }
                    columns.any_of(negated, field.column(), ids);
                }
            }
            let numbers = |take: &dyn Fn(&Condition) -> Option<i64>| search.some(negated, take);
            for (column, values) in [
                (
                    "decision",
                    numbers(&|condition| match condition {
                        Condition::Decision(outcome) => Some(decision_number(*outcome).into()),
                        _ => None,
                    }),
                ),
                (
                    "class",
                    numbers(&|condition| match condition {
                        Condition::Class(class) => Some((*class).into()),
                        _ => None,
                    }),
                ),
                (
                    "seq",
                    numbers(&|condition| match condition {
                        Condition::Record(sequence) => Some(i64::try_from(*sequence).unwrap_or(-1)),
                        _ => None,
                    }),
                ),
            ] {
                if !values.is_empty() {
                    columns.any_of(negated, column, values);
                }
            }
        }
        Ok(columns)
    }

    fn any_of(&mut self, negated: bool, column: &str, values: Vec<i64>) {
        let marks = vec!["?"; values.len()].join(", ");
        let _never_fails = if negated {
            write!(self.sql, " AND ({column} IS NULL OR {column} NOT IN ({marks}))")
        } else {
            write!(self.sql, " AND {column} IN ({marks})")
        };
        self.values.extend(values.into_iter().map(Value::from));
    }

    fn matching(&self, db: &Connection, within: &Range<u64>) -> rusqlite::Result<Vec<u64>> {
        // The bounds come last as text, for the conditions' values are numbered from the first.
        let sql = format!(
            "SELECT seq FROM entry WHERE seq >= {} AND seq < {}{} ORDER BY seq",
            within.start, within.end, self.sql
        );
        let mut statement = db.prepare(&sql)?;
        sequences(statement.query(params_from_iter(&self.values))?)
    }
}

fn sequences(mut rows: rusqlite::Rows<'_>) -> rusqlite::Result<Vec<u64>> {
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(row.get::<_, i64>(0)?.cast_unsigned());
    }
    Ok(found)
}

/// The rows of `value` that a field's text means.
fn value_ids(db: &Connection, field: Named, text: &str) -> rusqlite::Result<Vec<i64>> {
    let mut statement =
        db.prepare_cached("SELECT id FROM value WHERE field = ?1 AND (uid = ?2 OR name = ?2 COLLATE NOCASE)")?;
    statement
        .query_map(params![field.number(), text], |row| row.get(0))?
        .collect()
}

/// The conditions on texts, as one question in FTS5's language. Every text of the caller's is in quotes there.
fn texts(search: &Search, negated: bool) -> Option<String> {
    let all = |take: &dyn Fn(&Condition) -> Option<String>| search.some(negated, take);
    let ids = all(&|condition| match condition {
        Condition::Id(id) => Some(id_phrase("ids", id)),
        _ => None,
    });
    let stories = all(&|condition| match condition {
        Condition::Story(story) => Some(id_phrase("story", story)),
        _ => None,
    });
    let words = all(&|condition| match condition {
        Condition::Words { text, prefix } => Some(words_phrase(text, *prefix)),
        _ => None,
    });
    let alternatives = [ids, stories]
        .into_iter()
        .filter(|phrases| !phrases.is_empty())
        .map(|phrases| phrases.join(" OR "));
    let parts: Vec<String> = alternatives.chain(words).map(|part| format!("({part})")).collect();
    let together = if negated { " OR " } else { " AND " };
    (!parts.is_empty()).then(|| parts.join(together))
}

fn id_phrase(column: &str, id: &str) -> String {
    // What can't be an id is nowhere: no token begins with a z.
    let (token, cut_short) = id_wanted(id).unwrap_or_else(|| ("z".to_owned(), false));
    phrase(column, &token, cut_short)
}

fn words_phrase(text: &str, prefix: bool) -> String {
    let words = phrase("words", text, prefix);
    match id_wanted(text) {
        Some((token, cut_short)) => format!("{words} OR {}", phrase("ids", &token, cut_short)),
        None => words,
    }
}

fn phrase(column: &str, text: &str, prefix: bool) -> String {
    let text = text.replace('"', "\"\"");
    let star = if prefix { " *" } else { "" };
    format!("{column} : \"{text}\"{star}")
}

fn said(db: &Connection, query: &str, within: &Range<u64>) -> rusqlite::Result<Vec<u64>> {
    let mut statement =
        db.prepare_cached("SELECT rowid FROM said WHERE said MATCH ?1 AND rowid >= ?2 AND rowid < ?3 ORDER BY rowid")?;
    sequences(statement.query(params![query, within.start.cast_signed(), within.end.cast_signed()])?)
}

/// What stands in both of two ascending lists.
fn both(one: &[u64], other: &[u64]) -> Vec<u64> {
    let mut other = other.iter().peekable();
    one.iter()
        .filter(|wanted| {
            while other.next_if(|at| at < wanted).is_some() {}
            other.next_if_eq(wanted).is_some()
        })
        .copied()
        .collect()
}

/// What stands in the first of two ascending lists alone.
fn without(one: &[u64], other: &[u64]) -> Vec<u64> {
    let mut other = other.iter().peekable();
    one.iter()
        .filter(|wanted| {
            while other.next_if(|at| at < wanted).is_some() {}
            other.next_if_eq(wanted).is_none()
        })
        .copied()
        .collect()
}

/// Values of a field that begin so: what to write, and the uid where that is a name.
pub(super) fn values(
    db: &Connection,
    field: Named,
    prefix: &str,
    limit: u32,
) -> rusqlite::Result<Vec<(String, String)>> {
    let like: String = prefix
        .chars()
        .flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c]))
        .chain(['%'])
        .collect();
    let mut statement = db.prepare_cached(
        "SELECT name, uid FROM value WHERE field = ?1 AND (name LIKE ?2 ESCAPE '\\' OR uid LIKE ?2 ESCAPE '\\') \
         ORDER BY name = '', name COLLATE NOCASE, uid LIMIT ?3",
    )?;
    let rows = statement.query_map(params![field.number(), like, limit], |row| {
        let (name, uid): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(if name.is_empty() { (uid, name) } else { (name, uid) })
    })?;
    rows.collect()
}
