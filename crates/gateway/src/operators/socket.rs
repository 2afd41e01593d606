//! Listening on the local socket.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use contract::Operators;
use engine::Engine;
use interprocess::local_socket::{ListenerOptions, tokio::Listener, tokio::prelude::*};
use tokio::sync::Semaphore;

use super::{router, token};
use crate::listen::{Arrival, Server};
use crate::observe;

const MOST_CONNECTIONS: usize = 64;
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The open socket. Dropping it removes the socket's and the token's files; connections end with the server.
pub(crate) struct OperatorsSocket {
    socket_file: PathBuf,
    token_file: PathBuf,
}

/// The operators' socket can't be opened.
#[derive(Debug, thiserror::Error)]
#[error("the operators' socket `{}` can't be opened: {source}", file.display())]
pub struct SocketError {
    file: PathBuf,
    source: io::Error,
}

impl OperatorsSocket {
    /// Opens it and serves `operators` on it, and what a monitor asks of `monitored`. Only who has the writer's lock may call this: files that lie there from
    /// an earlier run are replaced.
    pub(crate) async fn open(
        data_dir: &Path,
        operators: Arc<dyn Operators>,
        monitored: Option<&Arc<Engine>>,
        server: &Server,
    ) -> Result<Self, SocketError> {
        let open = Self {
            socket_file: client::socket_file(data_dir),
            token_file: client::token_file(data_dir),
        };
        let at = |file: &Path| {
            let file = file.to_path_buf();
            move |source| SocketError { file, source }
        };
        let token = token::Token::write_new(&open.token_file).map_err(at(&open.token_file))?;
        let listener = listen(data_dir, &open.socket_file).map_err(at(&open.socket_file))?;
        let (metrics, states) = match monitored {
            Some(engine) => (
                observe::metrics(Arc::clone(engine)),
                observe::states(Arc::clone(engine)),
            ),
            None => (Router::new(), Router::new()),
        };
        let app = router::router(operators, metrics, token, server.stopping()).merge(states);
        let connections = server.clone();
        server.run(async move { accept(&listener, &connections, &app).await });
        Ok(open)
    }
}

impl Drop for OperatorsSocket {
    fn drop(&mut self) {
        for file in [&self.socket_file, &self.token_file] {
            if let Err(error) = token::remove(file) {
                tracing::warn!(%error, file = %file.display(), "a file of this run couldn't be removed");
            }
        }
    }
}

async fn accept(listener: &Listener, server: &Server, app: &Router) {
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        match listener.accept().await {
            Ok(stream) => {
                let connection = server.clone().serve_connection(stream, app.clone(), Arrival::default());
                server.spawn(async move {
                    connection.await;
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "an operator's connection couldn't be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

#[cfg(unix)]
fn listen(data_dir: &Path, socket_file: &Path) -> io::Result<Listener> {
    use std::os::unix::fs::PermissionsExt as _;

    use interprocess::os::unix::local_socket::ListenerOptionsExt as _;

    const OWNER_ONLY: u32 = 0o600;

    token::remove(socket_file)?;
    let options = || {
        let name = client::listening_name(data_dir, "")?;
        Ok::<_, io::Error>(ListenerOptions::new().name(name).reclaim_name(false))
    };
    match options()?.mode(OWNER_ONLY as _).create_tokio() {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => {
            // macOS can't set it before the socket exists. The token keeps others out for that moment too.
            let listener = options()?.create_tokio()?;
            std::fs::set_permissions(socket_file, std::fs::Permissions::from_mode(OWNER_ONLY))?;
            Ok(listener)
        }
        created => created,
    }
}

#[cfg(windows)]
fn listen(data_dir: &Path, socket_file: &Path) -> io::Result<Listener> {
    let unique = uuid::Uuid::new_v4().simple().to_string();
    let name = client::listening_name(data_dir, &unique)?;
    let listener = ListenerOptions::new().name(name).create_tokio()?;
    std::fs::write(socket_file, unique)?;
    Ok(listener)
}
