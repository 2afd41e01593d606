//! How long contents are kept, and what a legal hold keeps beyond that.

use contract::{
    Code, Erasure, HoldScope, LegalHold, LegalHoldLift, LegalHolds, NewLegalHold, OperatorError, Retention,
    RetentionChange, RetentionRun,
};
use evidence::ocsf::{self, AgentName};

use crate::{
    Engine,
    books::Kept as _,
    clock::{now_ms, timed_uid},
    erasing::{erased_already, no_such_content},
    keeping::{LegalHoldRow, MOST_DAYS, RetentionRow},
    operators::{contents::given_reason, fault},
    records::HoldChange,
    steps::Noted,
};

fn refused(message: impl Into<String>) -> OperatorError {
    OperatorError::new(Code::Refused, message)
}

fn hold(row: &LegalHoldRow) -> LegalHold {
    LegalHold {
        uid: row.uid.clone(),
        scope: row.scope.clone(),
        keeps: row.keeps.clone(),
        reason_content: row.reason_content.clone(),
        set_by: row.set_by.clone(),
        set_ms: row.set_ms,
    }
}

impl Engine {
    pub(crate) fn tell_retention(&self) -> Retention {
        let books = self.books.read();
        Retention {
            days: books.retention.days,
            minimum_days: books.retention.minimum_days,
            is_default: books.retention_is_default,
        }
    }

    pub(crate) async fn set_retention(&self, change: RetentionChange) -> Result<Retention, OperatorError> {
        let operator = self.acting_operator()?;
        let _alone = self.erasing.lock().await;
        let _changing = self.changing.lock().await;
        let before = self.books.read().retention.clone();
        let now = RetentionRow {
            days: change.days.unwrap_or(before.days),
            minimum_days: change.minimum_days.unwrap_or(before.minimum_days),
        };
        if now.minimum_days < before.minimum_days {
            let message = format!(
                "The minimum can only be raised, and it is {} days; nothing was changed.",
                before.minimum_days
            );
            return Err(refused(message));
        }
        if now.days < now.minimum_days {
            let message = format!(
                "Contents must be kept for at least {} days, and {} were asked for; nothing was changed.",
                now.minimum_days, now.days
            );
            return Err(refused(message));
        }
        if now.days > MOST_DAYS {
            return Err(refused(format!(
                "{MOST_DAYS} days are the most that can be set; nothing was changed."
            )));
        }
        let draft = self.keeper(&operator).retention(&now, &before);
        self.note(Noted::alone(draft).with([now.put().map_err(fault)?])).await?;
        let mut books = self.books.write();
        books.retention = now;
        books.retention_is_default = false;
        drop(books);
        Ok(self.tell_retention())
    }

    pub(crate) async fn run_retention(&self, run: RetentionRun) -> Result<Erasure, OperatorError> {
        if run.days.is_some() && !run.dry_run {
            let message = "Another number of days can only be tried out; set it first, and then apply it.";
            return Err(OperatorError::new(Code::Invalid, message));
        }
        let operator = self.acting_operator()?;
        self.apply_retention(Some((operator.uid, operator.name)), run.days, run.dry_run)
            .await
    }

    pub(crate) fn list_holds(&self) -> LegalHolds {
        LegalHolds {
            holds: self.books.read().holds.values().map(hold).collect(),
        }
    }

    /// What a hold keeps: with the agent's uid for its name, in words, and as records say it.
    fn resolved(&self, scope: HoldScope) -> Result<(HoldScope, String, ocsf::HoldScope), OperatorError> {
        Ok(match scope {
            HoldScope::All => (HoldScope::All, "every content".to_owned(), ocsf::HoldScope::All),
            HoldScope::Agent { agent } => {
                let (stream, name) = self.stream_of(&agent)?;
                let uid = stream.to_string();
                let words = format!("every content of {name}");
                let recorded = ocsf::HoldScope::Agent(AgentName { uid: uid.clone(), name });
                (HoldScope::Agent { agent: uid }, words, recorded)
            }
            HoldScope::Request { correlation_uid } => {
                let words = format!("every content of the request {correlation_uid}");
                let recorded = ocsf::HoldScope::Request(correlation_uid.clone());
                (HoldScope::Request { correlation_uid }, words, recorded)
            }
            HoldScope::Content { content_uid } => {
                let words = format!("the content {content_uid}");
                let recorded = ocsf::HoldScope::Content(content_uid.clone());
                (HoldScope::Content { content_uid }, words, recorded)
            }
        })
    }

    /// A hold on what isn't there keeps nothing, and would only seem to.
    fn is_there(&self, scope: &HoldScope) -> Result<(), OperatorError> {
        match scope {
            HoldScope::Content { content_uid } => {
                let kept = self.ledger.kept_content(content_uid).map_err(fault)?;
                match kept.ok_or_else(|| no_such_content(content_uid))?.erased {
                    Some(record) => Err(erased_already(content_uid, record)),
                    None => Ok(()),
                }
            }
            HoldScope::Request { correlation_uid } => {
                let filter = ledger::Filter {
                    correlation: Some(correlation_uid.clone()),
                    ..ledger::Filter::default()
                };
                if self.ledger.page(None, 1, &filter).map_err(fault)?.is_empty() {
                    let message = format!("Nothing is recorded of a request `{correlation_uid}`; no hold was set.");
                    return Err(OperatorError::new(Code::NotFound, message));
                }
                Ok(())
            }
            HoldScope::All | HoldScope::Agent { .. } => Ok(()),
        }
    }

    /// Sets a hold. An erasure that is under way ends first: what it was ordered to erase is gone then.
    pub(crate) async fn set_hold(&self, new: NewLegalHold) -> Result<LegalHold, OperatorError> {
        let operator = self.acting_operator()?;
        let (scope, keeps, recorded) = self.resolved(new.scope)?;
        let reason = given_reason(&new.reason, "A legal hold")?;
        let _alone = self.erasing.lock().await;
        let _changing = self.changing.lock().await;
        self.is_there(&scope)?;
        let row = LegalHoldRow {
            uid: timed_uid(),
            scope,
            keeps,
            reason_content: reason.header().content_uid.clone(),
            set_by: operator.name.clone(),
            set_ms: now_ms(),
        };
        let draft = self.keeper(&operator).hold(HoldChange {
            uid: &row.uid,
            scope: recorded,
            holds: true,
            reason: &reason,
        });
        let noted = Noted::alone(draft).with([row.put().map_err(fault)?]).holding([reason]);
        self.note(noted).await?;
        let answer = hold(&row);
        self.books.write().holds.insert(row.uid.clone(), row);
        Ok(answer)
    }

    pub(crate) async fn lift_hold(&self, lift: LegalHoldLift) -> Result<LegalHolds, OperatorError> {
        let operator = self.acting_operator()?;
        let reason = given_reason(&lift.reason, "Lifting a legal hold")?;
        let _changing = self.changing.lock().await;
        let row = self.books.read().holds.get(&lift.uid).cloned().ok_or_else(|| {
            let message = format!(
                "There is no legal hold `{}`; `countersign hold list` shows them.",
                lift.uid
            );
            OperatorError::new(Code::NotFound, message)
        })?;
        let (_, _, recorded) = self.resolved(row.scope.clone())?;
        let draft = self.keeper(&operator).hold(HoldChange {
            uid: &row.uid,
            scope: recorded,
            holds: false,
            reason: &reason,
        });
        self.note(Noted::alone(draft).with([row.remove()]).holding([reason]))
            .await?;
        self.books.write().holds.remove(&lift.uid);
        Ok(self.list_holds())
    }
}
