//! Case files, verified in the shell: the page never opens a file.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use contract::{Code, OperatorError, Report, VerifyProgress};
use reviewer::PinBook;
use tauri::{AppHandle, Emitter as _, Manager as _};

use crate::desk::Desk;

const PROGRESS: &str = "countersign://verify-progress";
/// How often progress is told, at most.
const EVERY: Duration = Duration::from_millis(50);

/// Verifies files, one after another. A file that can't be read is an error that names it; the others still count.
pub(crate) async fn verify(app: &AppHandle, paths: Vec<PathBuf>) -> Result<Vec<Report>, OperatorError> {
    let data_dir = app.state::<Desk>().data_dir.clone();
    let app = app.clone();
    let run = tokio::task::spawn_blocking(move || {
        let book = PinBook::open(&data_dir).map_err(|error| OperatorError::new(Code::Invalid, error.to_string()))?;
        let pins = book.pins();
        let mut told: Option<Instant> = None;
        let mut reports = Vec::new();
        for path in &paths {
            let report = reviewer::verify_file(path, &pins, |progress: VerifyProgress| {
                if told.is_none_or(|told| told.elapsed() >= EVERY) {
                    told = Some(Instant::now());
                    drop(app.emit(PROGRESS, &progress));
                }
            });
            reports.push(report.map_err(|error| OperatorError::new(Code::Invalid, error.to_string()))?);
        }
        Ok(reports)
    });
    run.await
        .map_err(|error| OperatorError::new(Code::Internal, error.to_string()))?
}
