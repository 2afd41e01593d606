//! Every record says for which tenant it is and who acted. One that doesn't is refused when it gets its place.

use serde_json::Value;

/// Checks what this log wants of an event beyond OCSF: a tenant, no blank actor, and the request of an API activity.
///
/// # Errors
/// One sentence for each thing that is blank.
pub(crate) fn attributed(event: &Value) -> Result<(), Vec<String>> {
    let said = |pointer: &str| {
        let text = event.pointer(pointer).and_then(Value::as_str);
        text.is_some_and(|text| !text.trim().is_empty())
    };
    let mut blank = Vec::new();
    let mut wants = |there: bool, what: &str| {
        if !there {
            blank.push(format!("`{what}` is blank"));
        }
    };
    wants(said("/metadata/tenant_uid"), "metadata.tenant_uid");
    if event.pointer("/actor/user").is_some() {
        wants(said("/actor/user/uid"), "actor.user.uid");
        wants(said("/actor/user/name"), "actor.user.name");
    } else if event.pointer("/actor").is_some() {
        wants(said("/actor/app_name"), "actor.app_name");
    }
    if event.pointer("/user").is_some() {
        wants(said("/user/name"), "user.name");
    }
    if event.pointer("/api").is_some() {
        wants(said("/api/request/uid"), "api.request.uid");
    }
    if blank.is_empty() { Ok(()) } else { Err(blank) }
}
