//! The data directory, as far as keys need it.

use std::path::{Path, PathBuf};

use crate::{KeyStoreError, atomic};

/// The file that tells one data directory's keychain entries from another's: 32 hex digits and a line feed.
const INSTANCE: &str = "instance";

/// Where data is unless told otherwise, for the console and the command line alike: `COUNTERSIGN_DATA`, else
/// `countersign` in the place that the platform keeps programs' data in (XDG base directories, `Library/Application
/// Support`, `%APPDATA%`). `None` where the environment names no home.
#[must_use]
pub fn default_data_dir() -> Option<PathBuf> {
    let from = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(dir) = from("COUNTERSIGN_DATA") {
        return Some(dir);
    }
    let place = if cfg!(windows) {
        from("APPDATA")
    } else if cfg!(target_os = "macos") {
        from("HOME").map(|home| home.join("Library").join("Application Support"))
    } else {
        // A relative XDG_DATA_HOME is to be ignored, says the specification.
        let xdg = from("XDG_DATA_HOME").filter(|dir| dir.is_absolute());
        xdg.or_else(|| from("HOME").map(|home| home.join(".local").join("share")))
    };
    place.map(|place| place.join("countersign"))
}

/// Makes the directory, for its owner alone, where it is missing.
pub(crate) fn private_dir(dir: &Path) -> Result<(), KeyStoreError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir).map_err(|source| KeyStoreError::Io {
        doing: "create",
        path: dir.to_owned(),
        source,
    })
}

/// The data directory's own random id, made on first use.
pub(crate) fn instance(dir: &Path) -> Result<String, KeyStoreError> {
    let path = dir.join(INSTANCE);
    match std::fs::read_to_string(&path) {
        Ok(text) => parse(&text).map_err(|reason| KeyStoreError::Damaged { path, reason }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let mut id = [0; 16];
            getrandom::fill(&mut id).map_err(|_| KeyStoreError::NoRandomness)?;
            let id = hex::encode(id);
            atomic::write(&path, format!("{id}\n").as_bytes())?;
            Ok(id)
        }
        Err(source) => Err(KeyStoreError::Io {
            doing: "read",
            path,
            source,
        }),
    }
}

fn parse(text: &str) -> Result<String, &'static str> {
    let id = text.strip_suffix('\n').unwrap_or_default();
    let hex = id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if id.len() == 32 && hex {
        Ok(id.to_owned())
    } else {
        Err("it isn't 32 hex digits and a line feed")
    }
}
