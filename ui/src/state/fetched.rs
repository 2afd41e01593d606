//! Something that is asked of the gateway: its last answer, its last failure, and whether it is being asked now.

use std::future::Future;

use contract::OperatorError;
use leptos::prelude::*;
use leptos::task::spawn_local;

/// An answer that stays on the screen while a newer one is fetched, and while fetching fails.
pub(crate) struct Fetched<T: Send + Sync + 'static> {
    /// The last answer.
    pub(crate) value: RwSignal<Option<T>>,
    /// Why the last question failed, where it did.
    pub(crate) error: RwSignal<Option<OperatorError>>,
    /// Whether an answer is awaited.
    pub(crate) busy: RwSignal<bool>,
    turn: RwSignal<u32>,
}

impl<T: Send + Sync + 'static> Clone for Fetched<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Fetched<T> {}

impl<T: Send + Sync + 'static> Fetched<T> {
    /// Nothing asked yet.
    pub(crate) fn new() -> Self {
        Self {
            value: RwSignal::new(None),
            error: RwSignal::new(None),
            busy: RwSignal::new(false),
            turn: RwSignal::new(0),
        }
    }

    /// Asks. An answer to an older question is dropped, and so is one that comes after the place was left.
    pub(crate) fn ask(self, question: impl Future<Output = Result<T, OperatorError>> + 'static) {
        self.ask_then(question, |_| {});
    }

    /// Asks, and does something with the answer before it is kept.
    pub(crate) fn ask_then(
        self,
        question: impl Future<Output = Result<T, OperatorError>> + 'static,
        then: impl FnOnce(&T) + 'static,
    ) {
        let turn = self.turn.try_get_untracked().unwrap_or_default().wrapping_add(1);
        self.turn.try_set(turn);
        self.busy.try_set(true);
        spawn_local(async move {
            let answer = question.await;
            if self.turn.try_get_untracked() != Some(turn) {
                return;
            }
            self.busy.try_set(false);
            match answer {
                Ok(value) => {
                    then(&value);
                    self.error.try_set(None);
                    self.value.try_set(Some(value));
                }
                Err(error) => {
                    self.error.try_set(Some(error));
                }
            }
        });
    }

    /// Forgets the answer, and drops one that is under way.
    pub(crate) fn forget(self) {
        self.turn.try_update(|turn| *turn = turn.wrapping_add(1));
        self.busy.try_set(false);
        self.value.try_set(None);
        self.error.try_set(None);
    }
}
