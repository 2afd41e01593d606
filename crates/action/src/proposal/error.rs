//! Why a proposal, a report or a kind's definition can't be read.

use evidence::json::JsonError;

/// Why bytes can't be read as a proposal, or as a report of an execution. The agent may see the message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProposalError {
    /// More bytes than are taken.
    #[error("it has more than {0} bytes")]
    TooLarge(usize),
    /// Not strict JSON: duplicate keys, lone surrogates, bytes after the end …
    #[error("it isn't strict JSON: {0}")]
    Json(#[from] JsonError),
    /// A field is missing, unknown or of the wrong type.
    #[error("{0}")]
    Shape(String),
    /// A value isn't one that is taken.
    #[error("`{path}` must be {wanted}")]
    Value {
        /// Where: `evidence[0].sha256`.
        path: String,
        /// What it must be.
        wanted: &'static str,
    },
    /// The parameters nest too deep.
    #[error("the parameters nest deeper than {0} levels")]
    TooDeep(usize),
    /// The parameters have too many values.
    #[error("the parameters have more than {0} values")]
    TooMany(usize),
    /// A number that some readers would round.
    #[error("`{0}` is a number of more digits than every reader keeps; write it as a string")]
    Number(String),
}

/// Why a text can't define a kind of action. The administrator sees the message.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DefinitionError {
    /// More bytes than are taken.
    #[error("the definition has more than {0} bytes")]
    TooLarge(usize),
    /// Not strict JSON.
    #[error("the definition isn't strict JSON: {0}")]
    Json(#[from] JsonError),
    /// A field is missing, unknown or of the wrong type.
    #[error("the definition has a wrong shape: {0}")]
    Shape(String),
    /// A field's value isn't one that is taken.
    #[error("`{field}` must be {wanted}")]
    Field {
        /// The field.
        field: &'static str,
        /// What it must be.
        wanted: String,
    },
    /// The schema refers to something outside itself.
    #[error("the schema's `{keyword}` names `{target}`: a schema refers to its own parts alone, by `#…`")]
    Remote {
        /// `$ref`, `$dynamicRef`, `$id`, `$schema`.
        keyword: String,
        /// What it names.
        target: String,
    },
    /// The stored form isn't the one form.
    #[error("the stored definition isn't in its one form")]
    NotCanonical,
}
