//! Files dropped on the window: the system gives paths, and the shell verifies them.

use serde::Serialize;
use tauri::{DragDropEvent, Emitter as _, Manager as _, Window};

use crate::verifying;

const DROP: &str = "countersign://drop";
const VERIFIED: &str = "countersign://verified";
const UNREADABLE: &str = "countersign://unreadable";

#[derive(Clone, Serialize)]
struct Dragged {
    state: &'static str,
}

/// Tells the page, and verifies what is dropped.
pub(crate) fn handle(window: &Window, event: &DragDropEvent) {
    let state = match event {
        DragDropEvent::Enter { .. } => "over",
        DragDropEvent::Drop { .. } => "dropped",
        DragDropEvent::Leave => "left",
        _ => return,
    };
    let app = window.app_handle().clone();
    drop(app.emit(DROP, Dragged { state }));
    if let DragDropEvent::Drop { paths, .. } = event {
        let paths = paths.clone();
        tauri::async_runtime::spawn(async move {
            let told = match verifying::verify(&app, paths).await {
                Ok(checked) => app.emit(VERIFIED, checked),
                Err(error) => app.emit(UNREADABLE, error),
            };
            if let Err(error) = told {
                tracing::warn!(%error, "the page couldn't be told of a verdict");
            }
        });
    }
}
