//! The built-in policy decides alike in every format that is read, and a policy can tell the formats apart.

use action::model_call::Format;
use policy::{Effect, Policy, Tier, schema_text};

use crate::calls::{Ask, TEXT, ids};

const HOLD: Effect = Effect::Hold {
    tier: Tier::OneReviewer,
};

/// The members of a body that asks no more than "hi".
fn least(format: Format) -> &'static str {
    match format {
        Format::OpenAiChat => r#""model":"m","messages":[{"role":"user","content":"hi"}]"#,
        Format::OpenAiResponses | Format::OpenAiEmbeddings => r#""model":"m","input":"hi""#,
        Format::AnthropicMessages | Format::AnthropicCountTokens => {
            r#""model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]"#
        }
        _ => r#""contents":[{"parts":[{"text":"hi"}]}]"#,
    }
}

/// A tool that the agent runs, one that the provider runs, a tool server, and state at the provider.
fn reaching(format: Format) -> Option<[&'static str; 4]> {
    match format {
        Format::OpenAiResponses => Some([
            r#""tools":[{"type":"function","name":"pay","parameters":{}}]"#,
            r#""tools":[{"type":"function","name":"pay","parameters":{}},{"type":"web_search"}]"#,
            r#""tools":[{"type":"mcp","server_label":"x","server_url":"https://mcp.example"}]"#,
            r#""previous_response_id":"resp_1""#,
        ]),
        Format::AnthropicMessages => Some([
            r#""tools":[{"name":"pay","input_schema":{}}]"#,
            r#""tools":[{"name":"pay","input_schema":{}},{"type":"web_search_20250305","name":"w"}]"#,
            r#""mcp_servers":[{"type":"url","name":"x","url":"https://mcp.example"}]"#,
            r#""container":"container_1""#,
        ]),
        Format::GeminiGenerate | Format::GeminiStream => Some([
            r#""tools":[{"functionDeclarations":[{"name":"pay"}]}]"#,
            r#""tools":[{"functionDeclarations":[{"name":"pay"}],"google_search":{}}]"#,
            r#""tools":[{"mcpServers":[{"streamableHttpTransport":{"url":"https://mcp.example"}}]}]"#,
            r#""cached_content":"cachedContents/1""#,
        ]),
        _ => None,
    }
}

#[test]
fn the_built_in_policy_decides_alike_in_every_format() {
    let policy = Policy::built_in().unwrap();
    for format in Format::ALL {
        let ask = Ask::of(TEXT);
        let text = ask.decide_as(format, &format!("{{{}}}", least(format)), &policy);
        assert_eq!(
            (text.effect, ids(&text)),
            (Effect::Allow, vec!["text-only"]),
            "{format:?}"
        );
        for (members, (effect, rule)) in reaching(format).into_iter().flatten().zip([
            (HOLD, "tools-need-a-person"),
            (Effect::Deny, "no-hosted-tools"),
            (Effect::Deny, "no-remote-mcp"),
            (Effect::Deny, "no-server-state"),
        ]) {
            let decision = ask.decide_as(format, &format!("{{{},{members}}}", least(format)), &policy);
            assert_eq!(
                (decision.effect, ids(&decision)),
                (effect, vec![rule]),
                "{format:?}: {members}"
            );
        }
    }
}

#[test]
fn counting_the_tokens_of_tools_needs_nobody() {
    let policy = Policy::built_in().unwrap();
    for (format, tools) in [
        (
            Format::AnthropicCountTokens,
            r#""tools":[{"name":"pay","input_schema":{}}]"#,
        ),
        (
            Format::GeminiCountTokens,
            r#""tools":[{"functionDeclarations":[{"name":"pay"}]}]"#,
        ),
    ] {
        let decision = Ask::of(TEXT).decide_as(format, &format!("{{{},{tools}}}", least(format)), &policy);
        assert_eq!(decision.effect, Effect::Allow, "{format:?}");
    }
}

#[test]
fn a_policy_can_tell_formats_and_operations_apart() {
    for format in Format::ALL {
        let (wire, operation) = (format.wire(), format.operation());
        let text = format!(
            "@id(\"a\") @reason(\"A.\") permit (principal, action, resource)
             when {{ context.format == Format::\"{wire}\" && context.operation == Operation::\"{operation}\" }};"
        );
        let policy = Policy::parse(&text).unwrap();
        for other in Format::ALL {
            let decision = Ask::of(TEXT).decide_as(other, &format!("{{{}}}", least(other)), &policy);
            assert_eq!(
                decision.effect == Effect::Allow,
                other == format,
                "{format:?}, {other:?}"
            );
        }
    }
    let misspelt = "@id(\"a\") @reason(\"A.\") permit (principal, action, resource)
                    when { context.operation == Operation::\"embedding\" };";
    assert!(Policy::parse(misspelt).is_err());
}

#[test]
fn the_schema_and_the_guide_name_every_format_and_operation() {
    let guide = include_str!("../../../../docs/policies.md");
    for format in Format::ALL {
        for name in [format.wire(), format.operation()] {
            assert!(schema_text().contains(&format!("\"{name}\"")), "{name}");
            assert!(guide.contains(&format!("`{name}`")), "{name}");
        }
    }
}
