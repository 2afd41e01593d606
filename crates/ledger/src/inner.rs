//! What the ledger's users and its own threads share.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use evidence::Stream;
use evidence::rotation::LogKeys;
use parking_lot::{Mutex, RwLock};
use tokio::sync::mpsc::error::SendTimeoutError;
use tokio::sync::{mpsc, oneshot};
use vault::{KeyStore, KeyStoreError, Sealer};

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
    /// under. The queue keeps the order, so whatever was sealed under an old key is stored before that is given up. Whoever
    /// asks the key store has it until the key store has answered, also where nobody waits for that any more.
    pub(crate) sealing: Arc<tokio::sync::RwLock<()>>,
    pub(crate) store: Arc<dyn KeyStore>,
    pub(crate) queue: mpsc::Sender<Command>,
    /// How long a caller waits for a place in the queue.
    pub(crate) queue_wait: Duration,
    /// How long a caller waits for a key store that has to make or give a key.
    pub(crate) key_store_wait: Duration,
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
    /// It may wait for the key store.
    pub(crate) fn prepare(&self, entry: Entry) -> Result<Prepared, AppendError> {
        let key = match entry.contents.len() as u64 {
            0 => None,
            count => Some(self.content_key(entry.draft.stream(), count)?),
        };
        prepared(entry, key)
    }

    /// As [`prepare`](Self::prepare), where it needn't wait for the key store; else the entry comes back.
    fn prepare_at_once(&self, entry: Entry) -> Result<Result<Prepared, AppendError>, Box<Entry>> {
        match entry.contents.len() as u64 {
            0 => Ok(prepared(entry, None)),
            count => match self.content_keys.at_hand(entry.draft.stream(), count) {
                Some(key) => Ok(prepared(entry, Some(key))),
                None => Err(Box::new(entry)),
            },
        }
    }

    fn content_key(&self, stream: &Stream, count: u64) -> Result<(u64, Arc<Sealer>), AppendError> {
        let unread = |error: rusqlite::Error| AppendError::Invalid(format!("its contents can't be sealed ({error})"));
        self.content_keys.current(stream, count, || {
            self.readers.with(|db| kept::newest_group(db, stream)).map_err(unread)
        })
    }
    /// Seals what the entries hold and queues them; waits until they are on disk.
    pub(crate) async fn append(
        self: &Arc<Self>,
        entries: Vec<Entry>,
        guard: Option<Guard>,
    ) -> Result<Vec<Receipt>, AppendError> {
        let (prepared, sealing) = tokio::time::timeout(self.key_store_wait, self.prepare_all(entries))
            .await
            .map_err(|_| self.silent_key_store())??;
        let answer = self.queue(Entries::Ready(prepared), guard).await?;
        drop(sealing);
        answer.await.map_err(|_| self.shared.refusal())?
    }

    /// As [`prepare`](Self::prepare), off the async threads where there is much to seal, or a key to be made. The key store
    /// may wait for a person; a caller doesn't. With it comes what no erasure begins before it is dropped.
    async fn prepare_all(self: &Arc<Self>, entries: Vec<Entry>) -> Result<(Vec<Prepared>, Sealing), AppendError> {
        let sealing = Arc::clone(&self.sealing).read_owned().await;
        let bytes: usize = entries
            .iter()
            .flat_map(|entry| &entry.contents)
            .map(|content| content.bytes().len())
            .sum();
        let (mut done, mut left) = (Vec::with_capacity(entries.len()), entries.into_iter());
        let first = match bytes <= LARGE {
            true => loop {
                match left.next().map(|entry| self.prepare_at_once(entry)) {
                    None => return Ok((done, sealing)),
                    Some(Ok(prepared)) => done.push(prepared?),
                    Some(Err(entry)) => break Some(*entry),
                }
            },
            false => None,
        };
        let inner = Arc::clone(self);
        let left = first.into_iter().chain(left);
        let preparing = tokio::task::spawn_blocking(move || {
            for entry in left {
                done.push(inner.prepare(entry)?);
            }
            Ok((done, sealing))
        });
        preparing
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

    /// Why nothing is written: the key store may be asking a person.
    pub(crate) fn silent_key_store(&self) -> AppendError {
        AppendError::from(KeyStoreError::NoAccess {
            name: "content-key".to_owned(),
            reason: format!("it didn't answer within {} s", self.key_store_wait.as_secs_f32()),
        })
    }
}

fn prepared(entry: Entry, key: Option<(u64, Arc<Sealer>)>) -> Result<Prepared, AppendError> {
    let Entry {
        draft,
        contents,
        state,
        envelopes,
    } = entry;
    let contents = match key {
        Some((group, sealer)) => sealed(group, &sealer, contents)?,
        None => Vec::new(),
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

fn sealed(group: u64, sealer: &Sealer, contents: Vec<NewContent>) -> Result<Vec<PreparedContent>, AppendError> {
    let seal = |content: NewContent| {
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
    };
    contents.into_iter().map(seal).collect()
}

/// While this is there, the keys of contents stay as they are.
type Sealing = tokio::sync::OwnedRwLockReadGuard<()>;

/// What the writer will say.
type Answer = oneshot::Receiver<Result<Vec<Receipt>, AppendError>>;
