//! Text that an agent wrote: boxed, labelled, and with every invisible character shown.

use leptos::prelude::*;

/// A box around what the agent says of itself or passes on. Nothing in it was checked.
#[component]
pub(crate) fn Claimed(
    /// Whose words: `claimed by the agent` unless told otherwise.
    #[prop(into, default = "claimed by the agent".to_owned())]
    by: String,
    children: Children,
) -> impl IntoView {
    view! {
        <fieldset class="claimed">
            <legend>{by}</legend>
            {children()}
        </fieldset>
    }
}

/// A text as it is, in which the renderer's marks for invisible characters, `⟨U+202E⟩`, stand out.
#[component]
pub(crate) fn Plain(
    /// The text.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    marked(&text)
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => text.into_any(),
            Part::Invisible(mark) => {
                view! { <mark class="invisible" title="An invisible or direction-changing character stands here">{mark}</mark> }
                    .into_any()
            }
        })
        .collect_view()
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Invisible(String),
}

fn marked(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("⟨U+") {
        let (before, from) = rest.split_at(start);
        let end = from.find('⟩').filter(|end| *end <= 12);
        let Some(end) = end else {
            let (mark, after) = from.split_at("⟨U+".len());
            plain.push_str(before);
            plain.push_str(mark);
            rest = after;
            continue;
        };
        let (mark, after) = from.split_at(end + '⟩'.len_utf8());
        plain.push_str(before);
        if !plain.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut plain)));
        }
        parts.push(Part::Invisible(mark.to_owned()));
        rest = after;
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        parts.push(Part::Text(plain));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Part {
        Part::Text(text.to_owned())
    }

    #[test]
    fn marks_stand_out_and_nothing_is_lost() {
        assert_eq!(
            marked("pay ⟨U+202E⟩10⟨U+200B⟩"),
            vec![
                text("pay "),
                Part::Invisible("⟨U+202E⟩".to_owned()),
                text("10"),
                Part::Invisible("⟨U+200B⟩".to_owned()),
            ]
        );
    }

    #[test]
    fn what_only_looks_like_a_mark_stays_text() {
        assert_eq!(marked("a ⟨U+ b"), vec![text("a ⟨U+ b")]);
        assert_eq!(
            marked("⟨U+this is much too long⟩"),
            vec![text("⟨U+this is much too long⟩")]
        );
        assert_eq!(marked(""), vec![]);
    }
}
