//! Deciding: fetched, checked against what is shown, signed with the person's key, submitted.

use contract::{Code, Decided, ItemRef, OperatorError, ReviewerDecision};
use reviewer::DecideError;
use tauri::State;

use crate::desk::Desk;

/// Signs a decision and submits it. The key stays in this process: the gateway gets the signed statement.
///
/// `shown` is the commitment of the view that the page rendered: a person signs what they read, so a view that is
/// another one by now is refused.
#[tauri::command]
pub(crate) async fn decide(
    desk: State<'_, Desk>,
    uid: String,
    shown: String,
    decision: ReviewerDecision,
    reason: String,
) -> Result<Decided, OperatorError> {
    let operators = desk.operators().await?;
    let item = operators.inbox_item(ItemRef { uid }).await?;
    if item.view.commitment != shown {
        let message = "The item isn't the one that was shown. Open it again, read it, and decide then.";
        return Err(OperatorError::new(Code::Refused, message));
    }
    let reviewer = desk.reviewer().await?;
    reviewer::decide(operators.as_ref(), &reviewer, &item, decision, &reason)
        .await
        .map_err(|error| match error {
            DecideError::Operators(error) => error,
            DecideError::Reviewer(error) => OperatorError::new(Code::Refused, format!("Nothing was signed: {error}.")),
        })
}
