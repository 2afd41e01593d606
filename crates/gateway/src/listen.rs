//! Accepting connections and serving HTTP/1.1 on them, with limits that hold before anybody is authenticated.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// How long a client may take to send a request's head; an idle connection is closed after as long.
const HEAD_TIME: Duration = Duration::from_secs(20);

/// How long a client may leave what it was sent unread before its connection is closed.
const UNREAD_TIME: Duration = Duration::from_secs(120);

/// How long answers under way may go on once the gateway stops.
const GRACE: Duration = Duration::from_secs(5);

/// A request's head may have this many headers …
const MOST_HEADERS: usize = 96;
/// … and this many bytes.
const LARGEST_HEAD: usize = 64 * 1024;

/// After a failed accept (most likely no file descriptor is free), the next try waits this long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Where a request came from; stands in the request's extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source(pub(crate) SocketAddr);

/// A server that runs until it is stopped.
#[derive(Clone)]
pub(crate) struct Server {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Server {
    /// One that serves nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// Serves `app` to whoever connects, at most `most` at once. When all places are taken, whoever has waited longest
    /// without sending a request loses his to the next: slow senders (slowloris) crowd each other out, not the agents.
    pub(crate) fn serve_tcp(&self, listener: TcpListener, app: Router, most: usize, tls: Option<TlsAcceptor>) {
        let server = self.clone();
        self.tasks.spawn(async move {
            let stop = server.stop.clone();
            tokio::select! {
                () = stop.cancelled() => {}
                () = server.accept(&listener, &app, most, tls.as_ref()) => {}
            }
        });
    }

    async fn accept(&self, listener: &TcpListener, app: &Router, most: usize, tls: Option<&TlsAcceptor>) {
        let places = Arc::new(Semaphore::new(most));
        let idlers = Arc::new(Idlers::default());
        loop {
            let (stream, source) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection couldn't be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            };
            if places.available_permits() == 0 {
                idlers.send_longest_away();
            }
            let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                return;
            };
            // Without it, a small answer may wait 40 ms for the client's delayed acknowledgement.
            drop(stream.set_nodelay(true));
            let idler = Idlers::enter(&idlers);
            let sent_away = idler.sent_away.clone();
            let arrival = Arrival {
                source: Some(Source(source)),
                idler: Some(idler),
            };
            let connection = self.clone().serve_stream(stream, tls.cloned(), app.clone(), arrival);
            self.tasks.spawn(async move {
                tokio::select! {
                    () = sent_away.cancelled() => {}
                    () = connection => {}
                }
                drop(place);
            });
        }
    }

    async fn serve_stream(self, stream: TcpStream, tls: Option<TlsAcceptor>, app: Router, arrival: Arrival) {
        let Some(tls) = tls else {
            return self.serve_connection(stream, app, arrival).await;
        };
        match tokio::time::timeout(HEAD_TIME, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.serve_connection(stream, app, arrival).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS connection didn't come about"),
            Err(_) => tracing::debug!("a TLS connection took too long to come about"),
        }
    }

    /// Runs `task` until it ends or the server stops.
    pub(crate) fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                () = task => {}
            }
        });
    }

    /// Runs `task` to its end, which a stop waits for.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Serves `app` on one connection until either side closes it.
    pub(crate) async fn serve_connection<I>(self, io: I, app: Router, arrival: Arrival)
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = service_fn(move |request| answer(app.clone(), &arrival, request));
        let mut io = TimeoutStream::new(io);
        io.set_write_timeout(Some(UNREAD_TIME));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_TIME)
            .max_headers(MOST_HEADERS)
            .max_buf_size(LARGEST_HEAD)
            .serve_connection(TokioIo::new(Box::pin(io)), service);
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                tokio::time::timeout(GRACE, connection).await.unwrap_or(Ok(()))
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        }
    }

    /// Accepts nothing more, lets what is under way end within a few seconds, and returns when all has.
    pub(crate) async fn shut_down(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Says when the server stops, for what would go on without end.
    pub(crate) fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Tells everything to end, without waiting for it.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }
}

fn answer(
    app: Router,
    arrival: &Arrival,
    mut request: Request<Incoming>,
) -> impl Future<Output = Result<Response<Body>, Infallible>> + use<> {
    if let Some(idler) = &arrival.idler {
        idler.leave();
    }
    if let Some(source) = arrival.source {
        request.extensions_mut().insert(source);
    }
    app.oneshot(request)
}

/// How a connection came.
#[derive(Default)]
pub(crate) struct Arrival {
    source: Option<Source>,
    idler: Option<Idler>,
}

/// The connections on which no request has come yet, in the order they came.
#[derive(Default)]
struct Idlers {
    by_arrival: Mutex<(u64, BTreeMap<u64, CancellationToken>)>,
}

/// One of them.
struct Idler {
    all: Arc<Idlers>,
    number: u64,
    sent_away: CancellationToken,
    is_one: AtomicBool,
}

impl Idlers {
    fn enter(idlers: &Arc<Self>) -> Idler {
        let sent_away = CancellationToken::new();
        let mut by_arrival = idlers.by_arrival.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, all) = &mut *by_arrival;
        let number = *next;
        *next = next.wrapping_add(1);
        all.insert(number, sent_away.clone());
        Idler {
            all: Arc::clone(idlers),
            number,
            sent_away,
            is_one: AtomicBool::new(true),
        }
    }

    fn send_longest_away(&self) {
        let mut by_arrival = self.by_arrival.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, longest)) = by_arrival.1.pop_first() {
            longest.cancel();
        }
    }
}

impl Idler {
    /// A request has come.
    fn leave(&self) {
        if self.is_one.swap(false, Ordering::Relaxed) {
            self.all
                .by_arrival
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .1
                .remove(&self.number);
        }
    }
}

impl Drop for Idler {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests;
