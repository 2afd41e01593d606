//! The whole product from outside: real windows, real HTTP, real keychain, real clients.
