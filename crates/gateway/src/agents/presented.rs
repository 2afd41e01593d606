//! What an agent's headers say: its key, its patience, and the few of them that may go upstream.

use std::time::Duration;

use http::{HeaderMap, HeaderName, header};

/// The longest that a call is held without a word: some clients give up after 180 to 300 s of silence.
const LONGEST_SILENCE: Duration = Duration::from_secs(200);

/// What an agent may send upstream besides the body. None of it can change what the model does, and whoever reviews a
/// call doesn't see it: so headers that switch features on, or choose an account, stay behind.
const FORWARDED: [HeaderName; 4] = [
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
    HeaderName::from_static("x-client-request-id"),
];

const LONGEST_FORWARDED: usize = 512;

/// The runtime key: in one `Authorization: Bearer`, or one `x-api-key`; in both only if they agree.
pub(super) fn runtime_key(headers: &HeaderMap) -> Option<&str> {
    let bearer = match only(headers, &header::AUTHORIZATION)? {
        Some(value) => Some(bearer(value)?),
        None => None,
    };
    let api_key = only(headers, &HeaderName::from_static("x-api-key"))?;
    match (bearer, api_key) {
        (Some(one), Some(other)) => (one == other).then_some(one),
        (one, other) => one.or(other),
    }
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// A header that may be there once: nothing at all where it is there twice, or isn't visible ASCII.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Some(None),
        (Some(value), None) => value.to_str().ok().map(Some),
        (Some(_), Some(_)) => None,
    }
}

/// The headers that go along with the call. What `Connection` nominates belongs to this hop (RFC 9110 §7.6.1).
pub(super) fn forwarded(headers: &HeaderMap) -> Vec<(String, String)> {
    let nominated = |name: &HeaderName| {
        let connections = headers.get_all(header::CONNECTION).iter();
        connections
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .any(|option| option.trim_ascii().eq_ignore_ascii_case(name.as_str().as_bytes()))
    };
    let mut forwarded = Vec::new();
    for name in &FORWARDED {
        if let Some(Some(value)) = only(headers, name)
            && value.len() <= LONGEST_FORWARDED
            && !nominated(name)
        {
            forwarded.push((name.as_str().to_owned(), value.to_owned()));
        }
    }
    forwarded
}

/// How long the client waits in silence, a little less than it says itself, and never too long.
pub(super) fn patience(headers: &HeaderMap) -> Duration {
    let said = ["x-stainless-read-timeout", "x-stainless-timeout"]
        .iter()
        .find_map(|name| headers.get(*name)?.to_str().ok()?.trim().parse::<f64>().ok())
        .filter(|seconds| seconds.is_finite() && *seconds > 0.0);
    let Some(seconds) = said else { return LONGEST_SILENCE };
    // The answer has to reach the client before it gives up.
    let budget = Duration::from_secs_f64(seconds.min(LONGEST_SILENCE.as_secs_f64() * 2.0));
    budget
        .saturating_sub((budget / 10).clamp(Duration::from_millis(250), Duration::from_secs(5)))
        .min(LONGEST_SILENCE)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    #[test]
    fn a_runtime_key_is_taken_from_either_header_and_from_nothing_ambiguous() {
        for (pairs, expected) in [
            (&[("authorization", "Bearer csk_1")][..], Some("csk_1")),
            (&[("authorization", "bearer  csk_1 ")], Some("csk_1")),
            (&[("x-api-key", "csk_1")], Some("csk_1")),
            (
                &[("authorization", "Bearer csk_1"), ("x-api-key", "csk_1")],
                Some("csk_1"),
            ),
            (&[("authorization", "Bearer csk_1"), ("x-api-key", "csk_2")], None),
            (
                &[("authorization", "Bearer csk_1"), ("authorization", "Bearer csk_1")],
                None,
            ),
            (&[("x-api-key", "csk_1"), ("x-api-key", "csk_2")], None),
            (&[("authorization", "Basic csk_1")], None),
            (&[("authorization", "Basic csk_1"), ("x-api-key", "csk_1")], None),
            (&[("authorization", "csk_1")], None),
            (&[("authorization", "Bearer \u{e9}")], None),
            (&[], None),
        ] {
            assert_eq!(runtime_key(&headers(pairs)), expected, "{pairs:?}");
        }
    }

    #[test]
    fn hop_by_hop_and_nominated_headers_stay_behind() {
        let asked = headers(&[
            ("authorization", "Bearer csk_1"),
            ("x-api-key", "csk_1"),
            ("cookie", "a=b"),
            ("te", "trailers"),
            ("keep-alive", "5"),
            ("proxy-authorization", "x"),
            ("openai-organization", "org-other"),
            ("openai-beta", "assistants=v2"),
            ("x-forwarded-for", "1.2.3.4"),
            ("traceparent", "00-1-2-01"),
            ("idempotency-key", "k1"),
            ("connection", "keep-alive, Idempotency-Key"),
        ]);
        assert_eq!(forwarded(&asked), [("traceparent".to_owned(), "00-1-2-01".to_owned())]);
    }

    #[test]
    fn patience_is_what_the_client_says_within_limits() {
        for (said, at_most) in [
            ("2", 1.75),
            ("0.1", 0.0),
            ("60", 55.0),
            ("600", 200.0),
            ("nan", 200.0),
            ("-3", 200.0),
            ("1e300", 200.0),
        ] {
            let patience = patience(&headers(&[("x-stainless-read-timeout", said)])).as_secs_f64();
            assert!((patience - at_most).abs() < 0.01, "{said}: {patience}");
        }
        assert_eq!(patience(&HeaderMap::new()), LONGEST_SILENCE);
    }
}
