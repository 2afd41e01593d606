//! The one sentence that says what is asked.
//!
//! It is the largest thing on a reviewer's screen, so nothing that an agent writes may bend it: names that aren't plain
//! ASCII identifiers, or are very long, are counted and not quoted. They stand in full in the sections below.

use std::collections::BTreeSet;

use super::{Capability, Format, ModelCall, ToolChoice};
use crate::visible::visible_identifier;

/// How many tools are named rather than counted.
const NAMED: usize = 3;

/// The longest name that is quoted, in characters.
const LONGEST: usize = 64;

/// `Let gpt-5.2 call payment.create or mail.send`.
pub(super) fn title(call: &ModelCall) -> String {
    let model = model(call.model());
    let mut sentence = match call.tool_choice() {
        _ if call.format().counts_only() => format!("Have the tokens of {} counted for {model}", conversation(call)),
        _ if call.format() == Format::OpenAiEmbeddings => format!("Have {model} embed {}", texts(call)),
        _ if call.tools().is_empty() => format!("Let {model} answer {}", conversation(call)),
        ToolChoice::None => format!(
            "Let {model} answer {}, shown {} it may not call",
            conversation(call),
            count(call)
        ),
        ToolChoice::Required => format!("Have {model} call {}", one_of(call)),
        ToolChoice::Named(name) if is_plain(name) => format!("Have {model} call {name}"),
        ToolChoice::Named(_) => format!("Have {model} call a tool with an unusual name"),
        ToolChoice::Free => format!("Let {model} call {}", one_of(call)),
    };
    let beyond: BTreeSet<&str> = call.capabilities().iter().filter_map(beyond).collect();
    if !beyond.is_empty() {
        let beyond: Vec<&str> = beyond.into_iter().collect();
        sentence.push_str(", with ");
        sentence.push_str(&beyond.join(" and "));
    }
    sentence
}

/// What a capability adds to the sentence; the offered tools are in it already.
fn beyond(capability: &Capability) -> Option<&'static str> {
    match capability {
        Capability::FunctionTools => None,
        Capability::HostedTool(_) => Some("the provider's own tools"),
        Capability::RemoteMcp(_) => Some("tools on a server elsewhere"),
        Capability::RemoteImage | Capability::RemoteFile | Capability::NamesEndpoint(_) => Some("addresses to fetch"),
        Capability::InlineImage | Capability::InlineFile | Capability::InlineAudio => Some("images, files or sound"),
        Capability::MediaOutput => Some("more than text for an answer"),
        Capability::ServerState(_) => Some("state kept at the provider"),
        Capability::UnknownTool(_) | Capability::UnknownContent(_) | Capability::UnknownField(_) => {
            Some("parts that this gateway doesn't know")
        }
    }
}

fn conversation(call: &ModelCall) -> String {
    match call.messages().len() {
        1 => "one message".to_owned(),
        n => format!("a conversation of {n} messages"),
    }
}

fn texts(call: &ModelCall) -> String {
    match call.messages().len() {
        1 => "one text".to_owned(),
        n => format!("{n} texts"),
    }
}

fn count(call: &ModelCall) -> String {
    match call.tools().len() {
        1 => "a tool".to_owned(),
        n => format!("{n} tools"),
    }
}

/// `payment.create`, `payment.create or mail.send`, `any of 14 tools`.
fn one_of(call: &ModelCall) -> String {
    let names: Vec<&str> = call.tools().iter().map(|tool| tool.name.as_str()).collect();
    match names.as_slice() {
        [_, ..] if !names.iter().all(|name| is_plain(name)) => match names.len() {
            1 => "a tool with an unusual name".to_owned(),
            n => format!("any of {n} tools, some with unusual names"),
        },
        [only] => (*only).to_owned(),
        [before @ .., last] if names.len() <= NAMED => format!("{} or {last}", before.join(", ")),
        _ => format!("any of {} tools", names.len()),
    }
}

fn model(name: &str) -> String {
    if is_plain(name) {
        name.to_owned()
    } else {
        format!("the model “{}”", visible_identifier(name))
    }
}

/// Whether a name can stand in a sentence without bending it: no spaces, commas or quotes, nothing beyond ASCII.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:/@-".contains(c);
    (1..=LONGEST).contains(&name.chars().count()) && name.chars().all(plain)
}
