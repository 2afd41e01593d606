//! The operators' interface, from outside a running gateway.
//!
//! A gateway listens on a local socket in its data directory (a Unix socket, or a named pipe on Windows) and writes a
//! token beside it that only its own user can read. [`connect`] finds both; the [`Client`] it gives implements
//! [`contract::Operators`] call by call, so that a console or a command line can't tell it from the engine itself.
//!
//! On the wire: HTTP/1.1, `POST /operators/v1/<call>` with JSON in and out, `GET /operators/v1/events?since=<cursor>`
//! as one JSON event a line (blank lines keep the connection alive), errors as `{"code":…,"message":…}`.

mod calls;
mod connect;
mod events;
mod place;
mod wire;

pub use connect::{Client, ConnectError, connect};
pub use place::{CALLS_PATH, EVENTS_PATH, SOCKET_FILE, TOKEN_FILE, listening_name, socket_file, token_file};
