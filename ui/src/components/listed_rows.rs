//! The rows of a list over the log, with what stands around them: it keeps still while a person reads.

use contract::query::Query;
use leptos::prelude::*;

use super::{Failure, Scroller, VirtualList, Waiting};
use crate::format;
use crate::state::{Command, Listed, Listing, Press, console};

/// What a list calls its rows.
#[derive(Clone, Copy)]
pub(crate) struct RowWords {
    /// The element's id; each row's is `<id>-<index>`.
    pub(crate) id: &'static str,
    /// What the list holds, for who can't see it.
    pub(crate) label: &'static str,
    /// What is said while nothing is there yet: "Reading the log".
    pub(crate) reading: &'static str,
    /// One that came, and several: "newer record", "newer records".
    pub(crate) newer: (&'static str, &'static str),
}

/// The rows.
#[component]
pub(crate) fn ListedRows<R, L, V>(
    /// What they are of.
    listed: Listed<R>,
    /// The sequence under the cursor.
    cursor: RwSignal<Option<u64>>,
    /// Where the list is scrolled to.
    scroller: Scroller,
    /// How many came that aren't shown.
    #[prop(into)]
    newer: Signal<u64>,
    /// What the list calls its rows.
    words: RowWords,
    /// Draws a row, or the place of one that isn't known yet.
    line: L,
    /// Stands over the rows, where there are any.
    #[prop(into, optional)]
    head: ViewFn,
    /// Stands in their place where none matches.
    #[prop(into)]
    none: ViewFn,
) -> impl IntoView
where
    R: Listing + PartialEq,
    L: Fn(Option<R>, u64) -> V + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let console = console();
    let count = Signal::derive(move || listed.rows());
    let at = Signal::derive(move || {
        let sequence = cursor.get()?;
        listed.shown.track();
        listed.place(sequence)
    });
    // Other rows, another list: from its top.
    Effect::new(move |before: Option<Query>| {
        let now = listed.filter.get();
        if before.is_some_and(|before| before != now) {
            scroller.scroll_to(0.0, listed.rows_untracked());
        }
        now
    });
    let render = move |index: u64| {
        let line = line.clone();
        let row = Memo::new(move |_| listed.row(index));
        move || line(row.get(), index)
    };
    let show_newest = move |_| {
        listed.show_newest();
        scroller.scroll_to(0.0, listed.rows_untracked());
    };
    let (one, several) = words.newer;
    let (head, none) = (StoredValue::new(head), StoredValue::new(none));
    view! {
        <Failure error=listed.error again=move |()| listed.retry() />
        <Show when=move || !listed.known.get()>
            <Failure error=console.status.error again=move |()| console.fetch_status() />
        </Show>
        <Show when=move || { newer.get() > 0 }>
            <button class="newer" data-test="show-newer" on:click=show_newest>
                {move || format!("Show {}", format::counted(newer.get(), one, several))}
            </button>
        </Show>
        <Show
            when=move || count.get() == 0
            fallback=move || head.with_value(ViewFn::run)
        >
            <div class="list-note">
                <Show
                    when=move || listed.known.get() && !listed.busy.get()
                    fallback=move || view! { <Waiting what=words.reading /> }
                >
                    {none.with_value(ViewFn::run)}
                </Show>
            </div>
        </Show>
        <VirtualList
            count
            scroller
            render
            into_view=move |(first, last): (u64, u64)| listed.into_view(first, last)
            known=move |(first, last): (u64, u64)| listed.knows(first, last)
            cursor=at
            id=words.id
            label=words.label
        />
    }
}

/// Where a press moves the cursor to, in a list of so many rows; none where it isn't about that.
pub(crate) fn moved(press: &Press, at: Option<u64>, rows: u64) -> Option<u64> {
    let to = match press {
        Press::Command(Command::Next) => at.map_or(0, |at| at + 1),
        Press::Command(Command::Previous) => at.map_or(0, |at| at.saturating_sub(1)),
        Press::First => 0,
        Press::Last => rows.saturating_sub(1),
        _ => return None,
    };
    Some(to.min(rows.saturating_sub(1)))
}
