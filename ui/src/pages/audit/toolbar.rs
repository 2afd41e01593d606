//! Over the list: which records, how many, and what can be done with them.

use contract::query::{Matter, Named, Query};
use leptos::prelude::*;

use crate::components::{Filter, Narrowing};
use crate::format;
use crate::state::{Console, Kind, console};

/// The bar.
#[component]
pub(super) fn Toolbar() -> impl IntoView {
    let console = console();
    let (log, case) = (console.log, console.case);
    let how_many = move || {
        let size = format::counted(log.size.get(), "record", "records");
        if log.filter.with(Query::is_open) {
            size
        } else {
            format!("{} of {size}", format::count(log.matching.get()))
        }
    };
    let narrowing = Narrowing {
        filter: log.filter,
        narrow: Callback::new(move |filter| log.narrow(filter)),
        rows: "audit-rows",
        finds: true,
    };
    let behind = move || !log.filter.with(Query::is_open) && log.searched.get() < log.shown.get();
    view! {
        <header class="audit-bar">
            <Filter narrowing />
            <span class="muted figures how-many" data-test="how-many">{how_many}</span>
            <Show when=behind>
                <span class="small waiting">"The search still reads, to record " {move || format::count(log.searched.get())}</span>
            </Show>
            <button class="button" data-test="export" on:click=move |_| export(console)>
                "Export case file…"
                {move || {
                    let picked = case.picked.with(std::collections::BTreeSet::len);
                    (picked > 0).then(|| view! { <span class="small muted figures" data-test="picked">" " {format::count(picked as u64)} " picked"</span> })
                }}
            </button>
        </header>
    }
}

/// Opens the wizard at what the list is about: the picked records, the one request that it is filtered by, or an agent.
fn export(console: Console) {
    let case = console.case;
    let story = console.log.filter.with_untracked(|filter| {
        filter.terms.iter().find_map(|term| match &term.matter {
            Matter::Is(Named::Story, story) if !term.negated => Some(story.clone()),
            _ => None,
        })
    });
    match story {
        _ if !case.picked.with_untracked(std::collections::BTreeSet::is_empty) => {
            case.kind.set(Kind::Picked);
            case.begin();
        }
        Some(story) => case.of_request(&story),
        None => case.begin(),
    }
}
