//! Reading a call's body: JSON, of a known length, in time.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, Limited};

use super::rejection::Rejection;

/// The largest body that is taken.
pub(super) const LARGEST: usize = 8 * 1024 * 1024;

/// How long sending it may take.
const LONGEST: Duration = Duration::from_secs(60);

/// Reads it whole: what is decided on is one exact sequence of bytes.
pub(super) async fn read(headers: &HeaderMap, body: Body, request_uid: &str) -> Result<Bytes, Rejection> {
    if !is_json(headers) {
        return Err(Rejection::not_json(request_uid));
    }
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > LARGEST) {
        return Err(Rejection::too_large(request_uid));
    }
    match tokio::time::timeout(LONGEST, Limited::new(body, LARGEST).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(Rejection::too_large(request_uid)),
        Ok(Err(_)) => Err(Rejection::incomplete(request_uid)),
        Err(_) => Err(Rejection::too_slow(request_uid)),
    }
}

/// `application/json`, in UTF-8, as it is. A page could send any other type without asking first (CORS).
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(media_type), None) = (types.next(), types.next()) else {
        return false;
    };
    let Ok(media_type) = media_type.to_str() else {
        return false;
    };
    let mut parts = media_type.split(';').map(str::trim);
    let named = parts
        .next()
        .is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    let in_utf8 = parts.all(|parameter| {
        parameter.eq_ignore_ascii_case("charset=utf-8") || parameter.eq_ignore_ascii_case("charset=\"utf-8\"")
    });
    let as_it_is = headers
        .get(header::CONTENT_ENCODING)
        .is_none_or(|encoding| encoding == "identity");
    named && in_utf8 && as_it_is
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_json_is_read() {
        for (media_type, encoding, expected) in [
            ("application/json", None, true),
            ("Application/JSON; charset=UTF-8", None, true),
            ("application/json", Some("identity"), true),
            ("application/json", Some("gzip"), false),
            ("application/json; charset=utf-16", None, false),
            ("text/plain", None, false),
            ("application/x-www-form-urlencoded", None, false),
            ("application/json-seq", None, false),
            ("", None, false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static(media_type));
            headers
                .extend(encoding.map(|encoding| (header::CONTENT_ENCODING, http::HeaderValue::from_static(encoding))));
            assert_eq!(is_json(&headers), expected, "{media_type} {encoding:?}");
        }
        assert!(!is_json(&HeaderMap::new()));
    }
}
