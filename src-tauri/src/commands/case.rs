//! Exporting a case file to where the person says.

use contract::{CaseRequest, CaseSelection, Code, OperatorError};
use tauri::ipc::Channel;
use tauri::{AppHandle, State};

use crate::commands::saving::{self, Saved};
use crate::desk::Desk;

/// Asks where to, exports, and saves, telling how much is there: bytes, of how many. Nothing is exported, and nothing
/// recorded, where the dialog is closed.
#[tauri::command]
pub(crate) async fn case_save(
    app: AppHandle,
    desk: State<'_, Desk>,
    request: CaseRequest,
    told: Channel<(u64, u64)>,
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
    let tell = |bytes| drop(told.send((bytes, case.bytes)));
    tell(0);
    let saved = reviewer::save_case(operators.as_ref(), &case, &path, true, tell).await;
    saved.map_err(|error| OperatorError::new(Code::Invalid, format!("The case file wasn't saved: {error}.")))?;
    Ok(Some(Saved::at(&path, case.sha256, case.records)))
}
