//! What came of a call that was let through: recorded before the last byte goes back.

use std::net::SocketAddr;

use action::answer::AnswerFacts;
use evidence::Digest;
use ledger::{NewContent, Receipt};
use serde::{Deserialize, Serialize};

use crate::{
    Asked, Caller, Engine,
    books::{Kept as _, OpenCallRow},
    records,
    refusal::Refusal,
    steps::decide::{Bound, Noted},
    traces::Trace,
};

/// Who asks what of whom: what every record of one call says. Also the shape in which the state table keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Story {
    pub(crate) tenant_uid: String,
    pub(crate) request_uid: String,
    pub(crate) agent_uid: String,
    pub(crate) agent_name: String,
    pub(crate) sponsor_uid: String,
    pub(crate) sponsor_name: String,
    pub(crate) model: String,
    pub(crate) upstream: String,
    pub(crate) provider: String,
    pub(crate) operation: String,
    pub(crate) source: SocketAddr,
    /// Nothing where the call couldn't be read as an action.
    pub(crate) action_digest: Option<Digest>,
    /// The kind of a proposed action, and what it does.
    #[serde(default)]
    pub(crate) proposed: Option<(String, String)>,
}

impl Story {
    /// Of a call that was read as an action.
    pub(crate) fn of(asked: &Asked, bound: &Bound) -> Self {
        Self {
            // Anything but a model's name is a text that an agent sent: it stays in the contents alone.
            model: evidence::ocsf::token(asked.call.model()).unwrap_or_default().to_owned(),
            upstream: asked.upstream.name.clone(),
            provider: records::provider(&asked.upstream),
            action_digest: Some(bound.digest),
            ..Self::unread(
                &asked.caller,
                bound.action.tenant_uid.clone(),
                asked.call.format().operation(),
            )
        }
    }

    /// Of a call whose body couldn't be read.
    pub(crate) fn unread(caller: &Caller, tenant_uid: String, operation: &str) -> Self {
        Self {
            tenant_uid,
            request_uid: caller.request_uid.clone(),
            agent_uid: caller.agent.uid.clone(),
            agent_name: caller.agent.name.clone(),
            sponsor_uid: caller.agent.sponsor_uid.clone(),
            sponsor_name: caller.agent.sponsor_name.clone(),
            model: String::new(),
            upstream: String::new(),
            provider: String::new(),
            operation: operation.to_owned(),
            source: caller.source,
            action_digest: None,
            proposed: None,
        }
    }

    /// The row that says that the call is under way.
    pub(crate) fn open_call(&self) -> OpenCallRow {
        OpenCallRow { story: self.clone() }
    }
}

/// How a released call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The upstream's whole answer came, whatever its status says.
    Answered,
    /// The upstream's answer broke off.
    Cut,
    /// The upstream couldn't be reached.
    Unreachable,
    /// The upstream took too long.
    Timeout,
    /// What came isn't what the wire format says.
    Malformed,
    /// The agent went away before the end.
    ClientGone,
    /// The agent was halted.
    Halted,
    /// The upstream is given a rest, so it was never sent.
    Resting,
    /// No credential could be put on it, so it was never sent.
    NotSent,
    /// The gateway ended before it knew.
    Unknown,
}

impl Ending {
    /// Its name in metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Cut => "cut",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Malformed => "malformed",
            Self::ClientGone => "client_gone",
            Self::Halted => "halted",
            Self::Resting => "resting",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
        }
    }
}

/// The outcome of a released call.
pub(crate) struct Outcome {
    pub(crate) ending: Ending,
    pub(crate) status: Option<u16>,
    /// What the answer says: the upstream's claim, recorded as such.
    pub(crate) facts: AnswerFacts,
    pub(crate) duration_ms: i64,
    pub(crate) latency_us: Vec<(&'static str, u64)>,
    pub(crate) response: Option<NewContent>,
}

impl Outcome {
    /// Whether what came is an error of the upstream's own, by its status or in the midst of a stream.
    pub(crate) fn is_upstreams_error(&self) -> bool {
        self.status.is_some_and(|status| status >= 400) || self.facts.error.is_some()
    }

    /// An ending without an answer.
    pub(crate) fn without_answer(ending: Ending, duration_ms: i64) -> Self {
        Self {
            ending,
            status: None,
            facts: AnswerFacts::default(),
            duration_ms,
            latency_us: Vec::new(),
            response: None,
        }
    }
}

impl Engine {
    /// Records the outcome, and closes the call.
    pub(crate) async fn close_call(
        &self,
        story: &Story,
        mut outcome: Outcome,
        trace: &Trace,
    ) -> Result<Receipt, Refusal> {
        trace.comes_to_an_end(&outcome);
        let draft = records::call_finished(story, &outcome).map_err(|error| self.broken(&story.request_uid, &error))?;
        let noted = Noted {
            draft,
            contents: outcome.response.take().into_iter().collect(),
            state: vec![story.open_call().remove()],
            envelopes: Vec::new(),
        };
        let durable = trace.told(self.append(&story.request_uid, noted).await)?;
        self.metrics.finished(story, &outcome);
        trace.finished(&outcome, durable.receipt());
        Ok(durable.receipt().clone())
    }
}
