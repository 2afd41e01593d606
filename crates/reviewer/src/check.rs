//! What a person's key signs: only what was shown to them, and only what they decided.
//!
//! The gateway is taken at its word for one thing: that the view it shows is of the bytes that the action names. All
//! else is recomputed here, from the openings and the action's document.

use contract::view::View;
use contract::{HeldItem, ItemState, Opening, ReviewerDecision, Statement};
use evidence::content::{Header, commit};
use evidence::envelope::IN_TOTO;
use evidence::json::parse_canonical;
use evidence::statement::{ApprovalStatement, Choice};
use evidence::{Digest, tagged};

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
    /// The view isn't in its one form.
    #[error("what was shown can't be read ({0})")]
    View(String),
    /// An opening doesn't give the commitment that it says.
    #[error("the {slot} isn't what its commitment says, so it was altered on the way")]
    Commitment {
        /// `view` or `reason`.
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
    same("action", said.action_digest == shown.action_digest)?;
    same("log", said.origin.to_string() == shown.text("origin"))?;
    same("tenant", said.tenant_uid == shown.text("tenant_uid"))?;
    same("request", said.request_uid == shown.text("request_uid"))?;
    same("policy", said.policy_sha256.to_string() == shown.text("policy_sha256"))?;
    same(
        "risk",
        said.risk_sha256.map_or(String::new(), |digest| digest.to_string()) == shown.text("risk_sha256"),
    )?;
    same("view", said.view_c == shown.view_c)?;
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
    action: serde_json::Value,
    action_digest: Digest,
    view_c: Digest,
}

impl Shown {
    fn read(item: &HeldItem) -> Result<Self, SignError> {
        let action = parse_canonical(item.action.as_bytes()).map_err(|error| SignError::Action(error.to_string()))?;
        let action_digest = tagged("action", &[item.action.as_bytes()]);
        let view_c = recomputed("view", &item.view)?;
        View::from_bytes(item.view.text.as_bytes()).map_err(|error| SignError::View(error.to_string()))?;
        let shown = Self {
            action,
            action_digest,
            view_c,
        };
        // What stands beside the document was shown too.
        same("action", item.action_digest == action_digest.to_string())?;
        same("request", item.request_uid == shown.text("request_uid"))?;
        same("agent", item.item.agent_uid == shown.text("agent_uid"))?;
        same("policy", item.policy_sha256 == shown.text("policy_sha256"))?;
        Ok(shown)
    }

    /// A member of the action's document; empty where it is null or absent, which equals nothing that is asked for.
    fn text(&self, member: &str) -> &str {
        self.action
            .get(member)
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default()
    }
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
