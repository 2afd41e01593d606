//! Verifying, what was verified, and whom to trust.

use std::path::PathBuf;

use contract::{Checked, OperatorError, PinnedKey, Verified};
use reviewer::{History, Memory, PinBook};
use tauri::{AppHandle, State};
use tauri_plugin_dialog::{DialogExt as _, FilePath};

use crate::desk::Desk;
use crate::verifying::{self, Verifying, invalid};

/// Asks for files in the system's own dialog, and verifies them. Nothing where it is closed.
#[tauri::command]
pub(crate) async fn verify_choose(app: AppHandle) -> Result<Checked, OperatorError> {
    let (chosen, wait) = tokio::sync::oneshot::channel();
    app.dialog()
        .file()
        .add_filter("Case files", &["zip"])
        .pick_files(move |files| drop(chosen.send(files)));
    verifying::verify(&app, paths(wait.await.ok().flatten().unwrap_or_default())).await
}

/// Asks for folders in the system's own dialog, and verifies every case file in them.
#[tauri::command]
pub(crate) async fn verify_choose_folder(app: AppHandle) -> Result<Checked, OperatorError> {
    let (chosen, wait) = tokio::sync::oneshot::channel();
    app.dialog()
        .file()
        .pick_folders(move |folders| drop(chosen.send(folders)));
    verifying::verify(&app, paths(wait.await.ok().flatten().unwrap_or_default())).await
}

fn paths(chosen: Vec<FilePath>) -> Vec<PathBuf> {
    chosen.into_iter().filter_map(|file| file.into_path().ok()).collect()
}

/// Verifies the files of this window once more, under the pins of now.
#[tauri::command]
pub(crate) async fn verify_again(app: AppHandle) -> Result<Checked, OperatorError> {
    verifying::verify_again(&app).await
}

/// Verifies the file of this window that has this SHA-256 once more, telling what happened from the record of this number on.
#[tauri::command]
pub(crate) async fn verify_from(app: AppHandle, sha256: String, from: u64) -> Result<Checked, OperatorError> {
    verifying::verify_from(&app, sha256, from).await
}

/// Ends the verification under way.
#[tauri::command]
pub(crate) async fn verify_cancel(verifying: State<'_, Verifying>) -> Result<(), OperatorError> {
    verifying.call_off();
    Ok(())
}

/// What was verified at this machine, newest first.
#[tauri::command]
pub(crate) async fn verified(desk: State<'_, Desk>) -> Result<Vec<Verified>, OperatorError> {
    Ok(History::open(&desk.data_dir).map_err(invalid)?.list().to_vec())
}

/// Forgets what was verified, and what was seen of logs.
#[tauri::command]
pub(crate) async fn verified_forget(desk: State<'_, Desk>) -> Result<Vec<Verified>, OperatorError> {
    let mut history = History::open(&desk.data_dir).map_err(invalid)?;
    let mut memory = Memory::open(&desk.data_dir).map_err(invalid)?;
    history.forget().map_err(invalid)?;
    memory.forget().map_err(invalid)?;
    Ok(history.list().to_vec())
}

fn book(desk: &Desk) -> Result<PinBook, OperatorError> {
    PinBook::open(&desk.data_dir).map_err(invalid)
}

/// The keys that this machine trusts.
#[tauri::command]
pub(crate) async fn pins(desk: State<'_, Desk>) -> Result<Vec<PinnedKey>, OperatorError> {
    Ok(book(&desk)?.list().to_vec())
}

/// Trusts keys: all of them, or none where one clashes. Where there is a log, it records each first.
#[tauri::command]
pub(crate) async fn pin_add(desk: State<'_, Desk>, pins: Vec<PinnedKey>) -> Result<Vec<PinnedKey>, OperatorError> {
    let mut book = book(&desk)?;
    book.check(&pins).map_err(invalid)?;
    let log = desk.log().await?;
    for pin in pins {
        book.pin(log.as_deref(), pin).await.map_err(invalid)?;
    }
    Ok(book.list().to_vec())
}

/// Trusts a key no longer. Where there is a log, it records that first.
#[tauri::command]
pub(crate) async fn pin_remove(desk: State<'_, Desk>, pin: PinnedKey) -> Result<Vec<PinnedKey>, OperatorError> {
    let mut book = book(&desk)?;
    let log = desk.log().await?;
    book.unpin(log.as_deref(), &pin.origin, &pin.role)
        .await
        .map_err(invalid)?;
    Ok(book.list().to_vec())
}
