//! The SQLite file: how it is opened, and that it is ours.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::OpenError;

/// The file's name in the data directory.
pub(crate) const FILE: &str = "log.sqlite";
/// `PRAGMA application_id`: "CSlg".
const APPLICATION_ID: i32 = 0x4353_6c67;
/// `PRAGMA user_version`: the schema's version.
const SCHEMA_VERSION: i32 = 4;
const SCHEMA: &str = include_str!("schema.sql");
/// SQLite before 3.51.3 can lose WAL content when two connections reset the WAL at once.
const OLDEST_SQLITE: i32 = 3_051_003;

/// The writer's connection to a file that exists.
pub(crate) fn open_for_writing(path: &Path) -> Result<Connection, OpenError> {
    check_library()?;
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    durable(&connection)?;
    check_schema(&connection)?;
    Ok(connection)
}

/// A new file with our schema, readable by its owner alone. The caller has made sure that there is none.
pub(crate) fn make(path: &Path) -> Result<Connection, OpenError> {
    check_library()?;
    private_file(path).map_err(|error| OpenError::Storage(error.to_string()))?;
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    // A record of some 2 KiB would fill half of a page of 4 KiB alone; three fill this one.
    connection.pragma_update(None, "page_size", 8192)?;
    durable(&connection)?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    connection.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

/// A connection that can't write.
pub(crate) fn open_for_reading(path: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

pub(crate) fn connect(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    // NO_MUTEX: each connection is used by one thread at a time. No URI: a path is only a path.
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(64);
    // A hostile file's schema runs nothing, and nothing rewrites the schema's own table.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

/// WAL with an fsync at every commit.
fn durable(connection: &Connection) -> Result<(), OpenError> {
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get(0))?;
    if mode != "wal" {
        return Err(OpenError::Storage(format!(
            "its journal can't be a write-ahead log (`{mode}`); a network or read-only file system can't hold the log"
        )));
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    // On macOS fsync leaves data in the drive's cache; F_FULLFSYNC doesn't. Elsewhere these change nothing.
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    // What is deleted or overwritten with something shorter is overwritten with zeros: erased contents, removed secrets.
    connection.pragma_update(None, "secure_delete", true)?;
    // REPLACE must meet the triggers that forbid deleting.
    connection.pragma_update(None, "recursive_triggers", true)?;
    // What is written next stands at the tables' ends: more would only be kept.
    connection.pragma_update(None, "cache_size", -8_192)?;
    Ok(())
}

fn check_library() -> Result<(), OpenError> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(OpenError::SqliteTooOld(rusqlite::version().to_owned()));
    }
    Ok(())
}

/// Compares the file's schema with ours, statement by statement: a trigger more or less is another program's work.
fn check_schema(connection: &Connection) -> Result<(), OpenError> {
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if id != APPLICATION_ID || version != SCHEMA_VERSION {
        return Err(OpenError::Storage(format!(
            "it isn't a log of this version (application {id:#x}, schema {version}); open it with the program that made it"
        )));
    }
    let ours = Connection::open_in_memory()?;
    ours.execute_batch(SCHEMA)?;
    if schema_of(connection)? != schema_of(&ours)? {
        return Err(OpenError::Storage(
            "its tables or triggers aren't the ones it was made with; keep the file and restore a backup".to_owned(),
        ));
    }
    Ok(())
}

type Item = (String, String, String, Option<String>);

fn schema_of(connection: &Connection) -> rusqlite::Result<Vec<Item>> {
    let mut statement =
        connection.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name, tbl_name")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    rows.collect()
}

pub(crate) fn private_file(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.sync_all()?;
    path.parent().map_or(Ok(()), sync_directory)
}

/// Makes names in a directory survive a power cut (where directories can be synced: not on Windows).
pub(crate) fn sync_directory(directory: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    std::fs::File::open(directory)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = directory;
    Ok(())
}
