//! The log as its users hold it.

use std::path::Path;
use std::sync::{Arc, mpsc as channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use tokio::sync::{mpsc, oneshot, watch};
use vault::KeyStore;

use crate::backfill::Backfill;
use crate::content_keys::ContentKeys;
use crate::inner::Inner;
use crate::open::Verified;
use crate::read::Readers;
use crate::recover::Recovery;
use crate::shared::Shared;
use crate::source::Clock;
use crate::writer::{BATCH, Command, Entries, Writer};
use crate::{
    AppendError, AtHead, CheckpointError, CreateError, Durable, Genesis, Good, Guard, OpenError, Recordable, Sealed,
    WriterLock, WriterState, checkpoints, create, database, erasing, kept, open, rotate, signer,
};

/// How a log is run.
#[derive(Debug, Clone)]
pub struct Options {
    /// How many entries may wait for the writer before callers wait for the queue. Default 1,024.
    pub queue: usize,
    /// How long a caller waits for a place in the queue before it is turned away. Default two seconds.
    pub queue_wait: Duration,
    /// How long a caller waits for a key store that has to make or give a key, and may be asking a person. Default ten
    /// seconds.
    pub key_store_wait: Duration,
    /// How often a checkpoint is made while records arrive. Default five minutes.
    pub checkpoint_every: Duration,
    /// How long after an error of the disk a record has to come for the file to be tried again. Default one second.
    pub retry_after: Duration,
    /// Where the time comes from.
    pub clock: Clock,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            queue: 1024,
            queue_wait: Duration::from_secs(2),
            key_store_wait: Duration::from_secs(10),
            checkpoint_every: Duration::from_secs(300),
            retry_after: Duration::from_secs(1),
            clock: Clock::default(),
        }
    }
}

/// An open log. Share it by [`Arc`].
///
/// Dropping it ends the writer after the transaction it is at; [`Ledger::close`] also signs a last checkpoint.
pub struct Ledger {
    pub(crate) inner: Arc<Inner>,
    running: Mutex<Option<Running>>,
}

/// What runs until the log is closed. The lock comes last: it is given back when the threads have ended.
struct Running {
    threads: Vec<JoinHandle<()>>,
    timer: channel::Sender<()>,
    _lock: WriterLock,
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger")
            .field("origin", self.origin())
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

impl Ledger {
    /// Whether the directory holds a log.
    #[must_use]
    pub fn exists(data_dir: &Path) -> bool {
        data_dir.join(database::FILE).exists()
    }

    /// Makes a log in the lock's directory and opens it: the keys `log-key`, `mac-0` and `vault-key` where the key store
    /// has none yet, DATA/log.sqlite with record 0, its checkpoint, and the head in the key store. Blocking.
    ///
    /// # Errors
    /// There is a log already, or the key store holds the head of one that isn't here; the key store or disk fails.
    pub fn create(
        lock: WriterLock,
        store: Arc<dyn KeyStore>,
        genesis: &Genesis,
        options: &Options,
    ) -> Result<Self, CreateError> {
        create::create(lock.data_dir(), store.as_ref(), genesis, &options.clock)?;
        Ok(Self::open(lock, store, options, |_, _| {})?)
    }

    /// Opens the log in the lock's directory and verifies it: from the head in the key store to its end, and what the
    /// engine acts on; or all of it, where that head isn't one that was verified, or something doesn't go on from it.
    /// `progress(done, of)` is told now and then. Blocking: for a moment, and some hundred thousand records a second.
    ///
    /// [`Ledger::verify`] looks at what was verified earlier, too.
    ///
    /// # Errors
    /// Whatever doesn't verify, and a database that is behind or off the head in the key store: see [`OpenError`].
    pub fn open(
        lock: WriterLock,
        store: Arc<dyn KeyStore>,
        options: &Options,
        progress: impl FnMut(u64, u64),
    ) -> Result<Self, OpenError> {
        let path = lock.data_dir().join(database::FILE);
        let Verified {
            mut core,
            signer,
            log_keys,
            kept: mut head_kept,
            from,
        } = open::open(lock.data_dir(), store.as_ref(), options.clock.clone(), progress)?;
        if !head_kept.verified {
            head_kept.verified = true;
            head_kept.keep(store.as_ref())?;
        }
        let content_keys = ContentKeys::new(
            Arc::clone(&store),
            &core.keys.origin,
            kept::next_group(&core.connection)?,
        );
        erasing::resume(&mut core, &content_keys)?;
        signer::tidy(store.as_ref(), &signer)?;
        let head = core.tip.head().ok_or(OpenError::Broken {
            sequence: Some(0),
            what: "it is missing".to_owned(),
            good: Good::default(),
        })?;
        let shared = Arc::new(Shared::new(head, &core.streams));
        let (queue, commands) = mpsc::channel(options.queue.max(1));
        let kept = Arc::new(Mutex::new(head_kept));
        let recovery = Recovery {
            path: path.clone(),
            keys: Arc::clone(&core.keys),
            kept: Arc::clone(&kept),
            clock: options.clock.clone(),
        };
        let inner = Arc::new(Inner {
            shared: Arc::clone(&shared),
            readers: Readers::new(path.clone()),
            keys: Arc::clone(&core.keys),
            log_keys: RwLock::new(log_keys),
            signer: Mutex::new(signer),
            content_keys,
            sealing: Arc::default(),
            rotating: tokio::sync::Mutex::default(),
            store,
            queue,
            queue_wait: options.queue_wait,
            key_store_wait: options.key_store_wait,
            clock: options.clock.clone(),
            kept,
            reads_only: None,
            opened_from: from,
        });
        let (backfill, backfilling) = Backfill::start(&path)?;
        let writer = Writer::new(core, recovery, backfill, options.retry_after, shared)?;
        let running = Running::start(&inner, writer, commands, options.checkpoint_every, backfilling, lock)?;
        rotate::resume(&inner);
        Ok(Self {
            inner,
            running: Mutex::new(Some(running)),
        })
    }

    /// A log without a writer.
    pub(crate) fn unwritten(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner),
            running: Mutex::new(None),
        }
    }

    /// Appends; answers when the record and all that belongs to it are on disk.
    ///
    /// A caller that is dropped while it waits may still have been recorded.
    ///
    /// # Errors
    /// [`AppendError`]: in every case nothing may follow from `value`.
    pub async fn append<R: Recordable>(&self, value: R) -> Result<Durable<R::Recorded>, AppendError> {
        self.one(None, value).await
    }

    /// As [`append`](Self::append), if `guard` holds when the record gets its place.
    ///
    /// # Errors
    /// [`AppendError::Moved`] where it doesn't.
    pub async fn append_if<R: Recordable>(&self, guard: Guard, value: R) -> Result<Durable<R::Recorded>, AppendError> {
        self.one(Some(guard), value).await
    }

    async fn one<R: Recordable>(&self, guard: Option<Guard>, value: R) -> Result<Durable<R::Recorded>, AppendError> {
        let (entry, recorded) = value.into_entry();
        let receipts = self.inner.append(vec![entry], guard).await?;
        let receipt = receipts.into_iter().next().ok_or_else(|| self.inner.shared.refusal())?;
        Ok(Durable::new(recorded, receipt))
    }

    /// Appends several in their order, all of them or none, in one transaction.
    ///
    /// # Errors
    /// [`AppendError::Invalid`] also where there are more than 512.
    pub async fn append_all<R: Recordable>(&self, values: Vec<R>) -> Result<Vec<Durable<R::Recorded>>, AppendError> {
        if values.len() > BATCH {
            return Err(AppendError::Invalid(format!(
                "{} records at once; {BATCH} is the most",
                values.len()
            )));
        }
        let (entries, recorded): (Vec<_>, Vec<_>) = values.into_iter().map(Recordable::into_entry).unzip();
        let receipts = self.inner.append(entries, None).await?;
        Ok(recorded
            .into_iter()
            .zip(receipts)
            .map(|(value, receipt)| Durable::new(value, receipt))
            .collect())
    }

    /// Appends what `make` makes from the head that the record will follow, for records that speak of it (an export).
    /// `make` runs on the writer's thread, while nothing else is written and everything before the head can be read: it
    /// should be short, and its contents small.
    ///
    /// # Errors
    /// As [`append_if`](Self::append_if), and whatever `make` answers.
    pub async fn append_at_head<R: Recordable>(
        &self,
        guard: Option<Guard>,
        make: impl FnOnce(&AtHead<'_>) -> Result<R, AppendError> + Send + 'static,
    ) -> Result<Durable<R::Recorded>, AppendError>
    where
        R::Recorded: Send + 'static,
    {
        let (made, recorded) = oneshot::channel();
        let inner = Arc::clone(&self.inner);
        let entries = Entries::AtHead(Box::new(move |head| {
            let (entry, recorded) = make(&AtHead::new(head, &inner))?.into_entry();
            let prepared = inner.prepare(entry)?;
            drop(made.send(recorded));
            Ok(prepared)
        }));
        let receipts = self.inner.submit(entries, guard).await?;
        let receipt = receipts.into_iter().next().ok_or_else(|| self.inner.shared.refusal())?;
        let recorded = recorded.await.map_err(|_| self.inner.shared.refusal())?;
        Ok(Durable::new(recorded, receipt))
    }

    /// Whether the writer accepts records.
    #[must_use]
    pub fn state(&self) -> WriterState {
        self.inner.shared.state()
    }

    /// The log's size, told each time it grew.
    #[must_use]
    pub fn grown(&self) -> watch::Receiver<u64> {
        self.inner.shared.grown()
    }

    /// The size of the checkpoint that was stored last by this process, told each time there is a new one.
    #[must_use]
    pub fn sealed(&self) -> watch::Receiver<u64> {
        self.inner.shared.sealed()
    }

    /// Signs a checkpoint of everything that is on disk, stores it, and keeps the head in the key store.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub async fn checkpoint(&self) -> Result<Sealed, CheckpointError> {
        self.seal(None).await
    }

    /// Signs a checkpoint of the first `size` records, the one that a case file is proved to, and stores it.
    ///
    /// # Errors
    /// [`CheckpointError`], also where the log hasn't so many records.
    pub async fn checkpoint_at(&self, size: u64) -> Result<Sealed, CheckpointError> {
        self.seal(Some(size)).await
    }

    async fn seal(&self, size: Option<u64>) -> Result<Sealed, CheckpointError> {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || inner.seal(size))
            .await
            .map_err(|error| CheckpointError::Unsigned(error.to_string()))?
    }

    /// Answers what is queued, signs a last checkpoint, keeps the head, closes the file and gives the lock back.
    /// Later appends answer [`AppendError::Stopped`].
    ///
    /// # Errors
    /// The last checkpoint or its head failed; the log is closed all the same.
    pub async fn close(&self) -> Result<(), CheckpointError> {
        let sealed = match self.state() {
            WriterState::Running => self.checkpoint().await.map(drop),
            WriterState::Closed | WriterState::Failing(_) | WriterState::Stopped(_) => Ok(()),
        };
        self.inner.readers.close();
        let (reply, closed) = oneshot::channel();
        if self.inner.queue.send(Command::Close(reply)).await.is_ok() {
            // An error means that the writer ended before it read this.
            drop(closed.await);
        }
        if let Some(running) = self.running.lock().take() {
            running.end();
        }
        sealed
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        let Some(running) = self.running.get_mut().take() else {
            return;
        };
        self.inner.shared.close_soon();
        // Wakes a writer that waits; one that is busy looks by itself.
        drop(self.inner.queue.try_send(Command::Close(oneshot::channel().0)));
        self.inner.readers.close();
        running.end();
    }
}

impl Running {
    fn start(
        inner: &Arc<Inner>,
        writer: Writer,
        commands: mpsc::Receiver<Command>,
        checkpoint_every: Duration,
        backfilling: JoinHandle<()>,
        lock: WriterLock,
    ) -> Result<Self, OpenError> {
        let failed = |error: std::io::Error| OpenError::Storage(format!("its threads can't be started ({error})"));
        let writing = Builder::new()
            .name("ledger-writer".to_owned())
            .spawn(move || writer.run(commands))
            .map_err(failed)?;
        let (timer, closed) = channel::channel();
        let weak = Arc::downgrade(inner);
        let sealing = Builder::new()
            .name("ledger-checkpoints".to_owned())
            .spawn(move || checkpoints::run(&weak, checkpoint_every, &closed))
            .map_err(failed)?;
        Ok(Self {
            threads: vec![writing, sealing, backfilling],
            timer,
            _lock: lock,
        })
    }

    /// Waits for the threads, which end within a transaction, then gives the lock back.
    fn end(self) {
        let Self { threads, timer, _lock } = self;
        drop(timer);
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the ledger ended in a panic");
            }
        }
    }
}
