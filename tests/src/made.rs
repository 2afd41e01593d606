//! Records such as a gateway makes, as many as wanted: the stories of twenty agents, some of them held or refused.

use evidence::ocsf::{
    ActionDocument, AgentName, Call, CallDecided, CallFinished, CallOutcome, ContentRef, Context, Effect, Event,
    Expiry, ItemExpired, Person, RuleReason, Source, UpstreamName,
};
use evidence::{Digest, Draft, Origin, Stream};
use ledger::{AppendError, Entry, Ledger, Recordable};
use serde_json::json;

/// The record number `number` of a tenant's log.
#[derive(Debug)]
pub struct Made {
    /// Whose log it is.
    pub tenant_uid: String,
    /// Which record.
    pub number: u64,
    /// The log, where its case file is to verify: a call then carries its action and commitments to its contents, a held
    /// one runs out, and a denied one has no outcome.
    pub origin: Option<Origin>,
}

impl Made {
    fn agent(&self) -> AgentName {
        let at = self.number / 2 % 20;
        AgentName {
            uid: format!("019a0000-0000-7000-8000-{at:012}"),
            name: format!("agent-{at}"),
        }
    }

    /// A random id from a number, so that a run can be repeated.
    fn digest(&self, of: &[u8]) -> Digest {
        Digest::sha256_of(&[&(self.number / 2).to_be_bytes(), of])
    }

    fn context(&self) -> Context {
        Context {
            time_ms: 1_795_000_000_000,
            tenant_uid: self.tenant_uid.clone(),
        }
    }

    fn call(&self, request: &Digest) -> Call {
        let story = self.number / 2;
        Call {
            request_uid: request.to_string().chars().take(32).collect(),
            agent: self.agent(),
            operation: "chat.completions".to_owned(),
            model: Some(if story.is_multiple_of(3) { "gpt-4o" } else { "gpt-5" }.to_owned()),
            upstream: Some(UpstreamName {
                name: "practice".to_owned(),
                provider: "practice".to_owned(),
            }),
            proposed: None,
            source: Source::Network([127, 0, 0, 1].into(), 50_000),
        }
    }

    /// The commitments to contents in these slots, which nobody holds.
    fn contents(&self, slots: &[&str]) -> Vec<ContentRef> {
        let content = |slot: &&str| {
            let c = self.digest(slot.as_bytes());
            ContentRef {
                content_uid: c.to_string().chars().take(32).collect(),
                slot: (*slot).to_owned(),
                c,
            }
        };
        slots.iter().filter(|_| self.origin.is_some()).map(content).collect()
    }

    fn event(&self) -> Event {
        let story = self.number / 2;
        let effect = match story % 50 {
            0 => Effect::Hold,
            1 => Effect::Deny,
            _ => Effect::Allow,
        };
        match (self.number % 2 == 1, effect, self.origin) {
            (true, Effect::Hold, Some(_)) => self.expired(),
            (true, Effect::Deny, Some(_)) => self.decided(effect, self.digest(b"again")),
            (true, ..) => self.finished(),
            (false, ..) => self.decided(effect, self.digest(b"")),
        }
    }

    fn finished(&self) -> Event {
        let digest = self.digest(b"");
        CallFinished {
            context: self.context(),
            call: self.call(&digest),
            outcome: CallOutcome::Answered,
            http_status: Some(200),
            prompt_tokens: Some(800),
            completion_tokens: Some(12),
            total_tokens: Some(812),
            finish_reason: Some("stop".to_owned()),
            tool_calls: 0,
            tools_asked: Vec::new(),
            duration_ms: Some(311),
            latency_us: Vec::new(),
            action_digest: self.action(&digest).map_or(Some(digest), |(_, digest)| digest),
            contents: self.contents(&["response"]),
        }
        .event()
    }

    fn expired(&self) -> Event {
        let digest = self.digest(b"");
        let action = self.action(&digest).and_then(|(_, digest)| digest);
        ItemExpired {
            context: self.context(),
            call: self.call(&digest),
            item_uid: format!("item-{digest}"),
            expiry: Expiry::Undecided,
            action_digest: action.unwrap_or(digest),
        }
        .event()
    }

    /// The action of a request, with its digest; nothing where the log isn't known.
    fn action(&self, request: &Digest) -> Option<(ActionDocument, Option<Digest>)> {
        let origin = self.origin?;
        let call = self.call(request);
        let action = ActionDocument::from_value(json!({
            "v": 1, "origin": origin, "tenant_uid": self.tenant_uid, "agent_uid": call.agent.uid,
            "request_uid": call.request_uid, "kind": "model_call", "policy_sha256": Digest::sha256(b"policy"),
            "risk_sha256": null, "tool_schema_sha256": null, "subject_c": self.digest(b"subject"),
            "contents": [{"slot": "request", "c": self.digest(b"request")}],
        }));
        let digest = action.digest().ok();
        Some((action, digest))
    }

    fn decided(&self, effect: Effect, request: Digest) -> Event {
        let action = self.action(&request);
        let held = effect == Effect::Hold && self.origin.is_some();
        let slots: &[&str] = if held {
            &["subject", "request", "view"]
        } else {
            &["subject", "request"]
        };
        let (action, action_digest) = match action {
            Some((action, digest)) => (Some(action), digest),
            None => (None, Some(request)),
        };
        CallDecided {
            context: self.context(),
            call: self.call(&request),
            effect,
            reasons: vec![RuleReason {
                rule: "text-only".to_owned(),
                text: "Text in, text out.".to_owned(),
            }],
            sponsor: Person {
                uid: "operator-1".to_owned(),
                name: "Ada".to_owned(),
            },
            policy_sha256: Digest::sha256(b"policy"),
            policy_author: None,
            tier: 0,
            action,
            action_digest,
            contents: self.contents(slots),
            not_established: ["privacy", "rate", "risk"].map(str::to_owned).to_vec(),
            item_uid: held.then(|| format!("item-{request}")),
            expires_ms: held.then_some(1_795_000_600_000),
        }
        .event()
    }
}

impl Recordable for Made {
    type Recorded = Self;

    fn into_entry(self) -> (Entry, Self) {
        let stream = Stream::agent(&self.agent().uid).unwrap_or_else(Stream::sys);
        (Entry::new(Draft::new(stream, self.event())), self)
    }
}

/// Appends until the log has so many records, hundreds in a transaction.
///
/// # Errors
/// Where the log refuses one.
pub async fn fill(ledger: &Ledger, tenant_uid: &str, size: u64) -> Result<(), AppendError> {
    fill_with(ledger, tenant_uid, size, None).await
}

/// As [`fill`], with records of which the log's case file verifies.
///
/// # Errors
/// Where the log refuses one.
pub async fn fill_with_stories(ledger: &Ledger, tenant_uid: &str, size: u64) -> Result<(), AppendError> {
    // A story has two records, and stands whole.
    fill_with(ledger, tenant_uid, size, Some(*ledger.origin())).await
}

async fn fill_with(ledger: &Ledger, tenant_uid: &str, size: u64, origin: Option<Origin>) -> Result<(), AppendError> {
    let first = ledger.size() % 2;
    while ledger.size() < size {
        let from = ledger.size();
        let made = (from..size.min(from + 500)).map(|number| Made {
            tenant_uid: tenant_uid.to_owned(),
            number: number + origin.map_or(0, |_| first),
            origin,
        });
        drop(ledger.append_all(made.collect()).await?);
    }
    Ok(())
}
