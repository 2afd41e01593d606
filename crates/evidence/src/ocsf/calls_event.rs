//! How calls, decisions, releases and outcomes are written as OCSF.

use serde_json::{Value, json};

use super::build::{API_ACTIVITY, Builder, LOW, contents, object, person, present, source, token, upstream};
use super::calls::{
    Call, CallDecided, CallFinished, CallOutcome, Effect, Expiry, ItemDecided, ItemExpired, Released, Verdict,
};
use super::event::{Actor, Context, Event};

const CREATE: u32 = 1;
const UPDATE: u32 = 3;

/// `action_id`: 1 Allowed, 2 Denied, 99 Other.
const ALLOWED: u32 = 1;
const DENIED: u32 = 2;
const OTHER: u32 = 99;

impl Effect {
    /// `allow`, `deny` or `hold`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Hold => "hold",
        }
    }
}

impl CallOutcome {
    /// Its name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::UpstreamError => "upstream_error",
            Self::Cut => "cut",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::ClientGone => "client_gone",
            Self::Malformed => "malformed",
            Self::Halted => "halted",
            Self::CircuitOpen => "circuit_open",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
        }
    }
}

impl Call {
    /// The members that every record of a call has; `operation` is what is done to it here.
    pub(super) fn builder(
        &self,
        kind: &str,
        activity: u32,
        operation: &str,
        context: &Context,
        mut facts: Value,
    ) -> Builder {
        if let (Value::Object(facts), Some(proposed)) = (&mut facts, &self.proposed) {
            facts.insert("action_kind".into(), json!(proposed.name));
            facts.insert("category".into(), json!(proposed.category));
        }
        let mut api = json!({"operation": operation, "request": {"uid": self.request_uid}});
        if let (Value::Object(api), Some(to)) = (&mut api, &self.upstream) {
            api.insert("service".into(), upstream(to));
        }
        Builder::new(kind, API_ACTIVITY, activity, context, facts)
            .correlated(&self.request_uid)
            .profile("ai_operation")
            .with("api", api)
            .with("ai_agent", json!({"uid": self.agent.uid, "name": self.agent.name}))
            .with("ai_model", self.ai_model())
    }

    fn ai_model(&self) -> Value {
        match (&self.upstream, self.model.as_deref().and_then(token)) {
            (Some(upstream), Some(name)) => json!({"ai_provider": upstream.provider, "name": name}),
            _ => Value::Null,
        }
    }

    pub(super) fn by_agent(&self, builder: Builder) -> Builder {
        builder
            .actor(&Actor::Agent(self.agent.clone()))
            .with("src_endpoint", source(&self.source))
    }

    /// The service that the message goes to, which OCSF wants in a message's context.
    fn message_context(&self, more: Value) -> Value {
        match (&self.upstream, more) {
            (Some(to), Value::Object(mut more)) => {
                more.insert("service".into(), upstream(to));
                Value::Object(more)
            }
            _ => Value::Null,
        }
    }
}

impl CallDecided {
    /// The event. Facts: `effect`, `tier`, `sponsor`, `policy_sha256`, `policy_author`, `action`, `action_digest`,
    /// `contents`, `not_established`, `item_uid`, `expires_ms`.
    #[must_use]
    pub fn event(&self) -> Event {
        let policy = |uid: &str| json!({"uid": uid, "type": "Cedar"});
        let authorizations: Value = self
            .reasons
            .iter()
            .map(|reason| {
                let policy = json!({"uid": reason.rule, "desc": reason.text, "version": self.policy_sha256});
                object([("decision", json!(self.effect.as_str())), ("policy", policy)])
            })
            .collect();
        let facts = object([
            ("effect", json!(self.effect.as_str())),
            ("tier", json!(self.tier)),
            ("sponsor", json!({"uid": self.sponsor.uid, "name": self.sponsor.name})),
            ("policy_sha256", json!(self.policy_sha256)),
            ("policy_author", json!(self.policy_author)),
            (
                "action",
                self.action
                    .as_ref()
                    .map_or(Value::Null, |action| action.as_value().clone()),
            ),
            ("action_digest", json!(self.action_digest)),
            ("contents", contents(&self.contents)),
            ("not_established", json!(self.not_established)),
            ("item_uid", json!(self.item_uid)),
            ("expires_ms", json!(self.expires_ms)),
        ]);
        let operation = &self.call.operation;
        let builder = self
            .call
            .builder("call_decided", CREATE, operation, &self.context, facts);
        let builder = self
            .call
            .by_agent(builder)
            .with("policy", policy(&self.policy_sha256.to_string()));
        let builder = if self.reasons.is_empty() {
            builder
        } else {
            builder.with("authorizations", authorizations)
        };
        let builder = builder.with("message_context", self.call.message_context(json!({})));
        match self.effect {
            // 1 Allowed, 2 Blocked, 14 Delayed. A held call is neither allowed nor denied: Other, "Held".
            Effect::Allow => builder.control(ALLOWED, 1),
            Effect::Deny => builder.control(DENIED, 2).status(false).severity(LOW),
            Effect::Hold => builder.control(OTHER, 14).with("action", json!("Held")),
        }
        .finish()
    }
}

impl CallFinished {
    /// The event. Facts: `outcome`, `finish_reason`, `tool_calls`, `tools_asked`, `latency_us`, `action_digest`,
    /// `contents`.
    #[must_use]
    pub fn event(&self) -> Event {
        let tools: Vec<_> = self.tools_asked.iter().filter_map(|name| token(name)).collect();
        let latency: serde_json::Map<_, _> = self
            .latency_us
            .iter()
            .map(|(step, us)| ((*step).to_owned(), json!(us)))
            .collect();
        let facts = json!({
            "outcome": self.outcome.as_str(),
            "finish_reason": self.finish_reason.as_deref().and_then(token),
            "tool_calls": (self.tool_calls > 0).then_some(self.tool_calls),
            "tools_asked": (!tools.is_empty()).then_some(tools),
            "latency_us": (!latency.is_empty()).then_some(latency),
            "action_digest": self.action_digest,
            "contents": contents(&self.contents),
        });
        let tokens = present(json!({
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.total_tokens,
        }));
        let operation = &self.call.operation;
        let builder = self
            .call
            .builder("call_finished", CREATE, operation, &self.context, facts);
        let builder = self
            .call
            .by_agent(builder)
            .with("message_context", self.call.message_context(tokens))
            .with(
                "http_response",
                self.http_status.map_or(Value::Null, |code| json!({"code": code})),
            )
            .with("duration", json!(self.duration_ms));
        match self.outcome {
            CallOutcome::Answered => builder.status(true),
            CallOutcome::Unknown => builder.with("status_id", json!(0)).severity(LOW),
            _ => builder.status(false).severity(LOW),
        }
        .finish()
    }
}

impl ItemDecided {
    /// The event. Facts: `operation` (the call's), `decision`, `item_uid`, `payload_sha256`, `key_id`, `sole_operator`, `tier`, `action_digest`,
    /// `view_c`, `reason_c`, `policy_sha256`, `contents`.
    #[must_use]
    pub fn event(&self) -> Event {
        let approved = self.verdict == Verdict::Approved;
        let facts = json!({
            "operation": self.call.operation,
            "decision": if approved { "approve" } else { "deny" },
            "item_uid": self.item_uid,
            "payload_sha256": self.payload_sha256,
            "key_id": self.key_id,
            "sole_operator": self.sole_operator,
            "tier": self.tier,
            "action_digest": self.action_digest,
            "view_c": self.view_c,
            "reason_c": self.reason_c,
            "policy_sha256": self.policy_sha256,
            "contents": contents(&self.contents),
        });
        let mut reviewer = person(&self.reviewer);
        if let Value::Object(reviewer) = &mut reviewer {
            reviewer.insert("credential_uid".into(), json!(self.key_id));
        }
        let builder = self
            .call
            .builder("item_decided", UPDATE, "approval.decide", &self.context, facts)
            .with("actor", json!({"user": reviewer}))
            .with("src_endpoint", source(&super::event::Source::Operators));
        // 8 Approved, 25 Rejected.
        if approved {
            builder.control(ALLOWED, 8)
        } else {
            builder.control(DENIED, 25).severity(LOW)
        }
        .finish()
    }
}

impl ItemExpired {
    /// The event. Facts: `operation` (the call's), `item_uid`, `expiry`, `action_digest`.
    #[must_use]
    pub fn event(&self) -> Event {
        let expiry = match self.expiry {
            Expiry::Undecided => "undecided",
            Expiry::Lapsed => "lapsed",
            Expiry::Void => "void",
        };
        let facts = json!({
            "operation": self.call.operation,
            "item_uid": self.item_uid,
            "expiry": expiry,
            "action_digest": self.action_digest,
        });
        self.call
            .builder("item_expired", UPDATE, "approval.expire", &self.context, facts)
            .actor(&Actor::Gateway)
            .with("src_endpoint", source(&super::event::Source::Gateway))
            .control(DENIED, 2)
            .severity(LOW)
            .finish()
    }
}

impl Released {
    /// The event. Facts: `operation` (the call's), `item_uid`, `jti`, `action_digest`, `approvals`.
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({
            "operation": self.call.operation,
            "item_uid": self.item_uid,
            "jti": self.jti,
            "action_digest": self.action_digest,
            "approvals": self.approvals,
        });
        self.call
            .builder("released", UPDATE, "approval.release", &self.context, facts)
            .actor(&Actor::Gateway)
            .with("src_endpoint", source(&super::event::Source::Gateway))
            .control(ALLOWED, 1)
            .finish()
    }
}
