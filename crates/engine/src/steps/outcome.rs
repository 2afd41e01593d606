//! What came of a call that was let through: recorded before the last byte goes back.

use std::net::SocketAddr;

use evidence::Digest;
use ledger::{NewContent, Receipt};
use serde::{Deserialize, Serialize};

use crate::{
    Asked, Caller, Engine,
    books::{Kept as _, OpenCallRow},
    records,
    refusal::Refusal,
    steps::{
        decide::{Bound, Noted},
        read::CHAT_COMPLETIONS,
    },
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
            ..Self::unread(&asked.caller, bound.action.tenant_uid.clone())
        }
    }

    /// Of a call whose body couldn't be read.
    pub(crate) fn unread(caller: &Caller, tenant_uid: String) -> Self {
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
            operation: CHAT_COMPLETIONS.to_owned(),
            source: caller.source,
            action_digest: None,
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
    /// The agent went away before the end.
    ClientGone,
    /// No credential could be put on it, so it was never sent.
    NotSent,
    /// The gateway ended before it knew.
    Unknown,
}

/// The outcome of a released call.
pub(crate) struct Outcome {
    pub(crate) ending: Ending,
    pub(crate) status: Option<u16>,
    pub(crate) usage: Usage,
    pub(crate) duration_ms: i64,
    pub(crate) response: Option<NewContent>,
}

impl Outcome {
    /// An ending without an answer.
    pub(crate) fn without_answer(ending: Ending, duration_ms: i64) -> Self {
        Self {
            ending,
            status: None,
            usage: Usage::default(),
            duration_ms,
            response: None,
        }
    }
}

/// What the upstream says it used: its claim, recorded as such.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) prompt_tokens: Option<u64>,
    pub(crate) completion_tokens: Option<u64>,
    pub(crate) total_tokens: Option<u64>,
    pub(crate) finish_reason: Option<String>,
}

impl Usage {
    /// Reads it from a whole answer: one JSON object, or the `data:` lines of a stream of them.
    pub(crate) fn read(body: &[u8], is_stream: bool) -> Self {
        let mut usage = Self::default();
        if is_stream {
            for line in body.split(|byte| *byte == b'\n') {
                if let Some(data) = line.strip_prefix(b"data:") {
                    usage.take(data);
                }
            }
        } else {
            usage.take(body);
        }
        usage
    }

    fn take(&mut self, json: &[u8]) {
        let Ok(value) = serde_json::from_slice::<serde_json::Value>(json) else {
            return;
        };
        for (field, name) in [
            (&mut self.prompt_tokens, "/usage/prompt_tokens"),
            (&mut self.completion_tokens, "/usage/completion_tokens"),
            (&mut self.total_tokens, "/usage/total_tokens"),
        ] {
            if let Some(count) = value.pointer(name).and_then(serde_json::Value::as_u64) {
                *field = Some(count);
            }
        }
        if let Some(reason) = value
            .pointer("/choices/0/finish_reason")
            .and_then(serde_json::Value::as_str)
        {
            // A short word by every provider's documents; anything longer is text that belongs in the content.
            self.finish_reason = Some(reason.chars().take(32).filter(|c| c.is_ascii_graphic()).collect());
        }
    }
}

impl Engine {
    /// Records the outcome, and closes the call.
    pub(crate) async fn close_call(&self, story: &Story, outcome: Outcome) -> Result<Receipt, Refusal> {
        let draft = records::call_finished(story, &outcome).map_err(|error| self.broken(&story.request_uid, &error))?;
        let noted = Noted {
            draft,
            contents: outcome.response.into_iter().collect(),
            state: vec![story.open_call().remove()],
            envelopes: Vec::new(),
        };
        let durable = self.append(&story.request_uid, noted).await?;
        Ok(durable.receipt().clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_read_from_an_answer_and_from_the_last_chunk_of_a_stream() {
        let body = br#"{"choices":[{"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#;
        let whole = Usage::read(body, false);
        assert_eq!(
            (whole.prompt_tokens, whole.total_tokens, whole.finish_reason.as_deref()),
            (Some(3), Some(7), Some("stop"))
        );
        let stream = b"data: {\"choices\":[{\"finish_reason\":\"tool_calls\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"total_tokens\":9}}\n\ndata: [DONE]\n\n";
        let streamed = Usage::read(stream, true);
        assert_eq!(
            (streamed.total_tokens, streamed.finish_reason.as_deref()),
            (Some(9), Some("tool_calls"))
        );
    }

    #[test]
    fn a_finish_reason_that_is_a_text_is_cut_down_to_a_word() {
        let body = serde_json::json!({"choices":[{"finish_reason": "secret ".repeat(100)}]}).to_string();
        assert_eq!(
            Usage::read(body.as_bytes(), false)
                .finish_reason
                .map(|reason| reason.len() <= 32),
            Some(true)
        );
    }
}
