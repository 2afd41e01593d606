//! Case files that were verified in this window, newest first.

use contract::{OperatorError, Report, VerifyProgress};
use leptos::prelude::*;

use crate::ipc::{Dragged, shell};
use leptos::task::spawn_local;

/// What the Verify place shows; it outlasts a look at another place.
#[derive(Clone, Copy)]
pub(crate) struct Verifying {
    /// Newest first.
    pub(crate) reports: RwSignal<Vec<Report>>,
    /// Which of them is open.
    pub(crate) open: RwSignal<usize>,
    /// How far a verification has come.
    pub(crate) progress: RwSignal<Option<VerifyProgress>>,
    /// Whether files are held over the window.
    pub(crate) over: RwSignal<bool>,
    /// Whether files were asked for or dropped, and no report has come yet.
    pub(crate) busy: RwSignal<bool>,
    /// Why choosing or reading failed.
    pub(crate) error: RwSignal<Option<OperatorError>>,
}

impl Verifying {
    pub(crate) fn new() -> Self {
        Self {
            reports: RwSignal::new(Vec::new()),
            open: RwSignal::new(0),
            progress: RwSignal::new(None),
            over: RwSignal::new(false),
            busy: RwSignal::new(false),
            error: RwSignal::new(None),
        }
    }

    /// Files are dragged over the window, away from it, or dropped.
    pub(crate) fn dragged(self, dragged: &Dragged) {
        self.over.set(dragged.state == "over");
        if dragged.state == "dropped" {
            self.busy.set(true);
            self.error.set(None);
        }
    }

    /// Takes new reports in, opens the first of them, and gives its verdict in words.
    pub(crate) fn take(self, new: Vec<Report>) -> String {
        self.over.set(false);
        self.busy.set(false);
        self.progress.set(None);
        let said = new
            .first()
            .map(|report| format!("{}: {}", report.file, report.headline))
            .unwrap_or_default();
        if !new.is_empty() {
            self.error.set(None);
            self.reports.update(|reports| {
                reports.retain(|old| new.iter().all(|report| report.sha256 != old.sha256));
                reports.splice(0..0, new);
            });
            self.open.set(0);
        }
        said
    }

    /// Asks for files in the system's own dialog.
    pub(crate) fn choose(self, then: impl FnOnce(String) + 'static) {
        self.busy.set(true);
        self.error.set(None);
        spawn_local(async move {
            match shell::verify_choose().await {
                Ok(reports) => then(self.take(reports)),
                Err(error) => self.failed(error),
            }
        });
    }

    /// Files couldn't be read.
    pub(crate) fn failed(self, error: OperatorError) {
        self.over.set(false);
        self.busy.set(false);
        self.progress.set(None);
        self.error.set(Some(error));
    }
}
