//! The operators' face: a local socket in the data directory, and a token beside it.

mod events;
mod router;
mod socket;
mod token;

pub(crate) use socket::OperatorsSocket;
pub use socket::SocketError;

#[cfg(test)]
mod tests;
