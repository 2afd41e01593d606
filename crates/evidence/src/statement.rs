//! In-toto Statements v1: approvals, case files, proofs of possession, rotations of keys. One wire form each, strictly read.
//!
//! `{"_type":"https://in-toto.io/Statement/v1","predicate":{…},"predicateType":"urn:countersign:…:v1","subject":[…]}` in
//! canonical form, as the payload of a DSSE envelope of type [`IN_TOTO`](crate::envelope::IN_TOTO).

mod approval;
mod case;
mod log_export;
mod possession;
mod rotation;
mod subject_export;

pub use approval::{ApprovalStatement, Choice, SeenCheckpoint};
pub use case::CaseStatement;
pub use log_export::LogExportStatement;
pub use possession::{KeyPossession, PossessionError};
pub use rotation::RotationStatement;
pub use subject_export::SubjectExportStatement;

use serde_json::{Map, Value, json};

use crate::hash::{Digest, from_hex};
use crate::json::{self, JsonError};

const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// What keeps bytes from being the statement that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Not signed JSON in canonical form.
    #[error("the statement isn't JSON in canonical form: {0}")]
    Json(#[from] JsonError),
    /// Another kind of statement.
    #[error("the statement isn't a `{wanted}`")]
    WrongKind {
        /// The predicate type that belongs here.
        wanted: &'static str,
    },
    /// A member is absent, too much, or of another form.
    #[error("the statement's `{member}` is absent, too much, or of another form")]
    Member {
        /// Which.
        member: String,
    },
}

fn wrong(member: &str) -> StatementError {
    StatementError::Member {
        member: member.to_owned(),
    }
}

/// A statement's canonical bytes.
fn write(subjects: &[(String, Digest)], kind: &str, predicate: Value) -> Result<Vec<u8>, JsonError> {
    let subjects: Vec<Value> = subjects
        .iter()
        .map(|(name, digest)| json!({"name": name, "digest": {"sha256": digest}}))
        .collect();
    json::canonical_value(&json!({
        "_type": STATEMENT,
        "subject": subjects,
        "predicateType": kind,
        "predicate": predicate,
    }))
}

/// Reads a statement of one kind: its subjects and its predicate's members.
fn read(bytes: &[u8], kind: &'static str) -> Result<(Vec<(String, Digest)>, Members), StatementError> {
    let Value::Object(statement) = json::parse_canonical(bytes)? else {
        return Err(wrong("statement"));
    };
    let mut statement = Members {
        at: "statement",
        members: statement,
    };
    if statement.text("_type")? != STATEMENT {
        return Err(wrong("_type"));
    }
    if statement.text("predicateType")? != kind {
        return Err(StatementError::WrongKind { wanted: kind });
    }
    let subjects = match statement.take("subject")? {
        Value::Array(list) => list.into_iter().map(read_subject).collect::<Result<_, _>>()?,
        _ => return Err(wrong("subject")),
    };
    let predicate = statement.object("predicate")?;
    statement.end()?;
    Ok((subjects, predicate))
}

fn read_subject(subject: Value) -> Result<(String, Digest), StatementError> {
    let Value::Object(subject) = subject else {
        return Err(wrong("subject"));
    };
    let mut subject = Members {
        at: "subject",
        members: subject,
    };
    let name = subject.text("name")?;
    let mut digest = subject.object("digest")?;
    let sha256 = digest.digest("sha256")?;
    digest.end()?;
    subject.end()?;
    Ok((name, sha256))
}

/// An object's members, taken one by one; [`end`](Members::end) refuses what is left.
struct Members {
    at: &'static str,
    members: Map<String, Value>,
}

impl Members {
    fn take(&mut self, name: &'static str) -> Result<Value, StatementError> {
        self.members.remove(name).ok_or_else(|| wrong(name))
    }

    fn text(&mut self, name: &'static str) -> Result<String, StatementError> {
        match self.take(name)? {
            Value::String(text) => Ok(text),
            _ => Err(wrong(name)),
        }
    }

    fn parsed<T: std::str::FromStr>(&mut self, name: &'static str) -> Result<T, StatementError> {
        self.text(name)?.parse().map_err(|_| wrong(name))
    }

    fn digest(&mut self, name: &'static str) -> Result<Digest, StatementError> {
        self.parsed(name)
    }

    /// A digest, or JSON null where there is none.
    fn digest_or_null(&mut self, name: &'static str) -> Result<Option<Digest>, StatementError> {
        match self.take(name)? {
            Value::Null => Ok(None),
            Value::String(text) => text.parse().map(Some).map_err(|_| wrong(name)),
            _ => Err(wrong(name)),
        }
    }

    fn bytes<const N: usize>(&mut self, name: &'static str) -> Result<[u8; N], StatementError> {
        from_hex(&self.text(name)?).ok_or_else(|| wrong(name))
    }

    fn whole(&mut self, name: &'static str) -> Result<u64, StatementError> {
        self.take(name)?.as_u64().ok_or_else(|| wrong(name))
    }

    /// A whole number, or JSON null where there is none.
    fn whole_or_null(&mut self, name: &'static str) -> Result<Option<u64>, StatementError> {
        match self.take(name)? {
            Value::Null => Ok(None),
            value => value.as_u64().map(Some).ok_or_else(|| wrong(name)),
        }
    }

    fn integer(&mut self, name: &'static str) -> Result<i64, StatementError> {
        self.take(name)?.as_i64().ok_or_else(|| wrong(name))
    }

    fn object(&mut self, name: &'static str) -> Result<Self, StatementError> {
        match self.take(name)? {
            Value::Object(members) => Ok(Self { at: name, members }),
            _ => Err(wrong(name)),
        }
    }

    fn end(self) -> Result<(), StatementError> {
        match self.members.keys().next() {
            None => Ok(()),
            Some(name) => Err(wrong(&format!("{}.{name}", self.at))),
        }
    }
}

#[cfg(test)]
mod tests;
