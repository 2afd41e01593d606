//! The kinds of actions that agents may propose.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A registered kind of action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ActionKind {
    /// Its name, unique: `payment.create`.
    pub name: String,
    /// What it does: `move_money`, `delete_data`, `change_access`, `publish_externally`, `read`, `internal_write`, `other`.
    pub category: String,
    /// The same, for a person: `Moves money`.
    pub category_in_words: String,
    /// Whether it always goes to a person, whatever the policy allows.
    pub always_held: bool,
    /// One sentence with `{parameter}` where a parameter's value goes; may be empty.
    pub title: String,
    /// What it does, for a reviewer; may be empty.
    pub description: String,
    /// How long after its release an action may be reported before its outcome counts as unknown, s.
    pub report_within_s: u32,
    /// The JSON Schema of its parameters, as text.
    pub schema: String,
    /// SHA-256 of the definition, hex: every action of this kind names it.
    pub sha256: String,
    /// When it was registered in this form, ms UTC.
    #[ts(type = "number")]
    pub set_ms: i64,
}

/// All kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ActionKinds {
    /// By name.
    pub kinds: Vec<ActionKind>,
}

/// A definition, as an administrator writes it: a JSON object of `name`, `category`, `schema` and, where wanted, `title`,
/// `description` and `report_within_s`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ActionKindText {
    /// The JSON, at most 64 KiB.
    pub text: String,
}

/// Names a kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ActionKindRef {
    /// Its name.
    pub name: String,
}
