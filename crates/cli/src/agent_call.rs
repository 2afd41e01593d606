//! An agent's call, for the demo and the samples: plain HTTP/1.1 to the gateway's loopback port, as any SDK makes it.
//!
//! It reaches nothing but this machine; what goes to providers goes through the gateway's egress.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::failure::Failure;

/// What the gateway answered.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

/// Sends `body` to `POST /v1/chat/completions` and waits for the whole answer, held or not.
///
/// # Errors
/// No connection, or an answer that isn't HTTP with JSON in it.
pub(crate) async fn chat(gateway: SocketAddr, runtime_key: &str, body: &Value) -> Result<Answered, Failure> {
    if !gateway.ip().is_loopback() {
        return Err(Failure::new("the demo's agent calls this machine only"));
    }
    let body = serde_json::to_vec(body)?;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: {gateway}\r\nauthorization: Bearer {runtime_key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = TcpStream::connect(gateway).await?;
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await?;
    let mut answer = Vec::new();
    // The gateway closes after the one answer, as it was asked to.
    stream.read_to_end(&mut answer).await?;
    parse(&answer).ok_or_else(|| Failure::new("the gateway's answer isn't HTTP with JSON in it"))
}

fn parse(answer: &[u8]) -> Option<Answered> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (head, body) = (std::str::from_utf8(answer.get(..end)?).ok()?, answer.get(end + 4..)?);
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let chunked = lines.any(|line| line.eq_ignore_ascii_case("transfer-encoding: chunked"));
    let body = if chunked { unchunked(body)? } else { body.to_vec() };
    Some(Answered {
        status,
        body: serde_json::from_slice(&body).ok()?,
    })
}

/// RFC 9112 section 7.1, as far as the gateway uses it.
fn unchunked(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|two| two == b"\r\n")?;
        let length = std::str::from_utf8(body.get(..end)?).ok()?;
        let length = usize::from_str_radix(length.split(';').next()?.trim(), 16).ok()?;
        if length == 0 {
            return Some(whole);
        }
        let chunk = body.get(end + 2..)?;
        whole.extend_from_slice(chunk.get(..length)?);
        body = chunk.get(length + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test that can't go on has failed"
    )]
    use super::*;

    #[test]
    fn whole_and_chunked_answers_read_alike_and_cut_ones_dont_read() {
        let whole = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 7\r\n\r\n{\"a\":1}";
        let chunked =
            b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4;x=y\r\n\":1}\r\n0\r\n\r\n";
        for answer in [whole.as_slice(), chunked] {
            let answered = parse(answer).unwrap();
            assert_eq!((answered.status, answered.body), (403, serde_json::json!({"a": 1})));
        }
        for cut in [
            &whole[..20],
            &chunked[..chunked.len() - 12],
            b"HTTP/1.0 200 OK\r\n\r\n{}",
        ] {
            assert!(parse(cut).is_none());
        }
    }
}
