//! What an agent says came of an action that it was let do: taken once, and answered with a receipt.

use action::proposal::{ExecutionReport, REPORT_OPERATION};
use bytes::Bytes;
use policy::Reason;

use super::{decide::Noted, read::new_content};
use crate::{
    Caller, Engine,
    actions::{ActionRow, RowState, Standing},
    books::Kept as _,
    clock::now_ms,
    records,
    refusal::{Refusal, RefusalKind},
};

impl Engine {
    /// Takes a report. The same report sent again gets the same answer, with the same receipt. One that comes after the
    /// action's outcome counted as unknown is recorded as late.
    ///
    /// # Errors
    /// [`RefusalKind::NoSuchAction`]; [`RefusalKind::Invalid`] where it can't be read; [`RefusalKind::Conflict`] where the
    /// action wasn't let go, or another report of it was taken. Each is recorded.
    pub async fn report_execution(&self, caller: &Caller, uid: &str, body: Bytes) -> Result<Standing, Refusal> {
        if let Err(refusal) = self.own_action(caller, uid) {
            return Err(self.refuse_report(caller, "no-such-action", refusal).await);
        }
        let refused = |kind, message: String| Refusal::new(kind, &caller.request_uid, message);
        let report = match ExecutionReport::read(&body) {
            Ok(report) => report,
            Err(error) => {
                let refusal = refused(RefusalKind::Invalid, format!("The report can't be read: {error}."));
                return Err(self.refuse_report(caller, "unreadable", refusal).await);
            }
        };
        let agent = caller.agent.uid.as_bytes();
        let mac = self.recognising(&caller.request_uid, &[agent, b"report", uid.as_bytes(), &body])?;
        let _gate = self.gates.enter(uid).await;
        let row = self.own_action(caller, uid)?;
        let conflict = match (row.state, &row.report_mac) {
            (RowState::Executed, Some(taken)) if *taken == mac => return self.standing(&row),
            (RowState::Executed, _) => "Another report of this action was taken already; each is told once.",
            (RowState::Held | RowState::Denied, _) => {
                "This action wasn't released, so nothing can have come of it. Ask for its state first."
            }
            (RowState::Allowed | RowState::Released | RowState::OutcomeUnknown, _) => {
                let trace = &caller.passage.trace;
                let story = row.story.clone();
                let taken = self.take_report(row, &report, mac, body).await;
                trace.step("record");
                trace.acted(&story, REPORT_OPERATION);
                return trace.told(taken);
            }
        };
        let refusal = refused(RefusalKind::Conflict, conflict.to_owned());
        Err(self.refuse_report(caller, "report-conflict", refusal).await)
    }

    async fn take_report(
        &self,
        mut row: ActionRow,
        report: &ExecutionReport,
        mac: String,
        body: Bytes,
    ) -> Result<Standing, Refusal> {
        if row.expires_ms.is_some_and(|until| until <= now_ms()) {
            row = self.close_as_unknown(row).await?;
        }
        row.late = row.state == RowState::OutcomeUnknown;
        row.state = RowState::Executed;
        row.report_mac = Some(mac);
        let request_uid = row.story.request_uid.clone();
        let content = new_content("execution", "application/json", body)?;
        let draft = records::execution_reported(&row.story, report, row.late, &content)
            .map_err(|error| self.broken(&request_uid, &error))?;
        let noted = Noted::alone(draft)
            .with([row.story.open_call().remove()])
            .holding([content]);
        self.standing(&self.change_action(noted, row).await?)
    }

    async fn refuse_report(&self, caller: &Caller, rule: &str, refusal: Refusal) -> Refusal {
        let because = Reason {
            rule: rule.to_owned(),
            text: "What an agent said of an execution wasn't taken.".to_owned(),
        };
        self.deny_unread(caller, REPORT_OPERATION, because, refusal, Vec::new())
            .await
    }
}
