//! The inbox: what a reviewer sees, the statement they sign, and what their signature does.
//!
//! Nothing here signs. A statement is handed out, signed at the person's end, and taken back; it counts only if it is
//! byte for byte one that was handed out, under a key that is registered, in time.

use action::Action;
use contract::{
    Code, Decided, HeldItem, ItemState, Opening, OperatorError, ReviewerDecision, SignedDecision, Statement,
    StatementRequest,
};
use evidence::{
    Digest, Envelope,
    envelope::IN_TOTO,
    statement::{ApprovalStatement, Choice, SeenCheckpoint},
};
use ledger::{Filter, KeptContent, NewContent};

use crate::{
    Engine,
    books::Kept as _,
    clock::{now_ms, random},
    engine::HandedOut,
    erasing::erased_already,
    items::{DecisionRow, ItemRow},
    operators::{contents::LONGEST_REASON, fault},
    records::{self, Reviewed},
    steps::{APPROVAL, Noted, new_content},
};

/// How long an approval that nobody comes for stays usable, ms.
const USABLE_MS: i64 = 10 * 60 * 1000;
/// Statements handed out and not signed yet, at most; the oldest is forgotten first.
const MOST_STATEMENTS: usize = 256;

fn no_such_item(uid: &str) -> OperatorError {
    OperatorError::new(
        Code::NotFound,
        format!("There is no item `{uid}`; `countersign inbox list` shows them."),
    )
}

impl Engine {
    pub(crate) async fn held_item(&self, uid: &str) -> Result<HeldItem, OperatorError> {
        let row = self
            .items
            .find(&self.ledger, uid)
            .map_err(fault)?
            .ok_or_else(|| no_such_item(uid))?;
        let view = self.opening(&row.view_content)?;
        let subject = self.opening(&row.subject_content)?;
        let request = self.opening(&row.request_content)?;
        let record = self.record_of(&row)?;
        let (policy_name, sole_operator) = {
            let books = self.books.read();
            let held_by = row.policy_sha256.to_string();
            let published = books.policies.iter().find(|policy| policy.sha256 == held_by);
            let name = match published {
                Some(policy) if policy.built_in => "built-in policy".to_owned(),
                Some(policy) => format!("policy published {}", records::day(policy.published_ms)),
                None => "policy, which isn’t kept any more".to_owned(),
            };
            (name, books.sole_operator().is_some())
        };
        self.record_item_read(&row, &view, record).await?;
        let decision_reason = row
            .decision
            .as_ref()
            .and_then(|decision| decision.reason_content.as_deref());
        Ok(HeldItem {
            item: self.items.line(&row),
            view,
            subject,
            request,
            action: row.action.clone(),
            action_digest: row.action_digest.to_string(),
            sponsor: row.story.sponsor_name.clone(),
            reasons: row.reasons.clone(),
            policy_sha256: row.policy_sha256.to_string(),
            policy_name,
            not_established: records::not_established_in_words(),
            record,
            request_uid: row.story.request_uid.clone(),
            sole_operator,
            barred: self.why_barred(&row),
            decided: row.decision.as_ref().map(decided_in_words),
            // A reason that was erased leaves the decision without one.
            decision_reason: decision_reason
                .and_then(|uid| self.opening(uid).ok())
                .map(|opening| opening.text),
        })
    }

    /// Why an item can't be approved by anybody here.
    fn why_barred(&self, row: &ItemRow) -> Option<String> {
        if row.state != ItemState::Waiting {
            return None;
        }
        let books = self.books.read();
        if books.policy.sha256() != row.policy_sha256 {
            return Some("Another policy has been published since: deny it, and the agent can ask anew.".to_owned());
        }
        drop(books);
        if !self.kind_is_as_held(row) {
            return Some(
                "Its kind has been defined anew or removed since: deny it, and the agent can propose anew.".to_owned(),
            );
        }
        (row.tier > 2).then(|| "Tier 3 needs two people to sign, and this gateway has one operator.".to_owned())
    }

    fn opening(&self, content_uid: &str) -> Result<Opening, OperatorError> {
        let opened = self.ledger.content(content_uid).map_err(fault)?;
        let Some(opened) = opened else {
            return Err(match self.ledger.kept_content(content_uid).map_err(fault)? {
                Some(KeptContent {
                    erased: Some(record), ..
                }) => erased_already(content_uid, record),
                _ => fault("the item's content isn't in the log"),
            });
        };
        let c = evidence::content::commit(&opened.header, &opened.salt, &opened.bytes);
        Ok(Opening {
            content_uid: opened.header.content_uid.clone(),
            slot: opened.header.slot.clone(),
            media_type: opened.header.media_type.clone(),
            salt: hex::encode(opened.salt),
            text: String::from_utf8(opened.bytes.clone()).map_err(fault)?,
            commitment: c.to_string(),
        })
    }

    /// The record that held an item. Its row was written together with that record, so it can't name it itself.
    fn record_of(&self, row: &ItemRow) -> Result<u64, OperatorError> {
        if row.record != 0 {
            return Ok(row.record);
        }
        let filter = Filter {
            stream: None,
            correlation: Some(row.story.request_uid.clone()),
        };
        let story = self.ledger.page(None, 1000, &filter).map_err(fault)?;
        Ok(story.last().map_or(0, |record| record.sequence()))
    }

    pub(crate) fn hand_out_statement(&self, request: StatementRequest) -> Result<Statement, OperatorError> {
        let row = self.undecided(&request.uid)?;
        let operator = {
            let books = self.books.read();
            books
                .operators
                .values()
                .find(|operator| operator.key_id == request.key_id)
                .cloned()
        };
        let operator = operator.ok_or_else(|| {
            let message = format!(
                "The key {} isn't a registered reviewer's, so it can't decide.",
                request.key_id
            );
            OperatorError::new(Code::Refused, message)
        })?;
        let approve = request.decision == ReviewerDecision::Approve;
        if let Some(why) = self.why_barred(&row).filter(|_| approve) {
            return Err(OperatorError::new(Code::Refused, why));
        }
        let reason = request.reason.trim();
        if !approve && reason.is_empty() {
            return Err(OperatorError::new(
                Code::Invalid,
                "A denial needs a reason: the agent is told it.",
            ));
        }
        if reason.chars().count() > LONGEST_REASON {
            return Err(OperatorError::new(
                Code::Invalid,
                format!("A reason has at most {LONGEST_REASON} characters."),
            ));
        }
        let reason = (!reason.is_empty())
            .then(|| new_content("reason", "text/plain; charset=utf-8", reason.as_bytes().to_vec()));
        let reason = reason.transpose().map_err(fault)?;
        let statement = self.statement(&row, &operator.uid, request.decision, reason.as_ref())?;
        let payload = statement.to_bytes().map_err(fault)?;
        let answer = Statement {
            payload: String::from_utf8(payload.clone()).map_err(fault)?,
            payload_type: IN_TOTO.to_owned(),
            reason: reason.as_ref().map(reason_opening).transpose()?,
        };
        let handed_out = HandedOut {
            item_uid: row.uid,
            payload,
            reason,
            expires_ms: statement.expires_ms,
        };
        let mut statements = self.statements.lock();
        let now = now_ms();
        statements.retain(|_, statement| statement.expires_ms > now);
        if statements.len() >= MOST_STATEMENTS {
            statements.clear();
        }
        statements.insert(Digest::sha256(&handed_out.payload).to_string(), handed_out);
        Ok(answer)
    }

    fn statement(
        &self,
        row: &ItemRow,
        reviewer_uid: &str,
        decision: ReviewerDecision,
        reason: Option<&NewContent>,
    ) -> Result<ApprovalStatement, OperatorError> {
        let action = Action::parse(row.action.as_bytes()).map_err(fault)?;
        let view = self.opening(&row.view_content)?;
        let seen = self.ledger.last_checkpoint().map_err(fault)?;
        let seen = seen.ok_or_else(|| fault("the log has no checkpoint yet"))?;
        let now = now_ms();
        Ok(ApprovalStatement {
            origin: *self.ledger.origin(),
            tenant_uid: action.tenant_uid.clone(),
            request_uid: row.story.request_uid.clone(),
            reviewer_uid: reviewer_uid.to_owned(),
            decision: match decision {
                ReviewerDecision::Approve => Choice::Approve,
                ReviewerDecision::Deny => Choice::Deny,
            },
            scope: "once".to_owned(),
            uses: 1,
            action_digest: action.digest(),
            view_c: view.commitment.parse().map_err(fault)?,
            reason_c: reason.map(NewContent::commitment),
            policy_sha256: action.policy_sha256,
            risk_sha256: action.risk_sha256,
            nonce16: random().map_err(fault)?,
            issued_ms: now,
            expires_ms: now.saturating_add(USABLE_MS),
            seen_checkpoint: SeenCheckpoint {
                size: seen.checkpoint.claimed().size,
                root: seen.checkpoint.claimed().root,
            },
        })
    }

    fn undecided(&self, uid: &str) -> Result<ItemRow, OperatorError> {
        let row = self
            .items
            .find(&self.ledger, uid)
            .map_err(fault)?
            .ok_or_else(|| no_such_item(uid))?;
        match row.state {
            ItemState::Waiting if now_ms() < row.expires_ms => Ok(row),
            ItemState::Waiting | ItemState::Expired | ItemState::Lapsed => Err(OperatorError::new(
                Code::Expired,
                "This item's time has run out, so it is denied. The agent can ask anew.",
            )),
            ItemState::Approved | ItemState::Released | ItemState::Denied => {
                let how = row.decision.as_ref().map(decided_in_words).unwrap_or_default();
                Err(OperatorError::new(
                    Code::Conflict,
                    format!("This item is decided already: {how}."),
                ))
            }
        }
    }

    pub(crate) async fn take_decision(&self, signed: SignedDecision) -> Result<Decided, OperatorError> {
        let refused =
            |why: &str| OperatorError::new(Code::Refused, format!("The signed decision doesn't count: {why}."));
        let envelope = Envelope::parse(signed.envelope.as_bytes()).map_err(|error| refused(&error.to_string()))?;
        let key = self.reviewer_key(&envelope.key_id().to_string());
        let key = key.ok_or_else(|| refused("its key isn't a registered reviewer's"))?;
        let payload = envelope
            .verify(IN_TOTO, &key)
            .map_err(|error| refused(&error.to_string()))?;
        let live = self.items.live(&signed.uid);
        let live = match live {
            Some(live) => live,
            None => {
                return Err(self
                    .undecided(&signed.uid)
                    .err()
                    .unwrap_or_else(|| no_such_item(&signed.uid)));
            }
        };
        let _gate = live.gate.lock().await;
        let row = self.undecided(&signed.uid)?;
        let digest = Digest::sha256(payload);
        let handed_out = self.statements.lock().remove(&digest.to_string());
        let handed_out = handed_out
            .filter(|statement| statement.item_uid == row.uid && statement.payload == payload)
            .ok_or_else(|| {
                refused("it isn't a statement that this gateway handed out for this item; ask for it again")
            })?;
        let statement = ApprovalStatement::parse(payload).map_err(|error| refused(&error.to_string()))?;
        let operator = {
            let books = self.books.read();
            books
                .operators
                .get(&statement.reviewer_uid)
                .filter(|operator| operator.key_id == key.key_id().to_string())
                .cloned()
        };
        let operator = operator.ok_or_else(|| refused("it is signed with another person's key"))?;
        let approved = statement.decision == Choice::Approve;
        if let Some(why) = self.why_barred(&row).filter(|_| approved) {
            return Err(OperatorError::new(Code::Refused, why));
        }
        let sole_operator = self.books.read().sole_operator().is_some();

        let mut decided = row.clone();
        decided.record = self.record_of(&row)?;
        decided.state = if approved {
            ItemState::Approved
        } else {
            ItemState::Denied
        };
        decided.decision = Some(DecisionRow {
            reviewer_uid: operator.uid.clone(),
            reviewer_name: operator.name.clone(),
            key_id: operator.key_id.clone(),
            approved,
            record: 0,
            payload_sha256: digest,
            decided_ms: now_ms(),
            expires_ms: statement.expires_ms,
            reason_content: handed_out
                .reason
                .as_ref()
                .map(|reason| reason.header().content_uid.clone()),
        });
        let reviewed = Reviewed {
            row: &decided,
            statement: &statement,
            payload_sha256: digest,
            key: &key,
            operator: &operator,
            sole_operator,
            reason: handed_out.reason.as_ref(),
        };
        let draft = records::item_decided(&row.story, &reviewed).map_err(fault)?;
        let noted = Noted::alone(draft)
            .with([decided.put().map_err(fault)?])
            .holding(handed_out.reason)
            .beside(APPROVAL, signed.envelope.into_bytes());
        let receipt = self.note(noted).await?;
        if let Some(decision) = &mut decided.decision {
            decision.record = receipt.sequence;
        }
        self.items.changed(&live, decided.clone());
        self.tell_item(&live);
        Ok(Decided {
            item: self.items.line(&decided),
            record: receipt.sequence,
        })
    }
}

fn reason_opening(content: &NewContent) -> Result<Opening, OperatorError> {
    Ok(Opening {
        content_uid: content.header().content_uid.clone(),
        slot: content.header().slot.clone(),
        media_type: content.header().media_type.clone(),
        salt: hex::encode(content.salt()),
        text: String::from_utf8(content.bytes().to_vec()).map_err(fault)?,
        commitment: content.commitment().to_string(),
    })
}

fn decided_in_words(decision: &DecisionRow) -> String {
    let did = if decision.approved { "countersigned" } else { "denied" };
    format!(
        "{did} by {} at {}",
        decision.reviewer_name,
        records::moment(decision.decided_ms)
    )
}
