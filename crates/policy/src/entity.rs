//! Cedar values from plain ones.

use std::str::FromStr;

use cedar_policy::{EntityId, EntityTypeName, EntityUid, ParseErrors, RestrictedExpression};

/// The kinds of things that the schema knows, read once: reading a name costs more than deciding a call.
#[derive(Debug)]
pub(crate) struct Kinds {
    pub(crate) agent: EntityTypeName,
    pub(crate) upstream: EntityTypeName,
    pub(crate) format: EntityTypeName,
    pub(crate) operation: EntityTypeName,
    pub(crate) capability: EntityTypeName,
    pub(crate) kind: EntityTypeName,
    pub(crate) category: EntityTypeName,
    /// `Action::"model_call"`
    pub(crate) model_call: EntityUid,
    /// `Action::"propose"`
    pub(crate) propose: EntityUid,
}

impl Kinds {
    pub(crate) fn new() -> Result<Self, Box<ParseErrors>> {
        let kind = |name| EntityTypeName::from_str(name).map_err(Box::new);
        Ok(Self {
            agent: kind("Agent")?,
            upstream: kind("Upstream")?,
            format: kind("Format")?,
            operation: kind("Operation")?,
            capability: kind("Capability")?,
            kind: kind("Kind")?,
            category: kind("Category")?,
            model_call: entity_uid(&kind("Action")?, "model_call"),
            propose: entity_uid(&kind("Action")?, "propose"),
        })
    }
}

/// `Kind::"id"`. The id is taken as it is, never parsed: no agent's name can become Cedar syntax.
pub(crate) fn entity_uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

/// A text.
pub(crate) fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

/// A set of texts.
pub(crate) fn text_set<'a>(texts: impl Iterator<Item = &'a str>) -> RestrictedExpression {
    RestrictedExpression::new_set(texts.map(text))
}
