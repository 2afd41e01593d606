//! Random bytes from the operating system, the only ones that keys, salts and nonces are made of.

use crate::KeyStoreError;

/// `N` random bytes from the operating system.
///
/// # Errors
/// [`KeyStoreError::NoRandomness`] where the system gives none. Nothing else is ever used in their place.
pub fn random<const N: usize>() -> Result<[u8; N], KeyStoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| KeyStoreError::NoRandomness)?;
    Ok(bytes)
}
