//! What every reader of JSON has to read, and what each decides for itself: the classes of JSONTestSuite's `y_` and `i_`
//! cases (Nicolas Seriot, "Parsing JSON is a minefield"), with what ours decides.

use super::{kind, parse_content, parse_signed};

/// Read alike by both of our readers, and by serde_json.
const READ: &[&str] = &[
    // Arrays.
    "[]",
    "[[]   ]",
    "[\"\"]",
    "[\"a\"]\n",
    "[false]",
    "[true]",
    "[null]",
    "[null, 1, \"1\", {}]",
    "[1\n]",
    " [1]",
    "[1,null,null,null,2]",
    "[2] ",
    " [] ",
    "[[[[]]]]",
    "[\t1\r\n]",
    // Numbers.
    "[ 4]",
    "[-123]",
    "[-1]",
    "[123]",
    "[0]",
    "[9007199254740991]",
    "[-9007199254740991]",
    "[10]",
    // Objects.
    "{}",
    "{\"asd\":\"sdf\", \"dfg\":\"fgh\"}",
    "{\"asd\":\"sdf\"}",
    "{\"\":0}",
    "{\"foo\\u0000bar\": 42}",
    "{\"a\":[]}",
    "{\"a\":{\"a\":1}}",
    "{\n\"a\": \"b\"\n}",
    "{\"x\":[{\"id\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}], \"id\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}",
    "{\"title\":\"\\u041f\\u043e\\u043b\\u0442\\u043e\\u0440\\u0430\"}",
    "{\"a\":1,\"A\":2}",
    "{\"e\u{301}\":1,\"\u{e9}\":2}",
    // Texts: escapes.
    "[\"\\u0060\\u012a\\u12AB\"]",
    "[\"\\uD801\\udc37\"]",
    "[\"\\ud83d\\ude39\\ud83d\\udc8d\"]",
    "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
    "[\"\\\\u0000\"]",
    "[\"\\\"\"]",
    "[\"\\\\a\"]",
    "[\"\\\\n\"]",
    "[\"\\u0012\"]",
    "[\"\\uFFFF\"]",
    "[\"\\uDBFF\\uDFFF\"]",
    "[\"new\\u00A0line\"]",
    "[\"\\u0000\"]",
    "[\"\\u002c\"]",
    "[\"\\uD834\\uDd1e\"]",
    "[\"\\u0821\"]",
    "[\"\\u0123\"]",
    "[\"\\u0061\\u30af\\u30EA\\u30b9\"]",
    "[\"new\\u000Aline\"]",
    "[\"\\uA66D\"]",
    "[\"\\u005C\"]",
    "[\"\\uDBFF\\uDFFE\"]",
    "[\"\\uD83F\\uDFFE\"]",
    "[\"\\u200B\"]",
    "[\"\\u2064\"]",
    "[\"\\uFDD0\"]",
    "[\"\\uFFFE\"]",
    "[\"\\u0022\"]",
    "[\"\\u007f\"]",
    "[\"\\/\"]",
    // Texts: characters as they are.
    "[\"asd\"]",
    "[ \"asd\"]",
    "[\"asd \"]",
    "\" \"",
    "[\"a/*b*/c/*d//e\"]",
    "[\"\u{10ffff}\"]",
    "[\"\u{ffff}\"]",
    "[\"\u{1bfff}\"]",
    "[\"\u{3c0}\"]",
    "[\"\u{2028}\"]",
    "[\"\u{2029}\"]",
    "[\"\u{7f}\"]",
    "[\"a\u{7f}a\"]",
    "[\"\u{2342}\u{3234}\u{2342}\"]",
    "[\"\u{20ac}\u{1d11e}\"]",
    "[\"\u{feff}\"]",
    // Alone.
    "false",
    "42",
    "null",
    "\"asd\"",
    "true",
    "\"\"",
    " 1 ",
    "-1",
];

/// Read by every reader of JSON, and by our signed one not, with why.
const NOT_SIGNED: &[(&str, &str, &[&str])] = &[
    (
        "two readers may round it differently, or write it otherwise",
        "NotAnInteger",
        &[
            "[123e65]",
            "[0e+1]",
            "[0e1]",
            "[20e1]",
            "[1E22]",
            "[1E-2]",
            "[1E+2]",
            "[123e45]",
            "[123.456e78]",
            "[1e-2]",
            "[1e+2]",
            "[123.456789]",
            "{ \"min\": -1.0e+28, \"max\": 1.0e+28 }",
            "-0.1",
            "[1.0]",
            "[-0.000000000000000000000000000000000000000000000000000000000000000000000000000001]",
        ],
    ),
    (
        "it has the value of 0 and isn't its text",
        "NotAnInteger",
        &["[-0]", "-0", "{\"a\":-0}"],
    ),
    (
        "a reader of doubles takes it for its neighbour",
        "NumberTooLarge",
        &[
            "[9007199254740992]",
            "[-9007199254740992]",
            "[9007199254740993]",
            "[9223372036854775807]",
            "[18446744073709551615]",
        ],
    ),
];

/// Read by every reader of JSON; which of the two members they find, they don't agree on.
const TWICE: &[&str] = &[
    "{\"a\":\"b\",\"a\":\"c\"}",
    "{\"a\":\"b\",\"a\":\"b\"}",
    "{\"a\":1,\"\\u0061\":1}",
    "[{\"\":0,\"\":0}]",
];

/// What each reader decides for itself: what our signed one says of it, and the one for contents.
const OURS: &[(&str, &str, &[&[u8]])] = &[
    (
        "NotAnInteger",
        "read",
        &[b"[123.456e-789]", b"[123e-10000000]", b"[1e-400]"],
    ),
    (
        "NotAnInteger",
        "NumberTooLarge",
        &[
            b"[0.4e006699999999999999999999999999999999999999999999999999999999999999999999999]",
            b"[-1e+9999]",
            b"[1.5e+9999]",
            b"[-123123e100000]",
            b"[123123e100000]",
            b"[1e309]",
        ],
    ),
    (
        "NumberTooLarge",
        "read",
        &[
            b"[-123123123123123123123123123123]",
            b"[100000000000000000000]",
            b"[-237462374673276894279832749832423479823246327846]",
        ],
    ),
    (
        "LoneSurrogate",
        "LoneSurrogate",
        &[
            b"{\"\\uDFAA\":0}",
            b"[\"\\uDADA\"]",
            b"[\"\\uD888\\u1234\"]",
            b"[\"\\uD800\\n\"]",
            b"[\"\\uDd1ea\"]",
            b"[\"\\uD800\\uD800\\n\"]",
            b"[\"\\ud800\"]",
            b"[\"\\ud800abc\"]",
            b"[\"\\uDd1e\\uD834\"]",
            b"[\"\\uDFAA\"]",
            b"[\"\\uD800\\uD800\\x\"]",
        ],
    ),
    (
        "NotUtf8",
        "NotUtf8",
        &[
            // UTF-16 with a mark; Latin 1; cut short; over-long; surrogates; beyond U+10FFFF.
            b"\xff\xfe[\0\"\0\xe9\0\"\0]\0",
            b"\xfe\xff\0[\0]",
            b"[\"\xe9\"]",
            b"[\"\xff\"]",
            b"[\"\xe6\x97\xa5\xd1\x88\xfa\"]",
            b"[\"\x81\"]",
            b"[\"\xe0\xff\"]",
            b"[\"\xc0\xaf\"]",
            b"[\"\xfc\x83\xbf\xbf\xbf\xbf\"]",
            b"[\"\xfc\x80\x80\x80\x80\x80\"]",
            b"[\"\xed\xa0\x80\"]",
            b"[\"\xf4\xbf\xbf\xbf\"]",
            b"[\"\xf8\x88\x80\x80\x80\"]",
            b"[\"\xe0\x80\xaf\"]",
        ],
    ),
    // UTF-16 without a mark is UTF-8 with many zeros.
    (
        "Unexpected",
        "Unexpected",
        &[b"\0[\0\"\0x\0\"\0]", b"[\0\"\0x\0\"\0]\0"],
    ),
    (
        "ByteOrderMark",
        "ByteOrderMark",
        &[b"\xef\xbb\xbf{}", b"\xef\xbb\xbf", b"\xef\xbb\xbf 1"],
    ),
];

#[test]
fn what_every_reader_has_to_read() {
    for text in READ {
        let wanted: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(parse_signed(text.as_bytes()).as_ref(), Ok(&wanted), "{text}");
        assert_eq!(parse_content(text.as_bytes()).as_ref(), Ok(&wanted), "{text}");
    }
    assert!(READ.len() >= 80, "{}", READ.len());
}

#[test]
fn what_every_reader_reads_and_the_signed_one_does_not() {
    for (why, wanted, texts) in NOT_SIGNED {
        for text in *texts {
            assert_eq!(kind(parse_signed(text.as_bytes())), *wanted, "{text}: {why}");
            assert_eq!(kind(parse_content(text.as_bytes())), "read", "{text}");
        }
    }
    for text in TWICE {
        assert!(serde_json::from_str::<serde_json::Value>(text).is_ok(), "{text}");
        for read in [parse_signed, parse_content] {
            assert_eq!(kind(read(text.as_bytes())), "DuplicateKey", "{text}");
        }
    }
}

#[test]
fn what_each_reader_decides_for_itself() {
    for (signed, content, texts) in OURS {
        for text in *texts {
            let shown = text.escape_ascii();
            assert_eq!(kind(parse_signed(text)), *signed, "{shown}");
            assert_eq!(kind(parse_content(text)), *content, "{shown}");
        }
    }
    let nested = format!("{}{}", "[".repeat(500), "]".repeat(500));
    for read in [parse_signed, parse_content] {
        assert_eq!(kind(read(nested.as_bytes())), "TooDeep");
    }
}
