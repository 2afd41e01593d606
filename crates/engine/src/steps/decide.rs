//! Whether it may happen: policy decides, the decision is on disk, and only then is anything released or answered.

use action::{
    Action, Kind,
    model_call::{Format, Parties},
};
use bytes::Bytes;
use evidence::{Digest, Draft};
use hmac::{Hmac, KeyInit as _, Mac as _};
use ledger::{Durable, Entry, NewContent, Recordable, StateChange};
use policy::{Decision, Destination, Effect, Facts, Reason, Tier};
use sha2::Sha256;

use crate::{
    Asked, Caller, Engine, Hold, Released,
    books::{Kept as _, UpstreamRow},
    clock::timed_uid,
    records::{self, Deciding},
    refusal::{Refusal, RefusalKind},
    steps::{Story, hold::Holding, read::new_content},
};

/// A decision that lets the call go on, now or once a person has countersigned it.
#[expect(clippy::large_enum_variant, reason = "made once a call, and moved once")]
pub enum Verdict {
    /// It may go.
    Released(Released),
    /// A person decides.
    Held(Hold),
}

/// A call that policy allows. Its record opens the call; the outcome's record closes it.
struct Allow {
    noted: Noted,
    allowed: Allowed,
}

/// What the record of a call that policy allows lets go.
pub(crate) struct Allowed {
    pub(crate) story: Story,
    pub(crate) asked: Asked,
}

impl Recordable for Allow {
    type Recorded = Allowed;

    fn into_entry(self) -> (Entry, Allowed) {
        (self.noted.into_entry().0, self.allowed)
    }
}

/// An action with its document and digest, each made once.
pub(crate) struct Bound {
    pub(crate) action: Action,
    pub(crate) document: Vec<u8>,
    pub(crate) digest: Digest,
}

impl From<Action> for Bound {
    fn from(action: Action) -> Self {
        let (document, digest) = action.document_and_digest();
        Self {
            action,
            document,
            digest,
        }
    }
}

/// A record and what becomes durable with it.
pub(crate) struct Noted {
    pub(crate) draft: Draft,
    pub(crate) contents: Vec<NewContent>,
    pub(crate) state: Vec<StateChange>,
    pub(crate) envelopes: Vec<(String, Vec<u8>)>,
}

impl Noted {
    /// A record alone.
    pub(crate) fn alone(draft: Draft) -> Self {
        Self {
            draft,
            contents: Vec::new(),
            state: Vec::new(),
            envelopes: Vec::new(),
        }
    }

    /// With changes of state.
    pub(crate) fn with(mut self, state: impl IntoIterator<Item = StateChange>) -> Self {
        self.state.extend(state);
        self
    }

    /// With contents.
    pub(crate) fn holding(mut self, contents: impl IntoIterator<Item = NewContent>) -> Self {
        self.contents.extend(contents);
        self
    }

    /// With a signed envelope beside it.
    pub(crate) fn beside(mut self, name: &str, envelope: Vec<u8>) -> Self {
        self.envelopes.push((name.to_owned(), envelope));
        self
    }
}

impl Recordable for Noted {
    type Recorded = ();

    fn into_entry(self) -> (Entry, ()) {
        let Self {
            draft,
            contents,
            state,
            envelopes,
        } = self;
        let entry = Entry {
            draft,
            contents,
            state,
            envelopes,
        };
        (entry, ())
    }
}

impl Engine {
    /// Decides by the policy in force, and records the decision.
    ///
    /// # Errors
    /// [`RefusalKind::Denied`] where policy denies, [`RefusalKind::LogStopped`] where the decision can't be recorded:
    /// then nothing was decided.
    pub async fn decide(&self, asked: Asked) -> Result<Verdict, Refusal> {
        let trace = asked.caller.passage.trace.clone();
        trace.told(self.decide_by_policy(asked).await)
    }

    async fn decide_by_policy(&self, mut asked: Asked) -> Result<Verdict, Refusal> {
        let policy = std::sync::Arc::clone(&self.books.read().policy);
        let agent = &asked.caller.agent;
        let caller = policy::Caller {
            uid: &agent.uid,
            name: &agent.name,
            sponsor_uid: &agent.sponsor_uid,
            practice: agent.practice,
        };
        let destination = Destination {
            name: &asked.upstream.name,
            practice: asked.upstream.practice,
        };
        let facts = Facts::model_call(caller, destination, &asked.call);
        let decision = self.bounded_by_people(policy.decide(&facts));
        let action = self.called_action(&asked, decision.policy_sha256);
        asked.caller.passage.mark("decide");
        match decision.effect {
            Effect::Allow => self.allow(asked, &decision, &action).await.map(Verdict::Released),
            Effect::Hold { tier } => self
                .hold(asked, &decision, &action, tier.number())
                .await
                .map(Verdict::Held),
            Effect::Deny => Err(self.deny(asked, &decision, &action).await),
        }
    }

    /// A tier that no present set of people could countersign is denied now rather than held in vain.
    pub(crate) fn bounded_by_people(&self, mut decision: Decision) -> Decision {
        if let Effect::Hold { tier } = decision.effect
            && tier == Tier::TwoReviewers
        {
            decision.effect = Effect::Deny;
            decision.reasons.push(Reason {
                rule: "two-people".to_owned(),
                text: format!("Tier {tier} needs two people to sign, and this gateway has one operator."),
            });
        }
        decision
    }

    fn called_action(&self, asked: &Asked, policy_sha256: Digest) -> Bound {
        Bound::from(Action {
            origin: self.ledger.origin().to_string(),
            tenant_uid: self.books.read().tenant.uid.clone(),
            agent_uid: asked.caller.agent.uid.clone(),
            request_uid: asked.caller.request_uid.clone(),
            kind: Kind::ModelCall,
            subject_c: asked.subject.commitment(),
            tool_schema_sha256: None,
            policy_sha256,
            risk_sha256: None,
            contents: [("request".to_owned(), asked.request.commitment())].into(),
        })
    }

    async fn allow(&self, asked: Asked, decision: &Decision, action: &Bound) -> Result<Released, Refusal> {
        let story = Story::of(&asked, action);
        asked.caller.passage.trace.of(&story);
        let request_uid = story.request_uid.clone();
        let contents = vec![asked.subject.clone(), asked.request.clone()];
        let deciding = self.deciding(decision, Some(action), &contents);
        let draft = records::call_decided(&story, &deciding).map_err(|error| self.broken(&request_uid, &error))?;
        let opened = story
            .open_call()
            .put()
            .map_err(|error| self.broken(&request_uid, &error))?;
        let noted = Noted::alone(draft).with([opened]).holding(contents);
        let allowed = Allowed { story, asked };
        let operation = allowed.story.operation.clone();
        let durable: Durable<Allowed> = self.append(&request_uid, Allow { noted, allowed }).await?;
        self.metrics.decided(&operation, "allow");
        Ok(Released::allowed(durable))
    }

    async fn deny(&self, asked: Asked, decision: &Decision, action: &Bound) -> Refusal {
        let story = Story::of(&asked, action);
        asked.caller.passage.trace.of(&story);
        let reasons = decision
            .reasons
            .iter()
            .map(|reason| reason.text.as_str())
            .collect::<Vec<_>>()
            .join(" ");
        let refusal = Refusal::new(
            RefusalKind::Denied,
            &story.request_uid,
            format!("Denied by policy. {reasons}"),
        );
        let contents = vec![asked.subject.clone(), asked.request.clone()];
        match records::call_decided(&story, &self.deciding(decision, Some(action), &contents)) {
            Ok(draft) => {
                self.record_refusal(&story.operation, refusal, Noted::alone(draft).holding(contents))
                    .await
            }
            Err(error) => self.broken(&story.request_uid, &error),
        }
    }

    /// Records the denial of a call that couldn't be read as an action.
    pub(crate) async fn refuse_unread(
        &self,
        caller: &Caller,
        format: Format,
        body: Bytes,
        rule: &str,
        message: &str,
    ) -> Refusal {
        let refusal = Refusal::new(RefusalKind::Invalid, &caller.request_uid, message);
        let contents = match new_content("request", "application/octet-stream", body) {
            Ok(content) => vec![content],
            Err(error) => return error.into(),
        };
        let because = Reason {
            rule: rule.to_owned(),
            text: message.to_owned(),
        };
        self.deny_unread(caller, format.operation(), because, refusal, contents)
            .await
    }

    /// Records the denial of an authenticated call whose body wasn't taken. `operation` is what it asked for.
    pub async fn refuse_early(
        &self,
        caller: &Caller,
        operation: &str,
        kind: RefusalKind,
        rule: &str,
        message: &str,
    ) -> Refusal {
        let refusal = Refusal::new(kind, &caller.request_uid, message);
        let because = Reason {
            rule: rule.to_owned(),
            text: message.to_owned(),
        };
        self.deny_unread(caller, operation, because, refusal, Vec::new()).await
    }

    /// Records a denial for a reason that no policy gives. The reason stands in the record; the refusal's message needn't.
    pub(crate) async fn deny_unread(
        &self,
        caller: &Caller,
        operation: &str,
        because: Reason,
        refusal: Refusal,
        contents: Vec<NewContent>,
    ) -> Refusal {
        let story = Story::unread(caller, self.books.read().tenant.uid.clone(), operation);
        caller.passage.trace.of(&story);
        let policy_sha256 = self.books.read().policy.sha256();
        let reasons = vec![because];
        let decision = Decision {
            effect: Effect::Deny,
            reasons,
            within: None,
            policy_sha256,
        };
        let refusal = match records::call_decided(&story, &self.deciding(&decision, None, &contents)) {
            Ok(draft) => {
                self.record_refusal(&story.operation, refusal, Noted::alone(draft).holding(contents))
                    .await
            }
            Err(error) => self.broken(&caller.request_uid, &error),
        };
        caller.passage.trace.refused(&refusal);
        refusal
    }

    async fn record_refusal(&self, operation: &str, refusal: Refusal, noted: Noted) -> Refusal {
        match self.append(&refusal.request_uid, noted).await {
            Ok(durable) => {
                self.metrics.decided(operation, "deny");
                refusal.recorded(durable.receipt().clone())
            }
            Err(stopped) => stopped,
        }
    }

    pub(crate) fn deciding<'a>(
        &self,
        decision: &'a Decision,
        action: Option<&'a Bound>,
        contents: &'a [NewContent],
    ) -> Deciding<'a> {
        let policy_author = self
            .books
            .read()
            .policy_row()
            .and_then(|policy| policy.author_uid.clone());
        Deciding {
            decision,
            policy_author,
            action,
            item: None,
            contents,
        }
    }

    async fn hold(&self, asked: Asked, decision: &Decision, action: &Bound, tier: u8) -> Result<Hold, Refusal> {
        let retry_mac = self.retry_mac(&asked)?;
        if let Some(attached) = self.items.attach_to_same(&retry_mac, decision.policy_sha256) {
            return Ok(Hold::new(attached, asked.caller.passage));
        }
        let story = Story::of(&asked, action);
        asked.caller.passage.trace.of(&story);
        let view = asked.call.view(&parties(&story, &asked.upstream));
        let holding = Holding {
            uid: timed_uid(),
            story,
            headers: asked.headers,
            via: asked.via,
            view,
            tier,
            retry_mac,
            decision,
            action,
            subject: asked.subject,
            request: asked.request,
            state: Vec::new(),
        };
        let request_uid = asked.caller.request_uid.clone();
        let live = self.hold_item(holding).await?;
        // Attaching can't fail: the item is known to nobody else yet.
        let attached = live
            .attach()
            .ok_or_else(|| self.broken(&request_uid, &"a new item was taken before it was told"))?;
        self.tell_item(&live);
        self.expire_in_time(&live);
        let mut passage = asked.caller.passage;
        passage.mark("record");
        Ok(Hold::new(attached, passage))
    }

    /// Recognises the same call of the same agent. Upstream, address, operation and model stand in its subject: two calls
    /// with one body needn't be the same call.
    fn retry_mac(&self, asked: &Asked) -> Result<String, Refusal> {
        let parts = [asked.caller.agent.uid.as_bytes(), asked.subject.bytes(), &asked.body];
        self.recognising(&asked.caller.request_uid, &parts)
    }

    /// Recognises the same parts again, for this gateway alone: a public digest would let anybody test guesses.
    pub(crate) fn recognising(&self, request_uid: &str, parts: &[&[u8]]) -> Result<String, Refusal> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.retry_key.as_slice())
            .map_err(|error| self.broken(request_uid, &error))?;
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        Ok(hex::encode(mac.finalize().into_bytes()))
    }
}

fn parties(story: &Story, upstream: &UpstreamRow) -> Parties {
    Parties {
        agent: story.agent_name.clone(),
        sponsor: story.sponsor_name.clone(),
        upstream: story.upstream.clone(),
        practice: upstream.practice,
    }
}
