//! A person's decision, from reading to submitting.

use contract::{Decided, HeldItem, OperatorError, Operators, ReviewerDecision, StatementRequest};

use crate::{Reviewer, ReviewerError};

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// The gateway refused.
    #[error(transparent)]
    Operators(#[from] OperatorError),
    /// The statement isn't what the person read and decided, or the key can't sign.
    #[error(transparent)]
    Reviewer(#[from] ReviewerError),
}

/// Asks for the statement, checks it against what the person read, signs it here, and hands it in.
///
/// # Errors
/// [`DecideError`]; then nothing was decided.
pub async fn decide(
    operators: &dyn Operators,
    reviewer: &Reviewer,
    item: &HeldItem,
    decision: ReviewerDecision,
    reason: &str,
) -> Result<Decided, DecideError> {
    let request = StatementRequest {
        uid: item.item.uid.clone(),
        decision,
        reason: reason.to_owned(),
        key_id: reviewer.key_id().to_string(),
    };
    let statement = operators.inbox_statement(request).await?;
    let signed = reviewer.sign(item, &statement, decision, reason)?;
    Ok(operators.inbox_decide(signed).await?)
}
