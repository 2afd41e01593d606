//! What decides, and what beats what.

use crate::calls::{Ask, HOSTED, IMAGE, TEXT, TOOLS, ids};
use policy::{Effect, Policy, Tier};
use proptest::prelude::*;

const HOLD_2: Effect = Effect::Hold {
    tier: Tier::OneReviewer,
};
const HOLD_3: Effect = Effect::Hold {
    tier: Tier::TwoReviewers,
};

/// A rule for every call, with this name, effect and annotations.
fn rule(id: &str, effect: &str, more: &str) -> String {
    format!("@id(\"{id}\") @reason(\"Because of {id}.\") {more} {effect} (principal, action, resource);\n")
}

/// A rule that passes every check and can't be evaluated: the sum overflows.
fn broken(id: &str, effect: &str) -> String {
    format!(
        "@id(\"{id}\") @reason(\"Counts.\") {effect} (principal, action, resource) \
         when {{ context.bytes + 9223372036854775807 > 0 }};\n"
    )
}

#[test]
fn a_held_call_waits_for_the_shortest_time_that_a_rule_which_holds_it_says() {
    let held = |more: &str| rule(&format!("r{}", more.len()), "permit", &format!("@hold(\"2\") {more}"));
    for (text, expected) in [
        (held(""), None),
        (held("@within(\"90s\")"), Some(90)),
        (held("") + &held("@within(\"15m\")"), Some(15 * 60)),
        (held("@within(\"2h\")") + &held("@within(\"100s\")"), Some(100)),
        (held("@within(\"90s\")") + &rule("never", "forbid", ""), None),
    ] {
        let decision = Ask::of(TEXT).decide(&Policy::parse(&text).unwrap());
        assert_eq!(decision.within.map(|within| within.as_secs()), expected, "{text}");
    }
}

#[test]
fn forbid_beats_hold_beats_allow_beats_nothing() {
    let (allow, forbid) = (rule("allow", "permit", ""), rule("forbid", "forbid", ""));
    let (two, three) = (
        rule("two", "permit", "@hold(\"2\")"),
        rule("three", "permit", "@hold(\"3\")"),
    );
    for (case, text, effect, reasons) in [
        (
            "an empty policy denies",
            String::new(),
            Effect::Deny,
            vec!["default-deny"],
        ),
        (
            "a comment is no rule",
            "// permit (principal, action, resource);".to_owned(),
            Effect::Deny,
            vec!["default-deny"],
        ),
        ("allow", allow.clone(), Effect::Allow, vec!["allow"]),
        ("hold", two.clone(), HOLD_2, vec!["two"]),
        ("forbid alone", forbid.clone(), Effect::Deny, vec!["forbid"]),
        ("hold beats allow", format!("{allow}{two}"), HOLD_2, vec!["two"]),
        (
            "the higher tier beats the lower",
            format!("{three}{allow}{two}"),
            HOLD_3,
            vec!["three", "two"],
        ),
        (
            "forbid beats allow",
            format!("{allow}{forbid}"),
            Effect::Deny,
            vec!["forbid"],
        ),
        (
            "forbid beats all",
            format!("{allow}{two}{forbid}{three}"),
            Effect::Deny,
            vec!["forbid"],
        ),
        (
            "a broken allow denies",
            broken("sum", "permit"),
            Effect::Deny,
            vec!["sum"],
        ),
        (
            "a broken allow beside an allow denies",
            format!("{allow}{}", broken("sum", "permit")),
            Effect::Deny,
            vec!["sum"],
        ),
        (
            "a broken forbid denies",
            format!("{allow}{}", broken("sum", "forbid")),
            Effect::Deny,
            vec!["sum"],
        ),
        (
            "a broken rule beside a hold denies",
            format!("{two}{}", broken("sum", "forbid")),
            Effect::Deny,
            vec!["sum"],
        ),
        (
            "a broken rule beside a forbid: both are said",
            format!("{}{forbid}", broken("sum", "permit")),
            Effect::Deny,
            vec!["forbid", "sum"],
        ),
    ] {
        let decision = Ask::of(TEXT).decide(&Policy::parse(&text).unwrap());
        assert_eq!((decision.effect, ids(&decision)), (effect, reasons), "{case}");
    }
}

#[test]
fn a_decision_explains_itself() {
    let decision = Ask::of(TOOLS).decide(&Policy::built_in().unwrap());
    assert_eq!(
        decision.reasons.first().unwrap().text,
        "The model is offered tools that act."
    );
    assert_eq!(decision.policy_sha256, Policy::built_in().unwrap().sha256());
    let decision = Ask::of(TEXT).decide(&Policy::parse("").unwrap());
    assert_eq!(decision.reasons.first().unwrap().text, "No rule allows this.");
    let decision = Ask::of(TEXT).decide(&Policy::parse(&broken("sum", "permit")).unwrap());
    let text = &decision.reasons.first().unwrap().text;
    assert!(
        text.starts_with("This rule couldn't be evaluated, so the call is denied: "),
        "{text}"
    );
}

#[test]
fn the_built_in_policy_lets_text_through_and_holds_tools() {
    let policy = Policy::built_in().unwrap();
    let tool = |kind: &str| format!(r#""tools":[{{"type":"function","function":{{"name":"a"}}}},{{"type":"{kind}"}}]"#);
    for (case, fields, effect, reason) in [
        ("text", TEXT.to_owned(), Effect::Allow, "text-only"),
        (
            "an unknown plain value",
            r#""top_k":40"#.to_owned(),
            Effect::Allow,
            "text-only",
        ),
        ("tools", TOOLS.to_owned(), HOLD_2, "tools-need-a-person"),
        ("a hosted tool", HOSTED.to_owned(), Effect::Deny, "no-hosted-tools"),
        (
            "a hosted tool hidden among tools",
            tool("web_search"),
            Effect::Deny,
            "no-hosted-tools",
        ),
        (
            "remote mcp hidden among tools",
            tool("mcp"),
            Effect::Deny,
            "no-remote-mcp",
        ),
        (
            "an unknown tool hidden among tools",
            tool("Function"),
            Effect::Deny,
            "nothing-unknown",
        ),
        ("a remote image", IMAGE.to_owned(), Effect::Deny, "no-remote-addresses"),
        (
            "an address in an unknown field",
            r#""api_base":"https://evil""#.to_owned(),
            Effect::Deny,
            "no-remote-addresses",
        ),
        (
            "state at the provider",
            r#""store":true"#.to_owned(),
            Effect::Deny,
            "no-server-state",
        ),
        (
            "sound for an answer",
            r#""modalities":["audio"]"#.to_owned(),
            Effect::Deny,
            "no-media",
        ),
        (
            "an unknown structure",
            r#""extra":{}"#.to_owned(),
            Effect::Deny,
            "nothing-unknown",
        ),
    ] {
        let decision = Ask::of(&fields).decide(&policy);
        assert_eq!((decision.effect, ids(&decision)), (effect, vec![reason]), "{case}");
    }
}

#[test]
fn a_policy_can_speak_of_agent_upstream_model_tools_and_fields() {
    for (condition, fields, applies) in [
        (r#"principal == Agent::"agent-1""#, TEXT, true),
        (r#"principal.name == "support-bot""#, TEXT, true),
        (r#"principal.name == "Support-Bot""#, TEXT, false),
        (r#"principal.sponsor == "operator-1""#, TEXT, true),
        ("principal.practice", TEXT, false),
        (r#"resource == Upstream::"openai""#, TEXT, true),
        ("resource.practice", TEXT, false),
        (r#"context.model like "gpt-*""#, TEXT, true),
        (r#"context.format == Format::"openai""#, TEXT, true),
        ("context.stream", r#""stream":true"#, true),
        ("context.messages == 1", TEXT, true),
        ("context.bytes < 1000", TEXT, true),
        (
            r#"["ledger.read", "payment.create"].containsAll(context.tools)"#,
            TOOLS,
            true,
        ),
        (r#"["ledger.read"].containsAll(context.tools)"#, TOOLS, false),
        (r#"context.details.contains("web_search_options")"#, HOSTED, true),
        (r#"context.unknown_fields.contains("top_k")"#, r#""top_k":40"#, true),
    ] {
        let text = format!("@id(\"a\") @reason(\"A.\") permit (principal, action, resource) when {{ {condition} }};");
        let decision = Ask::of(fields).decide(&Policy::parse(&text).unwrap());
        let effect = if applies { Effect::Allow } else { Effect::Deny };
        assert_eq!(decision.effect, effect, "{condition}");
    }
}

#[test]
fn no_name_can_become_policy_syntax() {
    let policy =
        Policy::parse(r#"@id("a") @reason("A.") permit (principal == Agent::"admin", action, resource);"#).unwrap();
    for hostile in [
        "admin\"",
        "x\" || true || \"",
        "Agent::\"admin\"",
        "",
        "\u{0}",
        "admin\u{200b}",
        "Admin",
    ] {
        let ask = Ask {
            agent_uid: hostile,
            agent_name: hostile,
            upstream: hostile,
            ..Ask::of(TEXT)
        };
        assert_eq!(ask.decide(&policy).effect, Effect::Deny, "{hostile:?}");
    }
}

/// Texts of rules, each an effect that applies to every call or to none.
fn rules() -> impl Strategy<Value = Vec<(&'static str, bool)>> {
    let effect = prop_oneof![
        Just("permit"),
        Just("forbid"),
        Just("@hold(\"2\") permit"),
        Just("@hold(\"3\") permit")
    ];
    proptest::collection::vec((effect, any::<bool>()), 0..8)
}

proptest! {
    #[test]
    fn the_effect_is_the_strictest_that_applies(rules in rules()) {
        let mut text = String::new();
        for (number, (effect, applies)) in rules.iter().enumerate() {
            let sign = if *applies { ">" } else { "<" };
            text.push_str(&format!(
                "@id(\"r{number}\") @reason(\"R.\") {effect} (principal, action, resource) when {{ context.bytes {sign} 0 }};\n"
            ));
        }
        let applying: Vec<&str> = rules.iter().filter(|(_, applies)| *applies).map(|(effect, _)| *effect).collect();
        let any = |wanted: &str| applying.contains(&wanted);
        let wanted = if any("forbid") || applying.is_empty() {
            Effect::Deny
        } else if any("@hold(\"3\") permit") {
            HOLD_3
        } else if any("@hold(\"2\") permit") {
            HOLD_2
        } else {
            Effect::Allow
        };
        let decision = Ask::of(TEXT).decide(&Policy::parse(&text).unwrap());
        prop_assert_eq!(decision.effect, wanted);
        prop_assert!(!decision.reasons.is_empty());
    }
}
