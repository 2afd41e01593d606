//! What a policy text has to be before it may decide anything.
//!
//! Everything that is wrong is found at once, each with its line. What Cedar lets pass is refused here: a rule without
//! a name or reason, an annotation that nobody reads (a misspelt `@hold` would turn a hold into an allow), a rule that
//! can never apply, and characters that make a text read otherwise than it decides.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use action::visible::{is_invisible, visible};
use cedar_policy::{
    ActionConstraint, Effect, Policy as CedarRule, PolicyId, PolicySet, Schema, ValidationMode, Validator,
};
use miette::Diagnostic;

use crate::Tier;
use crate::entity::Kinds;
use crate::policy::{RESERVED, Rule, RuleEffect};

const SCHEMA: &str = include_str!("../../../assets/policies/schema.cedarschema");

/// Where the schema begins to speak of calls, and of proposals. What stands before is common to both.
const CALLS: &str = "// ── Calls of models ──";
const PROPOSALS: &str = "// ── Actions that agents propose ──";

/// The longest text, in bytes.
const TEXT_LIMIT: usize = 256 * 1024;

/// The most rules: a decision's time grows with their number.
const RULE_LIMIT: usize = 500;

/// The longest `@id`, in bytes.
const ID_LIMIT: usize = 64;

/// The longest `@reason`, in characters: it stands on a reviewer's screen and in an SDK's error.
const REASON_LIMIT: usize = 300;

/// The annotations that mean something.
const ANNOTATIONS: [&str; 4] = ["id", "reason", "hold", "within"];

/// How long a held call may be made to wait: a person needs a moment to see it, and an approval is of its day.
const WITHIN: RangeInclusive<u64> = 5..=24 * 60 * 60;

/// The schema that every policy is checked against, as Cedar schema text.
#[must_use]
pub fn schema_text() -> &'static str {
    SCHEMA
}

/// Why a text can't become the policy: everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// At least one; in the text's order, those without a line first.
    pub problems: Vec<Problem>,
}

impl Error for PolicyError {}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, s) = (self.problems.len(), if self.problems.len() == 1 { "" } else { "s" });
        write!(f, "the policy has {count} problem{s}")?;
        self.problems.iter().try_for_each(|problem| write!(f, "; {problem}"))
    }
}

/// One thing that is wrong with a policy text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// 1-based, where it is known.
    pub line: Option<u32>,
    /// What is wrong, and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// A text that passed.
pub(crate) struct Checked {
    pub(crate) schema: Schema,
    pub(crate) kinds: Kinds,
    /// Each rule under its `@id`.
    pub(crate) set: PolicySet,
    /// Those of them that may speak of a proposed action.
    pub(crate) proposals: PolicySet,
    /// In the text's order.
    pub(crate) rules: Vec<Rule>,
}

/// Checks a text.
pub(crate) fn check(text: &str) -> Result<Checked, PolicyError> {
    let mut problems = Problems {
        text,
        found: Vec::new(),
    };
    problems.of_size_and_characters();
    problems.end()?;
    let vocabulary = match Vocabulary::new() {
        Ok(vocabulary) => vocabulary,
        Err(error) => {
            problems.add(
                None,
                format!("the built-in schema can't be read ({error}): reinstall the program"),
            );
            return Err(problems.into_error());
        }
    };
    let parsed = match PolicySet::from_str(text) {
        Ok(parsed) => parsed,
        Err(errors) => {
            errors.iter().for_each(|error| problems.of_cedar(error));
            return Err(problems.into_error());
        }
    };
    let (set, rules) = problems.named(&parsed);
    if let Some(set) = set {
        let proposals = vocabulary.validate(&set, &mut problems);
        problems.end()?;
        return Ok(Checked {
            schema: vocabulary.whole,
            kinds: vocabulary.kinds,
            set,
            proposals,
            rules,
        });
    }
    Err(problems.into_error())
}

/// What a policy can speak of.
struct Vocabulary {
    /// Everything.
    whole: Schema,
    /// Holds rules against everything.
    any: Validator,
    /// Against calls of models alone.
    calls: Validator,
    /// Against proposed actions alone.
    proposals: Validator,
    kinds: Kinds,
}

impl Vocabulary {
    fn new() -> Result<Self, Box<dyn Error>> {
        let (common, rest) = SCHEMA.split_once(CALLS).ok_or("it has no part on calls")?;
        let (calls, proposals) = rest.split_once(PROPOSALS).ok_or("it has no part on proposals")?;
        let schema = |text: &str| -> Result<Schema, Box<dyn Error>> { Ok(Schema::from_cedarschema_str(text)?.0) };
        let whole = schema(SCHEMA)?;
        Ok(Self {
            any: Validator::new(whole.clone()),
            whole,
            calls: Validator::new(schema(&format!("{common}{calls}"))?),
            proposals: Validator::new(schema(&format!("{common}{proposals}"))?),
            kinds: Kinds::new()?,
        })
    }

    /// Those of the rules that may speak of a proposal, after what is wrong with any was noted.
    ///
    /// A rule that names its action is about that one. One that names none is about calls; it is about proposals, too, if
    /// it says nothing that only a call has. So what was written before there were proposals means what it meant.
    fn validate(&self, set: &PolicySet, problems: &mut Problems<'_>) -> PolicySet {
        let mut of_proposals = PolicySet::new();
        for rule in set.policies() {
            let (validator, may_be) = match rule.action_constraint() {
                ActionConstraint::Eq(action) if action == self.kinds.propose => (&self.proposals, true),
                ActionConstraint::Eq(_) => (&self.calls, false),
                ActionConstraint::In(_) => (&self.any, true),
                ActionConstraint::Any => (&self.calls, self.is_of_proposals(rule)),
            };
            let Ok(alone) = PolicySet::from_policies([rule.clone()]) else {
                continue;
            };
            let result = validator.validate(&alone, ValidationMode::Strict);
            result.validation_errors().for_each(|error| problems.of_cedar(error));
            result
                .validation_warnings()
                .for_each(|warning| problems.of_cedar(warning));
            if may_be && of_proposals.add(rule.clone()).is_err() {
                problems.add(None, "a rule can't be read twice");
            }
        }
        of_proposals
    }

    fn is_of_proposals(&self, rule: &CedarRule) -> bool {
        let alone = PolicySet::from_policies([rule.clone()]);
        alone.is_ok_and(|alone| {
            let result = self.proposals.validate(&alone, ValidationMode::Strict);
            result.validation_passed_without_warnings()
        })
    }
}

/// The problems found so far.
struct Problems<'a> {
    text: &'a str,
    found: Vec<Problem>,
}

impl Problems<'_> {
    fn add(&mut self, offset: Option<usize>, message: impl Into<String>) {
        let line = offset.and_then(|offset| self.line(offset));
        self.found.push(Problem {
            line,
            message: message.into(),
        });
    }

    fn line(&self, offset: usize) -> Option<u32> {
        let before = self.text.as_bytes().get(..offset)?;
        u32::try_from(before.iter().filter(|byte| **byte == b'\n').count() + 1).ok()
    }

    fn end(&mut self) -> Result<(), PolicyError> {
        if self.found.is_empty() {
            return Ok(());
        }
        let mut problems = std::mem::take(&mut self.found);
        problems.sort();
        problems.dedup();
        Err(PolicyError { problems })
    }

    /// For where something is known to be wrong; should nothing be, it says so rather than passing.
    fn into_error(mut self) -> PolicyError {
        match self.end() {
            Err(error) => error,
            Ok(()) => PolicyError {
                problems: vec![Problem {
                    line: None,
                    message: "it can't be read".to_owned(),
                }],
            },
        }
    }

    /// What Cedar found, in its words, where it found it.
    fn of_cedar(&mut self, diagnostic: &dyn Diagnostic) {
        let offset = diagnostic
            .labels()
            .and_then(|mut labels| labels.next())
            .map(|label| label.offset());
        let help = diagnostic.help().map(|help| format!(" ({help})")).unwrap_or_default();
        self.add(offset, visible(&format!("{diagnostic}{help}")));
    }

    /// Bidirectional controls can make a comment look like a rule and a rule like a comment (CVE-2021-42574).
    fn of_size_and_characters(&mut self) {
        if self.text.len() > TEXT_LIMIT {
            self.add(
                None,
                format!("the text has {} bytes; at most {TEXT_LIMIT} are read", self.text.len()),
            );
            return;
        }
        let mut characters = self.text.char_indices().peekable();
        let mut found = Vec::new();
        while let Some((offset, c)) = characters.next() {
            let line_end = c == '\r' && characters.peek().is_some_and(|(_, next)| *next == '\n');
            if is_invisible(c) && !line_end {
                found.push((
                    offset,
                    format!("an invisible character, {}; delete it", visible(&c.to_string())),
                ));
            }
        }
        found
            .into_iter()
            .for_each(|(offset, message)| self.add(Some(offset), message));
    }

    /// The rules, each under its `@id`; no set where that wasn't possible.
    fn named(&mut self, parsed: &PolicySet) -> (Option<PolicySet>, Vec<Rule>) {
        for template in parsed.templates() {
            let offset = template.as_ref().loc().map(|loc| loc.start());
            self.add(
                offset,
                "a template (`?principal`, `?resource`) decides nothing here; write the rule out",
            );
        }
        let mut parsed: Vec<(usize, &CedarRule)> = parsed
            .policies()
            .map(|rule| (rule.as_ref().loc().map_or(0, |loc| loc.start()), rule))
            .collect();
        parsed.sort_by_key(|(offset, _)| *offset);
        if parsed.len() > RULE_LIMIT {
            self.add(
                None,
                format!("there are {} rules; at most {RULE_LIMIT} are read", parsed.len()),
            );
            return (None, Vec::new());
        }
        let mut seen = HashSet::new();
        let mut rules = Vec::new();
        let mut named = Vec::new();
        for (offset, cedar) in parsed {
            let rule = self.rule(offset, cedar);
            if !seen.insert(rule.id.clone()) {
                self.add(
                    Some(offset),
                    format!(
                        "`@id(\"{}\")` is taken by a rule above; name this one otherwise",
                        rule.id
                    ),
                );
            }
            named.push(cedar.new_id(PolicyId::new(&rule.id)));
            rules.push(rule);
        }
        (PolicySet::from_policies(named).ok(), rules)
    }

    /// One rule and what its annotations say. What is wrong with them is noted, so the result isn't used then.
    fn rule(&mut self, offset: usize, cedar: &CedarRule) -> Rule {
        let annotations: HashMap<&str, &str> = cedar.annotations().collect();
        let mut unknown: Vec<&&str> = annotations.keys().filter(|name| !ANNOTATIONS.contains(*name)).collect();
        unknown.sort();
        for name in unknown {
            self.add(
                Some(offset),
                format!(
                    "`@{name}` means nothing here; a rule has `@id`, `@reason` and, to hold, `@hold` and `@within`"
                ),
            );
        }
        let id = annotations.get("id").copied().unwrap_or_default();
        self.id(offset, id);
        let reason = annotations.get("reason").copied().unwrap_or_default();
        self.reason(offset, id, reason);
        let effect = self.effect(offset, id, cedar.effect(), annotations.get("hold").copied());
        let within = annotations
            .get("within")
            .and_then(|text| self.within(offset, id, effect, text));
        let line = self.line(offset).unwrap_or(1);
        Rule {
            within,
            id: id.to_owned(),
            effect,
            reason: reason.to_owned(),
            line,
        }
    }

    /// `90s`, `15m` or `2h`, on a rule that holds.
    fn within(&mut self, offset: usize, id: &str, effect: RuleEffect, text: &str) -> Option<Duration> {
        if effect.tier().is_none() {
            self.add(
                Some(offset),
                format!("the rule `{id}` doesn't hold, so nothing waits; take `@within` away or add `@hold`"),
            );
            return None;
        }
        let units = [("s", 1), ("m", 60), ("h", 3600)];
        let seconds = units.iter().find_map(|(unit, seconds)| {
            let number = text.strip_suffix(unit)?;
            let plain = (1..=5).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| number.parse::<u64>().ok()?.checked_mul(*seconds))?
        });
        let seconds = seconds.filter(|seconds| WITHIN.contains(seconds));
        if seconds.is_none() {
            self.add(
                Some(offset),
                format!(
                    "the rule `{id}` waits for `{}`; write `5s` to `24h`, as `90s`, `15m` or `2h`",
                    visible(text)
                ),
            );
        }
        seconds.map(Duration::from_secs)
    }

    fn id(&mut self, offset: usize, id: &str) {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        if id.is_empty() {
            self.add(Some(offset), "a rule has no name; put `@id(\"…\")` before it");
        } else if id.len() > ID_LIMIT || !id.chars().all(plain) {
            let wanted = format!("write at most {ID_LIMIT} of a-z, 0-9, `-`, `_` and `.`");
            self.add(
                Some(offset),
                format!("`@id(\"{}\")` is no name for a rule; {wanted}", visible(id)),
            );
        } else if RESERVED.contains(&id) {
            self.add(
                Some(offset),
                format!("`@id(\"{id}\")` is what decisions call a case without a rule; name it otherwise"),
            );
        }
    }

    fn reason(&mut self, offset: usize, id: &str, reason: &str) {
        let length = reason.chars().count();
        if reason.trim().is_empty() {
            let why = "it is what a held or denied person reads";
            self.add(
                Some(offset),
                format!("the rule `{id}` gives no reason; put `@reason(\"…\")` before it: {why}"),
            );
        } else if length > REASON_LIMIT {
            self.add(
                Some(offset),
                format!("the rule `{id}` has a reason of {length} characters; at most {REASON_LIMIT}"),
            );
        } else if reason.chars().any(|c| is_invisible(c) || c == '\n' || c == '\t') {
            self.add(
                Some(offset),
                format!("the rule `{id}` has a reason of more than one line of visible text"),
            );
        }
    }

    fn effect(&mut self, offset: usize, id: &str, effect: Effect, hold: Option<&str>) -> RuleEffect {
        match (effect, hold) {
            (Effect::Forbid, None) => RuleEffect::Forbid,
            (Effect::Permit, None) => RuleEffect::Allow,
            (Effect::Forbid, Some(_)) => {
                self.add(
                    Some(offset),
                    format!("the rule `{id}` forbids, so it can't hold; take `@hold` away or write `permit`"),
                );
                RuleEffect::Forbid
            }
            (Effect::Permit, Some(tier)) => match Tier::parse(tier) {
                Some(tier) => RuleEffect::Hold(tier),
                None => {
                    let known = "`@hold(\"2\")` is one reviewer, `@hold(\"3\")` two";
                    self.add(
                        Some(offset),
                        format!("the rule `{id}` holds at an unknown tier, `{}`; {known}", visible(tier)),
                    );
                    RuleEffect::Forbid
                }
            },
        }
    }
}
