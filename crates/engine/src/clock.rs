//! The two things the engine takes from outside its arguments: the time and randomness.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::refusal::{Refusal, RefusalKind};

/// Now, ms UTC.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// The operating system gave no randomness: nothing that needs a nonce or a key can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the operating system gave no random bytes, so no key or nonce can be made; restart the machine's entropy source and try again"
)]
pub struct NoRandomness;

impl From<NoRandomness> for Refusal {
    fn from(error: NoRandomness) -> Self {
        Self::new(RefusalKind::LogStopped, "", error.to_string())
    }
}

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// A random id (RFC 9562 version 4).
pub(crate) fn uid() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// An id that sorts by the time it was made (RFC 9562 version 7).
pub(crate) fn timed_uid() -> String {
    uuid::Uuid::now_v7().to_string()
}
