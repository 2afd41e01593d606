//! Case files that were verified in this window, newest first.

use std::future::Future;
use std::sync::Arc;

use contract::{Checked, Code, OperatorError, Report, Verified, VerifyProgress};
use leptos::prelude::*;

use leptos::task::spawn_local;

use super::Fetched;
use crate::ipc::{Dragged, shell};

/// What the Verify place shows; it outlasts a look at another place.
#[derive(Clone, Copy)]
pub(crate) struct Verifying {
    /// Newest first.
    pub(crate) reports: RwSignal<Vec<Arc<Report>>>,
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
    /// What was verified at this machine, newest first, also before this window.
    pub(crate) history: Fetched<Vec<Verified>>,
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
            history: Fetched::new(),
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

    /// How far it has come. What arrives after the verdict says nothing any more.
    pub(crate) fn told(self, progress: VerifyProgress) {
        if self.busy.get_untracked() {
            self.progress.set(Some(progress));
        }
    }

    /// Takes new reports in, opens the first of them, and gives its verdict in words.
    pub(crate) fn take(self, checked: Checked) -> String {
        let new = self.ended(checked);
        let said = new
            .first()
            .map(|report| format!("{}: {}", report.file, report.headline))
            .unwrap_or_default();
        if !new.is_empty() {
            self.reports.update(|reports| {
                reports.retain(|old| new.iter().all(|report| report.sha256 != old.sha256));
                reports.splice(0..0, new);
                lighten(reports, 0);
            });
            self.open.set(0);
        }
        said
    }

    /// Nothing is under way any more; what couldn't be read is said.
    fn ended(self, checked: Checked) -> Vec<Arc<Report>> {
        self.over.set(false);
        self.busy.set(false);
        self.progress.set(None);
        let unread = (!checked.unread.is_empty()).then(|| OperatorError::new(Code::Invalid, checked.unread.join("\n")));
        self.error.set(unread);
        self.look_back();
        checked.reports.into_iter().map(Arc::new).collect()
    }

    /// Fetches what was verified at this machine.
    pub(crate) fn look_back(self) {
        self.history.ask(shell::verified());
    }

    /// Verifies what the shell asks for in the system's own dialog.
    pub(crate) fn choose(
        self,
        chosen: impl Future<Output = Result<Checked, OperatorError>> + 'static,
        then: impl FnOnce(String) + 'static,
    ) {
        self.begin();
        spawn_local(async move {
            match chosen.await {
                Ok(checked) => then(self.take(checked)),
                Err(error) => self.failed(error),
            }
        });
    }

    /// Verifies every file of this window once more: the pins have changed, and a verdict under other pins must not stay.
    pub(crate) fn again(self) {
        if self.reports.with_untracked(Vec::is_empty) {
            return;
        }
        self.begin();
        spawn_local(async move {
            match shell::verify_again().await {
                Ok(checked) => {
                    let reports = self.ended(checked);
                    let last = reports.len().saturating_sub(1);
                    self.reports.set(reports);
                    self.open.update(|open| *open = (*open).min(last));
                }
                Err(error) => {
                    self.reports.set(Vec::new());
                    self.failed(error);
                }
            }
        });
    }

    /// Tells what happened in the open file from the record of this number on.
    pub(crate) fn tell_from(self, from: u64) {
        let at = self.open.get_untracked();
        let file = self.reports.with_untracked(|reports| reports.get(at).cloned());
        let Some(file) = file.filter(|_| !self.busy.get_untracked()) else {
            return;
        };
        self.begin();
        spawn_local(async move {
            match shell::verify_from(file.sha256.clone(), from).await {
                Ok(checked) => {
                    let told = self.ended(checked).into_iter().next();
                    self.reports.update(|reports| {
                        let place = reports.iter_mut().find(|report| report.sha256 == file.sha256);
                        if let (Some(place), Some(told)) = (place, told) {
                            *place = told;
                        }
                        lighten(reports, at);
                    });
                }
                Err(error) => self.failed(error),
            }
        });
    }

    /// Ends what is under way.
    pub(crate) fn call_off(self) {
        spawn_local(async move {
            if let Err(error) = shell::verify_cancel().await {
                self.failed(error);
            }
        });
    }

    fn begin(self) {
        self.busy.set(true);
        self.error.set(None);
    }

    /// Files couldn't be read.
    pub(crate) fn failed(self, error: OperatorError) {
        self.over.set(false);
        self.busy.set(false);
        self.progress.set(None);
        self.error.set(Some(error));
    }
}

/// Lets go of what happened in the files furthest down the list until the rest keeps within memory. The open one's stays.
fn lighten(reports: &mut [Arc<Report>], open: usize) {
    let beyond = Report::beyond_memory(reports.iter().map(|report| &**report), open);
    for (report, _) in reports.iter_mut().zip(beyond).filter(|(_, is_beyond)| *is_beyond) {
        *report = Arc::new(report.without_timeline());
    }
}
