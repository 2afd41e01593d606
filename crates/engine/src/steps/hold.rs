//! Waiting for a person.

use std::sync::Arc;

use action::view::View;
use contract::ItemState;
use ledger::{Filter, NewContent, Receipt, StateChange};
use policy::Decision;
use tokio::time::Instant;

use super::{
    decide::{Bound, Noted},
    outcome::Story,
    read::new_content,
};
use crate::{
    Engine, Released,
    books::Kept as _,
    clock::now_ms,
    items::{Attached, ItemRow, Live},
    passage::Passage,
    records::{self, Deciding},
    refusal::{Refusal, RefusalKind},
    routes::Via,
};

/// A call that waits on a held item. Dropping it leaves the item where it is: the same call sent again attaches to it.
pub struct Hold {
    attached: Attached,
    row: ItemRow,
    passage: Passage,
}

/// How long an item waits for a person before it is denied, ms, where the policy doesn't say.
const HELD_FOR_MS: i64 = 15 * 60 * 1000;

/// How long an item waits for a person, ms.
fn held_for(decision: &Decision) -> i64 {
    let within = decision.within.map(|within| i64::try_from(within.as_millis()));
    within.and_then(Result::ok).unwrap_or(HELD_FOR_MS)
}

/// What is to be held for a person.
pub(crate) struct Holding<'a> {
    /// The approval's id.
    pub(crate) uid: String,
    pub(crate) story: Story,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) via: Via,
    pub(crate) view: View,
    pub(crate) tier: u8,
    pub(crate) retry_mac: String,
    pub(crate) decision: &'a Decision,
    pub(crate) action: &'a Bound,
    pub(crate) subject: NewContent,
    pub(crate) request: NewContent,
    /// What else becomes durable with it.
    pub(crate) state: Vec<StateChange>,
}

/// How waiting ended.
#[expect(clippy::large_enum_variant, reason = "made once a call, and moved once")]
pub enum HoldEnd {
    /// A person countersigned, and the one release is this call's.
    Released(Released),
    /// Nobody has decided yet.
    StillHeld(Hold),
}

impl Hold {
    pub(crate) fn new(attached: Attached, passage: Passage) -> Self {
        let row = attached.item().row();
        passage.trace.of(&row.story);
        passage.trace.decided("hold", row.record);
        passage.trace.waits(&row.uid);
        Self { attached, row, passage }
    }

    /// The approval's id.
    #[must_use]
    pub fn approval_uid(&self) -> &str {
        &self.row.uid
    }

    /// The request's id: that of the call that was held first.
    #[must_use]
    pub fn request_uid(&self) -> &str {
        &self.row.story.request_uid
    }
}

impl Engine {
    /// Records that something is held, and only then puts it into the inbox. Nobody was told of it yet.
    pub(crate) async fn hold_item(&self, holding: Holding<'_>) -> Result<Arc<Live>, Refusal> {
        let Holding {
            story,
            decision,
            action,
            subject,
            request,
            ..
        } = holding;
        let request_uid = story.request_uid.clone();
        let broken = |error: &dyn std::fmt::Display| self.broken(&request_uid, error);
        let view_content = new_content("view", "application/json", holding.view.to_bytes())?;
        let now = now_ms();
        let mut row = ItemRow {
            uid: holding.uid,
            story,
            headers: holding.headers,
            via: holding.via,
            title: holding.view.title,
            tier: holding.tier,
            state: ItemState::Waiting,
            asked_ms: now,
            expires_ms: now.saturating_add(held_for(decision)),
            retry_mac: holding.retry_mac,
            action: String::from_utf8(action.document.clone()).map_err(|error| broken(&error))?,
            action_digest: action.digest,
            subject_content: subject.header().content_uid.clone(),
            request_content: request.header().content_uid.clone(),
            view_content: view_content.header().content_uid.clone(),
            reasons: records::reasons(decision),
            policy_sha256: decision.policy_sha256,
            record: 0,
            decision: None,
        };
        let contents = [subject, request, view_content];
        let deciding = Deciding {
            item: Some((&row.uid, row.expires_ms)),
            ..self.deciding(decision, Some(action), &contents)
        };
        let draft = records::call_decided(&row.story, &deciding).map_err(|error| broken(&error))?;
        let noted = Noted::alone(draft)
            .with([row.put().map_err(|error| broken(&error))?])
            .with(holding.state)
            .holding(contents);
        let durable = self.append(&request_uid, noted).await?;
        row.record = durable.receipt().sequence;
        self.metrics.decided(&row.story.operation, "hold");
        Ok(self.items.add(row))
    }

    /// The answer for a call that can't wait any longer.
    #[must_use]
    pub fn required(&self, hold: &Hold) -> Refusal {
        let row = &hold.row;
        let message = format!(
            "A person has to countersign this call first (approval {}). Send the same call again: it attaches to the \
             same approval, which is decided in the Countersign console.",
            row.uid
        );
        let refusal = Refusal::new(RefusalKind::ApprovalRequired, &row.story.request_uid, message).approval(&row.uid);
        let refusal = self.with_receipt(refusal);
        // Where the call goes on to wait all the same, what comes then is how it ended.
        hold.passage.trace.refused(&refusal);
        refusal
    }

    /// With the receipt of the newest record of the refusal's story: the one that says how it stands.
    fn with_receipt(&self, refusal: Refusal) -> Refusal {
        let story = Filter {
            stream: None,
            correlation: Some(refusal.request_uid.clone()),
        };
        match self.ledger.page(None, 1, &story) {
            Ok(records) => match records.first() {
                Some(record) => refusal.recorded(Receipt {
                    origin: *self.ledger.origin(),
                    sequence: record.sequence(),
                    fingerprint: *record.fingerprint(),
                    logged_time: record.logged_time(),
                }),
                None => refusal,
            },
            Err(error) => {
                tracing::error!(%error, "a refusal goes out without its receipt");
                refusal
            }
        }
    }

    /// Waits until a person has decided, or until `until`.
    ///
    /// # Errors
    /// [`RefusalKind::ApprovalDenied`], [`RefusalKind::ApprovalExpired`], or what stops a release.
    pub async fn wait(&self, hold: Hold, until: Instant) -> Result<HoldEnd, Refusal> {
        let trace = hold.passage.trace.clone();
        trace.told(self.wait_for_a_person(hold, until).await)
    }

    async fn wait_for_a_person(&self, hold: Hold, until: Instant) -> Result<HoldEnd, Refusal> {
        let mut changes = hold.attached.item().watch();
        loop {
            let state = *changes.borrow_and_update();
            match state {
                ItemState::Waiting => {}
                ItemState::Approved => {
                    let Hold {
                        attached, mut passage, ..
                    } = hold;
                    passage.mark("hold");
                    return self.release(&attached, passage).await.map(HoldEnd::Released);
                }
                ended => return Err(self.ended(&hold.attached.item().row(), ended)),
            }
            match tokio::time::timeout_at(until, changes.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Ok(HoldEnd::StillHeld(hold)),
            }
        }
    }

    /// The refusal of an item that can't be released any more.
    pub(crate) fn ended(&self, row: &ItemRow, state: ItemState) -> Refusal {
        let (kind, message) = match state {
            ItemState::Denied => (RefusalKind::ApprovalDenied, self.denial_in_words(row)),
            ItemState::Released => (
                RefusalKind::ApprovalDenied,
                format!("Approval {} was used already; each releases once.", row.uid),
            ),
            ItemState::Lapsed => (
                RefusalKind::ApprovalExpired,
                format!(
                    "Approval {} can't be used any more. Send the call again to ask anew.",
                    row.uid
                ),
            ),
            ItemState::Waiting | ItemState::Approved | ItemState::Expired => (
                RefusalKind::ApprovalExpired,
                format!(
                    "Nobody countersigned in time, so approval {} is denied. Send the call again to ask anew.",
                    row.uid
                ),
            ),
        };
        self.with_receipt(Refusal::new(kind, &row.story.request_uid, message).approval(&row.uid))
    }

    pub(crate) fn denial_in_words(&self, row: &ItemRow) -> String {
        let said = row
            .decision
            .as_ref()
            .and_then(|decision| decision.reason_content.as_deref())
            .and_then(|uid| self.ledger.content(uid).ok().flatten())
            .and_then(|content| String::from_utf8(content.bytes.clone()).ok());
        match said {
            Some(reason) if !reason.is_empty() => {
                format!("A reviewer denied this call (approval {}): {reason}", row.uid)
            }
            _ => format!("A reviewer denied this call (approval {}).", row.uid),
        }
    }
}
