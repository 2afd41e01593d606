//! What a reviewer signs.

use serde_json::json;

use super::{StatementError, read, write, wrong};
use crate::hash::Digest;
use crate::json::JsonError;
use crate::origin::Origin;

/// What the reviewer decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Release the action.
    Approve,
    /// Refuse it.
    Deny,
}

impl Choice {
    /// `approve` or `deny`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
        }
    }
}

/// The checkpoint that the reviewer saw: a signature over it witnesses the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenCheckpoint {
    /// The log's size.
    pub size: u64,
    /// Its root.
    pub root: Digest,
}

/// `urn:countersign:approval:v1`: one decision on one action. Absent digests are JSON null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalStatement {
    /// The subject: the action's digest, under the name `action`.
    pub action_digest: Digest,
    /// The log.
    pub origin: Origin,
    /// The tenant.
    pub tenant_uid: String,
    /// The request.
    pub request_uid: String,
    /// The person who decides.
    pub reviewer_uid: String,
    /// What is decided.
    pub decision: Choice,
    /// How far it reaches: `once`.
    pub scope: String,
    /// How often it may be used: 1.
    pub uses: u64,
    /// The commitment to what was shown.
    pub view_c: Digest,
    /// The commitment to the reason that was given.
    pub reason_c: Option<Digest>,
    /// The policy that held the action.
    pub policy_sha256: Digest,
    /// The risk tree that rated it.
    pub risk_sha256: Option<Digest>,
    /// Random.
    pub nonce16: [u8; 16],
    /// When it was issued, ms UTC.
    pub issued_ms: i64,
    /// From when on it is void, ms UTC.
    pub expires_ms: i64,
    /// The log as the reviewer saw it.
    pub seen_checkpoint: SeenCheckpoint,
}

impl ApprovalStatement {
    /// The predicate's type.
    pub const KIND: &'static str = "urn:countersign:approval:v1";

    /// The payload that is signed.
    ///
    /// # Errors
    /// A number beyond ±(2⁵³ − 1).
    pub fn to_bytes(&self) -> Result<Vec<u8>, JsonError> {
        let predicate = json!({
            "origin": self.origin,
            "tenant_uid": self.tenant_uid,
            "request_uid": self.request_uid,
            "reviewer_uid": self.reviewer_uid,
            "decision": self.decision.as_str(),
            "scope": self.scope,
            "uses": self.uses,
            "view_c": self.view_c,
            "reason_c": self.reason_c,
            "policy_sha256": self.policy_sha256,
            "risk_sha256": self.risk_sha256,
            "nonce16": hex::encode(self.nonce16),
            "issued_ms": self.issued_ms,
            "expires_ms": self.expires_ms,
            "seen_checkpoint": {"size": self.seen_checkpoint.size, "root": self.seen_checkpoint.root},
        });
        write(&[("action".to_owned(), self.action_digest)], Self::KIND, predicate)
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// [`StatementError`] names the member that isn't right.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        let (subjects, mut predicate) = read(bytes, Self::KIND)?;
        let [(name, action_digest)] = subjects.as_slice() else {
            return Err(wrong("subject"));
        };
        if name != "action" {
            return Err(wrong("subject"));
        }
        let decision = match predicate.text("decision")?.as_str() {
            "approve" => Choice::Approve,
            "deny" => Choice::Deny,
            _ => return Err(wrong("decision")),
        };
        let mut seen = predicate.object("seen_checkpoint")?;
        let seen_checkpoint = SeenCheckpoint {
            size: seen.whole("size")?,
            root: seen.digest("root")?,
        };
        seen.end()?;
        let statement = Self {
            action_digest: *action_digest,
            origin: predicate.parsed("origin")?,
            tenant_uid: predicate.text("tenant_uid")?,
            request_uid: predicate.text("request_uid")?,
            reviewer_uid: predicate.text("reviewer_uid")?,
            decision,
            scope: predicate.text("scope")?,
            uses: predicate.whole("uses")?,
            view_c: predicate.digest("view_c")?,
            reason_c: predicate.digest_or_null("reason_c")?,
            policy_sha256: predicate.digest("policy_sha256")?,
            risk_sha256: predicate.digest_or_null("risk_sha256")?,
            nonce16: predicate.bytes("nonce16")?,
            issued_ms: predicate.integer("issued_ms")?,
            expires_ms: predicate.integer("expires_ms")?,
            seen_checkpoint,
        };
        predicate.end()?;
        Ok(statement)
    }
}
