//! Proposed actions as they stand: what the state table keeps of each, and how it reads from outside.

use std::{
    collections::HashMap,
    sync::{Arc, Weak},
};

use contract::Reason;
use ledger::Receipt;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};

use crate::{books::Kept, steps::Story};

/// Where a proposed action stands, as its row says. A held one stands where its item does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RowState {
    Allowed,
    Held,
    Released,
    Denied,
    Executed,
    OutcomeUnknown,
}

/// A proposed action, as the state table keeps it: each change in the transaction of the record that says so. So what it
/// says is durable, and nothing says "released" but what the engine has recorded as such.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ActionRow {
    pub(crate) story: Story,
    pub(crate) state: RowState,
    /// The held item, where a person decides.
    pub(crate) item_uid: Option<String>,
    pub(crate) reasons: Vec<Reason>,
    /// HMAC over agent and exact proposal under a private key: recognises the same proposal sent again. Empty once its
    /// contents are erased.
    pub(crate) body_mac: String,
    /// The key of its [`RetryRow`].
    pub(crate) retry_key: String,
    /// How long after its release it may be reported in time, s.
    pub(crate) report_within_s: u32,
    /// Until when it may be reported in time, ms UTC, where it was let go.
    pub(crate) expires_ms: Option<i64>,
    /// HMAC over the exact report, where there is one. Empty once its contents are erased.
    pub(crate) report_mac: Option<String>,
    /// Whether its outcome counted as unknown before it was reported.
    pub(crate) late: bool,
}

impl Kept for ActionRow {
    const KIND: &'static str = "action";
    fn key(&self) -> &str {
        &self.story.request_uid
    }
}

impl ActionRow {
    /// Whether it may be done, and nobody has said yet what came of it.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.state, RowState::Allowed | RowState::Released)
    }
}

/// Which action a proposal is that is sent again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RetryRow {
    /// HMAC over agent and idempotency key, or over agent and exact proposal where none is given.
    pub(crate) key: String,
    pub(crate) action_uid: String,
}

impl Kept for RetryRow {
    const KIND: &'static str = "action_retry";
    fn key(&self) -> &str {
        &self.key
    }
}

/// One change at a time of each action, and one proposal at a time of those that are the same.
#[derive(Default)]
pub(crate) struct Gates(Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>);

impl Gates {
    /// Waits until nobody else is behind this gate.
    pub(crate) async fn enter(&self, name: &str) -> tokio::sync::OwnedMutexGuard<()> {
        let gate = {
            let mut gates = self.0.lock();
            gates.retain(|_, gate| gate.strong_count() > 0);
            match gates.get(name).and_then(Weak::upgrade) {
                Some(gate) => gate,
                None => {
                    let gate = Arc::new(tokio::sync::Mutex::new(()));
                    gates.insert(name.to_owned(), Arc::downgrade(&gate));
                    gate
                }
            }
        };
        gate.lock_owned().await
    }
}

/// Where a proposed action stands, as its agent is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionState {
    /// Policy lets the agent do it, once.
    Allowed,
    /// A person decides.
    Held,
    /// A person countersigned it: the agent may do it, once.
    Released,
    /// Policy or a person refused it.
    Denied,
    /// Nobody decided in time, or the approval wasn't used in time or can't be any more.
    Expired,
    /// The agent said what came of it.
    Executed,
    /// It was let go, and its agent never said what came of it.
    OutcomeUnknown,
}

impl ActionState {
    /// Its name on the wire: `outcome_unknown`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Held => "held",
            Self::Released => "released",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Executed => "executed",
            Self::OutcomeUnknown => "outcome_unknown",
        }
    }
}

/// A proposed action, as its agent is told of it. Made from the state table alone, and by nobody else.
///
/// Made by a face; its twin was told by the engine:
/// ```compile_fail,E0639
/// fn forged(receipt: Option<ledger::Receipt>) -> engine::Standing {
///     engine::Standing {
///         uid: String::new(),
///         kind: String::new(),
///         state: engine::ActionState::Released,
///         reasons: Vec::new(),
///         approval_uid: None,
///         expires_ms: None,
///         late: false,
///         receipt,
///     }
/// }
/// ```
/// ```
/// fn told(told: engine::Proposed) -> engine::Standing {
///     told.standing
/// }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Standing {
    /// Its id, which is the proposal's request id: every record of the story carries it.
    pub uid: String,
    /// Its kind.
    pub kind: String,
    /// Where it stands.
    pub state: ActionState,
    /// Why it was allowed, held or denied, each a sentence.
    pub reasons: Vec<String>,
    /// The approval's id, where a person decides or decided.
    pub approval_uid: Option<String>,
    /// Held: when it is denied unless countersigned. Allowed or released: until when it is to be reported. ms UTC.
    pub expires_ms: Option<i64>,
    /// Whether what came of it was told after its outcome counted as unknown.
    pub late: bool,
    /// The record that says how it stands.
    pub receipt: Option<Receipt>,
}
