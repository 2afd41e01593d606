//! What somebody does who can write the log's file, or a case file, but holds none of its keys.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use rusqlite::Connection;

/// Alters one letter of a stored record, behind the back of the gateway that has the log open.
///
/// # Errors
/// Where the record isn't there, or doesn't say `from`.
pub fn alter_stored_record(data: &Path, sequence: u64, from: &str, to: &str) -> Result<()> {
    let mut db = Connection::open(data.join("log.sqlite"))?;
    let transaction = db.transaction()?;
    // The triggers stop mistakes, not somebody who takes them away for a moment.
    let trigger: String = transaction.query_row(
        "SELECT sql FROM sqlite_schema WHERE name = 'record_no_update'",
        [],
        |row| row.get(0),
    )?;
    transaction.execute_batch("DROP TRIGGER record_no_update")?;
    let altered = transaction.execute(
        "UPDATE record SET bytes = CAST(replace(CAST(bytes AS TEXT), ?2, ?3) AS BLOB) \
         WHERE seq = ?1 AND instr(CAST(bytes AS TEXT), ?2) > 0",
        (sequence.cast_signed(), from, to),
    )?;
    ensure!(altered == 1, "record {sequence} doesn't say `{from}`");
    transaction.execute_batch(&trigger)?;
    Ok(transaction.commit()?)
}

/// A case file with so many more copies of its last record, each with this said in it.
///
/// # Errors
/// Where there is no such case file.
pub fn with_more_records(case: &Path, copies: usize, said: &str) -> Result<Vec<u8>> {
    let mut files = evidence::casefile::unpack(&fs::read(case)?)?;
    let records = files.iter_mut().find(|(name, _)| name == "records.jsonl");
    let (_, records) = records.context("no records")?;
    let text = String::from_utf8(records.clone())?;
    let last = text.lines().last().context("no record")?;
    let said = format!("\"log_name\":\"{said}");
    let line = format!("{}\n", last.replacen("\"log_name\":\"", &said, 1));
    records.extend_from_slice(line.repeat(copies).as_bytes());
    let named = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    Ok(evidence::casefile::pack(named)?)
}
