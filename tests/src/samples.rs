//! What a forger does to a case file: one record altered, the zip packed anew with valid checksums.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

const RECORDS: &str = "records.jsonl";

/// How many records a case file holds.
///
/// # Errors
/// Where it isn't a case file.
pub fn record_count(case: &Path) -> Result<usize> {
    let mut archive = ZipArchive::new(File::open(case)?)?;
    let mut records = String::new();
    archive.by_name(RECORDS)?.read_to_string(&mut records)?;
    Ok(records.lines().count())
}

/// Writes a copy of a case file in which one record says something else, every checksum of the zip being right, and
/// gives that record's sequence.
///
/// # Errors
/// Where the file isn't a case file.
pub fn alter_one_record(case: &Path, altered: &Path) -> Result<u64> {
    let mut archive = ZipArchive::new(File::open(case)?)?;
    let mut writer = ZipWriter::new(File::create(altered)?);
    let mut sequence = None;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        let (name, method) = (entry.name()?.into_owned(), entry.compression());
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        if name == RECORDS {
            let (records, which) = with_one_altered(&String::from_utf8(bytes)?)?;
            (bytes, sequence) = (records.into_bytes(), Some(which));
        }
        let options = SimpleFileOptions::default()
            .compression_method(if method == CompressionMethod::Stored {
                method
            } else {
                CompressionMethod::Deflated
            })
            .last_modified_time(entry.last_modified().unwrap_or_else(DateTime::default));
        drop(entry);
        writer.start_file(name, options)?;
        writer.write_all(&bytes)?;
    }
    writer.finish()?;
    sequence.with_context(|| format!("{} holds no {RECORDS}", case.display()))
}

/// Raises the severity of a record in the middle: still a valid event, but not the one that was signed.
fn with_one_altered(records: &str) -> Result<(String, u64)> {
    let mut lines: Vec<String> = records.lines().map(str::to_owned).collect();
    let middle = lines.len() / 2;
    let Some(line) = lines.get_mut(middle) else {
        bail!("{RECORDS} is empty")
    };
    let mut record: Value = serde_json::from_str(line)?;
    let sequence = record
        .pointer("/metadata/sequence")
        .and_then(Value::as_u64)
        .context("a record without sequence")?;
    let severity = record
        .get("severity_id")
        .and_then(Value::as_u64)
        .context("a record without severity")?;
    let object = record.as_object_mut().context("a record that is no object")?;
    object.insert("severity_id".to_owned(), Value::from(if severity == 1 { 2 } else { 1 }));
    *line = record.to_string();
    Ok((lines.iter().map(|line| format!("{line}\n")).collect(), sequence))
}
