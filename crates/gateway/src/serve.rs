//! Starting everything over one data directory, and stopping it in order.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use contract::OperatorError;
use engine::{Engine, OpenError, Stores, Tenant};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use crate::agents::{self, ServedOverTls};
use crate::egress::{Collector, CollectorError, EgressError, HttpEgress};
use crate::listen::Server;
use crate::observe;
use crate::operators::{OperatorsSocket, SocketError};
use crate::practice::PracticeUpstream;
use crate::tls::{AgentsTls, TlsError};
use crate::traces::Exporter;

/// Where agents connect unless told otherwise.
pub const DEFAULT_AGENTS_ADDRESS: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 4180);

/// A collector of traces that speaks OTLP over HTTP.
pub struct TraceCollector {
    /// Its base address, under which `/v1/traces` is: `https`, or `http` on loopback.
    pub address: String,
    /// A header that it asks for, `Name: value`.
    pub header: Option<Zeroizing<String>>,
}

/// What a gateway is started with.
pub struct GatewayOptions {
    /// The data directory, and what opens its keys.
    pub stores: Stores,
    /// Where agents connect: a loopback address, or another one over TLS. Port 0 takes a free one.
    pub agents_address: SocketAddr,
    /// How agents on other machines are served.
    pub agents_tls: Option<AgentsTls>,
    /// Where a monitor may ask for health and metrics, besides the operators' socket: a loopback address.
    pub observe_address: Option<SocketAddr>,
    /// Where traces of calls go, if anywhere.
    pub traces: Option<TraceCollector>,
    /// The verifier's page for case files, where the program that serves has one.
    pub verifier_page: Option<Arc<[u8]>>,
    /// Told how far opening has come: records verified, of how many.
    pub progress: Box<dyn FnMut(u64, u64) + Send>,
}

impl GatewayOptions {
    /// The usual: [`DEFAULT_AGENTS_ADDRESS`], and nobody told of progress.
    #[must_use]
    pub fn new(stores: Stores) -> Self {
        Self {
            stores,
            agents_address: DEFAULT_AGENTS_ADDRESS,
            agents_tls: None,
            observe_address: None,
            traces: None,
            verifier_page: None,
            progress: Box::new(|_, _| {}),
        }
    }

    /// With agents connecting elsewhere.
    #[must_use]
    pub fn agents_at(mut self, address: SocketAddr) -> Self {
        self.agents_address = address;
        self
    }

    /// With TLS, so that agents may be on other machines.
    #[must_use]
    pub fn over_tls(mut self, tls: Option<AgentsTls>) -> Self {
        self.agents_tls = tls;
        self
    }

    /// With a port for a monitor.
    #[must_use]
    pub fn observed_at(mut self, address: Option<SocketAddr>) -> Self {
        self.observe_address = address;
        self
    }

    /// With traces sent to a collector.
    #[must_use]
    pub fn traced_to(mut self, collector: Option<TraceCollector>) -> Self {
        self.traces = collector;
        self
    }

    /// With the verifier's page in case files, where there is one.
    #[must_use]
    pub fn with_verifier_page(mut self, page: Option<Arc<[u8]>>) -> Self {
        self.verifier_page = page;
        self
    }

    /// With somebody told of progress.
    #[must_use]
    pub fn telling(mut self, progress: impl FnMut(u64, u64) + Send + 'static) -> Self {
        self.progress = Box::new(progress);
        self
    }
}

/// Why a gateway doesn't start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address isn't a loopback one, and there is no TLS.
    #[error(
        "`{0}` is open to other machines, where runtime keys would go in plain text; take a loopback address such as 127.0.0.1:4180, or serve it over TLS"
    )]
    NotLoopback(SocketAddr),
    /// There is no TLS though it was asked for.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The address can't be listened on.
    #[error("agents can't connect at `{address}` ({source}); see what uses that port, or choose another")]
    AgentsAddress {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A monitor's address isn't a loopback one, or can't be listened on, or its token can't be kept.
    #[error(
        "a monitor can't be served at `{address}` ({source}); see what uses that port, or choose another loopback address"
    )]
    ObserveAddress {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The tenant can't be opened. [`OpenError::Lock`] means that another process serves this data directory.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The operators' socket can't be opened.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The way out can't be set up.
    #[error(transparent)]
    Egress(#[from] EgressError),
    /// There is no such collector of traces.
    #[error(transparent)]
    Traces(#[from] CollectorError),
    /// The practice upstream can't be started.
    #[error("the practice upstream can't be started: {0}")]
    Practice(io::Error),
}

/// A running gateway. Dropping it stops it at once; [`Gateway::shut_down`] stops it in order.
pub struct Gateway {
    /// Goes before the engine, and with it the writer's lock: afterwards another gateway's socket may lie there.
    socket: Option<OperatorsSocket>,
    engine: Arc<Engine>,
    agents_address: SocketAddr,
    agents_url: String,
    observed_at: Option<SocketAddr>,
    traces: Option<Arc<Exporter>>,
    practice: Arc<PracticeUpstream>,
    faces: Server,
}

/// Starts a gateway: opens the tenant (taking the writer's lock), then the operators' socket, then the agents' port.
///
/// # Errors
/// [`ServeError`]; nothing is left running or listening then.
pub async fn serve(options: GatewayOptions) -> Result<Gateway, ServeError> {
    // A second provider of cryptography in the tree would otherwise make the first TLS connection panic. That one is
    // installed already means that somebody did this before.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let GatewayOptions {
        stores,
        agents_address,
        agents_tls,
        observe_address,
        traces,
        verifier_page,
        progress,
    } = options;
    if !agents_address.ip().is_loopback() && agents_tls.is_none() {
        return Err(ServeError::NotLoopback(agents_address));
    }
    let traces = traces.map(exporter).transpose()?;
    let tls = agents_tls.map(|tls| served_over(tls, &stores)).transpose()?;
    let data_dir = stores.data_dir.clone();
    let practice = Arc::new(PracticeUpstream::start().await.map_err(ServeError::Practice)?);
    let egress = Arc::new(HttpEgress::new(Arc::clone(&practice))?);
    let bound = TcpListener::bind(agents_address).await;
    // First, so that a gateway which runs already is told from a port that something else took.
    let engine = Tenant::open(stores, egress, progress).await?;
    if let Some(page) = verifier_page {
        engine.has_verifier_page(page);
    }
    if let Some(traces) = &traces {
        engine.traces_to(Arc::clone(traces) as _);
    }
    engine
        .practice_key_hashes()
        .into_iter()
        .for_each(|key| practice.accept(key));
    let faces = Server::new();
    let opened = async {
        let listener = bound.map_err(|source| ServeError::AgentsAddress {
            address: agents_address,
            source,
        })?;
        let agents_address = listener.local_addr().map_err(|source| ServeError::AgentsAddress {
            address: agents_address,
            source,
        })?;
        // The writer's lock is ours, so a socket that lies there is a dead gateway's.
        let socket = OperatorsSocket::open(&data_dir, Arc::clone(&engine) as _, Some(&engine), &faces).await?;
        let observed_at = open_to_monitors(&faces, observe_address, &engine, &data_dir).await?;
        Ok((listener, agents_address, observed_at, socket))
    };
    match opened.await {
        Ok((listener, agents_address, observed_at, socket)) => {
            let agents_url = agents_url(agents_address, tls.as_ref());
            agents::serve(&faces, listener, Arc::clone(&engine), tls);
            engine.listens_at(&agents_url);
            engine.verify_earlier_records();
            Ok(Gateway {
                socket: Some(socket),
                engine,
                agents_address,
                agents_url,
                observed_at,
                traces,
                practice,
                faces,
            })
        }
        Err(error) => {
            faces.shut_down().await;
            if let Err(error) = engine.close().await {
                tracing::error!(%error, "the log couldn't be closed in order");
            }
            Err(error)
        }
    }
}

fn exporter(to: TraceCollector) -> Result<Arc<Exporter>, CollectorError> {
    let header = to.header.as_ref().map(|header| header.as_str());
    let collector = Collector::at(&to.address, header)?;
    Ok(Arc::new(Exporter::to(collector)))
}

fn served_over(tls: AgentsTls, stores: &Stores) -> Result<ServedOverTls, TlsError> {
    let acceptor = tls.acceptor(stores)?;
    Ok(ServedOverTls {
        names: tls.names,
        acceptor,
    })
}

/// The base address to give an SDK.
fn agents_url(address: SocketAddr, tls: Option<&ServedOverTls>) -> String {
    match tls.and_then(|tls| tls.names.first()) {
        None => format!("http://{address}/v1"),
        Some(name) if name.contains(':') => format!("https://[{name}]:{}/v1", address.port()),
        Some(name) => format!("https://{name}:{}/v1", address.port()),
    }
}

/// Opens a monitor's port, where one was asked for.
async fn open_to_monitors(
    faces: &Server,
    address: Option<SocketAddr>,
    engine: &Arc<Engine>,
    data_dir: &Path,
) -> Result<Option<SocketAddr>, ServeError> {
    let Some(address) = address else { return Ok(None) };
    let failed = |source| ServeError::ObserveAddress { address, source };
    if !address.ip().is_loopback() {
        return Err(failed(io::Error::other("it is open to other machines")));
    }
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    observe::serve(faces, listener, engine, data_dir).map_err(failed)?;
    Ok(Some(bound))
}

impl Gateway {
    /// Where a monitor asks, where it may.
    #[must_use]
    pub fn observed_at(&self) -> Option<SocketAddr> {
        self.observed_at
    }

    /// The engine, which is the operators' interface in-process.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Where agents connect.
    #[must_use]
    pub fn agents_address(&self) -> SocketAddr {
        self.agents_address
    }

    /// The base address to give an SDK, `http://127.0.0.1:4180/v1`.
    #[must_use]
    pub fn agents_url(&self) -> &str {
        &self.agents_url
    }

    /// The embedded practice upstream.
    #[must_use]
    pub fn practice(&self) -> &PracticeUpstream {
        &self.practice
    }

    /// Stops in order: no new calls, a few seconds for those under way, then the log is sealed and closed, and the last
    /// traces are sent.
    ///
    /// # Errors
    /// The log couldn't be sealed or closed; the next start verifies what is there.
    pub async fn shut_down(mut self) -> Result<(), OperatorError> {
        self.faces.shut_down().await;
        drop(self.socket.take());
        let closed = self.engine.close().await;
        if let Some(traces) = &self.traces {
            traces.finish().await;
        }
        closed
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.faces.stop();
    }
}
