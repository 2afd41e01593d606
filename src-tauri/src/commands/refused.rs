//! What can be done about a log that isn't opened.

use contract::{AddedAgent, Code, OperatorError, RefusedLog};
use tauri::{AppHandle, State};

use crate::commands::saving::{self, Saved};
use crate::commands::start::names;
use crate::desk::Desk;
use crate::relay;

/// How far the log is good; none where all of it is.
#[tauri::command]
pub(crate) async fn refused_log(desk: State<'_, Desk>) -> Result<Option<RefusedLog>, OperatorError> {
    desk.examine().await
}

/// Asks where to, and copies the good records there with their attestation beside them.
#[tauri::command]
pub(crate) async fn rescue_log(app: AppHandle, desk: State<'_, Desk>) -> Result<Option<Saved>, OperatorError> {
    let Some(path) = saving::place(&app, "rescued-log.jsonl", "JSON Lines", "jsonl").await else {
        return Ok(None);
    };
    let stores = desk.stores().await?;
    let rescued = reviewer::rescue(&stores, &path, true).await;
    let rescued =
        rescued.map_err(|error| OperatorError::new(Code::Invalid, format!("Nothing was copied: {error}.")))?;
    Ok(Some(Saved::at(&path, rescued.sha256, rescued.count)))
}

/// Sets the log aside and starts a new one, and its gateway.
#[tauri::command]
pub(crate) async fn start_new_log(
    app: AppHandle,
    desk: State<'_, Desk>,
    operator_name: String,
    tenant_name: String,
) -> Result<AddedAgent, OperatorError> {
    let added = desk.start_new_log(names(operator_name, tenant_name)).await?;
    relay::start(app, desk.operators().await?);
    Ok(added)
}
