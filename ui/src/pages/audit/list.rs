//! The log's list: a quiet line down its left is the chain, which breaks, visibly, where it breaks.

use contract::query::Query;
use contract::{LogRow, VerificationState};
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast as _;

use super::Reading;
use super::density::is_time;
use super::menu::Menu;
use crate::components::{DecisionPill, ListedRows, RowWords};
use crate::format;
use crate::route::Route;
use crate::state::{Console, console};

const WORDS: RowWords = RowWords {
    id: "audit-rows",
    label: "Records, newest first",
    reading: "Reading the log",
    newer: ("newer record", "newer records"),
};

/// The list.
#[component]
pub(super) fn List(reading: Reading) -> impl IntoView {
    let console = console();
    let log = console.log;
    // What is opened from elsewhere is brought into sight.
    let known = Memo::new(move |_| log.rows() > 0);
    Effect::new(move |_| {
        if let (true, Some(sequence)) = (known.get(), reading.opened.get()) {
            reading.reveal(console, sequence);
        }
    });
    let marks = Marks::new(console);
    let line = move |row, index| view! { <Line reading marks row index /> };
    // One ear for all rows.
    let ask = move |(sequence, index)| {
        reading.cursor.set(Some(sequence));
        reading.ask_about(console, index);
    };
    let clicked = move |event: MouseEvent| {
        let Some((sequence, index)) = row_of(&event) else {
            return;
        };
        if target(&event).is_some_and(|target| target.matches(".row-more").unwrap_or(false)) {
            return ask((sequence, index));
        }
        reading.cursor.set(Some(sequence));
        if event.ctrl_key() || event.meta_key() {
            return console.case.pick(sequence);
        }
        console.go(Route::Audit(Some(sequence)));
    };
    let asked = move |event: MouseEvent| {
        if let Some(row) = row_of(&event) {
            event.prevent_default();
            ask(row);
        }
    };
    // As wide as the longest number, so that the list is as dense as its log allows.
    let number = move || {
        format!(
            "{}ch",
            format::count(log.shown.get().saturating_sub(1)).chars().count().max(2)
        )
    };
    let time = Memo::new(move |_| {
        let (_, last) = reading.scroller.in_view(log.rows());
        let oldest = last.checked_sub(1).and_then(|last| log.row(last));
        let today = oldest.is_some_and(|row| format::same_day(row.logged_ms, console.now.get_untracked()));
        if today { "60px" } else { "90px" }
    });
    let filtered = move || !log.filter.with(Query::is_open);
    let newer = Signal::derive(move || log.size.get().saturating_sub(log.shown.get()));
    view! {
        <section
            class="audit-list"
            aria-label="Records"
            class:filtered=filtered
            style=("--number", number)
            style=("--time", move || time.get())
            on:click=clicked
            on:contextmenu=asked
        >
            <ListedRows
                listed=log
                cursor=reading.cursor
                scroller=reading.scroller
                newer
                words=WORDS
                line
                none=|| view! { <NoneMatch /> }
            />
            <Menu reading />
        </section>
    }
}

/// Nothing to show, and what to do about it.
#[component]
fn NoneMatch() -> impl IntoView {
    let log = console().log;
    let timed = move || log.filter.with(|filter| filter.terms.iter().any(is_time));
    let any_time = move |_| {
        let mut filter = log.filter.get_untracked();
        filter.terms.retain(|term| !is_time(term));
        log.narrow(filter);
    };
    view! {
        <Show when=move || !log.filter.with(Query::is_open) fallback=|| view! { <p class="muted">"The log is empty."</p> }>
            <div class="stack" data-test="none-match">
                <p class="strong">
                    {move || {
                        let (searched, of) = (log.searched.get(), log.shown.get());
                        if searched < of {
                            format!("No match so far: the search has read {} of {} records, and goes on.", format::count(searched), format::count(of))
                        } else {
                            "No record matches.".to_owned()
                        }
                    }}
                </p>
                <p class="muted">
                    "Values of one field are alternatives; everything else has to hold together. Contents are not searched: only what the records themselves say."
                </p>
                <div class="row wrap">
                    <Show when=timed>
                        <button class="button little" on:click=any_time>"At any time"</button>
                    </Show>
                    <button class="button little" data-test="none-match-clear" on:click=move |_| log.narrow(Query::default())>"Show every record"</button>
                </div>
            </div>
        </Show>
    }
}

#[component]
fn Line(reading: Reading, marks: Marks, row: Option<LogRow>, index: u64) -> impl IntoView {
    let console = console();
    let Some(row) = row else {
        let sequence = console.log.sequence_at(index);
        return view! {
            <div class="audit-row unknown" id=format!("audit-rows-{index}") role="option" aria-selected="false" aria-busy="true">
                <span class="audit-chain"></span>
                <span class="mono faint">{sequence.map(format::count)}</span>
                <span class="audit-unknown" aria-hidden="true"></span>
            </div>
        }
        .into_any();
    };
    let sequence = row.sequence;
    let is_open = move || reading.opened.get() == Some(sequence);
    // A checkpoint signed after the row was fetched is the newest one.
    let checkpoint_ms = row.checkpoint_ms;
    let sealed = move || checkpoint_ms.or_else(|| marks.sealed(sequence));
    // One closure for all of it: a leap draws a screenful of rows, and each closure of each row counts.
    let class = move || {
        let mut class = String::from("audit-row");
        let breaks_at = marks.breaks_at.get();
        for (name, is) in [
            (" open", is_open()),
            (" picked", console.case.picked.with(|picked| picked.contains(&sequence))),
            (" cursor", reading.cursor.get() == Some(sequence)),
            (" broken", breaks_at == Some(sequence)),
            (" unproved", breaks_at.is_some_and(|at| at < sequence)),
            (" sealed", sealed().is_some()),
            (" first", sequence == 0),
        ] {
            if is {
                class.push_str(name);
            }
        }
        class
    };
    let time = format::column_moment(row.logged_ms, console.now.get_untracked());
    view! {
        <div
            class=class
            id=format!("audit-rows-{index}")
            role="option"
            aria-selected=move || is_open().to_string()
            data-test="audit-row"
            data-seq=sequence
        >
            <span class="audit-chain" title=move || sealed().map(|at| format!("Checkpoint over {} records, signed {}", format::count(sequence + 1), format::moment(at)))></span>
            <span class="mono muted figures">{format::count(sequence)}</span>
            <span class="mono muted figures" title=format::exact_moment(row.logged_ms)>{time}</span>
            <span class="clip">{row.who}</span>
            <span class="clip" title=row.did.clone()>{row.did.clone()}</span>
            {move || {
                if marks.breaks_at.get() == Some(sequence) {
                    view! { <span class="pill refused">"breaks"</span> }.into_any()
                } else {
                    view! { <DecisionPill decision=row.decision /> }.into_any()
                }
            }}
            // For the pointer alone: a key does the same, and an option of a list holds no control.
            <span class="row-more" aria-hidden="true" title="Filter by this row (or with a right click)" data-test="row-more">"⋮"</span>
            {move || sealed().map(|at| view! { <span class="seal-note">"checkpoint " {format::count(sequence + 1)} " signed " {format::clock(at)}</span> })}
        </div>
    }
    .into_any()
}

/// What the chain's state says about rows.
#[derive(Clone, Copy)]
struct Marks {
    /// The record at which the chain breaks.
    breaks_at: Memo<Option<u64>>,
    /// How many records the newest checkpoint is over, and when it was signed.
    newest: Memo<Option<(u64, i64)>>,
}

impl Marks {
    fn new(console: Console) -> Self {
        let status = console.status.value;
        let breaks_at = Memo::new(move |_| {
            status.with(|status| {
                let verification = &status.as_ref()?.chain.verification;
                verification
                    .broken_at
                    .filter(|_| verification.state == VerificationState::Broken)
            })
        });
        let newest = Memo::new(move |_| {
            status.with(|status| {
                let checkpoint = status.as_ref()?.chain.checkpoint.as_ref()?;
                Some((checkpoint.size, checkpoint.signed_ms))
            })
        });
        Self { breaks_at, newest }
    }

    /// When the newest checkpoint was signed, where this record is its last.
    fn sealed(self, sequence: u64) -> Option<i64> {
        let (size, signed_ms) = self.newest.get()?;
        (size == sequence + 1).then_some(signed_ms)
    }
}

/// The row that something in it happened to: its record, and its place in the list.
fn row_of(event: &web_sys::Event) -> Option<(u64, u64)> {
    let row = target(event)?.closest(".audit-row[data-seq]").ok()??;
    let sequence = row.get_attribute("data-seq")?.parse().ok()?;
    let index = row.id().rsplit('-').next()?.parse().ok()?;
    Some((sequence, index))
}

fn target(event: &web_sys::Event) -> Option<web_sys::Element> {
    event.target()?.dyn_into().ok()
}
