//! How the window begins.

use contract::{AddedAgent, Code, OperatorError};
use reviewer::Names;
use serde::Serialize;
use tauri::{AppHandle, State};

use crate::desk::{Desk, Found};
use crate::relay;

/// What the page shows first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StartState {
    Ready,
    FirstRun,
    Refused,
}

/// How the window begins.
#[derive(Serialize)]
pub(crate) struct Start {
    state: StartState,
    /// The first agent and its key, until a person has put them away.
    first_agent: Option<AddedAgent>,
    /// Why it is refused.
    message: Option<String>,
    /// Whether it is the log that isn't right, so that `refused_log` says more.
    log_refused: bool,
}

/// Attaches to a gateway or starts one. A page that is loaded again gets the same answer.
#[tauri::command]
pub(crate) async fn start(app: AppHandle, desk: State<'_, Desk>) -> Result<Start, OperatorError> {
    let mut log_refused = false;
    let (state, message) = match desk.started().await {
        Ok(Found::Ready { operators, is_new }) => {
            if is_new {
                relay::start(app, operators);
            }
            (StartState::Ready, None)
        }
        Ok(Found::FirstRun) => (StartState::FirstRun, None),
        Err(error) => {
            log_refused = error.code == Code::LogStopped;
            (StartState::Refused, Some(error.message))
        }
    };
    Ok(Start {
        state,
        first_agent: desk.first_agent().await,
        message,
        log_refused,
    })
}

/// Sets this machine up, and starts its gateway.
#[tauri::command]
pub(crate) async fn first_run(
    app: AppHandle,
    desk: State<'_, Desk>,
    operator_name: String,
    tenant_name: String,
) -> Result<AddedAgent, OperatorError> {
    let added = desk.set_up(names(operator_name, tenant_name)).await?;
    relay::start(app, desk.operators().await?);
    Ok(added)
}

/// The names that a new log's first records have.
pub(crate) fn names(operator: String, tenant: String) -> Names {
    Names {
        tenant,
        operator,
        agent: "first-agent".to_owned(),
    }
}

/// The person has copied the first agent's key.
#[tauri::command]
pub(crate) async fn dismiss_first_key(desk: State<'_, Desk>) -> Result<(), OperatorError> {
    desk.put_first_agent_away().await;
    Ok(())
}
