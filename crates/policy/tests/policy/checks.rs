//! What is refused before it may decide anything, and where it is said to be.

use action::model_call::Capability;
use policy::{Policy, PolicyError, RuleEffect, Tier, schema_text};

fn refused(attack: &str, text: &str) -> PolicyError {
    match Policy::parse(text) {
        Err(error) => error,
        Ok(_) => panic!("{attack}: taken for a policy"),
    }
}

const PERMIT: &str = "permit (principal, action, resource)";
const NAMED: &str = "@id(\"a\") @reason(\"A.\") ";

#[test]
fn what_could_decide_otherwise_than_it_reads_is_refused() {
    for (attack, text, line, message) in [
        (
            "not_cedar",
            "allow everything".to_owned(),
            Some(1),
            "unexpected token `everything`",
        ),
        (
            "rule_without_name",
            format!("@reason(\"A.\") {PERMIT};"),
            Some(1),
            "a rule has no name",
        ),
        (
            "rule_without_reason",
            format!("\n@id(\"a\") {PERMIT};"),
            Some(2),
            "the rule `a` gives no reason",
        ),
        (
            "empty_reason",
            format!("@id(\"a\") @reason(\" \") {PERMIT};"),
            Some(1),
            "gives no reason",
        ),
        (
            "long_reason",
            format!("@id(\"a\") @reason(\"{}\") {PERMIT};", "x".repeat(301)),
            Some(1),
            "301 characters",
        ),
        (
            "reason_of_two_lines",
            format!("@id(\"a\") @reason(\"A\\nB\") {PERMIT};"),
            Some(1),
            "more than one line",
        ),
        (
            "reason_with_an_escaped_override",
            format!("@id(\"a\") @reason(\"A\\u{{202e}}\") {PERMIT};"),
            Some(1),
            "visible text",
        ),
        (
            "name_twice",
            format!("{NAMED}{PERMIT};\n{NAMED}{PERMIT};"),
            Some(2),
            "is taken by a rule above",
        ),
        (
            "name_in_capitals",
            format!("@id(\"A\") @reason(\"A.\") {PERMIT};"),
            Some(1),
            "is no name for a rule",
        ),
        (
            "reserved_name",
            format!("@id(\"default-deny\") @reason(\"A.\") {PERMIT};"),
            Some(1),
            "name it otherwise",
        ),
        (
            "misspelt_hold_would_allow",
            format!("{NAMED}@hodl(\"2\") {PERMIT};"),
            Some(1),
            "`@hodl` means nothing here",
        ),
        (
            "hold_in_capitals",
            format!("{NAMED}@Hold(\"2\") {PERMIT};"),
            Some(1),
            "`@Hold` means nothing here",
        ),
        (
            "waits_without_holding",
            format!("{NAMED}@within(\"15m\") {PERMIT};"),
            Some(1),
            "nothing waits",
        ),
        (
            "waits_for_no_time",
            format!("{NAMED}@hold(\"2\") @within(\"soon\") {PERMIT};"),
            Some(1),
            "waits for `soon`",
        ),
        (
            "waits_too_short",
            format!("{NAMED}@hold(\"2\") @within(\"4s\") {PERMIT};"),
            Some(1),
            "waits for `4s`",
        ),
        (
            "waits_too_long",
            format!("{NAMED}@hold(\"2\") @within(\"25h\") {PERMIT};"),
            Some(1),
            "waits for `25h`",
        ),
        (
            "waits_for_more_than_a_number_holds",
            format!("{NAMED}@hold(\"2\") @within(\"99999h\") {PERMIT};"),
            Some(1),
            "waits for `99999h`",
        ),
        (
            "unknown_tier",
            format!("{NAMED}@hold(\"1\") {PERMIT};"),
            Some(1),
            "unknown tier, `1`",
        ),
        (
            "tier_without_value",
            format!("{NAMED}@hold {PERMIT};"),
            Some(1),
            "unknown tier, ``",
        ),
        (
            "tier_with_a_space",
            format!("{NAMED}@hold(\" 2\") {PERMIT};"),
            Some(1),
            "unknown tier",
        ),
        (
            "forbid_that_holds",
            format!("{NAMED}@hold(\"2\") forbid (principal, action, resource);"),
            Some(1),
            "can't hold",
        ),
        (
            "template",
            format!("{NAMED}permit (principal == ?principal, action, resource);"),
            Some(1),
            "a template",
        ),
        (
            "misspelt_attribute",
            format!("{NAMED}{PERMIT} when {{ context.modle == \"m\" }};"),
            Some(1),
            "modle",
        ),
        (
            "misspelt_capability_would_never_forbid",
            format!(
                "{NAMED}\nforbid (principal, action, resource)\nwhen {{ context.capabilities.contains(Capability::\"hosted_tol\") }};"
            ),
            Some(3),
            "hosted_tol",
        ),
        (
            "misspelt_action",
            format!("{NAMED}permit (principal, action == Action::\"model_cal\", resource);"),
            Some(1),
            "model_cal",
        ),
        (
            "unknown_entity",
            format!("{NAMED}permit (principal is Robot, action, resource);"),
            Some(1),
            "Robot",
        ),
        (
            "wrong_type",
            format!("{NAMED}{PERMIT} when {{ context.bytes == \"1\" }};"),
            Some(1),
            "the types",
        ),
        (
            "rule_that_never_applies",
            format!("{NAMED}{PERMIT} when {{ false }};"),
            Some(1),
            "impossible",
        ),
        (
            "override_in_a_comment",
            format!("// \u{202e}x\n{NAMED}{PERMIT};"),
            Some(1),
            "an invisible character, ⟨U+202E⟩",
        ),
        (
            "zero_width_space_in_a_text",
            format!("\n{NAMED}{PERMIT} when {{ context.model == \"a\u{200b}\" }};"),
            Some(2),
            "⟨U+200B⟩",
        ),
        ("very_long", " ".repeat(256 * 1024 + 1), None, "at most 262144 are read"),
    ] {
        let error = refused(attack, &text);
        let found = error
            .problems
            .iter()
            .any(|problem| problem.line == line && problem.message.contains(message));
        assert!(found, "{attack}: {error:?}");
    }
}

#[test]
fn too_many_rules_are_refused() {
    let rules = (0..501)
        .map(|n| format!("@id(\"r{n}\") @reason(\"R.\") {PERMIT};\n"))
        .collect::<String>();
    let error = refused("too_many", &rules);
    assert!(error.to_string().contains("there are 501 rules"), "{error}");
}

#[test]
fn everything_wrong_is_said_at_once() {
    let text =
        format!("{PERMIT};\n\n@id(\"b\") @reason(\"B.\") @hold(\"9\") {PERMIT} when {{ context.modle == \"m\" }};\n");
    let error = refused("several", &text);
    let lines: Vec<Option<u32>> = error.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [Some(1), Some(1), Some(3), Some(3)], "{error}");
    assert!(
        error.to_string().starts_with("the policy has 4 problems; line 1: "),
        "{error}"
    );
}

#[test]
fn rules_are_listed_in_the_texts_order() {
    let policy = Policy::built_in().unwrap();
    let rules: Vec<(&str, &str)> = policy
        .rules()
        .iter()
        .map(|rule| (rule.id.as_str(), rule.effect.as_str()))
        .collect();
    assert_eq!(
        rules,
        [
            ("text-only", "allow"),
            ("tools-need-a-person", "hold"),
            ("no-hosted-tools", "forbid"),
            ("no-remote-mcp", "forbid"),
            ("no-remote-addresses", "forbid"),
            ("no-server-state", "forbid"),
            ("no-media", "forbid"),
            ("nothing-unknown", "forbid"),
            ("actions-need-a-person", "hold"),
        ]
    );
    assert!(policy.rules().is_sorted_by_key(|rule| rule.line));
    let hold = policy
        .rules()
        .iter()
        .find(|rule| rule.id == "tools-need-a-person")
        .unwrap();
    assert_eq!(hold.effect, RuleEffect::Hold(Tier::OneReviewer));
    let marked = policy.text().lines().nth(hold.line as usize - 1).unwrap();
    assert_eq!(marked, "@id(\"tools-need-a-person\")");
}

#[test]
fn eleven_rules_keep_their_order() {
    let text = (0..11)
        .map(|n| format!("@id(\"r{n}\") @reason(\"R.\") {PERMIT};\n"))
        .collect::<String>();
    let policy = Policy::parse(&text).unwrap();
    let ids: Vec<&str> = policy.rules().iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7", "r8", "r9", "r10"]);
}

#[test]
fn a_text_with_windows_line_ends_is_a_policy() {
    let text = Policy::built_in().unwrap().text().replace('\n', "\r\n");
    assert_ne!(
        Policy::parse(&text).unwrap().sha256(),
        Policy::built_in().unwrap().sha256()
    );
}

#[test]
fn the_schema_names_every_capability() {
    for name in Capability::NAMES {
        assert!(schema_text().contains(&format!("\"{name}\"")), "{name}");
        let text = format!("{NAMED}{PERMIT} when {{ context.capabilities.contains(Capability::\"{name}\") }};");
        assert!(Policy::parse(&text).is_ok(), "{name}");
    }
    let listed = schema_text()
        .split("entity Capability enum [")
        .nth(1)
        .unwrap()
        .split(']')
        .next()
        .unwrap();
    assert_eq!(listed.matches('"').count(), Capability::NAMES.len() * 2);
}
