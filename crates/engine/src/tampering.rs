//! Tampering found at a start can't be recorded in the log that it is in. It is kept in the key store until a log opens,
//! and recorded there.

use evidence::ocsf::FoundWhile;
use ledger::{OpenError, VerifyOutcome};
use serde::{Deserialize, Serialize};
use vault::KeyStore;

use crate::{
    Engine,
    clock::{now_ms, uid},
    records::Keeper,
    steps::Noted,
};

/// Its name in the key store.
const KEPT: &str = "tampering";
/// The longest description, in characters: a key store takes 2,048 bytes.
const LONGEST: usize = 400;

/// What was found.
#[derive(Serialize, Deserialize)]
struct Found {
    finding_uid: String,
    found_ms: i64,
    sequence: Option<u64>,
    what: String,
}

impl Found {
    fn new(sequence: Option<u64>, what: &str) -> Self {
        Self {
            finding_uid: uid(),
            found_ms: now_ms(),
            sequence,
            what: what.chars().take(LONGEST).collect(),
        }
    }
}

/// Keeps what a start found, if it is tampering. What was found first stays until it is recorded.
pub(crate) fn keep(keys: &dyn KeyStore, error: &OpenError) {
    let found = match error {
        OpenError::Broken { sequence, what, .. } => Found::new(*sequence, what),
        OpenError::Behind { .. } | OpenError::OffHead { .. } => Found::new(None, &error.to_string()),
        _ => return,
    };
    let kept = match keys.get(KEPT) {
        Ok(Some(_)) => Ok(()),
        // A struct of texts and numbers always serialises.
        Ok(None) => keys.set(KEPT, &serde_json::to_vec(&found).unwrap_or_default()),
        Err(error) => Err(error),
    };
    if let Err(error) = kept {
        tracing::error!(%error, "what was found at this start couldn't be kept for the next log");
    }
}

impl Engine {
    /// Records what an earlier start found, now that a log is open.
    pub(crate) async fn record_kept_tampering(&self, keys: &dyn KeyStore) {
        let Ok(Some(kept)) = keys.get(KEPT) else { return };
        let found = serde_json::from_slice(&kept).unwrap_or_else(|_| Found::new(None, "an earlier start found it"));
        if self.record_tampering(&found, FoundWhile::Starting).await
            && let Err(error) = keys.remove(KEPT)
        {
            tracing::warn!(%error, "a finding that is recorded couldn't be forgotten, and will be recorded again");
        }
    }

    /// Records what verifying the running log found.
    pub(crate) async fn record_verification(&self, outcome: &VerifyOutcome) {
        if let VerifyOutcome::Broken { sequence, what } = outcome {
            let found = Found::new(*sequence, what);
            self.record_tampering(&found, FoundWhile::Verifying).await;
        }
    }

    async fn record_tampering(&self, found: &Found, how: FoundWhile) -> bool {
        let tenant_uid = self.books.read().tenant.uid.clone();
        let Found {
            finding_uid,
            found_ms,
            sequence,
            what,
        } = found;
        let draft = Keeper::gateway(&tenant_uid).tampering(finding_uid, *found_ms, how, *sequence, what);
        // Refused means that the log is stopped, which denies everything and is shown.
        self.note(Noted::alone(draft)).await.is_ok()
    }
}
