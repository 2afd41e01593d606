//! Saving to where the person says.

use std::path::{Path, PathBuf};

use serde::Serialize;
use tauri::AppHandle;
use tauri_plugin_dialog::DialogExt as _;

/// Where a file was saved.
#[derive(Serialize)]
pub(crate) struct Saved {
    path: String,
    sha256: String,
    records: u64,
}

impl Saved {
    pub(crate) fn at(path: &Path, sha256: String, records: u64) -> Self {
        Self {
            path: path.display().to_string(),
            sha256,
            records,
        }
    }
}

/// Asks where to save a file; none where the dialog is closed.
pub(crate) async fn place(app: &AppHandle, name: &str, kind: &str, extension: &str) -> Option<PathBuf> {
    // A WebDriver session can't see the system's dialog; only such a session may say where.
    if std::env::var("TAURI_WEBVIEW_AUTOMATION").is_ok_and(|on| on == "true")
        && let Some(dir) = std::env::var_os("COUNTERSIGN_TEST_SAVE_DIR")
    {
        return Some(PathBuf::from(dir).join(name));
    }
    let (chosen, wait) = tokio::sync::oneshot::channel();
    app.dialog()
        .file()
        .add_filter(kind, &[extension])
        .set_file_name(name)
        .save_file(move |file| drop(chosen.send(file)));
    wait.await.ok().flatten()?.into_path().ok()
}
