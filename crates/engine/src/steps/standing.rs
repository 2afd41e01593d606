//! Where a proposed action stands; waiting for a person; and its one release.

use action::proposal::{OPERATION, Subject};
use contract::ItemState;
use ledger::{Entry, Filter, Receipt, Recordable, StateChange};
use tokio::time::Instant;

use super::{
    decide::Noted,
    outcome::{Ending, Outcome, Story},
    propose::reported_until,
    release::Unusable,
};
use crate::{
    Caller, Engine,
    actions::{ActionRow, ActionState, RowState, Standing},
    books::{BooksError, Kept},
    clock::{now_ms, uid},
    items::{ItemRow, Live},
    records,
    refusal::{Refusal, RefusalKind},
    steps::forward::halted_words,
};

/// The kinds of records that say how an action stands.
const TELLING: [&str; 6] = [
    "call_decided",
    "item_decided",
    "item_expired",
    "released",
    "call_finished",
    "execution_reported",
];

/// How many records of a story are looked through for the one that says how it stands.
const MOST_RECORDS: u32 = 100;

/// A change of an action: its row goes on only once the record that says so is on disk.
struct Changing {
    noted: Noted,
    row: ActionRow,
}

impl Recordable for Changing {
    type Recorded = ActionRow;

    fn into_entry(self) -> (Entry, ActionRow) {
        (self.noted.into_entry().0, self.row)
    }
}

impl Engine {
    /// Records a change of an action, with the row that it makes.
    pub(super) async fn change_action(&self, noted: Noted, row: ActionRow) -> Result<ActionRow, Refusal> {
        let request_uid = row.story.request_uid.clone();
        let noted = noted.with([self.put(&request_uid, &row)?]);
        let durable = self.append(&request_uid, Changing { noted, row }).await?;
        Ok(durable.into_value())
    }

    /// Where an action stands that this agent proposed. While a person is to decide, it waits for that: until `until`, or
    /// until `left` ends. A release is made here, once its agent asks for it, and recorded before it is told.
    ///
    /// # Errors
    /// [`RefusalKind::NoSuchAction`] for any other id, whoever's it is; [`RefusalKind::Halted`];
    /// [`RefusalKind::LogStopped`] where a release can't be recorded.
    pub async fn action(
        &self,
        caller: &Caller,
        uid: &str,
        until: Instant,
        left: impl Future<Output = ()> + Send,
    ) -> Result<Standing, Refusal> {
        let mut left = std::pin::pin!(left);
        // Subscribed before it is looked at: no halt falls in between.
        let mut halted = self.halts.watch(&caller.agent.uid);
        loop {
            let row = self.own_action(caller, uid)?;
            if self.is_halted(&row.story) {
                return Err(Refusal::new(RefusalKind::Halted, &caller.request_uid, halted_words()));
            }
            let live = row.item_uid.as_deref().and_then(|item| self.items.live(item));
            let Some(live) = live.filter(|_| row.state == RowState::Held) else {
                return self.standing(&row);
            };
            let _attached = live.attach();
            let mut changes = live.watch();
            let state = *changes.borrow_and_update();
            match state {
                ItemState::Approved => {
                    caller.passage.trace.step("hold");
                    let released = self.release_action(&live, row.clone()).await;
                    caller.passage.trace.step("record");
                    caller.passage.trace.acted(&row.story, OPERATION);
                    caller.passage.trace.told(released)?;
                    continue;
                }
                ItemState::Waiting => {}
                _ => return self.standing(&row),
            }
            let over = tokio::select! {
                changed = changes.changed() => changed.is_err(),
                () = halted.comes() => {
                    return Err(Refusal::new(RefusalKind::Halted, &caller.request_uid, halted_words()));
                }
                () = tokio::time::sleep_until(until) => true,
                () = left.as_mut() => true,
            };
            if over {
                return self.standing(&row);
            }
        }
    }

    /// The row of an action of this agent's. Another agent's is told apart from none by nobody.
    pub(crate) fn own_action(&self, caller: &Caller, uid: &str) -> Result<ActionRow, Refusal> {
        let row = self.kept::<ActionRow>(&caller.request_uid, uid)?;
        row.filter(|row| row.story.agent_uid == caller.agent.uid)
            .ok_or_else(|| {
                let message = "This agent has proposed no action of this id.";
                Refusal::new(RefusalKind::NoSuchAction, &caller.request_uid, message)
            })
    }

    /// A row of the state table.
    pub(crate) fn kept<T: Kept>(&self, request_uid: &str, key: &str) -> Result<Option<T>, Refusal> {
        let stored = self
            .ledger
            .state_get(T::KIND, key)
            .map_err(|error| self.broken(request_uid, &error))?;
        let read = stored.map(|bytes| T::read(&bytes)).transpose();
        read.map_err(|error: BooksError| self.broken(request_uid, &error))
    }

    /// The change that writes a row.
    pub(crate) fn put(&self, request_uid: &str, row: &impl Kept) -> Result<StateChange, Refusal> {
        row.put().map_err(|error| self.broken(request_uid, &error))
    }

    /// How an action stands, as its agent is told.
    pub(crate) fn standing(&self, row: &ActionRow) -> Result<Standing, Refusal> {
        let request_uid = &row.story.request_uid;
        let item = match &row.item_uid {
            Some(uid) => self
                .items
                .find(&self.ledger, uid)
                .map_err(|error| self.broken(request_uid, &error))?,
            None => None,
        };
        let mut reasons: Vec<String> = row.reasons.iter().map(|reason| reason.text.clone()).collect();
        let state = match (row.state, item.as_ref()) {
            (RowState::Allowed, _) => ActionState::Allowed,
            (RowState::Denied, _) => ActionState::Denied,
            (RowState::Released, _) => ActionState::Released,
            (RowState::Executed, _) => ActionState::Executed,
            (RowState::OutcomeUnknown, _) => ActionState::OutcomeUnknown,
            (RowState::Held, Some(item)) => match item.state {
                ItemState::Denied => {
                    reasons = vec![self.denial_in_words(item)];
                    ActionState::Denied
                }
                ItemState::Waiting | ItemState::Approved => ActionState::Held,
                ItemState::Expired | ItemState::Lapsed | ItemState::Released => ActionState::Expired,
            },
            (RowState::Held, None) => ActionState::Expired,
        };
        let waits_until = item.as_ref().map(|item| item.expires_ms);
        Ok(Standing {
            uid: request_uid.clone(),
            kind: row.story.proposed.clone().unwrap_or_default().0,
            state,
            reasons,
            approval_uid: row.item_uid.clone(),
            expires_ms: match state {
                ActionState::Held => waits_until,
                ActionState::Allowed | ActionState::Released => row.expires_ms,
                _ => None,
            },
            late: row.late,
            receipt: self.telling_record(request_uid)?,
        })
    }

    /// The newest record that says how an action stands.
    fn telling_record(&self, request_uid: &str) -> Result<Option<Receipt>, Refusal> {
        let story = Filter {
            stream: None,
            correlation: Some(request_uid.to_owned()),
        };
        let records = self
            .ledger
            .page(None, MOST_RECORDS, &story)
            .map_err(|error| self.broken(request_uid, &error))?;
        let telling = records.iter().find(|record| TELLING.contains(&record.kind()));
        Ok(telling.map(|record| Receipt {
            origin: *self.ledger.origin(),
            sequence: record.sequence(),
            fingerprint: *record.fingerprint(),
            logged_time: record.logged_time(),
        }))
    }

    /// Uses an approval, once: everything the person signed is checked again against the exact bytes and the kind as it is
    /// registered now.
    async fn release_action(&self, live: &std::sync::Arc<Live>, mut action: ActionRow) -> Result<(), Refusal> {
        let _one = self.gates.enter(&action.story.request_uid).await;
        let _gate = live.gate.lock().await;
        let item = live.row();
        // Somebody else asked at the same time.
        if item.state != ItemState::Approved {
            return Ok(());
        }
        if let Err(unusable) = self.check_action_again(&item) {
            let refusal = self.lapse(live, item, &unusable).await;
            return match refusal.kind {
                RefusalKind::LogStopped => Err(refusal),
                _ => Ok(()),
            };
        }
        let story: Story = item.story.clone();
        let request_uid = story.request_uid.clone();
        let draft = records::released(&story, &item, &uid()).map_err(|error| self.broken(&request_uid, &error))?;
        let mut used = item;
        used.state = ItemState::Released;
        action.state = RowState::Released;
        action.expires_ms = Some(reported_until(&action));
        let state = [
            self.put(&request_uid, &used)?,
            self.put(&request_uid, &story.open_call())?,
        ];
        let action = self.change_action(Noted::alone(draft).with(state), action).await?;
        self.items.changed(live, used);
        self.tell_item(live);
        self.expire_release_in_time(&action);
        Ok(())
    }

    fn check_action_again(&self, item: &ItemRow) -> Result<(), Unusable> {
        let action = self.still_approved(item)?;
        let held = Subject::from_bytes(&self.opened(&item.subject_content, action.subject_c)?)
            .map_err(|_| Unusable::Changed("its kind can't be read"))?;
        self.opened_request(item, &action)?;
        if action.tool_schema_sha256 != Some(held.definition.sha256()) {
            return Err(Unusable::Changed("the action names another definition of its kind"));
        }
        let books = self.books.read();
        match books.kinds.get(&held.definition.name) {
            Some(kind) if kind.definition == held.definition => Ok(()),
            Some(_) => Err(Unusable::Changed("its kind was defined anew")),
            None => Err(Unusable::Changed("its kind isn't registered any more")),
        }
    }

    /// Whether a held proposal could still be released as it was held: under the same policy, and of the same kind.
    pub(crate) fn is_as_held(&self, item: &ItemRow) -> bool {
        self.books.read().policy.sha256() == item.policy_sha256 && self.kind_is_as_held(item)
    }

    /// Whether a held proposal's kind is what it was; of a model call, that is nothing to ask.
    pub(crate) fn kind_is_as_held(&self, item: &ItemRow) -> bool {
        let Some((name, _)) = &item.story.proposed else {
            return true;
        };
        let now = self.books.read().kinds.get(name).map(|kind| kind.sha256);
        let held = action::Action::parse(item.action.as_bytes());
        now.is_some() && held.is_ok_and(|held| held.tool_schema_sha256 == now)
    }

    /// Counts an action's outcome as unknown once its time to be reported is over.
    pub(crate) fn expire_release_in_time(&self, row: &ActionRow) {
        let Some(expires_ms) = row.expires_ms else { return };
        let (me, uid) = (self.me.clone(), row.story.request_uid.clone());
        tokio::spawn(async move {
            let left = u64::try_from(expires_ms.saturating_sub(now_ms())).unwrap_or(0);
            tokio::time::sleep(std::time::Duration::from_millis(left)).await;
            if let Some(engine) = me.upgrade() {
                let _gate = engine.gates.enter(&uid).await;
                if let Ok(Some(row)) = engine.kept::<ActionRow>(&uid, &uid) {
                    // A log that can't record it denies everything anyway; the next start closes it.
                    drop(engine.close_as_unknown(row).await);
                }
            }
        });
    }

    /// Closes an action that was let go and never reported. Whoever calls this is behind its gate.
    pub(crate) async fn close_as_unknown(&self, mut row: ActionRow) -> Result<ActionRow, Refusal> {
        if !row.is_open() {
            return Ok(row);
        }
        row.state = RowState::OutcomeUnknown;
        let story = &row.story;
        let draft = records::call_finished(story, &Outcome::without_answer(Ending::Unknown, 0))
            .map_err(|error| self.broken(&story.request_uid, &error))?;
        let noted = Noted::alone(draft).with([story.open_call().remove()]);
        self.change_action(noted, row).await
    }
}
