//! The index's file.

use std::path::{Path, PathBuf};

use evidence::Origin;
use rusqlite::{Connection, OpenFlags, params};

use crate::core::optional;
use crate::database;

/// The file's name in the data directory.
pub const INDEX_FILE: &str = "index.sqlite";
/// `PRAGMA application_id`: "CSix".
const APPLICATION_ID: i32 = 0x4353_6978;
/// `PRAGMA user_version`: rises with everything that changes what the index says of a record.
const VERSION: i32 = 2;
const SCHEMA: &str = include_str!("schema.sql");

/// How far an index has come.
pub(super) struct Reached {
    pub(super) size: u64,
    /// The last record's fingerprint, hex; empty before the first.
    pub(super) fingerprint: String,
}

/// Opens the file for writing, made if there is none. Nothing, where what is there is another program's, another
/// version's or another log's index.
pub(super) fn open(path: &Path, origin: &Origin) -> rusqlite::Result<Option<Connection>> {
    if !path.exists() {
        return make(path, origin).map(Some);
    }
    let connection = connect(path)?;
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let fits = id == APPLICATION_ID && version == VERSION && {
        let named: Option<String> = optional(connection.query_row("SELECT origin FROM about", [], |row| row.get(0)))?;
        named.is_some_and(|named| named == origin.to_string())
    };
    Ok(fits.then_some(connection))
}

fn make(path: &Path, origin: &Origin) -> rusqlite::Result<Connection> {
    database::private_file(path).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let mut connection = connect(path)?;
    let transaction = connection.transaction()?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.execute_batch(SCHEMA)?;
    transaction.execute(
        "INSERT INTO about (one, origin, size, fingerprint) VALUES (0, ?1, 0, '')",
        [origin.to_string()],
    )?;
    transaction.commit()?;
    Ok(connection)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = database::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let _mode: String = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    // What a power cut takes is read from the log again; only that the file holds together matters.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "cache_size", -12_288)?;
    Ok(connection)
}

/// How far the index has come.
pub(super) fn reached(db: &Connection) -> rusqlite::Result<Reached> {
    db.query_row("SELECT size, fingerprint FROM about", [], |row| {
        Ok(Reached {
            size: row.get::<_, i64>(0)?.cast_unsigned(),
            fingerprint: row.get(1)?,
        })
    })
}

/// Says how far it has come now.
pub(super) fn reach(db: &Connection, size: u64, fingerprint: &str) -> rusqlite::Result<()> {
    db.prepare_cached("UPDATE about SET size = ?1, fingerprint = ?2")?
        .execute(params![size.cast_signed(), fingerprint])?;
    Ok(())
}

/// Takes the file away. Whoever still reads it reads what it was.
pub(super) fn remove(path: &Path) -> std::io::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match std::fs::remove_file(PathBuf::from(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}
