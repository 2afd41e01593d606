//! Erasing contents: afterwards neither key nor salt nor a byte of them is in the database, its WAL, or the key store.
//!
//! ```text
//! 1  a new key-encryption key in the key store, for what stays of the group
//! 2  one transaction: the erasure's record; the erased contents' keys overwritten with zeros and their bodies dropped;
//!    what stays of the group wrapped under the new key; the old key doomed (a row of the state table)
//! 3  the old key is destroyed in the key store: what copies of the database hold of it opens no more
//! 4  the WAL is emptied into the database, and the doom is done
//! ```
//!
//! Cut short before 2, nothing has happened but a key that wraps nothing, whose number is used again. After 2, the next
//! opening goes on with 3 and 4 before anything is served ([`resume`]).
//!
//! `VACUUM` isn't needed for this: `secure_delete` zeroes what is freed, and wrapped keys are overwritten in place
//! (schema.sql says why no page keeps a copy). What may be left in the unused part of a page is a piece of a body whose
//! key is gone.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use evidence::Stream;
use rusqlite::params;
use tokio::sync::oneshot;
use vault::{KeyStoreError, Sealer};

use crate::content_keys::ContentKeys;
use crate::core::{Core, Prepared};
use crate::inner::Inner;
use crate::rows::{RowMac, toggle};
use crate::writer::Command;
use crate::{AppendError, Durable, Ledger, ReadError, Receipt, Recordable, StateChange, kept, read};

/// The state of a key-encryption key that is still to be destroyed; its key is the group's number.
const DOOMED: &str = "doomed_content_key";
/// How often the WAL is tried to be emptied while somebody reads, and how long between.
const TRIES: u32 = 40;
const BETWEEN: Duration = Duration::from_millis(250);

/// Why contents weren't erased, or not to the end.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// Nothing was erased.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// What is to be erased can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The key store failed. Where the record is written already, the next start goes on.
    #[error("the key store failed: {0}")]
    KeyStore(#[from] KeyStoreError),
    /// Somebody reads all the time, so the WAL couldn't be emptied. The next start, or the next erasure, does it.
    #[error(
        "the contents are erased and their keys destroyed, but the write-ahead log couldn't be emptied because the \
         database is being read; the next start does it"
    )]
    Busy,
}

/// What stays of a group goes from one key to another; nothing stays where there is no other.
pub(crate) struct Move {
    pub(crate) group: u64,
    from: Arc<Sealer>,
    to: Option<(u64, Arc<Sealer>)>,
}

/// Contents to be erased by one record.
pub(crate) struct EraseJob {
    pub(crate) record: Prepared,
    pub(crate) uids: HashSet<String>,
    pub(crate) moves: Vec<Move>,
    pub(crate) reply: oneshot::Sender<Result<Vec<Receipt>, AppendError>>,
}

/// What an erasure changes, made before anything is.
pub(crate) struct Planned {
    erased: Vec<kept::Row>,
    staying: Vec<(kept::Row, u64, Vec<u8>)>,
    doomed: Vec<u64>,
}

impl Core {
    /// Makes the changes of an erasure, without changing anything: contents that are gone, or that came since, refuse it.
    pub(crate) fn plan_erasure(
        &self,
        uids: &HashSet<String>,
        moves: &[Move],
        record: &Prepared,
    ) -> Result<Result<Planned, AppendError>, ReadError> {
        let brings = |group: u64| record.contents.iter().any(|content| content.group == group);
        if moves.iter().any(|by| brings(by.group)) {
            return Ok(Err(AppendError::Moved));
        }
        let mut planned = Planned {
            erased: Vec::new(),
            staying: Vec::new(),
            doomed: Vec::new(),
        };
        for Move { group, from, to } in moves {
            for row in kept::of_group(&self.connection, &self.keys, *group)? {
                if uids.contains(&row.uid) {
                    planned.erased.push(row);
                    continue;
                }
                let Some((new, to)) = to else {
                    return Ok(Err(AppendError::Moved));
                };
                match from.rewrap(row.uid.as_bytes(), &row.wrapped, to) {
                    Ok(wrapped) => planned.staying.push((row, *new, wrapped)),
                    Err(error) => {
                        let why = format!("content `{}` can't be wrapped anew: {error}", row.uid);
                        return Ok(Err(AppendError::Invalid(why)));
                    }
                }
            }
            planned.doomed.push(*group);
        }
        Ok(if planned.erased.len() == uids.len() {
            Ok(planned)
        } else {
            Err(AppendError::Moved)
        })
    }

    /// Puts the changes into the transaction of the record at `sequence`.
    pub(crate) fn erase(&mut self, planned: Planned, sequence: u64) -> rusqlite::Result<()> {
        let erased = Some(sequence.cast_signed());
        for row in planned.erased {
            let zeros = vec![0; row.wrapped.len()];
            let mac = row.with(&self.rows, row.group.cast_unsigned(), erased, &zeros);
            self.connection
                .prepare_cached("UPDATE content SET erased = ?2, mac = ?3, body = x'' WHERE id = ?1")?
                .execute(params![row.id, erased, mac])?;
            self.put_key(&row, &mac, &zeros)?;
        }
        for (row, group, wrapped) in planned.staying {
            let mac = row.with(&self.rows, group, None, &wrapped);
            self.connection
                .prepare_cached("UPDATE content SET key_group = ?2, mac = ?3 WHERE id = ?1")?
                .execute(params![row.id, group.cast_signed(), mac])?;
            self.put_key(&row, &mac, &wrapped)?;
        }
        for group in planned.doomed {
            self.change_state(&StateChange {
                kind: DOOMED,
                key: group.to_string(),
                value: Some(Vec::new()),
            })?;
        }
        Ok(())
    }

    fn put_key(&mut self, row: &kept::Row, mac: &RowMac, wrapped: &[u8]) -> rusqlite::Result<()> {
        self.connection
            .prepare_cached("UPDATE content_key SET wrapped = ?2 WHERE id = ?1")?
            .execute(params![row.id, wrapped])?;
        toggle(&mut self.sum, &row.expected(&self.rows));
        toggle(&mut self.sum, mac);
        Ok(())
    }

    /// Step 4. False where somebody reads an older state of the database, so that the WAL can't be emptied now.
    pub(crate) fn empty_wal(&mut self, doomed: &[u64]) -> rusqlite::Result<bool> {
        let busy: i64 = self
            .connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy != 0 {
            return Ok(false);
        }
        self.begin()?;
        for group in doomed {
            self.change_state(&StateChange {
                kind: DOOMED,
                key: group.to_string(),
                value: None,
            })?;
        }
        self.commit()?;
        Ok(true)
    }
}

/// The keys that are still to be destroyed.
fn doomed(db: &rusqlite::Connection, keys: &crate::core::ChainKeys) -> Result<Vec<u64>, ReadError> {
    let rows = read::state_list(db, keys, DOOMED, "", u32::MAX)?;
    let altered = |key: &str| ReadError::Altered {
        what: format!("the doom of the content key `{key}`"),
        why: "it isn't a group without contents".to_owned(),
    };
    let mut groups = Vec::with_capacity(rows.len());
    for (key, _) in rows {
        let group = key.parse().map_err(|_| altered(&key))?;
        // What is doomed wraps nothing any more. A key that does is never destroyed, whatever the table says.
        if kept::left_in_group(db, group)? > 0 {
            return Err(altered(&key));
        }
        groups.push(group);
    }
    Ok(groups)
}

/// Goes on with an erasure that was cut short, before the writer runs.
pub(crate) fn resume(core: &mut Core, content_keys: &ContentKeys) -> Result<(), EraseError> {
    let doomed = doomed(&core.connection, &core.keys)?;
    if doomed.is_empty() {
        return Ok(());
    }
    for group in &doomed {
        content_keys.destroy(*group)?;
    }
    match core.empty_wal(&doomed) {
        Ok(true) => Ok(()),
        Ok(false) => Err(EraseError::Busy),
        Err(error) => Err(ReadError::from(error).into()),
    }
}

impl Ledger {
    /// Erases contents, all of them or none, in the transaction of the record that says so. They may be of several
    /// groups, each of which costs wrapping up to 1,024 other contents anew.
    ///
    /// When this returns, nothing reads them any more; [`finish_erasing`](Self::finish_erasing) destroys their keys'
    /// keys and what the WAL still has. An erasure of many groups calls that once, at its end.
    ///
    /// # Errors
    /// [`AppendError::Moved`] where one of them isn't there, or erased already.
    pub async fn erase<R: Recordable>(&self, value: R, uids: &[String]) -> Result<Durable<R::Recorded>, EraseError> {
        // Whatever was sealed under the old keys is in the queue before this, and nothing is sealed until it is in.
        let alone = Arc::clone(&self.inner.sealing).write_owned();
        let alone = tokio::time::timeout(self.inner.key_store_wait, alone)
            .await
            .map_err(|_| self.inner.silent_key_store())?;
        let inner = Arc::clone(&self.inner);
        let ((entry, recorded), wanted) = (value.into_entry(), uids.to_vec());
        let prepared = tokio::task::spawn_blocking(move || -> Result<_, EraseError> {
            let moves = inner.moves(&wanted)?;
            Ok((inner.prepare(entry)?, moves, alone))
        });
        let (record, moves, alone) = prepared
            .await
            .map_err(|error| AppendError::Invalid(error.to_string()))??;
        let (reply, answer) = oneshot::channel();
        let job = EraseJob {
            record,
            uids: uids.iter().cloned().collect(),
            moves,
            reply,
        };
        let queue = &self.inner.queue;
        queue
            .send(Command::Erase(Box::new(job)))
            .await
            .map_err(|_| self.inner.shared.refusal())?;
        drop(alone);
        let receipts = answer.await.map_err(|_| self.inner.shared.refusal())??;
        let receipt = receipts.into_iter().next().ok_or_else(|| self.inner.shared.refusal())?;
        Ok(Durable::new(recorded, receipt))
    }

    /// Destroys the keys that erasures left without contents, and empties the WAL.
    ///
    /// # Errors
    /// [`EraseError::KeyStore`], [`EraseError::Busy`]: it is tried again at the next call, or the next start.
    pub async fn finish_erasing(&self) -> Result<(), EraseError> {
        let inner = Arc::clone(&self.inner);
        tokio::task::spawn_blocking(move || inner.finish_erasing())
            .await
            .map_err(|error| AppendError::Invalid(error.to_string()))?
    }
}

impl Inner {
    /// The keys that the groups of these contents move between.
    fn moves(&self, uids: &[String]) -> Result<Vec<Move>, EraseError> {
        let mut groups: BTreeMap<u64, (String, u64)> = BTreeMap::new();
        for uid in uids {
            let row = self.readers.with(|db| kept::by_uid(db, &self.keys, uid))?;
            let row = row.filter(|row| row.erased.is_none()).ok_or(AppendError::Moved)?;
            groups.entry(row.group.cast_unsigned()).or_insert((row.stream, 0)).1 += 1;
        }
        let mut moves = Vec::with_capacity(groups.len());
        for (group, (stream, erased)) in groups {
            let from = self.content_keys.sealer(group)?;
            let stream = Stream::parse(&stream).ok_or(AppendError::Moved)?;
            let left = self
                .readers
                .with(|db| kept::left_in_group(db, group))?
                .saturating_sub(erased);
            let empties = left == 0 && !self.content_keys.fills(&stream, group);
            let to = match empties {
                true => {
                    // The erasure's own record may bring a content of the same stream.
                    self.content_keys.close(&stream, group);
                    None
                }
                false => Some(self.content_keys.replace(&stream, group, left)?),
            };
            moves.push(Move { group, from, to });
        }
        Ok(moves)
    }

    fn finish_erasing(&self) -> Result<(), EraseError> {
        let doomed = self.readers.with(|db| doomed(db, &self.keys))?;
        if doomed.is_empty() {
            return Ok(());
        }
        for group in &doomed {
            self.content_keys.destroy(*group)?;
        }
        for _ in 0..TRIES {
            let (reply, answer) = oneshot::channel();
            let groups = doomed.clone();
            self.queue
                .blocking_send(Command::EmptyWal { doomed: groups, reply })
                .map_err(|_| self.shared.refusal())?;
            if answer.blocking_recv().map_err(|_| self.shared.refusal())?? {
                return Ok(());
            }
            std::thread::sleep(BETWEEN);
        }
        Err(EraseError::Busy)
    }
}
