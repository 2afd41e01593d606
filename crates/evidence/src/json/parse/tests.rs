//! Attacks on the strict reader, by name.

#![expect(clippy::unwrap_used, reason = "a test's failure is its panic")]

mod read;
mod refused;

use super::*;
use crate::json::parse_canonical;

/// What came of reading: `read`, or the error's name without its details.
fn kind(read: Result<Value, JsonError>) -> String {
    let Err(error) = read else { return "read".to_owned() };
    let said = format!("{error:?}");
    said.split(' ').next().unwrap_or_default().to_owned()
}

fn error(text: &[u8]) -> String {
    format!("{:?}", parse_signed(text).unwrap_err())
}

#[test]
fn strict_json_attack_list() {
    let cases: &[(&str, &[u8], &str)] = &[
        ("byte_order_mark", b"\xef\xbb\xbf{}", "ByteOrderMark"),
        ("utf_16", b"\xff\xfe{\0}\0", "NotUtf8 { at: 0 }"),
        ("overlong_utf_8", b"\"\xc0\xaf\"", "NotUtf8 { at: 1 }"),
        ("surrogate_in_utf_8", b"\"\xed\xa0\x80\"", "NotUtf8 { at: 1 }"),
        ("empty", b"", "EndsEarly { at: 0 }"),
        ("only_space", b"  ", "EndsEarly { at: 2 }"),
        ("trailing_value", b"{} {}", "TrailingBytes { at: 3 }"),
        ("trailing_nul", b"{}\0", "TrailingBytes { at: 2 }"),
        ("trailing_comment", b"{}//", "TrailingBytes { at: 2 }"),
        (
            "duplicate_key",
            br#"{"a":1,"a":2}"#,
            "DuplicateKey { at: 7, key: \"a\" }",
        ),
        (
            "duplicate_key_escaped",
            br#"{"a":1,"\u0061":2}"#,
            "DuplicateKey { at: 7, key: \"a\" }",
        ),
        (
            "duplicate_key_nested",
            br#"[{"b":{"x":1,"x":1}}]"#,
            "DuplicateKey { at: 13, key: \"x\" }",
        ),
        ("lone_high_surrogate", br#""\ud800""#, "LoneSurrogate { at: 1 }"),
        ("lone_low_surrogate", br#""\udc00""#, "LoneSurrogate { at: 1 }"),
        ("high_then_high", br#""\ud800\ud800""#, "LoneSurrogate { at: 1 }"),
        ("high_then_letter", br#""\ud800x""#, "LoneSurrogate { at: 1 }"),
        ("surrogate_as_key", br#"{"\udead":1}"#, "LoneSurrogate { at: 2 }"),
        ("raw_newline_in_string", b"\"a\nb\"", "BadString { at: 2 }"),
        ("raw_nul_in_string", b"\"a\0b\"", "BadString { at: 2 }"),
        ("unknown_escape", br#""\x41""#, "BadString { at: 1 }"),
        ("escape_cut_off", br#""\u12"#, "EndsEarly { at: 1 }"),
        ("plus_in_escape", br#""\u+123""#, "BadString { at: 1 }"),
        ("fraction", b"1.0", "NotAnInteger { at: 0 }"),
        ("exponent", b"1e2", "NotAnInteger { at: 0 }"),
        ("minus_zero", b"[-0]", "NotAnInteger { at: 1 }"),
        ("two_to_the_53", b"9007199254740992", "NumberTooLarge { at: 0 }"),
        ("minus_two_to_the_53", b"-9007199254740992", "NumberTooLarge { at: 0 }"),
        (
            "very_long_integer",
            b"123456789012345678901234567890",
            "NumberTooLarge { at: 0 }",
        ),
        ("leading_zero", b"01", "BadNumber { at: 0 }"),
        (
            "leading_plus",
            b"+1",
            "Unexpected { at: 0, found: '+', wanted: \"a value\" }",
        ),
        ("bare_minus", b"-", "BadNumber { at: 0 }"),
        ("fraction_without_digits", b"1.", "BadNumber { at: 0 }"),
        ("hexadecimal", b"0x10", "TrailingBytes { at: 1 }"),
        (
            "not_a_number",
            b"NaN",
            "Unexpected { at: 0, found: 'N', wanted: \"a value\" }",
        ),
        ("infinity", b"-Infinity", "BadNumber { at: 0 }"),
        (
            "trailing_comma_array",
            b"[1,]",
            "Unexpected { at: 3, found: ']', wanted: \"a value\" }",
        ),
        (
            "trailing_comma_object",
            br#"{"a":1,}"#,
            "Unexpected { at: 7, found: '}', wanted: \"a key\" }",
        ),
        (
            "single_quotes",
            b"{'a':1}",
            "Unexpected { at: 1, found: '\\'', wanted: \"a key\" }",
        ),
        (
            "comment",
            b"{/**/}",
            "Unexpected { at: 1, found: '/', wanted: \"a key\" }",
        ),
        (
            "unquoted_key",
            b"{a:1}",
            "Unexpected { at: 1, found: 'a', wanted: \"a key\" }",
        ),
        (
            "no_break_space",
            "\u{a0}1".as_bytes(),
            "Unexpected { at: 0, found: '\\u{a0}', wanted: \"a value\" }",
        ),
        ("unclosed_object", b"{\"a\":1", "EndsEarly { at: 6 }"),
        ("unclosed_string", b"\"a", "EndsEarly { at: 2 }"),
        (
            "truncated_word",
            b"tru",
            "Unexpected { at: 0, found: 't', wanted: \"a value\" }",
        ),
    ];
    for (name, text, expected) in cases {
        assert_eq!(error(text), *expected, "{name}");
    }
}

#[test]
fn nesting_ends_at_64() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse_signed(nested(64).as_bytes()).is_ok());
    assert_eq!(error(nested(65).as_bytes()), "TooDeep { at: 64 }");
    // A stack overflow would end the process: the depth is counted before anything else is looked at.
    assert_eq!(error("[".repeat(1_000_000).as_bytes()), "TooDeep { at: 64 }");
    assert_eq!(error("{\"a\":".repeat(100_000).as_bytes()), "TooDeep { at: 320 }");
}

#[test]
fn contents_may_have_any_number() {
    let value = parse_content(b"[1.5,-0,1e2,18446744073709551615,9007199254740993]").unwrap();
    assert_eq!(
        value,
        serde_json::json!([1.5, -0.0, 100.0, u64::MAX, 9_007_199_254_740_993i64])
    );
    assert_eq!(parse_content(b"1e400"), Err(JsonError::NumberTooLarge { at: 0 }));
    assert_eq!(
        parse_content(br#"{"a":1,"a":1}"#),
        Err(JsonError::DuplicateKey {
            at: 7,
            key: "a".to_owned()
        })
    );
}

#[test]
fn escapes_are_read() {
    assert_eq!(
        parse_signed(br#""\ud83d\ude00\u00e9\/\b\f\n\r\t\"\\""#).unwrap(),
        "😀é/\u{8}\u{c}\n\r\t\"\\"
    );
}

#[test]
fn the_canonical_form_is_the_only_one() {
    assert!(parse_canonical(br#"{"a":1,"b":[true,null]}"#).is_ok());
    for (text, at) in [
        (r#"{"b":1,"a":2}"#, 2),
        (r#"{"a": 1}"#, 5),
        (r#""\u0061""#, 1),
        (r#""\/""#, 1),
        ("1\n", 1),
    ] {
        assert_eq!(
            parse_canonical(text.as_bytes()),
            Err(JsonError::NotCanonical { at }),
            "{text}"
        );
    }
}
