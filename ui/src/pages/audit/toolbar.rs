//! Over the list: which records, how many, and what can be done with them.

use contract::query::Query;
use leptos::prelude::*;

use super::Reading;
use super::filter::Filter;
use crate::format;
use crate::state::console;

/// The bar.
#[component]
pub(super) fn Toolbar(reading: Reading) -> impl IntoView {
    let log = console().log;
    let how_many = move || {
        let size = format::counted(log.size.get(), "record", "records");
        if log.filter.with(Query::is_open) {
            size
        } else {
            format!("{} of {size}", format::count(log.matching.get()))
        }
    };
    let behind = move || !log.filter.with(Query::is_open) && log.searched.get() < log.shown.get();
    view! {
        <header class="audit-bar">
            <Filter />
            <span class="muted figures how-many" data-test="how-many">{how_many}</span>
            <Show when=behind>
                <span class="small waiting">"The search still reads, to record " {move || format::count(log.searched.get())}</span>
            </Show>
            <button class="button" data-test="export" on:click=move |_| reading.exporting.set(true)>"Export case file…"</button>
        </header>
    }
}
