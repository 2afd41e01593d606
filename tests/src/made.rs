//! Records such as a gateway makes, as many as wanted: the stories of twenty agents, some of them held or refused.

use evidence::ocsf::{
    AgentName, Call, CallDecided, CallFinished, CallOutcome, Context, Effect, Event, Person, RuleReason, Source,
    UpstreamName,
};
use evidence::{Digest, Draft, Stream};
use ledger::{AppendError, Entry, Ledger, Recordable};

/// The record number `number` of a tenant's log.
#[derive(Debug)]
pub struct Made {
    /// Whose log it is.
    pub tenant_uid: String,
    /// Which record.
    pub number: u64,
}

impl Made {
    fn agent(&self) -> AgentName {
        let at = self.number / 2 % 20;
        AgentName {
            uid: format!("019a0000-0000-7000-8000-{at:012}"),
            name: format!("agent-{at}"),
        }
    }

    fn event(&self) -> Event {
        let story = self.number / 2;
        // A random id from a number, so that a run can be repeated.
        let digest = Digest::sha256(&story.to_be_bytes());
        let request_uid = digest.to_string().chars().take(32).collect::<String>();
        let context = Context {
            time_ms: 1_795_000_000_000,
            tenant_uid: self.tenant_uid.clone(),
        };
        let call = Call {
            request_uid,
            agent: self.agent(),
            operation: "chat.completions".to_owned(),
            model: Some(if story.is_multiple_of(3) { "gpt-4o" } else { "gpt-5" }.to_owned()),
            upstream: Some(UpstreamName {
                name: "practice".to_owned(),
                provider: "practice".to_owned(),
            }),
            source: Source::Network([127, 0, 0, 1].into(), 50_000),
        };
        if self.number % 2 == 1 {
            return CallFinished {
                context,
                call,
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
                action_digest: Some(digest),
                contents: Vec::new(),
            }
            .event();
        }
        let effect = match story % 50 {
            0 => Effect::Hold,
            1 => Effect::Deny,
            _ => Effect::Allow,
        };
        CallDecided {
            context,
            call,
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
            action: None,
            action_digest: Some(digest),
            contents: Vec::new(),
            not_established: ["privacy", "rate", "risk"].map(str::to_owned).to_vec(),
            item_uid: None,
            expires_ms: None,
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
    while ledger.size() < size {
        let from = ledger.size();
        let made = (from..size.min(from + 500)).map(|number| Made {
            tenant_uid: tenant_uid.to_owned(),
            number,
        });
        drop(ledger.append_all(made.collect()).await?);
    }
    Ok(())
}
