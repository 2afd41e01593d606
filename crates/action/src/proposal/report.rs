//! What an agent says came of an action that it was let do.
//!
//! ```text
//! {"status":"success","started_ms":1795000000000,"ended_ms":1795000000311,"summary":"Paid.",
//!  "result":{"transfer":"T-1"},"digests":[{"name":"receipt.pdf","sha256":"<64 hex>"}]}
//! ```
//! All of it is the agent's claim. It is sealed as it came; what stands in a record is the status and how long it took.

use evidence::json::MAX_INTEGER;
use serde::Deserialize;
use serde_json::Value;

use super::{ProposalError, wire};

const LONGEST_SUMMARY: usize = 4000;
const MOST_DIGESTS: usize = 32;
const LONGEST_NAME: usize = 256;

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExecutionStatus {
    /// It was done.
    Success,
    /// It was tried, and wasn't done.
    Failure,
}

/// A report as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutionReport {
    /// How it ended.
    pub status: ExecutionStatus,
    /// From its beginning to its end, ms, by the agent's clock; where both are told.
    pub took_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    status: SentStatus,
    #[serde(default)]
    started_ms: Option<i64>,
    #[serde(default)]
    ended_ms: Option<i64>,
    #[serde(default)]
    summary: Option<String>,
    #[serde(default, rename = "result")]
    _result: Option<Value>,
    #[serde(default)]
    digests: Vec<wire::ObjectOf<SentDigest>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum SentStatus {
    Success,
    Failure,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentDigest {
    name: String,
    sha256: String,
}

impl ExecutionReport {
    /// Reads a report's exact bytes.
    ///
    /// # Errors
    /// [`ProposalError`], as for a proposal.
    pub fn read(bytes: &[u8]) -> Result<Self, ProposalError> {
        let (sent, _): (Sent, _) = wire::read(bytes)?;
        let wrong = |path: String, wanted| ProposalError::Value { path, wanted };
        for (name, time) in [("started_ms", sent.started_ms), ("ended_ms", sent.ended_ms)] {
            if time.is_some_and(|ms| !(0..=MAX_INTEGER).contains(&ms)) {
                return Err(wrong(name.to_owned(), "a time in ms since 1970, UTC"));
            }
        }
        let took = sent
            .started_ms
            .zip(sent.ended_ms)
            .map(|(started, ended)| ended - started);
        if took.is_some_and(|ms| ms < 0) {
            return Err(wrong("ended_ms".to_owned(), "no earlier than `started_ms`"));
        }
        if sent
            .summary
            .is_some_and(|summary| summary.chars().count() > LONGEST_SUMMARY)
        {
            return Err(wrong("summary".to_owned(), "4,000 characters at most"));
        }
        if sent.digests.len() > MOST_DIGESTS {
            return Err(wrong("digests".to_owned(), "32 at most"));
        }
        for (index, wire::ObjectOf(digest)) in sent.digests.iter().enumerate() {
            if !(1..=LONGEST_NAME).contains(&digest.name.chars().count()) {
                return Err(wrong(format!("digests[{index}].name"), "1 to 256 characters"));
            }
            if !wire::is_digest(&digest.sha256) {
                return Err(wrong(format!("digests[{index}].sha256"), "64 digits of 0-9 and a-f"));
            }
        }
        Ok(Self {
            status: match sent.status {
                SentStatus::Success => ExecutionStatus::Success,
                SentStatus::Failure => ExecutionStatus::Failure,
            },
            took_ms: took.and_then(|ms| u64::try_from(ms).ok()),
        })
    }
}
