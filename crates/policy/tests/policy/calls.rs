//! Questions to put to a policy.

use action::model_call::{Format, read};
use policy::{Caller, Decision, Destination, Facts, Policy};

/// Fields of a call with nothing but text.
pub(crate) const TEXT: &str = r#""temperature":0.5"#;

/// Fields of a call that offers two tools.
pub(crate) const TOOLS: &str = r#""tools":[{"type":"function","function":{"name":"ledger.read"}},
    {"type":"function","function":{"name":"payment.create"}}]"#;

/// Fields of a call that has the provider search the web.
pub(crate) const HOSTED: &str = r#""web_search_options":{}"#;

/// Fields of a call with an image that the provider fetches.
pub(crate) const IMAGE: &str = r#""messages":[{"role":"user","content":[
    {"type":"image_url","image_url":{"url":"https://example.org/x.png"}}]}]"#;

/// A question.
pub(crate) struct Ask<'a> {
    /// The agent's uid.
    pub(crate) agent_uid: &'a str,
    /// The agent's name.
    pub(crate) agent_name: &'a str,
    /// The upstream's name.
    pub(crate) upstream: &'a str,
    /// The model.
    pub(crate) model: &'a str,
    /// The call's fields beside the model and, unless they are among them, its messages.
    pub(crate) fields: &'a str,
}

impl<'a> Ask<'a> {
    /// The usual agent's question.
    pub(crate) fn of(fields: &'a str) -> Self {
        Self {
            agent_uid: "agent-1",
            agent_name: "support-bot",
            upstream: "openai",
            model: "gpt-5.2",
            fields,
        }
    }

    /// Puts it.
    pub(crate) fn decide(&self, policy: &Policy) -> Decision {
        let messages = if self.fields.contains("\"messages\"") {
            ""
        } else {
            r#""messages":[{"role":"user","content":"hi"}],"#
        };
        let body = format!(r#"{{"model":"{}",{messages}{}}}"#, self.model, self.fields);
        self.decide_as(Format::OpenAiChat, &body, policy)
    }

    /// Puts the question with a body of this format.
    pub(crate) fn decide_as(&self, format: Format, body: &str, policy: &Policy) -> Decision {
        let model = format.names_model_in_path().then_some(self.model);
        let call = read(format, model, body.as_bytes()).unwrap_or_else(|error| panic!("{error}: {body}"));
        let caller = Caller {
            uid: self.agent_uid,
            name: self.agent_name,
            sponsor_uid: "operator-1",
            practice: false,
        };
        let destination = Destination {
            name: self.upstream,
            practice: false,
        };
        policy.decide(&Facts::model_call(caller, destination, &call))
    }
}

/// The ids of the rules that decided.
pub(crate) fn ids(decision: &Decision) -> Vec<&str> {
    decision.reasons.iter().map(|reason| reason.rule.as_str()).collect()
}
