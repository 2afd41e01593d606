//! Plausible arguments for a tool, from its JSON Schema.

use serde_json::{Map, Value, json};

/// A schema may be nested this deep; what lies below is answered with `null`.
const DEEPEST: usize = 8;

/// Arguments that fit the schema, as far as it uses the common keywords.
pub(super) fn plausible(schema: &Value) -> Value {
    match value(schema, "value", DEEPEST) {
        Value::Object(object) => Value::Object(object),
        _ => json!({}),
    }
}

fn value(schema: &Value, name: &str, depth: usize) -> Value {
    let Some(deeper) = depth.checked_sub(1) else {
        return Value::Null;
    };
    for keyword in ["const", "default"] {
        if let Some(given) = schema.get(keyword) {
            return given.clone();
        }
    }
    for keyword in ["enum", "examples"] {
        if let Some(first) = schema.get(keyword).and_then(|values| values.get(0)) {
            return first.clone();
        }
    }
    for keyword in ["anyOf", "oneOf", "allOf"] {
        if let Some(first) = schema.get(keyword).and_then(|schemas| schemas.get(0)) {
            return value(first, name, deeper);
        }
    }
    let kind = schema
        .get("type")
        .and_then(|kind| kind.as_str().or_else(|| kind.get(0)?.as_str()));
    match kind {
        Some("string") => text(schema, name),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        Some("array") => schema
            .get("items")
            .map_or(json!([]), |items| json!([value(items, name, deeper)])),
        Some("null") => Value::Null,
        _ => object(schema, deeper),
    }
}

fn object(schema: &Value, depth: usize) -> Value {
    let properties = schema.get("properties").and_then(Value::as_object);
    let members = properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.clone(), value(schema, name, depth)));
    Value::Object(members.collect::<Map<_, _>>())
}

fn text(schema: &Value, name: &str) -> Value {
    match schema.get("format").and_then(Value::as_str) {
        Some("date-time") => json!("2026-01-01T12:00:00Z"),
        Some("date") => json!("2026-01-01"),
        Some("email") => json!("practice@example.com"),
        Some("uri" | "url") => json!("https://example.com/practice"),
        _ => json!(format!("practice {name}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_fit_the_schema() {
        let schema = json!({"type": "object", "properties": {
            "to": {"type": "string", "format": "email"}, "cents": {"type": "integer", "minimum": 5},
            "currency": {"enum": ["EUR", "USD"]}, "lines": {"type": "array", "items": {"type": "string"}},
            "note": {"type": ["string", "null"]}, "flags": {"type": "object", "properties": {"dry": {"type": "boolean"}}},
        }});
        assert_eq!(
            plausible(&schema),
            json!({"to": "practice@example.com", "cents": 5, "currency": "EUR",
            "lines": ["practice lines"], "note": "practice note", "flags": {"dry": true}})
        );
    }

    #[test]
    fn a_schema_without_end_ends() {
        let mut schema = json!({"type": "string"});
        for _ in 0..100 {
            schema = json!({"type": "object", "properties": {"deeper": schema}});
        }
        assert!(plausible(&schema).to_string().len() < 200);
        assert_eq!(plausible(&json!("not a schema")), json!({}));
    }
}
