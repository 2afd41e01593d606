//! Which rows of a list: the conditions in force, each taken away by a click, and a field for more, which completes.
//!
//! Where the list is the log's, what is pasted and identifies one record opens it.

use contract::query::{Completing, Field, Matter, Query, QueryError, Term, Wanted, fixed_values};
use contract::{Completion, CompletionQuery, Completions, FindQuery, Found};
use leptos::ev::KeyboardEvent;
use leptos::prelude::*;

use super::focus;
use crate::format;
use crate::ipc::calls;
use crate::route::Route;
use crate::state::{Fetched, console};

/// The list that is filtered.
#[derive(Clone, Copy)]
pub(crate) struct Narrowing {
    /// What is in force.
    pub(crate) filter: RwSignal<Query>,
    /// Puts another in force.
    pub(crate) narrow: Callback<Query>,
    /// The element that holds the list.
    pub(crate) rows: &'static str,
    /// Whether an id opens the log's record that has it.
    pub(crate) finds: bool,
}

/// What the field holds and offers.
#[derive(Clone, Copy)]
struct Typing {
    narrowing: Narrowing,
    text: RwSignal<String>,
    /// The piece that is being written, while something is offered for it.
    completing: RwSignal<Option<Completing>>,
    /// What is offered, and which of it is chosen.
    offered: RwSignal<Vec<Completion>>,
    chosen: RwSignal<Option<usize>>,
    wrong: RwSignal<Option<QueryError>>,
    values: Fetched<Completions>,
    found: Fetched<Found>,
}

/// The conditions and the field.
#[component]
pub(crate) fn Filter(narrowing: Narrowing) -> impl IntoView {
    let Narrowing { filter, narrow, .. } = narrowing;
    let typing = Typing {
        narrowing,
        text: RwSignal::new(String::new()),
        completing: RwSignal::new(None),
        offered: RwSignal::new(Vec::new()),
        chosen: RwSignal::new(None),
        wrong: RwSignal::new(None),
        values: Fetched::new(),
        found: Fetched::new(),
    };
    let terms = move || filter.get().terms;
    view! {
        <div class="filter-bar" data-test="filter" data-filter=move || filter.with(ToString::to_string)>
            {move || terms().into_iter().enumerate().map(|(at, term)| view! { <Chip narrowing term at /> }).collect_view()}
            <Show when=move || !filter.with(Query::is_open)>
                <button class="link small" data-test="filter-clear" on:click=move |_| narrow.run(Query::default())>"Clear"</button>
            </Show>
            <Entry typing />
            {move || {
                typing
                    .wrong
                    .get()
                    .map(|wrong| {
                        let (before, piece, after) = parts(&typing.text.get_untracked(), &wrong);
                        view! {
                            <p class="filter-wrong small" role="alert" data-test="filter-wrong">
                                <span class="mono">{before}<mark>{piece}</mark>{after}</span>
                                " " {wrong.message} "."
                            </p>
                        }
                    })
            }}
        </div>
    }
}

/// A condition in force. A click takes it away.
#[component]
fn Chip(narrowing: Narrowing, term: Term, at: usize) -> impl IntoView {
    let Narrowing { filter, narrow, .. } = narrowing;
    let (name, value) = in_words(&term);
    let whole = term.to_string();
    view! {
        <button
            class="chip"
            class:negated=term.negated
            data-test="chip"
            title=format!("{whole}\nClick to remove")
            on:click=move |_| {
                let mut filter = filter.get_untracked();
                if at < filter.terms.len() {
                    filter.terms.remove(at);
                }
                narrow.run(filter);
            }
        >
            <span class="muted">{name}</span>
            <span>{value}</span>
            <span aria-hidden="true">"×"</span>
            <span class="unseen">", remove this condition"</span>
        </button>
    }
}

/// A condition as a chip says it: times by this machine's clock.
fn in_words(term: &Term) -> (String, String) {
    let not = if term.negated { "not " } else { "" };
    match &term.matter {
        Matter::After(ms) => ("from".to_owned(), format::moment(*ms)),
        Matter::Before(ms) => ("to".to_owned(), format::moment(*ms)),
        Matter::Is(_, value) if value.len() > 28 => {
            let text = term.to_string();
            let name = text.trim_start_matches('-').split(':').next().unwrap_or_default();
            let head: String = value.chars().take(14).collect();
            (format!("{not}{name}"), format!("{head}…"))
        }
        Matter::Words { .. } => (not.to_owned(), term.to_string().trim_start_matches('-').to_owned()),
        _ => {
            let text = term.to_string();
            let (name, value) = text.trim_start_matches('-').split_once(':').unwrap_or_default();
            (format!("{not}{name}"), value.trim_matches('"').to_owned())
        }
    }
}

#[component]
fn Entry(typing: Typing) -> impl IntoView {
    let Typing {
        text,
        offered,
        chosen,
        narrowing,
        ..
    } = typing;
    let open = Memo::new(move |_| offered.with(|offered| !offered.is_empty()));
    let placeholder = move || {
        if !narrowing.filter.with(Query::is_open) {
            "and …"
        } else if narrowing.finds {
            "Filter, or paste a record’s number, a fingerprint, an id"
        } else {
            "Filter: an agent, a model, a word, an id"
        }
    };
    view! {
        <form
            class="filter find"
            on:submit=move |event| {
                event.prevent_default();
                typing.enter();
            }
        >
            <label class="unseen" for="find">{if narrowing.finds { "Filter, or find a record" } else { "Filter" }}</label>
            <input
                id="find"
                data-test="find"
                type="text"
                role="combobox"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-controls="offered"
                aria-expanded=move || open.get().to_string()
                aria-activedescendant=move || chosen.get().map(|at| format!("offered-{at}"))
                aria-invalid=move || typing.wrong.with(Option::is_some).to_string()
                placeholder=placeholder
                prop:value=move || text.get()
                on:input:target=move |event| typing.typed(event.target().value(), event.target().selection_start())
                on:keydown=move |event| typing.pressed(&event)
                on:blur=move |_| typing.offer_nothing()
            />
            <kbd>"/"</kbd>
            <Show when=move || open.get()>
                <ul class="offered" id="offered" role="listbox" data-test="offered">
                    {move || {
                        offered
                            .get()
                            .into_iter()
                            .enumerate()
                            .map(|(at, Completion { value, note })| {
                                let taken = value.clone();
                                view! {
                                    <li
                                        role="option"
                                        id=format!("offered-{at}")
                                        data-test="offer"
                                        aria-selected=move || (chosen.get() == Some(at)).to_string()
                                        // Before the field loses the focus, and the offers with it.
                                        on:mousedown=move |event| {
                                            event.prevent_default();
                                            typing.take(&taken);
                                        }
                                    >
                                        <span class="mono">{value}</span>
                                        <span class="small muted clip">{note}</span>
                                    </li>
                                }
                            })
                            .collect_view()
                    }}
                </ul>
            </Show>
        </form>
    }
}

impl Typing {
    fn offer_nothing(self) {
        self.completing.set(None);
        self.offered.set(Vec::new());
        self.chosen.set(None);
        self.values.forget();
    }

    fn typed(self, text: String, cursor: Result<Option<u32>, wasm_bindgen::JsValue>) {
        self.wrong.set(None);
        // The cursor is given in UTF-16 units.
        let units = cursor.ok().flatten().and_then(|at| usize::try_from(at).ok());
        let cursor = units.map_or(text.len(), |units| bytes_before(&text, units));
        let completing = Completing::at(&text, cursor);
        self.text.set(text);
        self.offer_nothing();
        match completing.as_ref().map(|completing| completing.wanted.clone()) {
            Some(Wanted::Field(prefix)) if !prefix.is_empty() => {
                self.offer(completing, fields(&prefix));
            }
            Some(Wanted::Value(field, prefix)) => {
                self.offer(completing, fixed(field, &prefix));
                if matches!(field, Field::Named(_)) {
                    let query = CompletionQuery {
                        field: field.name().to_owned(),
                        prefix,
                    };
                    self.values.ask_then(calls::log_complete(query), move |known| {
                        self.offered.try_set(known.values.clone());
                    });
                }
            }
            _ => {}
        }
    }

    fn offer(self, completing: Option<Completing>, offered: Vec<Completion>) {
        self.completing.set(completing);
        self.offered.set(offered);
    }

    fn pressed(self, event: &KeyboardEvent) {
        let many = self.offered.with_untracked(Vec::len);
        let at = self.chosen.get_untracked();
        match event.key().as_str() {
            "ArrowDown" if many > 0 => self.chosen.set(Some(at.map_or(0, |at| (at + 1) % many))),
            "ArrowUp" if many > 0 => self.chosen.set(Some(at.map_or(many - 1, |at| (at + many - 1) % many))),
            "Tab" if many > 0 => self.take_chosen(at.unwrap_or(0)),
            "Enter" if at.is_some() => self.take_chosen(at.unwrap_or(0)),
            "Escape" if many > 0 => self.offer_nothing(),
            "Escape" => focus(self.narrowing.rows),
            "Backspace" if self.text.with_untracked(String::is_empty) => self.take_back(),
            _ => return,
        }
        event.prevent_default();
    }

    fn take_chosen(self, at: usize) {
        if let Some(completion) = self.offered.with_untracked(|offered| offered.get(at).cloned()) {
            self.take(&completion.value);
        }
    }

    fn take(self, value: &str) {
        let Some(completing) = self.completing.get_untracked() else {
            return;
        };
        let (text, cursor) = completing.with(&self.text.get_untracked(), value);
        self.typed(text.clone(), Ok(None));
        if cursor < text.len() {
            self.offer_nothing();
        }
    }

    /// The last condition, back into the field to be changed.
    fn take_back(self) {
        let mut filter = self.narrowing.filter.get_untracked();
        if let Some(last) = filter.terms.pop() {
            self.text.set(last.to_string());
            self.narrowing.narrow.run(filter);
        }
    }

    /// Puts what is typed in force, or opens the record that it identifies.
    fn enter(self) {
        let text = self.text.get_untracked();
        self.offer_nothing();
        if text.trim().is_empty() {
            return;
        }
        if self.narrowing.finds && identifies(&text) {
            self.find(text);
            return;
        }
        match Query::parse(&text) {
            Ok(query) => {
                let filter = self.narrowing.filter.get_untracked();
                let filter = query.terms.into_iter().fold(filter, Query::and);
                self.text.set(String::new());
                self.narrowing.narrow.run(filter);
            }
            Err(wrong) => self.wrong.set(Some(wrong)),
        }
    }

    fn find(self, wanted: String) {
        let console = console();
        let query = FindQuery {
            wanted: wanted.clone(),
            ..FindQuery::default()
        };
        self.found
            .ask_then(calls::log_find(query), move |found| match found.records.as_slice() {
                [] => {
                    self.wrong.try_set(Some(QueryError {
                        at: 0,
                        length: wanted.chars().count(),
                        message: "no record has that number or id".to_owned(),
                    }));
                }
                [one] => {
                    self.text.try_set(String::new());
                    if found.at.is_none() {
                        console.log.narrow(Query::default());
                    }
                    console.go(Route::Audit(Some(*one)));
                }
                _ => {
                    self.text.try_set(String::new());
                    if let Ok(query) = Query::parse(&found.filter) {
                        console.log.narrow(query);
                    }
                }
            });
    }
}

/// Whether a text can only be a record's number, or a digest, uid or key's id.
fn identifies(text: &str) -> bool {
    let compact: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '·'))
        .collect();
    let number = compact.strip_prefix('#').unwrap_or(&compact);
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let hexadecimal = compact.len() >= 12 && compact.bytes().all(|b| b.is_ascii_hexdigit());
    digits || hexadecimal || text.trim().starts_with("SHA256:")
}

fn fields(prefix: &str) -> Vec<Completion> {
    let begins = |field: &Field| field.name().starts_with(&prefix.to_ascii_lowercase());
    Field::ALL
        .into_iter()
        .filter(begins)
        .map(|field| Completion {
            value: field.name().to_owned(),
            note: field.help().to_owned(),
        })
        .collect()
}

fn fixed(field: Field, prefix: &str) -> Vec<Completion> {
    fixed_values(field)
        .into_iter()
        .filter(|(value, _)| value.starts_with(prefix))
        .map(|(value, note)| Completion {
            value,
            note: note.to_owned(),
        })
        .collect()
}

/// How many bytes stand before so many UTF-16 units.
fn bytes_before(text: &str, units: usize) -> usize {
    let mut past = 0;
    for (at, c) in text.char_indices() {
        if past >= units {
            return at;
        }
        past += c.len_utf16();
    }
    text.len()
}

/// A text around what is wrong in it.
fn parts(text: &str, wrong: &QueryError) -> (String, String, String) {
    let mut chars = text.chars();
    let before = chars.by_ref().take(wrong.at).collect();
    let piece = chars.by_ref().take(wrong.length).collect();
    (before, piece, chars.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_digests_and_uids_identify_and_words_dont() {
        for text in [
            "4711",
            "#4 711",
            "9f2c 11ab 77aa",
            "019a-77aa11bb22cc",
            "SHA256:abc",
            "00000000-0000-4000-8000-000000000004",
        ] {
            assert!(identifies(text), "{text}");
        }
        for text in ["", "face cafe", "agent:4711", "refund", "12 months", "deadbeef"] {
            assert!(!identifies(text), "{text}");
        }
    }

    #[test]
    fn a_place_in_utf_16_is_found_in_bytes() {
        assert_eq!(bytes_before("aä😀b", 0), 0);
        assert_eq!(bytes_before("aä😀b", 2), 3);
        assert_eq!(bytes_before("aä😀b", 4), 7);
        assert_eq!(bytes_before("aä😀b", 9), 8);
    }

    #[test]
    fn what_is_wrong_is_cut_out_where_it_stands() {
        let wrong = QueryError {
            at: 2,
            length: 3,
            message: String::new(),
        };
        let parts = parts("ä colour", &wrong);
        assert_eq!(parts, ("ä ".to_owned(), "col".to_owned(), "our".to_owned()));
    }
}
