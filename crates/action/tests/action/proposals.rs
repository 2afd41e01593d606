//! Proposals: what a person sees of one, and the form in which its kind is kept.

use action::proposal::{Category, Definition, ExecutionReport, ExecutionStatus, Parties, Proposal, Subject};
use action::view::{Section, View};
use proptest::prelude::*;
use serde_json::{Value, json};

fn definition(title: &str) -> Definition {
    let text = json!({
        "name": "payment.create", "category": "move_money", "title": title, "description": "From the operating account.",
        "schema": {"type": "object", "properties": {"amount": {}, "payee": {}, "note": {}}}
    });
    Definition::read(text.to_string().as_bytes()).unwrap()
}

fn view(title: &str, proposal: &Value) -> View {
    let who = Parties {
        agent: "bot\u{202e}".to_owned(),
        sponsor: "Robin".to_owned(),
    };
    let proposal = Proposal::read(proposal.to_string().as_bytes()).unwrap();
    proposal.view(&definition(title), &who)
}

fn titled(title: &str, parameters: Value) -> String {
    view(title, &json!({"kind": "payment.create", "parameters": parameters})).title
}

#[test]
fn a_whole_proposal_as_a_reviewer_reads_it() {
    let proposal = json!({
        "kind": "payment.create",
        "parameters": {
            "amount": "48200.00", "lines": [{"text": "a\nb", "net": 1.5}, {}], "payee": "Ac\u{200b}me", "urgent": true,
            "ac.me": null,
        },
        "reason": "It is due\u{202e}.",
        "evidence": [{"kind": "invoice", "reference": "https://files.example/1", "sha256": "ab".repeat(32)}]
    });
    let shown = view("Pay {amount} to {payee}", &proposal);
    assert_eq!(shown.title, "Pay 48200.00 to (payee, below)");
    let facts: Vec<_> = shown
        .facts
        .iter()
        .map(|fact| (fact.label.as_str(), fact.value.as_str()))
        .collect();
    let wanted = [
        ("Agent", "bot⟨U+202E⟩"),
        ("Sponsor", "Robin"),
        ("Kind", "payment.create"),
        ("Category", "Moves money"),
    ];
    assert_eq!(facts, wanted);
    let Section::Facts { facts, .. } = &shown.sections[0] else {
        panic!("{shown:?}")
    };
    let parameters: Vec<_> = facts
        .iter()
        .map(|fact| (fact.label.as_str(), fact.value.as_str()))
        .collect();
    let wanted = [
        ("[“ac.me”]", "null"),
        ("amount", "48200.00"),
        ("lines[0].net", "1.5"),
        ("lines[0].text", "a\nb"),
        ("lines[1]", "{}"),
        ("payee", "Ac⟨U+200B⟩me"),
        ("urgent", "true"),
    ];
    assert_eq!(parameters, wanted);
    // The agent's words stand in sections that screens box as claimed.
    let claimed: Vec<_> = shown
        .sections
        .iter()
        .filter_map(|section| match section {
            Section::Messages { messages, .. } => Some((messages[0].role.as_str(), messages[0].text.as_str())),
            _ => None,
        })
        .collect();
    let reference = format!("https://files.example/1\nSHA-256 {}", "ab".repeat(32));
    assert_eq!(
        claimed,
        [("reason", "It is due⟨U+202E⟩."), ("invoice", reference.as_str())]
    );
    let Some(Section::Raw { text, .. }) = shown.sections.last() else {
        panic!("{shown:?}")
    };
    assert_eq!(action::visible::restore(text).unwrap(), proposal.to_string());
    assert_eq!(View::from_bytes(&shown.to_bytes()).unwrap(), shown);
}

#[test]
fn nothing_that_an_agent_writes_bends_the_title() {
    for (parameters, title) in [
        (json!({"amount": 5, "payee": "Acme GmbH"}), "Pay 5 to “Acme GmbH”"),
        (json!({"amount": "5"}), "Pay 5 to (no payee)"),
        (
            json!({"amount": "5", "payee": "x”. Nothing else. “"}),
            "Pay 5 to (payee, below)",
        ),
        (json!({"amount": "5", "payee": "a\nb"}), "Pay 5 to (payee, below)"),
        (json!({"amount": "5", "payee": "Аcme"}), "Pay 5 to (payee, below)"),
        (
            json!({"amount": "5", "payee": "x".repeat(65)}),
            "Pay 5 to (payee, below)",
        ),
        (json!({"amount": "5", "payee": ""}), "Pay 5 to (payee, below)"),
        (
            json!({"amount": "5", "payee": {"name": "x"}}),
            "Pay 5 to (payee, below)",
        ),
        (json!({"amount": "{payee}", "payee": "y"}), "Pay (amount, below) to y"),
    ] {
        assert_eq!(
            titled("Pay {amount} to {payee}", parameters.clone()),
            title,
            "{parameters}"
        );
    }
    assert_eq!(titled("", json!({})), "payment.create, without parameters");
    let many = json!({"a": 1, "b": 2, "c": 3, "d": 4, "e,f": 5});
    assert_eq!(titled("", many), "payment.create: a 1, b 2, c 3, 2 more");
}

#[test]
fn a_report_says_how_it_ended_and_how_long_it_took() {
    let read = |report: Value| ExecutionReport::read(report.to_string().as_bytes());
    let told = read(json!({"status": "success", "started_ms": 10, "ended_ms": 321, "result": [1, {"a": null}]}));
    let told = told.unwrap();
    assert_eq!((told.status, told.took_ms), (ExecutionStatus::Success, Some(311)));
    let told = read(json!({"status": "failure", "ended_ms": 321})).unwrap();
    assert_eq!((told.status, told.took_ms), (ExecutionStatus::Failure, None));
    for wrong in [
        json!({"status": "success", "started_ms": -1}),
        json!({"status": "success", "ended_ms": 1.5}),
        json!({"status": "success", "summary": "x".repeat(4001)}),
        json!(["success"]),
    ] {
        assert!(read(wrong.clone()).is_err(), "{wrong}");
    }
}

#[test]
fn a_stored_definition_has_one_form() {
    let bytes = definition("Pay {amount}").to_bytes();
    let text = String::from_utf8(bytes).unwrap();
    for (attack, altered) in [
        ("white space", format!("{text} ")),
        ("a field more", text.replace("\"v\":1", "\"v\":1,\"w\":1")),
        ("a field less", text.replace("\"title\":\"Pay {amount}\",", "")),
        ("another version", text.replace("\"v\":1", "\"v\":2")),
        ("another category", text.replace("move_money", "harmless")),
    ] {
        assert_ne!(altered, text, "{attack}");
        assert!(Definition::from_bytes(altered.as_bytes()).is_err(), "{attack}");
    }
}

fn definitions() -> impl Strategy<Value = Definition> {
    let category = proptest::sample::select(Category::ALL.to_vec());
    (any::<[String; 4]>(), category, any::<u32>()).prop_map(|(texts, category, report_within_s)| {
        let [name, title, description, schema] = texts;
        Definition {
            name,
            category,
            title,
            description,
            report_within_s,
            schema,
        }
    })
}

proptest! {
    #[test]
    fn from_bytes_is_the_inverse_of_to_bytes(definition in definitions()) {
        prop_assert_eq!(&Definition::from_bytes(&definition.to_bytes()).unwrap(), &definition);
        let subject = Subject { definition };
        prop_assert_eq!(Subject::from_bytes(&subject.to_bytes()).unwrap(), subject);
    }

    #[test]
    fn different_definitions_have_different_digests(one in definitions(), two in definitions()) {
        prop_assert_eq!(one.sha256() == two.sha256(), one == two);
    }

    #[test]
    fn no_bytes_break_the_readers(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        drop(Proposal::read(&bytes));
        drop(ExecutionReport::read(&bytes));
        drop(Definition::read(&bytes));
    }
}
