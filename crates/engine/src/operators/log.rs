//! The log as an operator reads it: pages of it, and one record opened.

use std::collections::BTreeMap;

use contract::query::{Field as Filtered, Matter, Named, Query, Term};
use contract::{Code, Decision, LogPage, LogQuery, LogRow, OperatorError, RecordDetail, Row, StoryStep};
use evidence::{
    Record,
    ocsf::{self, Field, Outcome, Selects, Step, Summary},
};
use ledger::{Filter, ReadError};

use crate::{Engine, operators::fault};

/// Checkpoints by the size that they cover, and when each was signed.
type Sealed = BTreeMap<u64, i64>;

pub(super) fn decision(outcome: Outcome) -> Decision {
    match outcome {
        Outcome::Allowed => Decision::Allowed,
        Outcome::Refused => Decision::Refused,
        Outcome::Held => Decision::Held,
        Outcome::Signed => Decision::Signed,
        Outcome::Failed => Decision::Failed,
        Outcome::None => Decision::None,
    }
}

fn row(record: &Record, summary: &Summary, sealed: &Sealed) -> LogRow {
    LogRow {
        sequence: record.sequence(),
        logged_ms: record.logged_time(),
        who: summary.who.clone(),
        did: summary.did.clone(),
        who_filter: Term::wants(actor(record, &summary.who)).to_string(),
        did_filter: Term::wants(Matter::Is(Named::Kind, record.kind().to_owned())).to_string(),
        decision: decision(summary.decision),
        class_uid: record.class_uid(),
        stream: record.stream().to_string(),
        correlation_uid: record.correlation_uid().map(str::to_owned),
        checkpoint_ms: sealed.get(&record.sequence().saturating_add(1)).copied(),
    }
}

/// What selects the records of who acted: an agent, a person, or whatever else is called so.
fn actor(record: &Record, who: &str) -> Matter {
    let says = |pointer: &str| record.event().pointer(pointer) == Some(&who.into());
    let person = record.event().pointer("/actor/user/type_id") == Some(&1.into());
    if says("/ai_agent/name") {
        Matter::Is(Named::Agent, who.to_owned())
    } else if person && says("/actor/user/name") {
        Matter::Is(Named::Operator, who.to_owned())
    } else {
        Matter::Words {
            text: who.to_owned(),
            prefix: false,
        }
    }
}

pub(super) fn step(record: &Record) -> StoryStep {
    let summary = ocsf::describe(record.event());
    let Step { title, note } = summary.step.unwrap_or(Step {
        title: summary.did,
        note: summary.who,
    });
    StoryStep {
        sequence: record.sequence(),
        title,
        note,
        logged_ms: record.logged_time(),
        decision: decision(summary.decision),
    }
}

/// A field with the filter that selects what says the same.
pub(super) fn field(field: &Field) -> Row {
    let is = |named: Named| Matter::Is(named, field.value.clone());
    let matter = match field.selects {
        Selects::Agent => is(Named::Agent),
        Selects::Model => is(Named::Model),
        Selects::Upstream => is(Named::Upstream),
        Selects::Story => is(Named::Story),
        Selects::Id => is(Named::Id),
        Selects::Words => Matter::Words {
            text: field.words(),
            prefix: false,
        },
    };
    Row {
        label: field.label.clone(),
        value: field.value.clone(),
        mono: field.mono,
        filter: Term::wants(matter).to_string(),
    }
}

/// What every record has, whatever it is about.
fn common(record: &Record, row: &LogRow) -> Vec<Row> {
    let kind = record.kind().to_owned();
    let class = contract::query::class_name(row.class_uid).map_or_else(
        || row.class_uid.to_string(),
        |name| format!("{name} ({})", row.class_uid),
    );
    let plain = |label: &str, value: String, matter: Matter| Row {
        label: label.to_owned(),
        value,
        mono: false,
        filter: Term::wants(matter).to_string(),
    };
    vec![
        plain(
            "Decision",
            row.decision.name().to_owned(),
            Matter::Decision(row.decision),
        ),
        plain("Kind", kind.clone(), Matter::Is(Named::Kind, kind)),
        plain("OCSF class", class, Matter::Class(row.class_uid)),
        Row {
            mono: true,
            ..plain(
                "Stream",
                row.stream.clone(),
                Matter::Is(Named::Agent, row.stream.clone()),
            )
        },
    ]
}

impl Engine {
    pub(crate) fn log_page(&self, query: &LogQuery) -> Result<LogPage, OperatorError> {
        let limit = if query.limit == 0 { 100 } else { query.limit.min(1000) };
        let size = self.size_asked(query.size);
        let filter = parse(&query.filter)?;
        let (records, matching, searched) = if filter.is_open() {
            // Every record's place follows from its sequence: no search is needed.
            let before = size.saturating_sub(query.at);
            let records = self
                .ledger
                .page(Some(before), limit, &Filter::default())
                .map_err(fault)?;
            (records, size, size)
        } else {
            let searched = self.searched(size)?;
            let found = self
                .index
                .page(&super::search::search(&filter), searched, query.at, limit.into())
                .map_err(fault)?;
            let records = self.ledger.records_at(&found.sequences).map_err(fault)?;
            for record in records.iter().take(1) {
                self.index.compare(record.sequence(), record.bytes());
            }
            (records, found.of, searched)
        };
        let sealed = self.sealed(&records).map_err(fault)?;
        let rows = records
            .iter()
            .map(|record| row(record, &ocsf::describe(record.event()), &sealed))
            .collect();
        Ok(LogPage {
            rows,
            size,
            matching,
            searched,
        })
    }

    /// The checkpoints among these records, which are in one order or the other.
    fn sealed(&self, records: &[Record]) -> Result<Sealed, ReadError> {
        let (Some(first), Some(last)) = (records.first(), records.last()) else {
            return Ok(Sealed::new());
        };
        let (one, other) = (first.sequence() + 1, last.sequence() + 1);
        let between = self.ledger.checkpoints_between(one.min(other), one.max(other))?;
        Ok(between.into_iter().collect())
    }

    pub(crate) fn open_record(&self, sequence: u64) -> Result<RecordDetail, OperatorError> {
        let record = self.ledger.record(sequence).map_err(fault)?.ok_or_else(|| {
            let message = format!(
                "There is no record {sequence}; the log has {} records.",
                self.ledger.size()
            );
            OperatorError::new(Code::NotFound, message)
        })?;
        let summary = ocsf::describe(record.event());
        let story = match record.correlation_uid() {
            Some(correlation) => {
                let filter = Filter {
                    stream: None,
                    correlation: Some(correlation.to_owned()),
                };
                let mut records = self.ledger.page(None, 100, &filter).map_err(fault)?;
                records.reverse();
                records.iter().map(step).collect()
            }
            None => Vec::new(),
        };
        let sealed = self.sealed(std::slice::from_ref(&record)).map_err(fault)?;
        let row = row(&record, &summary, &sealed);
        let mut fields: Vec<Row> = summary.fields.iter().map(field).collect();
        fields.extend(common(&record, &row));
        Ok(RecordDetail {
            row,
            sentence: summary.sentence.clone(),
            fields,
            story,
            ocsf: String::from_utf8(record.bytes().to_vec()).map_err(fault)?,
            hashed: String::from_utf8(record.hashed_bytes().map_err(fault)?).map_err(fault)?,
            follows: record.prev().map(|prev| prev.fingerprint.to_string()),
            fingerprint: record.claimed().to_string(),
            recomputed: record.recomputed().to_string(),
            sealed_in: self.ledger.sealed_in(sequence).map_err(fault)?,
        })
    }

    /// The size that a call is about: never more than there is.
    pub(crate) fn size_asked(&self, size: Option<u64>) -> u64 {
        let now = self.ledger.size();
        size.map_or(now, |size| size.min(now))
    }
}

/// Reads a filter.
pub(crate) fn parse(filter: &str) -> Result<Query, OperatorError> {
    Query::parse(filter)
        .map_err(|error| OperatorError::new(Code::Invalid, format!("The filter can't be read: {error}.")))
}

/// A field by its name in filters.
pub(crate) fn filtered(name: &str) -> Result<Filtered, OperatorError> {
    Filtered::of(name)
        .ok_or_else(|| OperatorError::new(Code::Invalid, format!("`{name}` isn't a field that filters know.")))
}
