//! What the judges see of a line of `records.jsonl`.

use super::examine::Standing;
use super::facts::Fact;
use super::names::Name;
use super::words;
use crate::hash::Digest;

/// One line of `records.jsonl`, as it was found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    /// Counted from 1: "record 17 of 43".
    pub(super) number: u64,
    /// Its sequence: as it says, or as its proof says where it says nothing.
    pub(super) place: Option<u64>,
    /// What it is, in words.
    pub(super) what: &'a str,
    /// Nothing where it can't be read as a record.
    pub(super) body: Option<Body<'a>>,
    /// Why it can't be read as a record.
    pub(super) unreadable: Option<&'a str>,
    /// The fingerprint that its bytes give.
    pub(super) hashes_to: Option<Digest>,
    /// How it stands.
    pub(super) standing: Standing,
    /// Why its inclusion proof doesn't hold, where it doesn't.
    pub(super) unproved: Option<&'a str>,
}

/// A record's own words about its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body<'a> {
    pub(super) sequence: u64,
    pub(super) logged_ms: i64,
    pub(super) stream: &'a str,
    pub(super) stream_seq: u64,
    pub(super) claimed: Digest,
    pub(super) correlation: Option<&'a str>,
    pub(super) said: Said<'a>,
    /// What it says of its call otherwise than it says elsewhere.
    pub(super) contradiction: Option<&'static str>,
}

/// What a record says, as far as other parts of the case file are bound to it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Said<'a> {
    /// The policy decided on a call.
    Call(Call<'a>),
    /// A call went out and ended.
    Finished(Finished),
    /// Any other fact that something here is bound to.
    Fact(&'a Fact),
    /// Nothing that anything here is bound to.
    Other,
    /// It says to be one of the above, and isn't.
    Malformed,
}

/// What the policy decided.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) effect: Effect,
    pub(super) action_digest: Option<Digest>,
    /// Whether the action's document in the record gives that digest.
    pub(super) action_holds: bool,
    pub(super) policy_sha256: Digest,
    /// There where it is held, and only there.
    pub(super) held: Option<&'a Held>,
}

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
    Hold,
}

/// What a held call is bound by.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) item: Name,
    /// The commitment to what the reviewer was to be shown.
    pub(super) view_c: Option<Digest>,
    pub(super) tier: u64,
    /// Who answers for the agent.
    pub(super) sponsor: Name,
    /// Who published the policy; nothing where it is the built-in one.
    pub(super) policy_author: Option<Name>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finished {
    /// Whether anything is known of how: not `unknown`.
    pub(super) known: bool,
    pub(super) action: Acted,
}

/// The action that an outcome names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Acted {
    /// That of the first decision on its request in the file, which names one.
    AsDecided,
    /// This one, or none.
    Says(Option<Digest>),
}

impl Seen<'_> {
    /// "Record 17 of 43 (sequence 48 187, 19 Nov 2026 10:44:02 UTC)".
    pub(super) fn named(&self, of: u64) -> String {
        let place = self.place.map(|place| format!("sequence {}", words::number(place)));
        let time = self.body.map(|body| words::time(body.logged_ms));
        let what = (!self.what.is_empty()).then(|| self.what.to_owned());
        let known: Vec<String> = [place, what, time].into_iter().flatten().collect();
        let known = if known.is_empty() {
            String::new()
        } else {
            format!(" ({})", known.join(", "))
        };
        format!("Record {} of {}{known}", words::number(self.number), words::number(of))
    }

    /// The fingerprint that others are linked to: the signed one where it is known.
    pub(super) fn linked(&self) -> Option<Digest> {
        match self.standing {
            Standing::Altered(Some(signed)) => Some(signed),
            _ => self.body.map(|body| body.claimed),
        }
    }

    pub(super) fn is_as_signed(&self) -> bool {
        self.standing == Standing::AsSigned
    }

    pub(super) fn is_altered(&self) -> bool {
        matches!(self.standing, Standing::Altered(_))
    }
}
