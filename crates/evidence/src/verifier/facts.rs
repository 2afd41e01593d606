//! What the verifier needs of a record beyond its place: read from a record that may be anything.

use serde_json::Value;

use crate::casefile::Asked;
use crate::hash::Digest;
use crate::key::{KeyId, PublicKey, Role};
use crate::ocsf::ActionDocument;
use crate::origin::Origin;
use crate::record::Record;
use crate::rotation::{KeyRotation, RotationError};

/// What a record says, as far as other parts of the case file are bound to it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fact {
    /// Record 0.
    LogOpened(LogOpened),
    /// A key was registered.
    KeyAdded(KeyAdded),
    /// The log's key was rotated.
    KeyRotated(Box<Result<KeyRotation, RotationError>>),
    /// The policy decided on a call.
    CallDecided(CallDecided),
    /// A person decided on a held item.
    ItemDecided(Box<ItemDecided>),
    /// An approved action was released.
    Released(Released),
    /// A call went out and ended.
    CallFinished(CallFinished),
    /// A held item ended without a release.
    ItemEnded(ItemEnded),
    /// An agent said what came of an action.
    Reported(Reported),
    /// This case file, or another, was made.
    Exported(Box<Exported>),
    /// Contents were erased: their uids and the commitments to them.
    ContentsErased(Vec<(String, Digest)>),
    /// Nothing that anything here is bound to.
    Other,
    /// It says to be one of the above, and isn't.
    Malformed,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct LogOpened {
    pub(super) key: PublicKey,
    pub(super) founds: Origin,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct KeyAdded {
    pub(super) role: Role,
    pub(super) key: PublicKey,
    pub(super) owner: Option<(String, Option<String>)>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct CallDecided {
    /// `allow`, `deny` or `hold`.
    pub(super) effect: String,
    pub(super) tier: u64,
    pub(super) action_digest: Option<Digest>,
    /// Whether the action's document in the record gives that digest.
    pub(super) action_holds: bool,
    pub(super) policy_sha256: Digest,
    /// The uid of who answers for the agent.
    pub(super) sponsor: String,
    /// The uid of who published the policy; nothing where it is the built-in one.
    pub(super) policy_author: Option<String>,
    /// There where it is held, and only there.
    pub(super) item_uid: Option<String>,
    /// Content uid, slot, commitment.
    pub(super) contents: Vec<(String, String, Digest)>,
}

impl CallDecided {
    /// The commitment to what the reviewer was to be shown.
    pub(super) fn view_c(&self) -> Option<Digest> {
        let view = self.contents.iter().find(|(_, slot, _)| slot == "view");
        view.map(|(.., c)| *c)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct CallFinished {
    /// Whether anything is known of how: not `unknown`.
    pub(super) known: bool,
    pub(super) action_digest: Option<Digest>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ItemEnded {
    pub(super) item_uid: String,
    pub(super) action_digest: Digest,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reported {
    /// Whether its outcome counted as unknown already.
    pub(super) late: bool,
    pub(super) action_digest: Digest,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct ItemDecided {
    pub(super) item_uid: String,
    pub(super) approved: bool,
    pub(super) reviewer: (String, String),
    pub(super) key_id: KeyId,
    pub(super) payload_sha256: Digest,
    pub(super) sole_operator: bool,
    pub(super) tier: u64,
    pub(super) action_digest: Digest,
    pub(super) view_c: Digest,
    pub(super) reason_c: Option<Digest>,
    pub(super) policy_sha256: Digest,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Released {
    pub(super) item_uid: String,
    pub(super) jti: String,
    pub(super) action_digest: Digest,
    pub(super) approvals: Vec<Digest>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Exported {
    pub(super) asked: Asked,
    /// Stream, number of its last record, that record's fingerprint.
    pub(super) heads: Vec<(String, u64, Digest)>,
    pub(super) size: u64,
    pub(super) selected: u64,
    pub(super) selection: Digest,
}

impl Fact {
    /// Reads what the record says.
    pub(super) fn of(record: &Record) -> Self {
        let read = match record.kind() {
            "log_opened" => log_opened(record).map(Self::LogOpened),
            "key_added" => key_added(record).map(Self::KeyAdded),
            "key_rotated" => KeyRotation::of(record)
                .transpose()
                .map(|said| Self::KeyRotated(Box::new(said))),
            "call_decided" => call_decided(record).map(Self::CallDecided),
            "item_decided" => item_decided(record).map(|fact| Self::ItemDecided(Box::new(fact))),
            "released" => released(record).map(Self::Released),
            "call_finished" => call_finished(record).map(Self::CallFinished),
            "item_expired" => item_ended(record).map(Self::ItemEnded),
            "execution_reported" => reported(record).map(Self::Reported),
            // Their digests and lists are for readers; whoever reads them has to find them.
            "policy_published" => record.fact_digest("policy_sha256").map(|_| Self::Other),
            "contents_erased" => erased(record).map(Self::ContentsErased),
            "exported" => exported(record).map(|fact| Self::Exported(Box::new(fact))),
            _ => Some(Self::Other),
        };
        // Commitments stand under one name in records of every kind.
        let read = read.filter(|_| commitments(record).is_some());
        read.unwrap_or(Self::Malformed)
    }
}

impl Fact {
    /// How many bytes its texts and lists have.
    pub(super) fn text_bytes(&self) -> u64 {
        let bytes = match self {
            Self::KeyAdded(added) => added
                .owner
                .as_ref()
                .map_or(0, |(uid, name)| uid.len() + name.as_ref().map_or(0, String::len)),
            Self::ItemDecided(decided) => decided.item_uid.len() + decided.reviewer.0.len() + decided.reviewer.1.len(),
            Self::Released(released) => released.item_uid.len() + released.jti.len() + released.approvals.len() * 32,
            Self::ItemEnded(ended) => ended.item_uid.len(),
            Self::Exported(exported) => exported.heads.iter().map(|(stream, ..)| stream.len() + 96).sum(),
            Self::ContentsErased(list) => list.iter().map(|(uid, _)| uid.len() + 96).sum(),
            _ => 0,
        };
        bytes as u64
    }
}

/// OCSF's words for what was decided: `action_id` and `disposition_id`.
fn control(record: &Record) -> Option<(u64, u64)> {
    let number = |name: &str| record.event().get(name)?.as_u64();
    Some((number("action_id")?, number("disposition_id")?))
}

/// A fact that may be absent, and if it is there is a digest.
fn optional_digest(record: &Record, name: &str) -> Option<Option<Digest>> {
    match record.facts().get(name) {
        None => Some(None),
        Some(_) => record.fact_digest(name).map(Some),
    }
}

/// A fact that may be absent, and if it is there is a text.
fn optional_text(record: &Record, name: &str) -> Option<Option<String>> {
    match record.facts().get(name) {
        None => Some(None),
        Some(_) => text(record, name).map(Some),
    }
}

fn text(record: &Record, name: &str) -> Option<String> {
    record.facts().get(name)?.as_str().map(str::to_owned)
}

fn log_opened(record: &Record) -> Option<LogOpened> {
    Some(LogOpened {
        key: PublicKey::from_spki_der(&record.spki()?).ok()?,
        founds: record.founds()?,
    })
}

fn key_added(record: &Record) -> Option<KeyAdded> {
    let owner = optional_text(record, "owner_uid")?.map(|uid| {
        let name = record
            .event()
            .pointer("/user/name")
            .and_then(Value::as_str)
            .map(str::to_owned);
        (uid, name)
    });
    let key = PublicKey::from_spki_der(&record.spki()?).ok()?;
    let named: KeyId = text(record, "key_id")?.parse().ok()?;
    (named == key.key_id()).then_some(())?;
    Some(KeyAdded {
        role: text(record, "role")?.parse().ok()?,
        key,
        owner,
    })
}

fn call_decided(record: &Record) -> Option<CallDecided> {
    let action_digest = optional_digest(record, "action_digest")?;
    let item_uid = optional_text(record, "item_uid")?;
    let effect = text(record, "effect")?;
    // OCSF's words and ours must be the same: Allowed; Denied, Blocked; Other ("Held"), Delayed.
    let said = match effect.as_str() {
        "allow" => (1, 1),
        "deny" => (2, 2),
        "hold" => (99, 14),
        _ => return None,
    };
    let is_held = effect == "hold";
    let expires = record.facts().get("expires_ms");
    let until = expires.is_some_and(|ms| ms.as_i64().is_some());
    (control(record)? == said && item_uid.is_some() == is_held && until == is_held && expires.is_some() == is_held)
        .then_some(())?;
    let document = record.facts().get("action").cloned().map(ActionDocument::from_value);
    let computed = document.and_then(|document| document.digest().ok());
    Some(CallDecided {
        effect,
        tier: record.facts().get("tier")?.as_u64()?,
        action_digest,
        action_holds: action_digest == computed,
        policy_sha256: record.fact_digest("policy_sha256")?,
        sponsor: record.facts().get("sponsor")?.get("uid")?.as_str()?.to_owned(),
        policy_author: optional_text(record, "policy_author")?,
        item_uid,
        contents: commitments(record)?,
    })
}

fn call_finished(record: &Record) -> Option<CallFinished> {
    const KNOWN: [&str; 10] = [
        "answered",
        "upstream_error",
        "cut",
        "unreachable",
        "timed_out",
        "client_gone",
        "malformed",
        "halted",
        "circuit_open",
        "not_sent",
    ];
    let outcome = text(record, "outcome")?;
    let known = KNOWN.contains(&outcome.as_str());
    (known || outcome == "unknown").then_some(())?;
    Some(CallFinished {
        known,
        action_digest: optional_digest(record, "action_digest")?,
    })
}

fn item_ended(record: &Record) -> Option<ItemEnded> {
    let expiry = text(record, "expiry")?;
    (["undecided", "lapsed", "void"].contains(&expiry.as_str()) && control(record)? == (2, 2)).then_some(())?;
    Some(ItemEnded {
        item_uid: text(record, "item_uid")?,
        action_digest: record.fact_digest("action_digest")?,
    })
}

fn reported(record: &Record) -> Option<Reported> {
    let outcome = text(record, "outcome")?;
    ["success", "failure"].contains(&outcome.as_str()).then_some(())?;
    Some(Reported {
        late: record.facts().get("late")?.as_bool()?,
        action_digest: record.fact_digest("action_digest")?,
    })
}

fn item_decided(record: &Record) -> Option<ItemDecided> {
    let person = record.event().pointer("/actor/user")?;
    let reviewer = (
        person.get("uid")?.as_str()?.to_owned(),
        person.get("name")?.as_str()?.to_owned(),
    );
    Some(ItemDecided {
        item_uid: text(record, "item_uid")?,
        // Allowed, Approved; Denied, Rejected.
        approved: match (control(record)?, text(record, "decision")?.as_str()) {
            ((1, 8), "approve") => true,
            ((2, 25), "deny") => false,
            _ => return None,
        },
        reviewer,
        key_id: text(record, "key_id")?.parse().ok()?,
        payload_sha256: record.fact_digest("payload_sha256")?,
        sole_operator: record.facts().get("sole_operator")?.as_bool()?,
        tier: record.facts().get("tier")?.as_u64()?,
        action_digest: record.fact_digest("action_digest")?,
        view_c: record.fact_digest("view_c")?,
        reason_c: optional_digest(record, "reason_c")?,
        policy_sha256: record.fact_digest("policy_sha256")?,
    })
}

fn released(record: &Record) -> Option<Released> {
    let approvals = record.facts().get("approvals")?.as_array()?;
    (control(record)? == (1, 1)).then_some(())?;
    Some(Released {
        item_uid: text(record, "item_uid")?,
        jti: text(record, "jti")?,
        action_digest: record.fact_digest("action_digest")?,
        approvals: approvals
            .iter()
            .map(|d| d.as_str()?.parse().ok())
            .collect::<Option<_>>()?,
    })
}

fn exported(record: &Record) -> Option<Exported> {
    let head = |head: &Value| {
        let stream = head.get("stream")?.as_str()?.to_owned();
        Some((
            stream,
            head.get("stream_seq")?.as_u64()?,
            head.get("fp")?.as_str()?.parse().ok()?,
        ))
    };
    Some(Exported {
        asked: Asked::of(record)?,
        heads: record
            .facts()
            .get("heads")?
            .as_array()?
            .iter()
            .map(head)
            .collect::<Option<_>>()?,
        size: record.facts().get("size")?.as_u64()?,
        selected: record.facts().get("selected")?.as_u64()?,
        selection: record.fact_digest("selection")?,
    })
}

fn erased(record: &Record) -> Option<Vec<(String, Digest)>> {
    let gone = |gone: &Value| {
        let uid = gone.get("content_uid")?.as_str()?.to_owned();
        Some((uid, gone.get("c")?.as_str()?.parse().ok()?))
    };
    record.facts().get("erased")?.as_array()?.iter().map(gone).collect()
}

/// The commitments that a record carries: content uid, slot, commitment. Nothing where one isn't one.
pub(super) fn commitments(record: &Record) -> Option<Vec<(String, String, Digest)>> {
    let Some(list) = record.facts().get("contents") else {
        return Some(Vec::new());
    };
    let one = |value: &Value| {
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        (value.as_object()?.len() == 3).then_some(())?;
        Some((text("content_uid")?, text("slot")?, text("c")?.parse().ok()?))
    };
    list.as_array()?.iter().map(one).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test that can't go on fails")]
mod tests;
