//! The desktop shell: one window, commands that extract, delegate and convert, and the events that go to the page.
//!
//! It decides nothing. What the page asks goes to [`contract::Operators`]: the gateway inside this process, or, where
//! another process serves this data directory, that one through `client`. What only a person may do (signing) is done
//! here, at the person's end, by `reviewer`.

mod commands;
mod desk;
#[cfg(target_os = "linux")]
mod drawing;
mod dropped;
mod relay;
mod verifying;

use std::process::ExitCode;

use tauri::{Manager as _, RunEvent, WindowEvent};
use tracing_subscriber::EnvFilter;

use crate::desk::Desk;

/// Opens the window and runs until it is closed.
#[must_use]
pub fn run() -> ExitCode {
    #[cfg(target_os = "linux")]
    drawing::choose();
    let filter = EnvFilter::try_from_env("COUNTERSIGN_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let desk = match Desk::find() {
        Ok(desk) => desk,
        Err(message) => return failed(&message),
    };
    let app = tauri::Builder::default()
        // First, so that a second start only brings the first one's window to the front.
        .plugin(tauri_plugin_single_instance::init(|app, _, _| show(app)))
        .plugin(tauri_plugin_dialog::init())
        .manage(desk)
        .manage(verifying::Verifying::default())
        .invoke_handler(commands::handler())
        .setup(|app| {
            // The keys and the log are opened while the window is: the page asks for them last of all.
            let handle = app.handle().clone();
            let begun = tauri::async_runtime::spawn(async move { handle.state::<Desk>().start().await });
            app.state::<Desk>().has_begun(begun);
            Ok(())
        })
        .on_window_event(|window, event| {
            if let WindowEvent::DragDrop(event) = event {
                dropped::handle(window, event);
            }
        })
        .build(tauri::generate_context!());
    match app {
        Ok(app) => {
            app.run(|app, event| {
                if let RunEvent::Exit = event {
                    tauri::async_runtime::block_on(app.state::<Desk>().close());
                }
            });
            ExitCode::SUCCESS
        }
        Err(error) => failed(&format!("The window can't be opened: {error}.")),
    }
}

fn show(app: &tauri::AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        // A window manager may refuse; the window is there all the same.
        drop(window.unminimize());
        drop(window.show());
        drop(window.set_focus());
    }
}

fn failed(message: &str) -> ExitCode {
    tracing::error!("{message}");
    ExitCode::FAILURE
}
