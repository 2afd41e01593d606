//! The policy in force, and texts that may become it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A policy text (Cedar).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PolicyText {
    /// The text.
    pub text: String,
}

/// One rule of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PolicyRule {
    /// Its id.
    pub id: String,
    /// `allow`, `hold` or `forbid`.
    pub effect: String,
    /// What it says to a person who is held or denied by it.
    pub reason: String,
}

/// The policy that decides now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PolicyInForce {
    /// The text.
    pub text: String,
    /// SHA-256 of the text, hex.
    pub sha256: String,
    /// Whether it is the built-in default.
    pub built_in: bool,
    /// When it was published, ms UTC; absent for the built-in one.
    #[ts(type = "number | null")]
    pub published_ms: Option<i64>,
    /// Its rules.
    pub rules: Vec<PolicyRule>,
}

/// A problem in a policy text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PolicyProblem {
    /// 1-based line, where it is known.
    pub line: Option<u32>,
    /// What is wrong.
    pub message: String,
}

/// What checking a policy text found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct PolicyReport {
    /// Nothing here: it can be published.
    pub problems: Vec<PolicyProblem>,
    /// Its rules, where it could be parsed.
    pub rules: Vec<PolicyRule>,
    /// SHA-256 of the text, hex.
    pub sha256: String,
}
