//! Files of some 50 MB that give a verifier as much work as their makers can.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use evidence::casefile::{pack, unpack};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

type Files = Vec<(String, Vec<u8>)>;

/// Made out of a valid file, each beside it.
pub(crate) fn made(valid: &Path) -> Result<Vec<(&'static str, PathBuf)>> {
    let files = unpack(&fs::read(valid)?)?;
    let beside = |name: &str| valid.with_file_name(format!("{name}.case.zip"));
    let mut made = vec![
        ("every record altered", beside("altered"), packed(altered(&files))?),
        ("every proof altered", beside("unproved"), packed(unproved(&files))?),
        (
            "a list of one key, tens of thousands of times",
            beside("keys"),
            packed(keys(&files)?)?,
        ),
        ("sixty thousand files", beside("entries"), packed(entries(&files))?),
        ("compressed by another tool", beside("compressed"), compressed(&files)?),
    ];
    let mut paths = Vec::new();
    for (what, path, bytes) in made.drain(..) {
        fs::write(&path, bytes)?;
        paths.push((what, path));
    }
    Ok(paths)
}

fn packed(files: Files) -> Result<Vec<u8>> {
    let named = files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()));
    Ok(pack(named)?)
}

fn changed(files: &Files, name: &str, change: impl Fn(&[u8]) -> Vec<u8>) -> Files {
    let mut files = files.clone();
    for (of, bytes) in &mut files {
        if of == name {
            *bytes = change(bytes);
        }
    }
    files
}

/// A letter of each record's own text, so that none hashes to its fingerprint any more.
fn altered(files: &Files) -> Files {
    changed(files, "records.jsonl", |bytes| {
        String::from_utf8_lossy(bytes)
            .replace("Text in, text out.", "Text in, text oux.")
            .replace("\"stop\"", "\"stap\"")
            .into_bytes()
    })
}

/// The first digit of each path.
fn unproved(files: &Files) -> Files {
    changed(files, "proofs/inclusion.jsonl", |bytes| {
        let mut text = String::from_utf8_lossy(bytes).into_owned();
        for digit in '0'..='8' {
            text = text.replace(&format!("{{\"path\":[\"{digit}"), "{\"path\":[\"9");
        }
        text.into_bytes()
    })
}

/// The list of keys, as long as such a file may be.
fn keys(files: &Files) -> Result<Files> {
    let (_, list) = files
        .iter()
        .find(|(name, _)| name == "keys.json")
        .context("no list of keys")?;
    let list: serde_json::Value = serde_json::from_slice(list)?;
    let key = list.pointer("/keys/0").context("an empty list of keys")?.to_string();
    let many = vec![key.as_str(); (15 << 20) / (key.len() + 1)].join(",");
    Ok(changed(files, "keys.json", |_| {
        format!("{{\"keys\":[{many}]}}").into_bytes()
    }))
}

/// As many entries as an archive may have.
fn entries(files: &Files) -> Files {
    let mut files = files.clone();
    files.extend((0..60_000).map(|number| (format!("contents/{number}.json"), b"{}".to_vec())));
    files
}

fn compressed(files: &Files) -> Result<Vec<u8>> {
    let path = tempfile::NamedTempFile::new()?;
    let mut zip = ZipWriter::new(File::create(path.path())?);
    for (name, bytes) in files {
        zip.start_file(
            name,
            SimpleFileOptions::default().compression_method(CompressionMethod::Deflated),
        )?;
        zip.write_all(bytes)?;
    }
    zip.finish()?;
    Ok(fs::read(path.path())?)
}
