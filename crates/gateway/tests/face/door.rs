//! Requests that no honest client on this machine sends, named by the attack.

use crate::house::{House, Sent, text};

#[tokio::test]
async fn what_no_honest_client_sends_is_refused_at_the_door() {
    let house = House::open().await;
    let before = house.log_size().await;
    let authorization = format!("Authorization: Bearer {}", house.runtime_key);
    let body = text().to_string();
    let (json, length) = (
        "Content-Type: application/json",
        format!("Content-Length: {}", body.len()),
    );
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let line = "POST /v1/chat/completions HTTP/1.1";
    let local = "Host: 127.0.0.1";
    for (attack, line, headers, body, status) in [
        (
            "dns_rebinding",
            line,
            vec!["Host: evil.example:4180", json, &length],
            &body,
            403,
        ),
        (
            "host_prefix",
            line,
            vec!["Host: localhost.evil.example", json, &length],
            &body,
            403,
        ),
        (
            "two_hosts",
            line,
            vec![local, "Host: evil.example", json, &length],
            &body,
            403,
        ),
        ("no_host", line, vec![json, &length], &body, 403),
        (
            "page",
            line,
            vec![local, "Origin: https://evil.example", json, &length],
            &body,
            403,
        ),
        (
            "page_of_our_own_port",
            line,
            vec![local, "Origin: http://127.0.0.1:4180", json, &length],
            &body,
            403,
        ),
        (
            "sandboxed_page",
            line,
            vec![local, "Origin: null", json, &length],
            &body,
            403,
        ),
        (
            "absolute_form",
            "POST http://evil.example/v1/chat/completions HTTP/1.1",
            vec![local, json, &length],
            &body,
            403,
        ),
        (
            "cl_te",
            line,
            vec![local, json, &length, "Transfer-Encoding: chunked"],
            &chunked,
            411,
        ),
        (
            "te_cl",
            line,
            vec![local, json, "Transfer-Encoding: chunked", &length],
            &chunked,
            411,
        ),
        (
            "te_alone",
            line,
            vec![local, json, "Transfer-Encoding: chunked"],
            &chunked,
            411,
        ),
        (
            "te_obfuscated",
            line,
            vec![local, json, &length, "Transfer-Encoding: xchunked"],
            &body,
            400,
        ),
        (
            "te_twice",
            line,
            vec![local, json, "Transfer-Encoding: chunked", "Transfer-Encoding: identity"],
            &chunked,
            400,
        ),
        (
            "two_lengths",
            line,
            vec![local, json, &length, "Content-Length: 1"],
            &body,
            400,
        ),
        (
            "signed_length",
            line,
            vec![local, json, "Content-Length: +5"],
            &body,
            400,
        ),
        (
            "space_before_colon",
            line,
            vec![local, json, &length, "X-Bad : y"],
            &body,
            400,
        ),
        (
            "folded_header",
            line,
            vec![local, json, &length, "X-Bad: a\r\n b"],
            &body,
            400,
        ),
        (
            "oversized",
            line,
            vec![local, json, "Content-Length: 8388609"],
            &body,
            413,
        ),
        (
            "simple_request",
            line,
            vec![local, "Content-Type: text/plain", &length],
            &body,
            415,
        ),
        (
            "form",
            line,
            vec![local, "Content-Type: application/x-www-form-urlencoded", &length],
            &body,
            415,
        ),
        ("no_type", line, vec![local, &length], &body, 415),
        (
            "compressed",
            line,
            vec![local, json, "Content-Encoding: gzip", &length],
            &body,
            415,
        ),
        (
            "query",
            "POST /v1/chat/completions?api_base=http://evil HTTP/1.1",
            vec![local, json, &length],
            &body,
            400,
        ),
        (
            "unlisted_route",
            "POST /v1/completions HTTP/1.1",
            vec![local, json, &length],
            &body,
            404,
        ),
        (
            "path_tricks",
            "POST /v1/./chat/completions HTTP/1.1",
            vec![local, json, &length],
            &body,
            404,
        ),
        (
            "encoded_path",
            "POST /v1/chat%2Fcompletions HTTP/1.1",
            vec![local, json, &length],
            &body,
            404,
        ),
        (
            "doubled_slash",
            "POST //v1/chat/completions HTTP/1.1",
            vec![local, json, &length],
            &body,
            404,
        ),
        (
            "operators_route",
            "POST /operators/v1/status HTTP/1.1",
            vec![local, json, &length],
            &body,
            404,
        ),
        (
            "other_method",
            "PUT /v1/chat/completions HTTP/1.1",
            vec![local, json, &length],
            &body,
            405,
        ),
        (
            "preflight",
            "OPTIONS /v1/chat/completions HTTP/1.1",
            vec![local, "Origin: https://evil.example"],
            &String::new(),
            403,
        ),
    ] {
        let headers = headers.join("\r\n");
        let request = format!("{line}\r\nConnection: close\r\n{authorization}\r\n{headers}\r\n\r\n{body}");
        let answered = Sent::to(house.address(), &request).await.end().await;
        assert_eq!(answered.status, status, "{attack}: {answered:?}");
        assert!(answered.header("access-control-allow-origin").is_none(), "{attack}");
        if !answered.body.is_empty() {
            assert!(
                !answered.code().is_empty() && !answered.body.contains("evil"),
                "{attack}: {answered:?}"
            );
        }
    }
    // What came with a good key and a body that isn't taken is a denial of that agent's, and a record: the last six of 413,
    // 415 and the query. The rest is counted by source.
    assert_eq!(house.log_size().await, before + 6);
}
