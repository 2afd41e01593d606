//! The verifier's page, which goes into every case file that this program makes.

use std::sync::Arc;

#[cfg(with_verifier_page)]
const PAGE: Option<&[u8]> = Some(include_bytes!(concat!(env!("OUT_DIR"), "/verifier.html")));
#[cfg(not(with_verifier_page))]
const PAGE: Option<&[u8]> = None;

/// `verifier.html`, as it was built in; nothing where this program was built without it.
#[must_use]
pub fn verifier_page() -> Option<Arc<[u8]>> {
    PAGE.map(Arc::from)
}
