//! A log that isn't opened, in an operator's hands: how far it is good, a copy of that, and a new log in its place.
//!
//! A new log begins with its people and without agents, upstreams and credentials. What a log says of those that doesn't
//! verify, or was put back from an older copy, may give somebody a way in who had lost it.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use contract::{RefusedLog, RescuedLog};
use evidence::{Digest, Role, statement::LogExportStatement};
use ledger::{Ledger, Refused, WriterLock};
use sha2::{Digest as _, Sha256};
use vault::KeyStore;

use crate::{
    OpenError, Stores, Tenant,
    clock::timed_uid,
    operators::{attestation, capital, sentence},
    tampering,
    tenant::{CASE_KEY, blocking, kept},
};

impl Tenant {
    /// How far a log that isn't opened is good; none where all of it is. Looks at every record.
    ///
    /// # Errors
    /// [`OpenError`]: what keeps it from being opened isn't in the log.
    pub async fn examine(
        stores: &Stores,
        progress: impl FnMut(u64, u64) + Send + 'static,
    ) -> Result<Option<RefusedLog>, OpenError> {
        let (dir, keys) = (stores.data_dir.clone(), Arc::clone(&stores.keys));
        blocking(move || {
            let lock = WriterLock::take(&dir)?;
            let refused = Ledger::examine(&lock, keys.as_ref(), progress)?;
            Ok(refused.map(|refused| in_words(&refused, tampering::found_ms(keys.as_ref()))))
        })
        .await?
    }

    /// Writes the good records of a log that isn't opened as JSON Lines, each as it was stored, and attests them. That it
    /// was done can't be recorded in this log.
    ///
    /// # Errors
    /// [`OpenError::Good`] where the whole log is good; else what can't be read or written.
    pub async fn rescue<W: Write + Send + 'static>(stores: &Stores, to: W) -> Result<(RescuedLog, W), OpenError> {
        let (dir, keys) = (stores.data_dir.clone(), Arc::clone(&stores.keys));
        blocking(move || {
            let lock = WriterLock::take(&dir)?;
            let refused = Ledger::examine(&lock, keys.as_ref(), |_, _| {})?.ok_or(OpenError::Good)?;
            let mut lines = Hashed {
                to,
                sha256: Sha256::new(),
            };
            Ledger::copy_good(&lock, keys.as_ref(), &refused, &mut lines)?;
            let sha256 = Digest::new(lines.sha256.finalize().into());
            let rescued = attested(keys.as_ref(), &refused, sha256)?;
            Ok((rescued, lines.to))
        })
        .await?
    }

    /// Moves a log that isn't opened out of the way, unchanged, so that [`create`](Self::create) makes a new one that
    /// names its last good head. Answers where it lies now.
    ///
    /// # Errors
    /// [`OpenError::Good`] where the whole log is good: that one stays.
    pub async fn set_aside(stores: &Stores) -> Result<PathBuf, OpenError> {
        let (dir, keys) = (stores.data_dir.clone(), Arc::clone(&stores.keys));
        blocking(move || {
            let lock = WriterLock::take(&dir)?;
            let refused = Ledger::examine(&lock, keys.as_ref(), |_, _| {})?.ok_or(OpenError::Good)?;
            tampering::keep(keys.as_ref(), &refused.why);
            // Sorts by the time it was made.
            Ok(Ledger::set_aside(&lock, keys.as_ref(), &refused, &timed_uid())?)
        })
        .await?
    }
}

fn in_words(refused: &Refused, found_ms: Option<i64>) -> RefusedLog {
    let broken_at = match &refused.why {
        ledger::OpenError::Broken { sequence, .. } => *sequence,
        _ => None,
    };
    RefusedLog {
        origin: refused.origin.to_string(),
        sentence: sentence(capital(&refused.why.to_string())),
        broken_at,
        good: refused.good.size,
        good_until_ms: refused.good.logged_time,
        found_ms,
        head_size: refused.head.size,
        head_root: refused.head.root.to_string(),
    }
}

fn attested(keys: &dyn KeyStore, refused: &Refused, lines_sha256: Digest) -> Result<RescuedLog, OpenError> {
    let key = kept(keys, CASE_KEY, Role::Case)?;
    let root = refused.root.unwrap_or_else(evidence::tree::empty_root);
    let statement = LogExportStatement {
        lines_sha256,
        origin: refused.origin,
        tenant_uid: refused.tenant_uid.clone().unwrap_or_default(),
        tree_size: refused.good.size,
        root,
        filter: String::new(),
        count: refused.good.size,
        first_and_last: refused.good.size.checked_sub(1).map(|last| (0, last)),
    };
    Ok(RescuedLog {
        count: refused.good.size,
        root: root.to_string(),
        sha256: lines_sha256.to_string(),
        attestation: attestation(&statement, &key).map_err(OpenError::Records)?,
    })
}

/// Hashes what is written.
struct Hashed<W> {
    to: W,
    sha256: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.sha256.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
