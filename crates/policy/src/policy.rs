//! A policy: its text, checked, and the decisions it makes.

use std::collections::HashSet;
use std::time::Duration;

use cedar_policy::{AuthorizationError, Authorizer, Decision as Verdict, PolicySet, Response, Schema};
use evidence::Digest;

use crate::check::{Checked, PolicyError, check};
use crate::entity::Kinds;
use crate::known::Known;
use crate::{Decision, Effect, Facts, Reason, Tier};

/// The built-in default policy.
const BUILT_IN: &str = include_str!("../../../assets/policies/default.cedar");

/// The rule that a decision names where no rule allows.
const DEFAULT_DENY: &str = "default-deny";

/// The rule that a decision names where the question itself couldn't be put.
const EVALUATION_ERROR: &str = "evaluation-error";

/// The rule that a decision names where an action goes to a person whatever the policy says.
pub const FLOOR: &str = "floor";

/// Names that no rule may have, because decisions use them.
pub(crate) const RESERVED: [&str; 3] = [DEFAULT_DENY, EVALUATION_ERROR, FLOOR];

/// A checked policy. Parse once, decide often; share it behind an `Arc`.
#[derive(Debug)]
pub struct Policy {
    text: String,
    sha256: Digest,
    rules: Vec<Rule>,
    /// Each under its `@id`.
    set: PolicySet,
    /// Those that may speak of a proposed action.
    proposals: PolicySet,
    schema: Schema,
    kinds: Kinds,
    known: Known,
    authorizer: Authorizer,
}

/// One rule of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its `@id`.
    pub id: String,
    /// What it does where it applies.
    pub effect: RuleEffect,
    /// Its `@reason`: what it says to a person whose call it decides.
    pub reason: String,
    /// Its `@within`: how long what it holds waits for a person.
    pub within: Option<Duration>,
    /// The 1-based line on which it begins, its annotations included.
    pub line: u32,
}

/// What a rule does where it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleEffect {
    /// `permit`
    Allow,
    /// `permit` with `@hold("…")`
    Hold(Tier),
    /// `forbid`
    Forbid,
}

impl RuleEffect {
    /// `allow`, `hold` or `forbid`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Hold(_) => "hold",
            Self::Forbid => "forbid",
        }
    }

    /// How much review it asks for, where it holds.
    #[must_use]
    pub fn tier(self) -> Option<Tier> {
        match self {
            Self::Hold(tier) => Some(tier),
            Self::Allow | Self::Forbid => None,
        }
    }
}

impl Policy {
    /// Checks a text and makes it ready to decide. An empty text is a policy that denies everything.
    ///
    /// # Errors
    /// [`PolicyError`] with everything that is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let Checked {
            schema,
            kinds,
            set,
            proposals,
            rules,
        } = check(text)?;
        let sha256 = Digest::sha256(text.as_bytes());
        Ok(Self {
            text: text.to_owned(),
            sha256,
            rules,
            set,
            proposals,
            schema,
            kinds,
            known: Known::default(),
            authorizer: Authorizer::new(),
        })
    }

    /// The built-in default.
    ///
    /// # Errors
    /// None in a program whose tests have passed.
    pub fn built_in() -> Result<Self, PolicyError> {
        Self::parse(BUILT_IN)
    }

    /// Its exact text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// SHA-256 of the text.
    #[must_use]
    pub fn sha256(&self) -> Digest {
        self.sha256
    }

    /// Its rules, in the text's order.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Decides. A forbid beats a hold, a hold beats an allow, and where nothing allows or anything goes wrong, the
    /// answer is no.
    pub fn decide(&self, facts: &Facts<'_>) -> Decision {
        let (effect, reasons) = match facts.question(&self.schema, &self.kinds, &self.known) {
            Ok((request, entities)) => {
                let rules = if facts.is_proposal() {
                    &self.proposals
                } else {
                    &self.set
                };
                self.weigh(&self.authorizer.is_authorized(&request, rules, &entities))
            }
            Err(error) => {
                let text = format!("The call couldn't be put to the policy, so it is denied: {error}");
                (
                    Effect::Deny,
                    vec![Reason {
                        rule: EVALUATION_ERROR.to_owned(),
                        text,
                    }],
                )
            }
        };
        let held_by = |rule: &&Rule| matches!(effect, Effect::Hold { .. }) && reasons.iter().any(|r| r.rule == rule.id);
        let within = self.rules.iter().filter(held_by).filter_map(|rule| rule.within).min();
        Decision {
            effect,
            reasons,
            within,
            policy_sha256: self.sha256,
        }
    }

    /// From Cedar's answer to ours: Cedar passes over a rule that it can't evaluate, where we deny; and it knows no hold.
    fn weigh(&self, response: &Response) -> (Effect, Vec<Reason>) {
        let broken = self.broken(response);
        let satisfied = self.satisfied(response);
        let mut reasons: Vec<Reason> = satisfied.iter().copied().map(Rule::says).collect();
        if response.decision() == Verdict::Deny {
            reasons.extend(broken);
            if reasons.is_empty() {
                reasons.push(Reason {
                    rule: DEFAULT_DENY.to_owned(),
                    text: "No rule allows this.".to_owned(),
                });
            }
            return (Effect::Deny, reasons);
        }
        if !broken.is_empty() {
            return (Effect::Deny, broken);
        }
        let holds: Vec<(Tier, &Rule)> = satisfied
            .iter()
            .filter_map(|rule| Some((rule.effect.tier()?, *rule)))
            .collect();
        match holds.iter().map(|(tier, _)| *tier).max() {
            Some(tier) => (
                Effect::Hold { tier },
                holds.into_iter().map(|(_, rule)| rule.says()).collect(),
            ),
            None => (Effect::Allow, reasons),
        }
    }

    /// The rules that brought Cedar's answer about, in the text's order.
    fn satisfied(&self, response: &Response) -> Vec<&Rule> {
        let ids: HashSet<&str> = response.diagnostics().reason().map(AsRef::as_ref).collect();
        self.rules
            .iter()
            .filter(|rule| ids.contains(rule.id.as_str()))
            .collect()
    }

    /// The rules that couldn't be evaluated, each with why.
    fn broken(&self, response: &Response) -> Vec<Reason> {
        let errors = response
            .diagnostics()
            .errors()
            .map(|AuthorizationError::PolicyEvaluationError(error)| {
                let text = format!(
                    "This rule couldn't be evaluated, so the call is denied: {}",
                    error.inner()
                );
                Reason {
                    rule: error.policy_id().to_string(),
                    text,
                }
            });
        errors.collect()
    }
}

impl Rule {
    fn says(&self) -> Reason {
        Reason {
            rule: self.id.clone(),
            text: self.reason.clone(),
        }
    }
}
