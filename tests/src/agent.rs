//! An agent reduced to its HTTP: one connection kept alive, as fast as it goes.

use std::net::SocketAddr;
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

/// What an agent holds in its hand for every answer it was given: `ORIGIN SEQUENCE FINGERPRINT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// `countersign/log/…`
    pub origin: String,
    /// The record's place in the log.
    pub sequence: u64,
    /// The record's fingerprint, hex.
    pub fingerprint: String,
}

impl FromStr for Receipt {
    type Err = anyhow::Error;

    fn from_str(header: &str) -> Result<Self> {
        let mut words = header.split(' ');
        let (Some(origin), Some(sequence), Some(fingerprint), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            bail!("not a receipt: `{header}`");
        };
        Ok(Self {
            origin: origin.to_owned(),
            sequence: sequence.parse()?,
            fingerprint: fingerprint.to_owned(),
        })
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body's bytes.
    pub body: Bytes,
}

impl Answer {
    /// The body, read as JSON.
    ///
    /// # Errors
    /// Where it isn't JSON.
    pub fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("not JSON: {:?}", self.body))
    }
}

/// An agent with its runtime key and its connection.
#[derive(Debug)]
pub struct Agent {
    address: SocketAddr,
    key: String,
    headers: Vec<(String, String)>,
    connection: Option<SendRequest<Full<Bytes>>>,
    receipts: Vec<Receipt>,
}

impl Agent {
    /// An agent that will call a gateway (or an upstream) at this address with this key.
    pub fn new(address: SocketAddr, key: &str) -> Self {
        Self {
            address,
            key: key.to_owned(),
            headers: Vec::new(),
            connection: None,
            receipts: Vec::new(),
        }
    }

    /// With a header more in every call.
    #[must_use]
    pub fn sending(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The receipts it was given since it was last asked.
    pub fn take_receipts(&mut self) -> Vec<Receipt> {
        std::mem::take(&mut self.receipts)
    }

    /// Says one sentence to the model: a call that the built-in policy allows.
    ///
    /// # Errors
    /// Where the connection breaks.
    pub async fn say(&mut self, text: &str) -> Result<Answer> {
        self.post(Self::sentence(text)).await
    }

    /// The body of a call that says one sentence.
    pub fn sentence(text: &str) -> Bytes {
        let body = json!({"model": "practice-1", "messages": [{"role": "user", "content": text}]});
        Bytes::from(body.to_string())
    }

    /// Posts a body to `/v1/chat/completions`.
    ///
    /// # Errors
    /// Where the connection can't be made or breaks; the next call makes a new one.
    pub async fn post(&mut self, body: Bytes) -> Result<Answer> {
        let result = self.exchange(body).await;
        if result.is_err() {
            self.connection = None;
        }
        result
    }

    async fn exchange(&mut self, body: Bytes) -> Result<Answer> {
        let request = Request::builder()
            .method(Method::POST)
            .uri("/v1/chat/completions")
            .header(HOST, self.address.to_string())
            .header(AUTHORIZATION, format!("Bearer {}", self.key))
            .header(CONTENT_TYPE, "application/json");
        let request = self
            .headers
            .iter()
            .fold(request, |request, (name, value)| request.header(name, value))
            .body(Full::new(body))?;
        let mut connection = match self.connection.take() {
            Some(open) => open,
            None => connect(self.address).await?,
        };
        connection.ready().await?;
        let answer = connection.send_request(request).await?;
        // A receipt counts from the moment it is in the agent's hand, whatever becomes of the body.
        if let Some(receipt) = answer.headers().get("countersign-receipt") {
            self.receipts.push(receipt.to_str()?.parse()?);
        }
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await?.to_bytes();
        self.connection = Some(connection);
        Ok(Answer { status, body })
    }
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // The connection's own task: it ends when either end closes, and whoever sends learns of it there.
    drop(tokio::spawn(connection));
    Ok(sender)
}
