//! The kinds of actions that agents may propose: as registered, and ready to hold parameters against.

use std::sync::Arc;

use action::proposal::{Definition, DefinitionError};
use evidence::{Digest, ocsf::ProposedKind};
use jsonschema::{Draft, PatternOptions, Validator};
use ledger::Ledger;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::books::{BooksError, Kept, all};

/// How many places in a schema a refusal names.
const NAMED: usize = 5;

/// A registered kind, as the state table keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KindRow {
    pub(crate) name: String,
    /// The definition's canonical JSON.
    pub(crate) definition: String,
    pub(crate) set_ms: i64,
}

impl Kept for KindRow {
    const KIND: &'static str = "action_kind";
    fn key(&self) -> &str {
        &self.name
    }
}

/// A registered kind.
pub(crate) struct RegisteredKind {
    pub(crate) definition: Definition,
    pub(crate) sha256: Digest,
    pub(crate) set_ms: i64,
    validator: Validator,
}

/// Why a definition can't be registered, or a stored one can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KindError {
    /// The definition.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// Its schema.
    #[error("the schema isn't a JSON Schema of draft 2020-12: {0}")]
    Schema(String),
}

impl RegisteredKind {
    /// With its schema made ready. Nothing is resolved from elsewhere: the definition's own checks refuse what names it,
    /// and the validator is built without any way to fetch.
    pub(crate) fn of(definition: Definition, set_ms: i64) -> Result<Self, KindError> {
        let unusable = |error: &dyn std::fmt::Display| KindError::Schema(error.to_string());
        let schema: Value = serde_json::from_str(&definition.schema).map_err(|error| unusable(&error))?;
        jsonschema::draft202012::meta::validate(&schema).map_err(|error| unusable(&error))?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            // Without backtracking: the patterns are the administrator's, the texts an agent's.
            .with_pattern_options(PatternOptions::regex())
            .should_validate_formats(true)
            .build(&schema)
            .map_err(|error| unusable(&error))?;
        Ok(Self {
            sha256: definition.sha256(),
            definition,
            set_ms,
            validator,
        })
    }

    fn stored(row: &KindRow) -> Result<Self, KindError> {
        Self::of(Definition::from_bytes(row.definition.as_bytes())?, row.set_ms)
    }

    /// The row that keeps it.
    pub(crate) fn row(&self) -> Result<KindRow, std::string::FromUtf8Error> {
        Ok(KindRow {
            name: self.definition.name.clone(),
            definition: String::from_utf8(self.definition.to_bytes())?,
            set_ms: self.set_ms,
        })
    }

    /// As records name it.
    pub(crate) fn named(&self) -> ProposedKind {
        ProposedKind {
            name: self.definition.name.clone(),
            category: self.definition.category.as_str().to_owned(),
        }
    }

    /// Where in the schema parameters don't fit it; nothing where they do. It names the administrator's text alone, so it
    /// may stand in a record.
    pub(crate) fn misfits(&self, parameters: &Map<String, Value>) -> Option<String> {
        let parameters = Value::Object(parameters.clone());
        let mut places: Vec<String> = self
            .validator
            .iter_errors(&parameters)
            .take(NAMED)
            .map(|error| format!("`{}`", error.schema_path()))
            .collect();
        places.dedup();
        (!places.is_empty()).then(|| places.join(", "))
    }
}

/// All registered kinds.
pub(crate) fn read(ledger: &Ledger) -> Result<Vec<(String, Arc<RegisteredKind>)>, BooksError> {
    let rows: Vec<KindRow> = all(ledger)?;
    let ready = |row: KindRow| {
        let kind =
            RegisteredKind::stored(&row).map_err(|error| BooksError::Unreadable(KindRow::KIND, error.to_string()))?;
        Ok((row.name, Arc::new(kind)))
    };
    rows.into_iter().map(ready).collect()
}
