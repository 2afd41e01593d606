//! What an agent's headers say: its key, its patience, and the few of them that may go upstream.

use std::time::Duration;

use engine::{Format, TraceParent};
use http::{HeaderMap, HeaderName, header};

/// The longest that a call is held without a word: some clients give up after 180 to 300 s of silence.
const LONGEST_SILENCE: Duration = Duration::from_secs(200);

/// Where the call stands in its agent's trace, and what other tracers say of it (W3C Trace Context).
const TRACEPARENT: HeaderName = HeaderName::from_static(TraceParent::HEADER);
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// What an agent may send upstream besides the body. None of it can change what the model does, and whoever reviews a
/// call doesn't see it: so headers that switch features on, or choose an account, stay behind.
static FORWARDED: [HeaderName; 4] = [
    HeaderName::from_static("idempotency-key"),
    TRACEPARENT,
    TRACESTATE,
    HeaderName::from_static("x-client-request-id"),
];

/// The version of Anthropic's API that a body is written in: without it, it can't be read upstream.
static ANTHROPIC_VERSION: HeaderName = HeaderName::from_static("anthropic-version");

const LONGEST_FORWARDED: usize = 512;

/// Where Anthropic's and Google's SDKs put the key.
const KEY_HEADERS: [HeaderName; 2] = [
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("x-goog-api-key"),
];

/// The runtime key: in one `Authorization: Bearer`, `x-api-key` or `x-goog-api-key`; in several only if they agree.
pub(super) fn runtime_key(headers: &HeaderMap) -> Option<&str> {
    let mut key = match only(headers, &header::AUTHORIZATION)? {
        Some(value) => Some(bearer(value)?),
        None => None,
    };
    for name in &KEY_HEADERS {
        key = match (key, only(headers, name)?) {
            (Some(one), Some(other)) if one != other => return None,
            (one, other) => one.or(other),
        };
    }
    key
}

/// Whether a query is one that the format's SDK always sends. Nothing else in a query could be reviewed with the call.
pub(super) fn query_is_known(format: Format, query: Option<&str>) -> bool {
    match query {
        // Without it, the answer would be one JSON array rather than a stream of events.
        Some("alt=sse") => format == Format::GeminiStream,
        // Says that headers may switch features on; those headers stay behind.
        Some("beta=true") => format.wire() == "anthropic",
        Some(_) => false,
        None => format != Format::GeminiStream,
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

/// An agent's own name for a proposal. An error where there are two, or one that isn't visible ASCII.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, ()> {
    only(headers, &HeaderName::from_static("idempotency-key")).ok_or(())
}

/// The call's place in its agent's trace; nothing where it says none, or no valid one.
pub(super) fn traceparent(headers: &HeaderMap) -> Option<TraceParent> {
    along(headers, &TRACEPARENT).and_then(TraceParent::parse)
}

/// A header that may go along. What `Connection` nominates belongs to this hop (RFC 9110 §7.6.1).
fn along<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut nominated = headers
        .get_all(header::CONNECTION)
        .iter()
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let value = only(headers, name).flatten()?;
    let is_nominated = nominated.any(|option| option.trim_ascii().eq_ignore_ascii_case(name.as_str().as_bytes()));
    (value.len() <= LONGEST_FORWARDED && !is_nominated).then_some(value)
}

/// The headers that go along with the call. Without a valid `traceparent`, no `tracestate` does (W3C Trace Context §4.3).
pub(super) fn forwarded(format: Format, headers: &HeaderMap) -> Vec<(String, String)> {
    let is_traced = traceparent(headers).is_some();
    let version = (format.wire() == "anthropic").then_some(&ANTHROPIC_VERSION);
    let may = FORWARDED
        .iter()
        .filter(|name| is_traced || ![TRACEPARENT, TRACESTATE].contains(*name))
        .chain(version);
    may.filter_map(|name| Some((name.as_str().to_owned(), along(headers, name)?.to_owned())))
        .collect()
}

/// How long the client waits in silence, a little less than it says itself, and never too long.
pub(super) fn patience(headers: &HeaderMap) -> Duration {
    let said = ["x-stainless-read-timeout", "x-stainless-timeout", "x-server-timeout"]
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

    const TRACED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

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
            (&[("x-goog-api-key", "csk_1")], Some("csk_1")),
            (&[("x-goog-api-key", "csk_1"), ("x-api-key", "csk_2")], None),
            (&[("x-goog-api-key", "csk_1"), ("x-goog-api-key", "csk_1")], None),
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
            ("traceparent", TRACED),
            ("idempotency-key", "k1"),
            ("connection", "keep-alive, Idempotency-Key"),
        ]);
        assert_eq!(
            forwarded(Format::OpenAiChat, &asked),
            [("traceparent".to_owned(), TRACED.to_owned())]
        );
    }

    #[test]
    fn a_traceparent_goes_along_if_it_is_valid_and_a_tracestate_only_beside_it() {
        let later = TRACED.replacen("00", "01", 1) + "-more";
        let nobody = "00-00000000000000000000000000000000-00f067aa0ba902b7-01";
        let state = ("tracestate", "vendor=1");
        for (pairs, names) in [
            (
                &[("traceparent", TRACED), state][..],
                &["traceparent", "tracestate"][..],
            ),
            (&[("traceparent", &later), state], &["traceparent", "tracestate"]),
            (&[("traceparent", TRACED)], &["traceparent"]),
            (&[state], &[]),
            (&[("traceparent", "00-1-2-01"), state], &[]),
            (&[("traceparent", nobody), state], &[]),
            (&[("traceparent", TRACED), ("traceparent", TRACED), state], &[]),
            (&[("traceparent", TRACED), ("connection", "traceparent"), state], &[]),
            (
                &[("traceparent", TRACED), ("connection", "tracestate"), state],
                &["traceparent"],
            ),
        ] {
            let along = forwarded(Format::OpenAiChat, &headers(pairs));
            let given: Vec<_> = along.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(given, names, "{pairs:?}");
            let unchanged = |(name, value): &(String, String)| pairs.contains(&(name.as_str(), value.as_str()));
            assert!(along.iter().all(unchanged), "{along:?}");
        }
    }

    #[test]
    fn anthropics_version_goes_along_to_anthropic_alone_and_its_betas_never() {
        let asked = headers(&[
            ("anthropic-version", "2026-10-21"),
            ("anthropic-beta", "computer-use-2025-01-24"),
        ]);
        let version = ("anthropic-version".to_owned(), "2026-10-21".to_owned());
        assert_eq!(forwarded(Format::AnthropicMessages, &asked), [version]);
        assert_eq!(forwarded(Format::OpenAiChat, &asked), []);
    }

    #[test]
    fn only_the_queries_that_sdks_always_send_are_known() {
        for (format, query, known) in [
            (Format::OpenAiChat, None, true),
            (Format::OpenAiChat, Some(""), false),
            (Format::OpenAiChat, Some("api-version=1"), false),
            (Format::OpenAiChat, Some("beta=true"), false),
            (Format::AnthropicMessages, Some("beta=true"), true),
            (Format::AnthropicMessages, Some("beta=true&x=1"), false),
            (Format::GeminiStream, Some("alt=sse"), true),
            (Format::GeminiStream, Some("alt=sse&key=abc"), false),
            (Format::GeminiStream, None, false),
            (Format::GeminiGenerate, Some("alt=sse"), false),
            (Format::GeminiGenerate, None, true),
        ] {
            assert_eq!(query_is_known(format, query), known, "{format:?} {query:?}");
        }
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
