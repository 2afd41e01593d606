//! JCS (RFC 8785): the writer.

use std::cmp::Ordering;

use serde::Serialize;
use serde_json::{Map, Number, Value};

use super::{JsonError, MAX_INTEGER};

/// The canonical bytes of signed JSON: integers only, members sorted by UTF-16 code units, no white space.
///
/// # Errors
/// [`JsonError::UnwritableNumber`] or [`JsonError::Unserialisable`].
pub fn canonical(value: &impl Serialize) -> Result<Vec<u8>, JsonError> {
    let value = serde_json::to_value(value).map_err(|error| JsonError::Unserialisable {
        message: error.to_string(),
    })?;
    canonical_value(&value)
}

/// As [`canonical`], of a value that is JSON already.
///
/// # Errors
/// [`JsonError::UnwritableNumber`].
pub fn canonical_value(value: &Value) -> Result<Vec<u8>, JsonError> {
    let mut out = Vec::with_capacity(2048);
    write(value, signed_number, &mut out)?;
    Ok(out)
}

/// The canonical bytes of any JSON, numbers as doubles (RFC 8785 §3.2.2.3).
///
/// For *describing* what others wrote, such as a tool's schema. 2⁵³ and 2⁵³+1 come out the same: never decide
/// sameness of an action by it.
///
/// # Errors
/// [`JsonError::UnwritableNumber`] for a number without a finite double.
pub fn canonical_content(value: &Value) -> Result<Vec<u8>, JsonError> {
    let mut out = Vec::with_capacity(1024);
    write(value, any_number, &mut out)?;
    Ok(out)
}

type WriteNumber = fn(&Number, &mut Vec<u8>) -> Result<(), JsonError>;

fn unwritable(number: &Number) -> JsonError {
    JsonError::UnwritableNumber {
        number: number.to_string(),
    }
}

fn signed_number(number: &Number, out: &mut Vec<u8>) -> Result<(), JsonError> {
    let integer = number.as_i64().ok_or_else(|| unwritable(number))?;
    if !(-MAX_INTEGER..=MAX_INTEGER).contains(&integer) {
        return Err(unwritable(number));
    }
    out.extend_from_slice(integer.to_string().as_bytes());
    Ok(())
}

fn any_number(number: &Number, out: &mut Vec<u8>) -> Result<(), JsonError> {
    // The format of doubles is ECMAScript's (Ryū); the canonicalizer knows it.
    let text = serde_json_canonicalizer::to_vec(number).map_err(|_| unwritable(number))?;
    out.extend_from_slice(&text);
    Ok(())
}

fn write(value: &Value, number: WriteNumber, out: &mut Vec<u8>) -> Result<(), JsonError> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(n) => number(n, out)?,
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, number, out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => write_object(members, number, out)?,
    }
    Ok(())
}

fn write_object(members: &Map<String, Value>, number: WriteNumber, out: &mut Vec<u8>) -> Result<(), JsonError> {
    out.push(b'{');
    for (index, (name, value)) in sorted(members).into_iter().enumerate() {
        write_name(index, name, out);
        write(value, number, out)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_name(index: usize, name: &str, out: &mut Vec<u8>) {
    if index > 0 {
        out.push(b',');
    }
    write_string(name, out);
    out.push(b':');
}

/// §3.2.3: by UTF-16 code units, which isn't the order of UTF-8 bytes above U+FFFF.
fn sorted(members: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut sorted: Vec<(&String, &Value)> = members.iter().collect();
    sorted.sort_unstable_by(|(a, _), (b, _)| utf16_order(a, b));
    sorted
}

/// The order of names in canonical form.
pub(super) fn utf16_order(a: &str, b: &str) -> Ordering {
    if a.is_ascii() && b.is_ascii() {
        a.cmp(b)
    } else {
        a.encode_utf16().cmp(b.encode_utf16())
    }
}

/// As [`canonical_value`], without the values of the members at `paths`. Gives the offsets where they would stand, in
/// the order of the bytes; members that aren't there leave none.
pub(crate) fn canonical_without(value: &Value, paths: &[&[&str]]) -> Result<(Vec<u8>, Vec<usize>), JsonError> {
    let (mut out, mut holes) = (Vec::with_capacity(2048), Vec::with_capacity(paths.len()));
    write_around(value, paths, &mut out, &mut holes)?;
    Ok((out, holes))
}

fn write_around(value: &Value, paths: &[&[&str]], out: &mut Vec<u8>, holes: &mut Vec<usize>) -> Result<(), JsonError> {
    let (false, Value::Object(members)) = (paths.is_empty(), value) else {
        return write(value, signed_number, out);
    };
    out.push(b'{');
    for (index, (name, value)) in sorted(members).into_iter().enumerate() {
        write_name(index, name, out);
        let below: Vec<&[&str]> = paths
            .iter()
            .filter_map(|path| path.split_first())
            .filter(|(first, _)| *first == name)
            .map(|(_, rest)| rest)
            .collect();
        if below.iter().any(|rest| rest.is_empty()) {
            holes.push(out.len());
        } else {
            write_around(value, &below, out, holes)?;
        }
    }
    out.push(b'}');
    Ok(())
}

/// Writes a string as ECMAScript's `JSON.stringify` does (RFC 8785 §3.2.2.2).
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    // Nearly every text has nothing to escape: it is copied in as long pieces as there are.
    let mut copied = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte >= 0x20 && *byte != b'"' && *byte != b'\\' {
            continue;
        }
        out.extend_from_slice(bytes.get(copied..at).unwrap_or_default());
        copied = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x09 => out.extend_from_slice(b"\\t"),
            0x0a => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            0x0d => out.extend_from_slice(b"\\r"),
            _ => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
    }
    out.extend_from_slice(bytes.get(copied..).unwrap_or_default());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        reason = "a test's failure is its panic"
    )]

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::json::{parse, parse_canonical, parse_content, parse_signed};

    /// RFC 8785 §3.2.2: the example, and its canonical form.
    const EXAMPLE: &str = r#"{
        "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
        "literals": [null, true, false]
    }"#;

    #[test]
    fn rfc_8785_section_3_2_2_primitives() {
        let value = parse_content(EXAMPLE.as_bytes()).unwrap();
        let expected = "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],\
                        \"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
        assert_eq!(String::from_utf8(canonical_content(&value).unwrap()).unwrap(), expected);
        assert!(matches!(
            canonical_value(&value),
            Err(JsonError::UnwritableNumber { .. })
        ));
    }

    #[test]
    fn rfc_8785_section_3_2_3_sorting() {
        let value = parse_signed(
            r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh","1":"One",
                "\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#
                .as_bytes(),
        )
        .unwrap();
        let expected = "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u{80}\":\"Control\",\
                        \"ö\":\"Latin Small Letter O With Diaeresis\",\"€\":\"Euro Sign\",\
                        \"😀\":\"Emoji: Grinning Face\",\"\u{fb33}\":\"Hebrew Letter Dalet With Dagesh\"}";
        assert_eq!(String::from_utf8(canonical_value(&value).unwrap()).unwrap(), expected);
    }

    #[test]
    fn rfc_8785_appendix_b_numbers() {
        for (bits, expected) in [
            (0x0000_0000_0000_0000u64, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
        ] {
            let number = Number::from_f64(f64::from_bits(bits)).unwrap();
            let text = canonical_content(&Value::Number(number)).unwrap();
            assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
    }

    #[test]
    fn integers_beyond_what_a_double_holds_are_refused() {
        for number in [
            json!(MAX_INTEGER + 1),
            json!(-MAX_INTEGER - 1),
            json!(u64::MAX),
            json!(1.5),
            json!(-0.0),
        ] {
            assert!(
                matches!(canonical_value(&number), Err(JsonError::UnwritableNumber { .. })),
                "{number}"
            );
        }
        assert_eq!(
            canonical_value(&json!([MAX_INTEGER, -MAX_INTEGER, 0])).unwrap(),
            b"[9007199254740991,-9007199254740991,0]"
        );
    }

    fn signed_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 60, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn writing_and_strict_parsing_are_inverses(value in signed_json()) {
            let bytes = canonical_value(&value).unwrap();
            prop_assert_eq!(parse_canonical(&bytes).unwrap(), value);
        }

        /// The one pass that proves canonical form, against writing it again: whatever stands there.
        #[test]
        fn canonical_form_is_told_at_once_as_by_writing_it_again(
            value in signed_json(),
            at in any::<proptest::sample::Index>(),
            with in "[ -~\\n]|\\\\u00[0-9a-fA-F]{2}|\\\\[a-z/\"]|\u{10000}|\u{e000}",
            replaces in 0usize..3,
        ) {
            let mut text = String::from_utf8(canonical_value(&value).unwrap()).unwrap();
            prop_assert_eq!(parse::canonical_at_once(text.as_bytes()), Some(value));
            let places: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
            let from = at.index(places.len());
            let to = (from + replaces).min(places.len() - 1);
            text.replace_range(places[from]..places[to], &with);
            let long = parse_signed(text.as_bytes()).ok();
            let long = long.filter(|value| canonical_value(value).unwrap() == text.as_bytes());
            prop_assert_eq!(parse::canonical_at_once(text.as_bytes()), long);
        }

        #[test]
        fn another_implementation_writes_the_same(value in signed_json()) {
            prop_assert_eq!(canonical_value(&value).unwrap(), serde_json_canonicalizer::to_vec(&value).unwrap());
            prop_assert_eq!(canonical_content(&value).unwrap(), canonical_value(&value).unwrap());
        }
    }
}
