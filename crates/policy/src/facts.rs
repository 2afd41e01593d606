//! What a policy is asked about.

use std::collections::{BTreeSet, HashSet};
use std::error::Error;
use std::sync::Arc;

use action::model_call::{Capability, ModelCall};
use cedar_policy::{Context, Entities, Entity, EntityUid, Request, RestrictedExpression, Schema};

use crate::entity::{Kinds, entity_uid, text, text_set};
use crate::known::{Known, Pair};

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

/// One question to a policy: may this agent do this there?
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    caller: Caller<'a>,
    destination: Destination<'a>,
    call: &'a ModelCall,
}

impl<'a> Facts<'a> {
    /// May this agent make this model call of this upstream?
    #[must_use]
    pub fn model_call(caller: Caller<'a>, destination: Destination<'a>, call: &'a ModelCall) -> Self {
        Self {
            caller,
            destination,
            call,
        }
    }

    /// The question as Cedar asks it, checked against the schema.
    pub(crate) fn question(
        &self,
        schema: &Schema,
        kinds: &Kinds,
        known: &Known,
    ) -> Result<(Request, Arc<Entities>), Box<dyn Error>> {
        let principal = entity_uid(&kinds.agent, self.caller.uid);
        let resource = entity_uid(&kinds.upstream, self.destination.name);
        let pair = Pair {
            agent: [self.caller.uid, self.caller.name, self.caller.sponsor_uid].map(str::to_owned),
            agent_practice: self.caller.practice,
            upstream: self.destination.name.to_owned(),
            upstream_practice: self.destination.practice,
        };
        let entities = known.of(pair, || self.entities(&principal, &resource, schema))?;
        let context = self.context(kinds)?;
        let request = Request::new(principal, kinds.model_call.clone(), resource, context, Some(schema))?;
        Ok((request, entities))
    }

    /// Agent and upstream, held against the schema.
    fn entities(
        &self,
        principal: &EntityUid,
        resource: &EntityUid,
        schema: &Schema,
    ) -> Result<Entities, Box<dyn Error>> {
        let agent = [
            ("name", text(self.caller.name)),
            ("sponsor", text(self.caller.sponsor_uid)),
            ("practice", RestrictedExpression::new_bool(self.caller.practice)),
        ];
        let upstream = [
            ("name", text(self.destination.name)),
            ("practice", RestrictedExpression::new_bool(self.destination.practice)),
        ];
        let entities = [
            Entity::new(principal.clone(), agent.map(owned).into(), HashSet::new())?,
            Entity::new(resource.clone(), upstream.map(owned).into(), HashSet::new())?,
        ];
        Ok(Entities::from_entities(entities, Some(schema))?)
    }

    fn context(&self, kinds: &Kinds) -> Result<Context, Box<dyn Error>> {
        let call = self.call;
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
}

fn owned((name, value): (&str, RestrictedExpression)) -> (String, RestrictedExpression) {
    (name.to_owned(), value)
}
