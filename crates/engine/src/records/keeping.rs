//! Records of reading contents, keeping and erasing them, and of tampering.

use evidence::{
    Digest, Draft, Stream,
    ocsf::{
        Actor, AgentName, ContentOpened, ContentRef, ContentsErased, Context, ErasedContent, ErasureCause, FoundWhile,
        HoldScope, Keeping, LegalHoldChanged, Person, RetentionSet, TamperingFound,
    },
};
use ledger::NewContent;

use super::{Unrecordable, content_ref, unrecordable};
use crate::{
    clock::{now_ms, timed_uid},
    keeping::RetentionRow,
};

/// One request of an operator, or of the gateway itself, about contents.
pub(crate) struct Keeper {
    tenant_uid: String,
    actor: Actor,
    request_uid: String,
}

/// A content that is opened.
pub(crate) struct Opened {
    pub(crate) content: ContentRef,
    pub(crate) record: u64,
    pub(crate) stream: String,
    pub(crate) correlation_uid: Option<String>,
    pub(crate) item_uid: Option<String>,
}

/// A part of an erasure.
pub(crate) struct Erased<'a> {
    pub(crate) erasure_uid: &'a str,
    pub(crate) cause: ErasureCause,
    pub(crate) stream: &'a str,
    pub(crate) erased: Vec<ErasedContent>,
    pub(crate) reason_c: Option<Digest>,
    pub(crate) reason: Option<&'a NewContent>,
}

/// A legal hold that is set or lifted.
pub(crate) struct HoldChange<'a> {
    pub(crate) uid: &'a str,
    pub(crate) scope: HoldScope,
    pub(crate) holds: bool,
    pub(crate) reason: &'a NewContent,
}

fn keeping(row: &RetentionRow) -> Keeping {
    Keeping {
        days: row.days.into(),
        minimum_days: row.minimum_days.into(),
    }
}

fn in_stream(stream: &str, event: evidence::Event) -> Result<Draft, Unrecordable> {
    let stream = Stream::parse(stream).ok_or_else(|| unrecordable("a content's stream has no name"))?;
    Ok(Draft::new(stream, event))
}

impl Keeper {
    /// An operator asks.
    pub(crate) fn operator(tenant_uid: &str, uid: &str, name: &str) -> Self {
        let person = Person {
            uid: uid.to_owned(),
            name: name.to_owned(),
        };
        Self {
            tenant_uid: tenant_uid.to_owned(),
            actor: Actor::Person(person),
            request_uid: timed_uid(),
        }
    }

    /// The gateway acts by itself.
    pub(crate) fn gateway(tenant_uid: &str) -> Self {
        Self {
            tenant_uid: tenant_uid.to_owned(),
            actor: Actor::Gateway,
            request_uid: timed_uid(),
        }
    }

    fn context(&self) -> Context {
        Context {
            time_ms: now_ms(),
            tenant_uid: self.tenant_uid.clone(),
        }
    }

    /// A content is opened.
    pub(crate) fn opened(&self, opened: Opened) -> Result<Draft, Unrecordable> {
        let event = ContentOpened {
            context: self.context(),
            actor: self.actor.clone(),
            request_uid: self.request_uid.clone(),
            content: opened.content,
            record: opened.record,
            correlation_uid: opened.correlation_uid,
            item_uid: opened.item_uid,
        };
        in_stream(&opened.stream, event.event())
    }

    /// Contents are erased.
    pub(crate) fn erased(&self, erased: Erased<'_>) -> Result<Draft, Unrecordable> {
        let event = ContentsErased {
            context: self.context(),
            actor: self.actor.clone(),
            erasure_uid: erased.erasure_uid.to_owned(),
            cause: erased.cause,
            stream: erased.stream.to_owned(),
            erased: erased.erased,
            reason_c: erased.reason_c,
            contents: erased.reason.iter().map(|reason| content_ref(reason)).collect(),
        };
        in_stream(erased.stream, event.event())
    }

    /// The time that contents are kept is set.
    pub(crate) fn retention(&self, now: &RetentionRow, before: &RetentionRow) -> Draft {
        let set = RetentionSet {
            context: self.context(),
            actor: self.actor.clone(),
            request_uid: self.request_uid.clone(),
            now: keeping(now),
            before: keeping(before),
        };
        Draft::new(Stream::sys(), set.event())
    }

    /// A legal hold is set or lifted: in the agent's stream where it is about one.
    pub(crate) fn hold(&self, change: HoldChange<'_>) -> Draft {
        let stream = match &change.scope {
            HoldScope::Agent(AgentName { uid, .. }) => Stream::agent(uid),
            _ => None,
        };
        let reason = content_ref(change.reason);
        let event = LegalHoldChanged {
            context: self.context(),
            actor: self.actor.clone(),
            request_uid: self.request_uid.clone(),
            hold_uid: change.uid.to_owned(),
            scope: change.scope,
            holds: change.holds,
            reason_c: reason.c,
            contents: vec![reason],
        };
        Draft::new(stream.unwrap_or_else(Stream::sys), event.event())
    }

    /// Tampering was found.
    pub(crate) fn tampering(
        &self,
        finding_uid: &str,
        found_ms: i64,
        found: FoundWhile,
        sequence: Option<u64>,
        what: &str,
    ) -> Draft {
        let event = TamperingFound {
            context: self.context(),
            finding_uid: finding_uid.to_owned(),
            found_ms,
            found,
            sequence,
            what: what.to_owned(),
        };
        Draft::new(Stream::sys(), event.event())
    }
}
