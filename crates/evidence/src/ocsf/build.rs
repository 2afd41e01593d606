//! What all events have in common, and how people, agents and places are written.

use serde_json::{Map, Value, json};

use super::VERSION;
use super::event::{Actor, AgentName, ContentRef, Context, Event, Person, Source, UpstreamName};

/// API Activity.
pub(super) const API_ACTIVITY: u32 = 6003;
/// Authentication.
pub(super) const AUTHENTICATION: u32 = 3002;
/// Entity Management.
pub(super) const ENTITY_MANAGEMENT: u32 = 3004;
/// User Management.
pub(super) const USER_MANAGEMENT: u32 = 3007;
/// Detection Finding.
pub(super) const DETECTION_FINDING: u32 = 2004;
/// Event Log Activity.
pub(super) const EVENT_LOG: u32 = 1008;

/// OCSF's severities, as far as they are used.
pub(super) const INFORMATIONAL: u32 = 1;
pub(super) const LOW: u32 = 2;
pub(super) const MEDIUM: u32 = 3;
pub(super) const HIGH: u32 = 4;

/// A text that a machine chose, such as a model's name, if it looks like one: 1 to 128 characters of
/// `A-Z a-z 0-9 . _ : / @ + -`. Anything else could be a person's words, which stand in no record.
#[must_use]
pub fn token(text: &str) -> Option<&str> {
    let good = |b: u8| b.is_ascii_alphanumeric() || b"._:/@+-".contains(&b);
    (!text.is_empty() && text.len() <= 128 && text.bytes().all(good)).then_some(text)
}

/// An event under construction.
pub(super) struct Builder(Map<String, Value>);

impl Builder {
    /// The members that every event has. `facts` loses its null members.
    pub(super) fn new(kind: &str, class_uid: u32, activity_id: u32, context: &Context, facts: Value) -> Self {
        let tenant = Some(&context.tenant_uid).filter(|uid| !uid.is_empty());
        let metadata = object([
            ("version", json!(VERSION)),
            (
                "product",
                json!({"name": "Countersign", "vendor_name": "Countersign", "version": env!("CARGO_PKG_VERSION")}),
            ),
            ("profiles", json!(["record_integrity"])),
            ("tenant_uid", json!(tenant)),
        ]);
        let ours = object([("kind", json!(kind)), ("facts", present(facts))]);
        Self(members([
            ("activity_id", json!(activity_id)),
            ("category_uid", json!(class_uid / 1000)),
            ("class_uid", json!(class_uid)),
            ("type_uid", json!(class_uid * 100 + activity_id)),
            ("severity_id", json!(INFORMATIONAL)),
            ("time", json!(context.time_ms)),
            ("metadata", metadata),
            ("unmapped", object([("countersign", ours)])),
        ]))
    }

    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        if !value.is_null() {
            self.0.insert(name.to_owned(), value);
        }
        self
    }

    fn metadata(&mut self, change: impl FnOnce(&mut Map<String, Value>)) {
        if let Some(Value::Object(metadata)) = self.0.get_mut("metadata") {
            change(metadata);
        }
    }

    pub(super) fn correlated(mut self, request_uid: &str) -> Self {
        self.metadata(|metadata| {
            metadata.insert("correlation_uid".into(), json!(request_uid));
        });
        self
    }

    /// Names a profile whose attributes are used; the list stays sorted.
    pub(super) fn profile(mut self, profile: &str) -> Self {
        self.metadata(|metadata| {
            if let Some(Value::Array(profiles)) = metadata.get_mut("profiles") {
                profiles.push(json!(profile));
                profiles.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            }
        });
        self
    }

    /// What a control did: the `security_control` profile.
    pub(super) fn control(self, action_id: u32, disposition_id: u32) -> Self {
        self.profile("security_control")
            .with("action_id", json!(action_id))
            .with("disposition_id", json!(disposition_id))
    }

    pub(super) fn severity(self, severity_id: u32) -> Self {
        self.with("severity_id", json!(severity_id))
    }

    pub(super) fn status(self, success: bool) -> Self {
        self.with("status_id", json!(if success { 1 } else { 2 }))
    }

    pub(super) fn actor(self, actor: &Actor) -> Self {
        self.with("actor", self::actor(actor))
    }

    pub(super) fn finish(self) -> Event {
        Event(self.0)
    }
}

/// An object of these members, without those that are null. `json!` would copy each value that is JSON already, with
/// everything below it.
pub(super) fn object<const N: usize>(of: [(&str, Value); N]) -> Value {
    Value::Object(members(of))
}

fn members<const N: usize>(of: [(&str, Value); N]) -> Map<String, Value> {
    of.into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// An object without its null members.
pub(super) fn present(value: Value) -> Value {
    match value {
        Value::Object(mut members) => {
            members.retain(|_, value| !value.is_null());
            Value::Object(members)
        }
        other => other,
    }
}

pub(super) fn person(person: &Person) -> Value {
    json!({"uid": person.uid, "name": person.name, "type_id": 1, "type": "User"})
}

pub(super) fn agent(agent: &AgentName) -> Value {
    json!({"uid": agent.uid, "name": agent.name, "type_id": 4, "type": "Service"})
}

pub(super) fn actor(actor: &Actor) -> Value {
    match actor {
        Actor::Person(who) => json!({"user": person(who)}),
        Actor::Agent(who) => json!({"user": agent(who)}),
        Actor::Gateway => json!({"app_name": "Countersign"}),
    }
}

pub(super) fn source(source: &Source) -> Value {
    match source {
        Source::Network(ip, port) => json!({"ip": ip.to_string(), "port": port}),
        Source::Address(ip) => json!({"ip": ip.to_string()}),
        Source::Operators => json!({"svc_name": "countersign-operators"}),
        Source::Gateway => json!({"svc_name": "countersign-gateway"}),
    }
}

pub(super) fn upstream(upstream: &UpstreamName) -> Value {
    json!({"name": upstream.name, "uid": upstream.name})
}

pub(super) fn contents(contents: &[ContentRef]) -> Value {
    if contents.is_empty() {
        return Value::Null;
    }
    contents
        .iter()
        .map(|content| json!({"content_uid": content.content_uid, "slot": content.slot, "c": content.c}))
        .collect()
}
