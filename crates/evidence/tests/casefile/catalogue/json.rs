//! JSON that two readers could read differently, in each file that is signed JSON.

use evidence::verifier::ids;

use super::{Attack, Honest};
use crate::attackers::Who;
use crate::tamper::{lines, put_lines};

/// A trick's name, how it is played on the text of an object, and a part of the sentence that names it.
type Trick = (&'static str, fn(&str) -> Vec<u8>, &'static str);

/// With a member put before all others.
fn with(text: &str, member: &str) -> Vec<u8> {
    text.replacen('{', &format!("{{{member},"), 1).into_bytes()
}

const TRICKS: [Trick; 17] = [
    (
        "a_duplicate_key",
        |text| with(text, "\"!\":1,\"!\":2"),
        "stands twice in one object",
    ),
    (
        "a_duplicate_key_by_escape",
        |text| with(text, "\"!\":1,\"\\u0021\":2"),
        "stands twice in one object",
    ),
    (
        "a_lone_surrogate",
        |text| with(text, "\"!\":\"\\ud800\""),
        "a lone surrogate",
    ),
    (
        "surrogates_in_the_wrong_order",
        |text| with(text, "\"!\":\"\\udc00\\ud800\""),
        "a lone surrogate",
    ),
    ("not_a_number", |text| with(text, "\"!\":NaN"), "unexpected"),
    ("infinity", |text| with(text, "\"!\":Infinity"), "unexpected"),
    (
        "two_to_the_53rd",
        |text| with(text, "\"!\":9007199254740992"),
        "too large to be read alike",
    ),
    (
        "two_to_the_53rd_and_one",
        |text| with(text, "\"!\":9007199254740993"),
        "too large to be read alike",
    ),
    ("a_fraction", |text| with(text, "\"!\":1.0"), "isn't a plain integer"),
    ("an_exponent", |text| with(text, "\"!\":1e3"), "isn't a plain integer"),
    ("minus_zero", |text| with(text, "\"!\":-0"), "isn't a plain integer"),
    ("a_leading_zero", |text| with(text, "\"!\":01"), "at byte"),
    (
        "arrays_without_end",
        |text| with(text, &format!("\"!\":{}{}", "[".repeat(65), "]".repeat(65))),
        "nested more than 64 deep",
    ),
    (
        "a_byte_order_mark",
        |text| [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        "a byte order mark stands at the beginning",
    ),
    (
        "a_byte_that_is_no_utf8",
        |text| [text.as_bytes(), b"\xff"].concat(),
        "aren't UTF-8",
    ),
    (
        "something_after_it",
        |text| format!("{text} 1").into_bytes(),
        "something follows",
    ),
    (
        "white_space",
        |text| text.replacen(':', ": ", 1).into_bytes(),
        "canonical",
    ),
];

/// All of these.
pub(super) fn attacks(honest: &Honest) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for (trick, play, words) in TRICKS {
        let record = honest.by(
            Who::Operator,
            &format!("record_with_{trick}"),
            ids::FINGERPRINT,
            words,
            |files| {
                let mut all = lines(files, "records.jsonl");
                all[8] = play(&String::from_utf8(all[8].clone()).unwrap());
                put_lines(files, "records.jsonl", &all);
            },
        );
        attacks.push(record);
        for (what, name) in [
            ("key_list", "keys.json"),
            ("range", "proofs/range.json"),
            ("envelope", "attestation.dsse.json"),
            ("manifest", "manifest.json"),
        ] {
            let named = format!("{what}_with_{trick}");
            // What signs, or is listed by nothing else, is changed after signing.
            let who = if what == "key_list" || what == "range" {
                Who::Operator
            } else {
                Who::Nobody
            };
            attacks.push(honest.by(who, &named, ids::FORMAT, words, |files| {
                let text = String::from_utf8(files[name].clone()).unwrap();
                files.insert(name.into(), play(&text));
            }));
        }
    }
    attacks
}
