//! What every verb works with.

use std::path::PathBuf;

use crate::args::Global;
use crate::failure::{Exit, Failure};
use crate::keys::Keys;
use crate::output::Output;

/// What every verb works with.
pub(crate) struct Context {
    /// The data directory, absolute; it need not exist.
    pub(crate) data_dir: PathBuf,
    /// Where answers go.
    pub(crate) output: Output,
    /// What opens the keys.
    pub(crate) keys: Keys,
}

impl Context {
    pub(crate) fn new(global: Global) -> Result<Self, Failure> {
        let data_dir = global.data.or_else(vault::default_data_dir).ok_or_else(|| {
            Failure::with(
                Exit::NotThat,
                "no place for data is known here; name one with --data DIR",
            )
        })?;
        let data_dir = std::path::absolute(data_dir)?;
        Ok(Self {
            data_dir,
            output: Output { json: global.json },
            keys: Keys::new(global.keys),
        })
    }
}
