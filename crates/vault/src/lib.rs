//! The OS keychain, the sealed key store, and secrets sealed at rest.
//!
//! Two places can hold keys, and which one a data directory uses is chosen once, explicitly, and written down in it:
//! the operating system's keychain, or, on a machine without one, a file sealed with a passphrase. Neither ever
//! stands in for the other. [`open`] answers a [`KeyStore`], whose calls block (a keychain talks to another process):
//! call them from a thread that may wait.
//!
//! What is too large or too many for a key store is sealed by a [`Sealer`], whose one key is in it.

mod atomic;
mod choice;
mod content;
mod error;
mod keychain;
mod place;
mod randomness;
mod sealed_file;
mod sealed_format;
mod sealer;
mod store;
mod worker;

pub use choice::{Scope, StoreChoice, StoreKind, configured, open};
pub use content::{OpenedContent, SealedContent};
pub use error::{KeyStoreError, SealError};
pub use place::default_data_dir;
pub use randomness::random;
pub use sealer::Sealer;
pub use store::KeyStore;
