//! Following the log: from wherever the index is, in short transactions.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior, params};

use super::extract::Extract;
use super::sums::{CallStep, Tally};
use super::{Index, Named, file};
use crate::core::optional;
use crate::read::Readers;
use crate::{Ledger, ReadError};

/// Records in one transaction.
const BATCH: u64 = 2_000;

/// What was looked up on the way.
#[derive(Default)]
struct Known {
    /// What `value` says, by field and text.
    values: HashMap<(i64, String, String), i64>,
    /// The records that asked for the calls under way, by correlation id.
    calls: HashMap<String, u64>,
}

/// Brings the index to the log's size.
pub(super) fn run(index: &Index, ledger: &Ledger, mut go_on: impl FnMut() -> bool) -> Result<(), ReadError> {
    let mut writing = index.writing.lock();
    if index.is_closed() {
        return Ok(());
    }
    if index.stale.swap(false, Ordering::AcqRel) {
        *writing = None;
        remove(index)?;
    }
    let mut db = match writing.take() {
        Some(db) => db,
        None => fitting(index, ledger)?,
    };
    let mut known = Known::default();
    loop {
        let reached = step(&mut db, ledger, &mut known)?;
        if reached > index.size() {
            index.knows(reached);
        }
        if reached >= ledger.size() || !go_on() || index.is_closed() {
            break;
        }
    }
    warm(index)?;
    *writing = Some(db);
    Ok(())
}

/// Where somebody looks at density or the list of calls, what they are told from is read on while nobody waits for it.
fn warm(index: &Index) -> Result<(), ReadError> {
    if index.looked.lock().is_some() {
        let size = index.size();
        index.read(|db| index.spine.write().reach(db, size))?;
    }
    Ok(())
}

/// The index's file, made anew where it isn't one of this log.
fn fitting(index: &Index, ledger: &Ledger) -> Result<Connection, ReadError> {
    match file::open(&index.path, ledger.origin()) {
        Ok(Some(db)) if fits(&db, ledger)? => return Ok(db),
        Ok(_) => tracing::info!("the search index isn't this log's as it is now; it is made anew"),
        Err(error) => tracing::warn!(%error, "the search index can't be read; it is made anew"),
    }
    remove(index)?;
    let made = file::open(&index.path, ledger.origin())?;
    made.ok_or_else(|| ReadError::Storage("the search index can't be made".to_owned()))
}

/// Whether the index is about the beginning of this log.
fn fits(db: &Connection, ledger: &Ledger) -> Result<bool, ReadError> {
    let Ok(reached) = file::reached(db) else {
        return Ok(false);
    };
    let Some(last) = reached.size.checked_sub(1) else {
        return Ok(true);
    };
    let newest: rusqlite::Result<Option<i64>> = db.query_row("SELECT max(seq) FROM entry", [], |row| row.get(0));
    if !matches!(newest, Ok(Some(newest)) if newest.cast_unsigned() == last) {
        return Ok(false);
    }
    let stored = ledger.stored(last, 1)?;
    Ok(stored
        .first()
        .is_some_and(|stored| Extract::of(stored).fingerprint == reached.fingerprint))
}

fn remove(index: &Index) -> Result<(), ReadError> {
    let mut readers = index.readers.write();
    readers.close();
    index.forget();
    let removed = file::remove(&index.path);
    if removed.is_ok() {
        *readers = Arc::new(Readers::new(index.path.clone()));
    }
    drop(readers);
    // Only now: whoever holds the spine waits for the readers.
    index.let_go(Duration::ZERO);
    removed.map_err(|error| ReadError::Storage(format!("the search index can't be taken away ({error})")))
}

/// One transaction: what comes after what is there, which another process may have brought forward.
fn step(db: &mut Connection, ledger: &Ledger, known: &mut Known) -> Result<u64, ReadError> {
    let transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let from = file::reached(&transaction)?.size;
    let records = ledger.stored(from, BATCH)?;
    let mut sequence = from;
    let mut fingerprint = None;
    let mut sums = Tally::default();
    for stored in &records {
        let extract = Extract::of(stored);
        let call = match &extract.call {
            Some(step) => asked_for(ledger, sequence, step, known)?,
            None => None,
        };
        insert(&transaction, sequence, &extract, call, known, &mut sums)?;
        sequence += 1;
        fingerprint = Some(extract.fingerprint);
    }
    if let Some(fingerprint) = fingerprint {
        sums.write(&transaction)?;
        file::reach(&transaction, sequence, &fingerprint)?;
        transaction.commit()?;
    }
    Ok(sequence)
}

/// The record that asked for the call that a step is part of: the first of its story.
fn asked_for(ledger: &Ledger, sequence: u64, step: &CallStep, known: &mut Known) -> Result<Option<u64>, ReadError> {
    let found = match known.calls.get(&step.correlation) {
        Some(call) => Some(*call),
        None if step.asks => Some(sequence),
        None => ledger
            .first_of_story(&step.correlation)?
            .filter(|first| *first < sequence),
    };
    match found {
        Some(call) if !step.ends => {
            known.calls.insert(step.correlation.clone(), call);
        }
        _ => {
            known.calls.remove(&step.correlation);
        }
    }
    Ok(found)
}

fn insert(
    db: &Connection,
    sequence: u64,
    extract: &Extract,
    call: Option<u64>,
    known: &mut Known,
    sums: &mut Tally,
) -> rusqlite::Result<()> {
    let mut ids = [None; 6];
    for ((id, value), field) in ids.iter_mut().zip(&extract.named).zip(0i64..) {
        if let Some((uid, name)) = value {
            *id = Some(value_id(db, field, uid, name, known)?);
        }
    }
    let [agent, operator, kind, model, operation, upstream] = ids;
    if let Some(step) = &extract.call {
        sums.add(
            extract.logged,
            (agent.unwrap_or_default(), model.unwrap_or_default()),
            step,
        );
    }
    db.prepare_cached(
        "INSERT INTO entry (seq, logged, decision, class, agent, operator, kind, model, operation, upstream, call) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        sequence.cast_signed(),
        extract.logged,
        extract.decision,
        extract.class,
        agent,
        operator,
        kind,
        model,
        operation,
        upstream,
        call.map(u64::cast_signed)
    ])?;
    db.prepare_cached("INSERT INTO said (rowid, words, ids, story) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            sequence.cast_signed(),
            extract.words,
            extract.ids,
            extract.story
        ])?;
    Ok(())
}

fn value_id(db: &Connection, field: i64, uid: &str, name: &str, known: &mut Known) -> rusqlite::Result<i64> {
    debug_assert!(usize::try_from(field).is_ok_and(|field| field < Named::COLUMNS.len()));
    let key = (field, uid.to_owned(), name.to_owned());
    if let Some(id) = known.values.get(&key) {
        return Ok(*id);
    }
    let there: Option<i64> = optional(
        db.prepare_cached("SELECT id FROM value WHERE field = ?1 AND uid = ?2 AND name = ?3")?
            .query_row(params![field, uid, name], |row| row.get(0)),
    )?;
    let id = match there {
        Some(id) => id,
        None => {
            db.prepare_cached("INSERT INTO value (field, uid, name) VALUES (?1, ?2, ?3)")?
                .execute(params![field, uid, name])?;
            db.last_insert_rowid()
        }
    };
    known.values.insert(key, id);
    Ok(id)
}

/// Whether the index says of a record what the record says.
pub(super) fn agrees(db: &Connection, sequence: u64, stored: &[u8]) -> rusqlite::Result<bool> {
    let extract = Extract::of(stored);
    let said: Option<(i64, u8, u32)> = optional(
        db.prepare_cached("SELECT logged, decision, class FROM entry WHERE seq = ?1")?
            .query_row([sequence.cast_signed()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            }),
    )?;
    Ok(said == Some((extract.logged, extract.decision, extract.class)))
}
