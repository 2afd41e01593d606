//! Whose a tool is, by its type: the agent's, the provider's, another server's, or nobody knows.

use serde_json::Value;

use super::ReadError;
use super::found::Found;
use super::shape::Object;
use super::{Capability, Field, OfferedTool};

/// The beginnings of the types of tools that a provider runs itself (versions follow: `web_search_2025_08_26`).
const HOSTED: &[&str] = &[
    "advisor",
    "code_execution",
    "code_interpreter",
    "file_search",
    "google_search",
    "image_generation",
    "live_search",
    "programmatic_tool_calling",
    "retrieval",
    "tool_search",
    "url_context",
    "web_fetch",
    "web_search",
];

/// What a tool type stands for that isn't run by the agent.
pub(super) fn not_the_agents(kind: &str) -> Capability {
    if kind == "mcp" || kind.starts_with("mcp_") {
        Capability::RemoteMcp(kind.to_owned())
    } else if HOSTED.iter().any(|start| kind.starts_with(start)) {
        Capability::HostedTool(kind.to_owned())
    } else {
        Capability::UnknownTool(kind.to_owned())
    }
}

/// Shows a tool that isn't the agent's whole among the settings, under its type.
pub(super) fn show(object: &Object<'_>, kind: &str, value: &Value, found: &mut Found) {
    found.shown.push(Field {
        path: format!("{}.{kind}", object.place()),
        value: value.to_string(),
    });
}

/// A tool whose type says all: the provider defined it, the agent runs it (a shell, an editor, a computer's screen).
///
/// It goes by its type, never by a name that the agent gives it: a policy that lets `get_weather` pass mustn't let
/// pass a shell that calls itself so.
pub(super) fn defined_by_provider(kind: &str, value: &Value) -> OfferedTool {
    OfferedTool {
        name: kind.to_owned(),
        description: String::new(),
        parameters: in_lines(value),
    }
}

/// A tool that the agent describes: its name, description, and what of `shapes` it has (the schema of its parameters,
/// examples), as JSON in lines.
pub(super) fn described(tool: &Object<'_>, shapes: &[&str]) -> Result<OfferedTool, ReadError> {
    let name = tool.needed_string("name")?.to_owned();
    let description = tool.string("description")?.unwrap_or_default().to_owned();
    let there: Vec<(&str, &Value)> = shapes
        .iter()
        .filter_map(|shape| Some((*shape, tool.value(shape)?)))
        .collect();
    let parameters = match there.as_slice() {
        [] => String::new(),
        [(_, only)] => in_lines(only),
        several => in_lines(
            &several
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).clone()))
                .collect(),
        ),
    };
    Ok(OfferedTool {
        name,
        description,
        parameters,
    })
}

fn in_lines(value: &Value) -> String {
    // Writing out a JSON value that was parsed can't fail; if it did, the one-line form says the same.
    serde_json::to_string_pretty(value).unwrap_or_else(|_| value.to_string())
}

/// Who may call a tool: anybody but the model itself is a program that the provider runs.
pub(super) fn callers(tool: &Object<'_>, found: &mut Found) -> Result<(), ReadError> {
    for caller in tool.strings("allowed_callers")? {
        if caller != "direct" {
            found.reach(Capability::HostedTool(format!("allowed_callers {caller}")));
        }
    }
    Ok(())
}
