//! Filtering from a line of the list: each thing that the line says, to keep or to leave out.

use contract::query::{Matter, Named, Query, Term};
use contract::{Decision, LogRow};
use leptos::ev::KeyboardEvent;
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use super::Reading;
use crate::components::focus;
use crate::format;
use crate::state::console;

/// The line that a person asked about.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) row: LogRow,
    /// Its place in the list.
    pub(super) index: u64,
}

/// One thing that a line says.
#[derive(Debug, PartialEq)]
struct Choice {
    label: &'static str,
    value: String,
    term: Term,
    /// Whether leaving it out means anything.
    both: bool,
}

/// The menu, as long as a line is asked about.
#[component]
pub(super) fn Menu(reading: Reading) -> impl IntoView {
    view! { {move || reading.asked.get().map(|asked| view! { <Open reading asked /> })} }
}

#[component]
fn Open(reading: Reading, asked: Asked) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if let Some(node) = node.get() {
            step(&node, |_, _| 0);
        }
    });
    let Asked { row, index } = asked;
    let sides = move || reading.scroller.sides(index);
    let close = move || {
        reading.asked.set(None);
        focus("audit-rows");
    };
    let pressed = move |event: KeyboardEvent| {
        let Some(node) = node.get_untracked() else { return };
        match event.key().as_str() {
            "ArrowDown" => step(&node, |at, of| (at + 1) % of),
            "ArrowUp" => step(&node, |at, of| (at + of - 1) % of),
            "Home" => step(&node, |_, _| 0),
            "End" => step(&node, |_, of| of - 1),
            "Escape" | "Tab" => close(),
            // Enter and Space press the button.
            _ => return event.stop_propagation(),
        }
        event.prevent_default();
    };
    view! {
        <div
            class="row-menu"
            role="menu"
            aria-label=format!("Filter by record {}", format::count(row.sequence))
            data-test="row-menu"
            node_ref=node
            style:top=move || sides().0.map(|top| format!("{top}px"))
            style:bottom=move || sides().1.map(|bottom| format!("{bottom}px"))
            on:keydown=pressed
            on:focusout=move |event| {
                let to = event.related_target().and_then(|to| to.dyn_into::<web_sys::Node>().ok());
                if !node.get_untracked().is_some_and(|node| node.contains(to.as_ref())) {
                    reading.asked.set(None);
                }
            }
        >
            <p class="head" role="presentation">"Show only"</p>
            {choices(&row).into_iter().map(|choice| view! { <Item choice close /> }).collect_view()}
            <p class="small faint" role="presentation">"With Shift: leave out instead"</p>
        </div>
    }
}

#[component]
fn Item(choice: Choice, close: impl Fn() + Copy + Send + Sync + 'static) -> impl IntoView {
    let log = console().log;
    let Choice {
        label,
        value,
        term,
        both,
    } = choice;
    view! {
        <button
            role="menuitem"
            tabindex="-1"
            data-test="row-menu-item"
            data-filter=term.to_string()
            on:click=move |event| {
                let negated = both && event.shift_key();
                close();
                log.narrow_by(Term { negated, ..term.clone() });
            }
        >
            <span class="muted">{label}</span>
            <span class="clip">{value}</span>
        </button>
    }
}

/// Moves the focus among the menu's items: from one of so many to another.
fn step(menu: &web_sys::HtmlDivElement, to: impl Fn(usize, usize) -> usize) {
    let next = |item: &web_sys::Element| item.next_element_sibling();
    let items: Vec<web_sys::HtmlElement> = std::iter::successors(menu.first_element_child(), next)
        .filter(|item| item.get_attribute("role").as_deref() == Some("menuitem"))
        .filter_map(|item| item.dyn_into().ok())
        .collect();
    let focused = document().active_element();
    let here = items
        .iter()
        .position(|item| focused.as_ref().is_some_and(|focused| focused.is_same_node(Some(item))));
    let wanted = to(here.unwrap_or(0), items.len().max(1));
    if let Some(item) = items.get(wanted)
        && item.focus().is_err()
    {
        leptos::logging::warn!("the menu can't take the focus");
    }
}

/// What a line says, in the order of its cells.
fn choices(row: &LogRow) -> Vec<Choice> {
    let one = |filter: &str| {
        Query::parse(filter)
            .ok()
            .and_then(|query| query.terms.into_iter().next())
    };
    let said = |label, value: &str, term: Option<Term>| {
        term.map(|term| Choice {
            label,
            value: value.to_owned(),
            term,
            both: true,
        })
    };
    let kind = one(&row.did_filter);
    let kind_name = match kind.as_ref().map(|term| &term.matter) {
        Some(Matter::Is(_, name)) => name.replace('_', " "),
        _ => String::new(),
    };
    let decided = (row.decision != Decision::None).then(|| Term::wants(Matter::Decision(row.decision)));
    let story = row.correlation_uid.clone();
    let time = |label, matter| {
        Some(Choice {
            label,
            value: format::moment(row.logged_ms),
            term: Term::wants(matter),
            both: false,
        })
    };
    let class = contract::query::class_name(row.class_uid).unwrap_or("OCSF class");
    [
        said("Who", &row.who, one(&row.who_filter)),
        said("Kind", &kind_name, kind),
        said("Decision", row.decision.name(), decided),
        said(
            "Request",
            "all of its records",
            story.map(|story| Term::wants(Matter::Is(Named::Story, story))),
        ),
        said("Class", class, Some(Term::wants(Matter::Class(row.class_uid)))),
        time("From", Matter::After(row.logged_ms)),
        time("Until", Matter::Before(row.logged_ms.saturating_add(1))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_of_a_line_gives_a_filter_that_reads_back() {
        let row = LogRow {
            sequence: 4711,
            logged_ms: 1_795_277_199_271,
            who: "Ada Novak".to_owned(),
            did: "countersigned support-bot's call".to_owned(),
            who_filter: "operator:\"Ada Novak\"".to_owned(),
            did_filter: "kind:item_decided".to_owned(),
            decision: Decision::Signed,
            class_uid: 6003,
            stream: "56ed7c2c-fbf2-4711-a1cd-2ac6408cb112".to_owned(),
            correlation_uid: Some("01a1fedc-17a4-72e4-8254-81765af9ba8f".to_owned()),
            checkpoint_ms: None,
        };
        let all = choices(&row);
        let filters: Vec<String> = all.iter().map(|choice| choice.term.to_string()).collect();
        assert_eq!(filters.len(), 7, "{filters:?}");
        for (choice, filter) in all.iter().zip(&filters) {
            let read = Query::parse(filter).map(|query| query.terms);
            assert_eq!(read, Ok(vec![choice.term.clone()]), "{filter}");
        }
        let bare = LogRow {
            decision: Decision::None,
            correlation_uid: None,
            ..row
        };
        assert_eq!(choices(&bare).len(), 5);
    }
}
