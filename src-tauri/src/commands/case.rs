//! Exporting a case file to where the person says.

use contract::{CaseRequest, Code, OperatorError};
use tauri::{AppHandle, State};

use crate::commands::saving::{self, Saved};
use crate::desk::Desk;

/// Asks where to, exports, and saves. Nothing is exported, and nothing recorded, where the dialog is closed.
#[tauri::command]
pub(crate) async fn case_save(
    app: AppHandle,
    desk: State<'_, Desk>,
    request: CaseRequest,
) -> Result<Option<Saved>, OperatorError> {
    let operators = desk.operators().await?;
    let name = format!("{}.case.zip", request.agent);
    let Some(path) = saving::place(&app, &name, "Case files", "zip").await else {
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
    Ok(Some(Saved::at(&path, sha256, records)))
}
