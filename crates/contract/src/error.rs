//! How a call fails.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a program can branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The request doesn't say what it must; the message names the field.
    Invalid,
    /// There is no such thing.
    NotFound,
    /// It exists already, or was decided already.
    Conflict,
    /// The caller may not do this; the message says who may.
    Refused,
    /// The item's time has run out.
    Expired,
    /// The caller isn't an authenticated operator.
    Unauthenticated,
    /// The log isn't accepting records, so nothing can be done that has to be recorded.
    LogStopped,
    /// The key store is locked, absent or refused the key.
    KeyStore,
    /// No gateway answered.
    Unreachable,
    /// A fault of the gateway's own; the message says where to look.
    Internal,
}

/// A failed call: what happened, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, thiserror::Error)]
#[error("{message}")]
pub struct OperatorError {
    /// What a program can branch on.
    pub code: Code,
    /// What happened and what to do, for a person.
    pub message: String,
}

impl OperatorError {
    /// An error with this code and message.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}
