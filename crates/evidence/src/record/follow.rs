//! Whether bytes are the record that follows in a chain, without reading them as JSON.
//!
//! Who goes along a whole log knows nearly everything that the next record says of its place. Canonical form has one
//! text for each of these members, so they are looked for as texts. Quotes within strings are escaped there: a text that
//! begins with a member's bare name is that member, and where it stands once, it isn't another object's of that name.

use memchr::memmem::Finder;
use uuid::Uuid;

use super::Stream;
use super::place::{Previous, attestation_beginning};
use crate::hash::Digest;
use crate::origin::Origin;

/// A fingerprint's beginning, before its digits.
const FINGERPRINT: &[u8] = br#"{"algorithm_id":3,"encoding_id":1,"serialization_id":2,"value":""#;
/// How long the member is that isn't hashed: `,"fingerprint":{…}`.
const OWN: usize = br#","fingerprint":"#.len() + FINGERPRINT.len() + 64 + br#""}"#.len();

/// What the next record has to say of its place.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Its place in the log; not 0.
    pub sequence: u64,
    /// When it was logged.
    pub logged_time: i64,
    /// The request whose story it belongs to.
    pub correlation_uid: Option<&'a str>,
    /// Its predecessor in the log.
    pub prev: &'a Previous,
    /// Its stream, which isn't opened by it.
    pub stream: &'a Stream,
    /// Its place in the stream; not 0.
    pub stream_seq: u64,
    /// The fingerprint of its predecessor in the stream.
    pub stream_prev: &'a Digest,
}

/// A record that follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Follows<'a> {
    /// The fingerprint that its bytes give, which is the one that stands in it.
    pub fingerprint: Digest,
    /// Its `metadata.uid`.
    pub uid: Uuid,
    /// What kind of event it is.
    pub kind: &'a str,
}

/// Reads records one after the other, of one log.
#[derive(Debug)]
pub struct Follower {
    attestation: Finder<'static>,
    logged_time: Finder<'static>,
    sequence: Finder<'static>,
    nonce: Finder<'static>,
}

impl Follower {
    /// For the records of a log.
    #[must_use]
    pub fn new(origin: &Origin) -> Self {
        let beginning = format!(r#""attestation_list":{}"#, attestation_beginning(origin));
        let finder = |text: &str| Finder::new(text).into_owned();
        Self {
            attestation: finder(&beginning),
            logged_time: finder(r#""logged_time":"#),
            sequence: finder(r#"],"sequence":"#),
            nonce: finder(r#","nonce":""#),
        }
    }

    /// The record in these bytes, if it says all that is expected, and its fingerprint is the one that its bytes give.
    ///
    /// It takes for granted that the bytes are some record's: that holds only where a MAC or a signature over the
    /// fingerprint says so. None doesn't mean that they aren't the next record: [`Record::parse`] tells what they are.
    ///
    /// [`Record::parse`]: super::Record::parse
    #[must_use]
    pub fn next<'a>(&self, bytes: &'a [u8], expected: &Expected<'_>) -> Option<Follows<'a>> {
        let uid = self.metadata(bytes, expected)?;
        let kind = self.ours(bytes, expected)?;
        let fingerprint = self.fingerprint(bytes, expected.prev)?;
        Some(Follows { fingerprint, uid, kind })
    }

    /// `"attestation_list":[{"authority_uid":"…","chain_uid":"…","fingerprint":{…},"prev_event":{…}}]`
    fn fingerprint(&self, bytes: &[u8], prev: &Previous) -> Option<Digest> {
        let (_, after) = once(&self.attestation, bytes)?;
        let (own, rest) = after.split_at_checked(OWN)?;
        let recomputed = Digest::sha256_of(&[bytes.get(..bytes.len() - after.len())?, rest]);
        Rest(own).text(br#","fingerprint":"#)?.fingerprint(&recomputed)?;
        let mut rest = Rest(rest);
        rest.text(br#","prev_event":{"fingerprint":"#)?
            .fingerprint(&prev.fingerprint)?;
        let uid = rest.text(br#","uid":""#)?.uid()?;
        rest.text(br#""}}]"#)?;
        (uid == prev.uid).then_some(recomputed)
    }

    /// `"metadata":{"correlation_uid":"…","logged_time":…,"product":{…},"profiles":[…],"sequence":…,"tenant_uid":"…",`
    /// `"uid":"…","version":"…"}`
    fn metadata(&self, bytes: &[u8], expected: &Expected<'_>) -> Option<Uuid> {
        let (before, after) = once(&self.logged_time, bytes)?;
        let before = match expected.correlation_uid {
            // It would stand there escaped.
            Some(uid) if uid.bytes().any(|b| b == b'"' || b == b'\\' || b < b' ') => return None,
            Some(uid) => {
                let before = before.strip_suffix(br#"","#)?.strip_suffix(uid.as_bytes())?;
                before.strip_suffix(br#""correlation_uid":""#)?
            }
            None => before,
        };
        let mut rest = Rest(after);
        if !before.ends_with(br#""metadata":{"#) || rest.number()? != u64::try_from(expected.logged_time).ok()? {
            return None;
        }
        rest.text(br#","product":{"#)?;
        let (_, after) = once(&self.sequence, rest.0)?;
        let mut rest = Rest(after);
        if rest.number()? != expected.sequence {
            return None;
        }
        if rest.text(br#","tenant_uid":""#).is_some() {
            rest.0 = rest.0.get(memchr::memchr2(b'"', b'\\', rest.0)?..)?;
            rest.text(br#"""#)?;
        }
        let uid = rest.text(br#","uid":""#)?.uid()?;
        rest.text(br#"","version":""#)?;
        Some(uid)
    }

    /// `…},"kind":"…","nonce":"…","stream":"…","stream_prev":"…","stream_seq":…,"v":1}}`
    fn ours<'a>(&self, bytes: &'a [u8], expected: &Expected<'_>) -> Option<&'a str> {
        let (before, after) = once(&self.nonce, bytes)?;
        let before = before.strip_suffix(br#"""#)?;
        let (before, kind) = before.split_at_checked(memchr::memrchr(b'"', before)? + 1)?;
        let mut rest = Rest(after);
        rest.nonce()?;
        rest.text(br#"","stream":""#)?
            .text(expected.stream.as_str().as_bytes())?;
        rest.text(br#"","stream_prev":""#)?.digest(expected.stream_prev)?;
        let at = rest.text(br#"","stream_seq":"#)?.number()?;
        rest.text(br#","v":1}}"#)?;
        let same = before.ends_with(br#"},"kind":""#) && at == expected.stream_seq;
        std::str::from_utf8(kind).ok().filter(|_| same)
    }
}

/// What stands before and after a text that is there exactly once.
fn once<'a>(finder: &Finder<'_>, bytes: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = finder.find(bytes)?;
    let after = bytes.get(at + finder.needle().len()..)?;
    finder.find(after).is_none().then_some((bytes.get(..at)?, after))
}

/// What hasn't been read yet.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn text(&mut self, text: &[u8]) -> Option<&mut Self> {
        self.0 = self.0.strip_prefix(text)?;
        Some(self)
    }

    /// 16 bytes in hex.
    fn nonce(&mut self) -> Option<()> {
        let (digits, rest) = self.0.split_first_chunk::<32>()?;
        self.0 = rest;
        let hex = digits.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        hex.then_some(())
    }

    fn digest(&mut self, wanted: &Digest) -> Option<&mut Self> {
        let mut digits = [0; 64];
        hex::encode_to_slice(wanted.as_bytes(), &mut digits).ok()?;
        self.text(&digits)
    }

    fn fingerprint(&mut self, wanted: &Digest) -> Option<&mut Self> {
        self.text(FINGERPRINT)?.digest(wanted)?.text(br#""}"#)
    }

    /// In its one form.
    fn number(&mut self) -> Option<u64> {
        let end = self.0.iter().position(|b| !b.is_ascii_digit())?;
        let (digits, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        let one_form = digits.len() == 1 || !digits.starts_with(b"0");
        std::str::from_utf8(digits).ok().filter(|_| one_form)?.parse().ok()
    }

    /// In its one form.
    fn uid(&mut self) -> Option<Uuid> {
        let (text, rest) = self.0.split_first_chunk::<36>()?;
        self.0 = rest;
        let text = std::str::from_utf8(text).ok()?;
        let uid = Uuid::try_parse(text).ok()?;
        (uid.hyphenated().encode_lower(&mut [0; 36]) == text).then_some(uid)
    }
}

#[cfg(test)]
mod tests;
