//! The engine: what the steps, the operators' calls and the clock's ticks share.

use std::{
    collections::HashMap,
    fmt::Display,
    path::PathBuf,
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use contract::{Code, Happening, ItemState, OperatorError, Verification};
use evidence::{PublicKey, SigningKey, ocsf::Expiry};
use ledger::{AppendError, Durable, Ledger, NewContent, Receipt, Recordable, WriterState, index::Index};
use parking_lot::{Mutex, RwLock};
use vault::{KeyStore, Sealer};
use zeroize::Zeroizing;

use crate::{
    Egress, Traces,
    actions::{ActionRow, Gates},
    books::Books,
    clock::now_ms,
    events::Events,
    items::{Items, Live},
    metrics::Metrics,
    operators::{Ready, fault, sentence},
    passage::{Breakers, Halts, UnderWay},
    publishing::Publishing,
    records,
    refusal::Refusal,
    steps::{Ending, Noted, Outcome, RefusedLogons, RuntimeKey, Story},
    traces::Trace,
};

/// How often refused logons are recorded, when there are any.
const LOGONS_EVERY: Duration = Duration::from_secs(60);

/// How often readers are told at most that the log has grown.
const GROWTH_EVERY: Duration = Duration::from_millis(50);

/// One tenant's gateway, without any face.
pub struct Engine {
    pub(crate) me: Weak<Engine>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) index: Arc<Index>,
    pub(crate) keys: Arc<dyn KeyStore>,
    /// Whether the log was opened to be read alone: no writer runs, and nothing goes on beside the calls.
    pub(crate) reads_only: bool,
    pub(crate) books: RwLock<Books>,
    pub(crate) items: Items,
    pub(crate) gates: Gates,
    pub(crate) events: Events,
    pub(crate) egress: Arc<dyn Egress>,
    pub(crate) sealer: Sealer,
    pub(crate) case_key: SigningKey,
    pub(crate) retry_key: Zeroizing<[u8; 32]>,
    pub(crate) refused_logons: RefusedLogons,
    pub(crate) under_way: UnderWay,
    pub(crate) breakers: Breakers,
    pub(crate) halts: Halts,
    pub(crate) metrics: Metrics,
    /// Who is told of calls that have ended; nobody, where they aren't traced.
    pub(crate) traces: OnceLock<Arc<dyn Traces>>,
    pub(crate) statements: Mutex<HashMap<String, HandedOut>>,
    pub(crate) practice_key: tokio::sync::Mutex<Option<RuntimeKey>>,
    pub(crate) publishing: Arc<Publishing>,
    pub(crate) verification: Mutex<Verification>,
    /// Whether somebody waits for the verification that is under way.
    pub(crate) verification_is_awaited: AtomicBool,
    /// Ends a verification that is under way.
    pub(crate) closing: Arc<AtomicBool>,
    /// Held while the chain is verified.
    pub(crate) verifying: tokio::sync::Mutex<()>,
    /// One change of the books at a time, so that what is recorded and what is kept stay the same.
    pub(crate) changing: tokio::sync::Mutex<()>,
    /// One erasure at a time, and no hold set in the midst of it.
    pub(crate) erasing: tokio::sync::Mutex<()>,
    /// So that an item's first reading is recorded once.
    pub(crate) reading: tokio::sync::Mutex<()>,
    /// Case files that were made and may not be fetched yet.
    pub(crate) ready: Ready,
    pub(crate) about: About,
}

/// What the engine knows of where it runs.
pub(crate) struct About {
    pub(crate) data_dir: PathBuf,
    pub(crate) agents_url: RwLock<Option<String>>,
    /// The verifier's page, which goes into case files.
    pub(crate) verifier_page: RwLock<Option<Arc<[u8]>>>,
}

/// A statement that a reviewer was given to sign.
pub(crate) struct HandedOut {
    pub(crate) item_uid: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) reason: Option<NewContent>,
    pub(crate) expires_ms: i64,
}

impl Engine {
    /// Says where agents connect, once that is known.
    pub fn listens_at(&self, url: &str) {
        *self.about.agents_url.write() = Some(url.to_owned());
        self.events.tell(Happening::Chain);
    }

    /// Gives the verifier's page, which goes into case files from now on.
    pub fn has_verifier_page(&self, page: Arc<[u8]>) {
        *self.about.verifier_page.write() = Some(page);
    }

    /// The log's origin, for receipts.
    #[must_use]
    pub fn origin(&self) -> String {
        self.ledger.origin().to_string()
    }

    /// Appends for a call.
    pub(crate) async fn append<R: Recordable>(
        &self,
        request_uid: &str,
        value: R,
    ) -> Result<Durable<R::Recorded>, Refusal> {
        self.ledger
            .append(value)
            .await
            .map_err(|error| self.not_recorded(request_uid, &error))
    }

    /// Appends for an operator.
    pub(crate) async fn note(&self, noted: Noted) -> Result<Receipt, OperatorError> {
        let durable = self
            .ledger
            .append(noted)
            .await
            .map_err(|error| self.nothing_changed(&error))?;
        Ok(durable.receipt().clone())
    }

    /// Appends several for an operator, all or none.
    pub(crate) async fn note_all(&self, noted: Vec<Noted>) -> Result<(), OperatorError> {
        self.ledger
            .append_all(noted)
            .await
            .map(drop)
            .map_err(|error| self.nothing_changed(&error))
    }

    pub(crate) fn nothing_changed(&self, error: &AppendError) -> OperatorError {
        drop(self.not_recorded("", error));
        OperatorError::new(Code::LogStopped, sentence(format!("Nothing was changed: {error}")))
    }

    fn not_recorded(&self, request_uid: &str, error: &AppendError) -> Refusal {
        tracing::error!(%error, "a record couldn't be written; everything is denied until it can");
        if matches!(error, AppendError::Stopped(_)) {
            self.events.tell(Happening::Chain);
        }
        Refusal::log_stopped(request_uid)
    }

    /// A fault of this program's own: nothing was let through.
    pub(crate) fn broken(&self, request_uid: &str, error: &dyn Display) -> Refusal {
        tracing::error!(%error, request_uid, "a record couldn't be made");
        Refusal::log_stopped(request_uid)
    }

    /// Whether calls are served.
    pub(crate) fn serving(&self) -> contract::Serving {
        match self.ledger.state() {
            WriterState::Running => contract::Serving::Yes,
            WriterState::Closed => contract::Serving::No {
                reason: "The gateway is closing.".to_owned(),
            },
            WriterState::Failing(why) => contract::Serving::No {
                reason: format!(
                    "The log can't be written ({why}), so every call is denied. Mend the cause: it is tried again with every call."
                ),
            },
            WriterState::Stopped(why) => contract::Serving::No {
                reason: format!(
                    "The log accepts no records ({why}), so every call is denied. Mend the cause, then restart."
                ),
            },
        }
    }

    /// The key of a registered reviewer.
    pub(crate) fn reviewer_key(&self, key_id: &str) -> Option<PublicKey> {
        let books = self.books.read();
        let operator = books.operators.values().find(|operator| operator.key_id == key_id)?;
        PublicKey::from_spki_der(&hex::decode(&operator.spki).ok()?).ok()
    }

    /// Tells every console about an item.
    pub(crate) fn tell_item(&self, live: &Live) {
        let row = live.row();
        self.events.tell(Happening::Inbox {
            uid: row.uid,
            state: row.state,
        });
    }

    /// Denies an item when its time is over, whether it waits for a person or, approved, for its agent.
    pub(crate) fn expire_in_time(&self, live: &Arc<Live>) {
        let (me, live) = (self.me.clone(), Arc::clone(live));
        tokio::spawn(async move {
            let Some(left) = time_left(&live) else { return };
            tokio::time::sleep(left).await;
            if let Some(engine) = me.upgrade() {
                engine.expire(&live).await;
            }
        });
    }

    async fn expire(&self, live: &Arc<Live>) {
        let _gate = live.gate.lock().await;
        let mut row = live.row();
        let (ended, expiry) = match row.state {
            ItemState::Waiting => (ItemState::Expired, Expiry::Undecided),
            ItemState::Approved => (ItemState::Lapsed, Expiry::Lapsed),
            _ => return,
        };
        // Approved in the meantime: its time is the approval's now.
        if time_left(live).is_some_and(|left| !left.is_zero()) {
            self.expire_in_time(live);
            return;
        }
        row.state = ended;
        // A log that can't record it denies everything anyway.
        if self.record_end(&row, expiry).await.is_ok() {
            self.items.changed(live, row);
            self.tell_item(live);
        }
    }

    /// Begins what goes on beside the calls: closing what a crash left open, erasing, expiring items, counting refused
    /// logons.
    pub(crate) async fn begin(self: &Arc<Self>, left_open: Vec<Story>) {
        for story in left_open {
            if story.proposed.is_some() {
                self.close_left_open(&story).await;
                continue;
            }
            // Refused means that the log is stopped: then nothing is served, and the next start closes it.
            drop(
                self.close_call(&story, Outcome::without_answer(Ending::Unknown, 0), &Trace::default())
                    .await,
            );
        }
        self.resume_erasing().await;
        self.apply_retention_daily();
        for live in self.items.all_live() {
            self.expire_in_time(&live);
        }
        self.tell_growth();
        self.follow_with_index();
        self.publish_as_sealed();
        let me = self.me.clone();
        tokio::spawn(async move {
            let mut ticks = tokio::time::interval(LOGONS_EVERY);
            ticks.tick().await;
            loop {
                ticks.tick().await;
                let Some(engine) = me.upgrade() else { return };
                engine.record_refused_logons().await;
            }
        });
    }

    /// Closes an action that an earlier run let go.
    async fn close_left_open(&self, story: &Story) {
        if let Ok(Some(row)) = self.kept::<ActionRow>(&story.request_uid, &story.request_uid) {
            drop(self.close_as_unknown(row).await);
        }
    }

    /// Whether the log was opened to be read alone.
    pub(crate) const fn reads_only(&self) -> bool {
        self.reads_only
    }

    /// Does what blocks where blocking is allowed.
    pub(crate) async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, OperatorError> + Send + 'static,
    ) -> Result<T, OperatorError> {
        let engine = self.me.upgrade().ok_or_else(|| fault("the gateway is closing"))?;
        tokio::task::spawn_blocking(move || work(&engine))
            .await
            .map_err(fault)?
    }

    fn tell_growth(self: &Arc<Self>) {
        let (me, mut grown) = (self.me.clone(), self.ledger.grown());
        tokio::spawn(async move {
            while grown.changed().await.is_ok() {
                grown.mark_unchanged();
                let Some(engine) = me.upgrade() else { return };
                let head = engine.ledger.head();
                engine.events.tell(Happening::Appended {
                    size: head.size,
                    head: head.fingerprint.to_string(),
                });
                drop(engine);
                tokio::time::sleep(GROWTH_EVERY).await;
            }
        });
    }

    pub(crate) async fn record_refused_logons(&self) {
        for ((source, why), counted) in self.refused_logons.take() {
            let tenant_uid = self.books.read().tenant.uid.clone();
            // Refused means that the log is stopped, which denies everything and is shown.
            drop(
                self.note(Noted::alone(records::auth_refused(&tenant_uid, source, why, counted)))
                    .await,
            );
        }
    }

    /// Records what is still to be recorded, seals the log's head and closes it.
    ///
    /// # Errors
    /// What couldn't be written or kept, in words.
    pub async fn close(&self) -> Result<(), OperatorError> {
        self.closing.store(true, Ordering::Relaxed);
        self.index.close();
        // What a verification finds is kept in the key store, which is another process's as soon as this one has closed.
        drop(self.verifying.lock().await);
        if self.reads_only {
            return self.ledger.close().await.map_err(fault);
        }
        self.record_refused_logons().await;
        let stopped = self.acting(&self.acting_operator()?).log_stopped();
        self.note(Noted::alone(stopped)).await?;
        // The last checkpoint, before closing: nothing opens the log again afterwards.
        if self.ledger.checkpoint().await.is_ok() {
            self.publish_at_the_end().await;
        }
        self.ledger
            .close()
            .await
            .map_err(|error| OperatorError::new(Code::LogStopped, error.to_string()))
    }
}

/// How long until the item's time is over; nothing where it can't change any more.
fn time_left(live: &Live) -> Option<Duration> {
    let row = live.row();
    let ends = match row.state {
        ItemState::Waiting => row.expires_ms,
        ItemState::Approved => row
            .decision
            .as_ref()
            .map_or(row.expires_ms, |decision| decision.expires_ms),
        _ => return None,
    };
    Some(Duration::from_millis(
        u64::try_from(ends.saturating_sub(now_ms())).unwrap_or(0),
    ))
}
