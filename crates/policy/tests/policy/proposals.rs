//! What policies say of actions that agents propose.

use action::proposal::{Definition, Proposal};
use policy::{Caller, Effect, Facts, Policy, Tier};

const HOLD: Effect = Effect::Hold {
    tier: Tier::OneReviewer,
};

fn decided(text: &str, category: &str, parameters: &str) -> (Effect, Vec<String>) {
    let definition = format!(r#"{{"name":"crm.update","category":"{category}","schema":{{"type":"object"}}}}"#);
    let definition = Definition::read(definition.as_bytes()).unwrap();
    let proposal = format!(r#"{{"kind":"crm.update","parameters":{parameters}}}"#);
    let proposal = Proposal::read(proposal.as_bytes()).unwrap();
    let caller = Caller {
        uid: "agent-1",
        name: "support-bot",
        sponsor_uid: "operator-1",
        practice: false,
    };
    let policy = Policy::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let decision = policy.decide(&Facts::proposal(caller, &definition, &proposal));
    let rules = decision.reasons.into_iter().map(|reason| reason.rule);
    (decision.effect, rules.collect())
}

fn rule(effect: &str, scope: &str, when: &str) -> String {
    format!("@id(\"r\") @reason(\"R.\") {effect} (principal, {scope}, resource) when {{ {when} }};")
}

const PROPOSE: &str = "action == Action::\"propose\"";

#[test]
fn the_built_in_policy_holds_every_proposal() {
    let built_in = Policy::built_in().unwrap();
    for category in ["read", "internal_write", "other", "move_money"] {
        let (effect, rules) = decided(built_in.text(), category, "{}");
        assert_eq!((effect, rules), (HOLD, vec!["actions-need-a-person".to_owned()]));
    }
}

#[test]
fn a_policy_can_speak_of_kind_category_parameters_and_agent() {
    for when in [
        "resource == Kind::\"crm.update\"",
        "resource.name == \"crm.update\" && resource.category == Category::\"internal_write\"",
        "context.category == Category::\"internal_write\"",
        "context.parameters.containsAll([\"customer\", \"note\"])",
        "context.values.contains(\"customer=C-7\") && context.values.contains(\"urgent=true\")",
        "context.evidence == 0 && context.bytes < 1000",
        "principal.name == \"support-bot\"",
    ] {
        let parameters = r#"{"customer":"C-7","note":{"text":"x"},"urgent":true}"#;
        let text = rule("permit", PROPOSE, when);
        assert_eq!(decided(&text, "internal_write", parameters).0, Effect::Allow, "{when}");
        assert_eq!(decided(&text, "read", r#"{"customer":"C-8"}"#).0 == Effect::Allow, {
            when.starts_with("resource ==") || when.starts_with("context.evidence") || when.starts_with("principal")
        });
    }
}

#[test]
fn a_parameters_name_cant_pass_for_anothers_value() {
    let text = rule("permit", PROPOSE, "context.values.contains(\"note=a=b\")");
    assert_eq!(decided(&text, "read", r#"{"note=a":"b"}"#).0, Effect::Deny);
    assert_eq!(decided(&text, "read", r#"{"note":"a=b"}"#).0, Effect::Allow);
}

#[test]
fn a_rule_that_names_no_action_is_about_proposals_only_where_it_says_nothing_of_calls() {
    let everything = rule("permit", "action", "true");
    assert_eq!(decided(&everything, "read", "{}").0, Effect::Allow);
    let of_calls = rule("permit", "action", "context.capabilities.isEmpty()");
    assert_eq!(decided(&of_calls, "read", "{}").0, Effect::Deny);
    let stop = rule("forbid", "action", "principal.name == \"support-bot\"");
    let both = rule("permit", PROPOSE, "true").replace("\"r\"", "\"allow\"") + &stop;
    assert_eq!(decided(&both, "read", "{}").0, Effect::Deny);
}

#[test]
fn what_a_proposal_doesnt_have_is_an_error_in_a_rule_on_proposals() {
    for when in [
        "context.model == \"gpt\"",
        "resource.practice",
        "context.category == Category::\"harmless\"",
        "resource == Upstream::\"openai\"",
    ] {
        assert!(Policy::parse(&rule("permit", PROPOSE, when)).is_err(), "{when}");
    }
    let floor = "@id(\"floor\") @reason(\"R.\") permit (principal, action, resource);";
    assert!(Policy::parse(floor).unwrap_err().to_string().contains("floor"));
}
