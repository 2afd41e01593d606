//! Verifying, and whom to trust.

use contract::{Code, OperatorError, PinnedKey, Report};
use reviewer::PinBook;
use tauri::{AppHandle, State};
use tauri_plugin_dialog::DialogExt as _;

use crate::desk::Desk;
use crate::verifying;

/// Asks for files in the system's own dialog, and verifies them. Nothing where it is closed.
#[tauri::command]
pub(crate) async fn verify_choose(app: AppHandle) -> Result<Vec<Report>, OperatorError> {
    let (chosen, wait) = tokio::sync::oneshot::channel();
    app.dialog()
        .file()
        .add_filter("Case files", &["zip"])
        .pick_files(move |files| drop(chosen.send(files)));
    let files = wait.await.ok().flatten().unwrap_or_default();
    let paths = files.into_iter().filter_map(|file| file.into_path().ok()).collect();
    verifying::verify(&app, paths).await
}

fn book(desk: &Desk) -> Result<PinBook, OperatorError> {
    PinBook::open(&desk.data_dir).map_err(unpinned)
}

fn unpinned(error: reviewer::PinError) -> OperatorError {
    OperatorError::new(Code::Invalid, error.to_string())
}

/// The keys that this machine trusts.
#[tauri::command]
pub(crate) async fn pins(desk: State<'_, Desk>) -> Result<Vec<PinnedKey>, OperatorError> {
    Ok(book(&desk)?.list().to_vec())
}

/// Trusts a key.
#[tauri::command]
pub(crate) async fn pin_add(desk: State<'_, Desk>, pin: PinnedKey) -> Result<Vec<PinnedKey>, OperatorError> {
    let mut book = book(&desk)?;
    book.add(pin).map_err(unpinned)?;
    Ok(book.list().to_vec())
}

/// Trusts a key no longer.
#[tauri::command]
pub(crate) async fn pin_remove(desk: State<'_, Desk>, pin: PinnedKey) -> Result<Vec<PinnedKey>, OperatorError> {
    let mut book = book(&desk)?;
    book.remove(&pin.origin, &pin.role).map_err(unpinned)?;
    Ok(book.list().to_vec())
}
