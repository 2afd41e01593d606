//! The guide for administrators keeps its word: its examples are policies, and decide as it says.

use action::model_call::Capability;
use policy::{Effect, Policy, Tier};

use crate::calls::{Ask, HOSTED, IMAGE, TEXT, TOOLS, ids};

const GUIDE: &str = include_str!("../../../../docs/policies.md");

const HOLD_2: Effect = Effect::Hold {
    tier: Tier::OneReviewer,
};
const HOLD_3: Effect = Effect::Hold {
    tier: Tier::TwoReviewers,
};

/// Fields of a call that offers only reading tools.
const READING: &str = r#""tools":[{"type":"function","function":{"name":"crm.read"}}]"#;

/// Fields of a call that offers a tool that the guide's examples don't name.
const MAIL: &str = r#""tools":[{"type":"function","function":{"name":"mail.send"}}]"#;

/// The policy in the section that begins with this heading.
fn example(heading: &str) -> Policy {
    let section = GUIDE
        .split(&format!("\n### {heading}\n"))
        .nth(1)
        .unwrap_or_else(|| panic!("no section {heading}"));
    let text = section.split("```cedar\n").nth(1).unwrap().split("```").next().unwrap();
    Policy::parse(text).unwrap_or_else(|error| panic!("{heading}: {error}"))
}

fn research(fields: &str) -> Ask<'_> {
    Ask {
        agent_name: "research-bot",
        ..Ask::of(fields)
    }
}

#[test]
fn reading_tools_without_a_person() {
    let policy = example("1. Let one agent use reading tools without a person");
    for (case, ask, effect, reason) in [
        ("text", Ask::of(TEXT), Effect::Allow, "text-only"),
        ("reading tools", Ask::of(READING), Effect::Allow, "support-bot-reads"),
        (
            "reading tools of another agent",
            research(READING),
            HOLD_2,
            "other-tools-need-a-person",
        ),
        ("a tool that acts", Ask::of(TOOLS), HOLD_2, "other-tools-need-a-person"),
        ("a hosted tool", Ask::of(HOSTED), Effect::Deny, "default-deny"),
    ] {
        let decision = ask.decide(&policy);
        assert_eq!((decision.effect, ids(&decision)), (effect, vec![reason]), "{case}");
    }
}

#[test]
fn two_people_for_money() {
    let policy = example("2. Two people where money moves, one elsewhere");
    for (case, ask, effect, reasons) in [
        ("text", Ask::of(TEXT), Effect::Allow, vec!["text-only"]),
        ("a tool", Ask::of(MAIL), HOLD_2, vec!["tools-need-a-person"]),
        (
            "a payment among the tools",
            Ask::of(TOOLS),
            HOLD_3,
            vec!["tools-need-a-person", "money-needs-two"],
        ),
        ("a remote image", Ask::of(IMAGE), Effect::Deny, vec!["default-deny"]),
    ] {
        let decision = ask.decide(&policy);
        assert_eq!((decision.effect, ids(&decision)), (effect, reasons), "{case}");
    }
}

#[test]
fn web_search_for_one_agent() {
    let policy = example("3. Web search for one agent, certain models only");
    let other_state = r#""web_search_options":{},"store":true"#;
    let other_tool = r#""tools":[{"type":"code_interpreter"}]"#;
    for (case, ask, effect, reason) in [
        ("text", Ask::of(TEXT), Effect::Allow, "text-only"),
        (
            "search by the research agent",
            research(HOSTED),
            Effect::Allow,
            "research-searches",
        ),
        ("search by another agent", Ask::of(HOSTED), Effect::Deny, "default-deny"),
        ("search and state", research(other_state), Effect::Deny, "default-deny"),
        (
            "another hosted tool",
            research(other_tool),
            Effect::Deny,
            "default-deny",
        ),
        (
            "search elsewhere",
            Ask {
                upstream: "other",
                ..research(HOSTED)
            },
            Effect::Deny,
            "default-deny",
        ),
        (
            "another model",
            Ask {
                model: "gpt-4o",
                ..Ask::of(TEXT)
            },
            Effect::Deny,
            "certain-models",
        ),
    ] {
        let decision = ask.decide(&policy);
        assert_eq!((decision.effect, ids(&decision)), (effect, vec![reason]), "{case}");
    }
}

#[test]
fn the_guide_names_every_capability() {
    for name in Capability::NAMES {
        assert!(GUIDE.contains(&format!("| `{name}` |")), "{name}");
    }
}
