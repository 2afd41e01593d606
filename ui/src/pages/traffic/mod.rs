//! The calls that agents make, newest first, as they come; one of them opened.

mod call;
mod list;
mod times;

use std::time::Duration;

use contract::query::Query;
use contract::{Call, CallDetail, CallState, LogQuery, RecordRef, TrafficPage};
use leptos::prelude::*;

use crate::components::{Filter, Narrowing, Scroller, focus, moved};
use crate::format;
use crate::ipc::calls;
use crate::route::Route;
use crate::state::{Command, Console, Fetched, Press, console};

use call::OpenCall;
use list::List;

/// A line of the list, as traffic.css has it, in CSS pixels.
const ROW: f64 = 33.0;
/// How often the list asks what came, at most.
const OFTEN: Duration = Duration::from_millis(400);

/// What the parts of the place share.
#[derive(Clone, Copy)]
struct Watching {
    /// The call under the list's cursor, by the record that asked for it.
    cursor: RwSignal<Option<u64>>,
    /// The open call.
    opened: Memo<Option<u64>>,
    detail: Fetched<CallDetail>,
    scroller: Scroller,
    /// How many calls there are now, of those that the list is about.
    ahead: Fetched<TrafficPage>,
    /// Whether the next look at what came is under way already.
    looking: StoredValue<bool>,
}

/// Whether there is more to come of a call.
pub(super) fn goes_on(call: &Call) -> bool {
    matches!(call.state, CallState::Waiting | CallState::UnderWay)
}

/// The place.
#[component]
pub(crate) fn Traffic() -> impl IntoView {
    let console = console();
    let traffic = console.traffic;
    let opened = Memo::new(move |_| {
        console.route.with(|route| match route {
            Route::Traffic(sequence) => *sequence,
            _ => None,
        })
    });
    let watching = Watching {
        cursor: RwSignal::new(opened.get_untracked()),
        opened,
        detail: Fetched::new(),
        scroller: Scroller::new(ROW),
        ahead: Fetched::new(),
        looking: StoredValue::new(false),
    };
    Effect::new(move |_| match opened.get() {
        Some(sequence) => {
            watching.cursor.set(Some(sequence));
            watching.detail.ask(calls::traffic_call(RecordRef { sequence }));
        }
        None => watching.detail.forget(),
    });
    Effect::new(move |_| {
        traffic.size.track();
        watching.look(console);
    });
    console.hear(move |press| heard(console, watching, press));
    view! {
        <div class="traffic" class:reading=move || opened.with(Option::is_some)>
            <Bar watching />
            <List watching />
            <Show when=move || opened.with(Option::is_some)>
                <OpenCall watching />
            </Show>
        </div>
    }
}

/// What is the case, and which calls are shown.
#[component]
fn Bar(watching: Watching) -> impl IntoView {
    let console = console();
    let traffic = console.traffic;
    let narrowing = Narrowing {
        filter: traffic.filter,
        narrow: Callback::new(move |filter| traffic.narrow(filter)),
        rows: "traffic-rows",
        finds: false,
    };
    let says = move || {
        let matching = traffic.matching.get();
        let calls = format::counted(matching, "call", "calls");
        let waiting = console.inbox.waiting.get();
        match (traffic.filter.with(Query::is_open), matching, waiting) {
            (_, 0, _) => String::new(),
            (false, ..) => format!("{calls} like this"),
            (true, _, 0) => format!("{calls}, nothing waits for a person"),
            (true, _, 1) => format!("{calls}, one waits for a person"),
            (true, _, many) => format!("{calls}, {} wait for a person", format::count(many.into())),
        }
    };
    let behind = move || traffic.searched.get() < traffic.shown.get();
    view! {
        <header class="traffic-bar">
            <h1 class="says" data-test="traffic-says">{says}</h1>
            <Filter narrowing />
            <Show when=behind>
                <span class="small waiting">"Read up to record " {move || format::count(traffic.searched.get())} " so far"</span>
            </Show>
            <Show when=move || watching.opened.with(Option::is_none)>
                <span class="small muted keys-line">
                    <kbd>"j"</kbd> " " <kbd>"k"</kbd> " rows  " <kbd>"Enter"</kbd> " opens"
                </span>
            </Show>
        </header>
    }
}

impl Watching {
    /// The log grew: shows what came where nobody reads, and else counts it.
    fn look(self, console: Console) {
        if self.looking.get_value() {
            return;
        }
        self.looking.set_value(true);
        let traffic = console.traffic;
        let idle = self.opened.get_untracked().is_none() && self.scroller.at_top();
        if traffic.shown.get_untracked() == 0 || idle {
            traffic.show_newest();
        } else if traffic.size.get_untracked() > traffic.shown.get_untracked() {
            let query = LogQuery {
                filter: traffic.filter.with_untracked(ToString::to_string),
                limit: 1,
                ..LogQuery::default()
            };
            self.ahead.ask(calls::traffic(query));
        }
        if traffic.any_in_view(goes_on) {
            traffic.refresh();
        }
        let open_goes_on = self
            .detail
            .value
            .with_untracked(|detail| detail.as_ref().is_some_and(|detail| goes_on(&detail.call)));
        if let (true, Some(sequence)) = (open_goes_on, self.opened.get_untracked()) {
            self.detail.ask(calls::traffic_call(RecordRef { sequence }));
        }
        let size = traffic.size.get_untracked();
        set_timeout(
            move || {
                self.looking.try_set_value(false);
                // What came meanwhile.
                if traffic.size.get_untracked() > size && self.opened.try_get_untracked().is_some() {
                    self.look(console);
                }
            },
            OFTEN,
        );
    }

    /// How many calls came that the list doesn't show.
    fn newer(self, console: Console) -> u64 {
        let shown = console.traffic.matching.get();
        let since = console.traffic.shown.get();
        self.ahead.value.with(|ahead| {
            ahead
                .as_ref()
                .filter(|ahead| ahead.size > since)
                .map_or(0, |ahead| ahead.matching.saturating_sub(shown))
        })
    }
}

fn heard(console: Console, watching: Watching, press: Press) -> bool {
    let traffic = console.traffic;
    let rows = traffic.rows_untracked();
    let at = watching
        .cursor
        .get_untracked()
        .and_then(|sequence| traffic.place(sequence));
    if let Some(to) = moved(&press, at, rows) {
        watching.scroller.reveal(to, rows);
        if let Some(sequence) = traffic.sequence_at(to) {
            watching.cursor.set(Some(sequence));
        }
        return true;
    }
    match press {
        Press::Open => {
            let under = watching.cursor.get_untracked();
            if let Some(sequence) = under {
                console.go(Route::Traffic(Some(sequence)));
            }
            under.is_some()
        }
        Press::Back => {
            console.go(Route::Traffic(None));
            true
        }
        Press::Command(Command::Filter) => {
            focus("find");
            true
        }
        _ => false,
    }
}
