//! Waiting for a person.

use contract::ItemState;
use ledger::{Filter, Receipt};
use tokio::time::Instant;

use crate::{
    Engine, Released,
    items::{Attached, ItemRow},
    passage::Passage,
    refusal::{Refusal, RefusalKind},
};

/// A call that waits on a held item. Dropping it leaves the item where it is: the same call sent again attaches to it.
pub struct Hold {
    attached: Attached,
    row: ItemRow,
    passage: Passage,
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
        self.with_receipt(refusal)
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

    fn denial_in_words(&self, row: &ItemRow) -> String {
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
