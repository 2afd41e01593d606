//! Finding a running gateway.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use contract::{Code, OperatorError};
use interprocess::local_socket::tokio::{Stream, prelude::*};
use zeroize::Zeroizing;

use crate::place;

/// A way to a running gateway. Cheap to clone.
///
/// Each call opens a connection of its own and reads the token anew, so a client outlives a restart of the gateway.
#[derive(Debug, Clone)]
pub struct Client {
    data_dir: Arc<Path>,
}

/// Why no gateway could be reached.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// There is no socket, or nobody listens on it any more.
    #[error(
        "no gateway runs on `{}`; start one with `countersign serve`, or open the console", data_dir.display()
    )]
    NoGateway {
        /// The data directory that was asked for.
        data_dir: PathBuf,
    },
    /// A gateway runs, but its token can't be read: most likely it belongs to another user.
    #[error(
        "the gateway's token `{}` can't be read ({source}); run this as the user that runs the gateway", file.display()
    )]
    Token {
        /// The token's file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The socket is there but can't be opened.
    #[error("the gateway's socket `{}` can't be opened: {source}", file.display())]
    Socket {
        /// The socket's file.
        file: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl From<ConnectError> for OperatorError {
    fn from(error: ConnectError) -> Self {
        let code = match error {
            ConnectError::NoGateway { .. } | ConnectError::Socket { .. } => Code::Unreachable,
            ConnectError::Token { .. } => Code::Unauthenticated,
        };
        Self::new(code, error.to_string())
    }
}

/// Finds the gateway that runs on this data directory.
///
/// # Errors
/// [`ConnectError::NoGateway`] where none runs (a socket left behind by a killed gateway counts as none), the others
/// where one seems to run but can't be used.
pub async fn connect(data_dir: &Path) -> Result<Client, ConnectError> {
    let client = Client {
        data_dir: data_dir.into(),
    };
    client.dial().await?;
    Ok(client)
}

impl Client {
    /// The gateway's data directory.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// A new connection and the token to present on it.
    pub(crate) async fn dial(&self) -> Result<(Stream, Zeroizing<String>), ConnectError> {
        let stream = self.open().await?;
        let file = place::token_file(&self.data_dir);
        let token = tokio::fs::read_to_string(&file).await.map(Zeroizing::new);
        let token = token.map_err(|source| ConnectError::Token { file, source })?;
        Ok((stream, Zeroizing::new(token.trim_end().to_owned())))
    }

    async fn open(&self) -> Result<Stream, ConnectError> {
        let name = place::connecting_name(&self.data_dir);
        let opened = match name {
            Ok(name) => Stream::connect(name).await,
            Err(error) => Err(error),
        };
        opened.map_err(|source| match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ConnectError::NoGateway {
                data_dir: self.data_dir.to_path_buf(),
            },
            _ => ConnectError::Socket {
                file: place::socket_file(&self.data_dir),
                source,
            },
        })
    }
}
