//! The log's keys, and their rotation.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A key that can be rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum RotatingKey {
    /// The one that signs the log's checkpoints.
    Log,
    /// The secret one of the operators' own chain.
    Mac,
}

/// Puts a new key in a key's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RotateKey {
    /// Which.
    pub role: RotatingKey,
    /// Why, at most 4,000 characters.
    #[serde(default)]
    pub reason: Option<String>,
}

/// A key that was rotated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RotatedKey {
    /// Which.
    pub role: RotatingKey,
    /// The record that says so.
    #[ts(type = "number")]
    pub record: u64,
    /// What was done, in a sentence.
    pub sentence: String,
    /// The keys as they are now.
    pub keys: LogKeys,
}

/// The keys that a log has had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogKeys {
    /// `countersign/log/…`
    pub origin: String,
    /// Those that sign its checkpoints, oldest first; the last one is in use.
    pub log: Vec<LogKey>,
    /// The epoch of the operators' MAC chain that the next record is in: how often its key was rotated.
    pub mac_epoch: u32,
}

/// A key that signs, or signed, the log's checkpoints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LogKey {
    /// `SHA256:…`
    pub key_id: String,
    /// SubjectPublicKeyInfo, DER, base64.
    pub spki: String,
    /// The size of the log from which on it signs; 0 for the first.
    #[ts(type = "number")]
    pub from_size: u64,
}
