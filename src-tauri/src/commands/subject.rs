//! Exporting what is known of a person to where the operator says.

use contract::{Code, OperatorError, SubjectRequest};
use tauri::{AppHandle, State};

use crate::commands::saving::{self, Saved};
use crate::desk::Desk;

/// Asks where to, exports, and saves the document with its attestation beside it. Nothing is exported, and nothing
/// recorded, where the dialog is closed.
#[tauri::command]
pub(crate) async fn subject_save(
    app: AppHandle,
    desk: State<'_, Desk>,
    request: SubjectRequest,
) -> Result<Option<Saved>, OperatorError> {
    let operators = desk.operators().await?;
    let Some(path) = saving::place(&app, "about-a-person.json", "Documents", "json").await else {
        return Ok(None);
    };
    let export = operators.subject_export(request).await?;
    let (sha256, found) = (export.sha256.clone(), export.found);
    let written = tokio::task::spawn_blocking(move || {
        reviewer::save(export.document.as_bytes(), &path, true)?;
        reviewer::save(export.attestation.as_bytes(), &reviewer::attestation_of(&path), true).map(|()| path)
    });
    let unsaved = |error: &dyn std::fmt::Display| {
        OperatorError::new(Code::Invalid, format!("The document wasn't saved: {error}."))
    };
    let path = written
        .await
        .map_err(|error| unsaved(&error))?
        .map_err(|error| unsaved(&error))?;
    Ok(Some(Saved::at(&path, sha256, found)))
}
