//! Finding a text in contents: literally, in whatever case of letters, in what a person would read there.
//!
//! A content is searched as it stands; where it is JSON, also in each of its strings, so that an escape (`\u00fc`)
//! doesn't hide a letter; and where it is a stream of JSON events, also in what the pieces at one place give together,
//! so that a name that came in two pieces is found. Nothing of a content is kept, and nothing is indexed.

use std::collections::BTreeMap;

use serde_json::Value;

/// A text to be found.
pub(crate) struct Needle(String);

impl Needle {
    /// Nothing where the text is blank.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        (!text.is_empty()).then(|| Self(text.to_lowercase()))
    }

    /// Whether it stands in a content of this media type.
    pub(crate) fn is_in(&self, media_type: &str, bytes: &[u8]) -> bool {
        let text = String::from_utf8_lossy(bytes);
        if self.stands_in(&text) {
            return true;
        }
        if media_type.starts_with("text/event-stream") {
            return self.is_in_events(&text);
        }
        serde_json::from_slice::<Value>(bytes).is_ok_and(|value| self.is_in_value(&value))
    }

    fn stands_in(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.0)
    }

    fn is_in_value(&self, value: &Value) -> bool {
        match value {
            // A tool's arguments are JSON in a string.
            Value::String(text) => {
                let nested = || {
                    serde_json::from_str::<Value>(text)
                        .ok()
                        .filter(|value| !value.is_string())
                };
                self.stands_in(text) || nested().is_some_and(|value| self.is_in_value(&value))
            }
            Value::Array(items) => items.iter().any(|item| self.is_in_value(item)),
            Value::Object(members) => members
                .iter()
                .any(|(name, value)| self.stands_in(name) || self.is_in_value(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    fn is_in_events(&self, text: &str) -> bool {
        let mut joined = BTreeMap::new();
        let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
        for event in data.filter_map(|data| serde_json::from_str::<Value>(data).ok()) {
            join(&event, &mut String::new(), &mut joined);
        }
        joined
            .values()
            .any(|text| self.is_in_value(&Value::String(text.clone())))
    }
}

/// Adds every string of a value to what stood at the same place before.
fn join(value: &Value, place: &mut String, joined: &mut BTreeMap<String, String>) {
    let length = place.len();
    let mut under = |name: &str, value: &Value| {
        place.push('/');
        place.push_str(name);
        join(value, place, joined);
        place.truncate(length);
    };
    match value {
        Value::String(text) => joined.entry(place.clone()).or_default().push_str(text),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                under(&at.to_string(), item);
            }
        }
        Value::Object(members) => {
            for (name, value) in members {
                under(name, value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

    use super::*;

    fn found(needle: &str, media_type: &str, content: &str) -> bool {
        Needle::new(needle).unwrap().is_in(media_type, content.as_bytes())
    }

    #[test]
    fn a_text_is_found_where_a_person_would_read_it() {
        let json = "application/json";
        let stream = "data: {\"choices\":[{\"delta\":{\"content\":\"Dear Eri\"}}]}\n\n\
                      data: {\"choices\":[{\"delta\":{\"content\":\"ka Muster\"}}]}\n\n\
                      data: {\"choices\":[{\"delta\":{\"content\":\"mann,\"}}]}\n\ndata: [DONE]\n\n";
        for (name, needle, media_type, content) in [
            ("as_it_stands", "Erika", json, "{\"a\":\"to erika mustermann\"}"),
            ("other_case", "ERIKA MUSTERMANN", "text/plain", "erika Mustermann"),
            (
                "umlaut_in_other_case",
                "MÜLLER",
                "text/plain; charset=utf-8",
                "Frau Müller",
            ),
            ("escaped_letters", "Müller", json, "{\"a\":\"M\\u00fcller\"}"),
            ("escaped_slash", "a/b", json, "{\"a\":\"a\\/b\"}"),
            (
                "in_a_tools_arguments",
                "Müller",
                json,
                "{\"arguments\":\"{\\\"to\\\":\\\"M\\\\u00fcller\\\"}\"}",
            ),
            ("in_a_members_name", "erika", json, "{\"Erik\\u0061\":1}"),
            (
                "in_pieces",
                "Erika Mustermann",
                "text/event-stream; charset=utf-8",
                stream,
            ),
            (
                "beside_bytes_that_are_no_text",
                "erika",
                "application/octet-stream",
                "\u{0}\u{1}Erika\u{2}",
            ),
        ] {
            assert!(found(needle, media_type, content), "{name}");
        }
        for (name, needle, media_type, content) in [
            ("another", "Erika", json, "{\"a\":\"Ericka\"}"),
            ("across_members", "ab", json, "{\"x\":\"a\",\"y\":\"b\"}"),
            (
                "across_places_of_a_stream",
                "ErikaMax",
                "text/event-stream",
                "data: {\"a\":\"Erika\"}\ndata: {\"b\":\"Max\"}\n",
            ),
        ] {
            assert!(!found(needle, media_type, content), "{name}");
        }
        assert!(Needle::new(" \n").is_none());
    }
}
