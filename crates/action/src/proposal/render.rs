//! How a proposal reads to a person.
//!
//! What the administrator registered stands apart from what the agent says; its reason and evidence are claims. Every
//! parameter stands in a line of its own, whole.

use serde_json::{Map, Value};

use super::definition::{TitlePart, title_parts};
use super::{Definition, Evidence, Proposal};
use crate::view::{self, Fact, Message, Section, View};
use crate::visible::{visible, visible_identifier};

/// The longest value that is quoted in a title, in characters.
const LONGEST_QUOTED: usize = 64;

/// How many parameters a title names where the kind has none of its own.
const NAMED: usize = 3;

/// Whose proposal it is, in names for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parties {
    /// The agent's name.
    pub agent: String,
    /// The name of the operator who answers for it.
    pub sponsor: String,
}

/// The view: version 1, renderer `countersign/1`, English.
pub(super) fn view(proposal: &Proposal, definition: &Definition, who: &Parties) -> View {
    View {
        v: view::VERSION,
        renderer: view::RENDERER.to_owned(),
        locale: "en".to_owned(),
        title: title(proposal, definition),
        facts: vec![
            fact("Agent", visible(&who.agent)),
            fact("Sponsor", visible(&who.sponsor)),
            fact("Kind", definition.name.clone()),
            fact("Category", definition.category.in_words().to_owned()),
        ],
        sections: sections(proposal, definition),
    }
}

fn sections(proposal: &Proposal, definition: &Definition) -> Vec<Section> {
    let mut sections = vec![Section::Facts {
        heading: "Parameters".to_owned(),
        facts: parameters(proposal.parameters()),
    }];
    if !definition.description.is_empty() {
        sections.push(Section::Facts {
            heading: "The kind, as the administrator registered it".to_owned(),
            facts: vec![fact("Description", definition.description.clone())],
        });
    }
    if let Some(reason) = proposal.reason() {
        sections.push(Section::Messages {
            heading: "Why, in the agent's words".to_owned(),
            messages: vec![Message {
                role: "reason".to_owned(),
                text: visible(reason),
            }],
        });
    }
    if !proposal.evidence().is_empty() {
        sections.push(Section::Messages {
            heading: "Evidence that the agent refers to: nothing of it was fetched or checked".to_owned(),
            messages: proposal.evidence().iter().map(reference).collect(),
        });
    }
    sections.push(Section::Raw {
        heading: "The exact proposal".to_owned(),
        media_type: "application/json".to_owned(),
        text: visible(proposal.exact()),
    });
    sections
}

fn fact(label: &str, value: String) -> Fact {
    Fact {
        label: label.to_owned(),
        value,
    }
}

fn reference(evidence: &Evidence) -> Message {
    let mut text = visible(&evidence.reference);
    if let Some(sha256) = &evidence.sha256 {
        text.push_str("\nSHA-256 ");
        text.push_str(sha256);
    }
    Message {
        role: visible_identifier(&evidence.kind),
        text,
    }
}

/// Every value in a line of its own, under its path.
fn parameters(of: &Map<String, Value>) -> Vec<Fact> {
    if of.is_empty() {
        return vec![fact("None", "the agent gives no parameters".to_owned())];
    }
    let mut facts = Vec::new();
    for (name, value) in sorted(of) {
        write_out(&member("", name), value, &mut facts);
    }
    facts
}

/// By name. Whether a JSON object keeps its members' order depends on how a program was built, and the view that is signed
/// mustn't.
fn sorted(of: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let mut members: Vec<_> = of.iter().collect();
    members.sort_by_key(|(name, _)| *name);
    members
}

fn write_out(path: &str, value: &Value, facts: &mut Vec<Fact>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in sorted(members) {
                write_out(&member(path, name), value, facts);
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            for (index, element) in elements.iter().enumerate() {
                write_out(&format!("{path}[{index}]"), element, facts);
            }
        }
        Value::String(text) => facts.push(fact(path, visible(text))),
        // Numbers, true, false, null, and what is empty, as JSON writes them.
        other => facts.push(fact(path, other.to_string())),
    }
}

/// `payee.iban`; a name that could be taken for a path stands in brackets.
fn member(path: &str, name: &str) -> String {
    let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    match (plain, path.is_empty()) {
        (true, true) => name.to_owned(),
        (true, false) => format!("{path}.{name}"),
        (false, _) => format!("{path}[“{}”]", visible_identifier(name)),
    }
}

/// The largest thing on a reviewer's screen, so nothing that an agent writes may bend it: of values, only those that are
/// short and plain are quoted.
fn title(proposal: &Proposal, definition: &Definition) -> String {
    let parameters = proposal.parameters();
    if let Some(parts) = title_parts(&definition.title).filter(|_| !definition.title.is_empty()) {
        let part = |part: &TitlePart<'_>| match part {
            TitlePart::Text(text) => (*text).to_owned(),
            TitlePart::Parameter(name) => quoted(name, parameters.get(*name)),
        };
        return parts.iter().map(part).collect();
    }
    let plain = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let named: Vec<_> = sorted(parameters)
        .into_iter()
        .filter(|(name, _)| plain(name))
        .take(NAMED)
        .collect();
    let mut said: Vec<String> = named
        .iter()
        .map(|(name, value)| format!("{name} {}", quoted(name, Some(value))))
        .collect();
    match parameters.len().saturating_sub(named.len()) {
        0 => {}
        more => said.push(format!("{more} more")),
    }
    if said.is_empty() {
        return format!("{}, without parameters", definition.name);
    }
    format!("{}: {}", definition.name, said.join(", "))
}

fn quoted(name: &str, value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => format!("(no {name})"),
        Some(Value::Bool(_) | Value::Number(_)) => value.map(Value::to_string).unwrap_or_default(),
        Some(Value::String(text)) if is_plain(text, "") => text.clone(),
        Some(Value::String(text)) if is_plain(text, " ,&'()") => format!("“{text}”"),
        Some(_) => format!("({name}, below)"),
    }
}

/// Whether a value can stand in a sentence without bending it.
fn is_plain(text: &str, also: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:/@+-#".contains(c) || also.contains(c);
    (1..=LONGEST_QUOTED).contains(&text.chars().count()) && text.chars().all(plain)
}
