//! A log that is only read: verified as at every opening, and without a writer.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use tokio::sync::mpsc;
use vault::KeyStore;

use crate::content_keys::ContentKeys;
use crate::inner::Inner;
use crate::open::Verified;
use crate::read::Readers;
use crate::shared::Shared;
use crate::{Clock, Good, Ledger, OpenError, database, kept, open};

impl Ledger {
    /// Opens the log in a directory and verifies it, to read what is there now. It needs no writer's lock and takes
    /// nothing: appends answer [`AppendError::Stopped`](crate::AppendError::Stopped), and what another process writes
    /// from now on isn't shown. Blocking.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_to_read(
        data_dir: &Path,
        store: Arc<dyn KeyStore>,
        progress: impl FnMut(u64, u64),
    ) -> Result<Self, OpenError> {
        let clock = Clock::default();
        let Verified {
            core,
            signer,
            log_keys,
            kept,
            from,
        } = open::open(data_dir, store.as_ref(), clock.clone(), progress)?;
        let head = core.tip.head().ok_or(OpenError::Broken {
            sequence: Some(0),
            what: "it is missing".to_owned(),
            good: Good::default(),
        })?;
        // An erasure that a crash cut short is finished by the next opening that writes; nothing is sealed here.
        let content_keys = ContentKeys::new(
            Arc::clone(&store),
            &core.keys.origin,
            kept::next_group(&core.connection)?,
        );
        let shared = Arc::new(Shared::new(head, &core.streams));
        shared.closed();
        // Nobody receives: whatever is handed in is refused.
        let (queue, _) = mpsc::channel(1);
        Ok(Self::unwritten(Inner {
            shared,
            readers: Readers::new(data_dir.join(database::FILE)),
            keys: Arc::clone(&core.keys),
            log_keys: RwLock::new(log_keys),
            signer: Mutex::new(signer),
            content_keys,
            sealing: Arc::default(),
            rotating: tokio::sync::Mutex::default(),
            store,
            queue,
            queue_wait: Duration::ZERO,
            key_store_wait: Duration::ZERO,
            clock,
            kept: Arc::new(Mutex::new(kept)),
            reads_only: Some(data_dir.to_owned()),
            opened_from: from,
        }))
    }
}
