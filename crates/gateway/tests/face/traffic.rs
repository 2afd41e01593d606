//! Traffic and the day: the calls of a log as an operator sees them, held against the records themselves.

use std::collections::BTreeMap;

use contract::{
    Call, CallPart, CallState, Code, DayQuery, DaySums, Decision, ItemState, LogQuery, Operators as _, RecordRef,
    ReviewerDecision, TrafficPage,
};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use crate::house::{House, streaming, text, with_tool};
use crate::routes::{OK, add, by_hand};

async fn traffic(house: &House, filter: &str) -> TrafficPage {
    let query = LogQuery {
        filter: filter.to_owned(),
        limit: 1000,
        ..LogQuery::default()
    };
    let page = house.desk.traffic(query).await.unwrap();
    assert_eq!(
        (page.searched, page.calls.len() as u64),
        (page.size, page.matching),
        "{filter}"
    );
    page
}

async fn found(house: &House, filter: &str) -> Vec<u64> {
    traffic(house, filter)
        .await
        .calls
        .iter()
        .map(|call| call.sequence)
        .collect()
}

fn hosted() -> Value {
    let mut call = text();
    call["tools"] = json!([{"type": "web_search"}]);
    call
}

/// A house with a call of every ending: answered, denied by a person, released, denied by policy, unreadable, failed.
async fn busy() -> House {
    let house = House::open().await;
    assert_eq!(house.call(&[], &text()).await.status, 200);
    for decision in [ReviewerDecision::Deny, ReviewerDecision::Approve] {
        let mut sent = house.begin(&[], &streaming(with_tool())).await;
        sent.until(": held").await;
        let item = house
            .item_when(|item| item.state == ItemState::Waiting && item.attached)
            .await;
        house.decide(&item.uid, decision, "Seen.").await;
        sent.end().await;
    }
    assert_eq!(house.call(&[], &hosted()).await.status, 403);
    assert_eq!(house.call(&[], &json!("no call at all")).await.status, 400);
    add(&house, "nowhere", "http://127.0.0.1:9/v1").await;
    let mut call = text();
    call["model"] = json!("nowhere/m");
    assert_eq!(house.call(&[], &call).await.status, 502);
    house
}

#[tokio::test]
async fn each_call_is_one_line_that_says_what_came_of_it() {
    let house = busy().await;
    let calls = traffic(&house, "").await.calls;
    let says: Vec<_> = calls
        .iter()
        .rev()
        .map(|call| (call.state, call.says.as_str()))
        .collect();
    assert_eq!(
        says,
        [
            (CallState::Answered, "answered"),
            (CallState::Refused, "denied by Robin Example"),
            (CallState::Answered, "answered"),
            (CallState::Refused, "refused by policy"),
            (CallState::Refused, "refused by policy"),
            (CallState::Failed, "upstream unreachable"),
        ]
    );
    let decisions: Vec<_> = calls.iter().rev().map(|call| call.decision).collect();
    use Decision::{Allowed, Refused, Signed};
    assert_eq!(decisions, [Allowed, Refused, Signed, Refused, Refused, Allowed]);
    let Call {
        steps,
        total_us,
        tokens_in,
        tokens_out,
        http_status,
        ..
    } = &calls[3];
    let parts: Vec<_> = steps.iter().map(|time| time.step).collect();
    use CallPart::{Answer, Decide, FirstByte, Hold, Record};
    assert_eq!(parts, [Decide, Record, Hold, FirstByte, Answer]);
    assert_eq!(*total_us, Some(steps.iter().map(|time| time.us).sum()));
    assert_eq!(
        (*tokens_in, *tokens_out, *http_status),
        (None, None, Some(200)),
        "this stream says no usage"
    );
    assert!(calls[5].tokens_in.is_some() && calls[5].tokens_out.is_some());
}

#[tokio::test]
async fn a_call_matches_by_any_record_of_its_story_and_is_left_out_by_any() {
    let house = busy().await;
    let all = found(&house, "").await;
    let [failed, unread, forbidden, released, denied, answered] = all[..] else {
        panic!("{all:?}")
    };
    for (filter, expected) in [
        ("decision:held", vec![released, denied]),
        ("decision:held decision:failed", vec![failed, released, denied]),
        ("decision:refused", vec![unread, forbidden, denied]),
        ("-decision:refused", vec![failed, released, answered]),
        ("-decision:refused -decision:failed", vec![released, answered]),
        ("operator:\"Robin Example\"", vec![released, denied]),
        ("upstream:nowhere", vec![failed]),
        ("model:gpt-x -operator:\"Robin Example\"", vec![forbidden, answered]),
        ("kind:released", vec![released]),
        ("unreachable", vec![failed]),
        ("before:1999-01-01", vec![]),
        ("after:1999-01-01 kind:released", vec![released]),
        ("kind:agent_added", vec![]),
    ] {
        assert_eq!(found(&house, filter).await, expected, "{filter}");
    }
    let second = LogQuery {
        filter: "decision:refused".to_owned(),
        at: 1,
        limit: 1,
        ..LogQuery::default()
    };
    let page = house.desk.traffic(second).await.unwrap();
    assert_eq!(
        (page.calls[0].sequence, page.calls.len(), page.matching),
        (forbidden, 1, 3)
    );
}

#[tokio::test]
async fn a_call_under_way_is_there_before_its_answer_and_a_list_as_of_a_size_keeps_still() {
    let house = House::open().await;
    let (base, mut asked) = by_hand().await;
    add(&house, "second", &base).await;
    let mut call = text();
    call["model"] = json!("second/m");
    let sent = house.begin(&[], &call).await;
    let (_, mut stream) = asked.recv().await.unwrap();
    let page = traffic(&house, "").await;
    let [call] = &page.calls[..] else { panic!("{page:?}") };
    assert_eq!(
        (
            call.state,
            call.ended_ms,
            call.model.as_deref(),
            call.upstream.as_deref()
        ),
        (CallState::UnderWay, None, Some("m"), Some("second"))
    );
    stream.write_all(OK.as_bytes()).await.unwrap();
    sent.end().await;
    assert_eq!(house.call(&[], &text()).await.status, 200);
    let still = LogQuery {
        size: Some(page.size),
        ..LogQuery::default()
    };
    let now = house.desk.traffic(still).await.unwrap();
    let [same] = &now.calls[..] else { panic!("{now:?}") };
    assert_eq!((same.sequence, same.state), (call.sequence, CallState::Answered));
    assert_eq!(traffic(&house, "").await.calls.len(), 2);
}

#[tokio::test]
async fn an_opened_call_says_what_its_records_say_and_every_field_selects_it() {
    let house = busy().await;
    for call in traffic(&house, "").await.calls {
        let detail = house
            .desk
            .traffic_call(RecordRef {
                sequence: call.sequence,
            })
            .await
            .unwrap();
        assert_eq!(detail.call, call);
        assert!(
            !detail.sentence.is_empty() && !detail.reasons.is_empty() || call.model.is_none(),
            "{detail:?}"
        );
        for step in &detail.story {
            let by_step = RecordRef {
                sequence: step.sequence,
            };
            assert_eq!(house.desk.traffic_call(by_step).await.unwrap(), detail);
        }
        for field in &detail.fields {
            let found = found(&house, &field.filter).await;
            assert!(found.contains(&call.sequence), "{}: {field:?}", call.sequence);
        }
    }
    let error = house.desk.traffic_call(RecordRef { sequence: 0 }).await.unwrap_err();
    assert_eq!(error.code, Code::NotFound);
}

/// The sums of a log by reading every record of it, by agent and by model.
async fn recounted(house: &House) -> (DaySums, BTreeMap<String, DaySums>, u64) {
    let (mut all, mut by_model, mut measured) = (DaySums::default(), BTreeMap::new(), 0);
    for sequence in 0..house.log_size().await {
        let detail = house.desk.log_record(RecordRef { sequence }).await.unwrap();
        let event: Value = serde_json::from_str(&detail.ocsf).unwrap();
        let ours = &event["unmapped"]["countersign"];
        let (kind, facts) = (ours["kind"].as_str().unwrap(), &ours["facts"]);
        let model = event["ai_model"]["name"].as_str().unwrap_or_default().to_owned();
        measured += u64::from(facts["latency_us"]["first_byte"].is_u64());
        for sums in [&mut all, by_model.entry(model).or_default()] {
            match (
                kind,
                facts["effect"].as_str(),
                facts["decision"].as_str(),
                facts["outcome"].as_str(),
            ) {
                ("call_decided", effect, ..) => {
                    sums.calls += 1;
                    sums.held += u64::from(effect == Some("hold"));
                    sums.refused += u64::from(effect == Some("deny"));
                }
                ("item_decided", _, Some("deny"), _) | ("item_expired", ..) => sums.refused += 1,
                ("call_finished", .., Some("answered")) => sums.answered += 1,
                ("call_finished", .., Some("halted")) => sums.refused += 1,
                ("call_finished", ..) => sums.failed += 1,
                _ => {}
            }
            sums.tokens_in += event["message_context"]["prompt_tokens"].as_u64().unwrap_or(0);
            sums.tokens_out += event["message_context"]["completion_tokens"].as_u64().unwrap_or(0);
        }
    }
    by_model.retain(|_, sums| *sums != DaySums::default());
    (all, by_model, measured)
}

/// Every day that a record of the house can be of, whatever the clock says, added up.
async fn days(house: &House) -> (DaySums, BTreeMap<String, DaySums>, u64) {
    let today = house.desk.day(DayQuery::default()).await.unwrap();
    let first = house
        .desk
        .log_record(RecordRef { sequence: 0 })
        .await
        .unwrap()
        .row
        .logged_ms;
    assert_eq!(today.first_ms, Some(first));
    let mut dates = vec![
        today.date,
        contract::query::day_or_time(first - first.rem_euclid(86_400_000)),
    ];
    dates.dedup();
    let (mut all, mut by_model, mut measured) = (DaySums::default(), BTreeMap::<String, DaySums>::new(), 0);
    for date in dates {
        let day = house.desk.day(DayQuery { date, offset_min: 0 }).await.unwrap();
        assert_eq!((day.searched, day.hours.len()), (day.size, 24));
        assert_eq!(added(day.hours.iter().map(|hour| &hour.sums)), day.sums);
        assert_eq!(added(day.agents.iter().map(|part| &part.sums)), day.sums);
        assert_eq!(added(day.models.iter().map(|part| &part.sums)), day.sums);
        for part in day
            .agents
            .iter()
            .chain(&day.models)
            .filter(|part| !part.filter.is_empty())
        {
            let calls = traffic(house, &part.filter).await.matching;
            assert_eq!(calls, part.sums.calls, "{part:?}");
        }
        for part in &day.models {
            let sums = by_model.entry(part.name.clone()).or_default();
            *sums = added([&*sums, &part.sums].into_iter());
        }
        all = added([&all, &day.sums].into_iter());
        measured += day.upstream.map_or(0, |time| time.calls);
        assert!(day.own.is_none_or(|time| time.p50_us <= time.p95_us));
    }
    (all, by_model, measured)
}

fn added<'a>(all: impl Iterator<Item = &'a DaySums>) -> DaySums {
    all.fold(DaySums::default(), |sum, more| DaySums {
        calls: sum.calls + more.calls,
        held: sum.held + more.held,
        refused: sum.refused + more.refused,
        failed: sum.failed + more.failed,
        answered: sum.answered + more.answered,
        tokens_in: sum.tokens_in + more.tokens_in,
        tokens_out: sum.tokens_out + more.tokens_out,
    })
}

#[tokio::test]
async fn a_days_sums_are_those_of_its_records_also_from_an_index_made_anew() {
    let mut house = busy().await;
    let expected = recounted(&house).await;
    assert_eq!(
        (expected.0.calls, expected.0.held, expected.0.refused, expected.0.failed),
        (6, 2, 3, 1)
    );
    assert_eq!(days(&house).await, expected);
    house.gateway.take().unwrap().shut_down().await.unwrap();
    std::fs::remove_file(house.data_dir().join("index.sqlite")).unwrap();
    house.start().await;
    house.desk = client::connect(house.data_dir()).await.unwrap();
    assert_eq!(days(&house).await, expected);
}

#[tokio::test]
async fn a_day_that_nothing_happened_on_is_empty_and_what_is_no_day_is_refused() {
    let house = House::open().await;
    let day = |date: &str| DayQuery {
        date: date.to_owned(),
        offset_min: 60,
    };
    let quiet = house.desk.day(day("1999-12-31")).await.unwrap();
    assert_eq!(
        (quiet.sums, quiet.own, quiet.agents.len()),
        (DaySums::default(), None, 0)
    );
    assert_eq!(quiet.to_ms - quiet.from_ms, 86_400_000);
    assert_eq!(house.desk.day(day("soon")).await.unwrap_err().code, Code::Invalid);
}
