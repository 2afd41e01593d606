//! Exact bytes, shown as text with a tint for reading. Nothing is cut, moved or added: what is copied is what is there.

use leptos::prelude::*;

/// Tinting costs an element a token; longer texts go on untinted.
const TINTED: usize = 64 * 1024;

/// A text of exact bytes, tinted where it is JSON.
#[component]
pub fn Bytes(
    /// The text.
    #[prop(into)]
    text: String,
    /// For tests.
    #[prop(into, default = "bytes".to_owned())]
    test: String,
) -> impl IntoView {
    let spans = tokens(&text)
        .into_iter()
        .map(|(kind, text)| view! { <span class=kind>{text}</span> })
        .collect_view();
    view! { <pre class="bytes" data-test=test tabindex="0">{spans}</pre> }
}

/// Cuts JSON into keys, strings, numbers and the rest. Joined, the parts are the text.
fn tokens(text: &str) -> Vec<(&'static str, String)> {
    let mut parts: Vec<(&'static str, String)> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if text.len() - rest.len() > TINTED {
            parts.push(("t-rest", rest.to_owned()));
            break;
        }
        let (kind, length) = token(rest);
        let (token, after) = rest.split_at_checked(length.max(1)).unwrap_or((rest, ""));
        match parts.last_mut() {
            Some((last, text)) if *last == kind && kind == "t-rest" => text.push_str(token),
            _ => parts.push((kind, token.to_owned())),
        }
        rest = after;
    }
    parts
}

fn token(rest: &str) -> (&'static str, usize) {
    let first = rest.chars().next().unwrap_or(' ');
    if first == '"' {
        let length = string_length(rest);
        let is_key = rest
            .get(length..)
            .is_some_and(|after| after.trim_start().starts_with(':'));
        return (if is_key { "t-key" } else { "t-string" }, length);
    }
    if first.is_ascii_digit() || first == '-' {
        let length = rest
            .find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c)))
            .unwrap_or(rest.len());
        return ("t-number", length);
    }
    for word in ["true", "false", "null"] {
        if rest.starts_with(word) {
            return ("t-number", word.len());
        }
    }
    ("t-rest", first.len_utf8())
}

/// The length of a JSON string with its quotes, or of all that is left where it doesn't end.
fn string_length(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_joined_are_the_text() {
        for text in [
            r#"{"a":[1,-2,true],"b\"":"é\\"}"#,
            r#"{"unfinished": "stri"#,
            "no json at all — \u{1f58b}",
            "",
        ] {
            let joined: String = tokens(text).into_iter().map(|(_, part)| part).collect();
            assert_eq!(joined, text);
        }
    }

    #[test]
    fn keys_and_strings_are_told_apart() {
        let kinds: Vec<_> = tokens(r#"{"a":"b"}"#).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(kinds, ["t-rest", "t-key", "t-rest", "t-string", "t-rest"]);
    }

    #[test]
    fn what_is_too_long_to_tint_is_still_all_there() {
        let text = format!("[{}]", "1,".repeat(TINTED));
        let joined: usize = tokens(&text).into_iter().map(|(_, part)| part.len()).sum();
        assert_eq!(joined, text.len());
    }
}
