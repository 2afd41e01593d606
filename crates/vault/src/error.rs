//! What goes wrong with keys, and what to do about it.

use std::path::PathBuf;

use crate::StoreKind;

/// A key store that can't be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyStoreError {
    /// No keychain answers: no desktop session, no Secret Service, a server. Trying again later may work.
    #[error(
        "no keychain answers on this machine ({reason}); start or unlock it and try again, or choose the sealed file \
         as key store when setting up"
    )]
    NoKeychain {
        /// What the platform said.
        reason: String,
    },
    /// The keychain is there and didn't give access: locked, or its prompt was dismissed. Trying again may work.
    #[error("the keychain refused access to `{name}` ({reason}); unlock it and try again")]
    NoAccess {
        /// The secret that was wanted.
        name: String,
        /// What the platform said.
        reason: String,
    },
    /// The keychain failed on one secret.
    #[error("the keychain failed on `{name}` ({reason}); try again, and look at the keychain's own log if it stays so")]
    Keychain {
        /// The secret that was wanted.
        name: String,
        /// What the platform said.
        reason: String,
    },
    /// More than one entry of the keychain answers to one name: somebody copied entries.
    #[error("the keychain has more than one entry for `{name}`; remove the stray one with the keychain's own program")]
    Ambiguous {
        /// The secret that was wanted.
        name: String,
    },
    /// The passphrase isn't the one that sealed the file.
    #[error("the passphrase doesn't open `{}`; give the one that it was made with", path.display())]
    WrongPassphrase {
        /// The sealed file.
        path: PathBuf,
    },
    /// A passphrase that is too short to seal a new file with.
    #[error("the passphrase has {length} characters; a new sealed file needs at least {least}")]
    WeakPassphrase {
        /// How many characters it has.
        length: usize,
        /// How many it needs.
        least: usize,
    },
    /// The sealed file isn't as it was written.
    #[error("`{}` is damaged ({reason}); put back a good copy of it", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The data directory uses the other key store.
    #[error(
        "the keys of `{}` are in the {configured}, and the {asked} was asked for; nothing switches between them by \
         itself", data_dir.display()
    )]
    OtherStore {
        /// The data directory.
        data_dir: PathBuf,
        /// What it uses.
        configured: StoreKind,
        /// What was asked for.
        asked: StoreKind,
    },
    /// There is no secret of this name where there must be one.
    #[error("the {kind} has no `{name}`; set up first, or put back the key store that belongs to this data directory")]
    Missing {
        /// The secret that was wanted.
        name: String,
        /// Where it was wanted.
        kind: &'static str,
    },
    /// A secret of this name that isn't what it must be.
    #[error("`{name}` in the {kind} isn't what it must be ({reason}); put back the key store that belongs here")]
    Unfit {
        /// The secret's name.
        name: String,
        /// Where it is.
        kind: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A name that no key store takes.
    #[error("`{name}` is no key's name; use 1 to 64 characters of a-z, 0-9 and `-`")]
    InvalidName {
        /// The name.
        name: String,
    },
    /// A secret that not every key store could take.
    #[error("`{name}` has {length} bytes, and a key store takes at most {limit}")]
    TooLong {
        /// The secret's name.
        name: String,
        /// Its length in bytes.
        length: usize,
        /// The longest that is taken.
        limit: usize,
    },
    /// A file couldn't be read or written.
    #[error("cannot {doing} `{}` ({source})", path.display())]
    Io {
        /// What was being done: `read`, `write`, `lock`, `create`.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes; nothing can be made secret without them")]
    NoRandomness,
    /// The key derivation failed, which means that memory ran out.
    #[error("the passphrase couldn't be stretched ({reason}); it needs 64 MiB of memory")]
    Derivation {
        /// What argon2 said.
        reason: String,
    },
    /// A platform that has no keychain this product knows.
    #[error("no keychain of this operating system is known; choose the sealed file as key store when setting up")]
    Unsupported,
}

/// Sealed bytes that can't be made or opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The bytes were altered, or sealed under another key, or for another place. Which of these can't be known.
    #[error("sealed data doesn't open: it was altered, or belongs to another key or place")]
    NotAuthentic,
    /// There are fewer bytes than a nonce and a tag.
    #[error("sealed data has {length} bytes, too few to be whole")]
    TooShort {
        /// How many there are.
        length: usize,
    },
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes; nothing can be sealed without them")]
    NoRandomness,
    /// The data is too long for AES-GCM (2^36 bytes).
    #[error("the data is too long to seal")]
    TooLong,
}
