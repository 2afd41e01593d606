//! Signing checkpoints, and keeping the head.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::time::Duration;

use evidence::Checkpoint;
use evidence::tree::verify_consistency;
use tokio::sync::oneshot;

use crate::head::KeptHead;
use crate::inner::Inner;
use crate::read::{self, Sealed};
use crate::signer::Signer;
use crate::writer::{Command, Note};
use crate::{CheckpointError, Head, ReadError, WriterLock, proof};

impl Inner {
    /// Signs a checkpoint of the first `size` records (all that are durable, when absent), stores it, and keeps the
    /// newest head in the key store. One at a time, so the kept head never goes back. Blocking.
    pub(crate) fn seal(&self, size: Option<u64>) -> Result<Sealed, CheckpointError> {
        let mut signer = self.signer.lock();
        self.hand_over(&mut signer)?;
        let head = self.shared.head();
        let size = size.unwrap_or(head.size);
        if size == 0 || size > head.size {
            return Err(ReadError::OutOfRange {
                size: head.size,
                asked: format!("a checkpoint of {size}"),
            }
            .into());
        }
        let sealed = self.stored_or_signed(&signer, size, &head)?;
        self.keep_head(&head)?;
        Ok(sealed)
    }

    /// Keeps a head in the key store, where it is newer than the one that is there.
    pub(crate) fn keep_head(&self, head: &Head) -> Result<(), vault::KeyStoreError> {
        let mut kept = self.kept.lock();
        if head.size > kept.size {
            let newest = KeptHead {
                verified: kept.verified,
                ..KeptHead::new(self.keys.origin, head)
            };
            newest.keep(self.store.as_ref())?;
            *kept = newest;
        }
        Ok(())
    }

    /// The checkpoint of a size; signed, where there is none.
    pub(crate) fn stored_or_signed(&self, signer: &Signer, size: u64, head: &Head) -> Result<Sealed, CheckpointError> {
        match self.readers.with(|db| read::checkpoint(db, &self.keys, Some(size)))? {
            Some(earlier) => Ok(earlier),
            None => self.sign(signer, size, head),
        }
    }

    /// Nothing is signed that the stored nodes say alone: they have to lead to the head that this process wrote.
    fn sign(&self, signer: &Signer, size: u64, head: &Head) -> Result<Sealed, CheckpointError> {
        let root = self.readers.with(|db| proof::root(db, size))?;
        let path = self.readers.with(|db| proof::consistency(db, size, head.size))?;
        verify_consistency(size, &root, head.size, &head.root, &path).map_err(|error| ReadError::Altered {
            what: format!("the tree of the first {size} records"),
            why: error.to_string(),
        })?;
        let checkpoint = Checkpoint {
            origin: self.keys.origin,
            size,
            root,
        };
        let from_size = self.log_keys.read().newest_from();
        let checkpoint = signer
            .sign(&checkpoint, from_size)
            .map_err(|error| CheckpointError::Unsigned(error.to_string()))?
            .ok_or(CheckpointError::Retired { size, from_size })?;
        let signed_ms = self.clock.now_ms();
        let (reply, answer) = oneshot::channel();
        let note = Note {
            size,
            signed_ms,
            text: checkpoint.to_string(),
            reply,
        };
        self.queue
            .blocking_send(Command::Keep(note))
            .map_err(|_| self.shared.refusal())?;
        answer.blocking_recv().map_err(|_| self.shared.refusal())??;
        self.shared.seal(size);
        Ok(Sealed { checkpoint, signed_ms })
    }
}

impl Inner {
    /// What was verified isn't any more: the writer stops, and the next opening verifies everything before it serves.
    pub(crate) fn doubt(&self, why: &str) {
        self.shared.stop(why);
        // Who only reads has no writer's lock: a gateway may run, and its head is newer than this one.
        let lock = self.reads_only.as_deref().map(WriterLock::take);
        if let Some(Err(error)) = &lock {
            return tracing::warn!(%error, "the next start isn't told to verify everything, because another process writes");
        }
        let mut kept = self.kept.lock();
        if lock.is_some()
            && let Ok(Some(newest)) = KeptHead::read(self.store.as_ref())
        {
            *kept = newest;
        }
        kept.verified = false;
        if let Err(error) = kept.keep(self.store.as_ref()) {
            tracing::error!(%error, "that the log doesn't verify couldn't be kept in the key store");
        }
    }
}

/// Makes a checkpoint every so often while records arrive, until the ledger is closed.
pub(crate) fn run(inner: &Weak<Inner>, every: Duration, closed: &Receiver<()>) {
    while closed.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
        let Some(inner) = Weak::upgrade(inner) else { return };
        let behind = inner.shared.size() > inner.kept.lock().size;
        if behind && let Err(error) = Inner::seal(&inner, None) {
            tracing::warn!(%error, "no checkpoint was made; the next is tried in its turn");
        }
        drop::<Arc<Inner>>(inner);
    }
}
