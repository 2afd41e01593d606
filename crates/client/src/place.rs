//! Where a gateway and its operators meet: the two files in the data directory, and the paths on the wire.

use std::io;
use std::path::{Path, PathBuf};

use interprocess::local_socket::Name;

/// The socket's file in the data directory. On Windows it is a text file that holds the named pipe's name.
pub const SOCKET_FILE: &str = "operators.sock";

/// The file of the bearer token: 64 hex digits and a line feed, readable by its owner only, new at each start.
pub const TOKEN_FILE: &str = "operators.token";

/// What stands before a call's name in the request's path.
pub const CALLS_PATH: &str = "/operators/v1/";

/// The path of the event stream.
pub const EVENTS_PATH: &str = "/operators/v1/events";

/// The socket's file for this data directory.
#[must_use]
pub fn socket_file(data_dir: &Path) -> PathBuf {
    data_dir.join(SOCKET_FILE)
}

/// The token's file for this data directory.
#[must_use]
pub fn token_file(data_dir: &Path) -> PathBuf {
    data_dir.join(TOKEN_FILE)
}

/// The name to listen on. On Windows it is made from `unique`, which should be random, and has to be written to
/// [`socket_file`] for clients to find; elsewhere it is the file itself.
///
/// # Errors
/// The path can't be a socket's name: it holds a zero byte, or is longer than the system allows.
pub fn listening_name(data_dir: &Path, unique: &str) -> io::Result<Name<'static>> {
    platform::listening_name(data_dir, unique)
}

/// The name to connect to.
pub(crate) fn connecting_name(data_dir: &Path) -> io::Result<Name<'static>> {
    platform::connecting_name(data_dir)
}

#[cfg(unix)]
mod platform {
    use std::io;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use interprocess::local_socket::{GenericFilePath, Name, ToFsName};

    /// `sockaddr_un.sun_path` without its final zero: 103 on macOS and the BSDs, 107 on Linux.
    const LONGEST: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

    pub(super) fn listening_name(data_dir: &Path, _unique: &str) -> io::Result<Name<'static>> {
        connecting_name(data_dir)
    }

    pub(super) fn connecting_name(data_dir: &Path) -> io::Result<Name<'static>> {
        let path = super::socket_file(data_dir);
        let length = path.as_os_str().as_bytes().len();
        if length > LONGEST {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("its path has {length} bytes and the system allows {LONGEST}; choose a shorter data directory"),
            ));
        }
        path.into_os_string().to_fs_name::<GenericFilePath>()
    }
}

#[cfg(windows)]
mod platform {
    use std::io;
    use std::path::Path;

    use interprocess::local_socket::{GenericNamespaced, Name, ToNsName};

    pub(super) fn listening_name(_data_dir: &Path, unique: &str) -> io::Result<Name<'static>> {
        format!("countersign-operators-{unique}").to_ns_name::<GenericNamespaced>()
    }

    pub(super) fn connecting_name(data_dir: &Path) -> io::Result<Name<'static>> {
        let unique = std::fs::read_to_string(super::socket_file(data_dir))?;
        listening_name(data_dir, unique.trim())
    }
}
