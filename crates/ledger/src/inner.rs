//! What the ledger's users and its own threads share.

use std::sync::Arc;

use evidence::{PublicKey, SigningKey};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};
use vault::{KeyStore, Sealer};

use crate::core::{ChainKeys, Prepared, PreparedContent};
use crate::read::Readers;
use crate::shared::Shared;
use crate::writer::{Command, Entries, Job};
use crate::{AppendError, Entry, Guard, Receipt};

/// Contents larger than this in all are sealed on a thread that may block.
const LARGE: usize = 256 * 1024;

pub(crate) struct Inner {
    pub(crate) shared: Arc<Shared>,
    pub(crate) readers: Readers,
    pub(crate) keys: Arc<ChainKeys>,
    pub(crate) log_key: SigningKey,
    pub(crate) public: PublicKey,
    pub(crate) sealer: Sealer,
    pub(crate) store: Arc<dyn KeyStore>,
    pub(crate) queue: mpsc::Sender<Command>,
    /// The size of the head in the key store.
    pub(crate) kept: Mutex<u64>,
}

impl Inner {
    /// Validates an entry's event, writes it but for its place, and seals its contents, so that the writer doesn't have to.
    pub(crate) fn prepare(&self, entry: Entry) -> Result<Prepared, AppendError> {
        let Entry {
            draft,
            contents,
            state,
            envelopes,
        } = entry;
        let event = draft
            .prepare()
            .map_err(|error| AppendError::Invalid(error.to_string()))?;
        let contents = contents
            .into_iter()
            .map(|content| {
                if content.header.length != content.bytes.len() as u64 {
                    return Err(AppendError::Invalid(
                        "a content's header says another length than it has".to_owned(),
                    ));
                }
                let uid = content.header.content_uid.as_bytes();
                let sealed = self
                    .sealer
                    .seal_content(uid, &content.salt, &content.bytes)
                    .map_err(|error| AppendError::Invalid(error.to_string()))?;
                Ok(PreparedContent {
                    header: content.header,
                    sealed,
                })
            })
            .collect::<Result<_, _>>()?;
        Ok(Prepared {
            event,
            contents,
            state,
            envelopes,
        })
    }

    /// As [`prepare`](Self::prepare), off the async threads where there is much to seal.
    pub(crate) async fn prepare_all(self: &Arc<Self>, entries: Vec<Entry>) -> Result<Vec<Prepared>, AppendError> {
        let bytes: usize = entries
            .iter()
            .flat_map(|entry| &entry.contents)
            .map(|content| content.bytes.len())
            .sum();
        if bytes <= LARGE {
            return entries.into_iter().map(|entry| self.prepare(entry)).collect();
        }
        let inner = Arc::clone(self);
        tokio::task::spawn_blocking(move || entries.into_iter().map(|entry| inner.prepare(entry)).collect())
            .await
            .map_err(|error| AppendError::Invalid(format!("its contents weren't sealed ({error})")))?
    }

    /// Hands entries to the writer and waits until they are on disk.
    pub(crate) async fn submit(&self, entries: Entries, guard: Option<Guard>) -> Result<Vec<Receipt>, AppendError> {
        let (reply, answer) = oneshot::channel();
        let job = Command::Append(Job { entries, guard, reply });
        self.queue.send(job).await.map_err(|_| self.shared.refusal())?;
        answer.await.map_err(|_| self.shared.refusal())?
    }
}
