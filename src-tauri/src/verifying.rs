//! Case files, verified in the shell: the page never opens a file.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use contract::{Checked, Code, OperatorError, Report, VerifyProgress};
use parking_lot::Mutex;
use reviewer::{CaseFileError, History, Memory, PinBook, case_files, verify_file_from};
use tauri::{AppHandle, Emitter as _, Manager as _};

use crate::desk::Desk;

const PROGRESS: &str = "countersign://verify-progress";
/// How often progress is told, at most.
const EVERY: Duration = Duration::from_millis(50);
/// How many files are kept to verify them again when the pins change.
const KEPT: usize = 200;

/// A file that was verified, with the SHA-256 that it had.
#[derive(Clone, PartialEq)]
struct Seen {
    path: PathBuf,
    sha256: String,
}

/// What is being verified, and what was since the window opened.
#[derive(Default)]
pub(crate) struct Verifying {
    /// Counts what was begun or called off: what isn't the newest ends.
    turn: AtomicU64,
    /// The files that were verified, newest first.
    files: Mutex<Vec<Seen>>,
}

impl Verifying {
    /// Ends what is under way.
    pub(crate) fn call_off(&self) {
        self.turn.fetch_add(1, Ordering::SeqCst);
    }

    fn begin(&self) -> u64 {
        self.turn.fetch_add(1, Ordering::SeqCst).wrapping_add(1)
    }

    fn keep(&self, files: Vec<Seen>) {
        let mut kept = self.files.lock();
        kept.retain(|old| files.iter().all(|new| new.path != old.path));
        kept.splice(0..0, files);
        kept.truncate(KEPT);
    }
}

/// Adds a report; what is beyond memory goes without what happened. The first file is the one that is opened.
fn add(report: Report, checked: &mut Checked) {
    checked.reports.push(report);
    let beyond = Report::beyond_memory(&checked.reports, 0);
    for (report, _) in checked
        .reports
        .iter_mut()
        .zip(beyond)
        .filter(|(_, is_beyond)| *is_beyond)
    {
        report.timeline = Vec::new();
    }
}

/// Verifies files, and every case file of folders, one after another. What can't be read is said; the others still count.
pub(crate) async fn verify(app: &AppHandle, named: Vec<PathBuf>) -> Result<Checked, OperatorError> {
    let app = app.clone();
    blocking(move || {
        let mut checked = Checked::default();
        let mut files = Vec::new();
        for path in &named {
            match case_files(path) {
                Ok(found) => files.extend(found),
                Err(error) => checked.unread.push(error.to_string()),
            }
        }
        let verified = each(&app, &files, 1, &mut checked)?;
        app.state::<Verifying>().keep(verified);
        remember(&app, &mut checked);
        Ok(checked)
    })
    .await
}

/// Verifies the files of this window once more: the pins have changed.
pub(crate) async fn verify_again(app: &AppHandle) -> Result<Checked, OperatorError> {
    let app = app.clone();
    blocking(move || {
        let files = app.state::<Verifying>().files.lock().clone();
        let files: Vec<PathBuf> = files.into_iter().map(|seen| seen.path).collect();
        let mut checked = Checked::default();
        let _verified = each(&app, &files, 1, &mut checked)?;
        remember(&app, &mut checked);
        Ok(checked)
    })
    .await
}

/// Verifies a file of this window once more, to tell what happened from the record of this number on.
pub(crate) async fn verify_from(app: &AppHandle, sha256: String, from: u64) -> Result<Checked, OperatorError> {
    let app = app.clone();
    blocking(move || {
        let files = app.state::<Verifying>().files.lock().clone();
        let seen = files.into_iter().find(|seen| seen.sha256 == sha256);
        let path = seen.map(|seen| seen.path).ok_or_else(|| {
            let words = "The window doesn't remember where this file is; choose it again.";
            OperatorError::new(Code::NotFound, words)
        })?;
        let mut checked = Checked::default();
        let _verified = each(&app, &[path], from, &mut checked)?;
        Ok(checked)
    })
    .await
}

/// Verifies each file, and gives those that were. What is called off leaves what is done.
fn each(app: &AppHandle, files: &[PathBuf], from: u64, checked: &mut Checked) -> Result<Vec<Seen>, OperatorError> {
    let state = app.state::<Verifying>();
    let turn = state.begin();
    let book = PinBook::open(&app.state::<Desk>().data_dir).map_err(invalid)?;
    let mut memory = Memory::open(&app.state::<Desk>().data_dir).map_err(invalid)?;
    let mut told: Option<Instant> = None;
    let mut verified = Vec::new();
    let is_called_off = || state.turn.load(Ordering::SeqCst) != turn;
    for path in files {
        if is_called_off() {
            break;
        }
        let pins = book.pins().remembering(memory.remembered().to_vec());
        let report = verify_file_from(path, from, &pins, |progress: VerifyProgress| {
            if is_called_off() {
                return ControlFlow::Break(());
            }
            if told.is_none_or(|told| told.elapsed() >= EVERY) {
                told = Some(Instant::now());
                drop(app.emit(PROGRESS, &progress));
            }
            ControlFlow::Continue(())
        });
        match report {
            Ok(report) => {
                verified.push(Seen {
                    path: path.clone(),
                    sha256: report.sha256.clone(),
                });
                memory.learn(&report);
                add(report, checked);
            }
            Err(CaseFileError::CalledOff) => break,
            Err(error) => checked.unread.push(error.to_string()),
        }
    }
    if let Err(error) = memory.save() {
        let unread = format!("What was seen of logs wasn't kept, and the next file isn't held against it: {error}");
        checked.unread.push(unread);
    }
    Ok(verified)
}

/// Keeps the verdicts in the history. Where that fails, it is said beside them.
fn remember(app: &AppHandle, checked: &mut Checked) {
    if checked.reports.is_empty() {
        return;
    }
    let kept = History::open(&app.state::<Desk>().data_dir).and_then(|mut history| history.keep(&checked.reports));
    if let Err(error) = kept {
        checked.unread.push(format!("The history wasn't kept: {error}"));
    }
}

async fn blocking(
    work: impl FnOnce() -> Result<Checked, OperatorError> + Send + 'static,
) -> Result<Checked, OperatorError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| OperatorError::new(Code::Internal, error.to_string()))?
}

pub(crate) fn invalid(error: impl std::fmt::Display) -> OperatorError {
    OperatorError::new(Code::Invalid, error.to_string())
}
