//! Exporting a case file to where the person says.

use contract::{CaseRequest, CaseSelection, Code, OperatorError};
use tauri::{AppHandle, Emitter as _, State};

use crate::commands::saving::{self, Saved};
use crate::desk::Desk;

/// Payload: bytes that are saved, of how many.
const PROGRESS: &str = "countersign://case-progress";

/// Asks where to, exports, and saves, telling how much is there. Nothing is exported, and nothing
/// recorded, where the dialog is closed.
#[tauri::command]
pub(crate) async fn case_save(
    app: AppHandle,
    desk: State<'_, Desk>,
    request: CaseRequest,
) -> Result<Option<Saved>, OperatorError> {
    let operators = desk.operators().await?;
    let named = match &request.selection {
        CaseSelection::Agent { agent, .. } => agent.as_str(),
        CaseSelection::Range { .. } => "all-records",
        CaseSelection::Correlation { .. } => "request",
        CaseSelection::Approval { .. } => "approval",
        CaseSelection::Records { .. } => "records",
    };
    let name = format!("{named}.case.zip");
    let Some(path) = saving::place(&app, &name, "Case files", "zip").await else {
        return Ok(None);
    };
    let case = operators.case_export(request).await?;
    let tell = |saved: u64| drop(app.emit(PROGRESS, (saved, case.bytes)));
    tell(0);
    let saved = reviewer::save_case(operators.as_ref(), &case, &path, true, tell).await;
    saved.map_err(|error| OperatorError::new(Code::Invalid, format!("The case file wasn't saved: {error}.")))?;
    Ok(Some(Saved::at(&path, case.sha256, case.records)))
}
