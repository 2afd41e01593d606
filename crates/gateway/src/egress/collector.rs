//! The way of traces to the administrator's collector: one POST, by rules no weaker than those for an upstream.

use std::time::Duration;

use engine::SendError;
use futures_util::StreamExt as _;
use http::{HeaderName, HeaderValue, header};
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
    /// The address isn't one.
    #[error("traces can't be sent there: {0}")]
    Address(SendError),
    /// The header isn't one.
    #[error("the header for the collector isn't one line of the form `Name: value`")]
    Header,
    /// The HTTP client can't be made.
    #[error(transparent)]
    Client(#[from] EgressError),
}

impl Collector {
    /// The collector at this base address: `https`, or `http` on loopback. `header` goes along: `Name: value`.
    pub(crate) fn at(base: &str, header: Option<&str>) -> Result<Self, CollectorError> {
        // It may well be in a private network: the administrator names it where the gateway is started.
        let base = checked_url(base, Reach::Private).map_err(CollectorError::Address)?;
        Ok(Self {
            client: HttpEgress::client(Reach::Private).map_err(EgressError)?,
            target: under(base, "v1/traces"),
            header: header.map(one_header).transpose()?,
        })
    }

    /// Brings a batch there (OTLP/HTTP, binary Protobuf), and gives the answer's body.
    ///
    /// # Errors
    /// [`SendError`], also where the answer isn't a success. It isn't tried again.
    pub(crate) async fn bring(&self, batch: Vec<u8>) -> Result<Vec<u8>, SendError> {
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
            return Err(SendError::Cut(format!("it answered {}", response.status())));
        }
        let (mut answer, mut chunks) = (Vec::new(), response.bytes_stream());
        while let Some(chunk) = chunks.next().await {
            answer.extend_from_slice(&chunk.map_err(|error| not_brought(&error))?);
            if answer.len() > LARGEST_ANSWER {
                return Err(SendError::Cut("its answer is too long".to_owned()));
            }
        }
        Ok(answer)
    }
}

fn not_brought(error: &reqwest::Error) -> SendError {
    match error.is_timeout() {
        true => SendError::Timeout,
        false => SendError::Unreachable(cause(error)),
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
            assert!(matches!(at(base, None), Err(CollectorError::Address(_))), "{base}");
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
