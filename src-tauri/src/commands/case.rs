//! Exporting a case file to where the person says.

use std::path::PathBuf;

use contract::{CaseRequest, Code, OperatorError};
use serde::Serialize;
use tauri::{AppHandle, State};
use tauri_plugin_dialog::DialogExt as _;

use crate::desk::Desk;

/// Where a case file was saved.
#[derive(Serialize)]
pub(crate) struct Saved {
    path: String,
    sha256: String,
    records: u64,
}

/// Asks where to, exports, and saves. Nothing is exported, and nothing recorded, where the dialog is closed.
#[tauri::command]
pub(crate) async fn case_save(
    app: AppHandle,
    desk: State<'_, Desk>,
    request: CaseRequest,
) -> Result<Option<Saved>, OperatorError> {
    let operators = desk.operators().await?;
    let Some(path) = place(&app, &request).await else {
        return Ok(None);
    };
    let case = operators.case_export(request).await?;
    let (sha256, records) = (case.sha256.clone(), case.records);
    let written = tokio::task::spawn_blocking(move || reviewer::save_case(&case, &path, true).map(|()| path)).await;
    let unsaved = |error: &dyn std::fmt::Display| {
        OperatorError::new(Code::Invalid, format!("The case file wasn't saved: {error}."))
    };
    let path = written
        .map_err(|error| unsaved(&error))?
        .map_err(|error| unsaved(&error))?;
    Ok(Some(Saved {
        path: path.display().to_string(),
        sha256,
        records,
    }))
}

async fn place(app: &AppHandle, request: &CaseRequest) -> Option<PathBuf> {
    let name = format!("{}.case.zip", request.agent);
    // A WebDriver session can't see the system's dialog; only such a session may say where.
    if std::env::var("TAURI_WEBVIEW_AUTOMATION").is_ok_and(|on| on == "true")
        && let Some(dir) = std::env::var_os("COUNTERSIGN_TEST_SAVE_DIR")
    {
        return Some(PathBuf::from(dir).join(name));
    }
    let (chosen, wait) = tokio::sync::oneshot::channel();
    app.dialog()
        .file()
        .add_filter("Case files", &["zip"])
        .set_file_name(name)
        .save_file(move |file| drop(chosen.send(file)));
    wait.await.ok().flatten()?.into_path().ok()
}
