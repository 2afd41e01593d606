//! What is refused before anything is read or anybody authenticated: requests that no honest client on this machine
//! sends.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use engine::NotLetIn;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};

use super::Face;
use super::rejection::Rejection;
use super::shape::Shape;
use crate::listen::Source;

/// On every answer: nothing here is for a browser to keep, guess at or show.
const ALWAYS: [(HeaderName, HeaderValue); 3] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    ),
];

/// Over TLS (RFC 6797): never again without it.
const A_YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Lets a request in, or answers it.
pub(super) async fn pass(State(face): State<Face>, request: Request, next: Next) -> Response {
    let mut response = match check(
        face.names.as_deref().unwrap_or_default(),
        request.method(),
        request.uri(),
        request.headers(),
    ) {
        Ok(()) => next.run(request).await,
        Err((why, rejection)) => {
            if let Some(Source(source)) = request.extensions().get::<Source>() {
                face.engine.count_refused(*source, why);
            }
            rejection.whole(Shape::at(request.uri().path()))
        }
    };
    response.headers_mut().extend(ALWAYS);
    if face.names.is_some() {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, A_YEAR);
    }
    response
}

/// Whether an honest client on this machine could have sent it.
pub(crate) fn is_for_this_machine(method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
    check(&[], method, uri, headers).is_ok()
}

fn check(names: &[String], method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), (NotLetIn, Rejection)> {
    // A page that rebound its name's address to loopback (CVE-2025-66414) still names itself here.
    let mut hosts = headers.get_all(header::HOST).iter();
    let named_rightly = match (hosts.next(), hosts.next()) {
        (Some(host), None) => is_local(host.as_bytes()) || is_one_of(names, host.as_bytes()),
        _ => false,
    };
    // `POST http://elsewhere/…`, as one asks a proxy; RFC 9112 §3.2.2 would let it override Host.
    if !named_rightly || uri.authority().is_some() {
        return Err((NotLetIn::ForeignHost, Rejection::foreign_host()));
    }
    // Browsers send it with every request that could do anything; no SDK does.
    if headers.contains_key(header::ORIGIN) {
        return Err((NotLetIn::WebPage, Rejection::from_a_page()));
    }
    // The SDKs send a length. Without chunked bodies there is no second opinion on where one ends: of a request with
    // both, hyper drops Content-Length before it is seen here, so the two can't be told apart and both are refused
    // (RFC 9112 §6.3, 411). A body that is announced by nothing, or on another condition than the one there is, isn't
    // taken for none either.
    let has_length = method == Method::GET || headers.contains_key(header::CONTENT_LENGTH);
    let expects = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"100-continue");
    if !has_length
        || !headers.get_all(header::EXPECT).iter().all(expects)
        || headers.contains_key(header::TRANSFER_ENCODING)
        || headers.contains_key(header::UPGRADE)
    {
        return Err((NotLetIn::Framing, Rejection::needs_length()));
    }
    Ok(())
}

/// `localhost`, `127.0.0.1` or `[::1]`, with a port or without.
fn is_local(host: &[u8]) -> bool {
    [&b"localhost"[..], b"127.0.0.1", b"[::1]"]
        .iter()
        .any(|name| is_named(host, name))
}

/// One of the names that the administrator gave, with a port or without. An IPv6 address stands in brackets in `Host`.
fn is_one_of(names: &[String], host: &[u8]) -> bool {
    names.iter().any(|name| match name.contains(':') {
        true => is_named(host, format!("[{name}]").as_bytes()),
        false => is_named(host, name.as_bytes()),
    })
}

fn is_named(host: &[u8], name: &[u8]) -> bool {
    let Some((start, rest)) = host.split_at_checked(name.len()) else {
        return false;
    };
    if !start.eq_ignore_ascii_case(name) {
        return false;
    }
    match rest.split_first() {
        None => true,
        Some((b':', port)) => {
            (1..=5).contains(&port.len())
                && port.iter().all(u8::is_ascii_digit)
                && std::str::from_utf8(port).is_ok_and(|port| port.parse::<u16>().is_ok())
        }
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]
    use super::*;

    #[test]
    fn host_matrix() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:4180",
            "localhost",
            "LocalHost:1",
            "[::1]",
            "[::1]:65535",
        ] {
            assert!(is_local(host.as_bytes()), "{host}");
        }
        for host in [
            "",
            ":4180",
            "evil.example",
            "evil.example:4180",
            "localhost.evil.example",
            "localhost.",
            "127.0.0.1.nip.io",
            "127.0.0.1:",
            "127.0.0.1:0x1",
            "127.0.0.1:65536",
            "127.0.0.1:4180:1",
            "127.0.0.1@evil",
            "127.0.0.2",
            "127.1",
            "2130706433",
            "0.0.0.0",
            "[::1",
            "[::1]4180",
            "[::ffff:127.0.0.1]",
            "::1",
            " localhost",
            "localhost ",
            "localhost,evil",
            "localhost/x",
            "127.0.0.1:+80",
            "127.0.0.1:-1",
            "xlocalhost",
        ] {
            assert!(!is_local(host.as_bytes()), "{host}");
        }
    }

    #[test]
    fn names_that_the_administrator_gave_are_taken_whole() {
        let names = ["gateway.example".to_owned(), "2001:db8::7".to_owned()];
        for host in ["gateway.example", "GATEWAY.example:4180", "[2001:db8::7]:4180"] {
            assert!(is_one_of(&names, host.as_bytes()), "{host}");
        }
        for host in [
            "example",
            "xgateway.example",
            "gateway.example.evil",
            "2001:db8::7",
            "gateway.example:x",
        ] {
            assert!(!is_one_of(&names, host.as_bytes()), "{host}");
        }
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn hostile_heads_are_refused_and_honest_ones_pass() {
        let path = Uri::from_static("/v1/chat/completions");
        let absolute = Uri::from_static("http://127.0.0.1/v1/chat/completions");
        let honest = [("host", "127.0.0.1:4180"), ("content-length", "2")];
        assert!(check(&[], &Method::POST, &path, &headers(&honest)).is_ok());
        assert!(check(&[], &Method::POST, &absolute, &headers(&honest)).is_err());
        assert!(check(&[], &Method::POST, &path, &headers(&[])).is_err());
        assert!(check(&[], &Method::POST, &path, &headers(&honest[..1])).is_err());
        assert!(check(&[], &Method::GET, &path, &headers(&honest[..1])).is_ok());
        for extra in [
            ("host", "127.0.0.1:4180"),
            ("origin", "http://127.0.0.1:4180"),
            ("origin", "null"),
            ("origin", ""),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("expect", "200-ok"),
        ] {
            let mut hostile = headers(&honest);
            hostile.extend(headers(&[extra]));
            for (name, value) in &headers(&[extra]) {
                hostile.append(name, value.clone());
            }
            assert!(check(&[], &Method::POST, &path, &hostile).is_err(), "{extra:?}");
        }
    }
}
