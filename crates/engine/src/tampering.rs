//! Tampering can't be recorded in the log that it is found in, which is stopped by it. It is kept in the key store until a
//! log opens, and recorded there.

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
    /// Whether the running log was verified when it was found; else a start found it.
    #[serde(default)]
    verifying: bool,
}

impl Found {
    fn new(sequence: Option<u64>, what: &str) -> Self {
        Self {
            verifying: false,
            finding_uid: uid(),
            found_ms: now_ms(),
            sequence,
            what: what.chars().take(LONGEST).collect(),
        }
    }

    /// What was found first stays until it is recorded.
    fn keep(&self, keys: &dyn KeyStore) {
        let kept = match keys.get(KEPT) {
            Ok(Some(_)) => Ok(()),
            // A struct of texts and numbers always serialises.
            Ok(None) => keys.set(KEPT, &serde_json::to_vec(self).unwrap_or_default()),
            Err(error) => Err(error),
        };
        if let Err(error) = kept {
            tracing::error!(%error, "what was found couldn't be kept for the next log");
        }
    }
}

/// When what isn't recorded yet was found first, ms UTC.
pub(crate) fn found_ms(keys: &dyn KeyStore) -> Option<i64> {
    let kept = keys.get(KEPT).ok()??;
    let found: Found = serde_json::from_slice(&kept).ok()?;
    Some(found.found_ms)
}

/// Keeps what a start found, if it is tampering.
pub(crate) fn keep(keys: &dyn KeyStore, error: &OpenError) {
    match error {
        OpenError::Broken { sequence, what, .. } => Found::new(*sequence, what).keep(keys),
        OpenError::Behind { .. } | OpenError::OffHead { .. } => Found::new(None, &error.to_string()).keep(keys),
        _ => (),
    }
}

impl Engine {
    /// Records what an earlier process found, now that a log is open.
    pub(crate) async fn record_kept_tampering(&self) {
        let Ok(Some(kept)) = self.keys.get(KEPT) else { return };
        let found = serde_json::from_slice(&kept).unwrap_or_else(|_| Found::new(None, "an earlier start found it"));
        if self.record_tampering(&found).await
            && let Err(error) = self.keys.remove(KEPT)
        {
            tracing::warn!(%error, "a finding that is recorded couldn't be forgotten, and will be recorded again");
        }
    }

    /// Records what verifying the running log found, or keeps it for the next log: what is found stops this one. Who only reads records nothing: the next start finds it again.
    pub(crate) async fn record_verification(&self, outcome: &VerifyOutcome) {
        if let VerifyOutcome::Broken { sequence, what } = outcome
            && !self.reads_only
        {
            let mut found = Found::new(*sequence, what);
            found.verifying = true;
            if !self.record_tampering(&found).await {
                found.keep(self.keys.as_ref());
            }
        }
    }

    async fn record_tampering(&self, found: &Found) -> bool {
        let tenant_uid = self.books.read().tenant.uid.clone();
        let how = match found.verifying {
            true => FoundWhile::Verifying,
            false => FoundWhile::Starting,
        };
        let Found {
            finding_uid,
            found_ms,
            sequence,
            what,
            ..
        } = found;
        let draft = Keeper::gateway(&tenant_uid).tampering(finding_uid, *found_ms, how, *sequence, what);
        // Refused means that the log is stopped, which denies everything and is shown.
        self.note(Noted::alone(draft)).await.is_ok()
    }
}
