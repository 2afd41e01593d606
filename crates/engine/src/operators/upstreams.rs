//! Upstreams and their credentials. A request can never name an upstream by address.

use contract::{
    Code, Credential, Credentials, Empty, Happening, Justified, NewCredential, NewUpstream, OperatorError, Upstream,
    UpstreamException, Upstreams,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use ledger::{Ledger, NewContent};
use sha2::Sha256;
use url::{Host, Url};
use zeroize::Zeroizing;

use crate::{
    Engine,
    books::{Books, CredentialRow, JustifiedRow, Kept as _, UpstreamRow},
    clock::now_ms,
    operators::fault,
    steps::{Noted, credential_context, new_content},
};

/// How long a reason for an exception is, in characters.
const JUSTIFICATION: std::ops::RangeInclusive<usize> = 10..=2000;

/// How long an upstream may be silent, s: a model that reasons can be quiet for minutes, and the SDKs wait as long.
pub(crate) const SILENCE_S: u32 = 600;
const LONGEST_SILENCE_S: u32 = 3600;

/// The longest provider key, in bytes.
const LONGEST_SECRET: usize = 4096;

fn invalid(message: impl Into<String>) -> OperatorError {
    OperatorError::new(Code::Invalid, message)
}

fn no_such(name: &str) -> OperatorError {
    OperatorError::new(
        Code::NotFound,
        format!("There is no upstream `{name}`; `countersign upstream list` shows them."),
    )
}

fn upstream(row: &UpstreamRow, books: &Books, ledger: &Ledger) -> Upstream {
    let justified = row.justified.as_ref().map(|justified| Justified {
        by: justified.by.clone(),
        at_ms: justified.at_ms,
        why: reason(ledger, &justified.content_uid),
    });
    Upstream {
        name: row.name.clone(),
        format: row.format,
        base_url: row.base_url.clone(),
        practice: row.practice,
        in_use: row.in_use,
        has_credential: books.credentials.contains_key(&row.name),
        silence_s: row.silence_s,
        exceptions: row.exceptions.clone(),
        justified,
    }
}

/// What was given as the reason; nothing once it is erased, or where it can't be read.
fn reason(ledger: &Ledger, content_uid: &str) -> Option<String> {
    let content = ledger.content(content_uid).ok().flatten()?;
    String::from_utf8(content.bytes.clone()).ok()
}

fn credential(row: &CredentialRow) -> Credential {
    Credential {
        upstream: row.upstream.clone(),
        set_ms: row.set_ms,
        fingerprint: row.fingerprint.clone(),
    }
}

/// An upstream's address as the administrator gives it, in the one form that is kept.
fn checked_address(text: &str, exceptions: &[UpstreamException]) -> Result<String, OperatorError> {
    let plaintext = exceptions.contains(&UpstreamException::Plaintext);
    let address = checked_url(text, "An upstream", plaintext)?;
    Ok(address.trim_end_matches('/').to_owned())
}

/// An address that may be sent to: `https`, or `http` on loopback; without anything secret in it.
pub(crate) fn checked_https(text: &str, whose: &str) -> Result<String, OperatorError> {
    checked_url(text, whose, false)
}

fn checked_url(text: &str, whose: &str, plaintext: bool) -> Result<String, OperatorError> {
    let url = Url::parse(text.trim()).map_err(|error| {
        invalid(format!(
            "`{text}` isn't an address ({error}); give one like `https://api.openai.com/v1`."
        ))
    })?;
    let loopback = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && (loopback || plaintext)) {
        return Err(invalid(format!(
            "{whose}'s address begins with `https://`; `http://` is for this machine's own (127.0.0.1)."
        )));
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err(invalid(format!(
            "{whose}'s address has no user, password, query or fragment."
        )));
    }
    Ok(url.to_string())
}

fn checked_upstream_name(name: &str) -> Result<(), OperatorError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (1..=64).contains(&name.len()) && name.chars().all(fits) {
        return Ok(());
    }
    Err(invalid(
        "An upstream's name needs 1 to 64 characters of a-z, 0-9 and `-`.",
    ))
}

/// How long an upstream may be silent, s.
fn checked_silence(asked: Option<u32>, exceptions: &[UpstreamException]) -> Result<u32, OperatorError> {
    let longest = match exceptions.contains(&UpstreamException::LongSilence) {
        true => LONGEST_SILENCE_S,
        false => SILENCE_S,
    };
    let silence = asked.unwrap_or(longest.min(SILENCE_S));
    match (1..=longest).contains(&silence) {
        true => Ok(silence),
        false => Err(invalid(format!(
            "An upstream may be silent for 1 to {SILENCE_S} s, and for {LONGEST_SILENCE_S} s at most where that is permitted."
        ))),
    }
}

/// The exceptions, each once, and the reason for them.
fn justified(
    mut exceptions: Vec<UpstreamException>,
    why: &str,
) -> Result<(Vec<UpstreamException>, Option<NewContent>), OperatorError> {
    exceptions.sort_unstable();
    exceptions.dedup();
    if exceptions.is_empty() {
        return Ok((exceptions, None));
    }
    let without_network = !exceptions.contains(&UpstreamException::PrivateNetwork);
    if without_network && exceptions.contains(&UpstreamException::Plaintext) {
        return Err(invalid(
            "Plain HTTP is for private networks alone: permit the private address too, or use `https`.",
        ));
    }
    let why = why.trim();
    if !JUSTIFICATION.contains(&why.chars().count()) {
        return Err(invalid(format!(
            "What is permitted beyond the rule needs a reason of {} to {} characters, which is recorded.",
            JUSTIFICATION.start(),
            JUSTIFICATION.end()
        )));
    }
    let content = new_content("justification", "text/plain; charset=utf-8", why.as_bytes().to_vec()).map_err(fault)?;
    Ok((exceptions, Some(content)))
}

impl Engine {
    pub(crate) fn list_upstreams(&self) -> Upstreams {
        let books = self.books.read();
        let mut rows: Vec<_> = books.upstreams.values().collect();
        rows.sort_by(|a, b| a.added_ms.cmp(&b.added_ms).then_with(|| a.name.cmp(&b.name)));
        Upstreams {
            upstreams: rows
                .into_iter()
                .map(|row| upstream(row, &books, &self.ledger))
                .collect(),
        }
    }

    pub(crate) async fn add_upstream(&self, new: NewUpstream) -> Result<Upstream, OperatorError> {
        checked_upstream_name(&new.name)?;
        let (exceptions, justification) = justified(new.exceptions, &new.justification)?;
        let base_url = checked_address(&new.base_url, &exceptions)?;
        let silence_s = checked_silence(new.silence_s, &exceptions)?;
        let operator = self.acting_operator()?;
        let _changing = self.changing.lock().await;
        if self.books.read().upstreams.contains_key(&new.name) {
            let message = format!("There is an upstream `{}` already; choose another name.", new.name);
            return Err(OperatorError::new(Code::Conflict, message));
        }
        let row = UpstreamRow {
            name: new.name,
            format: new.format,
            base_url,
            practice: false,
            added_ms: now_ms(),
            in_use: false,
            silence_s,
            exceptions,
            justified: justification.as_ref().map(|content| JustifiedRow {
                by: operator.name.clone(),
                at_ms: now_ms(),
                content_uid: content.header().content_uid.clone(),
            }),
        };
        let draft = self.acting(&operator).upstream(&row, justification.as_ref());
        let noted = Noted::alone(draft).with([row.put().map_err(fault)?]);
        self.note(noted.holding(justification)).await?;
        let mut books = self.books.write();
        let answer = upstream(&row, &books, &self.ledger);
        books.upstreams.insert(row.name.clone(), row);
        drop(books);
        self.events.tell(Happening::Upstreams);
        Ok(answer)
    }

    /// The one switch: points the format's route at this upstream.
    pub(crate) async fn use_upstream(&self, name: &str) -> Result<Upstream, OperatorError> {
        let operator = self.acting_operator()?;
        let _changing = self.changing.lock().await;
        let (mut row, others) = {
            let books = self.books.read();
            let row = books.upstreams.get(name).cloned().ok_or_else(|| no_such(name))?;
            let others = books
                .upstreams
                .values()
                .filter(|other| other.format == row.format && other.name != row.name);
            let others: Vec<_> = others.filter(|other| other.in_use).cloned().collect();
            (row, others)
        };
        row.in_use = true;
        let mut rows = vec![row.clone()];
        rows.extend(others.into_iter().map(|other| UpstreamRow { in_use: false, ..other }));
        let state = rows
            .iter()
            .map(|row| row.put())
            .collect::<Result<Vec<_>, _>>()
            .map_err(fault)?;
        let draft = self.acting(&operator).upstream_used(&row);
        self.note(Noted::alone(draft).with(state)).await?;
        let mut books = self.books.write();
        for row in rows {
            books.upstreams.insert(row.name.clone(), row);
        }
        let answer = upstream(&row, &books, &self.ledger);
        drop(books);
        self.events.tell(Happening::Upstreams);
        Ok(answer)
    }

    /// Takes an upstream and its credential away. A call that is held for it can't be released any more.
    pub(crate) async fn remove_upstream(&self, name: &str) -> Result<Empty, OperatorError> {
        let operator = self.acting_operator()?;
        let _changing = self.changing.lock().await;
        let (row, credential, aliases) = {
            let books = self.books.read();
            let row = books.upstreams.get(name).cloned().ok_or_else(|| no_such(name))?;
            let aliases: Vec<_> = books.aliases.values().filter(|alias| alias.upstream == name).collect();
            let aliases: Vec<_> = aliases.into_iter().map(|alias| alias.name.clone()).collect();
            (row, books.credentials.get(name).cloned(), aliases)
        };
        let refused = |message: String| Err(OperatorError::new(Code::Refused, message));
        if row.practice {
            return refused("The practice upstreams stay: they let anybody try a policy safely.".to_owned());
        }
        if row.in_use {
            return refused(format!(
                "Calls go to `{name}`. Point the route elsewhere first: `countersign upstream use`."
            ));
        }
        if !aliases.is_empty() {
            return refused(format!(
                "These aliases stand for it; remove them first: {}.",
                aliases.join(", ")
            ));
        }
        let mut noted = vec![Noted::alone(self.acting(&operator).upstream_removed(&row)).with([row.remove()])];
        if let Some(credential) = &credential {
            let draft = self.acting(&operator).credential_removed(&row, &credential.fingerprint);
            noted.push(Noted::alone(draft).with([credential.remove()]));
        }
        self.note_all(noted).await?;
        let mut books = self.books.write();
        books.upstreams.remove(name);
        books.credentials.remove(name);
        drop(books);
        self.breakers.forget(name);
        self.events.tell(Happening::Upstreams);
        Ok(Empty {})
    }

    pub(crate) fn list_credentials(&self) -> Credentials {
        Credentials {
            credentials: self.books.read().credentials.values().map(credential).collect(),
        }
    }

    pub(crate) async fn set_credential(&self, new: NewCredential) -> Result<Credential, OperatorError> {
        let secret = Zeroizing::new(new.secret);
        let upstream = self
            .books
            .read()
            .upstreams
            .get(&new.upstream)
            .cloned()
            .ok_or_else(|| no_such(&new.upstream))?;
        if upstream.practice {
            return Err(OperatorError::new(
                Code::Refused,
                "The practice upstream has a key of its own; it takes no other.",
            ));
        }
        let sendable = (1..=LONGEST_SECRET).contains(&secret.len()) && secret.bytes().all(|b| b.is_ascii_graphic());
        if !sendable {
            return Err(invalid(
                "A provider's key has 1 to 4096 visible ASCII characters and no spaces; nothing was kept.",
            ));
        }
        let operator = self.acting_operator()?;
        let _changing = self.changing.lock().await;
        let row = self.sealed_credential(&upstream.name, &secret).map_err(fault)?;
        let draft = self.acting(&operator).credential_set(&upstream, &row.fingerprint);
        self.note(Noted::alone(draft).with([row.put().map_err(fault)?])).await?;
        let answer = credential(&row);
        self.books.write().credentials.insert(row.upstream.clone(), row);
        self.events.tell(Happening::Credentials);
        Ok(answer)
    }

    fn sealed_credential(&self, upstream: &str, secret: &str) -> Result<CredentialRow, vault::SealError> {
        sealed_credential(&self.sealer, self.retry_key.as_slice(), upstream, secret)
    }

    pub(crate) async fn remove_credential(&self, name: &str) -> Result<Empty, OperatorError> {
        let operator = self.acting_operator()?;
        let _changing = self.changing.lock().await;
        let (upstream, row) = {
            let books = self.books.read();
            let upstream = books.upstreams.get(name).cloned().ok_or_else(|| no_such(name))?;
            let row = books.credentials.get(name).cloned().ok_or_else(|| {
                OperatorError::new(Code::NotFound, format!("The upstream `{name}` has no credential."))
            })?;
            (upstream, row)
        };
        if upstream.practice {
            return Err(OperatorError::new(
                Code::Refused,
                "The practice upstream's own key can't be removed.",
            ));
        }
        let draft = self.acting(&operator).credential_removed(&upstream, &row.fingerprint);
        self.note(Noted::alone(draft).with([row.remove()])).await?;
        self.books.write().credentials.remove(name);
        self.events.tell(Happening::Credentials);
        Ok(Empty {})
    }
}

/// A provider's key under seal, with a fingerprint that nobody can test guesses against.
pub(crate) fn sealed_credential(
    sealer: &vault::Sealer,
    private: &[u8],
    upstream: &str,
    secret: &str,
) -> Result<CredentialRow, vault::SealError> {
    let sealed = sealer.seal(credential_context(upstream).as_bytes(), secret.as_bytes())?;
    let mut fingerprint = String::new();
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(private) {
        mac.update(b"countersign/credential/v1\0");
        mac.update(secret.as_bytes());
        fingerprint = hex::encode(mac.finalize().into_bytes());
        fingerprint.truncate(12);
    }
    Ok(CredentialRow {
        upstream: upstream.to_owned(),
        sealed: hex::encode(sealed),
        set_ms: now_ms(),
        fingerprint,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstreams_address_is_https_or_this_machines_own() {
        for good in [
            "https://api.openai.com/v1",
            "https://api.openai.com/v1/",
            "http://127.0.0.1:11434/v1",
            "http://[::1]:80/v1",
        ] {
            assert!(checked_address(good, &[]).is_ok(), "{good}");
        }
        for bad in [
            "http://api.openai.com/v1",
            "http://169.254.169.254/latest",
            "ftp://127.0.0.1/",
            "https://user:pass@api.openai.com/v1",
            "https://api.openai.com/v1?x=1",
            "api.openai.com",
            "http://127.0.0.1.evil.example/v1",
        ] {
            assert!(checked_address(bad, &[]).is_err(), "{bad}");
        }
    }
}
