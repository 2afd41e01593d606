//! The tools that the model is offered. A tool has no type: it is what fields it has.

use serde_json::Value;

use crate::model_call::body::plain_object;
use crate::model_call::found::Found;
use crate::model_call::hosted::{defined_by_provider, described, show};
use crate::model_call::shape::Object;
use crate::model_call::{Capability, OfferedTool, ReadError, ToolChoice};

const TOOL: &[&str] = &[
    "codeExecution",
    "computerUse",
    "enterpriseWebSearch",
    "exaAiSearch",
    "fileSearch",
    "functionDeclarations",
    "googleMaps",
    "googleSearch",
    "googleSearchRetrieval",
    "mcpServers",
    "parallelAiSearch",
    "retrieval",
    "urlContext",
];

/// Those that the provider runs.
const HOSTED: &[&str] = &[
    "codeExecution",
    "enterpriseWebSearch",
    "exaAiSearch",
    "fileSearch",
    "googleMaps",
    "googleSearch",
    "googleSearchRetrieval",
    "parallelAiSearch",
    "retrieval",
    "urlContext",
];

const FUNCTION: &[&str] = &[
    "behavior",
    "description",
    "name",
    "parameters",
    "parametersJsonSchema",
    "response",
    "responseJsonSchema",
];

/// What of a function is a schema.
const SHAPES: &[&str] = &["parameters", "parametersJsonSchema", "response", "responseJsonSchema"];

/// Reads `tools`: those that the agent runs are given back, what the others reach is noted.
pub(super) fn offered(body: &Object<'_>, found: &mut Found) -> Result<Vec<OfferedTool>, ReadError> {
    let mut tools = Vec::new();
    for (path, value) in body.repeated("tools")? {
        let tool = body.element(path, value, TOOL)?;
        // A field that isn't known is a tool that isn't known.
        for name in tool.unknown_names() {
            found.reach(Capability::UnknownTool(name.to_owned()));
        }
        found.leftovers(&tool);
        for (path, value) in tool.repeated("functionDeclarations")? {
            let function = tool.element(path, value, FUNCTION)?;
            function.plain_but(SHAPES)?;
            found.leftovers(&function);
            tools.push(described(&function, SHAPES)?);
        }
        if let Some(value) = tool.value("computerUse") {
            tools.push(defined_by_provider("computerUse", value));
        }
        hosted(&tool, found)?;
        servers(&tool, found)?;
    }
    Ok(tools)
}

/// Tools that the provider runs, each shown as it is.
fn hosted(tool: &Object<'_>, found: &mut Found) -> Result<(), ReadError> {
    for name in HOSTED {
        if let Some(value) = tool.value(name) {
            found.reach(Capability::HostedTool((*name).to_owned()));
            show(tool, name, value, found);
        }
    }
    const SEARCH: &[&str] = &["fileSearchStoreNames", "metadataFilter", "topK"];
    if let Some(search) = tool.object("fileSearch", SEARCH)? {
        found.reach(Capability::ServerState("fileSearchStoreNames".to_owned()));
        found.leftovers(&search);
    }
    Ok(())
}

/// Tool servers that the provider is to call.
fn servers(tool: &Object<'_>, found: &mut Found) -> Result<(), ReadError> {
    const TRANSPORT: &[&str] = &["headers", "sseReadTimeout", "terminateOnClose", "timeout", "url"];
    for (path, value) in tool.repeated("mcpServers")? {
        let server = tool.element(path, value, &["name", "streamableHttpTransport"])?;
        found.leftovers(&server);
        show(tool, "mcpServers", value, found);
        let transport = server.object("streamableHttpTransport", TRANSPORT)?;
        if let Some(transport) = &transport {
            transport.plain_but(&["headers"])?;
            found.leftovers(transport);
        }
        let address = match &transport {
            Some(transport) => transport.string("url")?,
            None => None,
        };
        let name = server.string("name")?;
        found.reach(Capability::RemoteMcp(
            address.or(name).unwrap_or("mcpServers").to_owned(),
        ));
    }
    Ok(())
}

/// Reads `toolConfig`.
pub(super) fn choice(body: &Object<'_>, found: &mut Found) -> Result<ToolChoice, ReadError> {
    const CONFIG: &[&str] = &[
        "functionCallingConfig",
        "includeServerSideToolInvocations",
        "retrievalConfig",
    ];
    let Some(config) = body.object("toolConfig", CONFIG)? else {
        return Ok(ToolChoice::Free);
    };
    config.plain_but(&["functionCallingConfig", "retrievalConfig"])?;
    found.leftovers(&config);
    if let Some(retrieval) = config.object("retrievalConfig", &["languageCode", "latLng"])? {
        retrieval.plain_but(&["latLng"])?;
        plain_object(&retrieval, "latLng", &["latitude", "longitude"], found)?;
        found.leftovers(&retrieval);
    }
    const CALLING: &[&str] = &["allowedFunctionNames", "mode", "streamFunctionCallArguments"];
    let Some(calling) = config.object("functionCallingConfig", CALLING)? else {
        return Ok(ToolChoice::Free);
    };
    calling.plain_but(&["allowedFunctionNames"])?;
    found.leftovers(&calling);
    let names = calling.repeated_strings("allowedFunctionNames")?;
    // The mode may be a word or its number; which word it stands for is the provider's to know.
    match (calling.value("mode").and_then(Value::as_str), names.as_slice()) {
        (Some("ANY"), [only]) => Ok(ToolChoice::Named((*only).to_owned())),
        (Some("ANY"), _) => Ok(ToolChoice::Required),
        (Some("NONE"), _) => Ok(ToolChoice::None),
        _ => Ok(ToolChoice::Free),
    }
}
