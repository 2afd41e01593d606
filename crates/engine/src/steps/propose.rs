//! An agent proposes to do something itself: read, held against its kind, decided on, recorded.

use action::{
    Action, Kind,
    proposal::{OPERATION, Parties, Proposal, Subject},
};
use bytes::Bytes;
use evidence::Digest;
use ledger::{NewContent, StateChange};
use policy::{Decision, Effect, Facts, Reason, Tier};
use std::sync::Arc;

use super::{
    decide::{Bound, Noted},
    hold::Holding,
    outcome::Story,
    read::new_content,
};
use crate::{
    Caller, Engine,
    actions::{ActionRow, RetryRow, RowState, Standing},
    clock::{now_ms, timed_uid},
    kinds::RegisteredKind,
    records,
    refusal::{Refusal, RefusalKind},
    routes::Via,
};

/// The longest idempotency key, in characters.
const LONGEST_KEY: usize = 255;

/// A proposal as it came in.
#[derive(Debug)]
pub struct ProposalRequest {
    /// The exact body.
    pub body: Bytes,
    /// The agent's own name for this proposal: sent again with the same one, it is the same action.
    pub idempotency_key: Option<String>,
}

/// A proposal that has been read, and fits its kind.
struct Proposing {
    caller: Caller,
    kind: Arc<RegisteredKind>,
    proposal: Proposal,
    /// Its kind, as registered.
    subject: NewContent,
    /// The exact bytes.
    request: NewContent,
    body_mac: String,
    retry_key: String,
    keyed: bool,
}

/// What came of a proposal.
pub struct Proposed {
    /// Where the action stands.
    pub standing: Standing,
    /// Whether it is a new one; else the same proposal was there already.
    pub is_new: bool,
}

impl Engine {
    /// Takes a proposal: reads it, and decides on it by the policy in force. The same proposal sent again is the same
    /// action.
    ///
    /// # Errors
    /// [`RefusalKind::Invalid`] where it can't be read or doesn't fit its kind, [`RefusalKind::UnknownKind`],
    /// [`RefusalKind::Conflict`] where its idempotency key stands for another proposal, [`RefusalKind::Denied`] where policy
    /// denies: each recorded. [`RefusalKind::LogStopped`] where nothing can be: then nothing was decided.
    pub async fn propose(&self, caller: Caller, request: ProposalRequest) -> Result<Proposed, Refusal> {
        let trace = caller.passage.trace.clone();
        trace.told(self.take_proposal(caller, request).await)
    }

    async fn take_proposal(&self, caller: Caller, request: ProposalRequest) -> Result<Proposed, Refusal> {
        let proposing = self.read_proposal(caller, request).await?;
        // Of the same proposal sent twice at once, one waits for the other and then finds its action.
        let _gate = self.gates.enter(&proposing.retry_key).await;
        if let Some(row) = self.same_as(&proposing).await? {
            return Ok(Proposed {
                standing: self.standing(&row)?,
                is_new: false,
            });
        }
        let trace = proposing.caller.passage.trace.clone();
        let row = self.decide_proposal(proposing).await?;
        let standing = self.standing(&row)?;
        if let Some(receipt) = &standing.receipt {
            let decided = match row.state {
                RowState::Allowed => "allow",
                RowState::Held => "hold",
                _ => "deny",
            };
            trace.step("record");
            trace.decided(decided, receipt.sequence);
            trace.acted(&row.story, OPERATION);
        }
        Ok(Proposed { standing, is_new: true })
    }

    async fn read_proposal(&self, mut caller: Caller, request: ProposalRequest) -> Result<Proposing, Refusal> {
        let refused = |kind, message: String| Refusal::new(kind, &caller.request_uid, message);
        let proposal = match Proposal::read(&request.body) {
            Ok(proposal) => proposal,
            Err(error) => {
                let refusal = refused(RefusalKind::Invalid, format!("The proposal can't be read: {error}."));
                // The message may hold the agent's own words; a record doesn't.
                let because = ("unreadable", "The body can't be read as one unambiguous proposal.");
                return Err(self.refuse_proposal(&caller, because, refusal, request.body).await);
            }
        };
        let kind = self.books.read().kinds.get(proposal.kind()).cloned();
        let Some(kind) = kind else {
            let message = "No kind of this name is registered. The gateway's operator can register it.";
            let refusal = refused(RefusalKind::UnknownKind, message.to_owned());
            let because = (
                "unregistered-kind",
                "What is proposed is of a kind that isn't registered.",
            );
            return Err(self.refuse_proposal(&caller, because, refusal, request.body).await);
        };
        if let Some(places) = kind.misfits(proposal.parameters()) {
            let message = format!("The parameters don't fit the schema of their kind, at {places}.");
            let refusal = refused(RefusalKind::Invalid, message.clone());
            return Err(self
                .refuse_proposal(&caller, ("schema", &message), refusal, request.body)
                .await);
        }
        let key = request.idempotency_key.as_deref();
        if key.is_some_and(|key| !(1..=LONGEST_KEY).contains(&key.len())) {
            let message = "An Idempotency-Key has 1 to 255 characters.";
            let refusal = refused(RefusalKind::Invalid, message.to_owned());
            return Err(self
                .refuse_proposal(&caller, ("idempotency-key", message), refusal, request.body)
                .await);
        }
        let agent = caller.agent.uid.as_bytes();
        let body_mac = self.recognising(&caller.request_uid, &[agent, b"proposal", &request.body])?;
        let retry_key = match key {
            Some(key) => self.recognising(&caller.request_uid, &[agent, b"idempotency-key", key.as_bytes()])?,
            None => body_mac.clone(),
        };
        let subject = Subject {
            definition: kind.definition.clone(),
        };
        caller.passage.mark("read");
        Ok(Proposing {
            subject: new_content("subject", "application/json", subject.to_bytes())?,
            request: new_content("request", "application/json", request.body)?,
            keyed: key.is_some(),
            caller,
            kind,
            proposal,
            body_mac,
            retry_key,
        })
    }

    async fn refuse_proposal(
        &self,
        caller: &Caller,
        (rule, text): (&str, &str),
        refusal: Refusal,
        body: Bytes,
    ) -> Refusal {
        let because = Reason {
            rule: rule.to_owned(),
            text: text.to_owned(),
        };
        match new_content("request", "application/octet-stream", body) {
            Ok(content) => {
                self.deny_unread(caller, OPERATION, because, refusal, vec![content])
                    .await
            }
            Err(error) => error.into(),
        }
    }

    /// The action that this very proposal is already. Without an idempotency key, only one that may still be done; under
    /// another policy, or its kind defined anew, a held one can't.
    async fn same_as(&self, proposing: &Proposing) -> Result<Option<ActionRow>, Refusal> {
        let request_uid = &proposing.caller.request_uid;
        let Some(retry) = self.kept::<RetryRow>(request_uid, &proposing.retry_key)? else {
            return Ok(None);
        };
        let Some(row) = self.kept::<ActionRow>(request_uid, &retry.action_uid)? else {
            return Ok(None);
        };
        if proposing.keyed {
            if row.body_mac == proposing.body_mac {
                return Ok(Some(row));
            }
            let message =
                "This Idempotency-Key stands for another proposal already. Give each proposal a key of its own.";
            let refusal = self
                .refuse_early(
                    &proposing.caller,
                    OPERATION,
                    RefusalKind::Conflict,
                    "idempotency-key",
                    message,
                )
                .await;
            return Err(refusal);
        }
        let may_still = match (row.state, row.item_uid.as_deref().and_then(|uid| self.items.live(uid))) {
            (RowState::Allowed | RowState::Released, _) => row.expires_ms.is_some_and(|until| now_ms() < until),
            (RowState::Held, Some(live)) => self.is_as_held(&live.row()),
            _ => false,
        };
        Ok(may_still.then_some(row))
    }

    async fn decide_proposal(&self, mut proposing: Proposing) -> Result<ActionRow, Refusal> {
        let policy = Arc::clone(&self.books.read().policy);
        let agent = &proposing.caller.agent;
        let caller = policy::Caller {
            uid: &agent.uid,
            name: &agent.name,
            sponsor_uid: &agent.sponsor_uid,
            practice: agent.practice,
        };
        let definition = &proposing.kind.definition;
        let facts = Facts::proposal(caller, definition, &proposing.proposal);
        let decision = floored(policy.decide(&facts), &proposing.kind);
        let decision = self.bounded_by_people(decision);
        let action = self.proposed_action(&proposing, decision.policy_sha256);
        proposing.caller.passage.mark("decide");
        let story = Story {
            action_digest: Some(action.digest),
            proposed: Some((definition.name.clone(), definition.category.as_str().to_owned())),
            ..Story::unread(&proposing.caller, action.action.tenant_uid.clone(), OPERATION)
        };
        proposing.caller.passage.trace.of(&story);
        let mut row = ActionRow {
            story,
            state: RowState::Denied,
            item_uid: None,
            reasons: records::reasons(&decision),
            body_mac: proposing.body_mac.clone(),
            retry_key: proposing.retry_key.clone(),
            report_within_s: definition.report_within_s,
            expires_ms: None,
            report_mac: None,
            late: false,
        };
        match decision.effect {
            Effect::Allow => {
                row.state = RowState::Allowed;
                row.expires_ms = Some(reported_until(&row));
                let opened = self.put(&row.story.request_uid, &row.story.open_call())?;
                let row = self
                    .record_proposal(row, &proposing, &decision, &action, vec![opened])
                    .await?;
                self.expire_release_in_time(&row);
                Ok(row)
            }
            Effect::Deny => {
                self.record_proposal(row, &proposing, &decision, &action, Vec::new())
                    .await
            }
            Effect::Hold { tier } => self.hold_proposal(row, proposing, &decision, &action, tier).await,
        }
    }

    fn proposed_action(&self, proposing: &Proposing, policy_sha256: Digest) -> Bound {
        Bound::from(Action {
            origin: self.ledger.origin().to_string(),
            tenant_uid: self.books.read().tenant.uid.clone(),
            agent_uid: proposing.caller.agent.uid.clone(),
            request_uid: proposing.caller.request_uid.clone(),
            kind: Kind::ProposedAction,
            subject_c: proposing.subject.commitment(),
            tool_schema_sha256: Some(proposing.kind.sha256),
            policy_sha256,
            risk_sha256: None,
            contents: [("request".to_owned(), proposing.request.commitment())].into(),
        })
    }

    async fn record_proposal(
        &self,
        row: ActionRow,
        proposing: &Proposing,
        decision: &Decision,
        action: &Bound,
        mut state: Vec<StateChange>,
    ) -> Result<ActionRow, Refusal> {
        let request_uid = &row.story.request_uid;
        let contents = vec![proposing.subject.clone(), proposing.request.clone()];
        let deciding = self.deciding(decision, Some(action), &contents);
        let draft = records::call_decided(&row.story, &deciding).map_err(|error| self.broken(request_uid, &error))?;
        state.push(self.remembered(&row)?);
        let noted = Noted::alone(draft).with(state).holding(contents);
        let row = self.change_action(noted, row).await?;
        let decided = if row.state == RowState::Allowed {
            "allow"
        } else {
            "deny"
        };
        self.metrics.decided(OPERATION, decided);
        Ok(row)
    }

    async fn hold_proposal(
        &self,
        mut row: ActionRow,
        proposing: Proposing,
        decision: &Decision,
        action: &Bound,
        tier: Tier,
    ) -> Result<ActionRow, Refusal> {
        let uid = timed_uid();
        row.state = RowState::Held;
        row.item_uid = Some(uid.clone());
        let who = Parties {
            agent: row.story.agent_name.clone(),
            sponsor: row.story.sponsor_name.clone(),
        };
        let holding = Holding {
            uid,
            story: row.story.clone(),
            headers: Vec::new(),
            via: Via::Default,
            view: proposing.proposal.view(&proposing.kind.definition, &who),
            tier: tier.number(),
            retry_mac: proposing.body_mac,
            decision,
            action,
            subject: proposing.subject,
            request: proposing.request,
            state: vec![self.remembered(&row)?, self.put(&row.story.request_uid, &row)?],
        };
        let live = self.hold_item(holding).await?;
        self.tell_item(&live);
        self.expire_in_time(&live);
        Ok(row)
    }

    /// The row by which the same proposal sent again is known.
    fn remembered(&self, row: &ActionRow) -> Result<StateChange, Refusal> {
        let request_uid = &row.story.request_uid;
        let retry = RetryRow {
            key: row.retry_key.clone(),
            action_uid: request_uid.clone(),
        };
        self.put(request_uid, &retry)
    }
}

/// Until when an action that is let go now may be reported in time, ms UTC.
pub(super) fn reported_until(row: &ActionRow) -> i64 {
    now_ms().saturating_add(i64::from(row.report_within_s).saturating_mul(1000))
}

/// Moving money, deleting data, changing access and publishing go to a person, whatever the policy allows.
fn floored(mut decision: Decision, kind: &RegisteredKind) -> Decision {
    let category = kind.definition.category;
    if !category.is_floor() || decision.effect == Effect::Deny {
        return decision;
    }
    if decision.effect == Effect::Allow {
        decision.effect = Effect::Hold {
            tier: Tier::OneReviewer,
        };
    }
    decision.reasons.push(Reason {
        rule: policy::FLOOR.to_owned(),
        text: format!(
            "“{}” always goes to a person, whatever the policy allows.",
            category.in_words()
        ),
    });
    decision
}
