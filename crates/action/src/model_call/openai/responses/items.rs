//! The conversation: `input`, a text or a list of items.

use serde_json::Value;

use super::super::parts::called;
use super::{content, tools};
use crate::model_call::body::plain_object;
use crate::model_call::found::Found;
use crate::model_call::shape::Object;
use crate::model_call::{Capability, Message, OfferedTool, Part, ReadError};

const ROLES: &[&str] = &["assistant", "developer", "system", "user"];

const CALL: &[&str] = &[
    "arguments",
    "async",
    "call_id",
    "caller",
    "id",
    "input",
    "name",
    "namespace",
    "status",
    "type",
];

const ANSWER: &[&str] = &[
    "acknowledged_safety_checks",
    "call_id",
    "caller",
    "id",
    "name",
    "namespace",
    "output",
    "status",
    "type",
];

/// An item that is shown as the JSON it is.
struct Shown {
    kind: &'static str,
    known: &'static [&'static str],
    /// Whose doing it tells of.
    whose: Whose,
}

enum Whose {
    /// The model's or the agent's own.
    Theirs,
    /// The provider ran a tool, and the model goes on with what it found.
    Provider,
    /// Another server's tool was called, or is to be.
    Server,
}

const SHOWN: &[Shown] = &[
    shown(
        "apply_patch_call",
        &["call_id", "caller", "id", "operation", "status", "type"],
        Whose::Theirs,
    ),
    shown(
        "code_interpreter_call",
        &["code", "container_id", "id", "outputs", "status", "type"],
        Whose::Provider,
    ),
    shown("compaction_trigger", &["id", "type"], Whose::Theirs),
    shown(
        "configuration_update",
        &["id", "reasoning", "text", "type"],
        Whose::Theirs,
    ),
    shown(
        "computer_call",
        &[
            "action",
            "actions",
            "call_id",
            "id",
            "pending_safety_checks",
            "status",
            "type",
        ],
        Whose::Theirs,
    ),
    shown(
        "file_search_call",
        &["id", "queries", "results", "status", "type"],
        Whose::Provider,
    ),
    shown(
        "local_shell_call",
        &["action", "call_id", "id", "status", "type"],
        Whose::Theirs,
    ),
    shown(
        "mcp_approval_request",
        &["arguments", "id", "name", "server_label", "type"],
        Whose::Server,
    ),
    shown(
        "mcp_approval_response",
        &["approval_request_id", "approve", "id", "reason", "type"],
        Whose::Server,
    ),
    shown(
        "mcp_call",
        &[
            "approval_request_id",
            "arguments",
            "error",
            "id",
            "name",
            "output",
            "server_label",
            "status",
            "type",
        ],
        Whose::Server,
    ),
    shown(
        "mcp_list_tools",
        &["error", "id", "server_label", "tools", "type"],
        Whose::Server,
    ),
    shown(
        "program",
        &["call_id", "code", "fingerprint", "id", "type"],
        Whose::Provider,
    ),
    shown(
        "program_output",
        &["call_id", "id", "result", "status", "type"],
        Whose::Provider,
    ),
    shown(
        "shell_call",
        &["action", "call_id", "caller", "environment", "id", "status", "type"],
        Whose::Theirs,
    ),
    shown(
        "tool_search_call",
        &["arguments", "call_id", "execution", "id", "status", "type"],
        Whose::Theirs,
    ),
    shown("web_search_call", &["action", "id", "status", "type"], Whose::Provider),
];

/// What of them is more than a plain value; it is shown like the rest.
const STRUCTURED: &[&str] = &[
    "action",
    "actions",
    "arguments",
    "caller",
    "environment",
    "error",
    "operation",
    "outputs",
    "pending_safety_checks",
    "queries",
    "reasoning",
    "results",
    "text",
    "tools",
];

const fn shown(kind: &'static str, known: &'static [&'static str], whose: Whose) -> Shown {
    Shown { kind, known, whose }
}

/// Reads `input`. Tools that an item brings along are offered like the others.
pub(super) fn read(
    body: &Object<'_>,
    offered: &mut Vec<OfferedTool>,
    found: &mut Found,
) -> Result<Vec<Message>, ReadError> {
    match body.value("input") {
        // A prompt that is kept at the provider can be all that is asked.
        None if body.value("prompt").is_some() => Ok(Vec::new()),
        None => Err(ReadError::Missing("input".to_owned())),
        Some(Value::String(text)) => Ok(vec![Message::of("user", Part::Text(text.clone()))]),
        Some(Value::Array(_)) => body
            .array("input")?
            .into_iter()
            .map(|(path, value)| item(path, value, offered, found))
            .collect(),
        Some(_) => Err(ReadError::WrongType {
            path: "input".to_owned(),
            wanted: "a string or an array of items",
        }),
    }
}

fn item(path: String, value: &Value, offered: &mut Vec<OfferedTool>, found: &mut Found) -> Result<Message, ReadError> {
    match kind(path.clone(), value)? {
        "message" => message(path, value, found),
        kind @ ("function_call" | "custom_tool_call") => {
            let call = Object::new(path, value, CALL)?;
            call.plain_but(&["caller"])?;
            caller(&call, found)?;
            found.leftovers(&call);
            let id = call.needed_string("call_id")?.to_owned();
            let arguments = if kind == "function_call" { "arguments" } else { "input" };
            Ok(Message::of("assistant", called(id, &call, arguments)?))
        }
        "function_call_output" | "custom_tool_call_output" => answer(path, value, content::read, found),
        "computer_call_output" => answer(path, value, screenshot, found),
        "local_shell_call_output" | "shell_call_output" | "apply_patch_call_output" => shell_output(path, value, found),
        "reasoning" => reasoning(path, value, found),
        "compaction" => {
            let item = Object::new(path, value, &["encrypted_content", "id", "type"])?;
            found.leftovers(&item);
            let text = item.needed_string("encrypted_content")?;
            let part = Part::Sealed("an earlier conversation, compacted".to_owned(), text.chars().count());
            Ok(Message::of("assistant", part))
        }
        "image_generation_call" => generated(path, value, found),
        "item_reference" => {
            let item = Object::new(path, value, &["id", "type"])?;
            found.leftovers(&item);
            found.reach(Capability::ServerState("item_reference".to_owned()));
            let what = "an earlier item, kept at the provider".to_owned();
            Ok(Message::of(
                "item",
                Part::Other(what, item.needed_string("id")?.to_owned()),
            ))
        }
        kind @ ("additional_tools" | "tool_search_output") => {
            const KNOWN: &[&str] = &["call_id", "execution", "id", "role", "status", "tools", "type"];
            let item = Object::new(path, value, KNOWN)?;
            item.plain_but(&["tools"])?;
            found.leftovers(&item);
            offered.extend(tools::offered(&item, found)?);
            Ok(Message::of(
                "developer",
                Part::Other(kind.to_owned(), value.to_string()),
            ))
        }
        kind => other(kind, path, value, found),
    }
}

/// An item's type. A message may leave it out, and so may a reference to an item.
fn kind(path: String, value: &Value) -> Result<&str, ReadError> {
    let item = Object::new(path, value, &["content", "id", "role", "type"])?;
    match item.string("type")? {
        Some(kind) => Ok(kind),
        None if item.value("role").is_some() => Ok("message"),
        None if item.value("id").is_some() && item.value("content").is_none() => Ok("item_reference"),
        None => Err(ReadError::Missing(item.at("type"))),
    }
}

fn message(path: String, value: &Value, found: &mut Found) -> Result<Message, ReadError> {
    let message = Object::new(path, value, &["content", "id", "phase", "role", "status", "type"])?;
    message.plain_but(&["content"])?;
    found.leftovers(&message);
    let role = message.needed_string("role")?;
    if !ROLES.contains(&role) {
        found.reach(Capability::UnknownContent(format!("role {role}")));
    }
    Ok(Message::of_parts(role, content::read(&message, "content", found)?))
}

/// Who called a tool: the model, or a program of the model's that the provider runs.
fn caller(item: &Object<'_>, found: &mut Found) -> Result<(), ReadError> {
    plain_object(item, "caller", &["caller_id", "type"], found)
}

type ReadOutput = fn(&Object<'_>, &str, &mut Found) -> Result<Vec<Part>, ReadError>;

/// What the agent answers to a call.
fn answer(path: String, value: &Value, output: ReadOutput, found: &mut Found) -> Result<Message, ReadError> {
    let answer = Object::new(path, value, ANSWER)?;
    answer.plain_but(&["acknowledged_safety_checks", "caller", "output"])?;
    caller(&answer, found)?;
    found.leftovers(&answer);
    let mut parts = output(&answer, "output", found)?;
    for (path, check) in answer.array("acknowledged_safety_checks")? {
        let known = Object::new(path, check, &["code", "id", "message"])?;
        known.plain_but(&[])?;
        found.leftovers(&known);
        parts.push(Part::Other("acknowledged safety check".to_owned(), check.to_string()));
    }
    Ok(Message {
        role: "tool".to_owned(),
        name: answer.string("name")?.map(str::to_owned),
        answers: answer.string("call_id")?.map(str::to_owned),
        parts,
    })
}

/// The one part that a computer answers with.
fn screenshot(answer: &Object<'_>, key: &str, found: &mut Found) -> Result<Vec<Part>, ReadError> {
    let value = answer.value(key).ok_or_else(|| ReadError::Missing(answer.at(key)))?;
    Ok(vec![content::text_or_part(answer.at(key), value, found)?])
}

/// What a shell or a patch answers with: text, or a list of what each command wrote.
fn shell_output(path: String, value: &Value, found: &mut Found) -> Result<Message, ReadError> {
    const KNOWN: &[&str] = &[
        "call_id",
        "caller",
        "id",
        "max_output_length",
        "output",
        "status",
        "type",
    ];
    let answer = Object::new(path, value, KNOWN)?;
    answer.plain_but(&["caller", "output"])?;
    caller(&answer, found)?;
    found.leftovers(&answer);
    let parts = match answer.value("output") {
        Some(Value::Array(_)) => {
            let outputs = answer.array("output")?.into_iter();
            outputs
                .map(|(path, value)| command(path, value, found))
                .collect::<Result<_, _>>()?
        }
        _ => vec![Part::Text(answer.string("output")?.unwrap_or_default().to_owned())],
    };
    Ok(Message {
        answers: answer.string("call_id")?.or(answer.string("id")?).map(str::to_owned),
        ..Message::of_parts("tool", parts)
    })
}

/// What one command wrote, and how it ended.
fn command(path: String, value: &Value, found: &mut Found) -> Result<Part, ReadError> {
    let output = Object::new(path, value, &["outcome", "stderr", "stdout"])?;
    output.plain_but(&["outcome"])?;
    plain_object(&output, "outcome", &["exit_code", "type"], found)?;
    found.leftovers(&output);
    Ok(Part::Other("output".to_owned(), value.to_string()))
}

/// The model's reasoning, given back. Where neither its text nor its sealed form is there, the provider looks it up.
fn reasoning(path: String, value: &Value, found: &mut Found) -> Result<Message, ReadError> {
    const KNOWN: &[&str] = &["content", "encrypted_content", "id", "status", "summary", "type"];
    let item = Object::new(path, value, KNOWN)?;
    item.plain_but(&["content", "summary"])?;
    found.leftovers(&item);
    let mut parts = Vec::new();
    for key in ["summary", "content"] {
        for part in content::read(&item, key, found)? {
            parts.push(match part {
                Part::Text(text) => Part::Other(format!("reasoning, {key}"), text),
                part => part,
            });
        }
    }
    match item.string("encrypted_content")? {
        Some(sealed) => parts.push(Part::Sealed("reasoning".to_owned(), sealed.chars().count())),
        None if item.value("content").is_some() => {}
        None => {
            found.reach(Capability::ServerState("reasoning".to_owned()));
            let id = item.string("id")?.unwrap_or_default().to_owned();
            parts.push(Part::Other("reasoning, kept at the provider".to_owned(), id));
        }
    }
    Ok(Message::of_parts("assistant", parts))
}

/// An image that the provider made earlier: here, or looked up.
fn generated(path: String, value: &Value, found: &mut Found) -> Result<Message, ReadError> {
    let item = Object::new(path, value, &["id", "result", "status", "type"])?;
    item.plain_but(&[])?;
    found.leftovers(&item);
    found.reach(match item.value("result") {
        Some(_) => Capability::InlineImage,
        None => Capability::ServerState("image_generation_call".to_owned()),
    });
    let part = Part::Other("an image that the provider made".to_owned(), value.to_string());
    Ok(Message::of("assistant", part))
}

/// An item that is shown as the JSON it is.
fn other(kind: &str, path: String, value: &Value, found: &mut Found) -> Result<Message, ReadError> {
    let part = Part::Other(kind.to_owned(), value.to_string());
    let Some(shown) = SHOWN.iter().find(|shown| shown.kind == kind) else {
        found.unknown_content(kind, &path, value);
        return Ok(Message::of("item", part));
    };
    let item = Object::new(path, value, shown.known)?;
    item.plain_but(STRUCTURED)?;
    found.leftovers(&item);
    if kind == "shell_call" && item.value("environment").is_some() {
        tools::environment(&item, found)?;
    }
    match shown.whose {
        Whose::Theirs => {}
        Whose::Provider => found.reach(Capability::HostedTool(kind.to_owned())),
        Whose::Server => {
            let server = item.string("server_label")?.unwrap_or(kind);
            found.reach(Capability::RemoteMcp(server.to_owned()));
        }
    }
    Ok(Message::of("item", part))
}
