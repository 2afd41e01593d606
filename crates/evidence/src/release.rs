//! A release: the single use of an approval, as a compact JWS that travels with the action.
//!
//! Header exactly `{"alg":"ES256","kid":…,"typ":"countersign-release+jwt"}`; raw `r ‖ s`, low s. A downstream system
//! checks it offline, recomputes `act` from the action it was given, executes those bytes, and keeps `jti` until `exp`:
//! single use and halt can't be checked offline.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::hash::Digest;
use crate::json::{self, JsonError};
use crate::key::{KeyError, PublicKey, Role, SigningKey};
use crate::origin::Origin;

/// The longest life of a release, seconds.
pub const MAX_LIFE: i64 = 300;

/// The record that holds the release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReleaseRecord {
    /// Its sequence.
    pub seq: u64,
    /// Its fingerprint.
    pub fp: Digest,
}

/// What a release says. Times are seconds since 1970, UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    /// `iss`: the log.
    pub origin: Origin,
    /// `sub`: the agent's uid.
    pub agent_uid: String,
    /// `aud`: who executes it.
    pub audience: String,
    /// `jti`: the release's id.
    pub jti: String,
    /// `iat`.
    pub issued: i64,
    /// `nbf`.
    pub not_before: i64,
    /// `exp`: at most 300 s after `iat`.
    pub expires: i64,
    /// `tenant`.
    pub tenant_uid: String,
    /// `act`: the action's digest.
    pub action_digest: Digest,
    /// `appr`: SHA-256 of each approval's signed payload.
    pub approvals: Vec<Digest>,
    /// `rec`: the record that holds it.
    pub record: ReleaseRecord,
}

/// Why a text is no valid release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// Not three parts of unpadded base64url.
    #[error("the release isn't a compact JWS: three parts of unpadded base64url are wanted")]
    NotCompact,
    /// Another header than the one that belongs here: `alg`, `typ`, `kid`, or more.
    #[error("the release's header isn't exactly the one for this key")]
    WrongHeader,
    /// The signature doesn't hold, or the key is for another role.
    #[error("the release's signature: {0}")]
    Key(#[from] KeyError),
    /// The claims aren't signed JSON.
    #[error("the release's claims: {0}")]
    Json(#[from] JsonError),
    /// A claim is absent, too much, or of another form.
    #[error("the release's claim `{0}` is absent, too much, or of another form")]
    Claim(&'static str),
    /// For somebody else.
    #[error("the release is for `{0}`, not for this system")]
    OtherAudience(String),
    /// Not yet, or no longer.
    #[error("the release is valid from {from} to before {to}, and it is {now} (seconds since 1970)")]
    NotNow {
        /// `nbf`.
        from: i64,
        /// `exp`.
        to: i64,
        /// Now.
        now: i64,
    },
    /// Longer than 300 s, or turned around.
    #[error("the release's times aren't in order, or its life is longer than {MAX_LIFE} s")]
    BadLife,
}

/// The one header that a key's releases have.
fn header(key: &PublicKey) -> Result<Vec<u8>, JsonError> {
    json::canonical_value(&json!({"alg": "ES256", "kid": key.key_id(), "typ": "countersign-release+jwt"}))
}

const fn good_life(claims: &Claims) -> bool {
    claims.issued >= 0
        && claims.issued <= claims.not_before
        && claims.not_before < claims.expires
        && claims.expires <= claims.issued.saturating_add(MAX_LIFE)
}

/// Signs a release.
///
/// # Errors
/// [`ReleaseError::Key`] for any but a release key; [`ReleaseError::BadLife`].
pub fn mint(claims: &Claims, key: &SigningKey) -> Result<String, ReleaseError> {
    key.expect_role(Role::Release)?;
    if !good_life(claims) {
        return Err(ReleaseError::BadLife);
    }
    let payload = json::canonical_value(&json!({
        "iss": claims.origin,
        "sub": claims.agent_uid,
        "aud": claims.audience,
        "jti": claims.jti,
        "iat": claims.issued,
        "nbf": claims.not_before,
        "exp": claims.expires,
        "tenant": claims.tenant_uid,
        "act": claims.action_digest,
        "appr": claims.approvals,
        "rec": {"seq": claims.record.seq, "fp": claims.record.fp},
    }))?;
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header(&key.public())?),
        URL_SAFE_NO_PAD.encode(payload)
    );
    let signature = URL_SAFE_NO_PAD.encode(key.sign_raw(signed.as_bytes()));
    Ok(format!("{signed}.{signature}"))
}

/// Checks a release under this key, for this audience, at this time (seconds since 1970).
///
/// # Errors
/// [`ReleaseError`]. Nothing of a release is read before its signature holds.
pub fn verify(jws: &str, key: &PublicKey, audience: &str, now: i64) -> Result<Claims, ReleaseError> {
    let mut parts = jws.split('.');
    let (Some(head), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(ReleaseError::NotCompact);
    };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| ReleaseError::NotCompact);
    // The header isn't read, it is compared: no algorithm, key, or type can be chosen by the token.
    if decode(head)? != header(key)? {
        return Err(ReleaseError::WrongHeader);
    }
    key.verify_raw(format!("{head}.{payload}").as_bytes(), &decode(signature)?)?;
    let claims = read_claims(&decode(payload)?)?;
    if claims.audience != audience {
        return Err(ReleaseError::OtherAudience(claims.audience));
    }
    if !good_life(&claims) {
        return Err(ReleaseError::BadLife);
    }
    if now < claims.not_before || now >= claims.expires {
        return Err(ReleaseError::NotNow {
            from: claims.not_before,
            to: claims.expires,
            now,
        });
    }
    Ok(claims)
}

fn read_claims(payload: &[u8]) -> Result<Claims, ReleaseError> {
    let Value::Object(mut members) = json::parse_canonical(payload)? else {
        return Err(ReleaseError::Claim("payload"));
    };
    let mut take = |name: &'static str| members.remove(name).ok_or(ReleaseError::Claim(name));
    let record = take("rec")?;
    if record.as_object().is_none_or(|record| record.len() != 2) {
        return Err(ReleaseError::Claim("rec"));
    }
    let seq = record
        .get("seq")
        .and_then(Value::as_u64)
        .ok_or(ReleaseError::Claim("rec"))?;
    let fp = record.get("fp").and_then(digest).ok_or(ReleaseError::Claim("rec"))?;
    let approvals = take("appr")?;
    let approvals = approvals
        .as_array()
        .and_then(|list| list.iter().map(digest).collect::<Option<Vec<_>>>());
    let mut text = |name: &'static str| match take(name)? {
        Value::String(text) => Ok(text),
        _ => Err(ReleaseError::Claim(name)),
    };
    let origin = text("iss")?.parse().map_err(|_| ReleaseError::Claim("iss"))?;
    let action_digest = text("act")?.parse().map_err(|_| ReleaseError::Claim("act"))?;
    let (agent_uid, audience, jti) = (text("sub")?, text("aud")?, text("jti")?);
    let tenant_uid = text("tenant")?;
    let mut time = |name: &'static str| take(name)?.as_i64().ok_or(ReleaseError::Claim(name));
    let (issued, not_before, expires) = (time("iat")?, time("nbf")?, time("exp")?);
    if !members.is_empty() {
        return Err(ReleaseError::Claim("a claim that isn't known"));
    }
    let approvals = approvals.ok_or(ReleaseError::Claim("appr"))?;
    let record = ReleaseRecord { seq, fp };
    Ok(Claims {
        origin,
        agent_uid,
        audience,
        jti,
        issued,
        not_before,
        expires,
        tenant_uid,
        action_digest,
        approvals,
        record,
    })
}

fn digest(value: &Value) -> Option<Digest> {
    value.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests;
