//! Attacks on a compact JWS's header, as Project Wycheproof's `json_web_signature` and RFC 8725 have them: nothing is chosen
//! by the token.

use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::*;

/// A token with this text as its header, rightly signed over it.
fn under(header: &str) -> String {
    let [_, payload, _] = parts();
    let signed = format!("{}.{payload}", encoded(header.as_bytes()));
    format!("{signed}.{}", encoded(&signing().sign_raw(signed.as_bytes())))
}

/// The one good header, with this in place of that.
fn header_with(that: &str, this: &str) -> String {
    let [header, ..] = parts();
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    assert!(text.contains(that), "{that}");
    under(&text.replacen(that, this, 1))
}

#[test]
fn algorithms_that_are_not_the_one() {
    let names = [
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        " ",
        "es256",
        "ES256 ",
        " ES256",
        "ES256\\u0000",
        "ES256K",
        "ES384",
        "ES512",
        "HS256",
        "HS384",
        "HS512",
        "RS256",
        "RS384",
        "RS512",
        "PS256",
        "PS384",
        "PS512",
        "EdDSA",
        "Ed25519",
        "dir",
        "A128KW",
        "ECDH-ES",
        "SHA256withECDSA",
        "1.2.840.10045.4.3.2",
    ];
    for name in names {
        let jws = header_with("\"ES256\"", &format!("\"{name}\""));
        refused(name, &jws, &ReleaseError::WrongHeader);
        // Nor without a signature, which such a token would have.
        let (signed, _) = jws.rsplit_once('.').unwrap();
        refused(name, &format!("{signed}."), &ReleaseError::WrongHeader);
    }
    for value in ["null", "true", "256", "[\"ES256\"]", "{\"alg\":\"ES256\"}", "[]"] {
        refused(value, &header_with("\"ES256\"", value), &ReleaseError::WrongHeader);
    }
    refused(
        "absent",
        &header_with("\"alg\":\"ES256\",", ""),
        &ReleaseError::WrongHeader,
    );
}

/// Whoever knows the public key has the secret of an HMAC under it, in whichever form it is taken for one.
#[test]
fn the_public_key_as_a_secret() {
    let public = signing().public();
    let spki = public.spki_der();
    let pem = crate::casefile::public_key_pem(&public);
    let [_, payload, _] = parts();
    for algorithm in ["HS256", "ES256"] {
        for secret in [
            &spki[..],
            &spki[26..],
            pem.as_bytes(),
            pem.trim_end().as_bytes(),
            STANDARD.encode(&spki).as_bytes(),
            b"",
        ] {
            let header = json!({"alg": algorithm, "kid": public.key_id(), "typ": "countersign-release+jwt"});
            let header = json::canonical_value(&header).unwrap();
            let signed = format!("{}.{payload}", encoded(&header));
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
            mac.update(signed.as_bytes());
            let jws = format!("{signed}.{}", encoded(&mac.finalize().into_bytes()));
            let wanted = if algorithm == "ES256" {
                MALFORMED
            } else {
                ReleaseError::WrongHeader
            };
            refused(algorithm, &jws, &wanted);
        }
    }
}

/// A header that names the key, where to find it, or how to read it: nothing is chosen by the token.
#[test]
fn headers_that_say_more_or_otherwise() {
    let stranger = key(Role::Release, 9);
    let point = stranger.public().spki_der();
    let jwk = json!({"crv": "P-256", "kty": "EC", "x": encoded(&point[27..59]), "y": encoded(&point[59..])});
    let further = [
        ("jwk", jwk.to_string()),
        ("jwk_of_its_own", json!({"kty": "oct", "k": "AA"}).to_string()),
        ("jku", "\"https://attacker.example/keys.json\"".to_owned()),
        ("jku", "\"file:///dev/null\"".to_owned()),
        ("x5u", "\"https://attacker.example/key.pem\"".to_owned()),
        ("x5c", format!("[\"{}\"]", STANDARD.encode(&point))),
        ("x5t", "\"AAAA\"".to_owned()),
        ("x5t#S256", "\"AAAA\"".to_owned()),
        ("crit", "[]".to_owned()),
        ("crit", "[\"b64\"]".to_owned()),
        ("crit", "[\"exp\"]".to_owned()),
        ("crit", "[\"alg\"]".to_owned()),
        ("crit", "\"exp\"".to_owned()),
        ("b64", "true".to_owned()),
        ("b64", "false".to_owned()),
        ("zip", "\"DEF\"".to_owned()),
        ("cty", "\"JWT\"".to_owned()),
        ("enc", "\"A128GCM\"".to_owned()),
        ("epk", jwk.to_string()),
        ("p2c", "2147483647".to_owned()),
        ("exp", "0".to_owned()),
        ("", "null".to_owned()),
    ];
    for (name, value) in further {
        for at in ["\"alg\"", "\"kid\"", "\"typ\""] {
            let jws = header_with(at, &format!("\"{name}\":{value},{at}"));
            refused(name, &jws, &ReleaseError::WrongHeader);
        }
        // By the key that it brings along.
        let [_, payload, _] = parts();
        let header = format!("{{\"alg\":\"ES256\",\"{name}\":{value},\"typ\":\"countersign-release+jwt\"}}");
        let signed = format!("{}.{payload}", encoded(header.as_bytes()));
        let jws = format!("{signed}.{}", encoded(&stranger.sign_raw(signed.as_bytes())));
        refused(name, &jws, &ReleaseError::WrongHeader);
    }
    // `b64` false with the payload as it is (RFC 7797).
    let header = "{\"alg\":\"ES256\",\"b64\":false,\"crit\":[\"b64\"]}";
    let signed = format!("{}.{}", encoded(header.as_bytes()), good_payload());
    let jws = format!("{signed}.{}", encoded(&signing().sign_raw(signed.as_bytes())));
    refused("b64_false_and_a_bare_payload", &jws, &ReleaseError::WrongHeader);
}

#[test]
fn headers_that_two_readers_may_read_differently() {
    let kid = signing().public().key_id().to_string();
    let other = key(Role::Release, 2).public().key_id().to_string();
    for (name, that, this) in [
        (
            "alg_twice",
            "\"alg\":\"ES256\"",
            "\"alg\":\"ES256\",\"alg\":\"ES256\"".to_owned(),
        ),
        (
            "alg_twice_none_first",
            "\"alg\":\"ES256\"",
            "\"alg\":\"none\",\"alg\":\"ES256\"".to_owned(),
        ),
        (
            "alg_twice_none_last",
            "\"alg\":\"ES256\"",
            "\"alg\":\"ES256\",\"alg\":\"none\"".to_owned(),
        ),
        ("alg_by_escape", "\"alg\"", "\"\\u0061lg\"".to_owned()),
        (
            "alg_in_capitals_beside",
            "\"alg\":\"ES256\"",
            "\"ALG\":\"none\",\"alg\":\"ES256\"".to_owned(),
        ),
        ("value_by_escape", "\"ES256\"", "\"\\u0045S256\"".to_owned()),
        ("kid_twice", "\"kid\"", format!("\"kid\":\"{other}\",\"kid\"")),
        ("kid_of_another", &kid, other.clone()),
        ("kid_without_its_hash", &kid, kid.replacen("SHA256:", "", 1)),
        ("kid_with_padding", &kid, format!("{kid}=")),
        ("kid_with_a_null", &kid, format!("{kid}\\u0000")),
        ("kid_a_number", &format!("\"{kid}\""), "0".to_owned()),
        ("kid_a_query", &kid, "' OR 1=1 --".to_owned()),
        ("typ_jwt", "countersign-release+jwt", "JWT".to_owned()),
        ("typ_at", "countersign-release+jwt", "at+jwt".to_owned()),
        (
            "typ_in_capitals",
            "countersign-release+jwt",
            "Countersign-Release+JWT".to_owned(),
        ),
        (
            "typ_with_a_parameter",
            "countersign-release+jwt",
            "countersign-release+jwt;v=1".to_owned(),
        ),
        ("typ_absent", ",\"typ\":\"countersign-release+jwt\"", String::new()),
        ("white_space", ":", ": ".to_owned()),
        ("a_line_feed", "{", "{\n".to_owned()),
        ("a_byte_order_mark", "{", "\u{feff}{".to_owned()),
        ("something_after_it", "+jwt\"}", "+jwt\"} ".to_owned()),
        ("another_object_after_it", "+jwt\"}", "+jwt\"}{}".to_owned()),
        ("cut_short", "+jwt\"}", "+jwt\"".to_owned()),
    ] {
        refused(name, &header_with(that, &this), &ReleaseError::WrongHeader);
    }
    let turned = format!("{{\"typ\":\"countersign-release+jwt\",\"kid\":\"{kid}\",\"alg\":\"ES256\"}}");
    for (name, header) in [
        ("members_in_another_order", turned.as_str()),
        ("an_empty_object", "{}"),
        ("a_list", "[]"),
        ("null", "null"),
        ("a_text", "\"ES256\""),
        ("nothing", ""),
        ("no_json", "ES256"),
    ] {
        refused(name, &under(header), &ReleaseError::WrongHeader);
    }
}
