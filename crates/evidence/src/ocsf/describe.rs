//! How a record reads to a person.

mod call;
mod contents;
mod life;

use serde_json::Value;

/// How a record's matter was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// Allowed by policy.
    Allowed,
    /// Refused by policy or by a person.
    Refused,
    /// Waits for a person.
    Held,
    /// Countersigned by a person.
    Signed,
    /// An error.
    Failed,
    /// Nothing was decided.
    None,
}

/// A label and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What it is.
    pub label: String,
    /// Its value.
    pub value: String,
    /// Whether the value is an identifier, a digest or code.
    pub mono: bool,
    /// How records that say the same are looked for.
    pub selects: Selects,
}

/// How the records are looked for that say what a field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selects {
    /// By the agent that they are about: the value is its name or uid.
    Agent,
    /// By the model.
    Model,
    /// By the upstream.
    Upstream,
    /// By the request.
    Story,
    /// By an id: the value.
    Id,
    /// By their words: [`Field::words`].
    Words,
}

impl Field {
    /// The label and the value, as they are found among a record's words.
    #[must_use]
    pub fn words(&self) -> String {
        format!("{} {}", self.label, self.value)
    }

    /// Looked for in this way.
    fn selecting(mut self, selects: Selects) -> Self {
        self.selects = selects;
        self
    }
}

/// A step in a request's story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// `Asked`, `Held`, `Signed`, `Released`, `Answered` …
    pub title: String,
    /// Who or how.
    pub note: String,
}

/// A record, in words. Texts come from the record alone; nothing here is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Who acted.
    pub who: String,
    /// What they did, short: `model call, 812 tokens`.
    pub did: String,
    /// How it was decided.
    pub decision: Outcome,
    /// One sentence that says what happened.
    pub sentence: String,
    /// What it says, labelled.
    pub fields: Vec<Field>,
    /// Its step in its request's story, where it belongs to one.
    pub step: Option<Step>,
}

/// Says a record in words. Never fails: what it doesn't know it calls an event of its class.
#[must_use]
pub fn describe(event: &Value) -> Summary {
    let reader = Reader::new(event);
    let mut said = call::say(&reader)
        .or_else(|| life::say(&reader))
        .or_else(|| contents::say(&reader))
        .unwrap_or_else(|| {
            let class = reader.number("class_uid").unwrap_or_default();
            said(
                "Somebody",
                &format!("event of class {class}"),
                format!("An event of OCSF class {class} was recorded."),
            )
        });
    if let Some(request) = event.pointer("/metadata/correlation_uid").and_then(Value::as_str) {
        said.fields.push(code("Request", request).selecting(Selects::Story));
    }
    said
}

/// A summary without fields, decision or step.
fn said(who: &str, did: &str, sentence: String) -> Summary {
    Summary {
        who: who.to_owned(),
        did: did.to_owned(),
        decision: Outcome::None,
        sentence,
        fields: Vec::new(),
        step: None,
    }
}

fn plain(label: &str, value: &str) -> Field {
    Field {
        label: label.to_owned(),
        value: value.to_owned(),
        mono: false,
        selects: Selects::Words,
    }
}

fn code(label: &str, value: &str) -> Field {
    Field {
        label: label.to_owned(),
        value: value.to_owned(),
        mono: true,
        selects: Selects::Id,
    }
}

impl Summary {
    fn decided(mut self, decision: Outcome) -> Self {
        self.decision = decision;
        self
    }

    fn step(mut self, title: &str, note: &str) -> Self {
        self.step = Some(Step {
            title: title.to_owned(),
            note: note.to_owned(),
        });
        self
    }

    /// Adds the fields that are there.
    fn with(mut self, fields: impl IntoIterator<Item = Option<Field>>) -> Self {
        self.fields.extend(fields.into_iter().flatten());
        self
    }
}

/// Reads an event's members, and takes what is absent for unknown.
struct Reader<'a> {
    event: &'a Value,
    facts: &'a Value,
    kind: &'a str,
}

impl<'a> Reader<'a> {
    fn new(event: &'a Value) -> Self {
        let ours = event.pointer("/unmapped/countersign").unwrap_or(&Value::Null);
        let kind = ours.get("kind").and_then(Value::as_str).unwrap_or_default();
        Self {
            event,
            facts: ours.get("facts").unwrap_or(&Value::Null),
            kind,
        }
    }

    /// A text of the event, by JSON pointer.
    fn text(&self, pointer: &str) -> Option<&'a str> {
        self.event.pointer(pointer).and_then(Value::as_str)
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.event.get(name).and_then(Value::as_u64)
    }

    /// A text among the facts.
    fn fact(&self, name: &str) -> Option<&'a str> {
        self.facts.get(name).and_then(Value::as_str)
    }

    fn fact_number(&self, name: &str) -> Option<u64> {
        self.facts.get(name).and_then(Value::as_u64)
    }

    fn fact_code(&self, label: &str, name: &str) -> Option<Field> {
        self.fact(name).map(|value| code(label, value))
    }

    fn fact_plain(&self, label: &str, name: &str) -> Option<Field> {
        self.fact(name).map(|value| plain(label, value))
    }

    /// Who acted.
    fn actor(&self) -> &'a str {
        self.text("/actor/user/name")
            .or_else(|| self.text("/actor/app_name"))
            .unwrap_or("Somebody")
    }
}
