//! What a policy is asked about.

use std::collections::{BTreeSet, HashSet};
use std::error::Error;
use std::sync::Arc;

use action::model_call::{Capability, ModelCall};
use action::proposal::{Definition, Proposal};
use cedar_policy::{Context, Entities, Entity, EntityUid, Request, RestrictedExpression, Schema};
use serde_json::Value;

use crate::entity::{Kinds, entity_uid, text, text_set};
use crate::known::{Known, Pair, Resource};

/// The agent that asks. In a policy: `principal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller<'a> {
    /// Its uid: the entity's id, `Agent::"…"`.
    pub uid: &'a str,
    /// Its name: `principal.name`.
    pub name: &'a str,
    /// The uid of the operator who answers for it: `principal.sponsor`.
    pub sponsor_uid: &'a str,
    /// Whether it is the built-in agent that sends practice calls: `principal.practice`.
    pub practice: bool,
}

/// The upstream that is asked. In a policy: `resource`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination<'a> {
    /// Its name: the entity's id, `Upstream::"…"`, and `resource.name`.
    pub name: &'a str,
    /// Whether it is the embedded practice upstream: `resource.practice`.
    pub practice: bool,
}

/// One question to a policy: may this agent do this?
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    caller: Caller<'a>,
    asked: Asked<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Asked<'a> {
    ModelCall(Destination<'a>, &'a ModelCall),
    Proposal(&'a Definition, &'a Proposal),
}

impl<'a> Facts<'a> {
    /// May this agent make this model call of this upstream?
    #[must_use]
    pub fn model_call(caller: Caller<'a>, destination: Destination<'a>, call: &'a ModelCall) -> Self {
        Self {
            caller,
            asked: Asked::ModelCall(destination, call),
        }
    }

    /// May this agent do what it proposes, of this registered kind?
    #[must_use]
    pub fn proposal(caller: Caller<'a>, definition: &'a Definition, proposal: &'a Proposal) -> Self {
        Self {
            caller,
            asked: Asked::Proposal(definition, proposal),
        }
    }

    /// Whether it is about a proposed action.
    pub(crate) fn is_proposal(&self) -> bool {
        matches!(self.asked, Asked::Proposal(..))
    }

    /// The question as Cedar asks it, checked against the schema.
    pub(crate) fn question(
        &self,
        schema: &Schema,
        kinds: &Kinds,
        known: &Known,
    ) -> Result<(Request, Arc<Entities>), Box<dyn Error>> {
        let principal = entity_uid(&kinds.agent, self.caller.uid);
        let (action, resource, of, context) = match self.asked {
            Asked::ModelCall(destination, call) => (
                kinds.model_call.clone(),
                entity_uid(&kinds.upstream, destination.name),
                Resource::Upstream {
                    name: destination.name.to_owned(),
                    practice: destination.practice,
                },
                of_call(call, kinds)?,
            ),
            Asked::Proposal(definition, proposal) => (
                kinds.propose.clone(),
                entity_uid(&kinds.kind, &definition.name),
                Resource::Kind {
                    name: definition.name.clone(),
                    category: definition.category.as_str(),
                },
                of_proposal(definition, proposal, kinds)?,
            ),
        };
        let pair = Pair {
            agent: [self.caller.uid, self.caller.name, self.caller.sponsor_uid].map(str::to_owned),
            agent_practice: self.caller.practice,
            resource: of.clone(),
        };
        let entities = known.of(pair, || self.entities(&principal, &resource, &of, schema, kinds))?;
        let request = Request::new(principal, action, resource, context, Some(schema))?;
        Ok((request, entities))
    }

    /// Agent and resource, held against the schema.
    fn entities(
        &self,
        principal: &EntityUid,
        resource: &EntityUid,
        of: &Resource,
        schema: &Schema,
        kinds: &Kinds,
    ) -> Result<Entities, Box<dyn Error>> {
        let agent = [
            ("name", text(self.caller.name)),
            ("sponsor", text(self.caller.sponsor_uid)),
            ("practice", RestrictedExpression::new_bool(self.caller.practice)),
        ];
        let attributes = match of {
            Resource::Upstream { name, practice } => [
                ("name", text(name)),
                ("practice", RestrictedExpression::new_bool(*practice)),
            ],
            Resource::Kind { name, category } => [("name", text(name)), ("category", in_category(category, kinds))],
        };
        let entities = [
            Entity::new(principal.clone(), agent.map(owned).into(), HashSet::new())?,
            Entity::new(resource.clone(), attributes.map(owned).into(), HashSet::new())?,
        ];
        Ok(Entities::from_entities(entities, Some(schema))?)
    }
}

fn of_call(call: &ModelCall, kinds: &Kinds) -> Result<Context, Box<dyn Error>> {
    let format = entity_uid(&kinds.format, call.format().wire());
    let operation = entity_uid(&kinds.operation, call.format().operation());
    let names: BTreeSet<&str> = call.capabilities().iter().map(Capability::name).collect();
    let capabilities = names
        .into_iter()
        .map(|name| RestrictedExpression::new_entity_uid(entity_uid(&kinds.capability, name)));
    let facts = [
        ("format", RestrictedExpression::new_entity_uid(format)),
        ("operation", RestrictedExpression::new_entity_uid(operation)),
        ("model", text(call.model())),
        ("stream", RestrictedExpression::new_bool(call.stream())),
        (
            "messages",
            RestrictedExpression::new_long(i64::try_from(call.messages().len())?),
        ),
        (
            "bytes",
            RestrictedExpression::new_long(i64::try_from(call.exact().len())?),
        ),
        ("tools", text_set(call.tools().iter().map(|tool| tool.name.as_str()))),
        ("capabilities", RestrictedExpression::new_set(capabilities)),
        (
            "details",
            text_set(call.capabilities().iter().filter_map(Capability::detail)),
        ),
        (
            "unknown_fields",
            text_set(call.unknown_fields().iter().map(|field| field.path.as_str())),
        ),
    ];
    Ok(Context::from_pairs(facts.map(owned))?)
}

fn of_proposal(definition: &Definition, proposal: &Proposal, kinds: &Kinds) -> Result<Context, Box<dyn Error>> {
    let parameters = proposal.parameters();
    let values: Vec<String> = parameters
        .iter()
        // A name with a `=` could pass for another name's value.
        .filter(|(name, _)| !name.contains('='))
        .filter_map(|(name, value)| match value {
            Value::String(text) => Some(format!("{name}={text}")),
            Value::Bool(_) | Value::Number(_) => Some(format!("{name}={value}")),
            _ => None,
        })
        .collect();
    let facts = [
        ("category", in_category(definition.category.as_str(), kinds)),
        ("parameters", text_set(parameters.keys().map(String::as_str))),
        ("values", text_set(values.iter().map(String::as_str))),
        (
            "evidence",
            RestrictedExpression::new_long(i64::try_from(proposal.evidence().len())?),
        ),
        (
            "bytes",
            RestrictedExpression::new_long(i64::try_from(proposal.exact().len())?),
        ),
    ];
    Ok(Context::from_pairs(facts.map(owned))?)
}

fn in_category(category: &str, kinds: &Kinds) -> RestrictedExpression {
    RestrictedExpression::new_entity_uid(entity_uid(&kinds.category, category))
}

fn owned((name, value): (&str, RestrictedExpression)) -> (String, RestrictedExpression) {
    (name.to_owned(), value)
}
