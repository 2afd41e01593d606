//! The page's commands. Each extracts, delegates and converts; the permissions beside them say which a window may call.

mod calls;
mod case;
mod inbox;
mod refused;
mod saving;
mod start;
mod subject;
mod verify;

use tauri::{Wry, ipc::Invoke};

/// Every command, by its name.
pub(crate) fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        start::start,
        start::first_run,
        start::dismiss_first_key,
        refused::refused_log,
        refused::rescue_log,
        refused::start_new_log,
        calls::status,
        calls::inbox,
        calls::inbox_item,
        calls::practice_call,
        inbox::decide,
        calls::agents,
        calls::agent_add,
        calls::agent_disable,
        calls::agent_enable,
        calls::upstreams,
        calls::upstream_add,
        calls::upstream_use,
        calls::upstream_remove,
        calls::aliases,
        calls::alias_set,
        calls::alias_remove,
        calls::credentials,
        calls::credential_set,
        calls::credential_remove,
        calls::policy,
        calls::policy_check,
        calls::policy_publish,
        calls::action_kinds,
        calls::log,
        calls::log_density,
        calls::log_find,
        calls::log_complete,
        calls::log_record,
        calls::traffic,
        calls::traffic_call,
        calls::day,
        calls::log_verify,
        calls::checkpoint_places,
        calls::checkpoint_place_add,
        calls::checkpoint_place_remove,
        calls::case_preview,
        case::case_save,
        subject::subject_save,
        verify::verify_choose,
        verify::verify_choose_folder,
        verify::verify_again,
        verify::verify_from,
        verify::verify_cancel,
        verify::verified,
        verify::verified_forget,
        verify::pins,
        verify::pin_add,
        verify::pin_remove,
    ]
}
