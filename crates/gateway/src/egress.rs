//! The one way out. Nothing else may use the HTTP client, and this sends nothing but an [`engine::Released`] and the
//! log's signed checkpoints.
//!
//! - The address is the administrator's, never a request's; `https`, or `http` on loopback.
//! - A name is resolved for each new connection, every address it has must be public (or, for `localhost`, loopback),
//!   and the connection goes to one of exactly those addresses: nothing is looked up between the check and the use. A
//!   private address is for the upstreams alone that the administrator said so of, through a client of their own.
//! - No redirect is followed, no proxy is taken from the environment, and nothing is sent twice: what is tried again is a
//!   connection that didn't come up.
//! - What a trace collector gets is no call: [`collector`] brings it there, over a client of its own.
//! - Of the agent's headers only those go along that the face let through, and never one that a hop or a key owns.
//! - Of the upstream's headers only a list comes back, and an answer that holds the provider's key is cut.

mod collector;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use contract::{UpstreamException, WireFormat};
use engine::{Credential, Dispatch, Egress, Endpoint, OutgoingCheckpoint, Released, Reply, SendError};
use futures_util::{StreamExt as _, stream, stream::BoxStream};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::addresses::{is_private, is_public};
use crate::key_guard::KeyGuard;
use crate::practice::PracticeUpstream;

pub use collector::CollectorError;
pub(crate) use collector::{Collector, NotTaken};

/// How long a connection may take to come up, TLS included.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// How long bringing a checkpoint somewhere may take.
const PUBLISH_TIME: Duration = Duration::from_secs(10);

const IDLE_TIME: Duration = Duration::from_secs(60);
const IDLE_CONNECTIONS: usize = 256;

/// The version of Anthropic's API that is asked for where the agent names none.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// Headers that belong to one hop (RFC 9110 §7.6.1), to the framing, or to a key: never an agent's to set.
const NEVER_FORWARDED: [&str; 19] = [
    "authorization",
    "x-goog-api-key",
    "proxy-authorization",
    "proxy-authenticate",
    "proxy-connection",
    "x-api-key",
    "api-key",
    "cookie",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "host",
    "content-length",
    "content-encoding",
    "content-type",
    "accept-encoding",
];

/// What an agent may see of an upstream's headers; those that begin with one of [`RETURNED_PREFIXES`] too.
const RETURNED: [&str; 10] = [
    "content-type",
    "content-length",
    "retry-after",
    "retry-after-ms",
    "x-should-retry",
    "x-request-id",
    "request-id",
    "openai-processing-ms",
    "openai-version",
    "x-countersign-practice",
];
const RETURNED_PREFIXES: [&str; 2] = ["x-ratelimit-", "anthropic-ratelimit-"];

/// How often a connection that didn't come up is tried again, before a byte of the call is written.
const CONNECT_AGAIN: usize = 2;
const CONNECT_PAUSE: Duration = Duration::from_millis(100);

/// The HTTP clients, set up once: one for each reach.
pub(crate) struct HttpEgress {
    public: reqwest::Client,
    private: reqwest::Client,
    plain: reqwest::Client,
    practice: Arc<PracticeUpstream>,
    /// Checked base addresses: they come from the configuration, so they are few.
    bases: RwLock<HashMap<(String, Reach), Url>>,
}

/// Which addresses an upstream may be at, besides this machine's own by their own names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Reach {
    /// Those of the public internet.
    Public,
    /// Those of private networks too: the administrator said so.
    Private,
    /// Those of private networks alone, and there plain HTTP: the administrator said that, too.
    Plain,
}

impl Reach {
    fn of(endpoint: &Endpoint) -> Self {
        let may = |exception| endpoint.exceptions.contains(&exception);
        let plain = endpoint.base_url.starts_with("http:") && may(UpstreamException::Plaintext);
        match may(UpstreamException::PrivateNetwork) {
            true if plain => Self::Plain,
            true => Self::Private,
            false => Self::Public,
        }
    }

    fn may_reach(self, address: IpAddr) -> bool {
        match self {
            Self::Public => is_public(address),
            Self::Private => is_public(address) || is_private(address),
            Self::Plain => is_private(address),
        }
    }
}

/// The HTTP client can't be made: the system's certificates can't be read, most likely.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client can't be set up: {0}")]
pub struct EgressError(reqwest::Error);

impl HttpEgress {
    /// A way out; calls for the practice upstream go to this one.
    pub(crate) fn new(practice: Arc<PracticeUpstream>) -> Result<Self, EgressError> {
        let client = |reach| Self::client(reach).map_err(EgressError);
        Ok(Self {
            public: client(Reach::Public)?,
            private: client(Reach::Private)?,
            plain: client(Reach::Plain)?,
            practice,
            bases: RwLock::new(HashMap::new()),
        })
    }

    fn client(reach: Reach) -> reqwest::Result<reqwest::Client> {
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .dns_resolver(Arc::new(CheckedResolver(reach)))
            .tcp_nodelay(true)
            .connect_timeout(CONNECT_TIME)
            .pool_idle_timeout(IDLE_TIME)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
            .build()
    }

    /// Sends exactly this.
    async fn dispatch(&self, dispatch: Dispatch, key: &str) -> Result<Reply, SendError> {
        let reach = Reach::of(&dispatch.endpoint);
        let base = if dispatch.endpoint.practice {
            self.base(&self.practice.base_url(), reach)?
        } else {
            self.base(&dispatch.endpoint.base_url, reach)?
        };
        let request = self
            .client_for(reach)
            .post(under(base, &dispatch.path))
            .headers(outgoing(&dispatch, key)?)
            .body(dispatch.body);
        let silence = dispatch.endpoint.silence;
        let response = tokio::time::timeout(silence, connected(request))
            .await
            .map_err(|_| SendError::Timeout)?
            .map_err(|error| failed(&dispatch.endpoint, &error))?;
        let status = response.status();
        if status.is_redirection() {
            let name = &dispatch.endpoint.name;
            return Err(SendError::Cut(format!(
                "`{name}` answered {status}, and a redirect is never followed"
            )));
        }
        let encoding = response.headers().get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| encoding != "identity") {
            return Err(SendError::Cut(
                "it came in a compressed form that wasn't asked for".to_owned(),
            ));
        }
        let guard = KeyGuard::new(key);
        let headers = incoming(response.headers(), &guard);
        Ok(Reply {
            status: status.as_u16(),
            headers,
            body: guarded(response, guard, silence),
        })
    }

    fn client_for(&self, reach: Reach) -> &reqwest::Client {
        match reach {
            Reach::Public => &self.public,
            Reach::Private => &self.private,
            Reach::Plain => &self.plain,
        }
    }

    /// A base address, checked.
    fn base(&self, base: &str, reach: Reach) -> Result<Url, SendError> {
        let place = (base.to_owned(), reach);
        if let Some(known) = self.bases.read().unwrap_or_else(PoisonError::into_inner).get(&place) {
            return Ok(known.clone());
        }
        let checked = checked_url(base, reach)?;
        self.bases
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(place, checked.clone());
        Ok(checked)
    }
}

#[async_trait]
impl Egress for HttpEgress {
    async fn send(&self, released: Released, credential: Credential) -> Result<Reply, SendError> {
        self.dispatch(released.into_dispatch(), credential.expose()).await
    }

    async fn publish(&self, address: &str, checkpoint: OutgoingCheckpoint) -> Result<(), SendError> {
        let target = checked_url(address, Reach::Public)?;
        let sent = self
            .public
            .post(target)
            .timeout(PUBLISH_TIME)
            .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
            .body(checkpoint.into_text())
            .send()
            .await;
        match sent {
            Ok(response) if response.status().is_success() => Ok(()),
            Ok(response) => Err(SendError::Cut(format!("`{address}` answered {}", response.status()))),
            Err(error) if error.is_timeout() => Err(SendError::Timeout),
            Err(error) => Err(SendError::Unreachable(error.without_url().to_string())),
        }
    }
}

fn refused(base: &str, why: &str) -> SendError {
    SendError::Unreachable(format!("`{base}` is refused: {why}"))
}

/// Sends, and tries again only while no connection came up: then no byte of the call was written.
async fn connected(request: reqwest::RequestBuilder) -> reqwest::Result<reqwest::Response> {
    for _ in 0..CONNECT_AGAIN {
        let Some(this_time) = request.try_clone() else { break };
        match this_time.send().await {
            Err(error) if error.is_connect() && !error.is_timeout() => tokio::time::sleep(CONNECT_PAUSE).await,
            sent => return sent,
        }
    }
    request.send().await
}

/// A path, with its query where it has one, under a base address.
fn under(mut base: Url, path: &str) -> Url {
    let (path, query) = match path.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (path, None),
    };
    let whole = format!("{}/{path}", base.path().trim_end_matches('/'));
    base.set_path(&whole);
    base.set_query(query);
    base
}

/// Checks everything about an address that can be known before its name is resolved.
fn checked_url(base: &str, reach: Reach) -> Result<Url, SendError> {
    let url = Url::parse(base).map_err(|error| refused(base, &format!("it isn't an address ({error})")))?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(refused(
            base,
            "it may hold a scheme, a host, a port and a path, nothing else",
        ));
    }
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(v4)) if v4.is_loopback() => true,
        Some(Host::Ipv6(v6)) if v6.is_loopback() => true,
        Some(Host::Ipv4(v4)) if reach.may_reach(v4.into()) => false,
        Some(Host::Ipv6(v6)) if reach.may_reach(v6.into()) => false,
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => return Err(refused(base, "its address isn't a public one")),
        None => return Err(refused(base, "it names no host")),
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if loopback || reach == Reach::Plain => Ok(url),
        _ => Err(refused(base, "only `https` leaves the machine")),
    }
}

/// Resolves a name, and gives its addresses only if all of them are such as it may have.
struct CheckedResolver(Reach);

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let checked = checked_addresses(name.as_str(), found, reach)?;
            Ok(Box::new(checked.into_iter()) as Addrs)
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the name `{name}` leads to {address}, where no provider can be; see whether its DNS is right")]
struct ForbiddenAddress {
    name: String,
    address: SocketAddr,
}

fn checked_addresses(name: &str, found: Vec<SocketAddr>, reach: Reach) -> Result<Vec<SocketAddr>, ForbiddenAddress> {
    let allowed = |address: &SocketAddr| {
        if name == "localhost" {
            address.ip().is_loopback()
        } else {
            reach.may_reach(address.ip())
        }
    };
    match found.iter().find(|address| !allowed(address)) {
        Some(address) => Err(ForbiddenAddress {
            name: name.to_owned(),
            address: *address,
        }),
        None => Ok(found),
    }
}

/// The headers that go out: the agent's that may, ours, and the provider's key.
fn outgoing(dispatch: &Dispatch, key: &str) -> Result<HeaderMap, SendError> {
    let mut headers = HeaderMap::with_capacity(dispatch.headers.len() + 6);
    for (name, value) in &dispatch.headers {
        let pair = (
            HeaderName::try_from(name.as_str()),
            HeaderValue::try_from(value.as_str()),
        );
        if let (Ok(name), Ok(value)) = pair
            && !NEVER_FORWARDED.contains(&name.as_str())
        {
            headers.append(name, value);
        }
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let unsendable = |_| SendError::Unreachable("the provider's key holds what no header may".to_owned());
    match dispatch.endpoint.format {
        WireFormat::Openai => {
            let bearer = zeroize::Zeroizing::new(format!("Bearer {key}"));
            headers.insert(
                header::AUTHORIZATION,
                sensitive(HeaderValue::from_str(&bearer).map_err(unsendable)?),
            );
        }
        WireFormat::Gemini => {
            let value = sensitive(HeaderValue::from_str(key).map_err(unsendable)?);
            headers.insert(HeaderName::from_static("x-goog-api-key"), value);
        }
        WireFormat::Anthropic => {
            let value = sensitive(HeaderValue::from_str(key).map_err(unsendable)?);
            headers.insert(HeaderName::from_static("x-api-key"), value);
            let version = HeaderName::from_static("anthropic-version");
            headers
                .entry(version)
                .or_insert(HeaderValue::from_static(ANTHROPIC_VERSION));
        }
    }
    Ok(headers)
}

/// Kept out of logs, and out of HTTP/2's compression tables.
fn sensitive(mut value: HeaderValue) -> HeaderValue {
    value.set_sensitive(true);
    value
}

/// The headers that come back.
fn incoming(headers: &HeaderMap, guard: &KeyGuard) -> Vec<(String, String)> {
    let listed = |name: &str| RETURNED.contains(&name) || RETURNED_PREFIXES.iter().any(|start| name.starts_with(start));
    let returned = headers
        .iter()
        .filter(|(name, value)| listed(name.as_str()) && !guard.is_in(value.as_bytes()));
    returned
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect()
}

/// The body as it comes, cut before the provider's key.
fn guarded(
    response: reqwest::Response,
    guard: KeyGuard,
    silence: Duration,
) -> BoxStream<'static, Result<Bytes, SendError>> {
    let chunks = response.bytes_stream();
    stream::unfold(Some((chunks, guard)), move |state| async move {
        let (mut chunks, mut guard) = state?;
        loop {
            let Ok(next) = tokio::time::timeout(silence, chunks.next()).await else {
                return Some((Err(SendError::Timeout), None));
            };
            match next {
                Some(Ok(chunk)) => match guard.pass(chunk) {
                    Ok(through) if through.is_empty() => {}
                    Ok(through) => return Some((Ok(through), Some((chunks, guard)))),
                    Err(_) => {
                        tracing::error!("an upstream's answer held the provider's key, and was cut before it");
                        return Some((Err(SendError::Cut("it held the provider's key".to_owned())), None));
                    }
                },
                Some(Err(error)) if error.is_timeout() => return Some((Err(SendError::Timeout), None)),
                Some(Err(error)) => return Some((Err(SendError::Cut(cause(&error))), None)),
                None => {
                    let rest = guard.end();
                    return (!rest.is_empty()).then_some((Ok(rest), None));
                }
            }
        }
    })
    .boxed()
}

fn failed(endpoint: &Endpoint, error: &reqwest::Error) -> SendError {
    if error.is_timeout() {
        return SendError::Timeout;
    }
    SendError::Unreachable(format!("`{}`: {}", endpoint.name, cause(error)))
}

/// What went wrong, down to the system's own words, without the address that reqwest puts in front.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests;
