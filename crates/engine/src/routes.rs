//! Where a call goes, by the model that it names.
//!
//! `upstream/model` names an upstream, an alias stands for one, and any other name is a model of the upstream that the
//! wire format's route points at. Nothing in a request can name an address.

use contract::WireFormat;
use serde::{Deserialize, Serialize};

use crate::books::{Books, UpstreamRow};

/// How a call came to its upstream. Kept with a held item, so that its release goes the same way or none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Via {
    /// It named a model alone.
    Default,
    /// It named the upstream.
    Named,
    /// It named an alias.
    Alias(String),
}

/// Where a call goes.
#[derive(Debug, Clone)]
pub(crate) struct Route {
    pub(crate) upstream: UpstreamRow,
    /// The model, as that upstream knows it.
    pub(crate) model: String,
    pub(crate) via: Via,
}

impl Books {
    /// The way of a call that names this model; nothing where its format has no upstream in use.
    ///
    /// An alias goes before an upstream's name, and both only to upstreams that speak the call's format: what looks like
    /// one and isn't is a model's name, for those may hold a `/` too.
    pub(crate) fn route(&self, format: WireFormat, named: &str) -> Option<Route> {
        if let Some(alias) = self.aliases.get(named)
            && let Some(upstream) = self.speaking(format, &alias.upstream)
        {
            return Some(Route {
                upstream: upstream.clone(),
                model: alias.model.clone(),
                via: Via::Alias(alias.name.clone()),
            });
        }
        if let Some((name, model)) = named.split_once('/')
            && !model.is_empty()
            && let Some(upstream) = self.speaking(format, name)
        {
            return Some(Route {
                upstream: upstream.clone(),
                model: model.to_owned(),
                via: Via::Named,
            });
        }
        Some(Route {
            upstream: self.upstream_in_use(format)?.clone(),
            model: named.to_owned(),
            via: Via::Default,
        })
    }

    /// The upstream that a held call was routed to, if a call like it would go there now.
    pub(crate) fn still_routed(
        &self,
        format: WireFormat,
        via: &Via,
        upstream: &str,
        model: &str,
    ) -> Option<&UpstreamRow> {
        let now = match via {
            Via::Default => self.upstream_in_use(format),
            Via::Named => self.speaking(format, upstream),
            Via::Alias(name) => {
                let alias = self.aliases.get(name).filter(|alias| alias.model == model)?;
                self.speaking(format, &alias.upstream)
            }
        };
        now.filter(|now| now.name == upstream)
    }

    fn speaking(&self, format: WireFormat, upstream: &str) -> Option<&UpstreamRow> {
        self.upstreams
            .get(upstream)
            .filter(|upstream| upstream.format == format)
    }
}
