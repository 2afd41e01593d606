//! How contents, their keeping and erasing, and tampering are written as OCSF.

use serde_json::{Value, json};

use super::build::{API_ACTIVITY, Builder, DETECTION_FINDING, ENTITY_MANAGEMENT, HIGH, LOW, contents, present, source};
use super::contents::{
    ContentOpened, ContentsErased, ErasedContent, ErasureCause, FoundWhile, HoldScope, Keeping, LegalHoldChanged,
    RetentionSet, TamperingFound,
};
use super::event::{Actor, Event, Source};

const CREATE: u32 = 1;
const READ: u32 = 2;
const UPDATE: u32 = 3;
const DELETE: u32 = 4;

impl ErasureCause {
    /// Its name in records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Agent => "agent",
            Self::Search => "search",
            Self::Retention => "retention",
        }
    }
}

/// Where an operator's or the gateway's own act comes from.
fn from(actor: &Actor) -> Value {
    source(match actor {
        Actor::Gateway => &Source::Gateway,
        Actor::Person(_) | Actor::Agent(_) => &Source::Operators,
    })
}

impl ContentsErased {
    /// The event. Facts: `erasure_uid`, `cause`, `stream`, `erased` [{`content_uid`, `c`, `record`}], `reason_c`,
    /// `contents`.
    #[must_use]
    pub fn event(&self) -> Event {
        let erased =
            |gone: &ErasedContent| json!({"content_uid": gone.content_uid, "c": gone.c, "record": gone.record});
        let facts = json!({
            "erasure_uid": self.erasure_uid,
            "cause": self.cause.as_str(),
            "stream": self.stream,
            "erased": self.erased.iter().map(erased).collect::<Vec<_>>(),
            "reason_c": self.reason_c,
            "contents": contents(&self.contents),
        });
        Builder::new("contents_erased", API_ACTIVITY, DELETE, &self.context, facts)
            .correlated(&self.erasure_uid)
            .actor(&self.actor)
            .with(
                "api",
                json!({"operation": "content.erase", "request": {"uid": self.erasure_uid}}),
            )
            .with("src_endpoint", from(&self.actor))
            .with("count", json!(self.erased.len()))
            .status(true)
            .severity(LOW)
            .finish()
    }
}

impl ContentOpened {
    /// The event. Facts: `content_uid`, `slot`, `c`, `record`, `item_uid`.
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({
            "content_uid": self.content.content_uid,
            "slot": self.content.slot,
            "c": self.content.c,
            "record": self.record,
            "item_uid": self.item_uid,
        });
        let operation = if self.item_uid.is_some() {
            "inbox.open"
        } else {
            "content.open"
        };
        let builder = Builder::new("content_opened", API_ACTIVITY, READ, &self.context, facts)
            .actor(&self.actor)
            .with(
                "api",
                json!({"operation": operation, "request": {"uid": self.request_uid}}),
            )
            .with("src_endpoint", from(&self.actor))
            .status(true);
        match &self.correlation_uid {
            Some(correlation) => builder.correlated(correlation),
            None => builder.correlated(&self.request_uid),
        }
        .finish()
    }
}

impl RetentionSet {
    /// The event. Facts: `days`, `minimum_days`, `before` {`days`, `minimum_days`}.
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({
            "days": self.now.days,
            "minimum_days": self.now.minimum_days,
            "before": {"days": self.before.days, "minimum_days": self.before.minimum_days},
        });
        let Keeping { days, minimum_days } = self.now;
        let desc = format!("Contents are kept for {days} days, at least {minimum_days}.");
        let policy = json!({"uid": "retention", "name": "retention", "type": "Retention", "desc": desc});
        let entity = json!({"uid": "retention", "name": "retention", "type_id": 5, "type": "Policy", "policy": policy});
        Builder::new("retention_set", ENTITY_MANAGEMENT, UPDATE, &self.context, facts)
            .correlated(&self.request_uid)
            .actor(&self.actor)
            .with("entity", entity)
            .status(true)
            .finish()
    }
}

impl HoldScope {
    /// `{"kind": "all"}`, or with what it is of.
    fn facts(&self) -> Value {
        let of = |kind: &str, uid: &str, name: Option<&str>| present(json!({"kind": kind, "uid": uid, "name": name}));
        match self {
            Self::All => json!({"kind": "all"}),
            Self::Agent(agent) => of("agent", &agent.uid, Some(&agent.name)),
            Self::Request(uid) => of("request", uid, None),
            Self::Content(uid) => of("content", uid, None),
        }
    }
}

impl LegalHoldChanged {
    /// The event, `legal_hold_set` or `legal_hold_lifted`. Facts: `hold_uid`, `scope` {`kind`, `uid`, `name`}, `reason_c`,
    /// `contents`.
    #[must_use]
    pub fn event(&self) -> Event {
        let facts = json!({
            "hold_uid": self.hold_uid,
            "scope": self.scope.facts(),
            "reason_c": self.reason_c,
            "contents": contents(&self.contents),
        });
        let (kind, activity) = if self.holds {
            ("legal_hold_set", CREATE)
        } else {
            ("legal_hold_lifted", DELETE)
        };
        let policy = json!({"uid": self.hold_uid, "name": "legal hold", "type": "Legal hold"});
        let entity =
            json!({"uid": self.hold_uid, "name": "legal hold", "type_id": 5, "type": "Policy", "policy": policy});
        Builder::new(kind, ENTITY_MANAGEMENT, activity, &self.context, facts)
            .correlated(&self.request_uid)
            .actor(&self.actor)
            .with("entity", entity)
            .status(true)
            .finish()
    }
}

impl TamperingFound {
    /// The event. Facts: `found` (`starting` or `verifying`), `sequence`, `what`.
    #[must_use]
    pub fn event(&self) -> Event {
        let found = match self.found {
            FoundWhile::Starting => "starting",
            FoundWhile::Verifying => "verifying",
        };
        let facts = json!({"found": found, "sequence": self.sequence, "what": self.what});
        let finding = json!({
            "uid": self.finding_uid,
            "title": "The log isn't what was written",
            "desc": self.what,
            "created_time": self.found_ms,
            "types": ["Tampering"],
        });
        // Status 1 New; confidence isn't claimed.
        Builder::new("tampering_found", DETECTION_FINDING, CREATE, &self.context, facts)
            .with("finding_info", finding)
            .with("status_id", json!(1))
            .severity(HIGH)
            .finish()
    }
}
