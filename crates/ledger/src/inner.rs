//! What the ledger's users and its own threads share.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use evidence::Stream;
use evidence::rotation::LogKeys;
use parking_lot::{Mutex, RwLock};
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{mpsc, oneshot};
use vault::KeyStore;

use crate::content_keys::ContentKeys;
use crate::core::{ChainKeys, Prepared, PreparedContent};
use crate::head::KeptHead;
use crate::read::Readers;
use crate::shared::Shared;
use crate::signer::Signer;
use crate::source::Clock;
use crate::writer::{Command, Entries, Job};
use crate::{AppendError, Entry, Guard, NewContent, Receipt, kept};

/// Contents larger than this in all are sealed on a thread that may block.
const LARGE: usize = 256 * 1024;

pub(crate) struct Inner {
    pub(crate) shared: Arc<Shared>,
    pub(crate) readers: Readers,
    pub(crate) keys: Arc<ChainKeys>,
    /// The keys that checkpoints have been signed with.
    pub(crate) log_keys: RwLock<LogKeys>,
    /// Held while a checkpoint is signed and stored. The writer never takes it.
    pub(crate) signer: Mutex<Signer>,
    pub(crate) content_keys: ContentKeys,
    /// Read while contents are sealed and queued; written by an erasure, which changes the keys that they are sealed
    /// under. The queue keeps the order, so whatever was sealed under an old key is stored before that is given up.
    pub(crate) sealing: tokio::sync::RwLock<()>,
    pub(crate) store: Arc<dyn KeyStore>,
    pub(crate) queue: mpsc::Sender<Command>,
    /// How long a caller waits for a place in the queue.
    pub(crate) queue_wait: Duration,
    pub(crate) clock: Clock,
    /// One rotation of a key at a time.
    pub(crate) rotating: tokio::sync::Mutex<()>,
    /// The head in the key store. Locked for a moment only: the writer takes it, too, after an error of the disk.
    pub(crate) kept: Arc<Mutex<KeptHead>>,
    /// The data directory, where the log was opened to be read alone.
    pub(crate) reads_only: Option<PathBuf>,
    /// The first record that opening looked at.
    pub(crate) opened_from: u64,
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
        let contents = match contents.is_empty() {
            true => Vec::new(),
            false => self.seal_contents(draft.stream(), contents)?,
        };
        let event = draft
            .prepare()
            .map_err(|error| AppendError::Invalid(error.to_string()))?;
        Ok(Prepared {
            event,
            contents,
            state,
            envelopes,
        })
    }

    fn seal_contents(&self, stream: &Stream, contents: Vec<NewContent>) -> Result<Vec<PreparedContent>, AppendError> {
        let unread = |error: rusqlite::Error| AppendError::Invalid(format!("its contents can't be sealed ({error})"));
        let (group, sealer) = self.content_keys.current(stream, contents.len() as u64, || {
            self.readers.with(|db| kept::newest_group(db, stream)).map_err(unread)
        })?;
        contents
            .into_iter()
            .map(|content| {
                if content.header().length != content.bytes().len() as u64 {
                    return Err(AppendError::Invalid(
                        "a content's header says another length than it has".to_owned(),
                    ));
                }
                let uid = content.header().content_uid.as_bytes();
                let sealed = sealer
                    .seal_content(uid, content.salt(), content.bytes())
                    .map_err(|error| AppendError::Invalid(error.to_string()))?;
                Ok(PreparedContent {
                    header: content.into_header(),
                    group,
                    sealed,
                })
            })
            .collect()
    }

    /// Seals what the entries hold and queues them; waits until they are on disk.
    pub(crate) async fn append(
        self: &Arc<Self>,
        entries: Vec<Entry>,
        guard: Option<Guard>,
    ) -> Result<Vec<Receipt>, AppendError> {
        let sealing = self.sealing.read().await;
        let prepared = self.prepare_all(entries).await?;
        let answer = self.queue(Entries::Ready(prepared), guard).await?;
        drop(sealing);
        answer.await.map_err(|_| self.shared.refusal())?
    }

    /// As [`prepare`](Self::prepare), off the async threads where there is much to seal, or a key to be made.
    async fn prepare_all(self: &Arc<Self>, entries: Vec<Entry>) -> Result<Vec<Prepared>, AppendError> {
        let bytes: usize = entries
            .iter()
            .flat_map(|entry| &entry.contents)
            .map(|content| content.bytes().len())
            .sum();
        let ready = |entry: &Entry| entry.contents.is_empty() || self.content_keys.is_ready(entry.draft.stream());
        if bytes <= LARGE && entries.iter().all(ready) {
            return entries.into_iter().map(|entry| self.prepare(entry)).collect();
        }
        let inner = Arc::clone(self);
        tokio::task::spawn_blocking(move || entries.into_iter().map(|entry| inner.prepare(entry)).collect())
            .await
            .map_err(|error| AppendError::Invalid(format!("its contents weren't sealed ({error})")))?
    }

    /// Hands entries to the writer and waits until they are on disk.
    pub(crate) async fn submit(&self, entries: Entries, guard: Option<Guard>) -> Result<Vec<Receipt>, AppendError> {
        let answer = self.queue(entries, guard).await?;
        answer.await.map_err(|_| self.shared.refusal())?
    }

    async fn queue(&self, entries: Entries, guard: Option<Guard>) -> Result<Answer, AppendError> {
        let (reply, answer) = oneshot::channel();
        let job = Command::Append(Job { entries, guard, reply });
        self.queue
            .send_timeout(job, self.queue_wait)
            .await
            .map_err(|error| match error {
                SendTimeoutError::Timeout(_) => self.shared.turned_away(),
                SendTimeoutError::Closed(_) => self.shared.refusal(),
            })?;
        Ok(answer)
    }
}

/// What the writer will say.
type Answer = oneshot::Receiver<Result<Vec<Receipt>, AppendError>>;
