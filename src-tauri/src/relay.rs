//! What happens, relayed to the page. The page itself opens no connection.

use std::sync::Arc;
use std::time::Duration;

use contract::{Event, Happening, Operators};
use futures_util::StreamExt as _;
use tauri::{AppHandle, Emitter as _};

/// The event's name in the page.
const HAPPENING: &str = "countersign://happening";
/// How long to wait before asking a gateway that went away again.
const AGAIN: Duration = Duration::from_secs(2);

/// Relays for as long as the app runs. Whatever was missed is told as "fetch again".
pub(crate) fn start(app: AppHandle, operators: Arc<dyn Operators>) {
    tauri::async_runtime::spawn(async move {
        let mut since = None;
        loop {
            if let Ok(mut events) = operators.events(since).await {
                while let Some(event) = events.next().await {
                    since = Some(event.cursor);
                    tell(&app, &event);
                }
            }
            tokio::time::sleep(AGAIN).await;
            tell(
                &app,
                &Event {
                    cursor: 0,
                    happening: Happening::Lagged,
                },
            );
        }
    });
}

fn tell(app: &AppHandle, event: &Event) {
    if let Err(error) = app.emit(HAPPENING, event) {
        tracing::warn!(%error, "the page couldn't be told of an event");
    }
}
