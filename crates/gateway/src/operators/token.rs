//! Tokens in files: who can read one is the user that runs the gateway.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use http::{HeaderMap, header};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// 64 hex digits.
pub(crate) struct Token(Zeroizing<String>);

impl Token {
    /// A new one, written to `file` for this user alone.
    pub(crate) fn write_new(file: &Path) -> io::Result<Self> {
        let mut random = Zeroizing::new([0; 32]);
        getrandom::fill(random.as_mut_slice()).map_err(io::Error::other)?;
        let token = Self(Zeroizing::new(hex::encode(random.as_slice())));
        remove(file)?;
        let mut options = OpenOptions::new();
        // A file that somebody put there in the meantime is an error, never written to.
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options
            .open(file)?
            .write_all(format!("{}\n", token.0.as_str()).as_bytes())?;
        Ok(token)
    }

    /// The one in `file`; a new one, where there is none. A scraper's configuration names the file, so it stays.
    pub(crate) fn kept(file: &Path) -> io::Result<Self> {
        match fs::read_to_string(file) {
            Ok(text) => {
                let token = Zeroizing::new(text);
                let digits = token.trim_end();
                match digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                    true => Ok(Self(Zeroizing::new(digits.to_owned()))),
                    false => Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "it holds no token; remove it, and a new one is made",
                    )),
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::write_new(file),
            Err(error) => Err(error),
        }
    }

    /// Whether exactly one `Authorization: Bearer` header holds it; compared in constant time.
    pub(crate) fn is_presented(&self, headers: &HeaderMap) -> bool {
        let mut presented = headers.get_all(header::AUTHORIZATION).iter();
        let (Some(value), None) = (presented.next(), presented.next()) else {
            return false;
        };
        let bearer = value.as_bytes().strip_prefix(b"Bearer ").unwrap_or_default();
        bool::from(bearer.ct_eq(self.0.as_bytes()))
    }
}

/// Removes a file that may not be there.
pub(super) fn remove(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
