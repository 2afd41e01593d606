//! Events of what is kept and for how long.

use super::*;

pub(super) fn keeping() -> Vec<(&'static str, Event)> {
    let (context, actor) = (context(), Actor::Person(person()));
    let erased = ErasedContent {
        content_uid: "content-request".to_owned(),
        c: digest("request"),
        record: 4,
    };
    let erasure = |actor: &Actor, cause| ContentsErased {
        context: context.clone(),
        actor: actor.clone(),
        erasure_uid: "erasure-1".to_owned(),
        cause,
        stream: "agent-1".to_owned(),
        erased: vec![erased.clone()],
        reason_c: (cause != ErasureCause::Retention).then(|| digest("reason")),
        contents: Vec::new(),
    };
    let opened = |item: Option<&str>| ContentOpened {
        context: context.clone(),
        actor: actor.clone(),
        request_uid: "request-9".to_owned(),
        content: content("view"),
        record: 4,
        correlation_uid: item.map(|_| "request-1".to_owned()),
        item_uid: item.map(str::to_owned),
    };
    let hold = |scope, holds| LegalHoldChanged {
        context: context.clone(),
        actor: actor.clone(),
        request_uid: "request-9".to_owned(),
        hold_uid: "hold-1".to_owned(),
        scope,
        holds,
        reason_c: digest("reason"),
        contents: vec![content("reason")],
    };
    let found = |found, sequence| TamperingFound {
        context: context.clone(),
        finding_uid: "finding-1".to_owned(),
        found_ms: NOW - 1000,
        found,
        sequence,
        what: "the log doesn't verify at record 3".to_owned(),
    };
    let retention = RetentionSet {
        context: context.clone(),
        actor: actor.clone(),
        request_uid: "request-9".to_owned(),
        now: Keeping {
            days: 365,
            minimum_days: 183,
        },
        before: Keeping {
            days: 2557,
            minimum_days: 183,
        },
    };
    vec![
        ("contents_erased", erasure(&actor, ErasureCause::Content).event()),
        ("contents_erased", erasure(&actor, ErasureCause::Agent).event()),
        ("contents_erased", erasure(&actor, ErasureCause::Search).event()),
        (
            "contents_erased",
            erasure(&Actor::Gateway, ErasureCause::Retention).event(),
        ),
        ("content_opened", opened(None).event()),
        ("content_opened", opened(Some("item-1")).event()),
        ("retention_set", retention.event()),
        ("legal_hold_set", hold(HoldScope::All, true).event()),
        ("legal_hold_set", hold(HoldScope::Agent(agent()), true).event()),
        (
            "legal_hold_set",
            hold(HoldScope::Request("request-1".to_owned()), true).event(),
        ),
        (
            "legal_hold_lifted",
            hold(HoldScope::Content("content-view".to_owned()), false).event(),
        ),
        ("tampering_found", found(FoundWhile::Starting, Some(3)).event()),
        ("tampering_found", found(FoundWhile::Verifying, None).event()),
    ]
}
