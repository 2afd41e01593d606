//! What stands beside the list before a record is opened: where one may begin, and with which keys.

use contract::query::Query;
use contract::{LogPage, LogQuery};
use leptos::prelude::*;

use super::Reading;
use crate::format;
use crate::ipc::calls;
use crate::state::{Command, Fetched, console, later};

/// Where one may begin: a filter, and what it shows.
const BEGINNINGS: [(&str, &str); 5] = [
    ("decision:held", "held for a person"),
    ("decision:signed", "countersigned or released by a person’s signature"),
    ("decision:refused", "refused, by policy or by a person"),
    ("decision:failed", "failed"),
    ("agent:sys", "about the gateway itself: keys, policies, exports"),
];

/// What to do before a record is opened.
#[component]
pub(super) fn Begin(reading: Reading) -> impl IntoView {
    let console = console();
    let drawn = reading.drawn;
    let key = move |command| console.preferences.with(|preferences| preferences.key(command));
    view! {
        <div class="nothing-open" data-test="begin">
            <h1 class="says">"Every decision, in the order it was made"</h1>
            <p class="lead">
                "Each record names the one before it by its fingerprint: none can be changed, moved or taken out without "
                "breaking the line on the left. Open one to read it, and to see the bytes that were hashed."
            </p>
            <ul class="beginnings" aria-label="Where to begin">
                {BEGINNINGS.into_iter().map(|(filter, shows)| view! { <Beginning drawn filter shows /> }).collect_view()}
            </ul>
            <p class="small muted keys-line">
                <kbd>{move || key(Command::Next)}</kbd> <kbd>{move || key(Command::Previous)}</kbd> " rows  "
                <kbd>"Enter"</kbd> " open  "
                <kbd>{move || key(Command::Filter)}</kbd> " filter  "
                <kbd>{move || key(Command::Narrow)}</kbd> " filter by the row  "
                <kbd>{move || key(Command::Help)}</kbd> " all keys"
            </p>
        </div>
    }
}

/// A filter with how many records it shows now.
#[component]
fn Beginning(drawn: RwSignal<bool>, filter: &'static str, shows: &'static str) -> impl IntoView {
    let log = console().log;
    let page = Fetched::<LogPage>::new();
    let again = RwSignal::new(());
    Effect::new(move |_| {
        again.track();
        let size = log.shown.get();
        if size > 0 && drawn.get() {
            let query = LogQuery {
                filter: filter.to_owned(),
                at: 0,
                limit: 1,
                size: Some(size),
            };
            page.ask_then(calls::log(query), move |page| {
                if page.searched < page.size {
                    later(move || {
                        again.try_set(());
                    });
                }
            });
        }
    });
    // What a search that still reads hasn't found isn't a number yet.
    let many = move || {
        page.value.with(|page| {
            let page = page.as_ref()?;
            (page.searched >= page.size).then(|| format::count(page.matching))
        })
    };
    view! {
        <li>
            <button
                class="begin-with"
                data-test="beginning"
                data-filter=filter
                on:click=move |_| {
                    if let Ok(query) = Query::parse(filter) {
                        log.narrow(query);
                    }
                }
            >
                <span class="figures strong">{move || many().unwrap_or_else(|| "…".to_owned())}</span>
                <span>{shows}</span>
            </button>
        </li>
    }
}
