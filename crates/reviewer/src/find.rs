//! Which case files a person means who names files and folders.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use crate::CaseFileError;

/// How many files one folder may give.
const MOST: usize = 1000;

/// How many entries of a folder are looked at.
const LOOKED_AT: usize = 100_000;

/// A file is itself, whatever its name; a folder is every file in it, and in folders below, whose name ends in `.zip`, by
/// path. Links aren't followed.
///
/// # Errors
/// A folder can't be read, holds none, or too many.
pub fn case_files(path: &Path) -> Result<Vec<PathBuf>, CaseFileError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let (mut found, mut looked_at) = (Vec::new(), 0);
    let mut folders = VecDeque::from([path.to_owned()]);
    while let Some(folder) = folders.pop_front() {
        let unread = |source| CaseFileError::Unread {
            path: folder.clone(),
            source,
        };
        for entry in std::fs::read_dir(&folder).map_err(unread)? {
            let entry = entry.map_err(unread)?;
            let kind = entry.file_type().map_err(unread)?;
            looked_at += 1;
            if kind.is_dir() {
                folders.push_back(entry.path());
            } else if kind.is_file() && is_zip(&entry.path()) {
                found.push(entry.path());
            }
            if found.len() > MOST || looked_at > LOOKED_AT {
                return Err(CaseFileError::TooMany(path.to_owned()));
            }
        }
    }
    if found.is_empty() {
        return Err(CaseFileError::NoneThere(path.to_owned()));
    }
    found.sort();
    Ok(found)
}

fn is_zip(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("zip"))
}
