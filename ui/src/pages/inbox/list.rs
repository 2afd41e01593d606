//! The inbox's list, and what stands there when it is empty.

use contract::{Empty as Nothing, InboxItem, ItemState, PracticeCall};
use leptos::prelude::*;

use super::Desk;
use crate::components::{Failure, Scroller, StatePill, VirtualList, Waiting};
use crate::format;
use crate::ipc::calls;
use crate::route::Route;
use crate::state::{Fetched, Shown, console};

/// A row's height in CSS pixels, as inbox.css has it.
const ROW: f64 = 66.0;

/// The list and its head.
#[component]
pub(super) fn List(desk: Desk, rows: Memo<Vec<InboxItem>>) -> impl IntoView {
    let console = console();
    let inbox = console.inbox;
    let scroller = Scroller::new(ROW);
    let count = Signal::derive(move || rows.with(Vec::len) as u64);
    let cursor = Signal::derive(move || {
        let uid = desk.cursor.get()?;
        rows.with(|rows| rows.iter().position(|row| row.uid == uid))
            .map(|at| at as u64)
    });
    Effect::new(move |_| {
        if let Some(at) = cursor.get() {
            scroller.reveal(at, count.get_untracked());
        }
    });
    let render = move |index: u64| {
        let row = move || {
            let at = usize::try_from(index).ok()?;
            rows.with(|rows| rows.get(at).cloned())
        };
        move || row().map(|row| view! { <Row desk row index /> })
    };
    view! {
        <section class="inbox-list" aria-label="Held items">
            <header class="list-head">
                <label class="filter">
                    <span class="unseen">"Filter"</span>
                    <input
                        id="inbox-filter"
                        data-test="inbox-filter"
                        type="search"
                        placeholder="Filter"
                        autocomplete="off"
                        prop:value=move || inbox.filter.get()
                        on:input:target=move |event| inbox.filter.set(event.target().value())
                        on:keydown=move |event| leave_filter(&event)
                    />
                    <kbd>"/"</kbd>
                </label>
                <div class="shown" role="group" aria-label="Which items">
                    <Choice shown=Shown::Waiting words=move || format!("{} waiting", format::count(inbox.waiting.get().into())) test="show-waiting" />
                    <Choice shown=Shown::Missed words=move || format!("{} missed", format::count(inbox.missed.get().into())) test="show-missed" />
                    <Choice shown=Shown::Decided words=|| "decided".to_owned() test="show-decided" />
                </div>
            </header>
            <Failure error=inbox.fetched.error again=move |()| inbox.fetch() />
            <Show when=move || inbox.fetched.busy.get() && inbox.items.with(Vec::is_empty)>
                <div class="list-note"><Waiting what="Reading the inbox" /></div>
            </Show>
            <Show when=move || {
                inbox.fetched.value.with(Option::is_some) && count.get() == 0 && !inbox.items.with(Vec::is_empty)
                    && !inbox.filter.with(String::is_empty)
            }>
                <p class="list-note muted">"No item has these words."</p>
            </Show>
            <VirtualList
                count
                scroller
                render
                into_view=move |(_, last): (u64, u64)| {
                    if last >= inbox.items.with_untracked(Vec::len) as u64 {
                        inbox.fetch_more();
                    }
                }
                cursor
                id="inbox-rows"
                label="Held items"
            />
        </section>
    }
}

/// Out of the filter, into the list, without losing what was typed.
fn leave_filter(event: &leptos::ev::KeyboardEvent) {
    if matches!(event.key().as_str(), "Escape" | "Enter" | "ArrowDown") {
        event.prevent_default();
        super::focus("inbox-rows");
    }
}

#[component]
fn Choice(shown: Shown, words: impl Fn() -> String + Send + Sync + 'static, test: &'static str) -> impl IntoView {
    let inbox = console().inbox;
    view! {
        <button
            class="shown-choice figures"
            data-test=test
            aria-pressed=move || (inbox.shown.get() == shown).to_string()
            on:click=move |_| inbox.show(shown)
        >
            {words}
        </button>
    }
}

#[component]
fn Row(desk: Desk, row: InboxItem, index: u64) -> impl IntoView {
    let console = console();
    let uid = StoredValue::new(row.uid.clone());
    let is_open = move || desk.opened.with(|opened| opened.as_ref() == Some(&uid.get_value()));
    let at_cursor = move || desk.cursor.with(|cursor| cursor.as_ref() == Some(&uid.get_value()));
    let waits = row.state == ItemState::Waiting;
    let (expires, asked) = (row.expires_ms, row.asked_ms);
    let time = move || {
        if waits {
            format::remaining(expires - console.now.get())
        } else {
            format::ago(asked, console.now.get())
        }
    };
    let urgent = move || waits && expires - console.now.get() < 60_000;
    view! {
        <div
            class="inbox-row"
            class:open=is_open
            class:cursor=at_cursor
            id=format!("inbox-rows-{index}")
            role="option"
            aria-selected=move || is_open().to_string()
            data-test="inbox-row"
            data-uid=row.uid.clone()
            on:click=move |_| {
                desk.cursor.set(Some(uid.get_value()));
                console.go(Route::Inbox(Some(uid.get_value())));
            }
        >
            <span class="inbox-title clip" title=row.title.clone()>{row.title.clone()}</span>
            <span class="inbox-agent clip">
                {row.agent_name.clone()}
                {(row.twins > 0)
                    .then(|| format!(" · {} identical", format::count(u64::from(row.twins) + 1)))}
            </span>
            <span class="inbox-time figures" class:waiting=urgent>{time}</span>
            <StatePill state=row.state tier=row.tier />
        </div>
    }
}

/// An empty inbox: what will come here, and how to see it.
#[component]
pub(super) fn Empty() -> impl IntoView {
    let console = console();
    let known = move || console.inbox.fetched.value.with(Option::is_some);
    view! {
        <Show when=known>
            {move || match console.inbox.shown.get() {
                Shown::Waiting => view! { <Practice /> }.into_any(),
                Shown::Missed => {
                    view! {
                        <h1 class="says">"Nothing was missed"</h1>
                        <p class="lead">"An item that nobody decides in time is denied, and stands here."</p>
                    }
                        .into_any()
                }
                Shown::Decided => {
                    view! {
                        <h1 class="says">"Nothing has been decided yet"</h1>
                        <p class="lead">"Items that were countersigned or denied stand here, with the reason that was given."</p>
                    }
                        .into_any()
                }
            }}
        </Show>
    }
}

#[component]
fn Practice() -> impl IntoView {
    let console = console();
    let call = Fetched::<PracticeCall>::new();
    let send = move |_| {
        call.ask_then(calls::practice_call(Nothing {}), move |answer| {
            console.say(answer.outcome.clone());
            console.inbox.fetch();
        });
    };
    view! {
        <h1 class="says large">"Nothing waits for you"</h1>
        <p class="lead">
            "When the policy holds an agent’s call, it stands here until you countersign or deny it. Nothing is sent "
            "meanwhile, and what nobody decides in time is denied."
        </p>
        <div class="row wrap">
            <button class="button primary" data-test="practice-call" disabled=move || call.busy.get() on:click=send>
                {move || if call.busy.get() { "Sending…" } else { "Send a practice call" }}
            </button>
            <span class="small muted">"A labelled call by the built-in practice agent, answered on this machine. No provider is involved."</span>
        </div>
        <Failure error=call.error />
        {move || {
            call.value
                .get()
                .filter(|answer| answer.item_uid.is_none())
                .map(|answer| {
                    view! {
                        <p class="notice" data-test="practice-outcome">
                            "The policy in force doesn’t hold it: " {answer.outcome} " The record of it is in "
                            <a href="#/audit">"Audit"</a> "."
                        </p>
                    }
                })
        }}
    }
}
