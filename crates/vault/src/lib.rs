//! The OS keychain, the sealed key store, and secrets sealed at rest.
