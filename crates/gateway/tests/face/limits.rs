//! What a connection may carry, before anybody knows whose it is: HTTP/1.1, a head of so many headers and bytes, and
//! nothing of HTTP/2, whose floods (CVE-2023-44487, CVE-2024-27316) therefore find nobody to flood.

use std::fmt::Write as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::house::{House, Sent, text};

/// A good call with a head of so many headers, the last of them as long as said.
fn call(house: &House, headers: usize, last: usize) -> String {
    let body = text().to_string();
    let mut head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n",
        house.runtime_key,
        body.len()
    );
    let more = headers - head.matches('\n').count() + 1;
    for number in 1..more {
        let _never_fails = write!(head, "X-{number}: a\r\n");
    }
    format!("{head}X-Last: {}\r\n\r\n{body}", "y".repeat(last))
}

async fn status(house: &House, request: &str) -> String {
    let answered = Sent::to(house.address(), request).await.everything().await;
    answered.split(' ').nth(1).unwrap_or("none").to_owned()
}

#[tokio::test]
async fn a_head_holds_96_headers_and_some_64_kib() {
    let house = House::open().await;
    let before = house.log_size().await;
    assert_eq!(status(&house, &call(&house, 97, 1)).await, "431");
    assert_eq!(status(&house, &call(&house, 5_000, 1)).await, "431");
    // What one read of the socket brings beyond 64 KiB is taken.
    assert_eq!(status(&house, &call(&house, 10, 140_000)).await, "431");
    // One that never ends is refused while it comes.
    let endless = call(&house, 10, 1_000_000);
    let endless = endless.split("\r\n\r\n").next().unwrap();
    assert_eq!(status(&house, endless).await, "431");
    let long = format!("/v1/chat/completions?{}", "q".repeat(70_000));
    let answered = status(&house, &call(&house, 10, 1).replace("/v1/chat/completions", &long)).await;
    assert!(["414", "431"].contains(&answered.as_str()), "{answered}");
    assert_eq!(house.log_size().await, before, "nobody was let in for it");

    assert_eq!(status(&house, &call(&house, 96, 1)).await, "200");
    assert_eq!(status(&house, &call(&house, 10, 60_000)).await, "200");
}

/// RFC 9113, section 3.4: the preface, then frames of length, type, flags and stream.
fn http_2(frames: &[(u8, u8, u32, &[u8])]) -> Vec<u8> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    for (kind, flags, stream, payload) in frames {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        bytes.extend_from_slice(&length[1..]);
        bytes.extend_from_slice(&[*kind, *flags]);
        bytes.extend_from_slice(&stream.to_be_bytes());
        bytes.extend_from_slice(payload);
    }
    bytes
}

#[tokio::test]
async fn http_2_isnt_spoken_and_its_floods_end_with_the_first_bytes() {
    const HEADERS: u8 = 1;
    const RST_STREAM: u8 = 3;
    const SETTINGS: u8 = 4;
    const PING: u8 = 6;
    const CONTINUATION: u8 = 9;
    let house = House::open().await;
    let before = house.log_size().await;
    let settings: (u8, u8, u32, &[u8]) = (SETTINGS, 0, 0, &[]);
    let mut rapid_reset = vec![settings];
    let mut continuations = vec![settings, (HEADERS, 0, 1, &[0x83][..])];
    let mut pings = vec![settings];
    for number in 0..500 {
        rapid_reset.push((HEADERS, 5, 2 * number + 1, &[0x83, 0x86, 0x84]));
        rapid_reset.push((RST_STREAM, 0, 2 * number + 1, &[0, 0, 0, 8]));
        continuations.push((CONTINUATION, 0, 1, &[0x83; 64]));
        pings.push((PING, 0, 0, &[0; 8]));
    }
    for (attack, frames) in [
        ("preface_alone", vec![settings]),
        ("rapid_reset", rapid_reset),
        ("continuation_flood", continuations),
        ("ping_flood", pings),
    ] {
        let mut stream = TcpStream::connect(house.address()).await.unwrap();
        // It may be closed before it is all sent.
        drop(stream.write_all(&http_2(&frames)).await);
        let mut answered = Vec::new();
        drop(stream.read_to_end(&mut answered).await);
        let said = String::from_utf8_lossy(&answered);
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{attack}: {said:?}");
    }
    assert_eq!(house.log_size().await, before);
}
