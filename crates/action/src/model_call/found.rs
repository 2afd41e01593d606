//! What reading has found so far: capabilities, and fields that nobody knows.

use std::collections::BTreeSet;

use serde_json::Value;

use super::shape::{Object, fold, without_indexes};
use super::{Capability, Field};

/// Names under which relays take an address, a key or headers from the client (client-given `api_base`), folded.
const ENDPOINT_NAMES: &[&str] = &[
    "apibase",
    "apikey",
    "azureendpoint",
    "baseurl",
    "callbackurl",
    "endpoint",
    "extraheaders",
    "headers",
    "host",
    "proxy",
    "serverurl",
    "url",
    "uri",
    "webhook",
    "webhookurl",
];

/// Parts of names under which some providers switch on a tool of their own by a plain value (`enable_search`), folded.
const HOSTED_NAME_PARTS: &[&str] = &["search", "interpreter", "browse", "retrieval"];

/// Capabilities and unknown fields.
#[derive(Default)]
pub(super) struct Found {
    pub(super) capabilities: BTreeSet<Capability>,
    pub(super) unknown: Vec<Field>,
    /// What is shown among the settings although it isn't one of the body's own fields: `tools[].web_search`.
    pub(super) shown: Vec<Field>,
}

impl Found {
    /// Notes a capability.
    pub(super) fn reach(&mut self, capability: Capability) {
        self.capabilities.insert(capability);
    }

    /// Notes a part of a kind that isn't known, and whether an address stands in it.
    pub(super) fn unknown_content(&mut self, kind: &str, path: &str, value: &Value) {
        self.reach(Capability::UnknownContent(kind.to_owned()));
        if names_endpoint("", value) {
            self.reach(Capability::NamesEndpoint(without_indexes(path)));
        }
    }

    /// Notes the fields of an object that aren't known.
    pub(super) fn leftovers(&mut self, object: &Object<'_>) {
        for (path, value) in object.unknown() {
            self.unknown.push(Field {
                path: path.clone(),
                value: value.to_string(),
            });
            if names_endpoint(last_name(&path), value) {
                self.reach(Capability::NamesEndpoint(path.clone()));
            }
            match value {
                Value::Array(_) | Value::Object(_) => self.reach(Capability::UnknownField(path)),
                plain if switches_tool_on(last_name(&path), plain) => self.reach(Capability::HostedTool(path)),
                _ => {}
            }
        }
    }
}

/// The name at a path's end. A dot within the name only shortens it, which finds more, not less, to be suspicious.
fn last_name(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// Whether an address or a key for one stands here, at any depth.
fn names_endpoint(name: &str, value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Object(map) => {
            ENDPOINT_NAMES.contains(&fold(name).as_str()) || map.iter().any(|(name, value)| names_endpoint(name, value))
        }
        Value::Array(elements) => elements.iter().any(|element| names_endpoint(name, element)),
        Value::String(text) if is_address(text) => true,
        _ => ENDPOINT_NAMES.contains(&fold(name).as_str()),
    }
}

/// Whether a text is one address, not prose that mentions one.
fn is_address(text: &str) -> bool {
    let text = text.trim();
    text.contains("://") && !text.contains(char::is_whitespace)
}

/// Whether a plain unknown value switches on a tool that the provider runs.
fn switches_tool_on(name: &str, value: &Value) -> bool {
    let off = match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::String(text) => matches!(text.as_str(), "" | "none" | "off" | "false" | "disabled"),
        Value::Number(number) => number.as_f64() == Some(0.0),
        _ => false,
    };
    let name = fold(name);
    !off && HOSTED_NAME_PARTS.iter().any(|part| name.contains(part))
}
