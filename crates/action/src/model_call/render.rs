//! How a model call reads to a person.
//!
//! Complete: what isn't shown in a place of its own stands in the exact request at the end. What the gateway adds to an
//! agent's text stands in `⟨…⟩`, which no text of the agent's can contain (see [`crate::visible`]).

use super::title::title;
use super::{Capability, Field, Format, Message, ModelCall, OfferedTool, Part, Source};
use crate::view::{self, Fact, Section, View};
use crate::visible::{visible, visible_identifier};

/// Between whom a call goes, in names for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parties {
    /// The agent's name.
    pub agent: String,
    /// The name of the operator who answers for it.
    pub sponsor: String,
    /// The upstream's name.
    pub upstream: String,
    /// Whether that is the embedded practice upstream, behind which there is no model.
    pub practice: bool,
}

/// The view: version 1, renderer `countersign/1`, English.
pub(super) fn view(call: &ModelCall, who: &Parties) -> View {
    let upstream = visible(&who.upstream);
    let upstream = if who.practice {
        format!("{upstream} (practice: no model answers)")
    } else {
        upstream
    };
    View {
        v: view::VERSION,
        renderer: view::RENDERER.to_owned(),
        locale: "en".to_owned(),
        title: title(call),
        facts: vec![
            fact("Agent", visible(&who.agent)),
            fact("Sponsor", visible(&who.sponsor)),
            fact("Model", visible_identifier(call.model())),
            fact("Upstream", upstream),
        ],
        sections: sections(call),
    }
}

fn sections(call: &ModelCall) -> Vec<Section> {
    let mut sections = Vec::new();
    if !call.tools().is_empty() {
        sections.push(Section::Tools {
            heading: tools_heading(call).to_owned(),
            tools: call.tools().iter().map(tool).collect(),
        });
    }
    push_facts(
        &mut sections,
        "What it reaches beyond text",
        call.capabilities().iter().map(reach).collect(),
    );
    sections.push(Section::Messages {
        heading: if call.format() == Format::OpenAiEmbeddings {
            "Texts to embed".to_owned()
        } else {
            "Conversation".to_owned()
        },
        messages: call.messages().iter().map(message).collect(),
    });
    push_facts(&mut sections, "Settings", call.settings().iter().map(field).collect());
    let unknown = call.unknown_fields().iter().map(field).collect();
    push_facts(
        &mut sections,
        "Fields this gateway doesn't know, passed on as they are",
        unknown,
    );
    sections.push(Section::Raw {
        heading: "The exact request".to_owned(),
        media_type: "application/json".to_owned(),
        text: visible(call.exact()),
    });
    sections
}

fn tools_heading(call: &ModelCall) -> &'static str {
    if call.format().counts_only() {
        "Tools that are counted, as the agent describes them"
    } else {
        "Tools the model may call, as the agent describes them"
    }
}

fn push_facts(sections: &mut Vec<Section>, heading: &str, facts: Vec<Fact>) {
    if !facts.is_empty() {
        sections.push(Section::Facts {
            heading: heading.to_owned(),
            facts,
        });
    }
}

fn fact(label: &str, value: String) -> Fact {
    Fact {
        label: label.to_owned(),
        value,
    }
}

fn reach(capability: &Capability) -> Fact {
    let meaning = capability.meaning();
    let value = match capability.detail() {
        Some(detail) => format!("{meaning}: {}", visible_identifier(detail)),
        None => meaning.to_owned(),
    };
    fact(capability.label(), value)
}

fn field(field: &Field) -> Fact {
    Fact {
        label: visible_identifier(&field.path),
        value: visible(&field.value),
    }
}

fn tool(tool: &OfferedTool) -> view::Tool {
    view::Tool {
        name: visible_identifier(&tool.name),
        description: visible(&tool.description),
        parameters: visible(&tool.parameters),
    }
}

fn message(message: &Message) -> view::Message {
    let mut role = visible_identifier(&message.role);
    if let Some(name) = &message.name {
        role = format!("{role} ({})", visible_identifier(name));
    }
    let mut lines = Vec::new();
    if let Some(id) = &message.answers {
        lines.push(format!("⟨answers the call {}⟩", visible_identifier(id)));
    }
    lines.extend(part_lines(&message.parts));
    view::Message {
        role,
        text: lines.join("\n"),
    }
}

/// Parts in their order, numbered where there are several.
fn part_lines(parts: &[Part]) -> Vec<String> {
    let mut lines = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        if parts.len() != 1 {
            lines.push(format!("⟨part {} of {}⟩", number + 1, parts.len()));
        }
        lines.push(part_text(part));
    }
    lines
}

/// A heading, and the parts under it.
fn headed(heading: String, parts: &[Part]) -> String {
    let mut lines = vec![heading];
    lines.extend(part_lines(parts));
    lines.join("\n")
}

fn part_text(part: &Part) -> String {
    match part {
        Part::Text(text) => visible(text),
        Part::Image(source) => format!("⟨image {}⟩", source_text(source)),
        Part::File(None, source) => format!("⟨file {}⟩", source_text(source)),
        Part::File(Some(name), source) => format!("⟨file “{}” {}⟩", visible(name), source_text(source)),
        Part::Audio(source) => format!("⟨sound {}⟩", source_text(source)),
        Part::ToolCall { id, name, arguments } => {
            let (name, id) = (visible_identifier(name), visible_identifier(id));
            format!("⟨call {id} of the tool {name}, with⟩\n{}", visible(arguments))
        }
        Part::ToolAnswer { call, failed, parts } => {
            let call = visible_identifier(call);
            let heading = if *failed {
                format!("⟨answers the call {call}: it failed⟩")
            } else {
                format!("⟨answers the call {call}⟩")
            };
            headed(heading, parts)
        }
        Part::Sealed(what, characters) => format!(
            "⟨{}, sealed by the provider: {characters} characters, in the exact request below⟩",
            visible(what)
        ),
        Part::Within(what, parts) => headed(format!("⟨{}⟩", visible(what)), parts),
        Part::Other(what, text) => format!("⟨{}⟩\n{}", visible(what), visible(text)),
    }
}

fn source_text(source: &Source) -> String {
    match source {
        Source::Inline { media_type, characters } => {
            format!(
                "sent along, {}, {characters} characters, in the exact request below",
                visible(media_type)
            )
        }
        Source::Address(url) => format!("that the provider fetches from {}", visible(url)),
        Source::Stored(id) => format!("kept at the provider as {}", visible(id)),
    }
}
