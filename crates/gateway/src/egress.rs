//! The one way out. No other file may use the HTTP client, and this one sends nothing but an [`engine::Released`] and the
//! log's signed checkpoints.
//!
//! - The address is the administrator's, never a request's; `https`, or `http` on loopback.
//! - A name is resolved for each new connection, every address it has must be public (or, for `localhost`, loopback),
//!   and the connection goes to one of exactly those addresses: nothing is looked up between the check and the use.
//! - No redirect is followed, no proxy is taken from the environment, nothing is sent twice.
//! - Of the agent's headers only those go along that the face let through, and never one that a hop or a key owns.
//! - Of the upstream's headers only a list comes back, and an answer that holds the provider's key is cut.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use contract::WireFormat;
use engine::{Credential, Dispatch, Egress, Endpoint, OutgoingCheckpoint, Released, Reply, SendError};
use futures_util::{StreamExt as _, stream, stream::BoxStream};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::addresses::is_public;
use crate::key_guard::KeyGuard;
use crate::practice::PracticeUpstream;

/// How long a connection may take to come up, TLS included.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// How long an upstream may be silent: a model that reasons can be quiet for minutes, and the SDKs wait as long.
const LONGEST_SILENCE: Duration = Duration::from_secs(600);

/// How long bringing a checkpoint somewhere may take.
const PUBLISH_TIME: Duration = Duration::from_secs(10);

const IDLE_TIME: Duration = Duration::from_secs(60);
const IDLE_CONNECTIONS: usize = 256;

/// The version of Anthropic's API that is asked for where the agent names none.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// Headers that belong to one hop (RFC 9110 §7.6.1), to the framing, or to a key: never an agent's to set.
const NEVER_FORWARDED: [&str; 18] = [
    "authorization",
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

/// The HTTP client, set up once.
pub(crate) struct HttpEgress {
    client: reqwest::Client,
    practice: Arc<PracticeUpstream>,
    /// Checked addresses by base address and path: they come from the configuration, so they are few.
    targets: RwLock<HashMap<(String, &'static str), Url>>,
}

/// The HTTP client can't be made: the system's certificates can't be read, most likely.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client can't be set up: {0}")]
pub struct EgressError(reqwest::Error);

impl HttpEgress {
    /// A way out; calls for the practice upstream go to this one.
    pub(crate) fn new(practice: Arc<PracticeUpstream>) -> Result<Self, EgressError> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .dns_resolver(Arc::new(CheckedResolver))
            .tcp_nodelay(true)
            .connect_timeout(CONNECT_TIME)
            .read_timeout(LONGEST_SILENCE)
            .pool_idle_timeout(IDLE_TIME)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(EgressError)?;
        Ok(Self {
            client,
            practice,
            targets: RwLock::new(HashMap::new()),
        })
    }

    /// Sends exactly this.
    async fn dispatch(&self, dispatch: Dispatch, key: &str) -> Result<Reply, SendError> {
        let target = if dispatch.endpoint.practice {
            self.target(&self.practice.base_url(), dispatch.path)?
        } else {
            self.target(&dispatch.endpoint.base_url, dispatch.path)?
        };
        let headers = outgoing(&dispatch, key)?;
        let sent = self
            .client
            .post(target)
            .headers(headers)
            .body(dispatch.body)
            .send()
            .await;
        let response = sent.map_err(|error| failed(&dispatch.endpoint, &error))?;
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
            body: guarded(response, guard),
        })
    }

    /// The checked address of a path under a base address.
    fn target(&self, base: &str, path: &'static str) -> Result<Url, SendError> {
        let place = (base.to_owned(), path);
        if let Some(known) = self.targets.read().unwrap_or_else(PoisonError::into_inner).get(&place) {
            return Ok(known.clone());
        }
        let checked = checked_url(base, path)?;
        self.targets
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
        let target = checked_url(address, "")?;
        let sent = self
            .client
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

/// Checks everything about an address that can be known before its name is resolved.
fn checked_url(base: &str, path: &str) -> Result<Url, SendError> {
    let joined = match path {
        "" => base.to_owned(),
        path => format!("{}/{path}", base.trim_end_matches('/')),
    };
    let url = Url::parse(&joined).map_err(|error| refused(base, &format!("it isn't an address ({error})")))?;
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
        Some(Host::Ipv4(v4)) if is_public(v4.into()) => false,
        Some(Host::Ipv6(v6)) if is_public(v6.into()) => false,
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => return Err(refused(base, "its address isn't a public one")),
        None => return Err(refused(base, "it names no host")),
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if loopback => Ok(url),
        _ => Err(refused(base, "only `https` leaves the machine")),
    }
}

/// Resolves a name, and gives its addresses only if all of them are such as it may have.
struct CheckedResolver;

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let checked = checked_addresses(name.as_str(), found)?;
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

fn checked_addresses(name: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, ForbiddenAddress> {
    let allowed = |address: &SocketAddr| {
        if name == "localhost" {
            address.ip().is_loopback()
        } else {
            is_public(address.ip())
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
fn guarded(response: reqwest::Response, guard: KeyGuard) -> BoxStream<'static, Result<Bytes, SendError>> {
    let chunks = response.bytes_stream();
    stream::unfold(Some((chunks, guard)), |state| async move {
        let (mut chunks, mut guard) = state?;
        loop {
            match chunks.next().await {
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
