//! What becomes of what a record says when any one part of it says something else: `read.txt` beside this, in which each
//! line is a part, and what the verifier makes of it with something else in its place.
//!
//! `wrong`: the record says to be of its kind, and isn't. `else`: something else is read, which the bindings then judge.
//! `same`: nothing is bound to it. Left out is what OCSF itself refuses.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Fact;
use crate::json::canonical;
use crate::ocsf::samples::every_event;
use crate::record::Record;
use crate::record::tests::{genesis, placed};

const READ: &str = include_str!("read.txt");

/// What else stands in a part's place.
fn others() -> Vec<(&'static str, Option<Value>)> {
    vec![
        ("absent", None),
        ("null", Some(Value::Null)),
        ("empty", Some(json!(""))),
        ("text", Some(json!("another"))),
        ("digest", Some(json!("ab".repeat(32)))),
        ("0", Some(json!(0))),
        ("2", Some(json!(2))),
        ("true", Some(json!(true))),
        ("list", Some(json!([]))),
        ("object", Some(json!({}))),
    ]
}

/// The places of all parts of a value, itself last.
fn parts(value: &Value, at: &str, all: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                parts(member, &format!("{at}/{name}"), all);
            }
        }
        Value::Array(members) => {
            for (index, member) in members.iter().enumerate() {
                parts(member, &format!("{at}/{index}"), all);
            }
        }
        _ => {}
    }
    all.push(at.to_owned());
}

fn altered(event: &Value, at: &str, to: Option<&Value>) -> Option<Value> {
    let mut event = event.clone();
    match to {
        Some(to) => *event.pointer_mut(at)? = to.clone(),
        None => {
            let (holder, name) = at.rsplit_once('/')?;
            match event.pointer_mut(holder)? {
                Value::Object(members) => drop(members.remove(name)?),
                Value::Array(members) => drop(members.remove(name.parse().ok()?)),
                _ => return None,
            }
        }
    }
    Some(event)
}

fn read() -> String {
    let mut text = String::from("What a record's facts are read as with one part altered.\n");
    for (kind, event) in every_event() {
        let record = if kind == "log_opened" { genesis() } else { placed(event) };
        let (fact, event): (Fact, Value) = (Fact::of(&record), serde_json::from_slice(record.bytes()).unwrap());
        writeln!(text, "\n{kind}: texts of {} bytes", fact.text_bytes()).unwrap();
        assert_ne!(fact, Fact::Malformed, "{kind}");
        let mut places: Vec<String> = [
            "/action_id",
            "/disposition_id",
            "/actor/user/uid",
            "/actor/user/name",
            "/time",
        ]
        .map(str::to_owned)
        .to_vec();
        let facts = "/unmapped/countersign/facts";
        parts(event.pointer(facts).unwrap(), facts, &mut places);
        for place in places {
            let mut became = Vec::new();
            for (name, to) in others() {
                let Some(altered) = altered(&event, &place, to.as_ref()) else {
                    continue;
                };
                let Ok(record) = Record::parse(&canonical(&altered).unwrap()) else {
                    continue;
                };
                let read = Fact::of(&record);
                let became_this = match &read {
                    Fact::Malformed => "wrong",
                    read if *read == fact => "same",
                    _ => "else",
                };
                became.push((became_this, name));
            }
            let says = |this: &str| {
                let names: Vec<&str> = became
                    .iter()
                    .filter(|(became, _)| *became == this)
                    .map(|(_, name)| *name)
                    .collect();
                (!names.is_empty()).then(|| format!(" {this}: {}", names.join(" ")))
            };
            let said: Vec<String> = ["wrong", "else", "same"].into_iter().filter_map(says).collect();
            if !said.is_empty() {
                writeln!(
                    text,
                    "  {}{}",
                    if place == facts {
                        "/"
                    } else {
                        place.trim_start_matches(facts)
                    },
                    said.join(";")
                )
                .unwrap();
            }
        }
    }
    text
}

#[test]
fn every_part_of_what_a_record_says_is_read_as_it_was() {
    let read = read();
    if std::env::var_os("COUNTERSIGN_SAID").is_some() {
        std::fs::write(
            concat!(env!("CARGO_MANIFEST_DIR"), "/src/verifier/facts/read.txt"),
            &read,
        )
        .unwrap();
    }
    let differs = read.lines().zip(READ.lines()).find(|(now, before)| now != before);
    assert!(
        read == READ,
        "a record is read as something else now (COUNTERSIGN_SAID=1 writes read.txt anew):\n{differs:#?}"
    );
}
