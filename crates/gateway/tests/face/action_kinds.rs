//! Definitions of kinds of actions that are refused, each named by what is tried.

use contract::{ActionKindText, Operators};
use serde_json::{Value, json};

use crate::actions::payment;
use crate::house::House;

/// What is tried, and how the definition is changed for it.
type Bent = (&'static str, fn(&mut Value));

#[tokio::test]
async fn definitions_that_arent_registered() {
    let house = House::open().await;
    let size = house.log_size().await;
    let change: [Bent; 14] = [
        ("remote $ref", |kind| {
            kind["schema"]["properties"]["x"] = json!({"$ref": "https://evil.example/s.json"})
        }),
        ("$ref to a file", |kind| {
            kind["schema"]["$ref"] = json!("file:///etc/passwd")
        }),
        ("remote $dynamicRef", |kind| {
            kind["schema"]["$dynamicRef"] = json!("https://evil.example/s")
        }),
        ("$id elsewhere", |kind| {
            kind["schema"]["$id"] = json!("https://evil.example/")
        }),
        ("another dialect", |kind| {
            kind["schema"]["$schema"] = json!("http://json-schema.org/draft-07/schema#")
        }),
        ("not of objects", |kind| kind["schema"] = json!({"type": "string"})),
        ("no schema", |kind| kind["schema"] = json!(true)),
        ("not a schema", |kind| kind["schema"]["required"] = json!("amount")),
        ("a pattern that isn't one", |kind| {
            kind["schema"]["properties"]["payee"] = json!({"pattern": "("})
        }),
        ("a broken local $ref", |kind| {
            kind["schema"]["properties"]["x"] = json!({"$ref": "#/$defs/none"})
        }),
        ("unknown category", |kind| kind["category"] = json!("harmless")),
        ("unknown field", |kind| kind["allow"] = json!(true)),
        ("title with no such parameter", |kind| {
            kind["title"] = json!("Pay {sum}")
        }),
        ("title that turns", |kind| kind["title"] = json!("Pay \u{202e}{amount}")),
    ];
    for (name, change) in change {
        let mut kind = payment();
        change(&mut kind);
        let text = kind.to_string();
        let refused = house.desk.action_kind_set(ActionKindText { text }).await;
        assert!(refused.is_err(), "{name}");
    }
    let twice = r#"{"name":"a","name":"b","category":"read","schema":{"type":"object"}}"#.to_owned();
    assert!(
        house
            .desk
            .action_kind_set(ActionKindText { text: twice })
            .await
            .is_err()
    );
    assert_eq!(house.log_size().await, size, "nothing was recorded");
}
