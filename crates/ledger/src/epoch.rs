//! The operators' MAC key gives way to another: an epoch ends, and the next begins.
//!
//! The record that says so is MACed under the old key; what follows is under the new one, MAC upon MAC. So whoever has
//! an old key can't change what it was used for either: the first MAC of the next epoch covers the last one before it.
//! The sums over what stands beside the chain are made anew under the new key in the record's own transaction: a reading
//! of each row's MAC, for which calls wait.
//!
//! The new key is in the key store before its record is written, and none is ever removed: verifying the log from its
//! beginning takes all of them. A rotation that is cut short leaves a key that no record is under; the next one uses it.

use std::sync::Arc;

use evidence::ocsf::{Actor, ContentRef, Context, MacRotated};
use evidence::{Draft, Stream};
use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::core::{Core, Streams};
use crate::inner::Inner;
use crate::keys::new_mac;
use crate::rows::{Part, RowKey, Sums, toggle};
use crate::writer::{Command, Entries, Job};
use crate::{AppendError, Entry, Ledger, NewContent, Receipt, RotateError};

/// Who rotates a key, when and why.
#[derive(Debug, Clone)]
pub struct Cause {
    /// When, and for which tenant.
    pub context: Context,
    /// Who.
    pub actor: Actor,
    /// Why: a content of slot `reason`.
    pub reason: Option<NewContent>,
}

impl Cause {
    /// The commitment to the reason, as it stands in the record.
    pub(crate) fn reason(&self) -> Option<ContentRef> {
        self.reason.as_ref().map(|reason| ContentRef {
            content_uid: reason.header().content_uid.clone(),
            slot: reason.header().slot.clone(),
            c: reason.commitment(),
        })
    }

    /// The entry of this record, with the reason.
    pub(crate) fn entry(&self, event: evidence::Event) -> Entry {
        Entry {
            contents: self.reason.iter().cloned().collect(),
            ..Entry::new(Draft::new(Stream::sys(), event))
        }
    }
}

impl Core {
    /// Begins the next epoch, after the record that says so was put into the transaction.
    pub(crate) fn begin_epoch(&mut self) -> rusqlite::Result<()> {
        let epoch = self.tip.epoch.saturating_add(1);
        let absent =
            || rusqlite::Error::ToSqlConversionFailure(format!("the key of MAC epoch {epoch} isn't known").into());
        self.mac = self.keys.mac(epoch).ok_or_else(absent)?;
        self.rows = self.keys.rows_in(epoch).ok_or_else(absent)?;
        self.tip.epoch = epoch;
        self.sum = sums(&self.connection, &self.rows, &self.streams)?;
        Ok(())
    }
}

/// The sums over what stands beside the chain, from the MACs that stand in the rows.
fn sums(db: &Connection, rows: &RowKey, streams: &Streams) -> rusqlite::Result<Sums> {
    let mut sums = Sums::default();
    for (stream, state) in streams {
        rows.toggle_stream(&mut sums, stream, state.id, &state.head);
    }
    for (table, part) in [
        ("state", Part::State),
        ("content", Part::Rest),
        ("envelope", Part::Rest),
        ("checkpoint", Part::Rest),
    ] {
        let mut statement = db.prepare(&format!("SELECT mac FROM {table}"))?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            toggle(&mut sums, &rows.stored(part, row.get(0)?));
        }
    }
    Ok(sums)
}

impl Ledger {
    /// Goes on with the operators' chain under a new key, and seals that: says where the record of it stands. The epoch
    /// is the new one from the next record on.
    ///
    /// # Errors
    /// [`RotateError`]; where it is [`RotateError::Unsealed`], the key is rotated all the same.
    pub async fn rotate_mac(&self, cause: Cause) -> Result<Receipt, RotateError> {
        let _alone = self.inner.rotating.lock().await;
        let inner = Arc::clone(&self.inner);
        let epoch = self.inner.shared.head().epoch.saturating_add(1);
        let learnt = tokio::task::spawn_blocking(move || -> Result<(), RotateError> {
            let key = new_mac(inner.store.as_ref(), epoch)?;
            inner.keys.learn(epoch, key);
            Ok(())
        });
        learnt.await.map_err(|error| RotateError::NoKey(error.to_string()))??;
        let receipt = self.inner.begin_epoch(epoch, cause).await?;
        self.checkpoint().await?;
        Ok(receipt)
    }
}

impl Inner {
    async fn begin_epoch(self: &Arc<Self>, epoch: u32, cause: Cause) -> Result<Receipt, AppendError> {
        // Its reason is sealed on the writer's thread: no erasure may change the keys of contents meanwhile.
        let sealing = Arc::clone(&self.sealing).read_owned().await;
        let inner = Arc::clone(self);
        let entries = Entries::AtHead(Box::new(move |head| {
            let _sealing = sealing;
            if head.epoch.saturating_add(1) != epoch {
                return Err(AppendError::Moved);
            }
            let event = MacRotated {
                context: cause.context.clone(),
                actor: cause.actor.clone(),
                epoch,
                from: head.size.saturating_add(1),
                reason: cause.reason(),
            };
            inner.prepare(cause.entry(event.event()))
        }));
        let (reply, answer) = oneshot::channel();
        let job = Job {
            entries,
            guard: None,
            reply,
        };
        self.queue
            .send(Command::BeginEpoch(job))
            .await
            .map_err(|_| self.shared.refusal())?;
        let receipts = answer.await.map_err(|_| self.shared.refusal())??;
        receipts.into_iter().next().ok_or_else(|| self.shared.refusal())
    }
}
