//! The log's signing key gives way to another, in steps each of which can be the last before a crash:
//!
//! 1. the new key is in the key store, beside the old one, as `log-key-next`;
//! 2. the record of the rotation is durable, with the statement that both keys signed and its line in the state table:
//!    from here on the new key is the log's;
//! 3. the checkpoint of exactly that size is durable, signed by both;
//! 4. the head is in the key store;
//! 5. the new key takes the old one's place as `log-key`, which destroys that, and `log-key-next` is removed.
//!
//! An opening that finds step 1 alone removes the key; one that finds step 2 goes on to 5, and so does every checkpoint.

use std::sync::Arc;

use evidence::ocsf::KeyRotated;
use evidence::rotation::{BY_NEW, BY_OLD, KeyRotation};
use evidence::statement::RotationStatement;
use evidence::{Digest, Role, SigningKey};
use tokio::sync::oneshot;

use crate::epoch::Cause;
use crate::inner::Inner;
use crate::keys::{LOG_KEY, NEXT_LOG_KEY, signing_key};
use crate::signer::{ROTATED, Signer};
use crate::writer::{Command, Entries, Job};
use crate::{AppendError, CheckpointError, Entry, Ledger, Receipt, RotateError, StateChange, WriterState};

impl Ledger {
    /// Replaces the log's signing key by a new one: says where the record of it stands. The checkpoint of the log's size
    /// with that record is signed by both; later ones by the new key alone. The old private key is destroyed.
    ///
    /// # Errors
    /// [`RotateError`]; where it is [`RotateError::Unsealed`], the key is rotated all the same.
    pub async fn rotate_log_key(&self, cause: Cause) -> Result<Receipt, RotateError> {
        let _alone = self.inner.rotating.lock().await;
        // Its reason is sealed on the writer's thread: no erasure may change the keys of contents meanwhile.
        let sealing = Arc::clone(&self.inner.sealing).read_owned().await;
        let inner = Arc::clone(&self.inner);
        let rotating = move || {
            let _sealing = sealing;
            inner.rotate_log_key(cause)
        };
        tokio::task::spawn_blocking(rotating)
            .await
            .map_err(|error| RotateError::NoKey(error.to_string()))?
    }
}

impl Inner {
    fn rotate_log_key(self: &Arc<Self>, cause: Cause) -> Result<Receipt, RotateError> {
        // Held to the end: no checkpoint is signed by the old key once the record may be there.
        let mut signer = self.signer.lock();
        self.hand_over(&mut signer)?;
        // Where the writer doesn't run, a record that nobody was told of may name the key that is there already.
        if self.shared.state() != WriterState::Running {
            return Err(self.shared.refusal().into());
        }
        let new = signing_key().map_err(|error| RotateError::NoKey(error.to_string()))?;
        let der = new
            .to_pkcs8_der()
            .map_err(|error| RotateError::NoKey(error.to_string()))?;
        self.store.set(NEXT_LOG_KEY, &der)?;
        let new = Arc::new(new);
        let (receipt, rotation) = self.record_rotation(&signer, &new, cause)?;
        self.log_keys
            .write()
            .rotate(&rotation)
            .map_err(|error| RotateError::NoKey(error.to_string()))?;
        signer.retiring = Some(std::mem::replace(&mut signer.key, new));
        self.hand_over(&mut signer)?;
        Ok(receipt)
    }

    /// Step 2. Where this fails, the record may be there all the same, for the next opening to find: the new key stays.
    fn record_rotation(
        self: &Arc<Self>,
        signer: &Signer,
        new: &Arc<SigningKey>,
        cause: Cause,
    ) -> Result<(Receipt, KeyRotation), AppendError> {
        let (inner, old, new) = (Arc::clone(self), Arc::clone(&signer.key), Arc::clone(new));
        let number = self.log_keys.read().all().count();
        let (made, rotation) = oneshot::channel();
        let entries = Entries::AtHead(Box::new(move |head| {
            let statement = RotationStatement {
                origin: inner.keys.origin,
                role: Role::Log,
                old: old.public(),
                new: new.public(),
                from_size: head.size.saturating_add(1),
            };
            let (entry, rotation) = signed_entry(statement, number, &old, &new, &cause)?;
            drop(made.send(rotation));
            inner.prepare(entry)
        }));
        let (reply, answer) = oneshot::channel();
        let job = Job {
            entries,
            guard: None,
            reply,
        };
        self.queue
            .blocking_send(Command::Append(job))
            .map_err(|_| self.shared.refusal())?;
        let receipts = answer.blocking_recv().map_err(|_| self.shared.refusal())??;
        let receipt = receipts.into_iter().next().ok_or_else(|| self.shared.refusal())?;
        let rotation = rotation.blocking_recv().map_err(|_| self.shared.refusal())?;
        Ok((receipt, rotation))
    }

    /// Steps 3 to 5, as far as they aren't done.
    pub(crate) fn hand_over(&self, signer: &mut Signer) -> Result<(), CheckpointError> {
        if signer.retiring.is_none() {
            return Ok(());
        }
        let head = self.shared.head();
        let from = self.log_keys.read().newest_from();
        self.stored_or_signed(signer, from, &head)?;
        self.keep_head(&head)?;
        let der = signer
            .key
            .to_pkcs8_der()
            .map_err(|error| CheckpointError::Unsigned(error.to_string()))?;
        self.store.set(LOG_KEY, &der)?;
        self.store.remove(NEXT_LOG_KEY)?;
        signer.retiring = None;
        Ok(())
    }
}

/// Goes on with a rotation that was cut short after its record. Where that fails, every checkpoint tries it again.
pub(crate) fn resume(inner: &Inner) {
    if inner.signer.lock().retiring.is_none() {
        return;
    }
    // On a thread of its own: it waits for the writer, which no thread of an async runtime may.
    let done = std::thread::scope(|scope| scope.spawn(|| inner.hand_over(&mut inner.signer.lock())).join());
    match done {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(%error, "the rotation of the log's key isn't completed; the next checkpoint does it");
        }
        Err(_) => tracing::error!("completing the rotation of the log's key ended in a panic"),
    }
}

/// The record's entry, with the statement that both keys sign.
fn signed_entry(
    statement: RotationStatement,
    number: usize,
    old: &SigningKey,
    new: &SigningKey,
    cause: &Cause,
) -> Result<(Entry, KeyRotation), AppendError> {
    let invalid = |error: evidence::json::JsonError| AppendError::Invalid(error.to_string());
    let statement_sha256 = Digest::sha256(&statement.to_bytes().map_err(invalid)?);
    let envelope = |key| statement.sign(key)?.to_bytes();
    let (by_old, by_new) = (envelope(old).map_err(invalid)?, envelope(new).map_err(invalid)?);
    let event = KeyRotated {
        context: cause.context.clone(),
        actor: cause.actor.clone(),
        role: statement.role,
        old: statement.old,
        new: statement.new,
        from_size: statement.from_size,
        statement_sha256,
        reason: cause.reason(),
    };
    let listed = StateChange {
        kind: ROTATED,
        key: format!("{number:08}"),
        value: Some(statement.from_size.saturating_sub(1).to_string().into_bytes()),
    };
    let entry = cause
        .entry(event.event())
        .state(listed)
        .envelope(BY_OLD, by_old)
        .envelope(BY_NEW, by_new);
    let rotation = KeyRotation {
        statement,
        statement_sha256,
    };
    Ok((entry, rotation))
}
