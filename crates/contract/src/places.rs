//! Where the log's checkpoints go, off the machine.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A place that checkpoints go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CheckpointPlace {
    /// An absolute path of a folder, or an `https` address that takes a POST of each checkpoint.
    pub address: String,
    /// How many records the newest checkpoint covers that this process brought there; absent before the first.
    #[ts(type = "number | null")]
    pub size: Option<u64>,
    /// When that was, ms UTC.
    #[ts(type = "number | null")]
    pub delivered_ms: Option<i64>,
    /// Why the newest one isn't there yet; it is tried again.
    pub failure: Option<String>,
}

/// All places that checkpoints go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CheckpointPlaces {
    /// By address.
    pub places: Vec<CheckpointPlace>,
}

/// Names a place that checkpoints go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct CheckpointPlaceRef {
    /// Its address.
    pub address: String,
}
