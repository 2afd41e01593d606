//! Requests on whose end two readers could disagree, in the manner of llhttp's own fixtures, CERT VU#357312 and RFC 9112
//! §11.2: each is answered with an error and closes the connection, so that what follows is never taken for a request.

use contract::{LogQuery, Operators};
use futures_util::{StreamExt as _, stream};

use crate::house::{House, Sent, text};

/// What would be taken for a second request, if the first were thought to end before it.
fn smuggled(key: &str) -> String {
    let body = text().to_string();
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Heads whose framing is wrong, ambiguous or obsolete; each is followed by a chunked body, a plain one and the smuggled
/// request in turn.
const HEADS: &[(&str, &str)] = &[
    ("cl_te", "Content-Length: 4\r\nTransfer-Encoding: chunked"),
    ("te_cl", "Transfer-Encoding: chunked\r\nContent-Length: 4"),
    ("te_alone", "Transfer-Encoding: chunked"),
    ("te_case", "tRANSFER-eNCODING: CHUNKED"),
    (
        "te_space_before_colon",
        "Transfer-Encoding : chunked\r\nContent-Length: 4",
    ),
    (
        "te_tab_before_colon",
        "Transfer-Encoding\t: chunked\r\nContent-Length: 4",
    ),
    ("te_leading_space", " Transfer-Encoding: chunked\r\nContent-Length: 4"),
    ("te_folded", "Transfer-Encoding:\r\n chunked\r\nContent-Length: 4"),
    (
        "te_folded_value",
        "Transfer-Encoding: chun\r\n ked\r\nContent-Length: 4",
    ),
    ("te_vertical_tab", "Transfer-Encoding: \x0bchunked\r\nContent-Length: 4"),
    ("te_form_feed", "Transfer-Encoding: chunked\x0c\r\nContent-Length: 4"),
    ("te_quoted", "Transfer-Encoding: \"chunked\"\r\nContent-Length: 4"),
    ("te_prefix", "Transfer-Encoding: xchunked\r\nContent-Length: 4"),
    ("te_suffix", "Transfer-Encoding: chunkedx\r\nContent-Length: 4"),
    (
        "te_comma_identity",
        "Transfer-Encoding: chunked, identity\r\nContent-Length: 4",
    ),
    (
        "te_identity_comma",
        "Transfer-Encoding: identity, chunked\r\nContent-Length: 4",
    ),
    (
        "te_gzip_chunked",
        "Transfer-Encoding: gzip, chunked\r\nContent-Length: 4",
    ),
    (
        "te_twice",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\nContent-Length: 4",
    ),
    ("te_empty", "Transfer-Encoding:\r\nContent-Length: 4"),
    ("te_semicolon", "Transfer-Encoding: chunked;q=1\r\nContent-Length: 4"),
    ("te_null", "Transfer-Encoding: chunked\0\r\nContent-Length: 4"),
    ("te_null_in_name", "Transfer-\0Encoding: chunked\r\nContent-Length: 4"),
    ("te_bare_cr", "X: y\rTransfer-Encoding: chunked\r\nContent-Length: 4"),
    ("te_utf8_name", "Transfer\u{2010}Encoding: chunked\r\nContent-Length: 4"),
    ("te_no_name", ": chunked\r\nContent-Length: 4"),
    ("cl_twice", "Content-Length: 4\r\nContent-Length: 5"),
    ("cl_list", "Content-Length: 4, 4"),
    ("cl_list_differs", "Content-Length: 4, 5"),
    ("cl_plus", "Content-Length: +4"),
    ("cl_minus", "Content-Length: -4"),
    ("cl_hex", "Content-Length: 0x4"),
    ("cl_octal_point", "Content-Length: 4.0"),
    ("cl_exponent", "Content-Length: 4e0"),
    ("cl_underscore", "Content-Length: 1_0"),
    ("cl_space_inside", "Content-Length: 1 0"),
    ("cl_empty", "Content-Length:"),
    ("cl_overflow", "Content-Length: 18446744073709551620"),
    ("cl_overflow_more", "Content-Length: 99999999999999999999999999999999"),
    ("cl_arabic_digits", "Content-Length: \u{664}"),
    ("cl_null", "Content-Length: 4\0"),
    ("cl_vertical_tab", "Content-Length: \x0b4"),
    ("cl_space_before_colon", "Content-Length : 4"),
    ("cl_folded", "Content-Length:\r\n 4"),
    ("cl_missing", "X-Nothing: 1"),
    (
        "upgrade_h2c",
        "Content-Length: 4\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
    ),
    (
        "upgrade_websocket",
        "Content-Length: 4\r\nConnection: Upgrade\r\nUpgrade: websocket",
    ),
    ("expect_else", "Content-Length: 4\r\nExpect: 200-ok"),
    ("header_without_colon", "Content-Length: 4\r\nno colon here"),
    ("header_name_with_space", "Content-Length: 4\r\nX Y: z"),
    ("header_null", "Content-Length: 4\r\nX: a\0b"),
    ("header_bare_cr", "Content-Length: 4\r\nX: a\rb"),
];

/// Request lines that aren't one.
const LINES: &[(&str, &str)] = &[
    ("http_0_9", "POST /v1/chat/completions"),
    ("http_2_preface", "PRI * HTTP/2.0"),
    ("http_2_0", "POST /v1/chat/completions HTTP/2.0"),
    ("http_1_2", "POST /v1/chat/completions HTTP/1.2"),
    ("http_lower", "POST /v1/chat/completions http/1.1"),
    ("http_leading_zero", "POST /v1/chat/completions HTTP/01.1"),
    ("http_trailing", "POST /v1/chat/completions HTTP/1.1 x"),
    ("two_spaces", "POST  /v1/chat/completions HTTP/1.1"),
    ("tab", "POST\t/v1/chat/completions HTTP/1.1"),
    ("null_in_path", "POST /v1/chat/\0completions HTTP/1.1"),
    ("bare_cr", "POST /v1/chat/completions\rHTTP/1.1"),
    ("space_first", " POST /v1/chat/completions HTTP/1.1"),
    ("method_lower", "post /v1/chat/completions HTTP/1.1"),
    ("method_null", "PO\0ST /v1/chat/completions HTTP/1.1"),
    ("connect", "CONNECT evil.example:443 HTTP/1.1"),
    ("asterisk", "OPTIONS * HTTP/1.1"),
    ("authority_form", "POST evil.example:80 HTTP/1.1"),
    ("absolute_form", "POST http://localhost/v1/chat/completions HTTP/1.1"),
];

/// Sends it all; says what is wrong with what comes back.
async fn passes(house: &House, attack: &str, request: String) -> Option<String> {
    let answered = Sent::to(house.address(), &request).await.everything().await;
    let refused = answered.is_empty() || answered.starts_with("HTTP/1.1 4") || answered.starts_with("HTTP/1.1 5");
    let once = answered.matches("HTTP/1.1 ").count() <= 1;
    let none = !answered.contains("HTTP/1.1 200");
    (!refused || !once || !none).then(|| format!("{attack}: {request:?} was answered {answered:?}"))
}

#[tokio::test]
async fn no_request_with_ambiguous_framing_passes_and_none_hides_a_second_one() {
    let house = House::open().await;
    let key = house.runtime_key.clone();
    let hidden = smuggled(&key);
    let line = "POST /v1/chat/completions HTTP/1.1";
    let common = format!("Host: localhost\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json");
    let mut fixtures = Vec::new();
    for (attack, head) in HEADS {
        for body in ["0\r\n\r\n", "1\r\n{\r\n0\r\n\r\n", "{}\r\n", ""] {
            fixtures.push((*attack, format!("{line}\r\n{common}\r\n{head}\r\n\r\n{body}{hidden}")));
        }
    }
    for (attack, line) in LINES {
        for length in [0, 4] {
            let request = format!("{line}\r\n{common}\r\nContent-Length: {length}\r\n\r\n{{}}\r\n{hidden}");
            fixtures.push((*attack, request));
        }
    }
    assert!(fixtures.len() >= 240, "{}", fixtures.len());
    let house = &house;
    let passed: Vec<_> = stream::iter(fixtures)
        .map(|(attack, request)| passes(house, attack, request))
        .buffer_unordered(64)
        .filter_map(std::future::ready)
        .collect()
        .await;
    assert!(passed.is_empty(), "{} of them:\n{}", passed.len(), passed.join("\n"));
    let query = LogQuery {
        filter: "kind:call_finished".to_owned(),
        ..LogQuery::default()
    };
    assert!(
        house.desk.log(query).await.unwrap().rows.is_empty(),
        "something went upstream"
    );
}

#[tokio::test]
async fn a_client_that_sends_line_feeds_alone_gets_one_answer_for_one_request() {
    let house = House::open().await;
    let body = text().to_string();
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\nHost: localhost\nAuthorization: Bearer {}\nConnection: close\n\
         Content-Type: application/json\nContent-Length: {}\n\n{body}",
        house.runtime_key,
        body.len()
    );
    // RFC 9112 §2.2 lets a recipient take it; what counts is that the length is read the same.
    let answered = Sent::to(house.address(), &format!("{head}{}", smuggled(&house.runtime_key))).await;
    let answered = answered.everything().await;
    assert!(answered.matches("HTTP/1.1 ").count() <= 1, "{answered}");
}

/// RFC 9110 §7.6.1: what `Connection` names is for this connection alone. An agent could otherwise have the gateway's own
/// headers taken off on the way, the credential for instance.
#[tokio::test]
async fn headers_that_connection_names_neither_go_on_nor_take_ours_off() {
    let house = House::open().await;
    for named in [
        "authorization",
        "host",
        "content-length",
        "content-type",
        "x-api-key",
        "accept",
        "keep-alive, te",
    ] {
        let body = text().to_string();
        let request = format!(
            "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
             Connection: close, {named}\r\nTE: trailers\r\nKeep-Alive: timeout=9\r\nProxy-Authorization: Basic eDp5\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            house.runtime_key,
            body.len()
        );
        let answered = Sent::to(house.address(), &request).await.end().await;
        // The practice upstream takes no call without the credential that the gateway adds.
        assert_eq!(answered.status, 200, "{named}: {answered:?}");
    }
}
