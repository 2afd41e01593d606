//! Keeping the search index up with the log, behind the calls.
//!
//! Each round costs the same for one record as for hundreds, so the index rests between rounds, unless somebody searches.
//! It works on a thread that gives way and rests for the most part: a call never waits for the index, and under full load
//! the index falls behind and says so. Whoever searches has it work on without a rest.

use std::sync::{Arc, Weak};
use std::time::Duration;

use ledger::index::Index;
use tokio::sync::{mpsc, oneshot};

use crate::Engine;
use crate::giving_way::{Pace, giving_way};

/// How long the index rests after a round, and before the first.
const REST: Duration = Duration::from_secs(1);
/// The longest rest within a round.
const LONGEST_REST: Duration = Duration::from_millis(500);

/// How long what nobody looks at is kept in memory.
const KEPT: Duration = Duration::from_secs(600);

/// Asks for a round, and is told when it is over.
type Round = oneshot::Sender<()>;

impl Engine {
    /// Keeps the search index up with the log. What it can't do it tries again when the log has grown.
    pub(crate) fn follow_with_index(self: &Arc<Self>) {
        let (me, index, mut grown) = (self.me.clone(), Arc::clone(&self.index), self.ledger.grown());
        let (rounds, asked) = mpsc::channel(1);
        let started = giving_way("search-index", move || work(&me, asked));
        if let Err(error) = started {
            return tracing::error!(%error, "the search index can't follow the log: its thread can't be started");
        }
        tokio::spawn(async move {
            // A window that opens goes before the first round.
            rest(&index).await;
            loop {
                let (over, ended) = oneshot::channel();
                if rounds.send(over).await.is_err() || ended.await.is_err() || grown.changed().await.is_err() {
                    return;
                }
                rest(&index).await;
            }
        });
    }
}

/// Rests, unless somebody searches.
async fn rest(index: &Index) {
    tokio::select! {
        () = tokio::time::sleep(REST) => {}
        () = index.wanted() => {}
    }
}

/// Goes on until nobody asks any more, or the engine is gone.
fn work(me: &Weak<Engine>, mut asked: mpsc::Receiver<Round>) {
    while let Some(over) = asked.blocking_recv() {
        let Some(engine) = me.upgrade() else { return };
        let mut pace = Pace::new(LONGEST_REST);
        // Another batch only while somebody still needs the engine.
        let go_on = || {
            pace.rest(engine.index.is_awaited(), |rest| engine.index.rest(rest));
            me.strong_count() > 1
        };
        if let Err(error) = engine.index.catch_up(&engine.ledger, go_on) {
            tracing::warn!(%error, "the search index couldn't follow the log");
        }
        engine.index.let_go(KEPT);
        drop(engine);
        // Nobody asks for the next one where the gateway is closing.
        let _nobody_asks = over.send(());
    }
}
