//! The one thread that writes. What waits when it is free shares one transaction and one fsync.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::backfill::Backfill;
use crate::core::{Core, Placed, Prepared};
use crate::erasing::{EraseJob, Planned};
use crate::recover::{NotYet, Recovery, describe, let_go};
use crate::shared::Shared;
use crate::{AppendError, Guard, Head, Receipt, WriterState};

/// How many records share a transaction at most.
pub(crate) const BATCH: usize = 512;

/// Makes an entry from the head that it will follow.
pub(crate) type Make = Box<dyn FnOnce(&Head) -> Result<Prepared, AppendError> + Send>;

/// What a job's entries are.
pub(crate) enum Entries {
    /// They are here.
    Ready(Vec<Prepared>),
    /// One that is made from the head that it will follow.
    AtHead(Make),
}

/// Entries that become durable together or not at all.
pub(crate) struct Job {
    pub(crate) entries: Entries,
    pub(crate) guard: Option<Guard>,
    pub(crate) reply: oneshot::Sender<Result<Vec<Receipt>, AppendError>>,
}

/// A signed checkpoint to keep.
pub(crate) struct Note {
    pub(crate) size: u64,
    pub(crate) signed_ms: i64,
    pub(crate) text: String,
    pub(crate) reply: oneshot::Sender<Result<(), AppendError>>,
}

/// What the writer is told.
pub(crate) enum Command {
    Append(Job),
    /// A record that begins a MAC epoch, in a transaction of its own: it seals all rows anew.
    BeginEpoch(Job),
    Keep(Note),
    Erase(Box<EraseJob>),
    EmptyWal {
        doomed: Vec<u64>,
        reply: oneshot::Sender<Result<bool, AppendError>>,
    },
    Close(oneshot::Sender<()>),
}

/// An answer that waits for the commit.
enum Answer {
    Appended(oneshot::Sender<Result<Vec<Receipt>, AppendError>>, Vec<Receipt>),
    Refused(oneshot::Sender<Result<Vec<Receipt>, AppendError>>, AppendError),
    Kept(oneshot::Sender<Result<(), AppendError>>),
}

/// Says so when the writer ends in a panic, which would otherwise look like a writer that runs.
struct Watch(Arc<Shared>);

impl Drop for Watch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop("its writer ended in a panic");
        }
    }
}

/// What the writer has in hand.
enum Hand {
    /// The chain's end, and the connection that makes it durable.
    Writes(Box<Core>),
    /// An error of the disk came between: the connection that failed, and when the file was last tried.
    Waits(Option<Connection>, Instant),
}

/// The writer: runs until it is closed or every sender is gone.
pub(crate) struct Writer {
    hand: Hand,
    recovery: Recovery,
    backfill: Backfill,
    retry_after: Duration,
    shared: Arc<Shared>,
}

impl Writer {
    pub(crate) fn new(
        mut core: Core,
        recovery: Recovery,
        backfill: Backfill,
        retry_after: Duration,
        shared: Arc<Shared>,
    ) -> rusqlite::Result<Self> {
        backfill.watch(&mut core.connection)?;
        Ok(Self {
            hand: Hand::Writes(Box::new(core)),
            recovery,
            backfill,
            retry_after,
            shared,
        })
    }

    pub(crate) fn run(mut self, mut queue: mpsc::Receiver<Command>) {
        let _watch = Watch(Arc::clone(&self.shared));
        let (mut closer, mut first) = (None, None);
        while closer.is_none() && !self.shared.is_closing() {
            let Some(command) = first.take().or_else(|| queue.blocking_recv()) else {
                break;
            };
            match self.take(command, &mut queue) {
                After::Go(next) => first = next,
                After::Close(reply) => closer = Some(reply),
            }
        }
        self.shared.closed();
        // The file is closed before anybody is told that it is.
        match self.hand {
            Hand::Writes(core) => {
                let alone = self.backfill.one_at_a_time();
                let _alone = alone.lock();
                in_one_file(&core.connection);
                drop(core);
            }
            Hand::Waits(failed, _) => failed.into_iter().for_each(let_go),
        }
        queue.close();
        while let Some(command) = first.take().or_else(|| queue.try_recv().ok()) {
            if let After::Close(reply) = refuse(command, &self.shared.refusal()) {
                give(reply, ());
            }
        }
        if let Some(reply) = closer {
            give(reply, ());
        }
    }

    /// A command and what waits behind it.
    fn take(&mut self, first: Command, queue: &mut mpsc::Receiver<Command>) -> After {
        self.try_again();
        let core = match (&mut self.hand, self.shared.state()) {
            (Hand::Writes(core), WriterState::Running) => core,
            _ => return refuse(first, &self.shared.refusal()),
        };
        let mut answers = Vec::new();
        match turn(core, &self.shared, &self.backfill, queue, first, &mut answers) {
            Ok(after) => {
                answers.into_iter().for_each(Answer::give);
                self.backfill.after_commit(&core.connection);
                after
            }
            Err(error) => {
                let why = describe(&error);
                tracing::error!(%why, "the log can't be written; everything is denied");
                self.shared.fail(&why);
                answers
                    .into_iter()
                    .for_each(|answer| answer.deny(&AppendError::Stopped(why.clone())));
                self.recover();
                After::Go(None)
            }
        }
    }

    /// Tries the file again, if that is due.
    fn try_again(&mut self) {
        if let Hand::Waits(_, since) = &self.hand
            && since.elapsed() >= self.retry_after
            && matches!(self.shared.state(), WriterState::Failing(_))
        {
            self.recover();
        }
    }

    /// Opens the file again and verifies it; says what was found.
    fn recover(&mut self) {
        let mut failed = match std::mem::replace(&mut self.hand, Hand::Waits(None, Instant::now())) {
            Hand::Writes(core) => Some(core.connection),
            Hand::Waits(failed, _) => failed,
        };
        let alone = self.backfill.one_at_a_time();
        let alone = alone.lock();
        let reopened = self
            .recovery
            .reopen(&mut failed, &self.shared.head())
            .and_then(|mut core| {
                self.backfill.watch(&mut core.connection)?;
                Ok(core)
            });
        drop(alone);
        match reopened {
            Ok(core) => {
                let found = format!("all {} acknowledged records are there and verify", core.tip.size());
                tracing::warn!(%found, "the log was opened again after an error");
                self.hand = Hand::Writes(Box::new(core));
                self.shared.recover(found);
            }
            Err(NotYet::TryAgain(why)) => {
                self.shared.fail(&why);
                self.hand = Hand::Waits(failed, Instant::now());
            }
            Err(NotYet::Never(why)) => {
                tracing::error!(%why, "the log's writer stops for good");
                self.shared.stop(&why);
                self.hand = Hand::Waits(failed, Instant::now());
            }
        }
    }
}

/// What follows a transaction.
enum After {
    /// The next one, with this command first where it couldn't share the last one.
    Go(Option<Command>),
    /// The end.
    Close(oneshot::Sender<()>),
}

/// Whether a command has to be the first of its transaction: what it makes, it reads out of the log as it then is.
fn comes_first(command: &Command) -> bool {
    matches!(
        command,
        Command::Append(Job {
            entries: Entries::AtHead(_),
            ..
        }) | Command::BeginEpoch(_)
    )
}

/// Answers a command that isn't done.
fn refuse(command: Command, error: &AppendError) -> After {
    match command {
        Command::Append(job) | Command::BeginEpoch(job) => Answer::Refused(job.reply, error.clone()).give(),
        Command::Keep(note) => Answer::Kept(note.reply).deny(error),
        Command::Erase(job) => Answer::Refused(job.reply, error.clone()).give(),
        Command::EmptyWal { reply, .. } => give(reply, Err(error.clone())),
        Command::Close(reply) => return After::Close(reply),
    }
    After::Go(None)
}

/// One transaction: the first command and what waits behind it.
fn turn(
    core: &mut Core,
    shared: &Shared,
    backfill: &Backfill,
    queue: &mut mpsc::Receiver<Command>,
    first: Command,
    answers: &mut Vec<Answer>,
) -> rusqlite::Result<After> {
    let mut next = Some(first);
    let mut written: Vec<Placed> = Vec::new();
    let mut begun = false;
    let mut after = After::Go(None);
    let mut emptying = None;
    while let Some(command) = next.take() {
        match command {
            Command::Close(reply) => {
                after = After::Close(reply);
                break;
            }
            command if begun && comes_first(&command) => {
                after = After::Go(Some(command));
                break;
            }
            Command::Keep(note) => {
                answers.push(Answer::Kept(note.reply));
                begin_once(core, &mut begun)?;
                core.insert_checkpoint(note.size, note.signed_ms, &note.text)?;
            }
            Command::EmptyWal { doomed, reply } => {
                emptying = Some((doomed, reply));
                break;
            }
            Command::Erase(job) => match place_erasure(core, *job)? {
                Err((reply, error)) => answers.push(Answer::Refused(reply, error)),
                Ok(Erasing { placed, planned, reply }) => {
                    let origin = core.keys.origin;
                    answers.push(Answer::Appended(reply, vec![placed.receipt(origin)]));
                    begin_once(core, &mut begun)?;
                    core.insert(&placed)?;
                    core.erase(planned, placed.at.head.sequence)?;
                    written.push(placed);
                }
            },
            Command::Append(job) => {
                written.extend(append(core, job, &mut begun, answers)?);
            }
            Command::BeginEpoch(job) => {
                let placed = append(core, job, &mut begun, answers)?;
                if !placed.is_empty() {
                    core.begin_epoch()?;
                }
                written.extend(placed);
                break;
            }
        }
        if written.len() < BATCH {
            next = queue.try_recv().ok();
        }
    }
    if begun {
        core.commit()?;
        shared.publish(
            &core.tip,
            written.iter().map(|placed| (placed.event.stream(), placed.at.head)),
        );
    }
    // Outside of any transaction, and after everything that was queued before.
    if let Some((doomed, reply)) = emptying {
        let alone = backfill.one_at_a_time();
        let _alone = alone.lock();
        let emptied = core.empty_wal(&doomed)?;
        give(reply, Ok(emptied));
    }
    Ok(after)
}

/// Gives a job's entries their places and puts them into the transaction.
fn append(core: &mut Core, job: Job, begun: &mut bool, answers: &mut Vec<Answer>) -> rusqlite::Result<Vec<Placed>> {
    let Job { entries, guard, reply } = job;
    match place(core, entries, guard.as_ref())? {
        Err(error) => {
            answers.push(Answer::Refused(reply, error));
            Ok(Vec::new())
        }
        Ok(placed) => {
            let origin = core.keys.origin;
            let receipts = placed.iter().map(|placed| placed.receipt(origin)).collect();
            answers.push(Answer::Appended(reply, receipts));
            begin_once(core, begun)?;
            placed.iter().try_for_each(|placed| core.insert(placed))?;
            Ok(placed)
        }
    }
}

fn begin_once(core: &Core, begun: &mut bool) -> rusqlite::Result<()> {
    if !*begun {
        core.begin()?;
        *begun = true;
    }
    Ok(())
}

fn place(
    core: &mut Core,
    entries: Entries,
    guard: Option<&Guard>,
) -> rusqlite::Result<Result<Vec<Placed>, AppendError>> {
    if guard.is_some_and(|guard| !core.holds(guard)) {
        return Ok(Err(AppendError::Moved));
    }
    let entries = match entries {
        Entries::Ready(entries) => Ok(entries),
        Entries::AtHead(make) => match core.tip.head() {
            Some(head) => make(&head).map(|entry| vec![entry]),
            None => Err(AppendError::Invalid("the log is empty".to_owned())),
        },
    };
    let entries = match entries {
        Ok(entries) => entries,
        Err(error) => return Ok(Err(error)),
    };
    Ok(match core.check_names(&entries)? {
        Ok(()) => core.place_all(entries),
        Err(error) => Err(error),
    })
}

type Refused = (oneshot::Sender<Result<Vec<Receipt>, AppendError>>, AppendError);

/// An erasure that has its place.
struct Erasing {
    placed: Placed,
    planned: Planned,
    reply: oneshot::Sender<Result<Vec<Receipt>, AppendError>>,
}

fn place_erasure(core: &mut Core, job: EraseJob) -> rusqlite::Result<Result<Erasing, Refused>> {
    let EraseJob {
        record,
        uids,
        moves,
        reply,
    } = job;
    let planned = match core.plan_erasure(&uids, &moves, &record) {
        Ok(Ok(planned)) => planned,
        Ok(Err(error)) => return Ok(Err((reply, error))),
        Err(error) => return Ok(Err((reply, AppendError::Invalid(error.to_string())))),
    };
    let placed = match place(core, Entries::Ready(vec![record]), None)? {
        Ok(placed) => placed,
        Err(error) => return Ok(Err((reply, error))),
    };
    Ok(match placed.into_iter().next() {
        Some(placed) => Ok(Erasing { placed, planned, reply }),
        None => Err((reply, AppendError::Invalid("an erasure needs its record".to_owned()))),
    })
}

impl Answer {
    fn give(self) {
        match self {
            Self::Appended(reply, receipts) => give(reply, Ok(receipts)),
            Self::Refused(reply, error) => give(reply, Err(error)),
            Self::Kept(reply) => give(reply, Ok(())),
        }
    }

    fn deny(self, error: &AppendError) {
        match self {
            Self::Appended(reply, _) => give(reply, Err(error.clone())),
            Self::Refused(reply, own) => give(reply, Err(own)),
            Self::Kept(reply) => give(reply, Err(error.clone())),
        }
    }
}

/// A caller that went away doesn't need its answer; the record is there all the same.
fn give<T>(reply: oneshot::Sender<T>, answer: T) {
    drop(reply.send(answer));
}

/// Moves what is in the WAL into the file, so that a log that was closed can be copied as one file. SQLite does so when the
/// last connection closes only where that one may write, and a reader's may be the last.
fn in_one_file(connection: &Connection) {
    let moved: rusqlite::Result<i64> = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
    if !matches!(moved, Ok(0)) {
        tracing::warn!(?moved, "the log's last records stay in its WAL until the next start");
    }
}
