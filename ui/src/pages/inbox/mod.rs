//! The inbox: what waits for a person, and everything needed to decide it.

mod decision;
mod item;
mod list;
mod reasons;
mod rendered;

use contract::{HeldItem, ItemRef, ItemState, ReviewerDecision};
use leptos::prelude::*;

use crate::components::focus;
use crate::ipc::calls;
use crate::route::Route;
use crate::state::{Command, Console, Fetched, Press, Shown, console};
use item::Item;
use list::List;

/// How far a person has come with the open item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Reading.
    Reading,
    /// Asked to decide, not confirmed yet.
    Deciding(ReviewerDecision),
}

/// What the parts of the inbox share.
#[derive(Clone, Copy)]
struct Desk {
    /// The uid under the list's cursor.
    cursor: RwSignal<Option<String>>,
    /// The open item's uid.
    opened: Memo<Option<String>>,
    /// The open item.
    held: Fetched<HeldItem>,
    step: RwSignal<Step>,
    /// Whether exact bytes are shown.
    bytes: RwSignal<bool>,
    /// What came of the last decision, in words.
    done: RwSignal<Option<String>>,
}

/// The place.
#[component]
pub(crate) fn Inbox() -> impl IntoView {
    let console = console();
    let opened = Memo::new(move |_| {
        console.route.with(|route| match route {
            Route::Inbox(uid) => uid.clone(),
            _ => None,
        })
    });
    let desk = Desk {
        cursor: RwSignal::new(opened.get_untracked()),
        opened,
        held: Fetched::new(),
        step: RwSignal::new(Step::Reading),
        bytes: RwSignal::new(false),
        done: RwSignal::new(None),
    };
    Effect::new(move |before: Option<Option<String>>| {
        let now = opened.get();
        if before.is_none_or(|before| before != now) {
            desk.held.forget();
            desk.step.set(Step::Reading);
            desk.done.set(None);
            if let Some(uid) = &now {
                desk.cursor.set(Some(uid.clone()));
                desk.held.ask(calls::inbox_item(ItemRef { uid: uid.clone() }));
            }
        }
        now
    });
    Effect::new(move |_| {
        let (uid, _) = console.inbox.touched.get();
        if Some(&uid) == desk.opened.get_untracked().as_ref() {
            desk.held.ask(calls::inbox_item(ItemRef { uid }));
        }
    });
    let rows = rows(console, desk);
    console.hear(move |press| heard(console, desk, rows, press));
    view! {
        <div class="inbox" class:reading=move || opened.with(Option::is_some)>
            <List desk rows />
            {move || match opened.get() {
                Some(_) => view! { <Item desk /> }.into_any(),
                None => view! { <NothingOpen rows /> }.into_any(),
            }}
        </div>
    }
}

/// The rows of the list: what is shown, narrowed by the filter. The open item stays, however it was decided, until
/// another is opened: the list keeps still.
fn rows(console: Console, desk: Desk) -> Memo<Vec<contract::InboxItem>> {
    Memo::new(move |_| {
        let wanted = console.inbox.filter.with(|filter| filter.trim().to_lowercase());
        let waiting_only = console.inbox.shown.get() == Shown::Waiting;
        let opened = desk.opened.get();
        console.inbox.items.with(|items| {
            items
                .iter()
                .filter(|item| !waiting_only || item.state == ItemState::Waiting || Some(&item.uid) == opened.as_ref())
                .filter(|item| {
                    wanted.is_empty()
                        || [&item.title, &item.agent_name, &item.uid]
                            .iter()
                            .any(|text| text.to_lowercase().contains(&wanted))
                })
                .cloned()
                .collect()
        })
    })
}

fn heard(console: Console, desk: Desk, rows: Memo<Vec<contract::InboxItem>>, press: Press) -> bool {
    match press {
        Press::Command(Command::Next) => move_cursor(desk, rows, 1),
        Press::Command(Command::Previous) => move_cursor(desk, rows, -1),
        Press::First => move_cursor(desk, rows, i64::MIN),
        Press::Last => move_cursor(desk, rows, i64::MAX),
        Press::Open => match desk.cursor.get_untracked() {
            Some(uid) => console.go(Route::Inbox(Some(uid))),
            None => return false,
        },
        Press::Back => {
            if desk.step.get_untracked() == Step::Reading {
                console.go(Route::Inbox(None));
            } else {
                desk.step.set(Step::Reading);
            }
        }
        Press::Command(Command::Approve) => begin(console, desk, ReviewerDecision::Approve),
        Press::Command(Command::Deny) => begin(console, desk, ReviewerDecision::Deny),
        Press::Command(Command::Bytes) => desk.bytes.update(|shown| *shown = !*shown),
        Press::Command(Command::Filter) => focus("inbox-filter"),
        Press::Command(_) | Press::Earlier | Press::Later => return false,
    }
    true
}

/// Begins a decision on the item that is open, and on no other.
fn begin(console: Console, desk: Desk, decision: ReviewerDecision) {
    let opened = desk.opened.get_untracked();
    if opened.is_none() || opened != desk.cursor.get_untracked() {
        console.say("Open the item first, with Enter.");
        return;
    }
    let can = desk.held.value.with_untracked(|held| {
        held.as_ref().is_some_and(|held| {
            held.item.state == ItemState::Waiting && (decision == ReviewerDecision::Deny || held.barred.is_none())
        })
    });
    if can {
        desk.step.set(Step::Deciding(decision));
    }
}

fn move_cursor(desk: Desk, rows: Memo<Vec<contract::InboxItem>>, by: i64) {
    rows.with_untracked(|rows| {
        let last = i64::try_from(rows.len()).unwrap_or(i64::MAX) - 1;
        let cursor = desk.cursor.get_untracked();
        let at = rows.iter().position(|row| Some(&row.uid) == cursor.as_ref());
        let to = match at.and_then(|at| i64::try_from(at).ok()) {
            Some(at) => at.saturating_add(by).clamp(0, last.max(0)),
            None if by == i64::MAX => last,
            None => 0,
        };
        if let Some(row) = usize::try_from(to).ok().and_then(|to| rows.get(to)) {
            desk.cursor.set(Some(row.uid.clone()));
        }
    });
}

/// What stands beside the list before anything is opened.
#[component]
fn NothingOpen(rows: Memo<Vec<contract::InboxItem>>) -> impl IntoView {
    let console = console();
    let some = move || rows.with(|rows| !rows.is_empty());
    view! {
        <section class="nothing-open">
            <Show when=some fallback=|| view! { <list::Empty /> }>
                {move || {
                    let waiting = console.inbox.waiting.get();
                    let says = match waiting {
                        0 => return None,
                        1 => "One item waits for you".to_owned(),
                        many => format!("{} items wait for you", crate::format::count(many.into())),
                    };
                    Some(view! { <h1 class="says large">{says}</h1> })
                }}
                <p class="lead">
                    {move || {
                        if console.inbox.shown.get() == Shown::Waiting {
                            "Open an item to read all of it. Nothing is decided by opening."
                        } else {
                            "Open an item to see what was asked and how it ended."
                        }
                    }}
                </p>
                <p class="row small muted">
                    <span><kbd>"j"</kbd> " " <kbd>"k"</kbd> " move"</span>
                    <span><kbd>"Enter"</kbd> " opens"</span>
                    <span><kbd>"?"</kbd> " all keys"</span>
                </p>
            </Show>
        </section>
    }
}
