//! Attacks on a compact JWS's parts and on what is signed, as Project Wycheproof's `json_web_signature` has them: each by the
//! error that names it.

use base64::engine::general_purpose::URL_SAFE;

use super::*;

/// The curve's order (SEC 2, secp256r1).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

#[test]
fn parts_that_are_too_many_too_few_or_empty() {
    let [header, payload, signature] = parts();
    let jws = format!("{header}.{payload}.{signature}");
    let not_compact = ReleaseError::NotCompact;
    let json = json::JsonError::EndsEarly { at: 0 };
    let over = |signed: &str| format!("{signed}.{}", encoded(&signing().sign_raw(signed.as_bytes())));
    for (name, bad, wanted) in [
        ("nothing", String::new(), &not_compact),
        ("one_part", header.clone(), &not_compact),
        ("two_parts", format!("{header}.{payload}"), &not_compact),
        ("four_parts", format!("{jws}.{signature}"), &not_compact),
        (
            "five_parts_as_jwe",
            format!("{header}.{payload}.{payload}.{payload}.{signature}"),
            &not_compact,
        ),
        ("a_dot_after_it", format!("{jws}."), &not_compact),
        ("a_dot_before_it", format!(".{jws}"), &not_compact),
        (
            "two_dots_between",
            format!("{header}..{payload}.{signature}"),
            &not_compact,
        ),
        ("dots_alone", "..".to_owned(), &ReleaseError::WrongHeader),
        (
            "an_empty_header",
            format!(".{payload}.{signature}"),
            &ReleaseError::WrongHeader,
        ),
        ("an_empty_payload", format!("{header}..{signature}"), &WRONG),
        (
            "an_empty_payload_signed",
            over(&format!("{header}.")),
            &ReleaseError::Json(json),
        ),
        ("an_empty_signature", format!("{header}.{payload}."), &MALFORMED),
        (
            "payload_and_header_exchanged",
            format!("{payload}.{header}.{signature}"),
            &ReleaseError::WrongHeader,
        ),
        (
            "payload_and_signature_exchanged",
            format!("{header}.{signature}.{payload}"),
            &MALFORMED,
        ),
    ] {
        refused(name, &bad, wanted);
    }
    let general = json!({"payload": payload, "signatures": [{"protected": header, "signature": signature}]});
    let flattened = json!({"payload": payload, "protected": header, "signature": signature});
    for value in [general, flattened] {
        refused("json_serialisation", &value.to_string(), &not_compact);
    }
}

/// A bend's name, and what it makes of a part.
type Bend = (&'static str, fn(&str) -> String);

/// Base64url without padding, and one form of it.
#[test]
fn parts_in_another_base64() {
    let [header, payload, signature] = parts();
    let whole = [&header, &payload, &signature];
    let bends: [Bend; 13] = [
        ("padded", |part| URL_SAFE.encode(URL_SAFE_NO_PAD.decode(part).unwrap())),
        ("one_equals_sign", |part| format!("{part}=")),
        ("two_equals_signs", |part| format!("{part}==")),
        ("an_equals_sign_before_it", |part| format!("={part}")),
        ("a_space_before_it", |part| format!(" {part}")),
        ("a_space_after_it", |part| format!("{part} ")),
        ("a_line_feed_after_it", |part| format!("{part}\n")),
        ("a_line_feed_within", |part| format!("{}\r\n{}", &part[..4], &part[4..])),
        ("a_nul_after_it", |part| format!("{part}\0")),
        ("the_standard_alphabets_plus", |part| format!("+{}", &part[1..])),
        ("the_standard_alphabets_slash", |part| format!("/{}", &part[1..])),
        ("a_letter_that_is_none", |part| format!("\u{e9}{part}")),
        ("a_percent_escape", |part| format!("%41{}", &part[1..])),
    ];
    let mut tried = 0;
    for (name, bend) in bends {
        for at in 0..3 {
            let mut bent: Vec<String> = whole.iter().map(|part| (*part).clone()).collect();
            let part = bend(&bent[at]);
            if part == bent[at] {
                continue;
            }
            bent[at] = part;
            if at < 2 {
                bent[2] = encoded(&signing().sign_raw(bent[..2].join(".").as_bytes()));
            }
            refused(name, &bent.join("."), &ReleaseError::NotCompact);
            tried += 1;
        }
    }
    assert!(tried >= 36, "{tried} tokens");
}

/// The last letter of a part holds bits that no byte has: they are 0, or a token would have several forms.
#[test]
fn bits_that_no_byte_has() {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut tried = 0;
    for at in 0..3 {
        let mut bent = parts();
        let last = bent[at].pop().unwrap();
        let place = LETTERS.iter().position(|letter| char::from(*letter) == last).unwrap();
        if bent[at].len() % 4 == 3 {
            continue;
        }
        bent[at].push(char::from(LETTERS[place + 1]));
        if at < 2 {
            bent[2] = encoded(&signing().sign_raw(bent[..2].join(".").as_bytes()));
        }
        refused("spare_bits", &bent.join("."), &ReleaseError::NotCompact);
        tried += 1;
    }
    assert!(tried > 0);
}

#[test]
fn signatures_that_are_not_r_and_s() {
    let [header, payload, signature] = parts();
    let signed = format!("{header}.{payload}");
    let raw: [u8; 64] = URL_SAFE_NO_PAD.decode(signature).unwrap().try_into().unwrap();
    let (r, s) = raw.split_at(32);
    let (zero, one) = ([0; 32], {
        let mut one = [0; 32];
        one[31] = 1;
        one
    });
    let high: [u8; 32] = {
        let signature = p256::ecdsa::Signature::from_slice(&raw).unwrap();
        let (_, s) = signature.split_scalars();
        (-*s).to_bytes().into()
    };
    let reversed: Vec<u8> = raw.iter().rev().copied().collect();
    for (name, signature, wanted) in [
        ("der", signing().sign_der(signed.as_bytes()), MALFORMED),
        ("zeros", vec![0; 64], MALFORMED),
        ("r_of_zero", [&zero, s].concat(), MALFORMED),
        ("s_of_zero", [r, &zero].concat(), MALFORMED),
        ("r_of_the_order", [&ORDER, s].concat(), MALFORMED),
        ("s_of_the_order", [r, &ORDER].concat(), MALFORMED),
        ("both_of_the_order", [ORDER, ORDER].concat(), MALFORMED),
        ("all_ones", vec![0xff; 64], MALFORMED),
        ("r_and_s_of_one", [one, one].concat(), WRONG),
        ("a_high_s", [r, &high].concat(), MALFORMED),
        ("s_then_r", [s, r].concat(), WRONG),
        ("little_endian", reversed, MALFORMED),
        ("a_byte_less", raw[..63].to_vec(), MALFORMED),
        ("a_byte_less_in_front", raw[1..].to_vec(), MALFORMED),
        ("a_byte_more", [&raw[..], &[0]].concat(), MALFORMED),
        ("a_zero_before_each", [&[0], r, &[0], s].concat(), MALFORMED),
        ("r_alone", r.to_vec(), MALFORMED),
        ("as_long_as_for_es384", [&[0; 16], r, &[0; 16], s].concat(), MALFORMED),
        ("as_long_as_for_es512", [&[0; 34], r, &[0; 34], s].concat(), MALFORMED),
        ("twice", [raw, raw].concat(), MALFORMED),
        ("nothing", Vec::new(), MALFORMED),
    ] {
        refused(name, &format!("{signed}.{}", encoded(&signature)), &wanted);
    }
}

/// One bit of any byte of any part, and a signature over anything else.
#[test]
fn whatever_is_changed_after_signing() {
    let whole = parts();
    for at in 0..3 {
        let bytes = URL_SAFE_NO_PAD.decode(&whole[at]).unwrap();
        for place in 0..bytes.len() {
            let (mut bent, mut changed) = (whole.clone(), bytes.clone());
            changed[place] ^= 1 << (place % 8);
            bent[at] = encoded(&changed);
            let found = check(&bent.join(".")).unwrap_err();
            let named = match at {
                0 => found == ReleaseError::WrongHeader,
                1 => found == WRONG,
                _ => found == WRONG || found == MALFORMED,
            };
            assert!(named, "byte {place} of part {at}: {found}");
        }
    }
    let [header, payload, _] = &whole;
    let other = Claims {
        jti: "another".to_owned(),
        ..claims()
    };
    let others = mint(&other, &signing()).unwrap();
    let (others_signed, others_signature) = others.rsplit_once('.').unwrap();
    let over = |bytes: &[u8]| encoded(&signing().sign_raw(bytes));
    for (name, jws) in [
        (
            "the_signature_of_another_release",
            format!("{header}.{payload}.{others_signature}"),
        ),
        (
            "another_payload_under_the_signature",
            format!("{others_signed}.{}", whole[2]),
        ),
        (
            "over_the_payload_alone",
            format!("{header}.{payload}.{}", over(payload.as_bytes())),
        ),
        (
            "over_the_header_alone",
            format!("{header}.{payload}.{}", over(header.as_bytes())),
        ),
        (
            "over_the_parts_without_their_dot",
            format!("{header}.{payload}.{}", over(format!("{header}{payload}").as_bytes())),
        ),
        ("over_the_decoded_payload", {
            let decoded = URL_SAFE_NO_PAD.decode(payload).unwrap();
            format!("{header}.{payload}.{}", over(&decoded))
        }),
        (
            "over_the_token_itself",
            format!("{header}.{payload}.{}", over(whole.join(".").as_bytes())),
        ),
    ] {
        refused(name, &jws, &WRONG);
    }
}

/// A payload that is signed, and that two readers may read differently.
#[test]
fn payloads_that_two_readers_may_read_differently() {
    let [header, payload, _] = parts();
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    let bends: [(&str, String); 9] = [
        ("aud_twice", text.replacen("\"aud\"", "\"aud\":\"bank-api\",\"aud\"", 1)),
        (
            "exp_twice",
            text.replacen("\"exp\"", "\"exp\":9007199254740991,\"exp\"", 1),
        ),
        ("jti_by_escape", text.replacen("\"jti\"", "\"\\u006ati\"", 1)),
        ("white_space", text.replacen(':', ": ", 1)),
        ("a_line_feed_after_it", format!("{text}\n")),
        ("a_byte_order_mark", format!("\u{feff}{text}")),
        ("something_after_it", format!("{text}{{}}")),
        (
            "a_lone_surrogate",
            text.replacen("\"jti\":\"jti\"", "\"jti\":\"\\ud800\"", 1),
        ),
        ("cut_short", text[..text.len() - 1].to_owned()),
    ];
    for (name, bent) in bends {
        assert_ne!(bent, text, "{name}");
        let signed = format!("{header}.{}", encoded(bent.as_bytes()));
        let jws = format!("{signed}.{}", encoded(&signing().sign_raw(signed.as_bytes())));
        assert!(matches!(check(&jws), Err(ReleaseError::Json(_))), "{name}");
    }
    for (name, bytes) in [
        ("a_list", "[]"),
        ("a_text", "\"x\""),
        ("null", "null"),
        ("a_number", "1"),
    ] {
        let signed = format!("{header}.{}", encoded(bytes.as_bytes()));
        let jws = format!("{signed}.{}", encoded(&signing().sign_raw(signed.as_bytes())));
        refused(name, &jws, &ReleaseError::Claim("payload"));
    }
}
