//! Releases: the JWT attack list.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's failure is its panic"
)]

mod headers;
mod parts;

use super::*;
use crate::key::tests::key;

const NOW: i64 = 1_795_000_000;

const MALFORMED: ReleaseError = ReleaseError::Key(KeyError::MalformedSignature);
const WRONG: ReleaseError = ReleaseError::Key(KeyError::WrongSignature);

fn claims() -> Claims {
    Claims {
        origin: Origin::new(b"spki", &[1; 16]),
        agent_uid: "agent".to_owned(),
        audience: "bank-api".to_owned(),
        jti: "jti".to_owned(),
        issued: NOW,
        not_before: NOW,
        expires: NOW + MAX_LIFE,
        tenant_uid: "tenant".to_owned(),
        action_digest: Digest::sha256(b"action"),
        approvals: vec![Digest::sha256(b"payload")],
        record: ReleaseRecord {
            seq: 17,
            fp: Digest::sha256(b"record"),
        },
    }
}

fn signing() -> SigningKey {
    key(Role::Release, 1)
}

fn check(jws: &str) -> Result<Claims, ReleaseError> {
    verify(jws, &signing().public(), "bank-api", NOW)
}

/// A token with this header and payload, rightly signed over them.
fn forged(header: &Value, payload: &Value) -> String {
    let part = |value: &Value| {
        // Whether serde_json keeps the order of insertion depends on who else is in the build.
        let mut sorted = value.clone();
        sorted.sort_all_objects();
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(&sorted).unwrap())
    };
    let signed = format!("{}.{}", part(header), part(payload));
    let signature = URL_SAFE_NO_PAD.encode(signing().sign_raw(signed.as_bytes()));
    format!("{signed}.{signature}")
}

/// A valid token's three parts.
fn parts() -> [String; 3] {
    let jws = mint(&claims(), &signing()).unwrap();
    let parts: Vec<String> = jws.split('.').map(str::to_owned).collect();
    parts.try_into().unwrap()
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[track_caller]
fn refused(name: &str, jws: &str, wanted: &ReleaseError) {
    assert_eq!(check(jws).as_ref(), Err(wanted), "{name}");
}

fn good_header() -> Value {
    json!({"alg": "ES256", "kid": signing().public().key_id(), "typ": "countersign-release+jwt"})
}

fn good_payload() -> Value {
    let jws = mint(&claims(), &signing()).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(jws.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

#[test]
fn a_release_verifies_and_says_what_was_minted() {
    let jws = mint(&claims(), &signing()).unwrap();
    assert_eq!(check(&jws).unwrap(), claims());
    assert_eq!(jws, mint(&claims(), &signing()).unwrap());
    assert_eq!(check(&forged(&good_header(), &good_payload())).unwrap(), claims());
}

#[test]
fn alg_typ_and_kid_confusion() {
    let other = key(Role::Release, 2).public();
    let spki = URL_SAFE_NO_PAD.encode(signing().public().spki_der());
    let with = |name: &str, value: Value| {
        let mut header = good_header();
        header.as_object_mut().unwrap().insert(name.to_owned(), value);
        header
    };
    let without = |name: &str| {
        let mut header = good_header();
        header.as_object_mut().unwrap().remove(name);
        header
    };
    for (name, header) in [
        ("alg_none", with("alg", json!("none"))),
        ("alg_none_in_capitals", with("alg", json!("NONE"))),
        ("alg_hs256", with("alg", json!("HS256"))),
        ("alg_es384", with("alg", json!("ES384"))),
        ("alg_a_list", with("alg", json!(["ES256"]))),
        ("no_alg", without("alg")),
        ("typ_jwt", with("typ", json!("JWT"))),
        ("typ_in_capitals", with("typ", json!("COUNTERSIGN-RELEASE+JWT"))),
        (
            "typ_with_application",
            with("typ", json!("application/countersign-release+jwt")),
        ),
        ("no_typ", without("typ")),
        ("kid_of_another", with("kid", json!(other.key_id()))),
        ("kid_a_path", with("kid", json!("../../../dev/null"))),
        ("no_kid", without("kid")),
        ("embedded_jwk", with("jwk", json!({"kty": "EC", "crv": "P-256"}))),
        ("jku", with("jku", json!("https://attacker.example/keys"))),
        ("x5c", with("x5c", json!([spki]))),
        ("crit", with("crit", json!(["exp"]))),
        ("b64_false", with("b64", json!(false))),
        ("zip", with("zip", json!("DEF"))),
    ] {
        assert_eq!(
            check(&forged(&header, &good_payload())),
            Err(ReleaseError::WrongHeader),
            "{name}"
        );
    }
}

#[test]
fn signatures_of_other_kinds() {
    let jws = mint(&claims(), &signing()).unwrap();
    let (signed, signature) = jws.rsplit_once('.').unwrap();
    let der = URL_SAFE_NO_PAD.encode(signing().sign_der(signed.as_bytes()));
    let zeros = URL_SAFE_NO_PAD.encode([0; 64]);
    let mut raw = URL_SAFE_NO_PAD.decode(signature).unwrap();
    raw.rotate_left(32);
    let turned = URL_SAFE_NO_PAD.encode(raw);
    for (name, signature) in [
        ("der", der),
        ("psychic", zeros),
        ("empty", String::new()),
        ("s_then_r", turned),
    ] {
        let bent = format!("{signed}.{signature}");
        assert!(matches!(check(&bent), Err(ReleaseError::Key(_))), "{name}");
    }
    let by_other = key(Role::Release, 2);
    let stolen = URL_SAFE_NO_PAD.encode(by_other.sign_raw(signed.as_bytes()));
    assert_eq!(
        check(&format!("{signed}.{stolen}")),
        Err(ReleaseError::Key(KeyError::WrongSignature))
    );
}

#[test]
fn only_a_release_key_mints() {
    let error = mint(&claims(), &key(Role::Reviewer, 1)).unwrap_err();
    assert_eq!(
        error,
        ReleaseError::Key(KeyError::WrongRole {
            have: Role::Reviewer,
            want: Role::Release
        })
    );
}

#[test]
fn other_serialisations_are_refused() {
    let jws = mint(&claims(), &signing()).unwrap();
    for (name, bad) in [
        ("two_parts", jws.rsplit_once('.').unwrap().0.to_owned()),
        ("four_parts", format!("{jws}.")),
        ("five_parts_as_jwe", format!("{jws}..")),
        ("padding", format!("{jws}==")),
        ("leading_space", format!(" {jws}")),
        ("newline_after", format!("{jws}\n")),
        ("json_serialisation", format!("{{\"payload\":\"{jws}\"}}")),
        ("nothing", String::new()),
    ] {
        assert!(check(&bad).is_err(), "{name}");
    }
    let standard = jws.replace('-', "+").replace('_', "/");
    if standard != jws {
        assert!(check(&standard).is_err());
    }
}

#[test]
fn claims_of_other_shapes_are_refused() {
    let with = |name: &str, value: Value| {
        let mut payload = good_payload();
        payload.as_object_mut().unwrap().insert(name.to_owned(), value);
        forged(&good_header(), &payload)
    };
    for (name, jws) in [
        // CVE-2026-25537: a claim of the wrong type must not read as absent.
        ("exp_as_text", with("exp", json!((NOW + 10).to_string()))),
        ("exp_as_fraction", with("exp", json!(1_795_000_010.5))),
        ("exp_null", with("exp", Value::Null)),
        ("exp_huge", with("exp", json!(i64::MAX))),
        ("nbf_as_text", with("nbf", json!("0"))),
        ("aud_a_list", with("aud", json!(["bank-api"]))),
        ("iss_elsewhere", with("iss", json!("https://example.com"))),
        ("act_not_a_digest", with("act", json!("abc"))),
        ("appr_a_text", with("appr", json!("abc"))),
        ("appr_with_a_number", with("appr", json!([1]))),
        (
            "rec_with_more",
            with("rec", json!({"seq": 1, "fp": Digest::sha256(b""), "x": 1})),
        ),
        (
            "rec_negative",
            with("rec", json!({"seq": -1, "fp": Digest::sha256(b"")})),
        ),
        ("further_claim", with("scope", json!("always"))),
    ] {
        assert!(
            matches!(check(&jws), Err(ReleaseError::Claim(_) | ReleaseError::Json(_))),
            "{name}"
        );
    }
    for name in [
        "iss", "sub", "aud", "jti", "iat", "nbf", "exp", "tenant", "act", "appr", "rec",
    ] {
        let mut payload = good_payload();
        payload.as_object_mut().unwrap().remove(name);
        assert_eq!(check(&forged(&good_header(), &payload)), Err(ReleaseError::Claim(name)));
    }
}

#[test]
fn it_lives_for_its_time_and_its_audience_only() {
    let jws = mint(&claims(), &signing()).unwrap();
    let at = |now| verify(&jws, &signing().public(), "bank-api", now);
    assert!(at(NOW).is_ok() && at(NOW + MAX_LIFE - 1).is_ok());
    for now in [NOW - 1, NOW + MAX_LIFE, i64::MIN, i64::MAX] {
        assert!(matches!(at(now), Err(ReleaseError::NotNow { .. })), "{now}");
    }
    let elsewhere = verify(&jws, &signing().public(), "bank-api.attacker", NOW);
    assert_eq!(elsewhere, Err(ReleaseError::OtherAudience("bank-api".to_owned())));
    for (name, bad) in [
        (
            "too_long",
            Claims {
                expires: NOW + MAX_LIFE + 1,
                ..claims()
            },
        ),
        (
            "ends_before_it_begins",
            Claims {
                expires: NOW,
                ..claims()
            },
        ),
        (
            "begins_before_it_was_issued",
            Claims {
                not_before: NOW - 1,
                ..claims()
            },
        ),
        (
            "before_1970",
            Claims {
                issued: -1,
                not_before: -1,
                expires: 1,
                ..claims()
            },
        ),
    ] {
        assert_eq!(mint(&bad, &signing()), Err(ReleaseError::BadLife), "{name}");
    }
}
