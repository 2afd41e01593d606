//! Files that are either the old ones or the new ones, whenever the power goes.

use std::io::Write as _;
use std::path::Path;

use crate::KeyStoreError;

/// Writes a file beside its place, syncs it, puts it in place and syncs the directory. Its owner alone may read it.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), KeyStoreError> {
    let failed = |source| KeyStoreError::Io {
        doing: "write",
        path: path.to_owned(),
        source,
    };
    let dir = path.parent().unwrap_or_else(|| Path::new("."));
    // tempfile makes it 0600 on Unix; on Windows the user's profile keeps others out.
    let mut file = tempfile::Builder::new()
        .prefix(".new-")
        .tempfile_in(dir)
        .map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|e| failed(e.error))?;
    sync_dir(dir).map_err(failed)
}

#[cfg(unix)]
fn sync_dir(dir: &Path) -> std::io::Result<()> {
    // Without this a rename can be lost though the file's bytes are safe.
    std::fs::File::open(dir)?.sync_all()
}

#[cfg(not(unix))]
fn sync_dir(_: &Path) -> std::io::Result<()> {
    // Windows has no handle to sync a directory by; NTFS journals the rename.
    Ok(())
}
