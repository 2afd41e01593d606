//! Waiting for what is wanted, never for a while.

use std::time::Duration;

use anyhow::{Result, bail};
use tokio::time::{Instant, MissedTickBehavior, interval};

/// How long a slow, busy machine may take for one thing before the test gives up.
const PATIENCE: Duration = Duration::from_secs(90);

/// Asks `probe` again and again until it has an answer.
///
/// # Errors
/// The probe's own error at once, or, where it never has an answer, one that says what was waited for.
pub async fn until<T>(what: &str, mut probe: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let deadline = Instant::now() + PATIENCE;
    let mut ticks = interval(Duration::from_millis(20));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while Instant::now() < deadline {
        ticks.tick().await;
        if let Some(found) = probe().await? {
            return Ok(found);
        }
    }
    bail!("waited {} s in vain: {what}", PATIENCE.as_secs())
}
