//! The one thread that writes. What waits when it is free shares one transaction and one fsync.

use rusqlite::config::DbConfig;
use tokio::sync::{mpsc, oneshot};

use crate::core::{Core, Placed, Prepared};
use crate::erasing::{EraseJob, Planned};
use crate::shared::Shared;
use crate::{AppendError, Guard, Head, Receipt};

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
struct Watch<'a>(&'a Shared);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop("its writer ended in a panic");
        }
    }
}

/// Runs until it is closed, every sender is gone, or a commit fails.
pub(crate) fn run(mut core: Core, shared: &Shared, mut queue: mpsc::Receiver<Command>) {
    let _watch = Watch(shared);
    let mut closer = None;
    let mut first = None;
    while closer.is_none() && !shared.is_closing() {
        let Some(command) = first.take().or_else(|| queue.blocking_recv()) else {
            break;
        };
        let mut answers = Vec::new();
        match turn(&mut core, shared, &mut queue, command, &mut answers) {
            Ok(After::Close(reply)) => {
                answers.into_iter().for_each(Answer::give);
                closer = Some(reply);
            }
            Ok(After::Go(next)) => {
                answers.into_iter().for_each(Answer::give);
                first = next;
            }
            Err(error) => {
                let why = describe(&error);
                tracing::error!(%why, "the log's writer stops for good");
                shared.stop(&why);
                // After a failed fsync nothing of this file may be copied from the WAL into the database unverified.
                if let Err(error) = core
                    .connection
                    .set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
                {
                    tracing::warn!(%error, "the WAL will be checkpointed when the log is closed");
                }
                answers
                    .into_iter()
                    .for_each(|answer| answer.deny(&AppendError::Stopped(why.clone())));
                break;
            }
        }
    }
    shared.closed();
    // The file is closed before anybody is told that it is.
    drop(core);
    queue.close();
    while let Some(command) = first.take().or_else(|| queue.try_recv().ok()) {
        match command {
            Command::Append(job) => Answer::Refused(job.reply, shared.refusal()).give(),
            Command::Keep(note) => Answer::Kept(note.reply).deny(&shared.refusal()),
            Command::Erase(job) => Answer::Refused(job.reply, shared.refusal()).give(),
            Command::EmptyWal { reply, .. } => give(reply, Err(shared.refusal())),
            Command::Close(reply) => give(reply, ()),
        }
    }
    if let Some(reply) = closer {
        give(reply, ());
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
        })
    )
}

/// One transaction: the first command and what waits behind it.
fn turn(
    core: &mut Core,
    shared: &Shared,
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
            Command::Append(Job { entries, guard, reply }) => match place(core, entries, guard.as_ref())? {
                Err(error) => answers.push(Answer::Refused(reply, error)),
                Ok(placed) => {
                    let origin = core.keys.origin;
                    answers.push(Answer::Appended(
                        reply,
                        placed.iter().map(|p| p.receipt(origin)).collect(),
                    ));
                    begin_once(core, &mut begun)?;
                    placed.iter().try_for_each(|placed| core.insert(placed))?;
                    written.extend(placed);
                }
            },
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
        let emptied = core.empty_wal(&doomed)?;
        give(reply, Ok(emptied));
    }
    Ok(after)
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

/// What stopped the writer, for a person.
fn describe(error: &rusqlite::Error) -> String {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DiskFull) => "the disk is full".to_owned(),
        Some(rusqlite::ErrorCode::SystemIoFailure) => format!("the disk failed ({error})"),
        _ => format!("the record couldn't be stored ({error})"),
    }
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
