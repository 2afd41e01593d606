//! The way of traces to the administrator's collector: one POST, by rules no weaker than those for an upstream.

use std::time::Duration;

use futures_util::StreamExt as _;
use http::{HeaderName, HeaderValue, StatusCode, header};
use url::Url;

use super::{EgressError, HttpEgress, Reach, cause, checked_url, sensitive, under};

/// How long an export may take, its answer included.
const EXPORT_TIME: Duration = Duration::from_secs(5);

/// How much of an answer is read. One that says that all was taken is empty.
const LARGEST_ANSWER: usize = 64 * 1024;

/// A collector of traces.
pub(crate) struct Collector {
    client: reqwest::Client,
    target: Url,
    header: Option<(HeaderName, HeaderValue)>,
}

/// Why there is no collector.
#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    /// The address isn't one. It isn't repeated: it may hold a password.
    #[error(
        "traces can't be sent to that address: take `https`, or `http` on this machine, with a host, a port and a path at most"
    )]
    Address,
    /// The header isn't one.
    #[error("the header for the collector isn't one line of the form `Name: value`")]
    Header,
    /// The HTTP client can't be made.
    #[error(transparent)]
    Client(#[from] EgressError),
}

/// Why a batch isn't taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotTaken {
    /// No connection, a refused address, or one that broke off.
    #[error("it can't be reached: {0}")]
    Unreachable(String),
    /// A wait ran out.
    #[error("it took too long")]
    Timeout,
    /// It refused, failed, or said to go elsewhere.
    #[error("it answered {0}")]
    Status(StatusCode),
    /// What it said isn't that it took everything.
    #[error("its answer doesn't say that it took all of them")]
    Answer,
}

impl Collector {
    /// The collector at this base address: `https`, or `http` on loopback. `header` goes along: `Name: value`.
    pub(crate) fn at(base: &str, header: Option<&str>) -> Result<Self, CollectorError> {
        // It may well be in a private network: the administrator names it where the gateway is started.
        let base = checked_url(base, Reach::Private).map_err(|_| CollectorError::Address)?;
        Ok(Self {
            client: HttpEgress::client(Reach::Private).map_err(EgressError)?,
            target: under(base, "v1/traces"),
            header: header.map(one_header).transpose()?,
        })
    }

    /// Brings a batch there (OTLP/HTTP, binary Protobuf), and gives the answer's body.
    ///
    /// # Errors
    /// [`NotTaken`]. It isn't tried again.
    pub(crate) async fn bring(&self, batch: Vec<u8>) -> Result<Vec<u8>, NotTaken> {
        let mut request = self
            .client
            .post(self.target.clone())
            .timeout(EXPORT_TIME)
            .header(header::CONTENT_TYPE, "application/x-protobuf")
            .header(header::ACCEPT_ENCODING, "identity")
            .body(batch);
        if let Some((name, value)) = &self.header {
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(|error| not_brought(&error))?;
        if !response.status().is_success() {
            return Err(NotTaken::Status(response.status()));
        }
        let (mut answer, mut chunks) = (Vec::new(), response.bytes_stream());
        while let Some(chunk) = chunks.next().await {
            answer.extend_from_slice(&chunk.map_err(|error| not_brought(&error))?);
            if answer.len() > LARGEST_ANSWER {
                return Err(NotTaken::Answer);
            }
        }
        Ok(answer)
    }
}

fn not_brought(error: &reqwest::Error) -> NotTaken {
    match error.is_timeout() {
        true => NotTaken::Timeout,
        false => NotTaken::Unreachable(cause(error)),
    }
}

fn one_header(line: &str) -> Result<(HeaderName, HeaderValue), CollectorError> {
    let (name, value) = line.trim().split_once(':').ok_or(CollectorError::Header)?;
    let name = HeaderName::try_from(name.trim()).map_err(|_| CollectorError::Header)?;
    let value = HeaderValue::try_from(value.trim()).map_err(|_| CollectorError::Header)?;
    Ok((name, sensitive(value)))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]
    use super::*;

    fn at(base: &str, header: Option<&str>) -> Result<Collector, CollectorError> {
        drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
        Collector::at(base, header)
    }

    #[test]
    fn a_collector_is_on_this_machine_or_behind_tls() {
        for (base, target) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("http://localhost:4318/", "http://localhost:4318/v1/traces"),
            ("https://otel.example/tenant/", "https://otel.example/tenant/v1/traces"),
            ("https://10.1.2.3:4318", "https://10.1.2.3:4318/v1/traces"),
        ] {
            assert_eq!(at(base, None).unwrap().target.as_str(), target);
        }
        for base in [
            "http://otel.example:4318",
            "http://10.1.2.3:4318",
            "https://user:secret@otel.example",
            "https://169.254.169.254/",
            "https://otel.example/?key=secret",
            "grpc://127.0.0.1:4317",
            "127.0.0.1:4318",
            "",
        ] {
            assert!(matches!(at(base, None), Err(CollectorError::Address)), "{base}");
        }
    }

    #[test]
    fn a_header_is_one_line_and_kept_out_of_logs() {
        let collector = at("http://127.0.0.1:4318", Some("Authorization: Bearer secret\n")).unwrap();
        let (name, value) = collector.header.unwrap();
        assert_eq!(
            (name.as_str(), value.as_bytes()),
            ("authorization", &b"Bearer secret"[..])
        );
        assert!(value.is_sensitive());
        for header in ["", "secret", ": secret", "A b: c", "a: b\nc: d", "a: b\r\nc: d"] {
            let refused = at("http://127.0.0.1:4318", Some(header));
            assert!(matches!(refused, Err(CollectorError::Header)), "{header:?}");
        }
    }
}
