//! The calls that agents make: which, how each stands, and one opened.

use contract::{
    Call, CallDetail, CallPart, CallState, CallTime, Code, Decision, LogQuery, OperatorError, Reason, Row, TrafficPage,
};
use evidence::{Record, ocsf};
use ledger::Filter;
use serde_json::Value;

use super::log::{decision, field, parse, step};
use crate::{Engine, operators::fault};

/// A call's records are few: asked, held, decided on, released, ended. What else stands in its story isn't read.
const MOST_STEPS: u32 = 100;

impl Engine {
    pub(crate) fn traffic_page(&self, query: &LogQuery) -> Result<TrafficPage, OperatorError> {
        let limit = if query.limit == 0 { 100 } else { query.limit.min(1000) };
        let size = self.size_asked(query.size);
        let filter = parse(&query.filter)?;
        let searched = self.searched(size)?;
        let found = self
            .index
            .calls(&super::search::search(&filter), searched, query.at, limit.into())
            .map_err(fault)?;
        let asked = self.ledger.records_at(&found.sequences).map_err(fault)?;
        let calls = asked
            .into_iter()
            .map(|asked| Ok(call(&self.story_of(asked)?)))
            .collect::<Result<_, OperatorError>>()?;
        Ok(TrafficPage {
            calls,
            size,
            matching: found.of,
            searched,
        })
    }

    pub(crate) fn open_call(&self, sequence: u64) -> Result<CallDetail, OperatorError> {
        let record = self.ledger.record(sequence).map_err(fault)?;
        let story = match record {
            Some(record) => self.story_of(record)?,
            None => Vec::new(),
        };
        let is_call = story.first().is_some_and(|asked| asked.kind() == "call_decided");
        let Some(last) = story.last().filter(|_| is_call) else {
            let message = format!("Record {sequence} belongs to no call.");
            return Err(OperatorError::new(Code::NotFound, message));
        };
        Ok(CallDetail {
            call: call(&story),
            sentence: ocsf::describe(last.event()).sentence,
            reasons: reasons(&story),
            fields: fields(&story),
            story: story.iter().map(step).collect(),
        })
    }

    /// The records of a record's story, oldest first: those that make up a call.
    fn story_of(&self, record: Record) -> Result<Vec<Record>, OperatorError> {
        let Some(correlation) = record.correlation_uid() else {
            return Ok(vec![record]);
        };
        let filter = Filter {
            stream: None,
            correlation: Some(correlation.to_owned()),
        };
        let mut records = self.ledger.page(None, MOST_STEPS, &filter).map_err(fault)?;
        records.retain(|record| {
            matches!(
                record.kind(),
                "call_decided" | "item_decided" | "item_expired" | "released" | "call_finished" | "execution_reported"
            )
        });
        records.reverse();
        Ok(records)
    }
}

/// What a call's records say together.
fn call(story: &[Record]) -> Call {
    let of_kind = |kind: &str| story.iter().rev().find(|record| record.kind() == kind);
    let asked = story.first();
    let finished = of_kind("execution_reported").or_else(|| of_kind("call_finished"));
    let text = |pointer: &str| {
        let found = story
            .iter()
            .find_map(|record| record.event().pointer(pointer)?.as_str());
        found.map(str::to_owned)
    };
    let number = |pointer: &str| finished.and_then(|record| record.event().pointer(pointer)?.as_u64());
    let last = story.last();
    let (state, says) = standing(story);
    let ends = !matches!(state, CallState::Waiting | CallState::UnderWay);
    let steps = finished.map(times).unwrap_or_default();
    Call {
        sequence: asked.map_or(0, Record::sequence),
        request_uid: text("/metadata/correlation_uid").unwrap_or_default(),
        asked_ms: asked.map_or(0, Record::logged_time),
        agent: text("/ai_agent/name").unwrap_or_default(),
        operation: text("/api/operation").unwrap_or_default(),
        model: text("/ai_model/name"),
        upstream: text("/api/service/name"),
        decision: decided(story),
        state,
        says,
        http_status: number("/http_response/code").and_then(|status| status.try_into().ok()),
        tokens_in: number("/message_context/prompt_tokens"),
        tokens_out: number("/message_context/completion_tokens"),
        ended_ms: last.filter(|_| ends).map(Record::logged_time),
        total_us: (!steps.is_empty()).then(|| steps.iter().map(|time| time.us).sum()),
        steps,
    }
}

/// By policy, or by a person where it was held.
fn decided(story: &[Record]) -> Decision {
    let deciding = story
        .iter()
        .rev()
        .find(|record| matches!(record.kind(), "call_decided" | "item_decided" | "item_expired"));
    deciding.map_or(Decision::None, |record| {
        decision(ocsf::describe(record.event()).decision)
    })
}

/// How a call stands: what its last record says.
fn standing(story: &[Record]) -> (CallState, String) {
    let Some(last) = story.last() else {
        return (CallState::Failed, String::new());
    };
    let said = ocsf::describe(last.event());
    let fact = |name: &str| last.facts().get(name).and_then(Value::as_str);
    let words = |state: CallState, words: &str| (state, words.to_owned());
    match (last.kind(), fact("effect"), fact("decision")) {
        ("call_decided", Some("allow"), _) | ("released", ..) => words(CallState::UnderWay, "under way"),
        ("call_decided", Some("hold"), _) => words(CallState::Waiting, "waits for a person"),
        ("call_decided", ..) => words(CallState::Refused, "refused by policy"),
        ("item_decided", _, Some("approve")) => (
            CallState::UnderWay,
            format!("countersigned by {}, not used yet", said.who),
        ),
        ("item_decided", ..) => (CallState::Refused, format!("denied by {}", said.who)),
        ("item_expired", ..) => match fact("expiry") {
            Some("lapsed") => words(CallState::Refused, "countersigned, never used"),
            Some("void") => words(CallState::Refused, "approval void"),
            _ => words(CallState::Refused, "nobody decided in time"),
        },
        _ => match said.decision {
            // How many tokens it took stands beside it.
            ocsf::Outcome::Allowed => words(CallState::Answered, "answered"),
            ocsf::Outcome::Refused => (CallState::Refused, said.did),
            _ => (CallState::Failed, said.did),
        },
    }
}

/// Where the time of a call went, as its last record says. What wasn't measured isn't among them.
fn times(finished: &Record) -> Vec<CallTime> {
    let step = |name: &str| {
        finished
            .facts()
            .get("latency_us")
            .and_then(|steps| steps.get(name)?.as_u64())
    };
    let whole = finished.event().get("duration").and_then(Value::as_u64);
    let first_byte = step("first_byte");
    // The whole is measured in ms from the release on, and the first byte within it in µs.
    let answer = whole.map(|ms| ms.saturating_mul(1000).saturating_sub(first_byte.unwrap_or_default()));
    [
        (CallPart::Decide, step("decide")),
        (CallPart::Record, step("record")),
        (CallPart::Hold, step("hold")),
        (CallPart::FirstByte, first_byte),
        (CallPart::Answer, answer),
    ]
    .into_iter()
    .filter_map(|(step, us)| us.map(|us| CallTime { step, us }))
    .collect()
}

fn reasons(story: &[Record]) -> Vec<Reason> {
    let rules = story
        .first()
        .and_then(|asked| asked.event().get("authorizations")?.as_array())
        .into_iter()
        .flatten();
    let text = |rule: &Value, name: &str| {
        let said = rule.get("policy").and_then(|policy| policy.get(name)?.as_str());
        said.unwrap_or_default().to_owned()
    };
    rules
        .map(|rule| Reason {
            rule: text(rule, "uid"),
            text: text(rule, "desc"),
        })
        .collect()
}

/// What the records say, each thing once; the newest counts.
fn fields(story: &[Record]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for record in story {
        for said in &ocsf::describe(record.event()).fields {
            // The rules stand among the reasons.
            if said.label == "Decided by" {
                continue;
            }
            let new = field(said);
            match rows.iter_mut().find(|row| row.label == new.label) {
                Some(known) => *known = new,
                None => rows.push(new),
            }
        }
    }
    rows
}
