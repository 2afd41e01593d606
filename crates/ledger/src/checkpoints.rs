//! Signing checkpoints, and keeping the head.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::time::Duration;

use evidence::Checkpoint;
use tokio::sync::oneshot;

use crate::head::KeptHead;
use crate::inner::Inner;
use crate::read::{self, Sealed};
use crate::source::now_ms;
use crate::writer::{Command, Note};
use crate::{CheckpointError, ReadError, proof};

impl Inner {
    /// Signs a checkpoint of the first `size` records (all that are durable, when absent), stores it, and keeps the
    /// newest head in the key store. One at a time, so the kept head never goes back. Blocking.
    pub(crate) fn seal(&self, size: Option<u64>) -> Result<Sealed, CheckpointError> {
        let mut kept = self.kept.lock();
        let head = self.shared.head();
        let size = size.unwrap_or(head.size);
        if size == 0 || size > head.size {
            return Err(ReadError::OutOfRange {
                size: head.size,
                asked: format!("a checkpoint of {size}"),
            }
            .into());
        }
        let sealed = match self.readers.with(|db| read::checkpoint(db, &self.keys, Some(size)))? {
            Some(earlier) => earlier,
            None => self.sign(size)?,
        };
        if head.size > *kept {
            KeptHead::new(self.keys.origin, &head).keep(self.store.as_ref())?;
            *kept = head.size;
        }
        Ok(sealed)
    }

    fn sign(&self, size: u64) -> Result<Sealed, CheckpointError> {
        let root = self.readers.with(|db| proof::root(db, size))?;
        let checkpoint = Checkpoint {
            origin: self.keys.origin,
            size,
            root,
        }
        .sign(&self.log_key)
        .map_err(|error| CheckpointError::Unsigned(error.to_string()))?;
        let signed_ms = now_ms();
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
        Ok(Sealed { checkpoint, signed_ms })
    }
}

/// Makes a checkpoint every so often while records arrive, until the ledger is closed.
pub(crate) fn run(inner: &Weak<Inner>, every: Duration, closed: &Receiver<()>) {
    while closed.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
        let Some(inner) = Weak::upgrade(inner) else { return };
        let behind = inner.shared.size() > *inner.kept.lock();
        if behind && let Err(error) = Inner::seal(&inner, None) {
            tracing::warn!(%error, "no checkpoint was made; the next is tried in its turn");
        }
        drop::<Arc<Inner>>(inner);
    }
}
