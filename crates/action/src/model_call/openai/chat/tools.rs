//! The tools that the model is offered.

use serde_json::Value;

use super::super::parts::in_a_word;
use crate::model_call::found::Found;
use crate::model_call::hosted::{described, not_the_agents};
use crate::model_call::shape::Object;
use crate::model_call::{Capability, OfferedTool, ReadError, ToolChoice};

/// Reads `tools`, and `functions`, as they were called before.
pub(super) fn offered(body: &Object<'_>, found: &mut Found) -> Result<Vec<OfferedTool>, ReadError> {
    let mut tools = Vec::new();
    for (path, value) in body.array("tools")? {
        tools.extend(tool(path, value, found)?);
    }
    for (path, value) in body.array("functions")? {
        tools.push(function(&Object::new(path, value, FUNCTION)?, found)?);
    }
    if !tools.is_empty() {
        found.reach(Capability::FunctionTools);
    }
    Ok(tools)
}

const FUNCTION: &[&str] = &["name", "description", "parameters", "strict"];

/// A tool that the agent runs, or nothing where it is one that the provider runs, or of an unknown type.
fn tool(path: String, value: &Value, found: &mut Found) -> Result<Option<OfferedTool>, ReadError> {
    let kind = Object::new(path.clone(), value, &["type"])?.needed_string("type")?;
    match kind {
        "function" => {
            let tool = Object::new(path, value, &["type", "function"])?;
            found.leftovers(&tool);
            Ok(Some(function(&tool.needed_object("function", FUNCTION)?, found)?))
        }
        "custom" => {
            let tool = Object::new(path, value, &["type", "custom"])?;
            found.leftovers(&tool);
            let custom = tool.needed_object("custom", &["name", "description", "format"])?;
            found.leftovers(&custom);
            Ok(Some(described(&custom, &["format"])?))
        }
        other => {
            found.reach(not_the_agents(other));
            // Its fields are unknown here, each of them, so that an address in one is named as well.
            found.leftovers(&Object::new(path, value, &["type"])?);
            Ok(None)
        }
    }
}

fn function(function: &Object<'_>, found: &mut Found) -> Result<OfferedTool, ReadError> {
    function.plain_but(&["parameters"])?;
    function.flag("strict")?;
    found.leftovers(function);
    described(function, &["parameters"])
}

/// Reads `tool_choice`, and `function_call`, as it was called before. Where both are there, both are read.
pub(super) fn choice(body: &Object<'_>, found: &mut Found) -> Result<ToolChoice, ReadError> {
    let now = match body.value("tool_choice") {
        Some(Value::Object(_)) => chosen(body, found)?,
        _ => in_a_word(body.string("tool_choice")?, found),
    };
    let before = match body.value("function_call") {
        Some(Value::Object(_)) => {
            let named = body.needed_object("function_call", &["name"])?;
            found.leftovers(&named);
            ToolChoice::Named(named.needed_string("name")?.to_owned())
        }
        _ => in_a_word(body.string("function_call")?, found),
    };
    Ok(if now == ToolChoice::Free { before } else { now })
}

/// A `tool_choice` that names tools.
fn chosen(body: &Object<'_>, found: &mut Found) -> Result<ToolChoice, ReadError> {
    let choice = body.needed_object("tool_choice", &["type", "function", "custom", "allowed_tools"])?;
    found.leftovers(&choice);
    match choice.needed_string("type")? {
        kind @ ("function" | "custom") => {
            let named = choice.needed_object(kind, &["name"])?;
            found.leftovers(&named);
            Ok(ToolChoice::Named(named.needed_string("name")?.to_owned()))
        }
        "allowed_tools" => {
            let allowed = choice.needed_object("allowed_tools", &["mode", "tools"])?;
            found.leftovers(&allowed);
            for (path, value) in allowed.array("tools")? {
                match Object::new(path, value, &["type"])?.needed_string("type")? {
                    "function" | "custom" => {}
                    other => found.reach(not_the_agents(other)),
                }
            }
            let required = allowed.string("mode")? == Some("required");
            Ok(if required {
                ToolChoice::Required
            } else {
                ToolChoice::Free
            })
        }
        other => {
            found.reach(not_the_agents(other));
            Ok(ToolChoice::Free)
        }
    }
}
