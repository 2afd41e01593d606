//! The operators' face: a local socket in the data directory, and a token beside it.

mod events;
mod router;
mod socket;
mod token;

pub(crate) use socket::OperatorsSocket;
pub use socket::SocketError;
pub(crate) use token::Token;

#[cfg(test)]
mod tests;
