//! Setting this machine up: the person's key at the person's end, the gateway's at its own, and the pins between them.

use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use contract::PinnedKey;
use engine::{Created, NewTenant, OpenError, Stores, Tenant};
use evidence::Role;
use vault::KeyStore;

use crate::{PinBook, PinError, Reviewer, ReviewerError};

/// Where the pins of one's own log come from.
pub const MADE_HERE: &str = "made on this machine";

/// What the first ones are called.
#[derive(Debug, Clone)]
pub struct Names {
    /// The organisation.
    pub tenant: String,
    /// The first operator: the person who sets up.
    pub operator: String,
    /// The first agent.
    pub agent: String,
}

/// Why nothing was set up.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The person's key can't be made.
    #[error(transparent)]
    Reviewer(#[from] ReviewerError),
    /// The tenant can't be made.
    #[error(transparent)]
    Tenant(#[from] OpenError),
    /// It is set up, but its keys couldn't be pinned here.
    #[error("it is set up, but its own keys couldn't be pinned: {0}")]
    Pin(#[from] PinError),
    /// The work was broken off.
    #[error("the work was broken off: {0}")]
    Broken(String),
}

/// Sets a tenant up with its operator's key, and pins its public keys, so that this machine's own case files read
/// "verified". `keys` is the gateway's store, `person` the operator's own.
///
/// # Errors
/// [`SetUpError`]. What was made before stays: an interrupted set-up is reported when it is opened.
pub async fn set_up(
    data_dir: &Path,
    keys: Arc<dyn KeyStore>,
    person: Arc<dyn KeyStore>,
    names: Names,
) -> Result<(Created, Reviewer), SetUpError> {
    let reviewer = blocking(move || Reviewer::create(&person)).await??;
    let stores = Stores {
        data_dir: data_dir.to_owned(),
        keys,
    };
    let new = NewTenant {
        name: names.tenant.clone(),
        operator: names.operator,
        operator_uid: reviewer.uid().to_owned(),
        reviewer_key: reviewer.public(),
        agent: names.agent,
    };
    let possess = |origin: &str| reviewer.possession(origin).map_err(|error| error.to_string());
    let created = Tenant::create(&stores, new, possess).await?;
    pin(data_dir, &created, &names.tenant)?;
    Ok((created, reviewer))
}

/// Runs what blocks where blocking is allowed: a keychain may wait for a person.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SetUpError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| SetUpError::Broken(error.to_string()))
}

fn pin(data_dir: &Path, created: &Created, name: &str) -> Result<(), PinError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut book = PinBook::open(data_dir)?;
    for (role, key) in created
        .public_keys
        .iter()
        .filter(|(role, _)| matches!(role, Role::Log | Role::Case))
    {
        book.add_own(PinnedKey {
            origin: created.origin.clone(),
            role: role.to_string(),
            spki: STANDARD.encode(key.spki_der()),
            name: name.to_owned(),
            source: MADE_HERE.to_owned(),
            pinned_ms: i64::try_from(now.as_millis()).unwrap_or(i64::MAX),
        })?;
    }
    Ok(())
}
