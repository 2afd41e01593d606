//! What a person's key signs: only what was shown to them, and only what they decided.
//!
//! The gateway is taken at its word for two names, the agent's and its sponsor's, which are the operator's register
//! speaking. All else is recomputed here: the exact bytes and their destination are opened against the action's document,
//! and the view is made anew from them, so a gateway that shows one call and asks for a signature over another is found out.

use action::model_call::{self, Format, Parties};
use action::proposal::{self, Proposal};
use action::{Action, Kind, Subject};
use contract::{HeldItem, ItemState, Opening, ReviewerDecision, Statement};
use evidence::Digest;
use evidence::content::{Header, commit};
use evidence::envelope::IN_TOTO;
use evidence::statement::{ApprovalStatement, Choice};

/// The longest time that a signed decision may be good for, ms: an hour.
const LONGEST_MS: i64 = 60 * 60 * 1000;

/// Why a statement isn't signed: it differs from what was shown or decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The item doesn't wait for a decision.
    #[error("the item doesn't wait for a decision any more")]
    NotWaiting,
    /// Nobody may approve the item here.
    #[error("the item may not be approved here: {0}")]
    Barred(String),
    /// The action's document isn't in its one form.
    #[error("the action's document can't be read ({0})")]
    Action(String),
    /// The exact bytes, or what they are directed at, can't be read.
    #[error("what would be sent can't be read ({0})")]
    Request(String),
    /// The view isn't the one that the exact bytes give.
    #[error("what was shown isn't what would be sent")]
    View,
    /// An opening doesn't give the commitment that it says.
    #[error("the {slot} isn't what its commitment says, so it was altered on the way")]
    Commitment {
        /// `view`, `subject`, `request` or `reason`.
        slot: &'static str,
    },
    /// The statement isn't an approval statement in its one form.
    #[error("the statement can't be read ({0})")]
    Statement(String),
    /// The statement differs from what was shown or decided.
    #[error("the statement names another {what} than what was shown or decided")]
    Differs {
        /// What differs.
        what: &'static str,
    },
    /// The statement would be good for longer than a decision may be.
    #[error("the statement's times aren't those of a decision: it may be good for an hour at most")]
    Times,
}

/// Checks everything that a signature would say.
pub(crate) fn check(
    reviewer_uid: &str,
    item: &HeldItem,
    statement: &Statement,
    decision: ReviewerDecision,
    reason: &str,
) -> Result<(), SignError> {
    if item.item.state != ItemState::Waiting {
        return Err(SignError::NotWaiting);
    }
    if let (ReviewerDecision::Approve, Some(why)) = (decision, &item.barred) {
        return Err(SignError::Barred(why.clone()));
    }
    let shown = Shown::read(item)?;
    same("payload type", statement.payload_type == IN_TOTO)?;
    let said = ApprovalStatement::parse(statement.payload.as_bytes())
        .map_err(|error| SignError::Statement(error.to_string()))?;
    let Shown { action, view_c } = shown;
    same("action", said.action_digest == action.digest())?;
    same("log", said.origin.to_string() == action.origin)?;
    same("tenant", said.tenant_uid == action.tenant_uid)?;
    same("request", said.request_uid == action.request_uid)?;
    same("policy", said.policy_sha256 == action.policy_sha256)?;
    same("risk", said.risk_sha256 == action.risk_sha256)?;
    same("view", said.view_c == view_c)?;
    same("reviewer", said.reviewer_uid == reviewer_uid)?;
    let decided = match decision {
        ReviewerDecision::Approve => Choice::Approve,
        ReviewerDecision::Deny => Choice::Deny,
    };
    same("decision", said.decision == decided)?;
    same("scope", said.scope == "once" && said.uses == 1)?;
    same(
        "reason",
        said.reason_c == reason_commitment(statement.reason.as_ref(), reason.trim())?,
    )?;
    let good_for = said.expires_ms.saturating_sub(said.issued_ms);
    if (1..=LONGEST_MS).contains(&good_for) {
        Ok(())
    } else {
        Err(SignError::Times)
    }
}

/// What was shown, recomputed.
struct Shown {
    action: Action,
    view_c: Digest,
}

impl Shown {
    fn read(item: &HeldItem) -> Result<Self, SignError> {
        let action = Action::parse(item.action.as_bytes()).map_err(|error| SignError::Action(error.to_string()))?;
        let view_c = recomputed("view", &item.view)?;
        same("subject", recomputed("subject", &item.subject)? == action.subject_c)?;
        same(
            "request",
            action.contents.get("request") == Some(&recomputed("request", &item.request)?)
                && action.contents.len() == 1,
        )?;
        let shown = match action.kind {
            Kind::ModelCall => view_of_call(item)?,
            Kind::ProposedAction => view_of_proposal(item, &action)?,
            other => return Err(SignError::Action(format!("this version doesn't know the kind {other}"))),
        };
        if item.view.text != shown {
            return Err(SignError::View);
        }
        // What stands beside the document was shown too.
        same("action", item.action_digest == action.digest().to_string())?;
        same("request", item.request_uid == action.request_uid)?;
        same("agent", item.item.agent_uid == action.agent_uid)?;
        same("policy", item.policy_sha256 == action.policy_sha256.to_string())?;
        Ok(Self { action, view_c })
    }
}

/// The view that the exact bytes of a proposal give, with the definition of its kind that the action names.
fn view_of_proposal(item: &HeldItem, action: &Action) -> Result<String, SignError> {
    let unreadable = |error: &dyn std::fmt::Display| SignError::Request(error.to_string());
    let subject = proposal::Subject::from_bytes(item.subject.text.as_bytes()).map_err(|error| unreadable(&error))?;
    let definition = subject.definition;
    same("kind", action.tool_schema_sha256 == Some(definition.sha256()))?;
    let proposed = Proposal::read(item.request.text.as_bytes()).map_err(|error| unreadable(&error))?;
    same("kind", proposed.kind() == definition.name)?;
    let who = proposal::Parties {
        agent: item.item.agent_name.clone(),
        sponsor: item.sponsor.clone(),
    };
    String::from_utf8(proposed.view(&definition, &who).to_bytes()).map_err(|error| unreadable(&error))
}

/// The view that the exact bytes of a model call give.
fn view_of_call(item: &HeldItem) -> Result<String, SignError> {
    let unreadable = |error: &dyn std::fmt::Display| SignError::Request(error.to_string());
    let subject = Subject::from_bytes(item.subject.text.as_bytes()).map_err(|error| unreadable(&error))?;
    let format = Format::of_operation(&subject.operation).ok_or_else(|| unreadable(&subject.operation))?;
    let model = format.names_model_in_path().then_some(subject.model.as_str());
    let call = model_call::read(format, model, item.request.text.as_bytes()).map_err(|error| unreadable(&error))?;
    same("subject", call.subject(&subject.upstream, &subject.base_url) == subject)?;
    let view = call.view(&Parties {
        agent: item.item.agent_name.clone(),
        sponsor: item.sponsor.clone(),
        practice: subject.is_practice(),
        upstream: subject.upstream,
    });
    String::from_utf8(view.to_bytes()).map_err(|error| unreadable(&error))
}

fn same(what: &'static str, same: bool) -> Result<(), SignError> {
    if same { Ok(()) } else { Err(SignError::Differs { what }) }
}

/// The commitment to the reason that was given; none without one.
fn reason_commitment(opening: Option<&Opening>, reason: &str) -> Result<Option<Digest>, SignError> {
    match opening {
        Some(opening) => {
            same("reason", opening.text == reason && !reason.is_empty())?;
            recomputed("reason", opening).map(Some)
        }
        None => same("reason", reason.is_empty()).map(|()| None),
    }
}

/// The commitment that an opening gives, which must be the one that it says.
fn recomputed(slot: &'static str, opening: &Opening) -> Result<Digest, SignError> {
    let wrong = || SignError::Commitment { slot };
    // A salt and a digest are written alike: 64 lowercase hex digits.
    let salt: Digest = opening.salt.parse().map_err(|_| wrong())?;
    let header = Header::of(
        &opening.content_uid,
        &opening.slot,
        &opening.media_type,
        opening.text.as_bytes(),
    );
    let commitment = commit(&header, salt.as_bytes(), opening.text.as_bytes());
    if opening.slot == slot && opening.commitment == commitment.to_string() {
        Ok(commitment)
    } else {
        Err(wrong())
    }
}
