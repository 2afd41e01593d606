//! How a call ends without an answer from upstream.

use ledger::Receipt;

/// Why a call isn't served. The faces turn it into the SDK's own error shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// No live agent presented this key.
    Unauthenticated,
    /// The call can't be read as an action; the message says where it fails.
    Invalid,
    /// Policy denies it.
    Denied,
    /// A person has to countersign it first, and nobody has yet: the same call sent again attaches to the same approval.
    ApprovalRequired,
    /// A person denied it.
    ApprovalDenied,
    /// Nobody decided in time, or the approval was not used in time.
    ApprovalExpired,
    /// The log accepts no records, so nothing may happen.
    LogStopped,
    /// No credential is sealed for the upstream, or it can't be opened.
    NoCredential,
    /// The upstream didn't answer; nothing says that it got the call.
    UpstreamUnreachable,
    /// The upstream took too long.
    UpstreamTimeout,
    /// The upstream failed so often that nothing is sent to it for a while.
    UpstreamResting,
    /// The upstream's answer broke off, or isn't what its format says.
    UpstreamAnswer,
    /// The agent was halted while the call was under way.
    Halted,
    /// The agent has too many calls under way.
    TooMany,
    /// No kind of this name is registered, so it can't be proposed.
    UnknownKind,
    /// This agent has proposed no action of this id.
    NoSuchAction,
    /// It contradicts what is recorded already; the message says what.
    Conflict,
    /// The body wasn't taken: it is too long, isn't JSON, or didn't come in time.
    Unread,
}

/// A call that isn't served: recorded, unless it is unauthenticated (counted) or the log is stopped.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Why.
    pub kind: RefusalKind,
    /// The request's id: every record of the story and every error carries it.
    pub request_uid: String,
    /// What happened and what to do, for whoever runs the agent. It tells nothing that an attacker could use.
    pub message: String,
    /// The approval's id, where a person decides or decided.
    pub approval_uid: Option<String>,
    /// The record that says so, where there is one.
    pub receipt: Option<Box<Receipt>>,
    /// Whether a person countersigned the call: then it is never sent again by itself.
    pub countersigned: bool,
}

impl Refusal {
    pub(crate) fn new(kind: RefusalKind, request_uid: &str, message: impl Into<String>) -> Self {
        Self {
            kind,
            request_uid: request_uid.to_owned(),
            message: message.into(),
            approval_uid: None,
            receipt: None,
            countersigned: false,
        }
    }

    pub(crate) fn approval(mut self, uid: &str) -> Self {
        self.approval_uid = Some(uid.to_owned());
        self
    }

    pub(crate) fn recorded(mut self, receipt: Receipt) -> Self {
        self.receipt = Some(Box::new(receipt));
        self
    }

    pub(crate) fn log_stopped(request_uid: &str) -> Self {
        Self::new(
            RefusalKind::LogStopped,
            request_uid,
            "The gateway can't write its record, so it lets nothing through. Its operator sees why in the console.",
        )
    }
}
