//! Names that agents may ask for in a model's place.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A name that stands for one upstream's model. What goes upstream names the model; what is recorded, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Alias {
    /// What agents ask for: 1 to 64 characters of a-z, A-Z, 0-9, `.`, `_` and `-`, unique.
    pub name: String,
    /// The upstream's name.
    pub upstream: String,
    /// The model's name there: 1 to 256 visible ASCII characters.
    pub model: String,
}

/// All aliases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Aliases {
    /// By name.
    pub aliases: Vec<Alias>,
}

/// Names an alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct AliasRef {
    /// Its name.
    pub name: String,
}
